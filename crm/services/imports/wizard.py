"""An import in steps: the file is kept with the run until it is imported, so that each step can be gone back to."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from crm.errors import Invalid, NotFound
from crm.imports import mapping
from crm.imports.days import Shown
from crm.imports.fields import FIELDS
from crm.imports.profiles import Profile
from crm.imports.tables import Row, Table, worded
from crm.imports.values import WHY
from crm.models import ImportRow, ImportRun
from crm.services.imports.lines import REJECTED, Line, Options, Report
from crm.services.imports.profiles import profile_named
from crm.services.imports.running import (
    SAMPLE,
    bring_in,
    facts_of,
    known_fields,
    mapped,
    open_file,
    shown_order,
    store_rows,
    summary,
    with_period,
)
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.work import Work

SHOWN_REJECTS = 200
_PLAIN = (
    "separator", "day_order", "encoding", "delimiter", "sheet", "header_row", "create_missing", "skip_rejected",
    "defaults",
)  # fmt: skip


def get(work: Work, run_id: int) -> ImportRun:
    """One import.

    :raises NotFound: there is none
    """
    authorise(work, WRITE)
    run = work.session.get(ImportRun, run_id)
    if run is None:
        raise NotFound
    return run


def own(work: Work, run_id: int) -> ImportRun:
    """One import that is not done yet, of the member.

    :raises NotFound: there is none, or somebody else began it
    :raises Invalid: it is done, or was given up
    """
    run = get(work, run_id)
    if not may_see_rows(work, run):
        raise NotFound
    if not run.is_open:
        raise Invalid("import", "This import is finished; begin another one with the file.")
    return run


def state_of(run: ImportRun) -> str:
    """What tells the decisions about an import as they stand from any others: a page brings it along."""
    told = repr((run.headers, run.mapping, sorted(run.options.items())))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def expect(run: ImportRun, seen: str | None, before: str | None = None) -> None:
    """Holds what a page showed of an import against what was decided; the same decision made twice is no other.

    :param seen: the :func:`state_of` that the page was served with, none where there was no page
    :param before: as it stood before this decision, none where nothing is decided now
    :raises Invalid: something was decided in between, so that the page showed something else
    """
    now = state_of(run)
    if seen and seen != (before or now) and now != before:
        raise Invalid(
            "import",
            "Something else was decided about this import meanwhile, in another window or by an administrator. Nothing "
            "was done; look at how it stands now, then go on.",
        )


def may_see_rows(work: Work, run: ImportRun) -> bool:
    """Whether the member may see what stands in the file: whoever began the import, and administrators."""
    member = work.member
    return work.trusted or (member is not None and (member.is_admin or run.member_id == member.id))


def begin(
    work: Work, data: Path, name: str, content: bytes, profile_key: str, *, submission: str | None = None
) -> ImportRun:
    """Keeps a file that is to be imported, and guesses what its columns mean.

    :param submission: key the form was served with
    :raises Invalid: there is no such profile, or the file cannot be read at all
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    profile = profile_named(data, profile_key)
    if not content:
        raise Invalid("file", "Choose a file that is not empty.")
    if refusal := work.refusal_of(name, io.BytesIO(content)):
        raise Invalid("file", f"The file is not taken in: {refusal}.")
    table = open_file(io.BytesIO(content), profile, Options())
    run = ImportRun(
        at=work.now(),
        member_id=work.member_id,
        profile=profile.key,
        kind=profile.kind,
        file_name=name[-300:],
        file_hash=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        headers=list(table.headers),
        options={"create_missing": True, **facts_of(table)},
    )
    sample = list(islice(table.rows, SAMPLE))
    if not sample:
        raise Invalid("file", "The file has headers, but no row below them.")
    run.mapping = _guess(profile, table, sample)
    work.session.add(run)
    work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "import", "id": run.id}
    work.act("import.begin", run, file=run.file_name, profile=profile.key)
    return run


def look(work: Work, data: Path, run: ImportRun, rows: int = SAMPLE) -> tuple[Table, list[Row]]:
    """The file as it is read now, with its first rows.

    :raises Invalid: it cannot be read so
    """
    profile = profile_named(data, run.profile)
    table = open_file(io.BytesIO(run.content or b""), profile, options_of(work, run))
    return table, list(islice(table.rows, rows))


