"""Verbs on commitments: make, amend, accept, deliver what was promised, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.dates import When, parse_when
from crm.errors import Invalid, NotFound
from crm.models import Commitment, CommitmentRecipient, Engagement
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES
from crm.queries import visibility
from crm.services.permissions import WRITE, authorise
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
    found = work.session.scalar(
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
    **values: Any,
) -> Commitment:
    """Records who promises what to whom by when, in exact words.

    :param engagement: where it was made; its date is the commitment's unless ``when`` is given
    :raises Invalid: no words, nobody to whom, or a delivery that is due
    """
    authorise(work, WRITE, engagement)
    if when is None:
        day = work.today()
        when = engagement.when if engagement is not None else parse_when(day.isoformat(), today=day, past=True)
    commitment = Commitment(recipients=[], engagement_id=engagement.id if engagement is not None else None)
    work.act("commitment.make", commitment, kind=kind)
    owner_id = values.pop("owner_id", None) or work.member_id
    _apply(
        work,
        commitment,
        {**values, "kind": kind, "wording": wording, "made_by_id": made_by_id, "when": when, "owner_id": owner_id},
    )
    _set_recipients(commitment, made_to_ids)
    work.session.add(commitment)
    work.session.flush()
    _settle_fulfilled(work, commitment)
    return commitment


def amend(
    work: Work,
    commitment_id: int,
    *,
    version: int | None = None,
    made_to_ids: Sequence[int] | None = None,
    **values: Any,
) -> Commitment:
    """Corrects a commitment or moves it to another state; what is not given stays.

    :raises Conflict: somebody else saved it since ``version``
    """
    commitment = get(work, commitment_id)
    authorise(work, WRITE, commitment)
    work.expect(commitment, version)
    work.act("commitment.amend", commitment)
    _apply(work, commitment, values)
    if made_to_ids is not None:
        _set_recipients(commitment, made_to_ids)
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
    return commitment


def restore(work: Work, commitment_id: int) -> Commitment:
    """Takes a commitment out of the bin."""
    commitment = get(work, commitment_id)
    authorise(work, WRITE, commitment)
    work.act("commitment.restore", commitment)
    commitment.binned_at = None
    return commitment


def _apply(work: Work, commitment: Commitment, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if field == "kind":
            commitment.kind = choice(field, value, COMMITMENT_KINDS)
        elif field == "state":
            commitment.state = choice(field, value, COMMITMENT_STATES)
        elif field == "evidence_url":
            commitment.evidence_url = web_address(field, value, 1000)
        elif field in ("wording", "condition", "evidence"):
            setattr(commitment, field, text(field, value))
        elif field in FIELDS:
            setattr(commitment, field, value)
        else:
            raise Invalid(field, "There is no such field on a commitment.")
    if not commitment.wording:
        raise Invalid("wording", "Write down what was promised, in the exact words.")
    if commitment.kind == "delivery" and commitment.due is not None:
        raise Invalid("due", "A delivery is a dated event; only what it fulfils can be due.")
    if commitment.fulfils_id is not None:
        fulfilled = get(work, commitment.fulfils_id)
        if fulfilled.id == commitment.id or fulfilled.kind == "delivery":
            raise Invalid("fulfils", "Choose the offer, request or undertaking that this fulfils.")


def _set_recipients(commitment: Commitment, organisation_ids: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(organisation_ids))
    if not wanted:
        raise Invalid("made_to", "Say to whom it was made.")
    if commitment.made_by_id in wanted:
        raise Invalid("made_to", "Nobody makes a commitment to themselves; choose another body.")
    kept = {recipient.organisation_id: recipient for recipient in commitment.recipients}
    commitment.recipients = [kept.get(body) or CommitmentRecipient(organisation_id=body) for body in wanted]


def _settle_fulfilled(work: Work, commitment: Commitment) -> None:
    """A delivery that fulfils an open promise meets it; a partial one is said so by hand."""
    if commitment.kind != "delivery" or commitment.fulfils_id is None or commitment.is_binned:
        return
    fulfilled = get(work, commitment.fulfils_id)
    if fulfilled.state in ("open", "accepted"):
        fulfilled.state = "met"
        work.session.flush()
