"""Verbs on commitments: make, amend, accept, deliver what was promised, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.dates import When, parse_when
from crm.errors import Invalid, NotFound
from crm.models import Commitment, CommitmentRecipient, Engagement
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES, DELIVERY_STATES
from crm.queries import visibility
from crm.services import references
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice, text, web_address
from crm.work import Work

FIELDS = (
    "made_by_id",
    "kind",
    "wording",
    "condition",
    "due",
    "when",
    "owner_id",
    "state",
    "evidence",
    "evidence_url",
    "fulfils_id",
    "topic_id",
    "engagement_id",
)


def get(work: Work, commitment_id: int) -> Commitment:
    """One commitment with its maker and recipients.

    :raises NotFound: there is none, or it hangs on an engagement whose content the member may not read
    """
    found: Commitment | None = work.session.scalar(
        select(Commitment)
        .where(
            Commitment.id == commitment_id,
            visibility.through_engagement(work, Commitment.engagement_id),  # type: ignore[arg-type]
        )
        .options(
            selectinload(Commitment.made_by),
            selectinload(Commitment.recipients).selectinload(CommitmentRecipient.organisation),
        )
    )
    if found is None:
        raise NotFound
    return found


def make(
    work: Work,
    *,
    kind: str,
    wording: str,
    made_by_id: int,
    made_to_ids: Sequence[int],
    engagement: Engagement | None = None,
    when: When | None = None,
    submission: str | None = None,
    **values: Any,
) -> Commitment:
    """Records who promises what to whom by when, in exact words.

    A delivery that fulfils something settles it: met, or partly met by a partial delivery.

    :param engagement: where it was made; its date is the commitment's unless ``when`` is given
    :param values: any other of :data:`FIELDS`
    :raises Invalid: no words, nobody to whom, a delivery that is due, or a day that lies ahead
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE, engagement)
    claimed = claim(work, submission)
    if when is None:
        today = work.today()
        is_past = engagement is not None and engagement.first_day <= today
        when = engagement.when if engagement and is_past else parse_when(today.isoformat(), today=today, past=True)
    commitment = Commitment(recipients=[], state="")
    work.act("commitment.make", commitment, kind=kind)
    if engagement is not None:
        values["engagement_id"] = engagement.id
    values["owner_id"] = values.get("owner_id") or work.member_id
    _apply(work, commitment, {**values, "kind": kind, "wording": wording, "made_by_id": made_by_id, "when": when})
    _set_recipients(work, commitment, made_to_ids)
    work.session.add(commitment)
    work.session.flush()
    _settle_fulfilled(work, commitment)
    if claimed is not None:
        claimed.reference = {"kind": "commitment", "id": commitment.id}
    return commitment


def amend(
    work: Work,
    commitment_id: int,
    *,
    version: int | None = None,
    made_to_ids: Sequence[int] | None = None,
    **values: Any,
) -> Commitment:
    """Corrects a commitment; what is not given stays.

    :raises Conflict: somebody else saved it since ``version``
    :raises Invalid: a value is refused or contradicts another
    """
    commitment = get(work, commitment_id)
    authorise(work, WRITE, commitment)
    work.expect(commitment, version)
    work.act("commitment.amend", commitment)
    before = commitment.kind, commitment.state, commitment.fulfils_id
    _apply(work, commitment, values)
    named = [recipient.organisation_id for recipient in commitment.recipients]
    _set_recipients(work, commitment, named if made_to_ids is None else made_to_ids)
    work.session.flush()
    if (commitment.kind, commitment.state, commitment.fulfils_id) != before:
        _settle_fulfilled(work, commitment)
    return commitment


def move(work: Work, commitment_id: int, state: str, *, was: str = "", version: int | None = None) -> Commitment:
    """Moves a commitment to another state, in one click.

    :param state: a key of :data:`crm.models.commitments.COMMITMENT_STATES`
    :param was: the state that was seen when the click was made, empty if that does not matter
    :raises Invalid: a commitment of that kind has no such state, or somebody moved it meanwhile
    :raises Conflict: somebody else saved it since ``version``
    """
    commitment = get(work, commitment_id)
    authorise(work, WRITE, commitment)
    if commitment.state == state:
        return commitment
    work.expect(commitment, version)
    if was and commitment.state != was:
        raise Invalid(
            "was", f"Somebody moved it to “{commitment.state_label.lower()}” meanwhile; look, then choose again."
        )
    work.act("commitment.move", commitment, before=commitment.state, after=state)
    _apply(work, commitment, {"state": state})
    work.session.flush()
    _settle_fulfilled(work, commitment)
    return commitment


