"""``crm jobs``: background work."""

from __future__ import annotations

import click

from crm.cli.shell import Shell, answer_json, answer_table, tell
from crm.services import jobs as outbox
from crm.text import plural


@click.group()
def jobs() -> None:
    """Background work; “crm serve” does it by itself."""


@jobs.command()
@click.pass_obj
def run(shell: Shell) -> None:
    """Do what waits, once; for cron, or a second machine."""
    drained = outbox.drain(shell.instance)
    tell(f"{plural(drained.done, 'job')} done, {drained.failed} to be tried again, {drained.given_up} given up.")


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def list_jobs(shell: Shell, as_json: bool) -> None:
    """List what waits."""
    with shell.reading() as work:
        rows = outbox.waiting(work)
    if as_json:
        answer_json([row._asdict() for row in rows])
    else:
        answer_table(["number", "kind", "not before", "attempts", "last error"], [list(row) for row in rows])
