"""Verbs on engagements: log, amend, settle, postpone, decline, bin and restore."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.dates import When
from crm.errors import Invalid, NotFound
from crm.models import (
    DiscussionPoint,
    Dispatch,
    EarlierDate,
    Engagement,
    EngagementTopic,
    EngagementViewer,
    Organisation,
    Participation,
)
from crm.models.engagements import (
    ACCEPTANCES,
    COUNTED_STATUSES,
    INITIATORS,
    KINDS,
    ROLES,
    SIDES,
    VISIBILITIES,
    WRITINGS,
    statuses_of,
)
from crm.queries import visibility
from crm.services import commitments, dispatches, followups, people
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice, line, text, web_address
from crm.work import Work


class Party(NamedTuple):
    """One line of who took part."""

    organisation_id: int
    person_id: int | None = None
    side: str = "counterpart"
    role: str = ""
    acceptance: str = ""


class Point(NamedTuple):
    """One point raised."""

    point: str
    raised_by_id: int | None = None
    positions: str = ""
    conclusion: str = ""


PARTS = (
    selectinload(Engagement.participations).selectinload(Participation.dispatch).selectinload(Dispatch.steps),
    selectinload(Engagement.participations).selectinload(Participation.organisation),
    selectinload(Engagement.participations).selectinload(Participation.person),
    selectinload(Engagement.participations).selectinload(Participation.post),
    selectinload(Engagement.points).selectinload(DiscussionPoint.raised_by),
    selectinload(Engagement.earlier_dates),
    selectinload(Engagement.topic_links).selectinload(EngagementTopic.topic),
    selectinload(Engagement.viewers),
)

_LINES = {"place": 300, "subject": 300, "file_reference": 120, "decline_notice": 200}
_TEXTS = ("summary", "notes", "intended_result", "decline_reason")


def get(work: Work, engagement_id: int) -> Engagement:
    """One engagement with all its parts, as far as it exists for the member.

    :raises NotFound: there is none, or the member may not know of it
    """
    found = work.session.scalar(
        select(Engagement).where(Engagement.id == engagement_id, visibility.visible(work)).options(*PARTS)
    )
    if found is None:
        raise NotFound
    return found


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
    **values: Any,
) -> Engagement:
    """Logs one contact or attempt, with everything that belongs to it, in one save.

    :param parties: at least one counterpart; with no actor among them our own organisation is taken
    :param status: empty for the likely one: held (sent) in the past, planned (drafted) ahead
    :param new_commitments: keyword arguments of :func:`crm.services.commitments.make`, one mapping each
    :param new_follow_ups: keyword arguments of :func:`crm.services.followups.add`
    :param submission: key the form was served with
    :raises Invalid: a value is missing or contradicts another
    :raises AlreadyDone: the same form was sent before
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
    engagement.owner_id = values.pop("owner_id", None) or work.member_id
    work.act("engagement.log", engagement, kind=kind)
    _apply(work, engagement, when=when, status=status or likely_status(kind, when, work.today()), values=values)
    _set_parties(work, engagement, parties)
    dispatches.follow(engagement)
    _set_links(engagement, topic_ids=topic_ids, viewer_ids=viewer_ids)
    engagement.points = _points(points)
    engagement.recount()
    work.session.add(engagement)
    work.session.flush()
    for commitment in new_commitments:
        commitments.make(work, engagement=engagement, **commitment)
    for follow_up in new_follow_ups:
        followups.add(work, engagement_id=engagement.id, **follow_up)
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
    **values: Any,
) -> Engagement:
    """Corrects an engagement; what is not given stays as it is.

    :raises Conflict: somebody else saved it since ``version``
    """
    engagement = get(work, engagement_id)
    authorise(work, WRITE, engagement)
    work.expect(engagement, version)
    work.act("engagement.amend", engagement)
    before = engagement.status, engagement.when
    if "kind" in values:
        engagement.kind = choice("kind", values.pop("kind"), KINDS)
    _apply(work, engagement, when=when or engagement.when, status=status or engagement.status, values=values)
    if parties is not None:
        _set_parties(work, engagement, parties)
    dispatches.follow(engagement, before)
    _set_links(engagement, topic_ids=topic_ids, viewer_ids=viewer_ids)
    if points is not None:
        engagement.points = _points(points)
    engagement.recount()
    work.session.flush()
    for commitment in new_commitments:
        commitments.make(work, engagement=engagement, **commitment)
    for follow_up in new_follow_ups:
        followups.add(work, engagement_id=engagement.id, **follow_up)
    return engagement


