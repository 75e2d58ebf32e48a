"""The list and the board of commitments, by direction and lateness."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union, union_all

from crm.models import Commitment, CommitmentRecipient, Member, Organisation
from crm.models.commitments import COMMITMENT_KINDS, RUNNING_STATES
from crm.queries import facets, ordering
from crm.queries.commitments.rows import CommitmentRow, bucket_case, built, direction, kept, rows, visible
from crm.queries.facets import Facet
from crm.text import like_escape
from crm.work import Work

#: Columns that the list can be sorted by.
SORTS: dict[str, ordering.Keys] = {
    "wording": (func.lower(Commitment.wording),),
    "by": (Organisation.sort,),
    "due": (Commitment.due_last,),
    "state": (Commitment.state,),
    "owner": (func.lower(Member.name),),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which commitments are meant; empty for all.

    :param directions: keys of :data:`crm.models.commitments.DIRECTIONS`
    :param buckets: keys of :data:`BUCKETS`
    :param kinds: keys of :data:`crm.models.commitments.COMMITMENT_KINDS`
    :param states: keys of :data:`crm.models.commitments.COMMITMENT_STATES`
    :param owner_id: the member who sees to it, :data:`crm.queries.facets.NOBODY` for nobody
    :param organisation_ids: made by or to one of them
    :param topic_id: about it
    :param engagement_id: made in it
    :param text: words in the wording or condition
    :param made_in: first and last day of a span that holds every day on which it may have been made
    :param due_until: due on that day or before it
    :param year: due in that year, or perhaps
    :param sort: as :func:`crm.queries.ordering.clauses`, by a column of :data:`SORTS`
    """

    directions: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    owner_id: int | None = None
    organisation_ids: tuple[int, ...] = ()
    topic_id: int | None = None
    engagement_id: int | None = None
    text: str = ""
    made_in: tuple[dt.date, dt.date] | None = None
    due_until: dt.date | None = None
    year: int | None = None
    sort: str = ""


def facets_of(work: Work, wanted: Filter) -> dict[str, dict[str, int]]:
    """Name of the filter → value → number of rows that choosing it shows."""
    return facets.count(work, _FACETS, wanted, lambda work, one: rows().where(*conditions(work, one)), Commitment.id)


def commitments(work: Work, wanted: Filter, *, limit: int = 50, offset: int = 0) -> tuple[list[CommitmentRow], bool]:
    """Commitments in the order in which they fall due, closed and undated ones last; and whether there are more."""
    running = and_(Commitment.kind != "delivery", Commitment.state.in_(RUNNING_STATES))
    own = (
        case((running, 0), else_=1),
        case((and_(running, Commitment.due_last.is_(None)), 1), else_=0),
        case((running, Commitment.due_last)),
        Commitment.first_day.desc(),
        Commitment.id.desc(),
    )
    statement = rows().where(*conditions(work, wanted)).order_by(*ordering.clauses(wanted.sort, SORTS, own))
    found = work.session.execute(ordering.page(statement, Commitment.id, limit=limit + 1, offset=offset)).all()
    return built(work, found[:limit]), len(found) > limit


def numbers(work: Work, wanted: Filter) -> dict[tuple[str, str], int]:
    """(direction, bucket) → number of commitments."""
    # Grouping by an expression with bound values would be grouping by something else on PostgreSQL.
    counted = (
        select(Commitment.id, direction().label("direction"), bucket_case(work.today()).label("bucket"))
        .join(Organisation, Organisation.id == Commitment.made_by_id)
        .where(*conditions(work, wanted))
        .subquery()
    )
    found = work.session.execute(
        select(counted.c.direction, counted.c.bucket, func.count()).group_by(counted.c.direction, counted.c.bucket)
    )
    return {(way, late_key): number for way, late_key, number in found}


