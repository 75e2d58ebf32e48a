"""``crm backup`` and ``crm restore``: the whole installation as one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from crm.cli.shell import Shell, answer_json, tell
from crm.clock import SystemClock
from crm.errors import CrmError
from crm.instance import Instance
from crm.services import backup as backups
from crm.text import plural


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Keep the newest N in the folder, remove older ones.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def backup(shell: Shell, file: Path, keep: int | None, as_json: bool) -> None:
    """Write the log with its attachments into one file, while people work.

    FILE is a new file, or a folder, in which one is made that is named after the moment. What was written is read back
    and held against its checksums before the command ends with 0.
    """
    if keep is not None and not file.is_dir():
        raise click.UsageError("--keep is for a folder: give one as FILE")
    made = backups.write(shell.settings, file, clock=SystemClock())
    _remember(shell, "instance.backup", made)
    if keep is not None:
        for old in backups.forget_old(file, keep):
            tell(f"Removed {old}.")
    _answer(made, as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only look whether the file is whole and fits this program.")
@click.option("--replace", is_flag=True, help="Put it in the place of the log that is there, which is kept aside.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def restore(shell: Shell, file: Path, check: bool, replace: bool, as_json: bool) -> None:
    """Put the log and its attachments back to what a backup holds.

    Stop “crm serve” first. A file that is cut, damaged or of a newer program is refused before anything is touched; one
    of an older program is brought up to date. Until the last moment, what is there stays as it is.
    """
    if check:
        _answer(backups.inspect(file), as_json)
        return
    done = backups.restore(shell.settings, file, clock=SystemClock(), replacing=replace)
    instance = Instance(shell.settings)
    _remember(Shell(instance=instance), "instance.restore", done.content)
    instance.engine.dispose()
    if done.upgraded:
        tell("It was of an older program and is brought up to date.")
    if done.aside:
        tell(f"What was there before is kept in {done.aside}; remove it when all is well.")
    if done.secret:
        tell(f"A new random secret is in {shell.settings.secret_file}: everybody signs in anew.")
    _answer(done.content, as_json)


def _remember(shell: Shell, verb: str, content: backups.Content) -> None:
    try:
        with shell.writing() as work:
            backups.note(work, verb, content)
    except CrmError as fault:
        # The file is good; a database that is read-only, or awaits its upgrade, cannot remember it.
        tell(f"The history could not remember it: {fault}")


def _answer(content: backups.Content, as_json: bool) -> None:
    if content.missing:
        lost = plural(len(content.missing), "attachment")
        tell(f"Without {lost} whose file is lost or damaged; “crm doctor” names them.")
    if as_json:
        answer_json(content._asdict())
    else:
        click.echo(backups.told(content))