def options_of(work: Work, run: ImportRun) -> Options:
    """What was decided about an import."""
    told = {name: run.options[name] for name in _PLAIN if run.options.get(name)}
    options = Options(**{"create_missing": False, **told})
    return with_period(work, options, run.options["period"]) if run.options.get("period") else options


def decide(
    work: Work,
    data: Path,
    run_id: int,
    columns: Mapping[int, str] | None,
    decided: Mapping[str, Any],
    *,
    seen: str | None = None,
) -> ImportRun:
    """Says what the columns mean, and how the file is to be read; a file read otherwise is guessed anew.

    :param columns: place of a column → field, empty for none; none to guess
    :param decided: encoding, delimiter, sheet, header_row, day_order, period, create_missing
    :raises Invalid: the file cannot be read so, or a column is missing that is needed
    """
    run = own(work, run_id)
    stood = state_of(run)
    profile = profile_named(data, run.profile)
    before = [run.options.get(name) or None for name in ("encoding", "delimiter", "sheet", "header_row")]
    known_fields(profile.kind, decided.get("defaults", {}))
    run.options = {**run.options, **decided}
    after = [run.options.get(name) or None for name in ("encoding", "delimiter", "sheet", "header_row")]
    table = open_file(io.BytesIO(run.content or b""), profile, options_of(work, run))
    sample = list(islice(table.rows, SAMPLE))
    if before != after or columns is None:
        run.headers = list(table.headers)
        run.options = {**run.options, **facts_of(table), "fixes": {}}
        run.mapping = _guess(profile, table, sample)
    else:
        found: dict[str, list[int]] = {}
        for place, field in sorted(columns.items()):
            if field:
                found.setdefault(field, []).append(place)
        told = {*profile.defaults, *run.options.get("defaults", {})}
        run.mapping = mapping.check(run.kind, found, len(table.headers), told)
        if not (run.options.get("day_order") or profile.day_order):
            _ask_day_order(shown_order(profile, run.mapping, _chained(sample, table.rows)))
    expect(run, seen, stood)
    run.counts = {}
    work.act("import.map", run)
    return run


def suggested_separator(run: ImportRun, sample: Sequence[Row]) -> tuple[str, int, str]:
    """As :func:`crm.imports.mapping.separator_in`, unless it was decided."""
    return ("", 0, "") if run.options.get("separator") else mapping.separator_in(run.kind, run.mapping, sample)


def _ask_day_order(shown: Shown) -> None:
    if not shown.order and shown.example:
        why = "other dates of the file show both" if shown.mixed else "no date of the file shows which"
        raise Invalid(
            "day_order", f"In “{shown.example}” the day or the month may come first, and {why}: say it below."
        )


def check(work: Work, data: Path, run_id: int) -> Report:
    """Does the import, looks what would become of each row, and forgets it: the same code as :func:`carry_out`.

    :raises Invalid: the file cannot be read so
    """
    run = own(work, run_id)
    work.act("import.check", run)
    work.transaction_id()
    touched = dict(work.touched)
    acts = list(work._acts)
    kept: list[Line] = []
    nested = work.session.begin_nested()
    try:
        report = _bring_in(work, data, run, replace(options_of(work, run), skip_rejected=True), kept.extend)
    finally:
        nested.rollback()
        work.touched.clear()
        work.touched.update(touched)
        work._acts[:] = acts
    report.saved = False
    work.session.execute(delete(ImportRow).where(ImportRow.run_id == run_id))
    rejected = [line for line in kept if line.outcome == REJECTED][:SHOWN_REJECTS]
    others = [line for line in kept if line.outcome != REJECTED and line.reasons][:SHOWN_REJECTS]
    store_rows(work, run, [*rejected, *others])
    run.counts = summary(report)
    work.session.flush()
    return report


