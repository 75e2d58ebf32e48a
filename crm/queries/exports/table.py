"""The table of counts as a sheet, its margin as the last row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from crm.exports.columns import Column, Sheet
from crm.models import Organisation
from crm.queries import counts as counting
from crm.queries.exports.head import filter_words, head
from crm.queries.published import Published, published
from crm.queries.scope import Scope
from crm.work import Work

TOTAL = "All together (each counted once)"
BY = {"": "no columns", "month": "month", "quarter": "quarter", "half": "half-year", "year": "year"}


def counts(work: Work, scope: Scope, *, by: str = "quarter") -> Sheet:
    """Engagements and contacts per organisation; a column of cells and one of possible ones for each period.

    Of the bodies asked for there is a row in any case, of what stands below them where there is a number. The last row
    is a distinct count over everything, not a sum.

    :param by: as :func:`crm.queries.counts.table`
    """
    table = counting.table(work, scope, by=by, only=counting.branch(work, scope))
    told = published(work, scope)
    table.rows = [
        row
        for row in table.rows
        if any(row.total) or any(told.of(row.organisation_id)) or row.organisation_id in scope.bodies
    ]
    columns = [
        Column("organisation", "Organisation"),
        Column("id", "Number", "int"),
        Column("key", "Directory key"),
        Column("engagements", "Engagements", "int"),
        Column("contacts", "Contacts", "int"),
        Column("possible_engagements", "Possible engagements", "int"),
        Column("possible_contacts", "Possible contacts", "int"),
    ]
    if not told.is_empty:
        columns.append(Column("published", "Published meetings (never added)", "int"))
        columns.append(Column("published_possible", "Published meetings (possible)", "int"))
    for place, label in table.columns:
        columns.append(Column(f"{by}_{place}", label, "int"))
        columns.append(Column(f"{by}_{place}_possible", f"{label} (possible)", "int"))
    facts = [
        ("filter", filter_words(work, scope)),
        ("columns", BY.get(by, by)),
        ("how to read", "cells hold what is certain; an engagement counts once at every level, so rows do not add up"),
    ]
    for one in told.by_source():
        number = counting.Cell(one.meetings, one.possible)
        facts.append(
            (f"published, {one.source}", f"{number} meetings{f', by {one.publisher}' if one.publisher else ''}")
        )
    return Sheet("Counts", tuple(columns), head(work, "counts per organisation", facts), _rows(work, table, told))


def names_of(work: Work, ids: Collection[int]) -> dict[int, str]:
    """The full names of organisations."""
    statement = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return dict(work.session.execute(statement).all())


def keys_of(work: Work, ids: Sequence[int]) -> dict[int, str | None]:
    """The directory keys of organisations, none for those that a team added."""
    statement = select(Organisation.id, Organisation.key).where(Organisation.id.in_(ids))
    return dict(work.session.execute(statement).all())


def _rows(work: Work, table: counting.Table, told: Published) -> Iterator[tuple[Any, ...]]:
    places = [place for place, _ in table.columns]
    keys = keys_of(work, [row.organisation_id for row in table.rows])
    for row in table.rows:
        body = row.organisation_id
        yield (row.name, body, keys.get(body), *row.total, *_beside(told, told.of(body)), *_cells(row.cells, places))
    everything = (len(told.all_certain), len(told.all_possible))
    yield (TOTAL, None, None, *table.total, *_beside(told, everything), *_cells(table.margin, places))


def _beside(told: Published, numbers: tuple[int, int]) -> tuple[int, ...]:
    return () if told.is_empty else numbers


def _cells(cells: dict[Any, counting.Cell], places: list[Any]) -> Iterator[int]:
    for place in places:
        cell = cells.get(place, counting.Cell())
        yield cell.certain
        yield cell.possible
