"""Logging an engagement, and correcting it: one save with everything that belongs to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.dates import When, parse_when
from crm.errors import CrmError, Invalid, NotFound
from crm.models import DiscussionPoint, Dispatch, Engagement, EngagementTopic, Participation
from crm.models.engagements import COUNTED_STATUSES, INITIATORS, KINDS, VISIBILITIES, WRITINGS, statuses_of
from crm.queries import visibility
from crm.queries.engagements import Neighbour, possible_duplicates
from crm.services import commitments, dispatches, followups, references
from crm.services.engagements.parties import Party, set_parties
from crm.services.engagements.substance import Point, set_points, set_topics, set_viewers
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice, line, text, web_address
from crm.work import Work

PARTS = (
    selectinload(Engagement.participations).selectinload(Participation.dispatch).selectinload(Dispatch.steps),
    selectinload(Engagement.participations).joinedload(Participation.organisation),
    selectinload(Engagement.participations).joinedload(Participation.person),
    selectinload(Engagement.participations).joinedload(Participation.post),
    selectinload(Engagement.points).joinedload(DiscussionPoint.raised_by),
    selectinload(Engagement.earlier_dates),
    selectinload(Engagement.topic_links).joinedload(EngagementTopic.topic),
    selectinload(Engagement.viewers),
)
LONGEST_SUBJECT = 300

_LINES = {"place": 300, "subject": LONGEST_SUBJECT, "file_reference": 120, "decline_notice": 200}
_TEXTS = ("summary", "notes", "intended_result", "decline_reason")
_NEARBY = dt.timedelta(days=7)


class PossibleDuplicates(CrmError):
    """Something like it is in the log already; whoever logs it is asked once.

    :param found: what it may be the same as
    """

    def __init__(self, found: Sequence[Neighbour]) -> None:
        super().__init__("something like this is in the log already")
        self.found = list(found)


class Understood(NamedTuple):
    """What was typed as date and status, as it is understood."""

    when: When
    status: str


def get(work: Work, engagement_id: int) -> Engagement:
    """One engagement with all its parts, as far as it exists for the member.

    :raises NotFound: there is none, or the member may not know of it
    """
    return _find(work, engagement_id)


def _find(work: Work, engagement_id: int, *, fresh: bool = False) -> Engagement:
    found: Engagement | None = work.session.scalar(
        select(Engagement)
        .where(Engagement.id == engagement_id, visibility.visible(work))
        .options(*PARTS)
        .execution_options(populate_existing=fresh)
    )
    if found is None:
        raise NotFound
    return found


def for_writing(work: Work, engagement_id: int, version: int | None = None) -> Engagement:
    """One engagement that the member may change, held against others who change it at this moment.

    :raises NotFound: there is none whose content the member may read
    :raises Forbidden: the member may read but not write
    :raises Conflict: somebody else saved it since ``version``
    """
    work.session.execute(select(Engagement.id).where(Engagement.id == engagement_id).with_for_update())
    engagement = _find(work, engagement_id, fresh=True)
    authorise(work, WRITE, engagement)
    work.expect(engagement, version)
    return engagement


def read_when(work: Work, typed: str, *, kind: str, status: str = "") -> Understood:
    """Reads a date as typed, and the status it speaks for when none is given.

    With no status and no year, the nearest day is meant: the past one, unless it is more than a week away and the one
    ahead is nearer.

    :raises Invalid: (field ``when``) it cannot be read
    """
    today = work.today()
    if status:
        past = status in COUNTED_STATUSES
        return Understood(parse_when(typed, today=today, past=past, zone=work.zone), status)
    when = parse_when(typed, today=today, past=True, zone=work.zone)
    if when.first <= today - _NEARBY:
        ahead = parse_when(typed, today=today, past=False, zone=work.zone)
        if ahead.first > today and ahead.first - today < today - when.first:
            when = ahead
    return Understood(when, likely_status(work, kind, when))


def likely_status(work: Work, kind: str, when: When) -> str:
    """The status an engagement of ``kind`` has when nobody says: ahead it is planned or drafted, else held or sent."""
    if kind in WRITINGS:
        return "drafted" if lies_ahead(work, when) else "sent"
    return "planned" if lies_ahead(work, when) else "held"


def lies_ahead(work: Work, when: When) -> bool:
    """Whether it has surely not begun yet, to the minute where one is known."""
    start = when.start_utc()
    return when.first > work.today() or (start is not None and start > work.now())


def log(
    work: Work,
    *,
    kind: str,
    when: When,
    parties: Sequence[Party],
    status: str = "",
    topic_ids: Sequence[int] = (),
    viewer_ids: Sequence[int] = (),
    points: Sequence[Point] = (),
    new_commitments: Sequence[Mapping[str, Any]] = (),
    new_follow_ups: Sequence[Mapping[str, Any]] = (),
    submission: str | None = None,
    known_duplicates: Collection[int] | None = None,
    **values: Any,
) -> Engagement:
    """Logs one contact or attempt, with everything that belongs to it, in one save.

    :param parties: at least one counterpart; with no actor among them our own organisation is taken
    :param status: empty for the likely one: held (sent) in the past, planned (drafted) ahead
    :param new_commitments: keyword arguments of :func:`crm.services.commitments.make`, one mapping each
    :param new_follow_ups: keyword arguments of :func:`crm.services.followups.add`
    :param submission: key the form was served with
    :param known_duplicates: engagements that whoever logs it knows and says are others; none to ask nobody
    :raises Invalid: a value is missing or contradicts another
    :raises AlreadyDone: the same form was sent before
    :raises PossibleDuplicates: something like it, which is not among ``known_duplicates``, is in the log already
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    engagement = Engagement(
        kind=choice("kind", kind, KINDS),
        status="",
        participations=[],
        points=[],
        earlier_dates=[],
        topic_links=[],
        viewers=[],
    )
    engagement.owner_id = work.member_id
    work.act("engagement.log", engagement, kind=kind)
    _apply(work, engagement, when=when, status=status or likely_status(work, kind, when), values=values)
    set_parties(work, engagement, parties)
    _note_refusal(work, engagement)
    dispatches.follow(engagement)
    set_topics(work, engagement, topic_ids)
    set_viewers(work, engagement, viewer_ids)
    set_points(work, engagement, points)
    if known_duplicates is not None:
        _refuse_duplicate(work, engagement, known_duplicates)
    engagement.recount()
    work.session.add(engagement)
    work.session.flush()
    _add_to(work, engagement, new_commitments, new_follow_ups)
    if claimed is not None:
        claimed.reference = {"kind": "engagement", "id": engagement.id}
    return engagement


