"""Writing a letter: to whom, and sending it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm.dates import When, parse_when
from crm.errors import Invalid
from crm.models import Engagement, Participation
from crm.models.letters import CHANNELS
from crm.queries import letters as reads
from crm.services import dispatches, engagements, references
from crm.services.engagements import Party
from crm.services.letters.copies import copies_of, for_writing, past_day, recounted
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice
from crm.work import Work


def write(
    work: Work,
    *,
    organisation_ids: Sequence[int] = (),
    list_ids: Sequence[int] = (),
    actors: Sequence[Party] = (),
    sent: When | None = None,
    answer_by: When | None = None,
    channel: str = "",
    submission: str | None = None,
    **values: Any,
) -> Engagement:
    """Writes one letter to many: a draft, or sent already.

    :param organisation_ids: bodies written to
    :param list_ids: saved lists whose bodies are written to as well; they are copied, so that a later change of a list
        never changes who the letter went to
    :param actors: on whose behalf, with the people who signed; empty for our own organisation
    :param sent: the day it went; none for a draft
    :param answer_by: the day by which an answer is asked for
    :param channel: a key of :data:`crm.models.letters.CHANNELS`
    :param values: further arguments of :func:`crm.services.engagements.log`, such as ``subject`` and ``topic_ids``
    :raises Invalid: nobody to write to, a day that lies ahead, or an answer asked for before it was sent
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    listed = reads.recipients_of_lists(work, list_ids) if list_ids else []
    wanted = references.organisations(work, "recipients", [*organisation_ids, *listed])
    if not wanted:
        raise Invalid("recipients", "Choose at least one list or body to write to.")
    today = work.today()
    letter = engagements.log(
        work,
        kind="letter",
        status="drafted",
        when=parse_when(today.isoformat(), today=today, past=True) if sent is None else past_day(work, sent, "sent"),
        parties=[
            *(party._replace(side="actor") for party in dict.fromkeys(actors)),
            *(Party(body, side="counterpart", role="addressee") for body in wanted),
        ],
        initiated_by="us",
        **values,
    )
    if sent is not None:
        send(work, letter.id, sent, answer_by=answer_by, channel=channel)
    else:
        for party in copies_of(letter, None):
            assert party.dispatch is not None
            party.dispatch.due = answer_by
            party.dispatch.channel = choice("channel", channel, CHANNELS)
        work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "letter", "id": letter.id}
    return letter


def choose_recipients(
    work: Work, letter_id: int, organisation_ids: Sequence[int], *, version: int | None = None
) -> Engagement:
    """Says who is written to, as long as the letter is a draft; who was named before and is not now is taken off.

    The bodies of a list are copied: a later change of the list never changes who a letter went to.

    :raises Invalid: the letter was sent, or nobody is left to write to
    :raises Conflict: somebody else saved the letter since ``version``
    """
    letter = for_writing(work, letter_id, version)
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
    letter = for_writing(work, letter_id, version)
    if letter.status != "drafted":
        raise Invalid("status", "Only a draft can be sent; mark a copy held back as sent in its row.")
    copies = copies_of(letter, dispatch_ids)
    if not copies:
        raise Invalid("recipients", "Choose at least one body to write to.")
    when = past_day(work, when, "sent")
    channel = choice("channel", channel, CHANNELS)
    work.act("letter.send", letter, copies=len(copies))
    letter.when, letter.status = when, "sent"
    for party in copies_of(letter, None):
        assert party.dispatch is not None
        if answer_by is not None and party.dispatch.due is None:
            party.dispatch.due = answer_by
        party.dispatch.channel = party.dispatch.channel or channel
    dispatches.refuse_order(copies, "sent", when)
    dispatches.refuse_due(copies, when)
    for party in copies:
        assert party.dispatch is not None
        dispatches.take(party.dispatch, "sent", when)
    return recounted(work, letter)


def withdraw(work: Work, letter_id: int, *, version: int | None = None) -> Engagement:
    """Takes a letter back to draft, as if it had not been sent: nothing of it counts, and recipients can be changed.

    :raises Invalid: a copy was already delivered, acknowledged, answered or declined
    """
    letter = for_writing(work, letter_id, version)
    if letter.status != "sent":
        raise Invalid("status", "Only a letter that was sent can be taken back to draft.")
    work.act("letter.withdraw", letter)
    return engagements.amend(work, letter_id, status="drafted")


def _as_party(party: Participation) -> Party:
    return Party(party.organisation_id, party.person_id, party.side, party.role, party.acceptance)
