"""One state of a whole database as one SQLite file, taken while others read and write.

SQLite is copied by its backup API. PostgreSQL is read in one REPEATABLE READ transaction into a new, migrated SQLite
file: no program of a fitting version (``pg_dump``) has to be there, the file can be opened by anybody, goes back into
either database, and its checksums are comparable with those of the tables it came from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from crm.database import checks, transfer
from crm.database.engine import make_engine, sqlite_path, writing
from crm.database.migrate import revision_of, upgrade_within
from crm.database.transfer import Sum
from crm.errors import ConfigError


class Snapshot(NamedTuple):
    """What a snapshot holds."""

    revision: str
    tables: dict[str, Sum]


def take(engine: Engine, path: Path) -> Snapshot:
    """Writes one state of the database to ``path`` and checks what was written.

    :param path: a file that is not there yet
    :raises ConfigError: the database is empty, or the copy is not whole
    """
    if sqlite_path(engine) is not None:
        _copy_pages(engine, path)
        taken = describe(path)
    else:
        with reading(engine) as source:
            revision = revision_of(source)
            if revision is None:
                raise ConfigError("the database is empty: there is nothing to back up")
            sent = _carry(source, path, revision)
        taken = describe(path)
        if taken.tables != sent:
            raise ConfigError("the copy does not hold what was read; try again, and check the disk")
    return taken


def describe(path: Path) -> Snapshot:
    """Reads a snapshot whole.

    :raises ConfigError: it is damaged, or is no database of this program
    """
    engine = make_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            revision = revision_of(connection)
            if revision is None:
                raise ConfigError("the database is empty: there is nothing to back up")
            if faults := [*checks.integrity(connection), *checks.foreign_keys(connection)]:
                raise ConfigError(f"the database is damaged: {'; '.join(faults[:3])}; “crm doctor” says more")
            found = Snapshot(revision, transfer.sums(connection))
    finally:
        engine.dispose()
    single(path)
    return found


def single(path: Path) -> None:
    """Has everything of an SQLite database that nobody uses in its one file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state from its first question to its last, and can write nothing."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection:
        yield connection


def _copy_pages(engine: Engine, path: Path) -> None:
    with closing(engine.raw_connection()) as pooled, closing(sqlite3.connect(path)) as target:
        source = pooled.driver_connection
        assert isinstance(source, sqlite3.Connection)
        # All pages in one step: it reads one state, while others go on writing to the log beside it.
        source.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode = DELETE")


def _carry(source: Connection, path: Path, revision: str) -> dict[str, Sum]:
    target = make_engine(f"sqlite:///{path}")
    try:
        with writing(target).begin() as connection:
            upgrade_within(connection, revision)
            return transfer.copy(source, connection)
    finally:
        target.dispose()
