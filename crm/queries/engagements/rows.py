"""Rows of engagements: plain columns, and whoever took part fetched for a whole page at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, literal, select

from crm.models import Engagement, Member, Organisation, Participation, Person
from crm.models.engagements import KINDS
from crm.queries import visibility
from crm.queries.days import when_columns
from crm.queries.prepared import Statement, given, prepared
from crm.work import Work


class Body(NamedTuple):
    """An organisation as it is named in a row."""

    id: int
    label: str
    name: str


class Present(NamedTuple):
    """One organisation, or one person of it, that took part."""

    side: str
    role: str
    acceptance: str
    body: Body
    person: str | None


WHEN = when_columns(Engagement)


def readable(work: Work, column: ColumnElement[str] | Any) -> ColumnElement[str]:
    """``column`` where the member may read the content, empty elsewhere."""
    return case((visibility.content_visible(work), column), else_=literal(""))


def columns(work: Work) -> Select[*tuple[Any, ...]]:
    """Engagements that exist for the member, with what a line of a list says."""
    return (
        select(
            Engagement.id,
            Engagement.version,
            Engagement.kind,
            Engagement.status,
            Engagement.visibility,
            Engagement.owner_id,
            Member.name.label("owner"),
            readable(work, Engagement.subject).label("subject"),
            case((visibility.content_visible(work), True), else_=False).label("is_readable"),
            *WHEN,
        )
        .outerjoin(Member, Member.id == Engagement.owner_id)
        .where(visibility.visible(work))
    )


def numbered(work: Work, ids: Iterable[int]) -> Sequence[Any]:
    """The :func:`columns` of some engagements, in no order."""
    return _numbered(work, ids=list(ids))


@prepared
def _numbered(work: Work) -> Statement:
    return columns(work).where(Engagement.id.in_(given("ids", many=True)))


def present(work: Work, engagement_ids: Iterable[int]) -> dict[int, list[Present]]:
    """Who took part in each engagement, in the order of its form; people only where their names may be read."""
    ids = list(engagement_ids)
    found: dict[int, list[Present]] = defaultdict(list)
    for row in _present(work, ids=ids) if ids else ():
        body = Body(row.id, row.short_name or row.name, row.name)
        found[row.engagement_id].append(Present(row.side, row.role, row.acceptance, body, row.person or None))
    return found


@prepared
def _present(work: Work) -> Statement:
    return (
        select(
            Participation.engagement_id,
            Participation.side,
            Participation.role,
            Participation.acceptance,
            Organisation.id,
            Organisation.short_name,
            Organisation.name,
            readable(work, Person.name).label("person"),
        )
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .outerjoin(Person, Person.id == Participation.person_id)
        .where(Participation.engagement_id.in_(given("ids", many=True)), visibility.visible(work))
        .order_by(Participation.position, Participation.id)
    )


def bodies(parties: Iterable[Present], side: str) -> tuple[Body, ...]:
    """The organisations on one side, each once, without those that only got a copy."""
    return tuple(dict.fromkeys(one.body for one in parties if one.side == side and one.role != "copy"))


def people(parties: Iterable[Present], side: str) -> tuple[str, ...]:
    """The people on one side, each once."""
    return tuple(dict.fromkeys(one.person for one in parties if one.side == side and one.person))


def title(kind: str, subject: str, met: Sequence[Body]) -> str:
    """What an engagement is called: its subject, or its kind and whom it was with."""
    if subject:
        return subject
    named = ", ".join(body.label for body in met[:3]) + (f" and {len(met) - 3} more" if len(met) > 3 else "")
    return f"{KINDS[kind]}: {named}" if named else KINDS[kind]
