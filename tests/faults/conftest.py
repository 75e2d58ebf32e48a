"""Processes of their own, which are killed without a word."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.clock import FixedClock, SystemClock
from crm.database import checks
from crm.database.engine import make_engine
from crm.instance import Instance
from crm.services import attachments, drift
from crm.settings import Settings
from tests.database.logs import enter
from tests.faults import worker

#: How often each process is killed; more by CRM_TEST_ROUNDS.
ROUNDS = int(os.environ.get("CRM_TEST_ROUNDS", "6"))
TOP = Path(__file__).parents[2]
PATIENCE = 60


#: Forks processes that have everything imported, so that each takes milliseconds and can be killed often.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["crm.instance", "crm.services.backup", "crm.services.engagements", "alembic.command"])


class Killed:
    """A process that works until it is killed.

    :ivar lines: what it said so far
    """

    def __init__(self, environ: dict[str, str], *words: str) -> None:
        self.lines: list[str] = []
        self._hears, says = FORKS.Pipe(duplex=False)
        self._process = FORKS.Process(target=worker.run, args=(says, environ, *words), daemon=True)
        self._process.start()
        says.close()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self.lines.append(self._hears.recv())

    def after(self, seconds: float, lines: int = 1) -> list[str]:
        """Kills it ``seconds`` after it has said ``lines``; gives what it said after the first."""
        until = time.monotonic() + PATIENCE
        while len(self.lines) < lines and self._process.is_alive() and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(seconds)
        self._process.kill()
        self._process.join()
        self._listening.join()
        assert not [line for line in self.lines if line.startswith("failed")], self.lines[-1]
        assert len(self.lines) >= lines
        return self.lines[1:]


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Moments to be killed at: the same each time, others for each test."""
    return random.Random(request.node.name)


@pytest.fixture
def log(settings: Settings, clock: FixedClock) -> Settings:
    """An installation with a log, which nobody has open."""
    enter(settings, clock)
    return settings


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    """What a process needs to work in the same installation."""
    return environ_of(settings)


def environ_of(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    return {
        **kept,
        "CRM_DATA": str(settings.data),
        "CRM_DATABASE_URL": settings.database_url,
        "CRM_SECRET_KEY": settings.secret_key,
        "CRM_DEVELOPMENT": "1",
        "PYTHONWARNINGS": "ignore",
    }


@pytest.fixture
def opened(log: Settings) -> Iterator[Instance]:
    """The installation, to look what is there."""
    made = Instance(log, clock=SystemClock())
    yield made
    made.engine.dispose()


def refuse_half_done(instance: Instance) -> None:
    """Nothing of the database is broken, nothing derived differs, and every attachment has its file."""
    engine = make_engine(instance.settings.database_url)
    with engine.connect() as connection:
        assert checks.integrity(connection) == []
        assert checks.foreign_keys(connection) == []
    engine.dispose()
    with instance.reading(door="cli", trusted=True) as work:
        assert drift.faults(work, base_url=instance.settings.base_url) == []
        assert attachments.missing(work, instance.settings) == []
