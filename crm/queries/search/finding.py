"""Finds records by their words, the newest first, and counts them up to a limit, as far as the member may read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from crm.models import Commitment, Engagement, FollowUp, Milestone, Organisation, Person, Topic
from crm.models.search import LETTER_MARK, WHOLE, span
from crm.queries import visibility
from crm.queries.matching import Index, Typed, index_asked, question, readable
from crm.queries.prepared import Statement, given, prepared
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
    asked = {**_questions(work, typed), "limit": limit + 1}
    if facet in NAMED:
        skipped = after or 0
        ids = [number for (number,) in _ranked.of(work, facet).rows(**asked, **_patterns(typed), skipped=skipped)]
        return Page(rows(work, facet, ids[:limit]), skipped + limit if len(ids) > limit else None)
    found = _newest.of(work, (facet,), after is not None).rows(**asked, after=after)
    places = sorted(((key, number) for _, key, number in found), reverse=True)
    shown = rows(work, facet, [number for _, number in places[:limit]])
    return Page(shown, places[limit - 1][0] if len(places) > limit else None)


def first_hits(work: Work, facets: Sequence[str], typed: Typed, *, limit: int = 20) -> dict[str, Page]:
    """The first page of several kinds at once, in fewer statements than one after the other."""
    named = {facet: hits(work, facet, typed, limit=limit) for facet in facets if facet in NAMED}
    dated = tuple(facet for facet in facets if facet not in NAMED)
    if typed.is_empty or not dated:
        return {facet: named.get(facet, Page([], None)) for facet in facets}
    places: dict[str, list[tuple[int, int]]] = {facet: [] for facet in dated}
    for facet, key, record_id in _newest.of(work, dated, False).rows(**_questions(work, typed), limit=limit + 1):
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
    (found,) = _counted(work, **_questions(work, typed))
    return dict(found._mapping)


@prepared
def _ranked(work: Work, facet: str) -> Statement:
    found = _found(work, facet, _index_for(work, facet)).with_only_columns(_CLASSES[facet].id)
    return found.order_by(*_rank(facet)).limit(given("limit")).offset(given("skipped"))


@prepared
def _newest(work: Work, facets: tuple[str, ...], is_further: bool) -> Statement:
    """Facet, key and number of the newest of each."""
    parts, others = [], _others(work)
    for facet in facets:
        index = others if others is not None and facet not in _LIMITS else _index_for(work, facet)
        found = _found(work, facet, index)
        if is_further:
            found = found.where(index.key < given("after", BigInteger))
        newest = found.order_by(index.key.desc()).limit(given("limit")).subquery()
        parts.append(select(literal(facet, String).label("facet"), newest.c.key, newest.c.record_id))
    return union_all(*parts)


@prepared
def _counted(work: Work) -> Statement:
    counted, others = [], _others(work)
    for facet in FACETS:
        index = others if others is not None and facet not in _LIMITS else _index_for(work, facet)
        some = _found(work, facet, index).with_only_columns(index.key).limit(COUNTED_AT_MOST + 1).subquery()
        counted.append(select(func.count()).select_from(some).scalar_subquery().label(facet))
    return select(*counted)


#: What the index is asked of a facet besides the words.
_LIMITS = {"letter": {"mark": LETTER_MARK}, "engagement": {"without": LETTER_MARK}}


def _questions(work: Work, typed: Typed) -> dict[str, str]:
    """What the prepared statements ask the index."""
    limited = {f"asked_{facet}": question(work, typed, **limits) for facet, limits in _LIMITS.items()}
    return {"asked": question(work, typed), **limited}


def _index_for(work: Work, facet: str) -> Index:
    if facet in _LIMITS:
        return index_asked(work, given(f"asked_{facet}", String))
    index = index_asked(work, given("asked", String))
    if work.database == "sqlite":
        return index
    # Engagements are nearly all there is: what is none has an index of its own, named letter by letter.
    return index._replace(says=and_(index.says, literal_column("crm_search.kind <> 'engagement'")))


def _others(work: Work) -> Index | None:
    """What has every word and is no engagement, looked up once for all parts of one statement.

    SQLite gives what it finds in order, so that each part is sooner done alone: it stops where it has enough.
    """
    if work.database == "sqlite":
        return None
    index = _index_for(work, "")
    read = select(index.key.label("key"), index.record_id.label("record_id")).where(index.says)
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


def _patterns(typed: Typed) -> dict[str, str]:
    """What the names are compared with, see :func:`_rank`."""
    said = like_escape(fold(typed.text.replace('"', " ")))
    in_order = said.replace(" ", "% ")
    return {
        "just": f"%| {said} |%",
        "just_last": f"%| {said} ",
        "begins": f"%| {said}%",
        "has": f"% {said}%",
        "begins_in_order": f"%| {in_order}%",
        "has_in_order": f"% {in_order}%",
    }


def _rank(facet: str) -> list[ColumnElement[Any]]:
    """A name that is just that first, then names and words that begin so, then those whose words begin like the typed
    ones in their order; open bodies before closed ones."""
    record = _CLASSES[facet]
    names = literal("| ").concat(record.sort).concat(" ") if facet == "topic" else record.names_folded

    def is_like(pattern: str) -> ColumnElement[bool]:
        return names.like(given(pattern, String), escape="\\")

    rank = case(
        (or_(is_like("just"), is_like("just_last")), 0),
        (is_like("begins"), 1),
        (is_like("has"), 2),
        (is_like("begins_in_order"), 3),
        (is_like("has_in_order"), 4),
        else_=5,
    )
    closed = [case((Organisation.closed.is_(None), 0), else_=1)] if facet == "organisation" else []
    return [rank, *closed, record.sort, record.id]
