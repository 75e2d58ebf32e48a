"""Backup, restore and move: one state of everything, verified, on both databases and between them."""

from __future__ import annotations

import json
import random
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from crm import __version__
from crm.clock import FixedClock
from crm.database import transfer
from crm.database.engine import make_engine
from crm.errors import ConfigError, Invalid
from crm.instance import Instance
from crm.models import Engagement
from crm.services import attachments, backup, engagements, moving, organisations
from crm.settings import Settings
from crm.testing.databases import PostgresqlTemplate, SqliteTemplate, Template
from tests.database.logs import enter

Sums = dict[str, transfer.Sum]


def sums(settings: Settings) -> Sums:
    engine = make_engine(settings.database_url)
    with engine.connect() as connection:
        found = transfer.sums(connection)
    engine.dispose()
    return found


@pytest.fixture
def log(settings: Settings, clock: FixedClock) -> Settings:
    """An installation with a log in it, which nobody has open."""
    enter(settings, clock)
    return settings


@pytest.fixture
def elsewhere(template: Template, tmp_path: Path, log: Settings) -> Iterator[Settings]:
    """An empty place for the same kind of database."""
    address = template.empty()
    yield replace(log, data=tmp_path / "elsewhere", database_url=address)
    template.drop(address)


def test_restored_log_is_the_one_that_was_backed_up(
    log: Settings, elsewhere: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    made = backup.write(log, tmp_path / "it.zip", clock=clock)
    done = backup.restore(elsewhere, tmp_path / "it.zip", clock=clock)

    assert sums(elsewhere) == sums(log)
    assert done.content == made
    assert (made.attachments, made.missing, made.program) == (2, [], __version__)
    assert (done.aside, done.upgraded) == ("", False)
    assert (tmp_path / "it.zip").stat().st_mode & 0o777 == 0o600
    opened = Instance(elsewhere, clock=clock)
    with opened.reading(door="cli", trusted=True) as work:
        assert attachments.missing(work, elsewhere) == []
    opened.engine.dispose()
    assert not list(tmp_path.glob(".*"))


def test_numbers_of_deleted_rows_are_not_given_again(
    log: Settings, elsewhere: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    made = Instance(log, clock=clock)
    with made.writing(door="cli", trusted=True) as work:
        last = organisations.create(work, name="Deleted", kind="other").id
    with made.engine.begin() as connection:
        for table, column in (("crm_organisation_closure", "descendant_id"), ("crm_organisation", "id")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} = :id"), {"id": last})
    made.engine.dispose()
    backup.write(log, tmp_path / "it.zip", clock=clock)
    backup.restore(elsewhere, tmp_path / "it.zip", clock=clock)

    opened = Instance(elsewhere, clock=clock)
    with opened.writing(door="cli", trusted=True) as work:
        assert organisations.create(work, name="New", kind="other").id > last
    opened.engine.dispose()


def test_what_was_there_is_kept_aside(log: Settings, clock: FixedClock, tmp_path: Path) -> None:
    backup.write(log, tmp_path / "it.zip", clock=clock)
    before = sums(log)
    enter(log, clock, name="later")
    assert sums(log) != before
    with pytest.raises(ConfigError, match="--replace"):
        backup.restore(log, tmp_path / "it.zip", clock=clock)

    done = backup.restore(log, tmp_path / "it.zip", clock=clock, replacing=True)

    assert sums(log) == before
    assert len(list(log.data.glob("before-restore-20260520-090000*/attachments/??/*"))) == 2
    if log.database_url.startswith("sqlite"):
        kept = Path(done.aside) / Path(log.database_url.removeprefix("sqlite:///")).name
        assert "later" in _names(f"sqlite:///{kept}")
    else:
        assert "later" in _names(log.database_url, "before_restore_20260520_090000.")
    assert "later" not in _names(log.database_url)


def _names(address: str, schema: str = "") -> str:
    engine = make_engine(address)
    with engine.connect() as connection:
        found = " ".join(connection.execute(text(f"SELECT name FROM {schema}crm_organisation")).scalars())
    engine.dispose()
    return found


def test_writers_go_on_while_it_is_backed_up_and_one_state_is_kept(
    log: Settings, elsewhere: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    made = Instance(log, clock=clock)
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set():
            with made.writing(door="cli", trusted=True) as work:
                first = organisations.create(work, name=f"Pair {len(written)}", kind="other")
                organisations.create(work, name=f"Pair {len(written)} too", kind="other")
                written.append(first.id)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(4):
            before = len(written)
            backup.write(log, tmp_path / f"{number}.zip", clock=clock)
            assert len(written) > before, "the writer was held up"
    finally:
        stop.set()
        thread.join()
        made.engine.dispose()
    backup.restore(elsewhere, tmp_path / "3.zip", clock=clock)
    pairs = [name for name in _names(elsewhere.database_url).split("Pair ") if name]
    assert len(pairs) > before
    engine = make_engine(elsewhere.database_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM crm_organisation WHERE name LIKE 'Pair%'")) % 2 == 0
    engine.dispose()


def test_cut_file_is_refused_wherever_it_is_cut(log: Settings, clock: FixedClock, tmp_path: Path) -> None:
    backup.write(log, tmp_path / "it.zip", clock=clock)
    whole = (tmp_path / "it.zip").read_bytes()
    before = sums(log)
    for length in (0, 1, 30, len(whole) // 2, len(whole) - 200, len(whole) - 71, len(whole) - 1):
        refused(log, clock, tmp_path, whole[:length])
    refused(log, clock, tmp_path, whole + b"\0")
    assert sums(log) == before


def test_file_with_one_wrong_bit_is_refused_wherever_it_is(log: Settings, clock: FixedClock, tmp_path: Path) -> None:
    backup.write(log, tmp_path / "it.zip", clock=clock)
    whole = (tmp_path / "it.zip").read_bytes()
    before = sums(log)
    chosen = random.Random(7)
    places = [0, 3, len(whole) - 1, len(whole) - 70, *(chosen.randrange(len(whole)) for _ in range(60))]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chosen.randrange(8)
        refused(log, clock, tmp_path, bytes(damaged))
    assert sums(log) == before


def refused(log: Settings, clock: FixedClock, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "wrong.zip"
    path.write_bytes(data)
    with pytest.raises(Invalid, match="FILE"):
        backup.restore(log, path, clock=clock, replacing=True)
    assert not list(log.data.glob("before-*"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format_version": 2}, "install that version"),
        ({"revision": "9999"}, "install that version"),
        ({"format": "another"}, "no backup of this program"),
        ({"members": {}}, "no backup of this program"),
    ],
)
def test_file_of_a_newer_program_is_refused_with_the_version_needed(
    log: Settings, clock: FixedClock, tmp_path: Path, change: dict[str, object], why: str
) -> None:
    backup.write(log, tmp_path / "it.zip", clock=clock)
    rewritten(tmp_path / "it.zip", tmp_path / "newer.zip", change)

    with pytest.raises(Invalid, match=why):
        backup.restore(log, tmp_path / "newer.zip", clock=clock, replacing=True)


def rewritten(origin: Path, path: Path, change: dict[str, object]) -> None:
    """The same archive with another manifest, and a seal that is right."""
    import hashlib

    with zipfile.ZipFile(origin) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "manifest.json":
                data = json.dumps({**json.loads(data), **change}).encode()
            new.writestr(name, data)
        new.comment = b"sha256:" + b"0" * 64
    data = path.read_bytes()
    path.write_bytes(data[:-64] + hashlib.sha256(data[:-71]).hexdigest().encode())


def test_file_whose_tables_are_not_those_of_its_manifest_is_refused(
    log: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    backup.write(log, tmp_path / "it.zip", clock=clock)
    with zipfile.ZipFile(tmp_path / "it.zip") as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    tables["crm_engagement"]["rows"] += 1
    rewritten(tmp_path / "it.zip", tmp_path / "other.zip", {"tables": tables})
    with pytest.raises(Invalid, match="tables"):
        backup.restore(log, tmp_path / "other.zip", clock=clock, replacing=True)
    assert not list(log.data.glob("before-*"))


def test_database_in_use_is_not_replaced(log: Settings, clock: FixedClock, tmp_path: Path) -> None:
    backup.write(log, tmp_path / "it.zip", clock=clock)
    before = sums(log)
    held = make_engine(log.database_url)
    with held.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(ConfigError, match="in use"):
            backup.restore(log, tmp_path / "it.zip", clock=clock, replacing=True)
    held.dispose()
    assert sums(log) == before
    assert not list(log.data.glob("before-*"))


def test_lost_and_damaged_attachments_are_named_and_the_rest_is_kept(
    log: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    first, second = sorted(log.attachments.glob("??/*"))
    first.unlink()
    second.write_bytes(b"other")
    made = backup.write(log, tmp_path / "it.zip", clock=clock)
    assert (made.attachments, len(made.missing)) == (1, 2)


def test_existing_file_is_never_overwritten(log: Settings, clock: FixedClock, tmp_path: Path) -> None:
    (tmp_path / "it.zip").write_bytes(b"precious")
    with pytest.raises(Invalid, match="is there already"):
        backup.write(log, tmp_path / "it.zip", clock=clock)
    with pytest.raises(Invalid, match="no folder"):
        backup.write(log, tmp_path / "nowhere" / "it.zip", clock=clock)
    assert (tmp_path / "it.zip").read_bytes() == b"precious"


def test_oldest_backups_make_room(log: Settings, clock: FixedClock, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "antechamber-mine.zip").write_bytes(b"")
    for _ in range(4):
        backup.write(log, folder, clock=clock)
        clock.move(hours=24)
    assert len(backup.forget_old(folder, 3)) == 1
    assert sorted(path.name for path in folder.iterdir()) == [
        "antechamber-20260521-090000.backup.zip",
        "antechamber-20260522-090000.backup.zip",
        "antechamber-20260523-090000.backup.zip",
        "antechamber-mine.zip",
    ]


@pytest.mark.parametrize("direction", ["to server", "to file"])
def test_log_moves_between_the_databases_with_equal_sums(
    direction: str,
    sqlite_template: SqliteTemplate,
    postgresql_template: PostgresqlTemplate,
    clock: FixedClock,
    tmp_path: Path,
) -> None:
    here, there = (sqlite_template, postgresql_template)
    if direction == "to file":
        here, there = there, here  # type: ignore[assignment]
    origin, address = here.fresh(), there.empty()
    settings = Settings(data=tmp_path / "data", database_url=origin, secret_key="x", development=True)
    enter(settings, clock)
    before = sums(settings)

    moved = moving.move(settings, address.replace("+psycopg", ""))

    after = replace(settings, database_url=address)
    assert sums(after) == before == sums(settings)
    assert moved.rows == sum(found.rows for found in before.values())
    opened = Instance(after, clock=clock)
    with opened.writing(door="cli", trusted=True) as work:
        engagement = work.session.query(Engagement).first()
        assert engagement is not None
        engagements.bin(work, engagement.id)
        assert organisations.create(work, name="New", kind="other").id > before["crm_organisation"].rows
    opened.engine.dispose()
    with pytest.raises(ConfigError, match="empty one"):
        moving.move(settings, address)
    for one, made in ((here, origin), (there, address)):
        one.drop(made)


def test_log_somebody_has_open_is_not_moved(log: Settings, sqlite_template: SqliteTemplate, tmp_path: Path) -> None:
    held = make_engine(log.database_url)
    target = sqlite_template.empty()
    with held.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(ConfigError, match="in use"):
            moving.move(log, target)
    held.dispose()
    assert not Path(target.removeprefix("sqlite:///")).exists()
