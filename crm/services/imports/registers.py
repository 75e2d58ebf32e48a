"""Rows of published registers into register entries, grouped into published meetings; never into our own log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update

from crm.dates import Precision, When
from crm.errors import Invalid
from crm.imports.days import DayReader
from crm.imports.profiles import Profile
from crm.imports.values import digest
from crm.models import ImportRun, RegisterEarlier, RegisterEntry, RegisterMeeting
from crm.services.imports import bulk
from crm.services.imports.lines import DUPLICATE, IMPORTED, NIL, UPDATED, Line, Options, Report
from crm.text import clean, fold
from crm.work import Work

_PIECES = re.compile(r"\s*[;,\n|]\s*")
_RESTORED = (
    "content", "printed", "official", "body", "party", "subject", "place", "when_text", "precision",
    "officials_folded", "bodies_folded", "parties_folded", "is_nil", "meeting_id",
)  # fmt: skip


class RegisterWriter:
    """Writes the rows of one register."""

    def __init__(
        self, work: Work, run: ImportRun, profile: Profile, days: DayReader, options: Options, report: Report
    ) -> None:
        self._work, self._run, self._profile, self._days, self._report = work, run, profile, days, report
        self._key_above = ""
        self._folded: dict[str, str] = {}
        self._fields = {
            name: re.compile(column.split, re.IGNORECASE)
            for name in ("official", "body", "party")
            if (column := profile.column(name)) is not None and column.split
        }

    def take(self, lines: Sequence[Line]) -> None:
        """Adds rows that are new."""
        known = self._known([line.identity for line in lines])
        entries: list[tuple[Line, dict[str, Any]]] = []
        for line in lines:
            if line.outcome:
                continue
            if not line.goes_on:
                self._key_above = ""
            if line.repeated:
                line.settle(DUPLICATE, "The same row stands further up in this file.")
                continue
            stored = known.get(line.identity)
            if stored is not None and stored[1] == line.content:
                line.settle(DUPLICATE, "This row was imported before.", "register_entry", stored[0])
                continue
            try:
                entry = self._entry(line)
                self._key_above = entry["key"]
            except Invalid as problem:
                line.reject(problem)
                continue
            if stored is not None:
                self._update(line, stored[0], entry)
            else:
                line.settle(NIL if entry["is_nil"] else IMPORTED)
                entries.append((line, entry))
        self._insert(entries)

    def finish(self) -> None:
        """Nothing is left to be done."""

    def _known(self, identities: Sequence[str]) -> dict[str, tuple[int, str]]:
        statement = select(RegisterEntry.identity, RegisterEntry.id, RegisterEntry.content).where(
            RegisterEntry.source == self._profile.key, RegisterEntry.identity.in_(identities)
        )
        return {identity: (number, content) for identity, number, content in self._work.session.execute(statement)}

    def _entry(self, line: Line) -> dict[str, Any]:
        values = line.values
        nil = self._profile.nil
        # A purpose may be "N/A"; it is a nil return where nobody is named, or the name says so.
        telling = ("party", "when") if values.get("party") else ("party", "when", "subject")
        is_nil = nil is not None and any(nil.search(values[name]) for name in telling if values.get(name))
        off = self._profile.cancelled
        meets = self._profile.meetings and not (off is not None and any(off.search(text) for text in values.values()))
        if self._profile.meetings and not meets:
            line.reasons.append("It was called off, so it is no published meeting.")
        when = self._when(values, is_nil)
        if not is_nil and not any(values.get(name) for name in ("official", "body", "party")):
            raise Invalid("official", "The row names nobody who met.")
        for text in values.values():
            if not text.isprintable():
                clean(text)
        return {
            "run_id": self._run.id,
            "source": self._profile.key,
            "publisher": self._profile.publisher,
            "identity": line.identity,
            "content": line.content,
            "row": line.number,
            "is_nil": is_nil,
            "printed": line.printed,
            "official": values.get("official", ""),
            "body": values.get("body", ""),
            "party": values.get("party", ""),
            "subject": values.get("subject", ""),
            "place": values.get("place", ""),
            "when_text": when.text[:200] if when else values.get("when", "")[:200],
            "precision": when.precision.value if when else None,
            "first_day": when.first if when else None,
            "last_day": when.last if when else None,
            "end_day": when.end if when else None,
            "officials_folded": self._names("official", values),
            "bodies_folded": self._names("body", values),
            "parties_folded": self._names("party", values),
            "key": self._key(line) if meets and not is_nil else "",
        }

    def _when(self, values: dict[str, str], is_nil: bool) -> When | None:
        typed = values.get("when", "")
        if is_nil:
            try:
                return self._days.when(typed) if typed else None
            except Invalid:
                return None
        if not typed.strip(" -–—?."):
            raise Invalid("when", "The row says no date.")
        when = self._days.when(typed)
        until = values.get("until", "")
        if not until or until == typed:
            return when
        last = self._days.when(until, field="until")
        if last.first < when.first:
            raise Invalid("until", f"“{until}” lies before “{typed}”.")
        if when.precision in (Precision.DAY, Precision.MINUTE) and last.precision in (Precision.DAY, Precision.MINUTE):
            return when if last.first == when.first else replace(when, end=last.first)
        return replace(when, last=max(when.last, last.last), precision=Precision.BETWEEN)

    def _key(self, line: Line) -> str:
        fields = self._profile.grouping
        if line.goes_on and self._key_above:
            return self._key_above
        if not fields or not line.values.get(fields[0]):
            return line.identity
        return digest(*(line.values.get(name, "") for name in fields))

    def _names(self, field: str, values: dict[str, str]) -> str:
        text = values.get(field, "")
        if not text:
            return ""
        known = self._folded.get(text)
        if known is None:
            pattern = self._fields.get(field)
            pieces = pattern.split(text) if pattern else [text, *_PIECES.split(text)]
            known = "".join(f"| {piece} " for piece in dict.fromkeys(fold(one) for one in pieces if one.strip()))
            if len(self._folded) < 100_000:
                self._folded[text] = known
        return known

    def _insert(self, entries: Sequence[tuple[Line, dict[str, Any]]]) -> None:
        if not entries:
            return
        meetings = self._meetings({entry["key"] for _, entry in entries if entry["key"]})
        rows = []
        for _, entry in entries:
            key = entry.pop("key")
            entry["meeting_id"] = meetings[key] if key else None
            rows.append(entry)
        bulk.write(self._work, RegisterEntry, rows)
        self._report.made["entries"] += len(rows)

    def _meetings(self, keys: set[str]) -> dict[str, int]:
        wanted = sorted(keys)
        found = self._stored_meetings(wanted)
        new = [key for key in wanted if key not in found]
        if new:
            bulk.write(self._work, RegisterMeeting, [{"source": self._profile.key, "key": key} for key in new])
            self._report.made["meetings"] += len(new)
            found.update(self._stored_meetings(new))
        return found

    def _stored_meetings(self, keys: Sequence[str]) -> dict[str, int]:
        statement = select(RegisterMeeting.key, RegisterMeeting.id).where(
            RegisterMeeting.source == self._profile.key, RegisterMeeting.key.in_(keys)
        )
        return dict(self._work.session.execute(statement).all())

    def _update(self, line: Line, entry_id: int, entry: dict[str, Any]) -> None:
        """Has the register's newer words, keeping what it said before for undoing."""
        table: Any = RegisterEntry.__table__
        old = self._work.session.execute(select(table).where(table.c.id == entry_id)).one()._mapping
        before = {name: old[name] for name in _RESTORED}
        before |= {name: old[name] and old[name].isoformat() for name in ("first_day", "last_day", "end_day")}
        key = entry.pop("key")
        kept = {name: value for name, value in entry.items() if name not in ("run_id", "identity", "source", "row")}
        kept["meeting_id"] = self._meetings({key})[key] if key else None
        self._work.session.execute(update(table).where(table.c.id == entry_id).values(**kept))
        self._work.session.execute(
            insert(RegisterEarlier.__table__),  # type: ignore[arg-type]
            [{"run_id": self._run.id, "entry_id": entry_id, "before": before}],
        )
        line.settle(UPDATED, "The register says something new about it.", "register_entry", entry_id)