def amend(
    work: Work,
    engagement_id: int,
    *,
    version: int | None = None,
    when: When | None = None,
    status: str | None = None,
    parties: Sequence[Party] | None = None,
    topic_ids: Sequence[int] | None = None,
    viewer_ids: Sequence[int] | None = None,
    points: Sequence[Point] | None = None,
    new_commitments: Sequence[Mapping[str, Any]] = (),
    new_follow_ups: Sequence[Mapping[str, Any]] = (),
    submission: str | None = None,
    **values: Any,
) -> Engagement:
    """Corrects an engagement; what is not given stays as it is.

    :raises Conflict: somebody else saved it since ``version``
    :raises AlreadyDone: the same form was sent before
    """
    engagement = for_writing(work, engagement_id)
    claimed = claim(work, submission)
    work.expect(engagement, version)
    work.act("engagement.amend", engagement)
    before = engagement.status, engagement.when
    if "kind" in values:
        engagement.kind = choice("kind", values.pop("kind"), KINDS)
    _apply(work, engagement, when=when or engagement.when, status=status or engagement.status, values=values)
    if parties is not None:
        set_parties(work, engagement, parties)
    _note_refusal(work, engagement)
    dispatches.follow(engagement, before)
    dispatches.follow_reply(work, engagement, before[1])
    if topic_ids is not None:
        set_topics(work, engagement, topic_ids)
    named = [viewer.member_id for viewer in engagement.viewers]
    set_viewers(work, engagement, named if viewer_ids is None else viewer_ids)
    if points is not None:
        set_points(work, engagement, points)
    engagement.recount()
    work.session.flush()
    _add_to(work, engagement, new_commitments, new_follow_ups)
    if claimed is not None:
        claimed.reference = {"kind": "engagement", "id": engagement.id}
    return engagement


