"""``crm init``: makes an installation."""

from __future__ import annotations

import click

from crm.cli.shell import Shell, tell
from crm.errors import ConfigError
from crm.services import directory as public_bodies
from crm.services import members, setup


@click.command()
@click.option("--if-missing", is_flag=True, help="Do nothing, and do not complain, if it is there already.")
@click.pass_obj
def init(shell: Shell, if_missing: bool) -> None:
    """Make the data folder, a random secret, the database and the directory of public bodies.

    Prints a link, good once and for a day, with which the first administrator signs up.
    """
    settings = shell.settings
    if setup.is_prepared(settings) and not if_missing:
        raise ConfigError(f"{settings.data} is an installation already; “crm db upgrade” brings it up to date")
    made = setup.prepare(settings)
    if made.secret:
        tell(f"A random secret is in {settings.secret_file}, readable by you alone: keep it, and keep it secret.")
    if made.tables:
        tell(f"The database is ready: {setup.told_address(settings)}")
    with shell.writing() as work:
        setup.found(work, zone=settings.zone)
        report = public_bodies.update(work)
        secret = members.first_admin_link(work)
    if report.added:
        tell(f"The directory has {report.added} public bodies.")
    if secret is not None:
        tell("The first administrator signs up with this link, once, within a day, while “crm serve” runs:")
        click.echo(f"{settings.base_url}/welcome/{secret}")
