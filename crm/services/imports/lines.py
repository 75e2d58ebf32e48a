"""One row on its way in, and the account of all of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.errors import CrmError, Invalid, Several

IMPORTED, UPDATED, NIL, DUPLICATE, REJECTED, SKIPPED = "imported", "updated", "nil", "duplicate", "rejected", "skipped"
NOTED_AT_MOST = 200
NEW_AT_MOST = 500


@dataclass(slots=True)
class Line:
    """One row of the file.

    :ivar number: as :attr:`crm.imports.tables.Row.number`
    :ivar cells: as they stand in the file
    :ivar values: field → text
    :ivar outcome: what became of it; empty as long as nothing did
    :ivar repeated: whether the file had this row before
    :ivar goes_on: whether it only adds a name to the row above
    """

    number: int
    cells: tuple[Any, ...]
    values: dict[str, str]
    printed: dict[str, Any]
    identity: str
    content: str
    repeated: bool = False
    goes_on: bool = False
    outcome: str = ""
    reasons: list[str] = field(default_factory=list)
    target_kind: str = ""
    target_id: int | None = None

    def reject(self, problem: Invalid | Several | str) -> None:
        """Says why the row cannot go in."""
        self.outcome = REJECTED
        if isinstance(problem, Several):
            self.reasons += [str(one) for one in problem.problems]
        else:
            self.reasons.append(str(problem))

    def settle(self, outcome: str, reason: str = "", kind: str = "", record_id: int | None = None) -> None:
        """Says what became of the row."""
        self.outcome, self.target_kind, self.target_id = outcome, kind, record_id
        if reason:
            self.reasons.append(reason)


@dataclass(frozen=True, slots=True)
class Options:
    """What whoever imports decides.

    :ivar separator: key of :data:`crm.imports.mapping.SEPARATORS`, for cells that hold several names
    :ivar skip_rejected: let in the rows that can be read; else one bad row keeps all out
    :ivar create_missing: add organisations, people and topics that the log does not know
    :ivar day_order: ``day`` or ``month`` first in dates such as 3/4/2026; empty: found out
    :ivar defaults: field → what it says in rows that say nothing about it
    :ivar columns: field → headers of the columns it is read from, whatever was guessed or the profile says
    :ivar period: first and last day between which the rows lie, for dates that say no year
    """

    separator: str = ""
    skip_rejected: bool = False
    create_missing: bool = True
    day_order: str = ""
    period: tuple[dt.date, dt.date] | None = None
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0
    defaults: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """The account of a file: every row is one of five things.

    :ivar made: records that were added, by kind; for a register ``meetings``
    :ivar new: names of bodies and people that rows about something else added, at most :data:`NEW_AT_MOST` of each
    :ivar assumed: a date of which nothing said whether day or month comes first, read day first
    :ivar alike: engagements added beside one of the same kind and days with a body in common: the same one, perhaps
    :ivar sheet: of a workbook, the sheet that was read; the others were not
    :ivar notes: rows that are no rows: remarks below a table, with their numbers
    """

    profile: str
    kind: str
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    new: dict[str, list[str]] = field(default_factory=dict)
    assumed: str = ""
    alike: int = 0
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    saved: bool = False
    run_id: int | None = None

    @property
    def rejected(self) -> int:
        return self.outcomes[REJECTED]

    def add(self, lines: Iterable[Line]) -> None:
        """Counts rows that something became of."""
        for line in lines:
            self.rows += 1
            self.outcomes[line.outcome] += 1
            if line.outcome == REJECTED:
                self.rejects.append({"row": line.number, "reasons": line.reasons, "cells": line.printed})

    def note(self, number: int, text: str) -> None:
        """Keeps a remark that stands among the rows."""
        if len(self.notes) < NOTED_AT_MOST:
            self.notes.append({"row": number, "text": text})

    def tell_new(self, kind: str, name: str) -> None:
        """Keeps the name of a record that a row adds by naming it."""
        known = self.new.setdefault(kind, [])
        if len(known) < NEW_AT_MOST:
            known.append(name)

    def take_back_new(self, kind: str, name: str) -> None:
        """Forgets such a name: nothing names the record that can be read."""
        if name in self.new.get(kind, ()):
            self.new[kind].remove(name)

    def told(self) -> dict[str, Any]:
        """The account for programs: the five numbers add up to ``rows``."""
        return {
            "rows": self.rows,
            "imported": self.outcomes[IMPORTED],
            "updated": self.outcomes[UPDATED],
            "nil_returns": self.outcomes[NIL],
            "duplicates": self.outcomes[DUPLICATE],
            "rejected": self.outcomes[REJECTED] + self.outcomes[SKIPPED],
            "meetings": self.made["meetings"] if self.kind == "register" else self.made["engagements"],
            "records": {kind: number for kind, number in self.made.items() if number},
            "new": self.new,
            "assumed_day_first": self.assumed,
            "alike": self.alike,
            **({"sheet": self.sheet, "other_sheets": list(self.other_sheets)} if self.other_sheets else {}),
            "rejects": self.rejects,
            "notes": self.notes,
        }


class Refused(CrmError):
    """Rows that cannot be read keep the others out; nothing was saved.

    :param report: the account, rejects with their reasons
    """

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.rejected} of {report.rows} rows cannot be read; nothing was imported")
        self.report = report
