"""A process to be killed: does one thing over and over and says what is done.

A line is said only after the work was committed: what stands there was acknowledged.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from crm.clock import SystemClock
from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.services import attachments, backup, engagements, setup
from crm.services.engagements import Party
from crm.settings import Settings

Say = Callable[[object], None]


def run(sayings: Connection, environ: dict[str, str], *words: str) -> None:
    """Does what ``words`` say in a process that was just forked.

    :param sayings: takes one line for each thing that was done
    """
    os.environ.clear()
    os.environ.update(environ)

    def say(line: object) -> None:
        sayings.send(str(line))

    try:
        work(say, *words)
    except BaseException:
        say(f"failed: {traceback.format_exc()}")
        raise


def save(say: Say, instance: Instance, *, files: bool = False) -> None:
    """Logs meetings with two points, a commitment and a follow-up each; with a file of random bytes if asked."""
    with instance.reading(door="cli", trusted=True) as work:
        owner = work.session.query(Member).filter_by(email="owner@example.org").one()
        body = work.session.query(Organisation).filter_by(is_ours=False).first()
        assert body is not None
        work.session.expunge_all()
    say("ready")
    while True:
        content = os.urandom(200_000)
        with instance.writing(owner, door="web") as work:
            made = engagements.log(
                work,
                kind="meeting",
                when=parse_when("11 May 2026", today=work.today(), past=True, zone=work.zone),
                parties=[Party(body.id)],
                subject="Killed in the middle",
                points=[engagements.Point("one"), engagements.Point("two")],
                new_follow_ups=[{"title": "Send it", "due": None}],
            )
            if files:
                attachments.add(work, instance.settings, made, [attachments.Upload("it.bin", io.BytesIO(content))])
            number = made.id
        say(f"{number} {hashlib.sha256(content).hexdigest() if files else ''}")


def work(say: Say, action: str, *arguments: str) -> None:
    """Does ``action`` until it is killed, or once."""
    settings = Settings.from_env(os.environ)
    if action == "migrate":
        say("ready")
        setup.upgrade(settings)
    elif action == "backup":
        say("ready")
        for number in itertools.count():
            say(backup.write(settings, Path(f"{arguments[0]}-{number}.zip"), clock=SystemClock()).path)
    elif action == "restore":
        say("ready")
        backup.restore(settings, Path(arguments[0]), clock=SystemClock(), replacing=True)
    else:
        save(say, Instance(settings), files=action == "upload")
    say("done")
