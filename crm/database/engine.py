"""Engines for the embedded database (SQLite) and for teams (PostgreSQL)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from crm.errors import ConfigError

BUSY_SECONDS = 10
WRITE_OPTION = "crm_write"
FULL_TEXT = "crm_search_fts"
APPLICATION = "antechamber"
"""how connections to PostgreSQL name themselves, so that a restore sees whether anybody is working"""


class _Connection(sqlite3.Connection):
    """Ends what is still being read when its transaction ends.

    SQLite keeps the snapshot of a transaction as long as one of its statements is unfinished, which an export that the
    browser gave up leaves behind: the connection would show the state of that moment for ever.
    """

    def __init__(self, database: Any, *args: Any, **kwargs: Any) -> None:
        # A new file is for its owner alone; those that SQLite puts beside it get the same rights.
        with contextlib.suppress(OSError):
            os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        self._file = _identity(database)
        super().__init__(database, *args, **kwargs)
        self._path = database
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def refuse_replaced(self) -> None:
        """Refuses to work in a file that a restore put aside while it was being opened.

        :raises sqlite3.OperationalError: opening it once more finds the new one
        """
        if self._file is not None and self._file != _identity(self._path):
            raise sqlite3.OperationalError("database is locked: it was replaced at this moment")

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """A cursor that :meth:`rollback` closes."""
        made: sqlite3.Cursor = super().cursor(*args, **kwargs)
        self._cursors.add(made)
        return made

    def rollback(self) -> None:
        """Ends the transaction and every statement in it; a connection that goes back to the pool passes here."""
        for cursor in list(self._cursors):
            cursor.close()
        self._cursors.clear()
        super().rollback()


def _identity(path: Any) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except (OSError, TypeError, ValueError):
        return None
    return found.st_dev, found.st_ino


def make_engine(address: str) -> Engine:
    """Opens the database at ``address``.

    :param address: SQLAlchemy URL, ``sqlite:///…`` or ``postgresql+psycopg://…``
    :raises ConfigError: the address cannot be read, or names another kind of database
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise ConfigError("CRM_DATABASE_URL is not a database address, such as sqlite:///crm.sqlite3") from error
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    if url.get_backend_name() == "postgresql":
        return _postgresql(url)
    raise ConfigError(f"CRM_DATABASE_URL: {url.get_backend_name()} is not supported; use sqlite or postgresql")


def writing(engine: Engine) -> Engine:
    """The same engine and pool, for units of work that will write."""
    return engine.execution_options(**{WRITE_OPTION: True})


def sqlite_path(engine: Engine) -> Path | None:
    """The file of an embedded database, or None for a server's or an in-memory one."""
    if engine.dialect.name != "sqlite" or not engine.url.database or engine.url.database == ":memory:":
        return None
    return Path(engine.url.database)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "factory": _Connection},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction handling would commit before DDL and lose savepoints; BEGIN is said explicitly.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA cache_size = -16000")
    # The words that the full-text index holds. It keeps nothing by itself, and is no table of the database.
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.execute(f"CREATE VIRTUAL TABLE temp.crm_search_word USING fts5vocab('main', '{FULL_TEXT}', 'instance')")
    cursor.close()
    if isinstance(connection, _Connection):
        connection.refuse_replaced()


def _begin_sqlite(connection: Connection) -> None:
    # A read transaction that turns into a write is answered "locked" at once, so writers say so from the start.
    immediate = connection.get_execution_options().get(WRITE_OPTION)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            # What people wrote must not stand in a log because a statement failed.
            hide_parameters=True,
            connect_args={"connect_timeout": BUSY_SECONDS, "fallback_application_name": APPLICATION},
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigError("PostgreSQL needs its driver: pip install 'antechamber[postgresql]'") from error