def settle(work: Work, engagement_id: int, outcome: str, *, version: int | None = None) -> Engagement:
    """Answers “Did it take place?”: ``held``, ``cancelled`` or ``postponed``; for a draft ``sent``."""
    engagement = get(work, engagement_id)
    authorise(work, WRITE, engagement)
    work.expect(engagement, version)
    if outcome == "postponed":
        return postpone(work, engagement_id)
    work.act(f"engagement.{outcome}", engagement)
    before = engagement.status, engagement.when
    _apply(work, engagement, when=engagement.when, status=outcome, values={})
    dispatches.follow(engagement, before)
    engagement.recount()
    work.session.flush()
    return engagement


def postpone(
    work: Work, engagement_id: int, *, to: When | None = None, reason: str = "", version: int | None = None
) -> Engagement:
    """Moves a planned engagement, keeping the date it had; without a new date it waits as postponed."""
    engagement = get(work, engagement_id)
    authorise(work, WRITE, engagement)
    work.expect(engagement, version)
    if engagement.is_writing or engagement.status not in ("planned", "postponed"):
        raise Invalid("status", "Only a planned meeting can be postponed; correct the date of one that was held.")
    work.act("engagement.postpone", engagement)
    earlier = EarlierDate(moved_at=work.now(), reason=text("reason", reason, 2000))
    earlier.when = engagement.when
    engagement.earlier_dates.append(earlier)
    if to is not None:
        engagement.when = to
    engagement.status = "planned" if to is not None else "postponed"
    engagement.recount()
    work.session.flush()
    return engagement


def decline(
    work: Work,
    engagement_id: int,
    *,
    by_id: int | None,
    on: dt.date | None = None,
    notice: str = "",
    reason: str = "",
    version: int | None = None,
) -> Engagement:
    """Records a refusal as the fact it is; a later meeting is a new engagement that follows this one."""
    engagement = get(work, engagement_id)
    authorise(work, WRITE, engagement)
    work.expect(engagement, version)
    if engagement.is_writing or engagement.status == "held":
        raise Invalid("status", "Only a meeting that was not held can have been declined.")
    work.act("engagement.decline", engagement)
    engagement.status = "declined"
    counterparts = [party.organisation_id for party in engagement.participations if party.side == "counterpart"]
    engagement.declined_by_id = by_id or (counterparts[0] if counterparts else None)
    engagement.declined_on = on
    engagement.decline_notice = line("decline_notice", notice, 200)
    engagement.decline_reason = text("decline_reason", reason, 4000)
    engagement.recount()
    work.session.flush()
    return engagement


def bin(work: Work, engagement_id: int, *, version: int | None = None) -> Engagement:
    """Puts an engagement into the bin: it leaves every count at once."""
    engagement = get(work, engagement_id)
    authorise(work, WRITE, engagement)
    work.expect(engagement, version)
    work.act("engagement.bin", engagement)
    engagement.binned_at = work.now()
    engagement.recount()
    work.session.flush()
    return engagement


def restore(work: Work, engagement_id: int) -> Engagement:
    """Takes an engagement out of the bin."""
    engagement = get(work, engagement_id)
    authorise(work, WRITE, engagement)
    work.act("engagement.restore", engagement)
    engagement.binned_at = None
    engagement.recount()
    work.session.flush()
    return engagement


def likely_status(kind: str, when: When, today: dt.date) -> str:
    """The status an engagement of ``kind`` has when nobody says: ahead it is planned or drafted, else held or sent."""
    ahead = when.first > today
    if kind in WRITINGS:
        return "drafted" if ahead else "sent"
    return "planned" if ahead else "held"


