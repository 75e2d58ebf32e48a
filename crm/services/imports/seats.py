"""Who took part in engagements that are imported, with the copies of letters and their steps, written in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm.models import Dispatch, DispatchStep, Participation
from crm.services.imports import bulk
from crm.services.imports.drafts import Copy, Draft, when_columns
from crm.work import Work


def write_seats(work: Work, drafts: Sequence[Draft]) -> None:
    """Writes the participations of the drafts, which have their numbers already."""
    seats = [(draft, seat) for draft in drafts for seat in draft.participations]
    copies: list[tuple[int, Copy]] = []
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
            copies.append((number, seat.dispatch))
    bulk.write(work, Participation, rows)
    if copies:
        _write_copies(work, copies)


def _write_copies(work: Work, copies: Sequence[tuple[int, Copy]]) -> None:
    numbers = bulk.numbers(work, Dispatch, len(copies))
    dispatches = [
        {
            "id": number,
            "participation_id": seat,
            "was_sent": copy.was_sent,
            "channel": copy.channel,
            **_due_columns(copy),
        }
        for number, (seat, copy) in zip(numbers, copies, strict=True)
    ]
    bulk.write(work, Dispatch, dispatches)
    steps = [
        {"dispatch_id": number, "step": step, **when_columns(when)}
        for number, (_, copy) in zip(numbers, copies, strict=True)
        for step, when in copy.steps.items()
    ]
    bulk.write(work, DispatchStep, steps)
    bulk.keep_twins(work, Dispatch, bulk.table_of(Dispatch).c.id.between(numbers[0], numbers[-1]))
    bulk.keep_twins(work, DispatchStep, bulk.table_of(DispatchStep).c.dispatch_id.between(numbers[0], numbers[-1]))


def _due_columns(copy: Copy) -> dict[str, Any]:
    # As the model stores a deadline: days only.
    stored = Dispatch(due=copy.due)
    return {
        "due_first": stored.due_first,
        "due_last": stored.due_last,
        "due_precision": stored.due_precision,
        "due_text": stored.due_text,
    }
