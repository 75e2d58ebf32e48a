"""One letter's matrix of recipients and steps, and what may be the reply to a copy."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from crm.dates import When
from crm.errors import NotFound
from crm.models import (
    Dispatch,
    DispatchStep,
    Engagement,
    FollowUp,
    Organisation,
    OrganisationListEntry,
    Participation,
    Person,
)
from crm.models.letters import STEPS
from crm.queries import ours, visibility
from crm.queries.days import due_columns, due_of, when_columns, when_of
from crm.queries.letters.listing import Summary
from crm.text import sort_key
from crm.work import Work

STATE_LABELS = {
    "prepared": "Not sent",
    "awaiting": "Awaiting",
    "no_reply": "No reply",
    "replied": "Replied",
    "declined": "Declined",
}


class Step(NamedTuple):
    """One step that was taken."""

    name: str
    when: When


class CopyRow(NamedTuple):
    """One recipient's line in the matrix."""

    dispatch_id: int
    organisation_id: int
    label: str
    name: str
    person: str | None
    channel: str
    answer_by: When | None
    note: str
    state: str
    steps: dict[str, Step]
    reply_id: int | None
    chasing: int

    @property
    def state_label(self) -> str:
        return STATE_LABELS[self.state]

    @property
    def waited_since(self) -> dt.date | None:
        """The first possible day on which it was sent."""
        sent = self.steps.get("sent")
        return sent.when.first if sent else None


def matrix(work: Work, letter_id: int) -> list[CopyRow]:
    """The recipients of one letter with the steps their copies took, in the order of the names they are shown by.

    Whoever may not read the letter's content gets nothing.
    """
    copies = work.session.execute(
        select(
            Dispatch.id,
            Participation.organisation_id,
            Organisation.short_name,
            Organisation.name,
            Person.name.label("person"),
            Dispatch.channel,
            *due_columns(Dispatch),
            Dispatch.note,
            Dispatch.was_sent,
            Dispatch.reply_id,
            select(func.count(FollowUp.id))
            .where(FollowUp.dispatch_id == Dispatch.id, FollowUp.done_on.is_(None), FollowUp.binned_at.is_(None))
            .scalar_subquery()
            .label("chasing"),
        )
        .join(Participation, Participation.id == Dispatch.participation_id)
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .outerjoin(Person, Person.id == Participation.person_id)
        .where(Engagement.id == letter_id, visibility.visible(work), visibility.content_visible(work))
        .order_by(Organisation.sort, Participation.position, Dispatch.id)
    ).all()
    # Sorting is stable: those of one short name stay in the order of their whole ones.
    copies = sorted(copies, key=lambda row: sort_key(row.short_name or row.name))
    steps = _steps(work, [row.id for row in copies])
    today = work.today()
    result = []
    for row in copies:
        taken = steps[row.id]
        stub = Dispatch(was_sent=row.was_sent, due_last=row.due_last, steps=[DispatchStep(step=name) for name in taken])
        result.append(
            CopyRow(
                dispatch_id=row.id,
                organisation_id=row.organisation_id,
                label=row.short_name or row.name,
                name=row.name,
                person=row.person,
                channel=row.channel,
                answer_by=due_of(row),
                note=row.note,
                state=stub.state(today),
                steps=taken,
                reply_id=row.reply_id,
                chasing=row.chasing,
            )
        )
    return result


def copy(work: Work, letter_id: int, dispatch_id: int) -> CopyRow:
    """One recipient's line in the matrix of a letter.

    :raises NotFound: there is none, or the member may not read the letter's content
    """
    for row in matrix(work, letter_id):
        if row.dispatch_id == dispatch_id:
            return row
    raise NotFound


def is_ours(work: Work, letter_id: int) -> bool:
    """Whether we or clients of ours wrote the letter, rather than somebody whose letters we watch."""
    acting = select(Participation.organisation_id).where(
        Participation.engagement_id == letter_id, Participation.side == "actor"
    )
    return ours.is_ours(work, work.session.scalars(acting))


def summarise(states: Iterable[str]) -> Summary:
    """Counts copies by where they stand (see :meth:`crm.models.Dispatch.state`)."""
    listed = list(states)
    return Summary(
        recipients=len(listed),
        unsent=listed.count("prepared"),
        answered=listed.count("replied"),
        declined=listed.count("declined"),
        awaiting=listed.count("awaiting"),
        no_reply=listed.count("no_reply"),
    )


def recipients_of_lists(work: Work, list_ids: Sequence[int]) -> list[int]:
    """The organisations on the lists, each once, without those in the bin."""
    return list(
        work.session.scalars(
            select(Organisation.id)
            .where(
                exists().where(
                    OrganisationListEntry.organisation_id == Organisation.id,
                    OrganisationListEntry.list_id.in_(list_ids),
                ),
                Organisation.binned_at.is_(None),
            )
            .order_by(Organisation.sort)
        )
    )


def possible_replies(work: Work, dispatch_id: int, *, limit: int = 20) -> list[tuple[int, str, str, When]]:
    """What the addressee of a copy has sent to whoever wrote it, or met them in, which may be its reply: id, kind,
    subject, when."""
    own, acting = aliased(Participation), aliased(Participation)
    actors = (
        select(own.organisation_id)
        .join(Participation, Participation.engagement_id == own.engagement_id)
        .join(Dispatch, Dispatch.participation_id == Participation.id)
        .where(Dispatch.id == dispatch_id, own.side == "actor")
    )
    addressee = (
        select(Participation.organisation_id)
        .join(Dispatch, Dispatch.participation_id == Participation.id)
        .where(Dispatch.id == dispatch_id)
        .scalar_subquery()
    )
    found = work.session.execute(
        select(
            Engagement.id,
            Engagement.kind,
            Engagement.subject,
            *when_columns(Engagement),
        )
        .where(
            visibility.visible(work),
            visibility.content_visible(work),
            Engagement.counts.is_(True),
            ~and_(Engagement.kind == "letter", Engagement.status == "sent"),
            exists().where(
                Participation.engagement_id == Engagement.id,
                Participation.organisation_id == addressee,
                Participation.side == "counterpart",
            ),
            exists().where(
                acting.engagement_id == Engagement.id, acting.side == "actor", acting.organisation_id.in_(actors)
            ),
        )
        .order_by(Engagement.first_day.desc(), Engagement.id.desc())
        .limit(limit)
    )
    return [(row.id, row.kind, row.subject, when_of(row)) for row in found]


def _steps(work: Work, dispatch_ids: Sequence[int]) -> dict[int, dict[str, Step]]:
    taken: dict[int, dict[str, Step]] = defaultdict(dict)
    found = work.session.execute(
        select(DispatchStep.dispatch_id, DispatchStep.step, *when_columns(DispatchStep)).where(
            DispatchStep.dispatch_id.in_(dispatch_ids)
        )
    )
    for row in found:
        taken[row.dispatch_id][row.step] = Step(row.step, when_of(row))
    for dispatch_id, steps in taken.items():
        taken[dispatch_id] = {name: steps[name] for name in STEPS if name in steps}
    return taken
