"""Keeps the dated closure of the organisation tree equal to the parent links."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, text, tuple_

from crm.errors import Invalid
from crm.models import Organisation, OrganisationClosure, OrganisationParent
from crm.models.organisations import ALWAYS, STILL
from crm.work import Work

Span = tuple[dt.date, dt.date]
Key = tuple[int, int, dt.date]
Links = Mapping[int, Sequence[tuple[int, dt.date, dt.date]]]

# A statement takes some 32,000 values; a row of the closure's key has three.
_AT_ONCE = 5000


def hold(work: Work) -> None:
    """Lets no other unit of work change the tree until this one ends; called before its links are read.

    Two links that are sound each on its own may close a circle together, and a closure written from half of the links
    would stay wrong. SQLite has one writer at a time anyway; pages go on reading on both databases.
    """
    if work.database == "postgresql":
        work.session.execute(text(f"LOCK TABLE {OrganisationParent.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def enter(work: Work, organisation_id: int) -> None:
    """Gives a new body, which stands nowhere yet, its place under itself."""
    row = {"ancestor_id": organisation_id, "descendant_id": organisation_id, "first": ALWAYS, "last": STILL}
    work.session.execute(insert(OrganisationClosure), [row])


def rebuild(work: Work) -> None:
    """Brings the closure in line with every parent link.

    The tree holds hundreds or thousands of bodies and changes rarely: it is worked out whole, so that it cannot drift,
    and only the rows that differ are written.
    """
    hold(work)
    work.session.flush()
    wrong, missing = _differing(work)
    work.moved.update(key[1] for key in wrong)
    work.moved.update(row["descendant_id"] for row in missing)
    for start in range(0, len(wrong), _AT_ONCE):
        key = tuple_(OrganisationClosure.ancestor_id, OrganisationClosure.descendant_id, OrganisationClosure.first)
        work.session.execute(
            delete(OrganisationClosure).where(key.in_(wrong[start : start + _AT_ONCE])),
            execution_options={"synchronize_session": False},
        )
    if missing:
        work.session.execute(insert(OrganisationClosure), missing)


def drift(work: Work) -> int:
    """How many rows of the closure are not what the parent links say; none, unless somebody wrote into the tables."""
    wrong, missing = _differing(work)
    return len(wrong) + len(missing)


def _differing(work: Work) -> tuple[list[Key], list[dict[str, Any]]]:
    """Keys of rows that should not be there as they are, and rows that should."""
    links = read_links(work)
    wanted = {
        (ancestor, descendant, first): last
        for descendant in work.session.scalars(select(Organisation.id))
        for ancestor, spans in ancestors(descendant, links).items()
        for first, last in spans
    }
    closure = OrganisationClosure
    stored = {
        (ancestor, descendant, first): last
        for ancestor, descendant, first, last in work.session.execute(
            select(closure.ancestor_id, closure.descendant_id, closure.first, closure.last)
        )
    }
    wrong = [key for key, last in stored.items() if wanted.get(key) != last]
    missing = [
        {"ancestor_id": ancestor, "descendant_id": descendant, "first": first, "last": last}
        for (ancestor, descendant, first), last in wanted.items()
        if stored.get((ancestor, descendant, first)) != last
    ]
    return wrong, missing


def read_links(work: Work) -> Links:
    """Every parent link: child → (parent, first day, last day)."""
    links: dict[int, list[tuple[int, dt.date, dt.date]]] = defaultdict(list)
    link = OrganisationParent
    for child, parent, first, last in work.session.execute(
        select(link.organisation_id, link.parent_id, link.first, link.last)
    ):
        links[child].append((parent, first or ALWAYS, last or STILL))
    return links


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
            # What one known span covers was walked already; many roads up would otherwise multiply.
            if span[0] <= span[1] and not any(known[0] <= span[0] and span[1] <= known[1] for known in found[parent]):
                found[parent].append(span)
                waiting.append((parent, *span))
    return {ancestor: merged(spans) for ancestor, spans in found.items() if spans}


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
    if parent_id == organisation_id:
        raise Invalid("parent", "A body cannot be part of itself; choose the body above it.")
    for first, last in ancestors(parent_id, read_links(work)).get(organisation_id, []):
        start = max(first, span[0])
        if start <= min(last, span[1]):
            since = "" if start == ALWAYS else f" from {start.day} {start:%B %Y}"
            raise Invalid("parent", f"That body would stand under itself{since}; choose a body that is not below it.")
