"""Brings one file in: the same way for a check, which is rolled back, and for good."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import IO, Any, Protocol

from crm.dates import parse_when
from crm.errors import Invalid
from crm.imports import mapping
from crm.imports.days import DayReader, Shown, order_of
from crm.imports.fields import FIELDS, NEEDED
from crm.imports.opening import open_table
from crm.imports.profiles import Profile
from crm.imports.tables import Reading, Row, Table, worded
from crm.imports.values import Identities, Reader, batches
from crm.models import ImportRow, ImportRun
from crm.services.imports import bulk
from crm.services.imports.engagements import EngagementWriter
from crm.services.imports.lines import IMPORTED, REJECTED, Line, Options, Refused, Report
from crm.services.imports.records import FollowUpWriter, OrganisationWriter, PersonWriter
from crm.services.imports.registers import RegisterWriter
from crm.services.permissions import WRITE, authorise
from crm.work import Work

BATCH = 1000
FACTS = ("ours", "clients")
"""what is kept of the head of our own exports"""
_REMARK = re.compile(
    r"\W*(?:sources?|notes?|totals?|sum|quelle|anmerkung|summe|gesamt|remarks?|n\.?b|last updated|stand|©)\b",
    re.IGNORECASE,
)
_SUM = re.compile(r"\W*(?:grand |sub)?(?:totals?|sum|summe|gesamt|totaal|somme)\W*", re.IGNORECASE)
_NUMBER = re.compile(r"[\s£$€]*[-+]?[\d.,\s]+%?\s*")
SAMPLE = 200
"""rows looked at to guess columns"""

Sink = Callable[[list[Line]], None]


class Writer(Protocol):
    """Writes rows of one kind."""

    def take(self, lines: Sequence[Line]) -> None:
        """Writes rows, saying of each what became of it."""

    def finish(self) -> None:
        """Ends the import: what could not be done before all rows were there."""


WRITERS: dict[str, Callable[[Work, ImportRun, Profile, DayReader, Options, Report], Writer]] = {
    "engagements": EngagementWriter,
    "organisations": OrganisationWriter,
    "people": PersonWriter,
    "follow-ups": FollowUpWriter,
    "register": RegisterWriter,
}


def import_file(
    work: Work,
    source: IO[bytes],
    name: str,
    profile: Profile,
    options: Options = Options(),  # noqa: B008
) -> Report:
    """Brings a file in, all of it or nothing unless the options say otherwise; the caller commits, or forgets it all.

    :param source: can be sought
    :param name: what the file is called, for the history
    :raises Invalid: the file cannot be read so, or a column is missing
    :raises Refused: rows cannot be read; the caller must forget the unit of work
    """
    authorise(work, WRITE)
    if profile.kind not in WRITERS:
        raise Invalid("profile", f"“{profile.key}” cannot be imported here.")
    digest, size = _digest(source)
    known_fields(profile.kind, options.defaults)
    # Before the rows are read: both read the same file.
    shown = _day_order(source, profile, options)
    table = open_file(source, profile, options)
    run = ImportRun(
        at=work.now(),
        member_id=work.member_id,
        profile=profile.key,
        kind=profile.kind,
        file_name=name[-300:],
        file_hash=digest,
        size=size,
        headers=list(table.headers),
        options=facts_of(table),
    )
    rows, sample = _with_sample(table.rows)
    run.mapping = dict(mapped(profile, table, sample, options))
    work.session.add(run)
    work.session.flush()
    work.act("import.run", run, file=run.file_name, profile=profile.key)

    def store(lines: list[Line]) -> None:
        store_rows(work, run, lines, whole=not profile.is_register)

    report = bring_in(work, run, profile, table.headers, rows, shown, options, store)
    report.sheet, report.other_sheets = table.sheet, tuple(name for name in table.sheets if name != table.sheet)
    run.state, run.done_at, run.transaction_id = "done", work.now(), work.transaction_id()
    run.counts = summary(report)
    work.session.flush()
    report.run_id = run.id
    return report


def with_period(work: Work, options: Options, typed: str) -> Options:
    """The options with the period in which the rows lie.

    :param typed: a date as people type it: ``Q3 2011``, ``July to September 2011``, ``2011``
    :raises Invalid: (field ``period``) it cannot be read
    """
    try:
        when = parse_when(typed, today=work.today(), past=True)
    except Invalid as problem:
        raise Invalid("period", f"“{typed}” {problem.reason}") from problem
    return replace(options, period=(when.first, when.last_day()))


def open_file(source: IO[bytes], profile: Profile, options: Options) -> Table:
    """Opens a file as its profile and the options say."""
    reading = Reading(
        encoding=options.encoding or profile.encoding,
        delimiter=options.delimiter or profile.delimiter,
        sheet=options.sheet or profile.sheet,
        header_row=options.header_row,
        wanted=(lambda keys: mapping.suits(profile, keys)) if any(c.required for c in profile.columns) else None,
    )
    return open_table(source, reading)


def facts_of(table: Table) -> dict[str, Any]:
    """What is kept of how a file was read."""
    return {"form": table.form, "facts": {name: said for name, said in table.facts.items() if name in FACTS}}


def mapped(
    profile: Profile,
    table: Table,
    sample: Sequence[Row],
    options: Options = Options(),  # noqa: B008
) -> mapping.Mapped:
    """Which columns mean what: as the options say, else the profile, guessed where it names none.

    :raises Invalid: (field ``columns``) a column is missing that is needed
    """
    told = mapping.named(options.columns, profile.kind, table.keys)
    taken = {place for places in told.values() for place in places}
    if profile.columns:
        profile = replace(profile, columns=tuple(one for one in profile.columns if one.field not in told))
        found = mapping.by_profile(profile, table.keys)
    else:
        found = mapping.guessed(profile.kind, table.headers, sample)
    free = {name: [place for place in places if place not in taken] for name, places in found.items()}
    found = {name: places for name, places in free.items() if places and name not in told} | told
    return mapping.check(profile.kind, found, len(table.headers), {*profile.defaults, *options.defaults}, table.keys)


def known_fields(kind: str, told: Iterable[str]) -> None:
    """Holds names of fields against those there are.

    :raises Invalid: (field ``default``) there is none of that name
    """
    for name in told:
        if name not in FIELDS[kind]:
            raise Invalid("default", f"There is no field “{name}”; the fields are: {', '.join(FIELDS[kind])}.")


def bring_in(
    work: Work,
    run: ImportRun,
    profile: Profile,
    headers: Sequence[str],
    rows: Iterable[Row],
    shown: Shown,
    options: Options,
    sink: Sink,
) -> Report:
    """Reads and writes every row.

    :param shown: what all dates of the file show about the order of day and month
    :param sink: given the rows of each batch once something became of them
    :raises Refused: rows cannot be read, and the options do not let in the others
    """
    days = DayReader(
        profile,
        today=work.today(),
        order=options.day_order or profile.day_order or shown.order,
        mixed=shown.mixed,
        zone=work.zone,
        period=options.period,
        file_name=run.file_name,
    )
    decided = options.day_order or profile.day_order or shown.order or shown.mixed
    report = Report(profile.key, profile.kind, assumed="" if decided else shown.example)
    writer = WRITERS[profile.kind](work, run, profile, days, options, report)
    for lines in batches(_lines(profile, run, headers, rows, report, days, options.defaults), BATCH):
        writer.take(lines)
        report.add(lines)
        sink(lines)
    writer.finish()
    if not report.rows and not report.notes:
        raise Invalid("file", "The file has headers, but no row below them.")
    if report.rejected and not options.skip_rejected:
        raise Refused(report)
    report.saved = True
    return report


def store_rows(work: Work, run: ImportRun, lines: Sequence[Line], *, whole: bool = True) -> None:
    """Keeps what became of rows; of a register only those that made no entry, which holds them itself."""
    kept = [
        {
            "run_id": run.id,
            "number": line.number,
            "profile": run.profile,
            "cells": [cell if isinstance(cell, str | int | float | bool | list) else worded(cell) or None
                      for cell in line.cells],
            "fixed": False,
            "outcome": line.outcome,
            "reasons": line.reasons,
            "identity": line.identity if line.outcome != REJECTED else None,
            "content": line.content,
            "target_kind": line.target_kind,
            "target_id": line.target_id,
        }
        for line in lines
        if whole or line.outcome != IMPORTED
    ]  # fmt: skip
    bulk.write(work, ImportRow, kept)


def summary(report: Report) -> dict[str, Any]:
    """The numbers of a report, for the history of imports."""
    told = report.told()
    return {name: told[name] for name in told if name not in ("rejects", "notes")}


def _lines(
    profile: Profile,
    run: ImportRun,
    headers: Sequence[str],
    rows: Iterable[Row],
    report: Report,
    days: DayReader,
    defaults: Mapping[str, str],
) -> Iterator[Line]:
    reader = Reader(profile, dict(run.mapping), headers, run.options.get("form", "csv"))
    identities = Identities(profile, defaults)
    needed = {column.field for column in profile.columns if column.required}
    for row in rows:
        printed = reader.printed(row)
        values = reader.values(row)
        alone = reader.alone(row) if len(printed) == 1 else ()
        goes_on = len(printed) == 1 and len(values) > 1 and profile.continues in alone
        if len(printed) == 1 and len(headers) > 2 and not goes_on and not is_nil(profile, values):
            text = worded(next(iter(printed.values())))
            if len(needed) > 2 or _is_remark(text, alone, profile, days):
                report.note(row.number, text[:500])
                continue
        if _is_sum(list(printed.values())):
            report.note(row.number, " ".join(worded(cell) for cell in printed.values())[:500])
            continue
        if reader.repeats_headers(row):
            report.note(row.number, "The headers once more.")
            continue
        line = Line(row.number, row.cells, values, printed, *identities.of(values, printed))
        for name, text in defaults.items():
            values.setdefault(name, text)
        line.goes_on = goes_on
        if len(row.cells) > len(headers):
            line.reject(
                f"The row has {len(row.cells)} cells for {len(headers)} columns; is a cell with the delimiter in it "
                "without quotation marks?"
            )
        yield line


def _is_remark(text: str, fields: Sequence[str], profile: Profile, days: DayReader) -> bool:
    """Whether the only cell of a row is no part of a record: a source below the table, a sum, a date that is none."""
    if len(NEEDED[profile.kind]) < 2:
        return False
    if not fields or _REMARK.match(text):
        return True
    if all(FIELDS[profile.kind][name].form in ("when", "day") for name in fields):
        try:
            days.when(text)
        except Invalid:
            return True
    return False


def _is_sum(cells: Sequence[Any]) -> bool:
    """Whether a row only adds up those above it."""
    return (
        len(cells) > 1
        and isinstance(cells[0], str)
        and _SUM.fullmatch(cells[0]) is not None
        and all(_NUMBER.fullmatch(worded(cell)) for cell in cells[1:])
    )


def is_nil(profile: Profile, values: Mapping[str, str]) -> bool:
    """Whether a row says that there was nothing to publish."""
    return profile.nil is not None and any(profile.nil.search(text) for text in values.values())


def _with_sample(rows: Iterator[Row]) -> tuple[Iterator[Row], list[Row]]:
    sample = list(islice(rows, SAMPLE))
    return chain(sample, rows), sample


def day_texts(kind: str, columns: Mapping[str, list[int]], rows: Iterable[Row]) -> Iterator[str]:
    """What stands in the columns that mean a date."""
    places = [place for name, found in columns.items() if FIELDS[kind][name].form in ("when", "day") for place in found]
    return (worded(row.cells[place]) for row in rows for place in places if place < len(row.cells))


def shown_order(profile: Profile, columns: Mapping[str, list[int]], rows: Iterable[Row]) -> Shown:
    """What all dates of a file show about the order of day and month."""
    return order_of(day_texts(profile.kind, columns, rows))


def _day_order(source: IO[bytes], profile: Profile, options: Options) -> Shown:
    """Reads the whole file once for the order of day and month, unless the profile says it; quick beside the rest."""
    if profile.day_order:
        return Shown()
    table = open_file(source, profile, options)
    rows, sample = _with_sample(table.rows)
    return shown_order(profile, mapped(profile, table, sample, options), rows)


def _digest(source: IO[bytes]) -> tuple[str, int]:
    source.seek(0)
    found, size = hashlib.sha256(), 0
    while chunk := source.read(1024 * 1024):
        found.update(chunk)
        size += len(chunk)
    source.seek(0)
    return found.hexdigest(), size
