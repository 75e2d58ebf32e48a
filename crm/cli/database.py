"""``crm db``: the tables."""

from __future__ import annotations

import click

from crm.cli.shell import Shell, tell
from crm.services import setup


@click.group()
def db() -> None:
    """Bring the database up to date, or look how it stands."""


@db.command()
@click.pass_obj
def upgrade(shell: Shell) -> None:
    """Bring the tables to what this program needs."""
    changed = setup.upgrade(shell.settings)
    tell("The database is up to date now." if changed else "The database was up to date already.")


@db.command()
@click.pass_obj
def current(shell: Shell) -> None:
    """Print the revision of the tables; nothing for an empty database."""
    revision = setup.current(shell.settings)
    if revision is None:
        tell("The database is empty: run “crm db upgrade”.")
    else:
        click.echo(revision)


@db.command()
@click.pass_obj
def check(shell: Shell) -> None:
    """Exit with 2 unless the tables are what this program needs."""
    tell(f"The database is at revision {setup.check(shell.settings)}, as this program needs it.")
