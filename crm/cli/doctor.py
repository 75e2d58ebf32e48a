"""``crm doctor``: looks the installation over."""

from __future__ import annotations

import click

from crm.cli.shell import FAULT, Shell, answer_json, answer_table, tell
from crm.clock import SystemClock
from crm.services import doctor as looking
from crm.services import drift


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: a list of check, state and message.")
@click.option("--mend", is_flag=True, help="Work anew what is derived: the tree, counting columns, calendar entries.")
@click.pass_context
def doctor(context: click.Context, as_json: bool, mend: bool) -> None:
    """Look the installation over and say what is wrong and what would put it right.

    Looks at settings, files and rights, disk, clock, time zones, the database's version, structure and references, the
    revision of the tables, attachments, background work, backups, and everything derived against a fresh working-out.
    Changes nothing without --mend. Exits with 1 if something is an error; a warning alone exits with 0.
    """
    shell: Shell = context.obj
    found = looking.examine_ground(shell.settings, SystemClock())
    if any(finding.check == "tables" and finding.state == "ok" for finding in found):
        if mend:
            with shell.writing() as work:
                drift.mend(work, base_url=shell.settings.base_url)
            tell("What is derived was worked out anew where it differed.")
        broken = [f"{one.name}: {one.error}" for one in shell.instance.plugins.plugins if one.state == "broken"]
        broken += [f"no plugin offers the check {key}, so no file is taken in" for key in shell.instance.gate.missing]
        found += looking.examine_log(shell.instance, broken)
    if as_json:
        answer_json([finding._asdict() for finding in found])
    else:
        answer_table(["", "check", "what was found"], [(_MARKS[one.state], one.check, one.message) for one in found])
    if any(finding.state == "error" for finding in found):
        context.exit(FAULT)


_MARKS = {"ok": "ok", "warning": "WARNING", "error": "ERROR"}
