"""Each addressee's own copy of a letter of ours: how it follows its letter, and the dated steps it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.dates import When
from crm.errors import Invalid
from crm.models import Dispatch, DispatchStep, Engagement, Participation
from crm.models.letters import AFTER_SENDING, STEPS
from crm.work import Work

NAMED_AT_MOST = 5


def is_addressee(engagement: Engagement, participation: Participation) -> bool:
    """Whether ``participation`` is to have a copy of its own."""
    return engagement.is_outgoing_letter and participation.side == "counterpart" and participation.role != "copy"


def follow(engagement: Engagement, before: tuple[str, When] | None = None) -> None:
    """Brings the copies in line with their letter; participations, dispatches and steps must be loaded.

    Sending a letter sends every copy not sent yet; a copy held back stays so when the letter is only corrected. A
    corrected date of the letter is the date of the copies that went with it. A letter taken back to draft has no copy
    sent.

    :param before: status and date the letter had before it was changed, none for a new one
    :raises Invalid: copies that were delivered or answered would lose that, or the date lies after it, or after the day
        by which an answer is asked for
    """
    was_sent = before is not None and before[0] == "sent"
    for participation in engagement.participations:
        if not is_addressee(engagement, participation):
            _drop(participation)
            continue
        is_new = participation.dispatch is None
        if participation.dispatch is None:
            participation.dispatch = Dispatch(steps=[], was_sent=False)
        dispatch = participation.dispatch
        if engagement.status == "sent":
            sent = dispatch.step("sent")
            if sent is None and (is_new or not was_sent):
                _refuse_sending(participation, engagement.when)
                take(dispatch, "sent", engagement.when)
            elif sent is not None and before is not None and was_sent and sent.when == before[1] != engagement.when:
                _refuse_sending(participation, engagement.when)
                sent.when = engagement.when
        elif engagement.status == "drafted" and was_sent:
            if further(dispatch):
                raise Invalid("status", _answered([participation]))
            clear(dispatch, "sent")


def follow_reply(work: Work, reply: Engagement, before: When) -> None:
    """Brings the copies that ``reply`` answers in line with its corrected date, which is the day they were answered.

    :param before: the date it had; a day that the copy was given by hand since then stays
    :raises Invalid: a copy would be answered before it was sent or delivered
    """
    if reply.id is None or reply.when == before:
        return
    answered = work.session.scalars(
        select(Participation)
        .join(Dispatch, Dispatch.participation_id == Participation.id)
        .where(Dispatch.reply_id == reply.id)
        .options(
            joinedload(Participation.organisation),
            selectinload(Participation.dispatch).selectinload(Dispatch.steps),
        )
    ).all()
    refuse_order(answered, "replied", reply.when)
    for party in answered:
        taken = party.dispatch.step("replied") if party.dispatch is not None else None
        if taken is not None and taken.when == before:
            taken.when = reply.when


def refuse_loss(removed: Iterable[Participation]) -> None:
    """Holds the addressees of a letter that was sent: what happened to their copies must not vanish.

    :raises Invalid: naming whose copy was sent
    """
    sent = [party for party in removed if party.dispatch is not None and party.dispatch.was_sent]
    if sent:
        raise Invalid(
            "bodies",
            f"The letter was sent to {names(sent)}: who was written to cannot be changed any more. "
            "Take the letter back to draft first if it was never sent to them.",
        )


def take(dispatch: Dispatch, step: str, when: When) -> DispatchStep:
    """Notes that ``step`` was taken, or corrects when it was."""
    taken = dispatch.step(step)
    if taken is None:
        taken = DispatchStep(step=step)
        dispatch.steps.append(taken)
    taken.when = when
    if step == "sent":
        dispatch.was_sent = True
    return taken


def clear(dispatch: Dispatch, step: str) -> None:
    """Takes a step back, as if it had never been noted."""
    taken = dispatch.step(step)
    if taken is not None:
        dispatch.steps.remove(taken)
    if step == "sent":
        dispatch.was_sent = False
    if step == "replied":
        dispatch.reply_id = None


def further(dispatch: Dispatch) -> list[str]:
    """The steps the copy took after it was sent."""
    return [step.step for step in dispatch.steps if step.step in AFTER_SENDING]


def refuse_order(participations: Sequence[Participation], step: str, when: When) -> None:
    """Refuses a step that contradicts the others of one of the copies.

    :raises Invalid: a copy is not sent yet, or ``when`` surely lies before what must have come first: preparing,
        sending, delivering
    """
    if step in AFTER_SENDING:
        unsent = [party for party in participations if party.dispatch is None or not party.dispatch.was_sent]
        if unsent:
            raise Invalid("step", f"Not sent yet: {names(unsent)}. Mark the copy as sent first.")
    for party in participations:
        steps = [(other.step, other.when) for other in party.dispatch.steps] if party.dispatch is not None else []
        if problem := contradiction(steps, step, when):
            raise Invalid("when", f"{party.organisation.label}: {problem}")


def contradiction(steps: Iterable[tuple[str, When]], step: str, when: When) -> str:
    """What is wrong with taking ``step`` on ``when`` beside the other steps of a copy; empty if nothing is."""
    word = STEPS[step].lower()
    for name, on in steps:
        other = STEPS[name].lower()
        if _rank(name) < _rank(step) and when.last < on.first:
            earlier, later = word, other
        elif _rank(step) < _rank(name) and on.last < when.first:
            earlier, later = other, word
        else:
            continue
        return (
            f"{when.short()} does not go with {other} on {on.short()}; it cannot have been {earlier} before it was "
            f"{later}."
        )
    return ""


def refuse_due(participations: Sequence[Participation], sent: When, *, field: str = "answer_by") -> None:
    """Refuses an answer asked for before the copy was sent."""
    for party in participations:
        due = party.dispatch.due if party.dispatch is not None else None
        if due is not None and due.last < sent.first:
            raise Invalid(
                field,
                f"{party.organisation.label}: an answer by {due.short()} is asked for before the letter was sent "
                f"({sent.short()}); correct either day.",
            )


def names(participations: Sequence[Participation]) -> str:
    """The organisations, at most :data:`NAMED_AT_MOST` of them by name."""
    labels = [party.organisation.label for party in participations]
    more = len(labels) - NAMED_AT_MOST
    return ", ".join(labels) if more <= 0 else f"{', '.join(labels[:NAMED_AT_MOST])} and {more} more"


def _refuse_sending(participation: Participation, when: When) -> None:
    refuse_order([participation], "sent", when)
    refuse_due([participation], when, field="when")


def _rank(step: str) -> int:
    """Preparing, sending, delivering; what they answer to what was delivered may come in any order."""
    ordered = ("prepared", "sent", "delivered")
    return ordered.index(step) if step in ordered else len(ordered)


def _drop(participation: Participation) -> None:
    if participation.dispatch is not None:
        if further(participation.dispatch):
            raise Invalid("kind", _answered([participation]))
        participation.dispatch = None


def _answered(participations: Sequence[Participation]) -> str:
    return f"{names(participations)} had the letter already; take those steps back first."
