"""Follow-ups: mine and the team's, due, late and done, each with where it arose."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from crm.dates import When
from crm.errors import NotFound
from crm.models import Commitment, Dispatch, Engagement, FollowUp, Member, Organisation, Participation, Topic
from crm.queries import facets, ordering, visibility
from crm.queries.commitments import LATENESS, cut, horizons
from crm.queries.days import due_columns, due_of
from crm.queries.facets import Facet
from crm.text import like_escape
from crm.work import Work

TABS = {"due": "To do", "late": "Late", "done": "Done"}
#: Columns that the list can be sorted by.
SORTS: dict[str, ordering.Keys] = {
    "title": (func.lower(FollowUp.title),),
    "due": (FollowUp.due_last,),
    "owner": (FollowUp.owner_id,),
}
#: When what is still to be done falls due.
DUE = LATENESS


@dataclass(frozen=True, slots=True)
class Filter:
    """Which follow-ups are meant; empty for all.

    :param tab: a key of :data:`TABS`, or empty for all
    :param owner_id: whose; none for the whole team's, :data:`crm.queries.facets.NOBODY` for nobody's
    :param text: words in title or note
    :param due_until: due on that day or before it
    :param due: a key of :data:`DUE`: only what is still to be done and falls due then
    :param sort: as :func:`crm.queries.ordering.clauses`, by a column of :data:`SORTS`
    """

    tab: str = "due"
    owner_id: int | None = None
    organisation_id: int | None = None
    engagement_id: int | None = None
    commitment_id: int | None = None
    topic_id: int | None = None
    text: str = ""
    due_until: dt.date | None = None
    due: str = ""
    sort: str = ""


class Origin(NamedTuple):
    """Where a follow-up arose.

    :param kind: ``engagement``, ``letter``, ``commitment``, ``organisation`` or ``topic``
    """

    kind: str
    id: int
    label: str


class FollowUpRow(NamedTuple):
    """One follow-up."""

    id: int
    version: int
    title: str
    note: str
    due: When | None
    is_late: bool
    remind_on: dt.date | None
    done_on: dt.date | None
    done_by: str | None
    owner_id: int | None
    owner: str | None
    snoozed: int
    origins: tuple[Origin, ...]

    @property
    def is_done(self) -> bool:
        return self.done_on is not None


def follow_ups(work: Work, wanted: Filter, *, limit: int = 50, offset: int = 0) -> tuple[list[FollowUpRow], bool]:
    """Follow-ups in the order in which they fall due, undated ones last, done ones by the day they were done; and
    whether there are more."""
    own: tuple[Any, ...] = (FollowUp.due_last.is_(None), FollowUp.due_last, FollowUp.id)
    if wanted.tab == "done":
        own = (FollowUp.done_on.desc(), FollowUp.id.desc())
    elif not wanted.tab:
        own = (FollowUp.done_on.is_not(None), *own)
    owner = aliased(Member)
    order = ordering.clauses(wanted.sort, {**SORTS, "owner": (func.lower(owner.name),)}, own)
    statement = _rows(owner).where(*conditions(work, wanted)).order_by(*order)
    found = work.session.execute(ordering.page(statement, FollowUp.id, limit=limit + 1, offset=offset)).all()
    return [_built(row, work.today()) for row in found[:limit]], len(found) > limit


def follow_up(work: Work, follow_up_id: int) -> FollowUpRow:
    """One follow-up.

    :raises NotFound: there is none, as far as the member may know
    """
    found = work.session.execute(
        _rows(aliased(Member)).where(FollowUp.id == follow_up_id, visibility.follow_up_visible(work))
    ).first()
    if found is None:
        raise NotFound
    return _built(found, work.today())


def numbers(work: Work, wanted: Filter) -> dict[str, int]:
    """Number of follow-ups under each key of :data:`TABS`, whatever tab is asked for."""
    today = work.today()
    counted = [func.count(case((_in_tab(tab, today), FollowUp.id))) for tab in TABS]
    statement = select(*counted).where(*conditions(work, replace(wanted, tab="")))
    return dict(zip(TABS, work.session.execute(statement).one(), strict=True))


def _in_tab(tab: str, today: dt.date) -> ColumnElement[bool]:
    """To do is all that is not done, late ones too; late only after the last possible day."""
    if tab == "done":
        return FollowUp.done_on.is_not(None)
    if tab == "late":
        return and_(FollowUp.done_on.is_(None), FollowUp.due_last < today)
    return FollowUp.done_on.is_(None)


def conditions(work: Work, wanted: Filter) -> list[ColumnElement[bool]]:
    """What the filter leaves of what the member may know of."""
    found = [visibility.follow_up_visible(work), FollowUp.binned_at.is_(None)]
    if wanted.tab:
        found.append(_in_tab(wanted.tab, work.today()))
    if wanted.owner_id is not None:
        found.append(facets.owned(FollowUp.owner_id, wanted.owner_id))
    if wanted.due:
        found.append(_due(work) == wanted.due)
    for column, value in (
        (FollowUp.organisation_id, wanted.organisation_id),
        (FollowUp.engagement_id, wanted.engagement_id),
        (FollowUp.commitment_id, wanted.commitment_id),
        (FollowUp.topic_id, wanted.topic_id),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.due_until is not None:
        found.append(FollowUp.due_last <= wanted.due_until)
    for word in wanted.text.split():
        pattern = f"%{like_escape(word)}%"
        found.append(or_(FollowUp.title.ilike(pattern, escape="\\"), FollowUp.note.ilike(pattern, escape="\\")))
    return found


def facets_of(work: Work, wanted: Filter) -> dict[str, dict[str, int]]:
    """Name of the filter → value → number of rows that choosing it shows."""
    return facets.count(
        work, _FACETS, wanted, lambda work, one: select(FollowUp.id).where(*conditions(work, one)), FollowUp.id
    )


_FACETS = {
    "due": Facet(lambda one: replace(one, due=""), lambda work, one: _due(work)),
    "owner": Facet(lambda one: replace(one, owner_id=None), lambda work, one: facets.owner(FollowUp.owner_id)),
    "topic": Facet(lambda one: replace(one, topic_id=None), lambda work, one: FollowUp.topic_id.expression),
    "organisation": Facet(
        lambda one: replace(one, organisation_id=None), lambda work, one: FollowUp.organisation_id.expression
    ),
}


def _due(work: Work) -> ColumnElement[str | None]:
    """When it falls due, a key of :data:`DUE`; nothing for what is done."""
    today = work.today()
    week, month = horizons(today)
    return case(
        (FollowUp.done_on.is_not(None), None),
        (FollowUp.due_last.is_(None), "undated"),
        (FollowUp.due_last < today, "late"),
        (FollowUp.due_last <= week, "week"),
        (FollowUp.due_last <= month, "month"),
        else_="later",
    )


def _rows(owner: Any) -> Any:
    doer = aliased(Member)
    maker, addressee = aliased(Organisation), aliased(Organisation)
    # An alias, because the condition of visibility reads engagements itself.
    origin = aliased(Engagement)
    return (
        select(
            FollowUp.id,
            FollowUp.version,
            FollowUp.title,
            FollowUp.note,
            *due_columns(FollowUp),
            FollowUp.remind_on,
            FollowUp.done_on,
            doer.name.label("done_by"),
            FollowUp.owner_id,
            owner.name.label("owner"),
            FollowUp.snoozed,
            FollowUp.engagement_id,
            origin.subject,
            origin.kind,
            FollowUp.organisation_id,
            _label(Organisation).label("organisation"),
            FollowUp.commitment_id,
            Commitment.wording,
            _label(maker).label("maker"),
            FollowUp.topic_id,
            Topic.name.label("topic"),
            FollowUp.dispatch_id,
            _label(addressee).label("addressee"),
        )
        .outerjoin(owner, owner.id == FollowUp.owner_id)
        .outerjoin(doer, doer.id == FollowUp.done_by_id)
        .outerjoin(origin, origin.id == FollowUp.engagement_id)
        .outerjoin(Organisation, Organisation.id == FollowUp.organisation_id)
        .outerjoin(Commitment, Commitment.id == FollowUp.commitment_id)
        .outerjoin(maker, maker.id == Commitment.made_by_id)
        .outerjoin(Topic, Topic.id == FollowUp.topic_id)
        .outerjoin(Dispatch, Dispatch.id == FollowUp.dispatch_id)
        .outerjoin(Participation, Participation.id == Dispatch.participation_id)
        .outerjoin(addressee, addressee.id == Participation.organisation_id)
    )


def _label(organisation: Any) -> Any:
    return func.coalesce(func.nullif(organisation.short_name, ""), organisation.name)


def _built(row: Any, today: dt.date) -> FollowUpRow:
    return FollowUpRow(
        id=row.id,
        version=row.version,
        title=row.title,
        note=row.note,
        due=due_of(row),
        is_late=row.done_on is None and row.due_last is not None and row.due_last < today,
        remind_on=row.remind_on,
        done_on=row.done_on,
        done_by=row.done_by,
        owner_id=row.owner_id,
        owner=row.owner,
        snoozed=row.snoozed,
        origins=tuple(_origins(row)),
    )


def _origins(row: Any) -> list[Origin]:
    found = []
    if row.engagement_id is not None:
        is_letter = row.dispatch_id is not None
        subject = row.subject or ("Letter" if row.kind == "letter" else "Engagement")
        found.append(Origin("letter" if is_letter else "engagement", row.engagement_id, subject))
    if row.commitment_id is not None:
        found.append(Origin("commitment", row.commitment_id, f"{row.maker}: {cut(row.wording, 70)}"))
    if row.organisation_id is not None:
        found.append(Origin("organisation", row.organisation_id, row.organisation))
    if row.topic_id is not None:
        found.append(Origin("topic", row.topic_id, row.topic))
    return found
