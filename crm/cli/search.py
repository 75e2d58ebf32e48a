"""``crm search``: the index that the search box reads."""

from __future__ import annotations

import click

from crm.cli.shell import Shell, tell
from crm.services import search as index
from crm.text import plural

NAMES = {"person": ("person", "people"), "follow_up": ("follow-up", "follow-ups")}


@click.group()
def search() -> None:
    """The index that the search box reads."""


@search.command()
@click.pass_obj
def rebuild(shell: Shell) -> None:
    """Compare the index with every record and build it afresh.

    It is kept right with every change; this is for a database that was changed by other programs.
    """
    with shell.writing() as work:
        numbers = index.rebuild(work)
    tell(", ".join(plural(number, *NAMES.get(kind, (kind,))) for kind, number in numbers.items()) + ".")
