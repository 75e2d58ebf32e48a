"""What was done, by whom, when and from where; and the states a record went through, in words."""

from __future__ import annotations

from crm.queries.history.acts import PAGE_SIZE, Act, Wanted, acts, every_act
from crm.queries.history.reading import Step, moves_to, readable_at, row_before, steps
from crm.queries.history.records import KINDS, part_named
from crm.queries.history.wording import Change

__all__ = [
    "KINDS",
    "PAGE_SIZE",
    "Act",
    "Change",
    "Step",
    "Wanted",
    "acts",
    "every_act",
    "moves_to",
    "part_named",
    "readable_at",
    "row_before",
    "steps",
]
