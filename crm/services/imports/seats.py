"""Who took part in imported engagements, written by the thousand."""

from __future__ import annotations

from collections.abc import Sequence

from crm.models import Dispatch, DispatchStep, Participation
from crm.services.imports import bulk
from crm.services.imports.drafts import Draft, when_columns
from crm.work import Work


def write_seats(work: Work, drafts: Sequence[Draft]) -> None:
    """Writes the participations of drafts that have their numbers, and the addressees' copies of letters."""
    seats = [(draft, seat) for draft in drafts for seat in draft.participations]
    copies: list[tuple[int, Draft, bool]] = []
    rows = []
    for number, (draft, seat) in zip(bulk.numbers(work, Participation, len(seats)), seats, strict=True):
        rows.append(
            {
                "id": number,
                "engagement_id": draft.id,
                "organisation_id": seat.organisation_id,
                "person_id": seat.person_id,
                "post_id": seat.post_id,
                "side": seat.side,
                "role": seat.role,
                "acceptance": seat.acceptance,
                "position": seat.position,
                "counts": seat.counts,
                "is_contact": seat.is_contact,
            }
        )
        if seat.dispatch is not None:
            copies.append((number, draft, seat.dispatch.was_sent))
    bulk.write(work, Participation, rows)
    if not copies:
        return
    numbers = bulk.numbers(work, Dispatch, len(copies))
    bulk.write(
        work,
        Dispatch,
        [
            {"id": number, "participation_id": seat, "was_sent": sent}
            for number, (seat, _, sent) in zip(numbers, copies, strict=True)
        ],
    )
    steps = [
        {"dispatch_id": number, "step": "sent", **when_columns(draft.when)}
        for number, (_, draft, sent) in zip(numbers, copies, strict=True)
        if sent
    ]
    bulk.write(work, DispatchStep, steps)
    bulk.keep_twins(work, Dispatch, bulk.table_of(Dispatch).c.id.between(numbers[0], numbers[-1]))
    bulk.keep_twins(work, DispatchStep, bulk.table_of(DispatchStep).c.dispatch_id.between(numbers[0], numbers[-1]))
