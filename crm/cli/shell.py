"""What every command shares: the installation it works on, how it answers, and how it says what is wrong."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from crm.errors import CrmError, Forbidden, Invalid, NotFound, Several, Unavailable
from crm.instance import Instance
from crm.models import Member
from crm.services import setup
from crm.settings import Settings
from crm.work import Work

MISTAKE, FAULT = 2, 1
PARAMETERS = "crm.parameters"


class Shell:
    """The installation that ``CRM_*`` names, opened when a command needs it.

    :param environ: names to values; the process's own unless given
    :param instance: an open installation, for tests
    """

    def __init__(self, environ: Mapping[str, str] | None = None, *, instance: Instance | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._instance = instance
        self._is_ours = instance is None

    @property
    def settings(self) -> Settings:
        """The settings; no command but ``serve`` needs the secret.

        :raises ConfigError: one of them is wrong
        """
        if self._instance is not None:
            return self._instance.settings
        return Settings.from_env(self._environ, need_secret=False)

    @property
    def instance(self) -> Instance:
        """The installation; whoever can run a command holds its database anyway.

        :raises ConfigError: there is none, or it must be upgraded
        """
        if self._instance is None:
            settings = self.settings
            setup.check(settings)
            self._instance = Instance(settings)
        return self._instance

    def close(self) -> None:
        """Lets go of the database, if it was opened here."""
        if self._is_ours and self._instance is not None:
            self._instance.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """A unit of work that only reads, all of it of one moment."""
        with self.instance.reading(door="cli", trusted=True, steady=True) as work:
            yield work

    @contextmanager
    def writing(self, member: Member | None = None) -> Iterator[Work]:
        """A unit of work that is committed at its end."""
        with self.instance.writing(member, door="cli", trusted=True) as work:
            yield work


class Mistake(click.ClickException):
    """A mistake of the user, told in one sentence."""

    exit_code = MISTAKE

    def show(self, file: Any = None) -> None:
        """Says it on standard error."""
        tell(f"crm: {self.message}")


class Fault(Mistake):
    """Something that the user cannot help."""

    exit_code = FAULT


class Commands(click.Group):
    """The commands, with errors of the core turned into sentences and exit codes."""

    def invoke(self, context: click.Context) -> Any:
        """Runs a command."""
        try:
            return super().invoke(context)
        except CrmError as error:
            _refuse(error, context.meta.get(PARAMETERS, ()))

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds a command, and remembers what can be given to it."""
        name, command, rest = super().resolve_command(context, args)
        innermost, words = command, list(rest)
        while isinstance(innermost, click.Group) and words:
            innermost = innermost.commands.get(words.pop(0))
        context.meta[PARAMETERS] = innermost.params if innermost is not None else ()
        return name, command, rest


def _told(problem: Exception, parameters: Sequence[click.Parameter]) -> str:
    """The problem by the name of the option or argument as it is typed, where one has the name of its field."""
    if isinstance(problem, Invalid):
        typed = f"--{problem.field.replace('_', '-')}"
        for parameter in parameters:
            if typed in parameter.opts or parameter.name == problem.field:
                is_option = isinstance(parameter, click.Option)
                name = parameter.opts[0] if is_option else parameter.human_readable_name
                return f"{name}: {problem.reason}"
    return str(problem)


def _refuse(error: CrmError, parameters: Sequence[click.Parameter]) -> NoReturn:
    if isinstance(error, Unavailable):
        outcome = "whether it was saved is not known" if error.may_be_saved else "nothing was saved"
        raise Fault(f"{error}; {outcome}") from error
    if isinstance(error, Several):
        raise Mistake("\ncrm: ".join(_told(problem, parameters) for problem in error.problems)) from error
    if isinstance(error, NotFound):
        raise Mistake(str(error) or "there is no such record") from error
    if isinstance(error, Forbidden):
        raise Mistake(str(error) or "this is not allowed") from error
    raise Mistake(_told(error, parameters)) from error


def tell(message: str) -> None:
    """Says something to a person, on standard error."""
    click.echo(message, err=True)


def answer_json(value: Any) -> None:
    """Answers a program."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_worded))


def answer_table(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Answers a person with aligned columns, numbers to the right."""
    told = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[place]) for row in [list(titles), *told]) for place in range(len(titles))]
    numeric = [bool(rows) and all(isinstance(row[place], int) for row in rows) for place in range(len(titles))]
    for line in [list(titles), *told]:
        cells = [
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(line, widths, numeric, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def is_terminal() -> bool:
    """Whether a person types at the other end of standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def _worded(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