def fix(
    work: Work,
    data: Path,
    run_id: int,
    cells: Mapping[int, Mapping[int, str]],
    left_out: Sequence[int],
    *,
    seen: str | None = None,
) -> Report:
    """Corrects cells of rows that cannot be read, leaves rows out, and checks again.

    :param cells: number of a row → place of a column → text
    :param left_out: numbers of rows that are not to be imported
    """
    run = own(work, run_id)
    stood = state_of(run)
    fixes = {number: dict(told) for number, told in run.options.get("fixes", {}).items()}
    for number, told in cells.items():
        fixes.setdefault(str(number), {}).update({str(place): text for place, text in told.items()})
    out = sorted({*run.options.get("left_out", []), *left_out})
    run.options = {**run.options, "fixes": fixes, "left_out": out}
    expect(run, seen, stood)
    return check(work, data, run_id)


def carry_out(work: Work, data: Path, run_id: int, *, skip_rejected: bool = False, seen: str | None = None) -> Report:
    """Imports for good; the file is let go of.

    :raises Refused: rows cannot be read and are not to be left out; nothing is saved
    """
    run = own(work, run_id)
    expect(run, seen)
    work.act("import.run", run, file=run.file_name, profile=run.profile)
    work.session.execute(delete(ImportRow).where(ImportRow.run_id == run_id))
    options = replace(options_of(work, run), skip_rejected=skip_rejected)
    is_register = run.kind == "register"
    report = _bring_in(work, data, run, options, lambda lines: store_rows(work, run, lines, whole=not is_register))
    run.state, run.done_at, run.transaction_id = "done", work.now(), work.transaction_id()
    run.counts, run.content = summary(report), None
    work.session.flush()
    report.run_id = run.id
    return report


def give_up(work: Work, run_id: int) -> None:
    """Lets go of a file that is not to be imported after all."""
    run = own(work, run_id)
    work.act("import.give_up", run)
    work.session.execute(delete(ImportRow).where(ImportRow.run_id == run_id))
    run.state, run.content = "given_up", None


def choices(kind: str) -> list[tuple[str, str]]:
    """The fields that a column of such a file can mean, with their labels."""
    return [(name, field.label) for name, field in FIELDS[kind].items()]


def separators() -> list[tuple[str, str]]:
    """What may stand between several names in one cell, with labels."""
    return [(key, label) for key, (label, _) in mapping.SEPARATORS.items()]


def _bring_in(work: Work, data: Path, run: ImportRun, options: Options, sink: Any) -> Report:
    profile = profile_named(data, run.profile)
    shown = Shown()
    if not profile.day_order:
        everything = open_file(io.BytesIO(run.content or b""), profile, options)
        shown = shown_order(profile, run.mapping, everything.rows)
    table = open_file(io.BytesIO(run.content or b""), profile, options)
    rows = _fixed(table.rows, run.options.get("fixes", {}), set(run.options.get("left_out", [])))
    return bring_in(work, run, profile, table.headers, rows, shown, options, sink)


def _chained(sample: list[Row], rows: Iterator[Row]) -> Iterator[Row]:
    yield from sample
    yield from rows


def _fixed(rows: Iterator[Row], fixes: Mapping[str, Mapping[str, str]], left_out: set[int]) -> Iterator[Row]:
    for row in rows:
        if row.number in left_out:
            continue
        told = fixes.get(str(row.number))
        if told:
            cells = [told.get(str(place), cell) for place, cell in enumerate(row.cells)]
            row = Row(row.number, tuple(cells))
        yield row


def _guess(profile: Profile, table: Table, sample: Sequence[Row]) -> dict[str, list[int]]:
    try:
        return dict(mapped(profile, table, sample))
    except Invalid:
        return dict(mapping.guessed(profile.kind, table.headers, sample))


def rejects_csv(run: ImportRun, rows: Sequence[ImportRow]) -> Iterator[tuple[str, ...]]:
    """The rows that cannot be read, to be mended in a spreadsheet and imported by themselves: reasons last."""
    yield (*run.headers, WHY)
    for row in rows:
        cells = [worded(cell) for cell in row.cells[: len(run.headers)]]
        yield (*cells, *[""] * (len(run.headers) - len(cells)), "; ".join(row.reasons))
