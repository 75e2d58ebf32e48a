"""What counting gives: a number, a total, a line of a table, a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crm.dates import Period


class Cell(NamedTuple):
    """One number: certain engagements and possible ones."""

    certain: int = 0
    possible: int = 0

    def __str__(self) -> str:
        return f"{self.certain} (+{self.possible} possible)" if self.possible else str(self.certain)


class Total(NamedTuple):
    """What a span holds: engagements, the contacts made in them, and the possible ones of both."""

    engagements: int = 0
    contacts: int = 0
    possible_engagements: int = 0
    possible_contacts: int = 0


NOTHING = Total()


@dataclass(slots=True)
class Row:
    """One organisation's line: cells by column key, and its own distinct total."""

    organisation_id: int
    label: str
    name: str
    total: Total = NOTHING
    cells: dict[Any, Cell] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """Organisations × columns, the most engagements first, with distinct margins.

    :ivar columns: key and label, in order
    :ivar margin: by column key, whatever bodies were met
    :ivar total: over the whole span
    :ivar spans: the days a column stands for, where columns are periods
    """

    columns: list[tuple[Any, str]]
    rows: list[Row]
    margin: dict[Any, Cell]
    total: Total
    spans: dict[Any, Period]
