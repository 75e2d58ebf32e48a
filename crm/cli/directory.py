"""``crm directory``: the shipped directory of public bodies."""

from __future__ import annotations

import click

from crm.cli.shell import Shell, tell
from crm.services import directory as public_bodies
from crm.text import plural

NAMED_AT_MOST = 10


@click.group()
def directory() -> None:
    """The directory of public bodies that comes with the program."""


@directory.command()
@click.pass_obj
def update(shell: Shell) -> None:
    """Bring the directory up to date; what the team changed stays as it is."""
    with shell.writing() as work:
        report = public_bodies.update(work)
    if report == public_bodies.Report():
        tell("The directory is up to date.")
        return
    tell(f"{plural(report.added, 'body', 'bodies')} added, {plural(report.changed, 'body', 'bodies')} corrected.")
    _name("Left as the team has them", report.kept)
    _name("In the log already under the same name, to be merged by hand", report.doubles)


def _name(what: str, names: tuple[str, ...]) -> None:
    if names:
        more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
        tell(f"{what}: {', '.join(names[:NAMED_AT_MOST])}{more}.")
