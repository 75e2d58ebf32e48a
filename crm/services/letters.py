"""Verbs on letters: choose who is written to, send, follow each copy step by step, log replies, chase the silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from crm.dates import When, parse_when
from crm.errors import Invalid, NotFound
from crm.models import Engagement, FollowUp, Participation
from crm.models.letters import CHANNELS, STEPS
from crm.queries import visibility
from crm.services import dispatches, engagements, followups, references
from crm.services.engagements import Party
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice, line, text
from crm.text import plural
from crm.work import Work

UNANSWERED = ("awaiting", "no_reply")
REPLY_KINDS = ("letter", "email")


def get(work: Work, letter_id: int) -> Engagement:
    """A letter of ours with all its copies and their steps.

    :raises NotFound: there is none, it is no letter of ours, or the member may not read its content
    """
    letter = engagements.get(work, letter_id)
    if not letter.is_outgoing_letter or not (work.trusted or visibility.may_read_content(work, letter_id)):
        raise NotFound
    return letter


def choose_recipients(
    work: Work, letter_id: int, organisation_ids: Sequence[int], *, version: int | None = None
) -> Engagement:
    """Says who is written to, as long as the letter is a draft; who was named before and is not now is taken off.

    The bodies of a list are copied: a later change of the list never changes who a letter went to.

    :raises Invalid: the letter was sent, or nobody is left to write to
    :raises Conflict: somebody else saved the letter since ``version``
    """
    letter = _writable(work, letter_id, version)
    if letter.status != "drafted":
        raise Invalid("recipients", "The letter was sent, so who was written to can no longer be changed.")
    wanted = references.organisations(work, "recipients", organisation_ids)
    if not wanted:
        raise Invalid("recipients", "Choose at least one body to write to.")
    named = [party for party in letter.participations if dispatches.is_addressee(letter, party)]
    others = [party for party in letter.participations if party not in named]
    parties = [_as_party(party) for party in others]
    for body in wanted:
        known = [_as_party(party) for party in named if party.organisation_id == body]
        parties += known or [Party(body, side="counterpart", role="addressee")]
    work.act("letter.address", letter, recipients=len(wanted))
    return engagements.amend(work, letter_id, parties=parties)


def send(
    work: Work,
    letter_id: int,
    when: When | None = None,
    *,
    dispatch_ids: Sequence[int] | None = None,
    answer_by: When | None = None,
    channel: str = "",
    version: int | None = None,
) -> Engagement:
    """Sends a draft: from now on its recipients stand, and the copies sent count.

    :param when: the day it went, today if not given; it becomes the date of the letter
    :param dispatch_ids: the copies that went; the others are held back and count nothing until they are marked as
        sent. None for all
    :param answer_by: set on every copy that has none yet
    :param channel: set on every copy that has none yet
    :raises Invalid: it was sent before, the day lies ahead, or an answer is asked for before it was sent
    """
    letter = _writable(work, letter_id, version)
    if letter.status != "drafted":
        raise Invalid("status", "Only a draft can be sent; mark a copy held back as sent in its row.")
    copies = _copies(letter, dispatch_ids)
    if not copies:
        raise Invalid("recipients", "Choose at least one body to write to.")
    when = _day(work, when, "sent")
    channel = choice("channel", channel, CHANNELS)
    work.act("letter.send", letter, copies=len(copies))
    letter.when, letter.status = when, "sent"
    for party in _copies(letter, None):
        assert party.dispatch is not None
        if answer_by is not None and party.dispatch.due is None:
            party.dispatch.due = answer_by
        party.dispatch.channel = party.dispatch.channel or channel
    dispatches.refuse_order(copies, "sent", when)
    _refuse_due(copies, when)
    for party in copies:
        assert party.dispatch is not None
        dispatches.take(party.dispatch, "sent", when)
    return _recounted(work, letter)


def withdraw(work: Work, letter_id: int, *, version: int | None = None) -> Engagement:
    """Takes a letter back to draft, as if it had not been sent: nothing of it counts, and recipients can be changed.

    :raises Invalid: a copy was already delivered, acknowledged, answered or declined
    """
    letter = _writable(work, letter_id, version)
    if letter.status != "sent":
        raise Invalid("status", "Only a letter that was sent can be taken back to draft.")
    work.act("letter.withdraw", letter)
    return engagements.amend(work, letter_id, status="drafted")


def mark(
    work: Work,
    letter_id: int,
    dispatch_ids: Sequence[int],
    step: str,
    when: When | None = None,
    *,
    version: int | None = None,
) -> Engagement:
    """Notes one dated step for several copies at once, or corrects its date; all of them or none.

    :param step: a key of :data:`crm.models.letters.STEPS`
    :param when: today if not given
    :raises Invalid: the day lies ahead, or a copy cannot have taken that step yet
    """
    letter = _writable(work, letter_id, version)
    step = choice("step", step, STEPS)
    copies = _chosen(letter, dispatch_ids)
    when = _day(work, when, STEPS[step].lower())
    if step != "prepared" and letter.status != "sent":
        draft = "The letter is still a draft: send it first, to all or to some of its recipients."
        raise Invalid("step", draft if letter.status == "drafted" else "The letter was cancelled.")
    dispatches.refuse_order(copies, step, when)
    if step == "sent":
        _refuse_due(copies, when)
    work.act("letter.mark", letter, step=step, copies=len(copies))
    for party in copies:
        assert party.dispatch is not None
        dispatches.take(party.dispatch, step, when)
    return _recounted(work, letter)


def clear(
    work: Work, letter_id: int, dispatch_ids: Sequence[int], step: str, *, version: int | None = None
) -> Engagement:
    """Takes a step back for several copies. A logged reply stays in the log, but no longer as the reply to this copy.

    With no copy sent any more the letter is a draft again.

    :raises Invalid: a copy took further steps, which must be taken back before its sending is
    """
    letter = _writable(work, letter_id, version)
    step = choice("step", step, STEPS)
    copies = _chosen(letter, dispatch_ids)
    if step == "sent":
        ahead = [party for party in copies if party.dispatch is not None and dispatches.further(party.dispatch)]
        if ahead:
            raise Invalid("step", f"{dispatches.names(ahead)}: take back what followed the sending first.")
    work.act("letter.clear", letter, step=step, copies=len(copies))
    for party in copies:
        assert party.dispatch is not None
        dispatches.clear(party.dispatch, step)
    if step == "sent" and not any(party.dispatch and party.dispatch.was_sent for party in letter.participations):
        letter.status = "drafted"
    return _recounted(work, letter)


def arrange(
    work: Work,
    letter_id: int,
    dispatch_ids: Sequence[int],
    *,
    channel: str | None = None,
    answer_by: When | None = None,
    no_answer_by: bool = False,
    note: str | None = None,
    version: int | None = None,
) -> Engagement:
    """Says how copies go, by when an answer is asked for, and what is to be remembered of them.

    :param no_answer_by: takes the day away; ``answer_by`` None leaves it as it is
    :raises Invalid: an answer is asked for before the copy was sent
    """
    letter = _writable(work, letter_id, version)
    copies = _chosen(letter, dispatch_ids)
    work.act("letter.arrange", letter, copies=len(copies))
    for party in copies:
        dispatch = party.dispatch
        assert dispatch is not None
        if channel is not None:
            dispatch.channel = choice("channel", channel, CHANNELS)
        if answer_by is not None or no_answer_by:
            dispatch.due = answer_by
        if note is not None:
            dispatch.note = text("note", note, 4000)
        sent = dispatch.step("sent")
        if sent is not None:
            _refuse_due([party], sent.when)
    return _recounted(work, letter)


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
    letter, party = _copy(work, dispatch_id)
    claimed = claim(work, submission)
    kind = choice("kind", kind, REPLY_KINDS)
    if party.dispatch is not None and party.dispatch.reply_id is not None:
        raise Invalid("reply", f"The reply of {party.organisation.label} was logged before.")
    when = _day(work, when, "replied")
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
        subject=line("subject", subject, 300) or f"Re: {letter.subject or 'our letter'}"[:300],
        follows_id=letter.id,
        initiated_by="us",
        visibility=letter.visibility,
        **values,
    )
    assert party.dispatch is not None
    dispatches.take(party.dispatch, "replied", when)
    party.dispatch.reply_id = received.id
    _recounted(work, letter)
    if claimed is not None:
        claimed.reference = {"kind": "engagement", "id": received.id}
    return received


def link_reply(work: Work, dispatch_id: int, engagement_id: int) -> Engagement:
    """Says that an engagement already in the log is the reply to a copy; its date is the date of the reply.

    :raises Invalid: it does not count as contact, or the addressee took no part in it
    """
    letter, party = _copy(work, dispatch_id)
    references.engagement(work, "reply", engagement_id)
    received = engagements.get(work, engagement_id)
    authorise(work, WRITE, received)
    if not received.does_count() or received.is_outgoing_letter:
        raise Invalid("reply", "Choose something that was received from them, or a meeting that was held.")
    if party.organisation_id not in {other.organisation_id for other in received.participations}:
        raise Invalid("reply", f"{party.organisation.label} took no part in that; choose what came from them.")
    dispatches.refuse_order([party], "replied", received.when)
    work.act("letter.reply", letter, dispatch=dispatch_id, linked=engagement_id)
    assert party.dispatch is not None
    dispatches.take(party.dispatch, "replied", received.when)
    party.dispatch.reply_id = received.id
    if received.follows_id is None:
        received.follows_id = letter.id
    return _recounted(work, letter)


def remind(
    work: Work,
    letter_id: int,
    *,
    due: When | None = None,
    each: bool = False,
    owner_id: int | None = None,
    dispatch_ids: Sequence[int] | None = None,
    version: int | None = None,
) -> list[FollowUp]:
    """Makes a follow-up to chase those who have not answered.

    :param due: in a week if not given
    :param each: one follow-up for each of them, on the page of that body too; otherwise one that names them all
    :param dispatch_ids: only among these copies; None for all
    :raises Invalid: nobody's answer is awaited
    """
    letter = _writable(work, letter_id, version)
    today = work.today()
    silent = [
        party
        for party in _copies(letter, dispatch_ids)
        if party.dispatch is not None and party.dispatch.state(today) in UNANSWERED
    ]
    if not silent:
        raise Invalid("reminder", "Nobody's answer is awaited, so there is nobody to chase.")
    in_a_week = (today + dt.timedelta(days=7)).isoformat()
    due = due or parse_when(in_a_week, today=today, past=False)
    subject = letter.subject or "our letter"
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


def _writable(work: Work, letter_id: int, version: int | None) -> Engagement:
    letter = get(work, letter_id)
    authorise(work, WRITE, letter)
    work.expect(letter, version)
    return letter


def _copies(letter: Engagement, dispatch_ids: Sequence[int] | None) -> list[Participation]:
    """Participations with a copy, all or those chosen."""
    every = [party for party in letter.participations if party.dispatch is not None]
    if dispatch_ids is None:
        return every
    wanted = set(dispatch_ids)
    found = [party for party in every if party.dispatch is not None and party.dispatch.id in wanted]
    if len(found) != len(wanted):
        raise Invalid("ids", "One of the copies chosen is no longer part of this letter; choose again.")
    return found


def _chosen(letter: Engagement, dispatch_ids: Sequence[int]) -> list[Participation]:
    found = _copies(letter, dispatch_ids)
    if not found:
        raise Invalid("ids", "Choose at least one recipient.")
    return found


def _copy(work: Work, dispatch_id: int) -> tuple[Engagement, Participation]:
    """The letter of a copy, with the addressee's participation, for writing."""
    letter_id = references.letter_of(work, dispatch_id)
    if letter_id is None:
        raise NotFound
    letter = _writable(work, letter_id, None)
    return letter, _copies(letter, [dispatch_id])[0]


def _as_party(party: Participation) -> Party:
    return Party(party.organisation_id, party.person_id, party.side, party.role, party.acceptance)


def _day(work: Work, when: When | None, word: str) -> When:
    """``when`` or today, if it can be past."""
    today = work.today()
    if when is None:
        return parse_when(today.isoformat(), today=today, past=True)
    if when.first > today:
        raise Invalid("when", f"{when.short()} lies ahead, so it cannot have been {word} yet.")
    return when


def _refuse_due(copies: Sequence[Participation], sent: When) -> None:
    for party in copies:
        due = party.dispatch.due if party.dispatch is not None else None
        if due is not None and due.last < sent.first:
            raise Invalid(
                "answer_by",
                f"{party.organisation.label}: an answer by {due.short()} is asked for before the letter was sent "
                f"({sent.short()}); give a later day.",
            )


def _recounted(work: Work, letter: Engagement) -> Engagement:
    letter.recount()
    work.session.flush()
    return letter
