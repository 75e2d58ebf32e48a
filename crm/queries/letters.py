"""Letters of ours: the list, and one letter's matrix of recipients and steps."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from crm.dates import OPEN, When
from crm.errors import NotFound
from crm.models import (
    Dispatch,
    DispatchStep,
    Engagement,
    FollowUp,
    Member,
    Organisation,
    OrganisationListEntry,
    Participation,
    Person,
)
from crm.models.engagements import STATUSES
from crm.models.letters import STEPS
from crm.queries import visibility
from crm.queries.days import due_columns, due_of, when_columns, when_of
from crm.queries.scope import Scope, conditions
from crm.text import tokens
from crm.work import Work

TABS = {"all": "All", "drafted": "Drafts", "awaiting": "Awaiting answers", "answered": "Nothing awaited"}
STATE_LABELS = {
    "prepared": "Not sent",
    "awaiting": "Awaiting",
    "no_reply": "No reply",
    "replied": "Replied",
    "declined": "Declined",
}


class Summary(NamedTuple):
    """How far a letter has come: ``recipients`` is the sum of all the others."""

    recipients: int = 0
    unsent: int = 0
    answered: int = 0
    declined: int = 0
    awaiting: int = 0
    no_reply: int = 0

    @property
    def sent(self) -> int:
        return self.recipients - self.unsent

    @property
    def silent(self) -> int:
        """Those whose answer is missing, whether or not the day for it has passed."""
        return self.awaiting + self.no_reply

    def __str__(self) -> str:
        """“answered 5 of 28; awaiting 23”, with what else there is to say."""
        if self.recipients and self.unsent == self.recipients:
            return f"not sent; {self.recipients} recipient{'' if self.recipients == 1 else 's'}"
        parts = [f"answered {self.answered} of {self.recipients}", f"awaiting {self.awaiting}"]
        more = (("no reply", self.no_reply), ("declined", self.declined), ("not sent", self.unsent))
        return "; ".join(parts + [f"{word} {number}" for word, number in more if number])


class LetterRow(NamedTuple):
    """One letter in the list."""

    id: int
    subject: str
    status: str
    when: When
    owner: str | None
    summary: Summary
    next_answer_by: dt.date | None
    first_recipient: str


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


def letters(
    work: Work, *, tab: str = "all", text: str = "", own: bool = False, limit: int = 50, offset: int = 0
) -> tuple[list[LetterRow], bool]:
    """Letters followed copy by copy, the latest first, and whether there are more.

    :param tab: a key of :data:`TABS`
    :param text: words, or their beginnings, in subject, summary or notes
    :param own: only those that we or our clients wrote, none of another actor
    """
    statement = (
        select(
            Engagement.id,
            Engagement.subject,
            Engagement.status,
            *when_columns(Engagement),
            Member.name.label("owner"),
        )
        .outerjoin(Member, Member.id == Engagement.owner_id)
        .where(*_ours(work), _has_copies())
        .order_by(Engagement.first_day.desc(), Engagement.id.desc())
        .limit(limit + 1)
        .offset(offset)
    )
    if own:
        statement = statement.where(*conditions(work, Scope(statuses=tuple(STATUSES))))
    for word in tokens(text):
        statement = statement.where(Engagement.search.contains(f" {word}", autoescape=True))
    found = work.session.execute(_in_tab(work, statement, tab)).all()
    numbers = _numbers(work, [row.id for row in found[:limit]])
    rows = [
        LetterRow(row.id, row.subject, row.status, when_of(row), row.owner, *numbers[row.id]) for row in found[:limit]
    ]
    return rows, len(found) > limit


def tab_counts(work: Work) -> dict[str, int]:
    """Number of letters under each key of :data:`TABS`."""
    base = select(func.count(Engagement.id)).where(*_ours(work), _has_copies())
    return {tab: int(work.session.scalar(_in_tab(work, base, tab)) or 0) for tab in TABS}


def matrix(work: Work, letter_id: int) -> list[CopyRow]:
    """The recipients of one letter with the steps their copies took, in the order of their names.

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
    """What the addressee of a copy has sent or taken part in, which may be its reply: id, kind, subject, when."""
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
        )
        .order_by(Engagement.first_day.desc(), Engagement.id.desc())
        .limit(limit)
    )
    return [(row.id, row.kind, row.subject, when_of(row)) for row in found]


def _ours(work: Work) -> list[ColumnElement[bool]]:
    return [
        visibility.visible(work),
        visibility.content_visible(work),
        Engagement.binned_at.is_(None),
        Engagement.kind == "letter",
        Engagement.status.in_(("drafted", "sent", "cancelled")),
    ]


def _copy_of_letter() -> list[ColumnElement[bool]]:
    return [Participation.engagement_id == Engagement.id, Dispatch.participation_id == Participation.id]


def _taken(step: str) -> ColumnElement[bool]:
    return exists().where(DispatchStep.dispatch_id == Dispatch.id, DispatchStep.step == step)


def _states(work: Work) -> dict[str, ColumnElement[bool]]:
    """:meth:`crm.models.Dispatch.state` in SQL."""
    replied, declined = _taken("replied"), _taken("declined")
    is_open = and_(~replied, ~declined)
    is_late = and_(Dispatch.due_last.is_not(None), Dispatch.due_last < work.today())
    return {
        "prepared": and_(is_open, Dispatch.was_sent.is_(False)),
        "replied": replied,
        "declined": and_(declined, ~replied),
        "awaiting": and_(is_open, Dispatch.was_sent.is_(True), ~is_late),
        "no_reply": and_(is_open, Dispatch.was_sent.is_(True), is_late),
    }


def _numbers(work: Work, letter_ids: Sequence[int]) -> dict[int, tuple[Summary, dt.date | None, str]]:
    """Letter → how far it has come, the next day an answer is asked for, and the first recipient by name."""
    states = _states(work)
    awaited = or_(states["awaiting"], states["no_reply"])
    wanted = ("prepared", "replied", "declined", "awaiting", "no_reply")
    found = work.session.execute(
        select(
            Participation.engagement_id,
            func.count(Dispatch.id),
            *(func.sum(case((states[state], 1), else_=0)) for state in wanted),
            func.min(case((and_(awaited, Dispatch.due_last < OPEN), Dispatch.due_last))),
            func.min(Organisation.name),
        )
        .join(Dispatch, Dispatch.participation_id == Participation.id)
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .where(Participation.engagement_id.in_(letter_ids))
        .group_by(Participation.engagement_id)
    )
    return {row[0]: (Summary(*(int(number) for number in row[1:7])), row[7], row[8]) for row in found}


def _has_copies() -> ColumnElement[bool]:
    return exists().where(*_copy_of_letter())


def _in_tab(work: Work, statement: Select[*tuple[Any, ...]], tab: str) -> Select[*tuple[Any, ...]]:
    states = _states(work)
    awaited = exists().where(*_copy_of_letter(), or_(states["awaiting"], states["no_reply"])).correlate(Engagement)
    if tab == "drafted":
        return statement.where(Engagement.status == "drafted")
    if tab == "awaiting":
        return statement.where(Engagement.status == "sent", awaited)
    if tab == "answered":
        return statement.where(Engagement.status == "sent", ~awaited)
    return statement


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