def change_status(work: Work, engagement: Engagement, status: str, when: When | None = None) -> None:
    """Gives an engagement another status (and date), with everything that follows from it; the caller flushes."""
    before = engagement.status, engagement.when
    _apply(work, engagement, when=when or engagement.when, status=status, values={})
    _note_refusal(work, engagement)
    dispatches.follow(engagement, before)
    dispatches.follow_reply(work, engagement, before[1])
    engagement.recount()


def _add_to(
    work: Work,
    engagement: Engagement,
    new_commitments: Sequence[Mapping[str, Any]],
    new_follow_ups: Sequence[Mapping[str, Any]],
) -> None:
    for commitment in new_commitments:
        commitments.make(work, engagement=engagement, **commitment)
    for follow_up in new_follow_ups:
        followups.add(work, engagement_id=engagement.id, **follow_up)


def _apply(work: Work, engagement: Engagement, *, when: When, status: str, values: Mapping[str, Any]) -> None:
    engagement.when = when
    engagement.status = choice("status", status, statuses_of(engagement.kind))
    if status in COUNTED_STATUSES and lies_ahead(work, when):
        word = "sent or received" if engagement.is_writing else "held"
        raise Invalid(
            "when", f"{when.short()} lies ahead, so it cannot have been {word} yet; correct the date or the status."
        )
    for field, value in values.items():
        if field in _LINES:
            setattr(engagement, field, line(field, value, _LINES[field]))
        elif field in _TEXTS:
            setattr(engagement, field, text(field, value))
        elif field in _CHOICES:
            setattr(engagement, field, choice(field, value, _CHOICES[field]))
        elif field == "link":
            engagement.link = web_address(field, value, 1000)
        elif field == "declined_on":
            engagement.declined_on = _past(work, value)
        elif field not in _POINTERS:
            raise Invalid(field, "There is no such field on an engagement.")
        elif value != getattr(engagement, field):
            setattr(engagement, field, _POINTERS[field](work, field.removesuffix("_id"), value))
    if engagement.follows_id is not None and engagement.follows_id == engagement.id:
        raise Invalid("follows", "An engagement cannot follow itself.")
    engagement.fold_search()


def _past(work: Work, day: dt.date | None) -> dt.date | None:
    if day is not None and day > work.today():
        raise Invalid("declined_on", "It cannot have been declined on a day that lies ahead.")
    return day


def _note_refusal(work: Work, engagement: Engagement) -> None:
    """Keeps who declined with what was declined, and with nothing else."""
    if engagement.status != "declined":
        engagement.declined_by_id = engagement.declined_on = None
        engagement.decline_notice = engagement.decline_reason = ""
    elif engagement.declined_by_id is None:
        asked = (party.organisation_id for party in engagement.participations if party.side == "counterpart")
        engagement.declined_by_id = next(asked, None)


def _refuse_duplicate(work: Work, engagement: Engagement, known: Collection[int]) -> None:
    bodies = [party.organisation_id for party in engagement.participations if party.side == "counterpart"]
    found = possible_duplicates(work, kind=engagement.kind, when=engagement.when, organisation_ids=bodies)
    if any(one.id not in known for one in found):
        raise PossibleDuplicates(found)


def _one_organisation(work: Work, field: str, organisation_id: int | None) -> int | None:
    return None if organisation_id is None else references.organisations(work, field, [organisation_id])[0]


_CHOICES = {"initiated_by": INITIATORS, "visibility": VISIBILITIES}
_POINTERS = {
    "owner_id": references.member,
    "follows_id": references.engagement,
    "declined_by_id": _one_organisation,
}
