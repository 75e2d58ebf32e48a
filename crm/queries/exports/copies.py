"""The addressees' copies of letters: the dated steps of each, and how one cell tells them all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from crm.dates import Precision, When
from crm.dates.told import tell
from crm.models import Dispatch, DispatchStep, Participation
from crm.models.letters import CHANNELS, STEPS
from crm.queries.among import among
from crm.queries.days import due_columns, due_of
from crm.queries.prepared import Statement, prepared
from crm.text import join_listed, named_body
from crm.work import Work

if TYPE_CHECKING:
    from crm.queries.exports.parts import Party


@dataclass(slots=True)
class Copy:
    """One addressee's copy of a letter of ours.

    :ivar steps: step → its date
    """

    was_sent: bool
    due: When | None
    channel: str
    steps: dict[str, When] = field(default_factory=dict)

    def state(self, today: dt.date) -> str:
        """Where it stands, in one word or two."""
        for final in ("replied", "declined"):
            if final in self.steps:
                return STEPS[final]
        if not self.was_sent:
            return "Not sent"
        return "No reply" if self.due is not None and self.due.last < today else "Awaiting"

    def day(self, step: str) -> str | None:
        """The date of a step as it was typed."""
        taken = self.steps.get(step)
        return taken.text if taken is not None else None

    def told(self) -> str:
        """“sent 4 May 2026 (2026-05-04), answer by June 2026 (2026-06-01 to 2026-06-30), channel e-mail”."""
        said = [f"{step} {tell(self.steps[step])}" for step in STEPS if step in self.steps]
        said += [f"answer by {tell(self.due)}"] if self.due is not None else []
        said += [f"channel {CHANNELS[self.channel].lower()}"] if self.channel else []
        return ", ".join(said)


def told(parties: Sequence[Party]) -> str:
    """The copies of one letter in a cell, each “Ministry: sent 4 May 2026 (2026-05-04), …”.

    Where several of a body have a copy each, it is told by the person.
    """
    own = [party for party in parties if party.copy is not None]
    if not own:
        return ""
    number = Counter(party.organisation_id for party in own)
    said = []
    for party in own:
        who = (number[party.organisation_id] > 1 and party.person) or named_body(party.organisation)
        steps = party.copy.told() if party.copy is not None else ""
        said += [f"{who}: {steps}"] if steps else []
    return join_listed(said)


def copies_of(work: Work, asked: Any) -> dict[int, Copy]:
    """Participation → its copy, for some engagements."""
    copies: dict[int, Copy] = {}
    for row in _steps(work, ids=asked):
        copy = copies.get(row.participation_id)
        if copy is None:
            copy = copies[row.participation_id] = Copy(row.was_sent, due_of(row), row.channel)
        if row.step is not None:
            # A file tells the days; which words have which precision is found out from both.
            copy.steps[row.step] = When(row.first_day, row.last_day, Precision.DAY, row.when_text)
    return copies


@prepared
def _steps(work: Work) -> Statement:
    return (
        select(
            Dispatch.participation_id,
            Dispatch.was_sent,
            Dispatch.channel,
            *due_columns(Dispatch),
            DispatchStep.step,
            DispatchStep.first_day,
            DispatchStep.last_day,
            DispatchStep.when_text,
        )
        .join(Participation, Participation.id == Dispatch.participation_id)
        .outerjoin(DispatchStep, DispatchStep.dispatch_id == Dispatch.id)
        .where(among(work, Participation.engagement_id))
    )
