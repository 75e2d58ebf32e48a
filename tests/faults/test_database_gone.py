"""A database that is locked, full, read-only, restarted or cut off: an honest 503 that keeps the form, never a loss."""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from crm.app import create_app
from crm.clock import FixedClock
from crm.database import engine as engines
from crm.database.engine import make_engine
from crm.instance import Instance
from crm.models import Engagement
from crm.services import organisations, setup
from crm.settings import Settings
from crm.testing.browsing import Browser
from crm.testing.databases import PostgresqlTemplate, SqliteTemplate
from crm.testing.fixtures import add_personas

Visit = Callable[..., Browser]
FORM = {"bodies": "DG CNECT", "when": "yesterday", "subject": "Typed with care", "submission": "0123456789abcdef"}


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock is waited for a moment, not ten seconds."""
    monkeypatch.setattr(engines, "BUSY_SECONDS", 1)


def entered(instance: Instance) -> Instance:
    with instance.writing(door="cli", trusted=True) as work:
        organisations.create(work, name="DG CNECT", kind="commission_dg")
    return instance


def subjects(instance: Instance) -> list[str]:
    with instance.reading(door="cli", trusted=True) as work:
        return list(work.session.scalars(select(Engagement.subject)))


def refused(browser: Browser, address: str = "/engagements/new", form: dict[str, Any] = FORM) -> None:
    answer = browser.post(address, form)
    assert answer.status_code == 503, answer.text[:500]
    assert "Nothing was saved" in answer.text
    assert form["subject"] in answer.text
    assert 'name="submission"' in answer.text
    assert "Traceback" not in answer.text


def test_locked_database_keeps_the_form_and_the_second_try_saves_once(
    sqlite_template: SqliteTemplate, clock: FixedClock, tmp_path: Path
) -> None:
    with sqlite_world(sqlite_template.fresh(), clock, tmp_path) as (instance, browser):
        holder = make_engine(instance.settings.database_url)
        with holder.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            refused(browser)
            assert browser.get("/engagements/").status_code == 200, "reading needs no writer's lock"
            connection.exec_driver_sql("ROLLBACK")
        holder.dispose()
        assert browser.post("/engagements/new", FORM).status_code == 303
        assert browser.post("/engagements/new", FORM).status_code == 303
        assert subjects(instance) == ["Typed with care"]


def test_locked_database_stops_no_page_whose_session_is_to_be_touched(
    sqlite_template: SqliteTemplate, clock: FixedClock, tmp_path: Path
) -> None:
    with sqlite_world(sqlite_template.fresh(), clock, tmp_path) as (instance, browser):
        clock.move(hours=1)
        holder = make_engine(instance.settings.database_url)
        with holder.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            assert browser.get("/engagements/").status_code == 200
            connection.exec_driver_sql("ROLLBACK")
        holder.dispose()


@contextmanager
def sqlite_world(address: str, clock: FixedClock, data: Path) -> Iterator[tuple[Instance, Browser]]:
    settings = Settings(
        data=data / "data", database_url=address, secret_key="x" * 40, base_url="http://localhost", development=True
    )
    instance = Instance(settings, clock=clock)
    add_personas(instance)
    app = create_app(instance=entered(instance))
    app.testing = True
    yield instance, Browser(app, instance, "owner")
    instance.engine.dispose()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own; skips where a test may mount none, but fails in continuous integration as root."""
    folder.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, text=True
        )
        if shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode:
        if os.environ.get("CRM_CI") and os.geteuid() == 0:
            pytest.fail("a small disk cannot be mounted, although continuous integration runs as root")
        pytest.skip("a small disk cannot be mounted here; it takes root and a mount namespace")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_loses_nothing_that_was_saved(clock: FixedClock, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 12) as disk:
        setup_settings = Settings(
            data=disk, database_url=f"sqlite:///{disk / 'crm.sqlite3'}", secret_key="x" * 40, development=True
        )
        setup.prepare(setup_settings)
        with sqlite_world(setup_settings.database_url, clock, disk) as (instance, browser):
            saved, refusals = 0, 0
            filler = (disk / "filler").open("wb")
            for number in range(60):
                day = dt.date(2026, 5, 19) - dt.timedelta(days=number)
                form = {**FORM, "subject": f"Number {number}", "submission": f"key-{number:020}", "when": str(day)}
                form["notes"] = "x" * 90_000
                answer = browser.post("/engagements/new", form)
                if answer.status_code == 303:
                    saved += 1
                else:
                    assert answer.status_code == 503, answer.text[:300]
                    assert f"Number {number}" in answer.text
                    refusals += 1
            assert saved > 3
            assert refusals > 3
            assert len(subjects(instance)) == saved
            assert browser.get("/engagements/").status_code == 200
            filler.close()
            with instance.engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_full_disk_takes_no_half_file(clock: FixedClock, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        setup_settings = Settings(
            data=disk, database_url=f"sqlite:///{tmp_path / 'crm.sqlite3'}", secret_key="x" * 40, development=True
        )
        setup.prepare(setup_settings)
        with sqlite_world(setup_settings.database_url, clock, disk) as (instance, browser):
            form = {**FORM, "files": (io.BytesIO(os.urandom(5_000_000)), "big.bin")}
            answer = browser.post("/engagements/new", form, content_type="multipart/form-data")
            assert answer.status_code == 503, answer.text[:300]
            assert "Typed with care" in answer.text
            assert subjects(instance) == []
            assert not [path for path in disk.rglob("*") if path.is_file() and path.stat().st_size > 1000]


def test_read_only_disk_is_an_honest_answer_and_pages_can_still_be_read(clock: FixedClock, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 20) as disk:
        setup_settings = Settings(
            data=disk, database_url=f"sqlite:///{disk / 'crm.sqlite3'}", secret_key="x" * 40, development=True
        )
        setup.prepare(setup_settings)
        with sqlite_world(setup_settings.database_url, clock, disk) as (instance, browser):
            browser.token()
            held = instance.engine.connect()
            held.exec_driver_sql("SELECT count(*) FROM crm_member")
            made_read_only = subprocess.run(["mount", "-o", "remount,ro", str(disk)], capture_output=True, text=True)
            if made_read_only.returncode:
                # A file that is open for writing keeps the disk writable.
                held.close()
                instance.engine.dispose()
                subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            answer = browser.post("/engagements/new", FORM)
            assert answer.status_code == 503, answer.text[:300]
            assert "Typed with care" in answer.text
            assert browser.get("/engagements/").status_code in (200, 503)
            assert browser.get("/readyz").status_code in (200, 503)
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
            held.close()
            assert browser.post("/engagements/new", FORM).status_code == 303


@pytest.fixture
def server_world(
    postgresql_template: PostgresqlTemplate, clock: FixedClock, tmp_path: Path
) -> Iterator[tuple[Instance, Browser]]:
    address = postgresql_template.fresh()
    with sqlite_world(address, clock, tmp_path) as made:
        yield made
    postgresql_template.drop(address)


def test_connections_cut_between_requests_are_not_noticed(
    server_world: tuple[Instance, Browser], postgresql_template: PostgresqlTemplate
) -> None:
    instance, browser = server_world
    browser.get("/engagements/")
    cut(instance)
    assert browser.post("/engagements/new", FORM).status_code == 303
    cut(instance)
    assert browser.get("/engagements/").status_code == 200


def cut(instance: Instance) -> None:
    admin = make_engine(instance.settings.database_url)
    with admin.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    admin.dispose()


def test_server_restarted_in_the_middle_of_a_save_saves_nothing_and_says_so(
    server_world: tuple[Instance, Browser], postgresql_template: PostgresqlTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, browser = server_world
    from crm.services.engagements import recording

    original, restarts = recording.set_points, []

    def restarting(*arguments: Any) -> Any:
        if not restarts:
            restarts.append(postgresql_template.restart())
        return original(*arguments)

    monkeypatch.setattr(recording, "set_points", restarting)
    refused(browser)
    assert restarts
    assert subjects(instance) == []
    assert browser.post("/engagements/new", FORM).status_code == 303
    assert subjects(instance) == ["Typed with care"]


def test_server_that_is_gone_gives_an_honest_page_and_comes_back(
    server_world: tuple[Instance, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, browser = server_world
    token = browser.token()
    good, bad = instance.engine, make_engine("postgresql://localhost:1/nowhere?connect_timeout=1")
    for maker in (instance._readers, instance._writers):
        maker.configure(bind=bad)
    for address in ("/", "/engagements/", "/organisations/", "/readyz"):
        assert browser.get(address).status_code == 503, address
    answer = browser.client.post("/engagements/new", data={"csrf_token": token, **FORM})
    assert answer.status_code == 503, answer.text[:300]
    assert "Typed with care" in answer.text
    for maker, options in ((instance._readers, {}), (instance._writers, {"crm_write": True})):
        maker.configure(bind=good.execution_options(**options))
    bad.dispose()
    assert browser.post("/engagements/new", FORM).status_code == 303


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_connection_cut_after_the_commit_makes_no_second_record(
    kind: str, request: pytest.FixtureRequest, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = request.getfixturevalue(f"{kind}_template")
    address = template.fresh()
    with sqlite_world(address, clock, tmp_path) as (instance, browser):
        dialect = instance.engine.dialect
        commit, cuts = dialect.do_commit, []
        driver_error = dialect.dbapi.OperationalError  # type: ignore[attr-defined]

        def cutting(connection: Any) -> None:
            commit(connection)
            if not cuts and instance.engine.dialect is dialect and armed:
                cuts.append(1)
                raise driver_error(
                    "server closed the connection unexpectedly" if kind == "postgresql" else "disk I/O error"
                )

        armed: list[int] = []
        monkeypatch.setattr(dialect, "do_commit", cutting)
        browser.token()
        armed.append(1)
        first = browser.post("/engagements/new", FORM)
        assert cuts
        assert first.status_code in (303, 503)
        assert first.status_code == 303 or "Typed with care" in first.text
        if kind == "postgresql":
            assert "nobody can tell whether it was" in first.text
        second = browser.post("/engagements/new", FORM)
        assert second.status_code == 303
        assert subjects(instance) == ["Typed with care"]
    template.drop(address)
