"""``crm demo``: the demonstration."""

from __future__ import annotations

import click

from crm.cli.shell import Shell, tell
from crm.services import demo as demonstration


@click.command()
@click.pass_obj
def demo(shell: Shell) -> None:
    """Enter a demonstration into an empty log: a case from the news, and the log of an invented observer."""
    entered = demonstration.enter(shell.instance)
    tell(f"{entered.engagements} engagements, {entered.commitments} commitments and {entered.follow_ups} follow-ups:")
    tell("a case from the news, and an observer with its people, all invented and so marked.")
