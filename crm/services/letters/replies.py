"""What comes back: replies as engagements of their own, and reminders to chase those who are silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from crm.dates import When, parse_when
from crm.errors import Invalid
from crm.models import Engagement, FollowUp
from crm.services import dispatches, engagements, followups, references
from crm.services.engagements import Party
from crm.services.letters.copies import copies_of, copy_of, for_writing, past_day, recounted
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice, line
from crm.text import plural
from crm.work import Work

UNANSWERED = ("awaiting", "no_reply")
REPLY_KINDS = ("letter", "email")


def reply(
    work: Work,
    dispatch_id: int,
    *,
    when: When | None = None,
    kind: str = "letter",
    person_id: int | None = None,
    subject: str = "",
    submission: str | None = None,
    **values: Any,
) -> Engagement:
    """Logs the reply of one addressee as the engagement it is, and marks the copy as replied.

    The reply is received from the addressee, addressed to whoever the letter was from, about the same topics, seen by
    the same members, and follows the letter.

    :param values: further fields of :func:`crm.services.engagements.log`, such as ``summary``
    :raises Invalid: the copy was not sent, or the reply surely came before it was
    :raises AlreadyDone: the same form was sent before
    :raises NotFound: there is no such copy, as far as the member may know
    """
    letter, party = copy_of(work, dispatch_id)
    claimed = claim(work, submission)
    kind = choice("kind", kind, REPLY_KINDS)
    if party.dispatch is not None and party.dispatch.reply_id is not None:
        raise Invalid("reply", f"The reply of {party.organisation.label} was logged before.")
    when = past_day(work, when, "replied")
    dispatches.refuse_order([party], "replied", when)
    work.act("letter.reply", letter, dispatch=dispatch_id)
    actors = [other.organisation_id for other in letter.participations if other.side == "actor"]
    received = engagements.log(
        work,
        kind=kind,
        status="received",
        when=when,
        parties=[
            *(Party(actor, side="actor", role="addressee") for actor in dict.fromkeys(actors)),
            Party(party.organisation_id, person_id, side="counterpart", role="signatory"),
        ],
        topic_ids=[link.topic_id for link in letter.topic_links],
        viewer_ids=[viewer.member_id for viewer in letter.viewers],
        subject=line("subject", subject, 300) or f"Re: {letter.subject or 'the letter'}"[:300],
        follows_id=letter.id,
        initiated_by="them",
        visibility=letter.visibility,
        **values,
    )
    assert party.dispatch is not None
    dispatches.take(party.dispatch, "replied", when)
    party.dispatch.reply_id = received.id
    recounted(work, letter)
    if claimed is not None:
        claimed.reference = {"kind": "engagement", "id": received.id}
    return received


def link_reply(work: Work, dispatch_id: int, engagement_id: int) -> Engagement:
    """Says that an engagement already in the log is the reply to a copy; its date is the date of the reply.

    :raises Invalid: it does not count as contact, or the addressee or whoever wrote the letter took no part in it
    """
    letter, party = copy_of(work, dispatch_id)
    references.engagement(work, "reply", engagement_id)
    received = engagements.get(work, engagement_id)
    authorise(work, WRITE, received)
    if not received.does_count() or received.is_outgoing_letter:
        raise Invalid("reply", "Choose something that was received from them, or a meeting that was held.")
    if party.organisation_id not in {other.organisation_id for other in received.participations}:
        raise Invalid("reply", f"{party.organisation.label} took no part in that; choose what came from them.")
    if not _actors(received) & _actors(letter):
        raise Invalid("reply", "That was with somebody else than whose letter it is; choose what answers them.")
    dispatches.refuse_order([party], "replied", received.when)
    work.act("letter.reply", letter, dispatch=dispatch_id, linked=engagement_id)
    assert party.dispatch is not None
    dispatches.take(party.dispatch, "replied", received.when)
    party.dispatch.reply_id = received.id
    if received.follows_id is None:
        received.follows_id = letter.id
    return recounted(work, letter)


def _actors(engagement: Engagement) -> set[int]:
    return {party.organisation_id for party in engagement.participations if party.side == "actor"}


def remind(
    work: Work,
    letter_id: int,
    *,
    due: When | None = None,
    each: bool = False,
    owner_id: int | None = None,
    dispatch_ids: Sequence[int] | None = None,
    version: int | None = None,
    submission: str | None = None,
) -> list[FollowUp]:
    """Makes a follow-up to chase those who have not answered.

    :param due: in a week if not given
    :param each: one follow-up for each of them, on the page of that body too; otherwise one that names them all
    :param dispatch_ids: only among these copies; None for all
    :param submission: key the form was served with
    :raises Invalid: nobody's answer is awaited
    :raises AlreadyDone: the same form was sent before
    """
    letter = for_writing(work, letter_id)
    claim(work, submission, ("letter", letter_id))
    work.expect(letter, version)
    today = work.today()
    silent = [
        party
        for party in copies_of(letter, dispatch_ids)
        if party.dispatch is not None and party.dispatch.state(today) in UNANSWERED
    ]
    if not silent:
        raise Invalid("reminder", "Nobody's answer is awaited, so there is nobody to chase.")
    in_a_week = (today + dt.timedelta(days=7)).isoformat()
    due = due or parse_when(in_a_week, today=today, past=False)
    subject = letter.subject or "the letter"
    if not each:
        title = f"Chase {plural(len(silent), 'answer')} to “{subject[:200]}”"
        listed = "\n".join(party.organisation.name for party in silent)
        return [followups.add(work, title=title, due=due, owner_id=owner_id, engagement_id=letter.id, note=listed)]
    return [
        followups.add(
            work,
            title=f"Chase the answer of {party.organisation.label[:80]} to “{subject[:180]}”",
            due=due,
            owner_id=owner_id,
            dispatch_id=party.dispatch.id if party.dispatch is not None else None,
            organisation_id=party.organisation_id,
        )
        for party in silent
    ]
