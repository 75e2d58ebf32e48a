"""Keeps the dated closure of the organisation tree equal to the parent links."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, insert, select

from crm.errors import Invalid
from crm.models import Organisation, OrganisationClosure, OrganisationParent
from crm.models.organisations import ALWAYS, STILL
from crm.work import Work

Span = tuple[dt.date, dt.date]
Links = Mapping[int, Sequence[tuple[int, dt.date, dt.date]]]


def rebuild(work: Work) -> None:
    """Writes the closure afresh from every parent link.

    The tree holds hundreds or thousands of bodies and changes rarely; writing it whole is a fraction of a second and
    cannot drift.
    """
    work.session.flush()
    links: dict[int, list[tuple[int, dt.date, dt.date]]] = defaultdict(list)
    for link in work.session.scalars(select(OrganisationParent)):
        links[link.organisation_id].append((link.parent_id, *link.span()))
    ids = work.session.scalars(select(Organisation.id)).all()
    rows = [
        {"ancestor_id": ancestor, "descendant_id": descendant, "first": first, "last": last}
        for descendant in ids
        for ancestor, spans in ancestors(descendant, links).items()
        for first, last in spans
    ]
    work.session.execute(delete(OrganisationClosure))
    if rows:
        work.session.execute(insert(OrganisationClosure), rows)


def ancestors(organisation_id: int, links: Links) -> dict[int, list[Span]]:
    """Every body under which ``organisation_id`` ever stood, with the spans of days; itself always.

    :param links: child id → (parent id, first day, last day)
    """
    found: dict[int, list[Span]] = defaultdict(list)
    found[organisation_id].append((ALWAYS, STILL))
    waiting = [(organisation_id, ALWAYS, STILL)]
    while waiting:
        child, first, last = waiting.pop()
        for parent, link_first, link_last in links.get(child, ()):
            span = max(first, link_first), min(last, link_last)
            if span[0] <= span[1] and span not in found[parent]:
                found[parent].append(span)
                waiting.append((parent, *span))
    return {ancestor: merged(spans) for ancestor, spans in found.items()}


def merged(spans: Iterable[Span]) -> list[Span]:
    """``spans`` as the fewest that cover the same days, in order."""
    result: list[Span] = []
    for first, last in sorted(spans):
        if result and (result[-1][1] == STILL or first <= result[-1][1] + dt.timedelta(days=1)):
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def refuse_cycle(work: Work, organisation_id: int, parent_id: int, span: Span) -> None:
    """Refuses a link that would put a body under itself on any day.

    :raises Invalid: naming the day from which it would
    """
    links: dict[int, list[tuple[int, dt.date, dt.date]]] = defaultdict(list)
    for link in work.session.scalars(select(OrganisationParent)):
        links[link.organisation_id].append((link.parent_id, *link.span()))
    if parent_id == organisation_id:
        raise Invalid("parent", "A body cannot be part of itself; choose the body above it.")
    for first, last in ancestors(parent_id, links).get(organisation_id, []):
        start = max(first, span[0])
        if start <= min(last, span[1]):
            since = "" if start == ALWAYS else f" from {start:%d %B %Y}"
            raise Invalid("parent", f"That body would stand under itself{since}; choose a body that is not below it.")
