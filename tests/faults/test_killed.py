"""kill -9 in the middle of a save, an upload, a migration, a backup, a restore: many times each, at random moments."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from crm.clock import FixedClock
from crm.database import transfer
from crm.database.engine import make_engine
from crm.database.migrate import current, head, pending_changes
from crm.instance import Instance
from crm.models import Attachment, Base, CalendarEntry, DiscussionPoint, Engagement, FollowUp, Participation
from crm.models.history import Transaction, Twins
from crm.services import attachments, backup
from crm.settings import Settings
from crm.testing.databases import Template
from tests.database.logs import enter
from tests.faults.conftest import ROUNDS, TOP, Killed, environ_of, refuse_half_done

pytestmark = pytest.mark.slow


def test_save(opened: Instance, environ: dict[str, str], chance: random.Random) -> None:
    acknowledged: set[int] = set()
    for _ in range(ROUNDS):
        said = Killed(environ, "save").after(chance.random() * 0.15, lines=3)
        acknowledged |= {int(line) for line in said}
    with opened.reading(door="cli", trusted=True) as work:
        there = set(work.session.scalars(select(Engagement.id).where(Engagement.subject == "Killed in the middle")))
        assert acknowledged <= there
        # A save that was cut after its commit may be there as well, one for each kill; it is whole like the others.
        assert len(there - acknowledged) <= ROUNDS
        for parts, column in (
            (DiscussionPoint, DiscussionPoint.engagement_id),
            (Participation, Participation.engagement_id),
        ):
            numbers = work.session.execute(
                select(column, func.count()).select_from(parts).where(column.in_(there)).group_by(column)
            )
            assert dict(row._tuple() for row in numbers) == dict.fromkeys(there, 2)
        assert set(work.session.scalars(select(FollowUp.engagement_id))) == there
        entries = select(CalendarEntry.record_id).where(CalendarEntry.kind == "engagement")
        assert there <= set(work.session.scalars(entries))
        twin = Twins.of(Engagement)
        told = select(twin.c.id).join(Transaction, Transaction.id == twin.c.transaction_id)
        assert there <= set(work.session.scalars(told.where(Transaction.verb == "engagement.log")))
    refuse_half_done(opened)


def test_upload(opened: Instance, environ: dict[str, str], chance: random.Random) -> None:
    acknowledged: dict[int, str] = {}
    for _ in range(ROUNDS):
        said = Killed(environ, "upload").after(chance.random() * 0.15, lines=2)
        acknowledged |= {int(number): digest for number, digest in (line.split() for line in said)}
    with opened.reading(door="cli", trusted=True) as work:
        stored = work.session.execute(select(Attachment.engagement_id, Attachment.sha256))
        assert acknowledged.items() <= dict(row._tuple() for row in stored).items()
        assert {one.state for one in _looked(opened)} <= {"ok", "warning"}
        # What was cut is swept, and nothing else.
        attachments.sweep(work, opened.settings, older_than=0)
        assert attachments.orphans(work, opened.settings, older_than=0) == []
    refuse_half_done(opened)
    assert not [path for path in (opened.settings.attachments / "incoming").glob("*") if path.is_file()]


def _looked(opened: Instance):  # type: ignore[no-untyped-def]
    from crm.services import doctor

    return [one for one in doctor.examine_log(opened, []) if one.check == "attachments"]


def test_migration(template: Template, settings: Settings, chance: random.Random) -> None:
    address = template.empty()
    environ = environ_of(replace(settings, database_url=address))
    engine = make_engine(address)
    outcomes = set()
    for _ in range(ROUNDS):
        Killed(environ, "migrate").after(chance.random() * 0.9)
        found = current(engine)
        with engine.connect() as connection:
            tables = [name for name in inspect(connection).get_table_names() if name.startswith("crm_")]
            assert found == head() or tables == []
            if found == head():
                assert pending_changes(connection, Base.metadata) == []
        outcomes.add(found)
        if found == head():
            engine.dispose()
            template.drop(address)
            address = template.empty()
            environ = environ_of(replace(settings, database_url=address))
            engine = make_engine(address)
    done = subprocess.run(
        [sys.executable, "-m", "crm", "db", "upgrade"], cwd=TOP, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert current(engine) == head()
    engine.dispose()
    template.drop(address)


def test_backup(log: Settings, environ: dict[str, str], chance: random.Random, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    before = sums(log)
    for number in range(ROUNDS):
        Killed(environ, "backup", str(folder / f"{number}")).after(chance.random() * 1.2)
        for path in folder.glob("*.zip"):
            assert backup.inspect(path).rows == sum(found.rows for found in before.values())
    assert sums(log) == before
    backup.write(log, folder / "last.zip", clock=FixedClock(_moment()))


def test_restore(
    log: Settings, environ: dict[str, str], clock: FixedClock, chance: random.Random, tmp_path: Path
) -> None:
    backup.write(log, tmp_path / "it.zip", clock=clock)
    kept = sums(log)
    enter(log, clock, name="later")
    later = sums(log)
    outcomes = []
    for _ in range(ROUNDS + 2):
        Killed(environ, "restore", str(tmp_path / "it.zip")).after(chance.random() * 2.0)
        found = _settled(log)
        assert found in (kept, later), "half restored"
        outcomes.append(found == kept)
        opened = Instance(log, clock=clock)
        refuse_half_done(opened)
        opened.engine.dispose()
        if found == kept:
            enter(log, clock, name="later")
            later = sums(log)
    for left in log.data.glob("before-restore-*"):
        shutil.rmtree(left)
    backup.restore(log, tmp_path / "it.zip", clock=clock, replacing=True)
    assert sums(log) == kept


def test_restart_after_many_writers_were_killed_at_once(
    opened: Instance, environ: dict[str, str], chance: random.Random
) -> None:
    said: list[list[str]] = [[] for _ in range(4)]

    def write(place: int, seconds: float) -> None:
        said[place] = Killed(environ, "save").after(seconds, lines=2)

    threads = [threading.Thread(target=write, args=(place, chance.random() * 0.4)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened.reading(door="cli", trusted=True) as work:
        there = set(work.session.scalars(select(Engagement.id)))
    acknowledged = [int(line) for lines in said for line in lines]
    assert set(acknowledged) <= there
    assert len(set(acknowledged)) == len(acknowledged) >= 4
    refuse_half_done(opened)


def sums(settings: Settings) -> dict[str, transfer.Sum]:
    engine = make_engine(settings.database_url)
    with engine.connect() as connection:
        found = transfer.sums(connection)
    engine.dispose()
    return found


def _settled(settings: Settings) -> dict[str, transfer.Sum]:
    """PostgreSQL notices only after a moment that a client is gone, and takes back what it did."""
    engine = make_engine(settings.database_url)
    if engine.dialect.name == "postgresql":
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for _ in range(200):
            with engine.connect() as connection:
                if not connection.scalar(others):
                    break
                connection.execute(text("SELECT pg_sleep(0.05)"))
    engine.dispose()
    return sums(settings)


def _moment():  # type: ignore[no-untyped-def]
    from crm.testing.fixtures import NOW

    return NOW
