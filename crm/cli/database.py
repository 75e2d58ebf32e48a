"""``crm db``: the tables."""

from __future__ import annotations

import sys

import click

from crm.cli.shell import Shell, tell
from crm.services import moving, setup
from crm.text import plural


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


@db.command()
@click.argument("url")
@click.pass_obj
def move(shell: Shell, url: str) -> None:
    """Carry the whole log into another, empty database: from SQLite to PostgreSQL, or back.

    Stop “crm serve” first. Every table is counted and its checksum held against the one it came from. The database it
    came from is left as it is; attachments stay where they are. With - as URL it is read from standard input, so that
    its password stands in no list of processes.
    """
    address = sys.stdin.readline().strip() if url == "-" else url
    moved = moving.move(shell.settings, address)
    tell(f"{plural(moved.rows, 'row')} in {moved.tables} tables are in {moved.to}, each checksum as before.")
    tell("Have CRM_DATABASE_URL name it from now on, then start “crm serve”.")