def _apply(work: Work, engagement: Engagement, *, when: When, status: str, values: Mapping[str, Any]) -> None:
    engagement.when = when
    engagement.status = choice("status", status, statuses_of(engagement.kind))
    if status in COUNTED_STATUSES and when.first > work.today():
        word = "sent or received" if engagement.is_writing else "held"
        raise Invalid("when", f"{when.short()} lies ahead, so it cannot have been {word} yet; correct the date or the status.")
    for field, value in values.items():
        if field in _LINES:
            setattr(engagement, field, line(field, value, _LINES[field]))
        elif field in _TEXTS:
            setattr(engagement, field, text(field, value))
        elif field == "link":
            engagement.link = web_address(field, value, 1000)
        elif field == "initiated_by":
            engagement.initiated_by = choice(field, value, INITIATORS)
        elif field == "visibility":
            engagement.visibility = choice(field, value, VISIBILITIES)
        elif field in ("owner_id", "follows_id", "declined_by_id", "declined_on"):
            setattr(engagement, field, value)
        else:
            raise Invalid(field, "There is no such field on an engagement.")
    if engagement.follows_id is not None:
        get(work, engagement.follows_id)
        if engagement.follows_id == engagement.id:
            raise Invalid("follows", "An engagement cannot follow itself.")
    engagement.fold_search()


def _set_parties(work: Work, engagement: Engagement, parties: Sequence[Party]) -> None:
    parties = list(dict.fromkeys(parties))
    if not any(party.side == "counterpart" for party in parties):
        raise Invalid("bodies", "Name at least one body that was met or written to.")
    if not any(party.side == "actor" for party in parties):
        parties = [*_our_side(work), *parties]
    existing = list(engagement.participations)
    kept: list[Participation] = []
    for position, party in enumerate(parties):
        side = choice("side", party.side, SIDES)
        role = choice("role", party.role or _usual_role(engagement, side), ROLES)
        participation = _known(existing, parties, Party(party.organisation_id, party.person_id, side, role))
        participation.person_id, participation.role = party.person_id, role
        participation.acceptance = choice("acceptance", party.acceptance, ACCEPTANCES)
        participation.position = position
        participation.post_id = None
        if party.person_id is not None:
            participation.post_id = people.post_on(work, party.person_id, party.organisation_id, engagement.first_day)
        kept.append(participation)
    if engagement.status == "sent":
        dispatches.refuse_loss(existing)
    engagement.participations = kept


def _known(existing: list[Participation], parties: Sequence[Party], wanted: Party) -> Participation:
    """The participation that stays, taken out of ``existing``, or a new one.

    A body whose person is named, changed or taken away stays the same participation, and its copy of a letter with it.
    """
    claimed = {(party.organisation_id, party.person_id, party.side) for party in parties}
    for is_same in (
        lambda old: (old.person_id, old.role) == (wanted.person_id, wanted.role),
        lambda old: old.person_id == wanted.person_id,
        lambda old: (old.organisation_id, old.person_id, old.side) not in claimed,
    ):
        for old in existing:
            if (old.organisation_id, old.side) == (wanted.organisation_id, wanted.side) and is_same(old):
                existing.remove(old)
                return old
    return Participation(organisation_id=wanted.organisation_id, side=wanted.side, dispatch=None)


def _our_side(work: Work) -> list[Party]:
    ours = work.session.scalars(
        select(Organisation.id).where(Organisation.is_ours.is_(True), Organisation.binned_at.is_(None))
    ).all()
    if len(ours) != 1:
        known = "Nobody is marked as ours yet" if not ours else "Several organisations are ours"
        raise Invalid("actors", f"{known}: say on whose behalf contact was made.")
    return [Party(ours[0], side="actor")]


def _usual_role(engagement: Engagement, side: str) -> str:
    if not engagement.is_writing or side == "third":
        return "attendee"
    writes = "counterpart" if engagement.status == "received" else "actor"
    return "signatory" if side == writes else "addressee"


def _set_links(
    engagement: Engagement, *, topic_ids: Sequence[int] | None, viewer_ids: Sequence[int] | None
) -> None:
    if topic_ids is not None:
        kept = {link.topic_id: link for link in engagement.topic_links}
        engagement.topic_links = [
            kept.get(topic) or EngagementTopic(topic_id=topic) for topic in dict.fromkeys(topic_ids)
        ]
    if viewer_ids is not None:
        named = {link.member_id: link for link in engagement.viewers}
        engagement.viewers = [
            named.get(member) or EngagementViewer(member_id=member) for member in dict.fromkeys(viewer_ids)
        ]


def _points(points: Sequence[Point]) -> list[DiscussionPoint]:
    return [
        DiscussionPoint(
            point=text("points", point.point),
            raised_by_id=point.raised_by_id,
            positions=text("positions", point.positions),
            conclusion=text("conclusion", point.conclusion),
            position=position,
        )
        for position, point in enumerate(points)
        if point.point.strip()
    ]
