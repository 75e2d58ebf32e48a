"""The list of letters of ours: how far each has come, by what the list can be narrowed, and the tabs above it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, true

from crm.dates import OPEN, When
from crm.models import Dispatch, DispatchStep, Engagement, EngagementTopic, Member, Organisation, Participation
from crm.models.engagements import STATUSES
from crm.queries import facets, ordering, visibility
from crm.queries.days import when_columns, when_of
from crm.queries.facets import Facet
from crm.queries.scope import Scope, conditions
from crm.text import tokens
from crm.work import Work

TABS = {"all": "All", "drafted": "Drafts", "awaiting": "Awaiting answers", "answered": "Nothing awaited"}
#: Columns that the list can be sorted by.
SORTS: dict[str, ordering.Keys] = {
    "subject": (func.lower(Engagement.subject),),
    "when": (Engagement.first_day,),
    "status": (Engagement.status,),
    "owner": (func.lower(Member.name),),
}
#: What becomes of a letter of ours.
LETTER_STATUSES = ("drafted", "sent", "cancelled")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant; empty for all.

    :param tab: a key of :data:`TABS`
    :param text: words, or their beginnings, in subject, summary or notes
    :param own: only those that we or our clients wrote, none of another actor
    :param status: one of :data:`LETTER_STATUSES`
    :param year: of that year, or perhaps
    :param owner_id: the member who is responsible, :data:`crm.queries.facets.NOBODY` for nobody
    :param topic_id: about it
    :param organisation_id: with a copy for it
    :param sort: as :func:`crm.queries.ordering.clauses`, by a column of :data:`SORTS`
    """

    tab: str = "all"
    text: str = ""
    own: bool = False
    status: str = ""
    year: int | None = None
    owner_id: int | None = None
    topic_id: int | None = None
    organisation_id: int | None = None
    sort: str = ""


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


def letters(work: Work, wanted: Filter = Filter(), *, limit: int = 50, offset: int = 0) -> tuple[list[LetterRow], bool]:
    """Letters followed copy by copy, the latest first, and whether there are more."""
    statement = (
        select(
            Engagement.id,
            Engagement.subject,
            Engagement.status,
            *when_columns(Engagement),
            Member.name.label("owner"),
        )
        .outerjoin(Member, Member.id == Engagement.owner_id)
        .where(*_conditions(work, wanted))
        .order_by(*ordering.clauses(wanted.sort, SORTS, (Engagement.first_day.desc(), Engagement.id.desc())))
    )
    found = work.session.execute(ordering.page(statement, Engagement.id, limit=limit + 1, offset=offset)).all()
    numbers = _numbers(work, [row.id for row in found[:limit]])
    rows = [
        LetterRow(row.id, row.subject, row.status, when_of(row), row.owner, *numbers[row.id]) for row in found[:limit]
    ]
    return rows, len(found) > limit


def tab_counts(work: Work, wanted: Filter) -> dict[str, int]:
    """Number of letters under each key of :data:`TABS`, whatever tab is asked for."""
    # Counted in one reading of the letters.
    counted = [func.count(case((and_(true(), *_in_tab(work, tab)), Engagement.id))) for tab in TABS]
    statement = select(*counted).where(*_conditions(work, replace(wanted, tab="all")))
    return dict(zip(TABS, work.session.execute(statement).one(), strict=True))


def facets_of(work: Work, wanted: Filter) -> dict[str, dict[str, int]]:
    """Name of the filter → value → number of rows that choosing it shows."""
    return facets.count(
        work, _FACETS, wanted, lambda work, one: select(Engagement.id).where(*_conditions(work, one)), Engagement.id
    )


def _ours(work: Work) -> list[ColumnElement[bool]]:
    return [
        visibility.visible(work),
        visibility.content_visible(work),
        Engagement.binned_at.is_(None),
        Engagement.kind == "letter",
        Engagement.status.in_(LETTER_STATUSES),
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
    return exists().where(*_copy_of_letter()).correlate(Engagement)


def _conditions(work: Work, wanted: Filter) -> list[ColumnElement[bool]]:
    """What the filter leaves of what the member may read."""
    found = [*_ours(work), _has_copies(), *_in_tab(work, wanted.tab)]
    if wanted.own:
        found += conditions(work, Scope(statuses=tuple(STATUSES)))
    found += [Engagement.search.contains(f" {word}", autoescape=True) for word in tokens(wanted.text)]
    if wanted.status:
        found.append(Engagement.status == wanted.status)
    if wanted.year is not None:
        found.append(facets.in_year(Engagement.first_day, Engagement.last_day, wanted.year))
    if wanted.owner_id is not None:
        found.append(facets.owned(Engagement.owner_id, wanted.owner_id))
    if wanted.topic_id is not None:
        topic = EngagementTopic.topic_id == wanted.topic_id
        found.append(exists().where(EngagementTopic.engagement_id == Engagement.id, topic).correlate(Engagement))
    if wanted.organisation_id is not None:
        to = Participation.organisation_id == wanted.organisation_id
        found.append(exists().where(*_copy_of_letter(), to).correlate(Engagement))
    return found


def _in_tab(work: Work, tab: str) -> list[ColumnElement[bool]]:
    if tab == "drafted":
        return [Engagement.status == "drafted"]
    if tab not in ("awaiting", "answered"):
        return []
    states = _states(work)
    awaited = exists().where(*_copy_of_letter(), or_(states["awaiting"], states["no_reply"])).correlate(Engagement)
    return [Engagement.status == "sent", awaited if tab == "awaiting" else ~awaited]


_FACETS = {
    "status": Facet(lambda one: replace(one, status=""), lambda work, one: Engagement.status.expression),
    "year": Facet(
        lambda one: replace(one, year=None),
        lambda work, one: facets.years(Engagement.first_day, Engagement.last_day),
        spread=facets.each_year,
    ),
    "owner": Facet(lambda one: replace(one, owner_id=None), lambda work, one: facets.owner(Engagement.owner_id)),
    "topic": Facet(
        lambda one: replace(one, topic_id=None),
        lambda work, one: EngagementTopic.topic_id.expression,
        lambda work, one, rows: rows.join(EngagementTopic, EngagementTopic.engagement_id == Engagement.id),
    ),
    "organisation": Facet(
        lambda one: replace(one, organisation_id=None),
        lambda work, one: Participation.organisation_id.expression,
        lambda work, one, rows: rows.join(Participation, Participation.engagement_id == Engagement.id).join(
            Dispatch, Dispatch.participation_id == Participation.id
        ),
    ),
}
