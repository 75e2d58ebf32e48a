"""Where a body stands in the tree on a day, where it stood, what stands below it, and what it followed."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from crm.models import Organisation, OrganisationClosure, OrganisationParent, Succession
from crm.models.organisations import ALWAYS, STILL
from crm.queries.organisations.listing import label, stands_on
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
    closure, link = OrganisationClosure, OrganisationParent
    above_it = select(closure.ancestor_id).where(
        closure.descendant_id == organisation_id, closure.first <= day, closure.last >= day
    )
    found: dict[int, list[Body]] = {}
    for row in work.session.execute(
        select(link.organisation_id, Organisation.id, label(Organisation).label("label"), Organisation.name)
        .join(Organisation, Organisation.id == link.parent_id)
        .where(link.organisation_id.in_(above_it), stands_on(day))
        .order_by(link.first.is_not(None), link.first, link.id)
    ):
        found.setdefault(row.organisation_id, []).append(Body(row.id, row.label, row.name))
    above: list[Body] = []
    at = organisation_id
    while at in found and found[at][0] not in above:
        above.append(found[at][0])
        at = above[-1].id
    return Place(day, tuple(reversed(above)), tuple(found.get(organisation_id, [])[1:]))


def parents(work: Work, organisation_id: int) -> list[Link]:
    """Every place the body has or had, the present first, then the latest."""
    found = _links(work, OrganisationParent.parent_id, OrganisationParent.organisation_id == organisation_id)
    return sorted(found, key=lambda link: (link.last or STILL, link.first or ALWAYS), reverse=True)


def former_children(work: Work, organisation_id: int, day: dt.date) -> list[Link]:
    """The bodies that stood below and no longer do on a day, the latest first."""
    ended = and_(OrganisationParent.parent_id == organisation_id, OrganisationParent.last < day)
    return sorted(
        _links(work, OrganisationParent.organisation_id, ended), key=lambda link: link.last or STILL, reverse=True
    )


def children(work: Work, organisation_id: int, day: dt.date) -> list[Child]:
    """The open bodies directly below on a day, by name."""
    closure = OrganisationClosure
    below = (
        select(func.count(closure.descendant_id) - 1)
        .where(closure.ancestor_id == Organisation.id, closure.first <= day, closure.last >= day)
        .correlate(Organisation)
        .scalar_subquery()
    )
    found = work.session.execute(
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
            OrganisationParent.parent_id == organisation_id,
            stands_on(day),
            or_(Organisation.closed.is_(None), Organisation.closed >= day),
            Organisation.binned_at.is_(None),
        )
        .order_by(Organisation.sort, Organisation.id)
    )
    return [Child(*row) for row in found]


def successions(work: Work, organisation_id: int) -> tuple[list[Step], list[Step]]:
    """What the body followed and what followed it, in order."""
    before, after = aliased(Organisation), aliased(Organisation)
    found = work.session.execute(
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
        .where(or_(Succession.predecessor_id == organisation_id, Succession.successor_id == organisation_id))
        .order_by(Succession.on.is_not(None), Succession.on, Succession.id)
    ).all()
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


def branch(work: Work, organisation_id: int, day: dt.date) -> tuple[int, ...]:
    """The body and all that stands below it on a day."""
    closure = OrganisationClosure
    return tuple(
        work.session.scalars(
            select(closure.descendant_id).where(
                closure.ancestor_id == organisation_id, closure.first <= day, closure.last >= day
            )
        )
    )


def _links(work: Work, other_end: Any, which: Any) -> list[Link]:
    link = OrganisationParent
    return [
        Link(row.id, Body(row.body_id, row.label, row.name), row.first, row.last, row.source)
        for row in work.session.execute(
            select(
                link.id,
                Organisation.id.label("body_id"),
                label(Organisation).label("label"),
                Organisation.name,
                link.first,
                link.last,
                link.source,
            )
            .join(Organisation, Organisation.id == other_end)
            .where(which, Organisation.binned_at.is_(None))
        )
    ]


def _step(row: Any, body: Body) -> Step:
    return Step(row.id, body, row.on, row.kind, row.joins_history, row.source)