def bin(work: Work, commitment_id: int, *, version: int | None = None) -> Commitment:
    """Puts a commitment into the bin."""
    commitment = get(work, commitment_id)
    authorise(work, WRITE, commitment)
    work.expect(commitment, version)
    work.act("commitment.bin", commitment)
    commitment.binned_at = work.now()
    work.session.flush()
    return commitment


def restore(work: Work, commitment_id: int) -> Commitment:
    """Takes a commitment out of the bin."""
    commitment = get(work, commitment_id)
    authorise(work, WRITE, commitment)
    work.act("commitment.restore", commitment)
    commitment.binned_at = None
    work.session.flush()
    return commitment


def _apply(work: Work, commitment: Commitment, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if field == "kind":
            commitment.kind = choice(field, value, COMMITMENT_KINDS)
        elif field == "evidence_url":
            commitment.evidence_url = web_address(field, value, 1000)
        elif field in ("wording", "condition", "evidence"):
            setattr(commitment, field, text(field, value))
        elif field not in FIELDS:
            raise Invalid(field, "There is no such field on a commitment.")
        elif field in _POINTERS and value != getattr(commitment, field):
            setattr(commitment, field, _POINTERS[field](work, field.removesuffix("_id"), value))
        else:
            setattr(commitment, field, value)
    _check(work, commitment)


def _check(work: Work, commitment: Commitment) -> None:
    if not commitment.wording:
        raise Invalid("wording", "Write down what was promised, in the exact words.")
    if commitment.first_day > work.today():
        raise Invalid(
            "when",
            f"{commitment.when.short()} lies ahead: give the day it was made; the day it falls due is another field.",
        )
    if commitment.kind == "delivery":
        if commitment.due is not None:
            raise Invalid("due", "A delivery is a dated event; only what it fulfils can be due.")
        if commitment.state == "open":
            commitment.state = "met"
        commitment.state = choice("state", commitment.state or "met", DELIVERY_STATES)
    else:
        commitment.state = choice("state", commitment.state or "open", COMMITMENT_STATES)
        if commitment.due is not None and commitment.due.last < commitment.first_day:
            raise Invalid("due", f"It cannot be due before it was made ({commitment.when.short()}); give a later day.")
    if commitment.fulfils_id is not None:
        _refuse_circle(work, commitment)


def _refuse_circle(work: Work, commitment: Commitment) -> None:
    with work.session.no_autoflush:
        fulfilled = work.session.get(Commitment, commitment.fulfils_id)
        if fulfilled is None or fulfilled.kind == "delivery":
            raise Invalid("fulfils", "Choose the offer, request or undertaking that this fulfils.")
        above: int | None = commitment.fulfils_id
        seen: set[int] = set()
        while above is not None and above not in seen:
            if above == commitment.id:
                raise Invalid("fulfils", "Nothing fulfils itself, not even over several steps; choose another.")
            seen.add(above)
            above = work.session.scalar(select(Commitment.fulfils_id).where(Commitment.id == above))


def _set_recipients(work: Work, commitment: Commitment, organisation_ids: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(organisation_ids))
    kept = {recipient.organisation_id: recipient for recipient in commitment.recipients}
    references.organisations(work, "made_to", [body for body in wanted if body not in kept])
    if not wanted:
        raise Invalid("made_to", "Say to whom it was made.")
    if commitment.made_by_id in wanted:
        raise Invalid("made_to", "Nobody makes a commitment to themselves; choose another body.")
    if wanted != list(kept):
        commitment.recipients = [kept.get(body) or CommitmentRecipient(organisation_id=body) for body in wanted]


def _settle_fulfilled(work: Work, commitment: Commitment) -> None:
    """A delivery that fulfils a running promise meets it, or a part of it."""
    if commitment.kind != "delivery" or commitment.fulfils_id is None or commitment.is_binned:
        return
    fulfilled = work.session.get(Commitment, commitment.fulfils_id)
    assert fulfilled is not None
    if commitment.state in ("met", "partly") and fulfilled.is_running and fulfilled.state != commitment.state:
        fulfilled.state = commitment.state
        work.session.flush()


def _maker(work: Work, field: str, organisation_id: int) -> int:
    return references.organisations(work, field, [organisation_id])[0]


def _fulfilled(work: Work, field: str, commitment_id: int | None) -> int | None:
    references.engagement_behind(work, Commitment, commitment_id)
    return commitment_id


_POINTERS = {
    "made_by_id": _maker,
    "owner_id": references.member,
    "topic_id": references.topic,
    "engagement_id": references.engagement,
    "fulfils_id": _fulfilled,
}
