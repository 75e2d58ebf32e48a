"""``crm member``: who may sign in."""

from __future__ import annotations

import sys

import click

from crm.cli.shell import Shell, answer_json, answer_table, is_terminal, tell
from crm.errors import Invalid
from crm.models.members import MEMBER_ROLES
from crm.services import members, second_factor

ROLE = click.Choice(list(MEMBER_ROLES))


@click.group()
def member() -> None:
    """Add members, change their role, shut them out."""


@member.command()
@click.argument("email")
@click.option("--name", required=True, help="The name that the log shows.")
@click.option("--role", type=ROLE, default="member", show_default=True)
@click.option("--link", "by_link", is_flag=True, help="Print a link with which they choose a password, instead.")
@click.pass_obj
def add(shell: Shell, email: str, name: str, role: str, by_link: bool) -> None:
    """Add a member; the password is read from standard input, one line."""
    password = None if by_link else read_password()
    with shell.writing() as work:
        added = members.add(work, email=email, name=name, role=role, password=password)
        secret = members.password_link(work, added.id) if by_link else None
    tell(f"{added.email} is a member now, as {MEMBER_ROLES[added.role].lower()}.")
    if secret is not None:
        click.echo(f"{shell.settings.base_url}/welcome/{secret}")


@member.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def list_members(shell: Shell, as_json: bool) -> None:
    """List the members."""
    with shell.reading() as work:
        with_factor = second_factor.holders(work)
        rows = [
            {
                "email": row.email,
                "name": row.name,
                "role": row.role,
                "active": row.is_active,
                "has_password": bool(row.password_hash),
                "second_factor": row.id in with_factor,
                "since": row.created_at,
            }
            for row in members.everybody(work)
        ]
    if as_json:
        answer_json(rows)
    else:
        heads = ["e-mail", "name", "role", "active", "password", "second factor", "since"]
        answer_table(heads, [list(row.values()) for row in rows])


@member.command()
@click.argument("email")
@click.argument("new_role", metavar="ROLE", type=ROLE)
@click.pass_obj
def role(shell: Shell, email: str, new_role: str) -> None:
    """Give a member another role, from their next request on."""
    with shell.writing() as work:
        members.set_role(work, members.by_email(work, email).id, new_role)
    tell(f"{email} is {MEMBER_ROLES[new_role].lower()} now.")


@member.command()
@click.argument("email")
@click.pass_obj
def disable(shell: Shell, email: str) -> None:
    """Shut a member out at once; what they logged stays theirs."""
    with shell.writing() as work:
        members.disable(work, members.by_email(work, email).id)
    tell(f"{email} is shut out: sessions are ended, feeds answer nobody.")


@member.command()
@click.argument("email")
@click.pass_obj
def enable(shell: Shell, email: str) -> None:
    """Let a disabled member in again."""
    with shell.writing() as work:
        members.enable(work, members.by_email(work, email).id)
    tell(f"{email} may sign in again.")


@member.command("reset-factor")
@click.argument("email")
@click.pass_obj
def reset_factor(shell: Shell, email: str) -> None:
    """Take the second factor from a member who lost telephone and recovery codes."""
    with shell.writing() as work:
        second_factor.reset(work, members.by_email(work, email).id)
    tell(f"{email} signs in with the password alone, until they set up a second factor again.")


@member.command()
@click.argument("email")
@click.pass_obj
def link(shell: Shell, email: str) -> None:
    """Print a link, good once and for a day, with which a member chooses a new password."""
    with shell.writing() as work:
        secret = members.password_link(work, members.by_email(work, email).id)
    click.echo(f"{shell.settings.base_url}/welcome/{secret}")


def read_password() -> str:
    """A password typed twice without showing it, or the first line of standard input.

    :raises Invalid: standard input is empty
    """
    if is_terminal():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Invalid("password", "Give the password on standard input, or ask for a link with --link.")
    return password
