"""``crm import``: a file into the log, or a published register beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crm.cli.shell import MISTAKE, Shell, answer_json, answer_table, tell
from crm.errors import Invalid
from crm.services import imports
from crm.services.imports import Options, Refused, Report
from crm.text import plural
from crm.work import Work

TOLD_AT_MOST = 20
_PAIRS = {"--default": 'body="Cabinet Office"', "--column": 'when="Date tabled"'}
ORDERS = {"day-first": "day", "month-first": "month"}


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--profile", "profile_key", metavar="NAME", help="What kind of file it is; --list names them. Or a file.")
@click.option("--dry-run", is_flag=True, help="Do everything, then forget it: what would be imported, and what not.")
@click.option("--skip-rejected", is_flag=True, help="Import the good rows; else one bad row keeps all out.")
@click.option("--no-create", is_flag=True, help="Refuse rows that name an organisation the log does not know.")
@click.option("--day-order", type=click.Choice(list(ORDERS)), help="How to read 3/4/2026; found out unless given.")
@click.option("--period", metavar="DATE", help="When the rows took place, for dates that say no year: 'Q3 2011'.")
@click.option("--default", "defaults", metavar="FIELD=TEXT", multiple=True, help="For rows that say nothing about it.")
@click.option("--column", "columns", metavar="FIELD=HEADER", multiple=True, help="Which column means a field.")
@click.option(
    "--separator",
    type=click.Choice([key for key, _ in imports.separators() if key]),
    help="Between several names in a cell, with “;”.",
)
@click.option("--encoding", metavar="NAME", default="", help="utf-8, cp1252, …; found out unless given.")
@click.option("--delimiter", metavar="SIGN", default="", help="What separates the cells; found out unless given.")
@click.option("--sheet", metavar="NAME", default="", help="Sheet of a workbook; the first that holds a table.")
@click.option("--header-row", metavar="N", type=click.IntRange(1), default=None, help="Row in which the headers stand.")
@click.option("--list", "is_list", is_flag=True, help="Name the profiles there are.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def import_(
    shell: Shell,
    path: Path | None,
    profile_key: str | None,
    dry_run: bool,
    skip_rejected: bool,
    no_create: bool,
    day_order: str | None,
    period: str | None,
    defaults: tuple[str, ...],
    columns: tuple[str, ...],
    separator: str | None,
    encoding: str,
    delimiter: str,
    sheet: str,
    header_row: int | None,
    is_list: bool,
    as_json: bool,
) -> None:
    """Import a file: engagements, organisations, people, follow-ups, or a published register of meetings."""
    if is_list:
        _list(shell, as_json)
        return
    if path is None:
        raise Invalid("PATH", "name the file to import")
    if profile_key is None:
        raise Invalid("--profile", "say what kind of file it is; “crm import --list” names the profiles")
    if profile_key.endswith(".toml"):
        profile = imports.profile_at(Path(profile_key))
    else:
        profile = imports.profile_named(shell.settings.data, profile_key)
    try:
        source = path.open("rb")
    except OSError as error:
        raise Invalid("PATH", f"{path} cannot be read: {error.strerror}") from error
    with source:
        options = Options(
            skip_rejected=skip_rejected,
            create_missing=not no_create,
            day_order=ORDERS.get(day_order or "", ""),
            separator=separator or "",
            encoding=encoding,
            delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter),
            sheet=sheet,
            header_row=header_row or 0,
            defaults=dict(_pair("--default", told) for told in defaults),
            columns=_columns(columns),
        )
        report = _run(shell, source, path, profile, options, period, dry_run)
    _answer(report, path, dry_run, skip_rejected, as_json)


def _pair(option: str, told: str) -> tuple[str, str]:
    field, sign, text = (part.strip() for part in told.partition("="))
    if not (field and sign and text):
        raise Invalid(option, f"“{told}” must be a field, “=” and a text, such as {_PAIRS[option]}")
    return field, text


def _columns(told: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in told:
        field, header = _pair("--column", one)
        found.setdefault(field, []).append(header)
    return found


def _run(
    shell: Shell, source: Any, path: Path, profile: Any, options: Options, period: str | None, dry_run: bool
) -> Report:
    try:
        # A check must leave nothing: it is the same unit of work, never committed.
        with shell.writing() as work:
            report = imports.import_file(work, source, path.name, profile, _with_period(work, options, period))
            if dry_run:
                report.saved = False
                raise _Enough(report)
            return report
    except _Enough as done:
        return done.report
    except Refused as refused:
        return refused.report


class _Enough(Exception):
    """Ends the unit of work of a check without saving it."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def _with_period(work: Work, options: Options, period: str | None) -> Options:
    return options if period is None else imports.with_period(work, options, period)


def _answer(report: Report, path: Path, dry_run: bool, skip_rejected: bool, as_json: bool) -> None:
    told = report.told()
    refused = report.rejected and not skip_rejected
    if as_json:
        answer_json({"file": path.name, "profile": report.profile, "dry_run": dry_run, "saved": report.saved} | told)
    else:
        _say(report, told, dry_run)
    if refused:
        tell(
            f"crm: {plural(report.rejected, 'row')} of {report.rows} cannot be imported; nothing was saved. "
            "Mend the file, or import the others with --skip-rejected."
        )
        raise SystemExit(MISTAKE)
    if not as_json:
        tell("Nothing was saved: this was a check." if dry_run else f"Imported, as number {report.run_id}.")


def _say(report: Report, told: dict[str, Any], dry_run: bool) -> None:
    words = {"imported": "new", "updated": "updates", "nil_returns": "nothing to publish",
             "duplicates": "known already", "rejected": "cannot be read"}  # fmt: skip
    numbers = ", ".join(f"{told[name]:,} {word}" for name, word in words.items() if told[name])
    click.echo(f"{plural(report.rows, 'row')}: {numbers}.")
    made = ", ".join(f"{number:,} {kind}" for kind, number in told["records"].items() if number)
    if made:
        click.echo(f"{'They would make' if dry_run or not report.saved else 'They make'} {made}.")
    if report.other_sheets:
        others = ", ".join(f"“{name}”" for name in report.other_sheets)
        tell(f"Sheet “{report.sheet}” was read, {others} not; --sheet names another.")
    if report.assumed:
        tell(f"Dates such as “{report.assumed}” were read day first; --day-order month-first if that is wrong.")
    if report.alike:
        tell(
            f"{report.alike:,} of the new engagements may be in the log already: of the same kind, on the same day, "
            "with one of the same bodies."
        )
    for one in report.notes[:TOLD_AT_MOST]:
        tell(f"Row {one['row']} is a remark: {one['text'][:120]}")
    for one in report.rejects[:TOLD_AT_MOST]:
        tell(f"Row {one['row']}: {'; '.join(one['reasons'])}")
    if len(report.rejects) > TOLD_AT_MOST:
        tell(f"… and {len(report.rejects) - TOLD_AT_MOST} more rows; --json names all of them.")


def _list(shell: Shell, as_json: bool) -> None:
    wrong: list[Invalid] = []
    known = imports.known_profiles(shell.settings.data, wrong).values()
    for problem in wrong:
        tell(f"crm: {problem}")
    if as_json:
        answer_json([{"profile": one.key, "kind": one.kind, "title": one.title, "about": one.about} for one in known])
    else:
        answer_table(["profile", "kind", "what it is"], [[one.key, one.kind, one.title] for one in known])
