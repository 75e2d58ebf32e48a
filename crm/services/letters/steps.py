"""The dated steps of copies: noting them in bulk, taking them back, how copies go and by when they are answered."""

from __future__ import annotations

from collections.abc import Sequence

from crm.dates import When
from crm.errors import Invalid
from crm.models import Engagement
from crm.models.letters import CHANNELS, STEPS
from crm.services import dispatches
from crm.services.letters.copies import chosen, for_writing, past_day, recounted
from crm.services.values import choice, text
from crm.work import Work


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
    letter = for_writing(work, letter_id, version)
    step = choice("step", step, STEPS)
    copies = chosen(letter, dispatch_ids)
    when = past_day(work, when, STEPS[step].lower())
    if step != "prepared" and letter.status != "sent":
        draft = "The letter is still a draft: send it first, to all or to some of its recipients."
        raise Invalid("step", draft if letter.status == "drafted" else "The letter was cancelled.")
    dispatches.refuse_order(copies, step, when)
    if step == "sent":
        dispatches.refuse_due(copies, when)
    work.act("letter.mark", letter, step=step, copies=len(copies))
    for party in copies:
        assert party.dispatch is not None
        dispatches.take(party.dispatch, step, when)
    return recounted(work, letter)


def clear(
    work: Work, letter_id: int, dispatch_ids: Sequence[int], step: str, *, version: int | None = None
) -> Engagement:
    """Takes a step back for several copies. A logged reply stays in the log, but no longer as the reply to this copy.

    With no copy sent any more the letter is a draft again.

    :raises Invalid: a copy took further steps, which must be taken back before its sending is
    """
    letter = for_writing(work, letter_id, version)
    step = choice("step", step, STEPS)
    copies = chosen(letter, dispatch_ids)
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
    return recounted(work, letter)


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
    :raises Invalid: nothing is given, or an answer is asked for before the copy was sent
    """
    letter = for_writing(work, letter_id, version)
    copies = chosen(letter, dispatch_ids)
    if channel is None and answer_by is None and note is None and not no_answer_by:
        raise Invalid("channel", "Choose a channel, a day or a note to set.")
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
            dispatches.refuse_due([party], sent.when)
    return recounted(work, letter)
