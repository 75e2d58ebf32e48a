"""``crm export``: the log, counts, commitments, follow-ups and the history as files."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from crm.cli.filters import Chosen, filter_options
from crm.cli.shell import Shell, tell
from crm.dates import parse_day
from crm.errors import Invalid
from crm.queries import exports as sheets
from crm.queries.engagements import Filter
from crm.queries.exports.head import EVERYTHING
from crm.queries.history import KINDS, Wanted
from crm.services import exports, members
from crm.work import Work

TEXT_FORMATS = ("csv", "json")
Make = Callable[[Work], Any]


def out_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command ``--format`` and ``--output``."""
    command = click.option(
        "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File; standard output unless given."
    )(command)
    return click.option(
        "--format", "format_key", default="csv", show_default=True, help="csv, json, or one of a plugin: xlsx."
    )(command)


@click.group()
def export() -> None:
    """Hand out the engagement log, counts, commitments, follow-ups or the history."""


@export.command()
@filter_options
@click.option("--per", type=click.Choice(sheets.PER), default="engagement", show_default=True, help="What a row is.")
@click.option("--counted", is_flag=True, help="Only what counts: held, sent or received, by us and our clients.")
@out_options
@click.pass_obj
def engagements(shell: Shell, chosen: Chosen, per: str, counted: bool, format_key: str, output: Path | None) -> None:
    """The engagement log: everything in it, whoever made contact, unless options choose."""

    def make(work: Work) -> Any:
        scope = chosen.scope(work)
        if not counted:
            # A row per contact is one that counts; the log itself holds whatever came of it.
            every = EVERYTHING if per == "engagement" else ()
            scope = replace(scope, statuses=scope.statuses or every, anybody=not scope.actors)
        wanted = Filter(scope=scope, per=per)
        return sheets.engagements(work, wanted, page=f"{shell.settings.base_url}/engagements/")

    _hand_out(shell, "engagements", make, format_key, output)


@export.command()
@filter_options
@click.option("--by", type=click.Choice(["month", "quarter", "half", "year", "kind", "actor"]), default="quarter")
@out_options
@click.pass_obj
def counts(shell: Shell, chosen: Chosen, by: str, format_key: str, output: Path | None) -> None:
    """Engagements and contacts per organisation."""

    def make(work: Work) -> Any:
        return sheets.counts(work, chosen.scope(work), by=by)

    _hand_out(shell, "counts", make, format_key, output)


@export.command()
@filter_options
@out_options
@click.pass_obj
def commitments(shell: Shell, chosen: Chosen, format_key: str, output: Path | None) -> None:
    """Who promised what to whom; --actor and --body each name a party, --since and --until the day it was made."""
    _hand_out(shell, "commitments", lambda work: sheets.commitments(work, chosen.scope(work)), format_key, output)


@export.command()
@filter_options
@out_options
@click.pass_obj
def followups(shell: Shell, chosen: Chosen, format_key: str, output: Path | None) -> None:
    """What is to be done; --since and --until name the day by which it is due."""
    _hand_out(shell, "followups", lambda work: sheets.follow_ups(work, chosen.scope(work)), format_key, output)


@export.command()
@click.option("--member", "email", metavar="EMAIL", help="Only what this member did: an e-mail address.")
@click.option("--since", help="First day, such as 2026-05-01.")
@click.option("--until", help="Last day.")
@click.option("--record", help="Only what was done to one record, such as engagement:12, or to all of a kind.")
@out_options
@click.pass_obj
def history(
    shell: Shell,
    email: str | None,
    since: str | None,
    until: str | None,
    record: str | None,
    format_key: str,
    output: Path | None,
) -> None:
    """Who did what, when, to which record and from where: the audit trail."""

    def make(work: Work) -> Any:
        return sheets.history(
            work,
            Wanted(
                member_id=members.by_email(work, email).id if email else None,
                since=_day(work, "--since", since),
                until=_day(work, "--until", until),
                target=_target(record),
            ),
        )

    _hand_out(shell, "history", make, format_key, output)


def _day(work: Work, option: str, typed: str | None) -> dt.date | None:
    try:
        return parse_day(typed, today=work.today(), past=True) if typed else None
    except Invalid as problem:
        raise Invalid(option, problem.reason) from problem


def _target(typed: str | None) -> tuple[str, int | None] | None:
    if not typed:
        return None
    kind, _, digits = typed.partition(":")
    record_class = KINDS.get(kind.replace("-", "_"))
    if record_class is None or (digits and not (digits.isascii() and digits.isdigit() and len(digits) < 11)):
        raise Invalid("--record", f"“{typed}” is no record; name one such as engagement:12. Kinds: {', '.join(KINDS)}.")
    return record_class.__name__, int(digits) if digits else None


def _hand_out(shell: Shell, what: str, make: Make, format_key: str, output: Path | None) -> None:
    chosen_format = exports.format_named(shell.instance.plugins, format_key)
    if output is None and format_key not in TEXT_FORMATS and sys.stdout.isatty():
        raise Invalid("--output", f"{format_key} is no text; name a file for it.")
    with shell.writing() as work:
        # Recorded before the first byte leaves, in a unit of work of its own, as at every door.
        exports.record(work, what, chosen_format, dict(make(work).head))
    with shell.reading() as work:
        sheet = make(work)
        written = exports.write(chosen_format, sheet)
        if output is None:
            stream = sys.stdout.buffer
            for piece in written:
                stream.write(piece)
            stream.flush()
        else:
            _write_file(output, written)
            tell(f"{sheet.name} are in {output}.")


def _write_file(output: Path, written: Iterator[bytes]) -> None:
    """A file that is whole or not there, and that nobody else may read; a device or a pipe is written to as it is."""
    if output.exists() and not output.is_file():
        try:
            with output.open("wb") as stream:
                stream.writelines(written)
        except OSError as error:
            raise Invalid("--output", f"{output} cannot be written: {error.strerror}.") from error
        return
    output = output.resolve()  # a link keeps leading to the file it leads to
    part = output.with_name(f"{output.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(written)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Invalid("--output", f"{output} cannot be written: {error.strerror}.") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
