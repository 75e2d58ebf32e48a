"""``crm plugins``: what is loaded."""

from __future__ import annotations

import click

from crm.cli.shell import Shell, answer_json, answer_table
from crm.services import extensions


@click.group()
def plugins() -> None:
    """Plugins of this installation."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def list_plugins(shell: Shell, as_json: bool) -> None:
    """List the plugins that CRM_PLUGINS names, and those installed but not named."""
    rows = extensions.listing(shell.settings.plugins)
    if as_json:
        answer_json([row._asdict() for row in rows])
    else:
        answer_table(["name", "version", "state", "module", "why"], [list(row) for row in rows])
