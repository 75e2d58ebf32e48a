"""Suggestions while a name is typed: organisations by any name they have or had, people, our side, topics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, String, and_, case, func, literal, null, or_, select

from crm.models import (
    Engagement,
    EngagementTopic,
    Member,
    Organisation,
    OrganisationClosure,
    OrganisationName,
    OrganisationParent,
    Participation,
    Person,
    Post,
    Topic,
)
from crm.queries import visibility
from crm.queries.organisations.contact import met_in_a_year
from crm.queries.prepared import Statement, given, prepared
from crm.text import fold, like_escape, sort_key
from crm.work import Work

SHOWN_AT_MOST = 12
# Read before they are put in order by what was done with them; beyond that a longer word is typed anyway.
_CANDIDATES = 200
_WORDS_AT_MOST = 8


class Suggestion(NamedTuple):
    """One line under the field.

    :param value: what stands for it in the submitted line
    :param detail: where it stands, or what it was called
    :param hint: how often it was met
    """

    value: str
    label: str
    detail: str = ""
    hint: str = ""


def organisations(work: Work, typed: str, *, limit: int = SHOWN_AT_MOST) -> list[Suggestion]:
    """Bodies of which every word typed begins a word of one of their names: an exact name first, then names that begin
    so, then those met most in the last twelve months, open ones before closed ones."""
    folded = fold(typed)
    if not folded:
        return []
    words = _patterns(folded)
    found = _organisations.of(work, len(words)).rows(**words, **_likeness(folded))
    met = met_in_a_year(work, [row.id for row in found])
    ordered = sorted(found, key=lambda row: (row.rank, -met.get(row.id, 0), row.closed is not None, row.sort))[:limit]
    former = _other_names(work, ordered, folded)
    return [
        Suggestion(str(row.id), row.name, _detail(row, folded, former.get(row.id, "")), _in_a_year(met.get(row.id, 0)))
        for row in ordered
    ]


@prepared
def _organisations(_work: Work, words: int) -> Statement:
    body = Organisation.__table__.alias("body")
    parent = (
        select(func.coalesce(func.nullif(Organisation.short_name, ""), Organisation.name))
        .join(OrganisationParent, OrganisationParent.parent_id == Organisation.id)
        .where(OrganisationParent.organisation_id == body.c.id)
        .order_by(OrganisationParent.last.is_not(None), OrganisationParent.id.desc())
        .limit(1)
        .correlate(body)
        .scalar_subquery()
    )
    rank = _rank(body.c.names_folded).label("rank")
    return (
        select(
            body.c.id,
            body.c.name,
            body.c.short_name,
            body.c.closed,
            body.c.sort,
            body.c.names_folded,
            rank,
            parent.label("parent"),
        )
        .where(_matches(body.c.names_folded, words), body.c.binned_at.is_(None), body.c.merged_into_id.is_(None))
        .order_by(rank, body.c.closed.is_not(None), body.c.sort)
        .limit(_CANDIDATES)
    )


class Place(NamedTuple):
    """An organisation whose people are asked for, as it is named after the “@”."""

    id: int
    label: str


def people(work: Work, typed: str, places: Sequence[Place], *, limit: int = SHOWN_AT_MOST) -> list[Suggestion]:
    """People by name: those who hold a post in one of the bodies, or below it, first.

    The part after a comma or an “@” is not searched: it is a post or a body.
    """
    folded = fold(typed.partition(" @")[0].partition(",")[0])
    if not folded:
        return []
    today = work.today()
    posts = _posts(work, folded, [place.id for place in places], today)
    met = _met_people(work, {row.person_id for row in posts})
    labels = {place.id: place.label for place in places}
    ordered = sorted(posts, key=lambda row: (row.place is None, row.rank, -met.get(row.person_id, 0), row.sort))
    seen: dict[int, Suggestion] = {}
    for row in ordered:
        if row.person_id in seen:
            continue
        own = row.title if row.place is not None and row.organisation_id == row.place else ""
        label = row.name + (f", {own}" if own else "")
        if row.place is not None and len(places) > 1:
            label += f" @ {labels[row.place]}"
        elsewhere = ", ".join(part for part in (row.title, row.body) if part)
        seen[row.person_id] = Suggestion(str(row.person_id), label, elsewhere, _in_a_year(met.get(row.person_id, 0)))
    return list(seen.values())[:limit]


def colleagues(work: Work, typed: str, places: Sequence[Place], *, limit: int = SHOWN_AT_MOST) -> list[Suggestion]:
    """People of our side: members by their names, then people known in those organisations."""
    folded = fold(typed.partition(" @")[0].partition(",")[0])
    if not folded:
        return []
    members = work.session.execute(
        select(Member.id, Member.name, Member.person_id).where(Member.disabled_at.is_(None)).order_by(Member.name)
    ).all()
    words = folded.split()
    mine = [row for row in members if all(f" {word}" in f" {fold(row.name)}" for word in words)]
    found = [Suggestion(f"m{row.id}", row.name, "Member") for row in mine if row.person_id is None]
    linked = {str(row.person_id): row for row in mine if row.person_id is not None}
    known = [
        one._replace(detail="Member") if one.value in linked else one
        for one in people(work, typed, places, limit=limit)
    ]
    return [*found, *known][:limit]


def topics(work: Work, typed: str, *, limit: int = SHOWN_AT_MOST) -> list[Suggestion]:
    """Topics of which every word typed begins a word of the name or of the procedure reference."""
    words = fold(typed).split()[:_WORDS_AT_MOST]
    if not words:
        return []
    above = Topic.__table__.alias("above")
    whole = sort_key(typed)
    number = (
        select(func.count())
        .select_from(EngagementTopic)
        .join(Engagement, Engagement.id == EngagementTopic.engagement_id)
        .where(
            EngagementTopic.topic_id == Topic.id,
            visibility.content_visible(work),
            Engagement.binned_at.is_(None),
            Engagement.first_day >= _year_ago(work),
        )
        .scalar_subquery()
    )
    rank = case((Topic.sort == whole, 0), (Topic.sort.like(f"{like_escape(whole)}%", escape="\\"), 1), else_=2)
    found = work.session.execute(
        select(Topic.id, Topic.name, Topic.procedure_reference, above.c.name.label("above"), number.label("number"))
        .outerjoin(above, above.c.id == Topic.parent_id)
        .where(
            Topic.binned_at.is_(None),
            *(_topic_says(word) for word in words),
        )
        .order_by(rank, number.desc(), Topic.sort)
        .limit(limit)
    ).all()
    return [
        Suggestion(
            str(row.id),
            row.name,
            " · ".join(part for part in (row.above, row.procedure_reference) if part),
            _in_a_year(row.number),
        )
        for row in found
    ]


def _topic_says(word: str) -> ColumnElement[bool]:
    in_name = literal(" ").concat(Topic.sort).like(f"% {like_escape(sort_key(word))}%", escape="\\")
    return or_(in_name, func.lower(Topic.procedure_reference).like(f"%{like_escape(word)}%", escape="\\"))


def _patterns(folded: str) -> dict[str, str]:
    """What :func:`_matches` is given, a pattern for each word."""
    words = folded.split()[:_WORDS_AT_MOST]
    return {f"word_{place}": f"% {like_escape(word)}%" for place, word in enumerate(words)}


def _matches(names: ColumnElement[str], words: int) -> ColumnElement[bool]:
    return and_(*(names.like(given(f"word_{place}", String), escape="\\") for place in range(words)))


def _likeness(folded: str) -> dict[str, str]:
    """What :func:`_rank` is given."""
    escaped = like_escape(folded)
    return {"whole": f"%| {escaped} |%", "begun": f"%| {escaped}%"}


def _rank(names: ColumnElement[str]) -> ColumnElement[int]:
    whole = names.concat("|").like(given("whole", String), escape="\\")
    return case((whole, 0), (names.like(given("begun", String), escape="\\"), 1), else_=2)


def _year_ago(work: Work) -> dt.date:
    return work.today() - dt.timedelta(days=365)


def _in_a_year(number: int) -> str:
    return f"{number} in 12 months" if number else ""


def _other_names(work: Work, rows: Iterable[Any], folded: str) -> dict[int, str]:
    """For a body found by another name than its own: that name, and what it is."""
    ids = [row.id for row in rows if not _says(fold(f"{row.name} {row.short_name}"), folded)]
    if not ids:
        return {}
    found: dict[int, str] = {}
    for body, name, kind in _named_otherwise(work, ids=ids):
        if body not in found and _says(fold(name), folded):
            found[body] = f"formerly {name}" if kind == "former" else f"also {name}"
    return found


@prepared
def _named_otherwise(_work: Work) -> Statement:
    return (
        select(OrganisationName.organisation_id, OrganisationName.name, OrganisationName.kind)
        .where(OrganisationName.organisation_id.in_(given("ids", many=True)))
        .order_by(OrganisationName.id)
    )


def _says(text: str, folded: str) -> bool:
    return all(f" {word}" in f" {text}" for word in folded.split())


def _detail(row: Any, folded: str, other: str) -> str:
    short = row.short_name if row.short_name and fold(row.short_name) != fold(row.name) else ""
    closed = f"until {row.closed.year}" if row.closed is not None else ""
    return " · ".join(part for part in (short, row.parent, other, closed) if part)


def _posts(work: Work, folded: str, organisation_ids: Sequence[int], today: dt.date) -> Sequence[Any]:
    """People of that name with the posts they hold, and under which of the bodies asked for each post stands."""
    words = _patterns(folded)
    ready = _holders.of(work, len(words), bool(organisation_ids))
    return ready.rows(**words, **_likeness(folded), today=today, bodies=organisation_ids)


@prepared
def _holders(_work: Work, words: int, is_placed: bool) -> Statement:
    today = given("today", Date)
    held = and_(
        Post.person_id == Person.id,
        or_(Post.first.is_(None), Post.first <= today),
        or_(Post.last.is_(None), Post.last >= today),
    )
    closure = OrganisationClosure.__table__
    place: ColumnElement[Any] = null()
    if is_placed:
        place = (
            select(func.min(closure.c.ancestor_id))
            .where(
                closure.c.descendant_id == Post.organisation_id,
                closure.c.ancestor_id.in_(given("bodies", many=True)),
                closure.c.first <= today,
                closure.c.last >= today,
            )
            .correlate(Post)
            .scalar_subquery()
        )
    names = Person.names_folded.expression
    rank = _rank(names).label("rank")
    return (
        select(
            Person.id.label("person_id"),
            Person.name,
            Person.sort,
            Post.organisation_id,
            Post.title,
            func.coalesce(func.nullif(Organisation.short_name, ""), Organisation.name).label("body"),
            place.label("place"),
            rank,
        )
        .outerjoin(Post, held)
        .outerjoin(Organisation, Organisation.id == Post.organisation_id)
        .where(_matches(names, words), Person.binned_at.is_(None))
        .order_by(rank, Person.sort, Post.id)
        .limit(_CANDIDATES)
    )


def _met_people(work: Work, person_ids: Iterable[int]) -> dict[int, int]:
    ids = list(person_ids)
    if not ids:
        return {}
    return dict(tuple(row) for row in _met(work, ids=ids, since=_year_ago(work), today=work.today()))


@prepared
def _met(work: Work) -> Statement:
    # Read first: few engagements have one of them, and the year has many.
    theirs = (
        select(Participation.person_id, Participation.engagement_id)
        .where(Participation.person_id.in_(given("ids", many=True)), Participation.counts.is_(True))
        .distinct()
        .cte("theirs")
        .prefix_with("MATERIALIZED")
    )
    return (
        select(theirs.c.person_id, func.count())
        .join(Engagement, Engagement.id == theirs.c.engagement_id)
        .where(
            # Not by the index of the days, which would gather the year.
            func.coalesce(Engagement.counts, False),
            visibility.content_visible(work),
            Engagement.first_day >= given("since", Date),
            Engagement.last_day <= given("today", Date),
        )
        .group_by(theirs.c.person_id)
    )
