"""``crm feed``: calendar subscriptions."""

from __future__ import annotations

import click

from crm.cli.filters import bodies_named, topics_named
from crm.cli.shell import Shell, answer_json, answer_table, tell
from crm.errors import Invalid
from crm.models.feeds import DETAILS, SCOPES
from crm.services import feeds, members


@click.group()
def feed() -> None:
    """Calendar subscriptions of members."""


@feed.command()
@click.option(
    "--member", "email", metavar="EMAIL", required=True, help="E-mail address of the member whose eyes it sees with."
)
@click.option("--scope", type=click.Choice(list(SCOPES)), required=True)
@click.option("--body", metavar="NAME", help="The organisation, for the scope “organisation”.")
@click.option("--topic", metavar="NAME", help="The topic, for the scope “topic”.")
@click.option("--detail", type=click.Choice(list(DETAILS)), default="full", show_default=True)
@click.option("--label", default="", help="What the calendar is called.")
@click.pass_obj
def create(shell: Shell, email: str, scope: str, body: str | None, topic: str | None, detail: str, label: str) -> None:
    """Make a feed and print its address, which is shown this once."""
    for option, value, wanted in (("--body", body, "organisation"), ("--topic", topic, "topic")):
        if bool(value) != (scope == wanted):
            need = "needs" if scope == wanted else "goes without"
            raise Invalid("--scope", f"{scope} {need} {option}")
    with shell.writing() as work:
        _, secret = feeds.create(
            work,
            member=members.by_email(work, email),
            scope=scope,
            detail=detail,
            label=label,
            organisation_id=bodies_named(work, "--body", [body])[0] if body else None,
            topic_id=topics_named(work, [topic])[0] if topic else None,
        )
    tell("Whoever has this address can read the calendar: keep it as you keep a password.")
    click.echo(feeds.address(shell.settings.base_url, secret))


@feed.command("list")
@click.option("--revoked", is_flag=True, help="Those revoked too.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def list_feeds(shell: Shell, revoked: bool, as_json: bool) -> None:
    """List the feeds; their addresses are not known to anybody any more."""
    with shell.reading() as work:
        rows = feeds.listing(work, everybody=True, revoked=revoked)
    if as_json:
        answer_json([row._asdict() for row in rows])
    else:
        answer_table(
            ["number", "member", "scope", "of", "detail", "label", "last fetched", "by", "revoked"],
            [
                [
                    row.id,
                    row.member,
                    row.scope,
                    row.target,
                    row.detail,
                    row.label,
                    row.fetched_at,
                    row.agent,
                    row.revoked_at,
                ]
                for row in rows
            ],
        )


@feed.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.pass_obj
def revoke(shell: Shell, number: int) -> None:
    """End a feed: its address answers nobody any more."""
    with shell.writing() as work:
        feeds.revoke(work, number)
    tell(f"Feed {number} is revoked.")
