"""Where a body stands in the tree on a day, where it stood, what stands below it, and what it followed."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Date, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from crm.models import Organisation, OrganisationClosure, OrganisationParent, Succession
from crm.models.organisations import ALWAYS, STILL
from crm.queries.organisations.listing import label, stands_on
from crm.queries.prepared import Statement, given, prepared
from crm.work import Work


class Body(NamedTuple):
    """An organisation by name."""

    id: int
    label: str
    name: str


class Link(NamedTuple):
    """A dated place: under ``body``, or ``body`` below."""

    id: int
    body: Body
    first: dt.date | None
    last: dt.date | None
    source: str

    def holds_on(self, day: dt.date) -> bool:
        return (self.first or ALWAYS) <= day <= (self.last or STILL)


class Child(NamedTuple):
    """A body directly below.

    :param below: how many bodies stand under it in turn
    """

    id: int
    label: str
    name: str
    kind: str
    first: dt.date | None
    below: int


class Place(NamedTuple):
    """The place of a body on a day.

    :param above: the bodies over it, the highest first
    :param also: bodies it stands under at the same time, beside the last of ``above``
    """

    day: dt.date
    above: tuple[Body, ...]
    also: tuple[Body, ...]


class Step(NamedTuple):
    """A body that came before or after."""

    id: int
    body: Body
    on: dt.date | None
    kind: str
    joins_history: bool
    source: str


def place_on(work: Work, organisation_id: int, day: dt.date) -> Place:
    """Where a body stands on a day."""
    found: dict[int, list[Body]] = {}
    for row in _above(work, body=organisation_id, day=day):
        found.setdefault(row.organisation_id, []).append(Body(row.id, row.label, row.name))
    above: list[Body] = []
    at = organisation_id
    while at in found and found[at][0] not in above:
        above.append(found[at][0])
        at = above[-1].id
    return Place(day, tuple(reversed(above)), tuple(found.get(organisation_id, [])[1:]))


@prepared
def _above(_work: Work) -> Statement:
    closure, link, day = OrganisationClosure, OrganisationParent, given("day", Date)
    above_it = select(closure.ancestor_id).where(
        closure.descendant_id == given("body"), closure.first <= day, closure.last >= day
    )
    return (
        select(link.organisation_id, Organisation.id, label(Organisation).label("label"), Organisation.name)
        .join(Organisation, Organisation.id == link.parent_id)
        .where(link.organisation_id.in_(above_it), stands_on(day))
        .order_by(link.first.is_not(None), link.first, link.id)
    )


class Links(NamedTuple):
    """Dated places of a body: under which it stands or stood, and what stood below it and no longer does."""

    parents: list[Link]
    former_children: list[Link]


def links(work: Work, organisation_id: int, day: dt.date) -> Links:
    """Every place the body has or had, the present first, then the latest; and what it had below, the latest first."""
    found = Links([], [])
    for row in _links(work, body=organisation_id, day=day):
        link = Link(row.id, Body(row.body_id, row.label, row.name), row.first, row.last, row.source)
        (found.parents if row.is_above else found.former_children).append(link)
    found.parents.sort(key=lambda link: (link.last or STILL, link.first or ALWAYS), reverse=True)
    found.former_children.sort(key=lambda link: link.last or STILL, reverse=True)
    return found


@prepared
def _links(_work: Work) -> Statement:
    link, body = OrganisationParent, given("body")
    is_above = link.organisation_id == body
    other_end = case((is_above, link.parent_id), else_=link.organisation_id)
    ended = and_(link.parent_id == body, link.last < given("day", Date))
    return (
        select(
            link.id,
            is_above.label("is_above"),
            Organisation.id.label("body_id"),
            label(Organisation).label("label"),
            Organisation.name,
            link.first,
            link.last,
            link.source,
        )
        .join(Organisation, Organisation.id == other_end)
        .where(or_(is_above, ended), Organisation.binned_at.is_(None))
        .order_by(link.id)
    )


def children(work: Work, organisation_id: int, day: dt.date) -> list[Child]:
    """The open bodies directly below on a day, by name."""
    return [Child(*row) for row in _children(work, body=organisation_id, day=day)]


@prepared
def _children(_work: Work) -> Statement:
    closure, day = OrganisationClosure, given("day", Date)
    below = (
        select(func.count(closure.descendant_id) - 1)
        .where(closure.ancestor_id == Organisation.id, closure.first <= day, closure.last >= day)
        .correlate(Organisation)
        .scalar_subquery()
    )
    return (
        select(
            Organisation.id,
            label(Organisation).label("label"),
            Organisation.name,
            Organisation.kind,
            OrganisationParent.first,
            below.label("below"),
        )
        .join(OrganisationParent, OrganisationParent.organisation_id == Organisation.id)
        .where(
            OrganisationParent.parent_id == given("body"),
            stands_on(day),
            or_(Organisation.closed.is_(None), Organisation.closed >= day),
            Organisation.binned_at.is_(None),
        )
        .order_by(Organisation.sort, Organisation.id)
    )


def successions(work: Work, organisation_id: int) -> tuple[list[Step], list[Step]]:
    """What the body followed and what followed it, in order."""
    found = _successions(work, body=organisation_id)
    came_before = [
        _step(row, Body(row.predecessor_id, row.before, row.before_name))
        for row in found
        if row.successor_id == organisation_id
    ]
    came_after = [
        _step(row, Body(row.successor_id, row.after, row.after_name))
        for row in found
        if row.predecessor_id == organisation_id
    ]
    return came_before, came_after


@prepared
def _successions(_work: Work) -> Statement:
    before, after, body = aliased(Organisation), aliased(Organisation), given("body")
    return (
        select(
            Succession.id,
            Succession.predecessor_id,
            Succession.successor_id,
            Succession.on,
            Succession.kind,
            Succession.joins_history,
            Succession.source,
            label(before).label("before"),
            before.name.label("before_name"),
            label(after).label("after"),
            after.name.label("after_name"),
        )
        .join(before, before.id == Succession.predecessor_id)
        .join(after, after.id == Succession.successor_id)
        .where(or_(Succession.predecessor_id == body, Succession.successor_id == body))
        .order_by(Succession.on.is_not(None), Succession.on, Succession.id)
    )


def branch(work: Work, organisation_id: int, day: dt.date) -> tuple[int, ...]:
    """The body and all that stands below it on a day."""
    return tuple(body for (body,) in _branch(work, body=organisation_id, day=day))


@prepared
def _branch(_work: Work) -> Statement:
    closure, day = OrganisationClosure, given("day", Date)
    return select(closure.descendant_id).where(
        closure.ancestor_id == given("body"), closure.first <= day, closure.last >= day
    )


def _step(row: Any, body: Body) -> Step:
    return Step(row.id, body, row.on, row.kind, row.joins_history, row.source)
