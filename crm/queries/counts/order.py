"""Rows of a table of counts as a tree, the way a reader looks for a body."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select

from crm.models import OrganisationParent
from crm.models.organisations import ALWAYS, STILL
from crm.queries.counts.figures import Row, Table
from crm.work import Work


class Line(NamedTuple):
    """A row in its place.

    :param depth: how many rows stand above it
    :param left_out: how many rows below it are not shown
    """

    row: Row
    depth: int
    left_out: int


def arranged(work: Work, table: Table, *, largest: int | None = None, top_only: bool = False) -> list[Line]:
    """Rows of a table, each below the nearest body over it that has a row, the most engagements first.

    A body stands where it stands now, or stood last.

    :param largest: only that many rows with the most engagements, and those above them
    :param top_only: only rows with no other above them
    """
    parents = _parents(work)
    rows = {row.organisation_id: row for row in table.rows}
    above = {body: _nearest(body, rows, parents) for body in rows}
    kept = set(rows)
    if top_only:
        kept = {body for body in rows if above[body] is None}
    elif largest is not None:
        kept = set()
        for row in table.rows[:largest]:
            kept.update(_and_above(row.organisation_id, above))
    below: dict[int | None, list[int]] = defaultdict(list)
    for body in rows:
        below[above[body]].append(body)
    return list(_lines(rows, below, kept))


def _lines(rows: dict[int, Row], below: dict[int | None, list[int]], kept: set[int]) -> Iterator[Line]:
    waiting = [(body, 0) for body in reversed(below[None])]
    while waiting:
        body, depth = waiting.pop()
        if body in kept:
            yield Line(rows[body], depth, sum(1 for inner in below[body] if inner not in kept))
            waiting += [(inner, depth + 1) for inner in reversed(below[body])]


def _parents(work: Work) -> dict[int, int]:
    """Body → the body it stands under now, or stood under last."""
    link = OrganisationParent
    found = work.session.execute(select(link.organisation_id, link.parent_id, link.first, link.last))
    latest: dict[int, tuple[tuple[object, object], int]] = {}
    for body, parent, first, last in found:
        age = last or STILL, first or ALWAYS
        if body not in latest or age > latest[body][0]:
            latest[body] = age, parent
    return {body: parent for body, (_, parent) in latest.items()}


def _nearest(body: int, rows: dict[int, Row], parents: dict[int, int]) -> int | None:
    seen = {body}
    found = parents.get(body)
    while found is not None and found not in rows and found not in seen:
        seen.add(found)
        found = parents.get(found)
    return found if found in rows and found not in seen else None


def _and_above(body: int, above: dict[int, int | None]) -> Iterator[int]:
    found: int | None = body
    while found is not None:
        yield found
        found = above[found]