def promises(work: Work, *, but: int | None = None, limit: int = 200) -> list[tuple[int, str]]:
    """What can be fulfilled: offers, requests and undertakings with their label, running ones first.

    :param but: left out
    """
    running = case((Commitment.state.in_(RUNNING_STATES), 0), else_=1)
    found = work.session.execute(
        select(Commitment.id, Commitment.kind, Commitment.wording, Organisation.short_name, Organisation.name)
        .join(Organisation, Organisation.id == Commitment.made_by_id)
        .where(*visible(work), *kept(), Commitment.kind != "delivery", Commitment.id != (but or 0))
        .order_by(running, Commitment.first_day.desc(), Commitment.id.desc())
        .limit(limit)
    )
    return [(row[0], f"{COMMITMENT_KINDS[row[1]]} of {row[3] or row[4]}: {cut(row[2], 90)}") for row in found]


def cut(text: str, limit: int) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def conditions(work: Work, wanted: Filter) -> list[ColumnElement[bool]]:
    """What the filter leaves of what the member may know of."""
    found = [*visible(work), *kept()]
    if wanted.directions:
        found.append(direction().in_(wanted.directions))
    if wanted.buckets:
        found.append(bucket_case(work.today()).in_(wanted.buckets))
    if wanted.kinds:
        found.append(Commitment.kind.in_(wanted.kinds))
    if wanted.states:
        found.append(Commitment.state.in_(wanted.states))
    if wanted.owner_id is not None:
        found.append(facets.owned(Commitment.owner_id, wanted.owner_id))
    if wanted.year is not None:
        found.append(facets.in_year(Commitment.due_first, Commitment.due_last, wanted.year))
    if wanted.topic_id is not None:
        found.append(Commitment.topic_id == wanted.topic_id)
    if wanted.engagement_id is not None:
        found.append(Commitment.engagement_id == wanted.engagement_id)
    if wanted.organisation_ids:
        # Looked up on either index: with OR, both databases would go through every promise there is.
        theirs = union(
            select(Commitment.id).where(Commitment.made_by_id.in_(wanted.organisation_ids)),
            select(CommitmentRecipient.commitment_id).where(
                CommitmentRecipient.organisation_id.in_(wanted.organisation_ids)
            ),
        )
        found.append(Commitment.id.in_(theirs))
    if wanted.made_in is not None:
        found += [Commitment.first_day >= wanted.made_in[0], Commitment.last_day <= wanted.made_in[1]]
    if wanted.due_until is not None:
        found.append(Commitment.due_last <= wanted.due_until)
    for word in wanted.text.split():
        pattern = f"%{like_escape(word)}%"
        found.append(
            or_(Commitment.wording.ilike(pattern, escape="\\"), Commitment.condition.ilike(pattern, escape="\\"))
        )
    return found


def _parties(work: Work, wanted: Filter, statement: Select[Any]) -> Select[Any]:
    return statement.join(_PARTIES, _PARTIES.c.commitment_id == Commitment.id)


_PARTIES = union_all(
    select(Commitment.id.label("commitment_id"), Commitment.made_by_id.label("organisation_id")),
    select(CommitmentRecipient.commitment_id, CommitmentRecipient.organisation_id),
).subquery("commitment_parties")

_FACETS = {
    "direction": Facet(lambda one: replace(one, directions=()), lambda work, one: direction()),
    "kind": Facet(lambda one: replace(one, kinds=()), lambda work, one: Commitment.kind.expression),
    "state": Facet(lambda one: replace(one, states=()), lambda work, one: Commitment.state.expression),
    "owner": Facet(lambda one: replace(one, owner_id=None), lambda work, one: facets.owner(Commitment.owner_id)),
    "topic": Facet(lambda one: replace(one, topic_id=None), lambda work, one: Commitment.topic_id.expression),
    "organisation": Facet(
        lambda one: replace(one, organisation_ids=()), lambda work, one: _PARTIES.c.organisation_id, _parties
    ),
    "year": Facet(
        lambda one: replace(one, year=None),
        lambda work, one: facets.years(Commitment.due_first, Commitment.due_last),
        spread=facets.each_year,
    ),
}
