"""How far the copies of letters have come, said in a few words to whoever looks from the addressee's side."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select

from crm.dates import When
from crm.models import Dispatch, DispatchStep, Participation
from crm.queries.days import due_columns, due_of, when_columns, when_of
from crm.queries.letters.copies import summarise
from crm.queries.prepared import Statement, given, prepared
from crm.work import Work

_ON_THE_WAY = ("acknowledged", "delivered", "sent")
_ENDS = {"replied": "answered", "declined": "declined"}


@dataclass(slots=True)
class _Copy:
    was_sent: bool
    due: When | None
    steps: dict[str, When] = field(default_factory=dict)

    def state(self, today: dt.date) -> str:
        taken = [DispatchStep(step=name) for name in self.steps]
        stub = Dispatch(was_sent=self.was_sent, due_last=self.due.last if self.due else None, steps=taken)
        return stub.state(today)

    def words(self, state: str) -> str:
        """“answered 15 May 2026”; “delivered 13 May 2026, awaiting an answer by 1 June 2026”."""
        if state in _ENDS:
            return f"{_ENDS[state]} {self.steps[state].short()}"
        if state == "prepared":
            return "not sent to them"
        came = next((f"{step} {self.steps[step].short()}, " for step in _ON_THE_WAY if step in self.steps), "")
        if state == "no_reply":
            return f"{came}no answer"
        return f"{came}awaiting an answer"


def progress(work: Work, letter_ids: Collection[int], organisation_ids: Collection[int]) -> dict[int, str]:
    """Letter → how far the copies of the organisations have come: the one copy with its days, several by their number.

    Whoever asks must know that the member may read the content of the letters.
    """
    if not letter_ids or not organisation_ids:
        return {}
    copies: dict[int, dict[int, _Copy]] = defaultdict(dict)
    for row in _copies(work, letters=list(letter_ids), bodies=list(organisation_ids)):
        copy = copies[row.engagement_id].setdefault(row.id, _Copy(row.was_sent, due_of(row)))
        if row.step is not None:
            copy.steps[row.step] = when_of(row)
    today = work.today()
    return {letter: _told(list(found.values()), today) for letter, found in copies.items()}


def _told(copies: list[_Copy], today: dt.date) -> str:
    states = [copy.state(today) for copy in copies]
    if len(copies) > 1:
        return str(summarise(states))
    [copy], [state] = copies, states
    by = f" by {copy.due.short()}" if copy.due is not None and state in ("awaiting", "no_reply") else ""
    return copy.words(state) + by


@prepared
def _copies(_work: Work) -> Statement:
    return (
        select(
            Participation.engagement_id,
            Dispatch.id,
            Dispatch.was_sent,
            *due_columns(Dispatch),
            DispatchStep.step,
            *when_columns(DispatchStep),
        )
        .join(Dispatch, Dispatch.participation_id == Participation.id)
        .outerjoin(DispatchStep, DispatchStep.dispatch_id == Dispatch.id)
        .where(
            Participation.engagement_id.in_(given("letters", many=True)),
            Participation.organisation_id.in_(given("bodies", many=True)),
        )
        .order_by(Participation.engagement_id, Participation.position, Dispatch.id)
    )
