"""Finds records by their words, the newest first, and counts them up to a limit, as far as the member may read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, case, func, literal, or_, select, true, union_all

from crm.models import Commitment, Engagement, FollowUp, Milestone, Organisation, Person, Topic
from crm.models.search import LETTER_MARK, WHOLE, span
from crm.queries import visibility
from crm.queries.matching import Index, Typed, index_of, readable
from crm.queries.search.rows import Hit, rows, rows_of
from crm.text import fold, like_escape
from crm.work import Work

COUNTED_AT_MOST = 1000

#: What is found, as the pages name it; a letter is an engagement, but has a facet of its own.
FACETS = {
    "organisation": "Organisations",
    "person": "People",
    "engagement": "Engagements",
    "letter": "Letters",
    "commitment": "Commitments",
    "follow_up": "Follow-ups",
    "topic": "Topics",
    "milestone": "Milestones",
}
#: Found in the order of their names; all others in the order of their days.
NAMED = ("organisation", "person", "topic")

_CLASSES: dict[str, Any] = {
    "organisation": Organisation,
    "person": Person,
    "engagement": Engagement,
    "letter": Engagement,
    "commitment": Commitment,
    "follow_up": FollowUp,
    "topic": Topic,
    "milestone": Milestone,
}


class Page(NamedTuple):
    """Hits, and the place after which more stand, if more do: the number of an entry, or of hits before it."""

    hits: list[Hit]
    next: int | None


def hits(work: Work, facet: str, typed: Typed, *, after: int | None = None, limit: int = 20) -> Page:
    """One page of what has every word.

    :param facet: a key of :data:`FACETS`
    :param after: what :attr:`Page.next` of the page before was
    """
    if typed.is_empty:
        return Page([], None)
    index = index_of(work, typed, **_limits(facet))
    statement = _found(work, facet, index)
    if facet in NAMED:
        skipped = after or 0
        ranked = statement.order_by(*_rank(facet, typed)).limit(limit + 1).offset(skipped)
        ids = [row.record_id for row in work.session.execute(ranked)]
        return Page(rows(work, facet, ids[:limit]), skipped + limit if len(ids) > limit else None)
    if after is not None:
        statement = statement.where(index.key < after)
    found = work.session.execute(statement.order_by(index.key.desc()).limit(limit + 1)).all()
    shown = rows(work, facet, [row.record_id for row in found[:limit]])
    return Page(shown, found[limit - 1].key if len(found) > limit else None)


def first_hits(work: Work, facets: Sequence[str], typed: Typed, *, limit: int = 20) -> dict[str, Page]:
    """The first page of several kinds at once, in fewer statements than one after the other."""
    named = {facet: hits(work, facet, typed, limit=limit) for facet in facets if facet in NAMED}
    dated = [facet for facet in facets if facet not in NAMED]
    if typed.is_empty or not dated:
        return {facet: named.get(facet, Page([], None)) for facet in facets}
    parts, others = [], _others(work, typed)
    for facet in dated:
        index = index_of(work, typed, **limits) if (limits := _limits(facet)) else others
        newest = _found(work, facet, index).order_by(index.key.desc()).limit(limit + 1).subquery()
        parts.append(select(literal(facet, String).label("facet"), newest.c.key, newest.c.record_id))
    places: dict[str, list[tuple[int, int]]] = {facet: [] for facet in dated}
    for facet, key, record_id in work.session.execute(union_all(*parts)):
        places[facet].append((key, record_id))
    for those in places.values():
        those.sort(reverse=True)
    shown = rows_of(work, {facet: [number for _, number in those[:limit]] for facet, those in places.items()})
    pages = {
        facet: Page(shown[facet], those[limit - 1][0] if len(those) > limit else None)
        for facet, those in places.items()
    }
    return {facet: named[facet] if facet in named else pages[facet] for facet in facets}


def numbers(work: Work, typed: Typed) -> dict[str, int]:
    """How many there are under each key of :data:`FACETS`, counted up to :data:`COUNTED_AT_MOST` and one more."""
    if typed.is_empty:
        return dict.fromkeys(FACETS, 0)
    counted, others = [], _others(work, typed)
    for facet in FACETS:
        index = index_of(work, typed, **limits) if (limits := _limits(facet)) else others
        some = _found(work, facet, index).with_only_columns(index.key).limit(COUNTED_AT_MOST + 1).subquery()
        counted.append(select(func.count()).select_from(some).scalar_subquery().label(facet))
    return dict(work.session.execute(select(*counted)).one()._mapping)


def _limits(facet: str) -> dict[str, str]:
    if facet == "letter":
        return {"mark": LETTER_MARK}
    return {"without": LETTER_MARK} if facet == "engagement" else {}


def _others(work: Work, typed: Typed) -> Index:
    """What has every word and is no engagement, looked up once for all parts of one statement."""
    index = index_of(work, typed)
    beyond = span("engagement")[1]
    read = select(index.key.label("key"), index.record_id.label("record_id")).where(index.says, index.key > beyond)
    found = read.select_from(index.table).cte("others_found").prefix_with("MATERIALIZED")
    return Index(found, found.c.key, found.c.record_id, literal(WHOLE), true())


def _found(work: Work, facet: str, index: Index) -> Select[Any]:
    record = _CLASSES[facet]
    first, last = span("engagement" if facet == "letter" else facet)
    statement = (
        select(index.key.label("key"), record.id.label("record_id"))
        .select_from(index.table)
        .join(record, record.id == index.record_id)
        .where(index.says, index.key.between(first, last), record.binned_at.is_(None))
    )
    for condition in _conditions(work, facet, index):
        statement = statement.where(condition)
    return statement


def _conditions(work: Work, facet: str, index: Index) -> list[ColumnElement[bool]]:
    """The same conditions of visibility as on every other page."""
    if facet in ("engagement", "letter"):
        return [readable(work, index)]
    if facet == "commitment":
        return [visibility.through_engagement(work, Commitment.engagement_id)]  # type: ignore[arg-type]
    if facet == "follow_up":
        return [visibility.follow_up_visible(work)]
    return [Organisation.merged_into_id.is_(None)] if facet == "organisation" else []


def _rank(facet: str, typed: Typed) -> list[ColumnElement[Any]]:
    """A name that is just that first, then names and words that begin so, then those whose words begin like the typed
    ones in their order; open bodies before closed ones."""
    record = _CLASSES[facet]
    names = literal("| ").concat(record.sort).concat(" ") if facet == "topic" else record.names_folded
    said = like_escape(fold(typed.text.replace('"', " ")))
    in_order = said.replace(" ", "% ")
    rank = case(
        (or_(names.like(f"%| {said} |%", escape="\\"), names.like(f"%| {said} ", escape="\\")), 0),
        (names.like(f"%| {said}%", escape="\\"), 1),
        (names.like(f"% {said}%", escape="\\"), 2),
        (names.like(f"%| {in_order}%", escape="\\"), 3),
        (names.like(f"% {in_order}%", escape="\\"), 4),
        else_=5,
    )
    closed = [case((Organisation.closed.is_(None), 0), else_=1)] if facet == "organisation" else []
    return [rank, *closed, record.sort, record.id]
