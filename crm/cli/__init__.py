"""The command line: one module per concept, each parsing, calling a verb or a read, and answering.

What a program reads goes to standard output, what a person reads to standard error. The exit code is 2 for a mistake
of the user and 1 for a fault.
"""

from __future__ import annotations

import click

from crm import __version__
from crm.cli import (
    backup,
    counts,
    database,
    demo,
    directory,
    doctor,
    exports,
    feeds,
    imports,
    jobs,
    members,
    plugins,
    search,
    setup,
)
from crm.cli.shell import Commands, Shell

__all__ = ["Commands", "Shell", "cli"]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="Antechamber")
@click.pass_context
def cli(context: click.Context) -> None:
    """Antechamber, the stakeholder CRM for public-affairs teams."""
    context.obj = context.obj or Shell()
    context.call_on_close(context.obj.close)


for command in (
    setup.init,
    database.db,
    members.member,
    directory.directory,
    demo.demo,
    counts.counts,
    exports.export,
    imports.import_,
    feeds.feed,
    plugins.plugins,
    jobs.jobs,
    backup.backup,
    backup.restore,
    search.search,
    doctor.doctor,
):
    cli.add_command(command)
