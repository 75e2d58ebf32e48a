"""Puts a restored state in the place of the present one, which is kept aside: at any moment one of them is there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from crm.database import transfer
from crm.database.engine import APPLICATION, make_engine, sqlite_path, writing
from crm.database.migrate import upgrade_within
from crm.database.snapshot import reading
from crm.database.transfer import PREFIX, Sum
from crm.errors import ConfigError

PATIENCE_SECONDS = 2.0
_IN_USE = "the database is in use: stop “crm serve”, and whatever else has it open, first"


def replace_sqlite(staged: Path, target: Path, aside: Path) -> None:
    """Puts the file ``staged`` in the place of ``target``.

    :param staged: on the same disk, without a log beside it
    :param aside: folder on the same disk, which the present file goes into
    :raises ConfigError: somebody has the database open
    """
    with alone(target):
        if target.exists():
            _keep(target, aside / target.name)
        for beside in ("-wal", "-shm"):
            # Left by a database too damaged to be opened; the new one must not take them for its own.
            left = target.with_name(target.name + beside)
            if left.exists():
                left.rename(aside / left.name)
        os.replace(staged, target)
        sync(target.parent)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keeps everybody else out of an SQLite file, and has everything of it in that one file.

    :raises ConfigError: somebody has it open
    """
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as connection:
        try:
            # Only a connection that is the only one can leave the write-ahead log (sqlite.org/wal.html).
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise ConfigError(_IN_USE) from None
            raise
        except sqlite3.DatabaseError:
            mode = "damaged"
        if mode == "wal":
            raise ConfigError(_IN_USE)
        yield


@contextmanager
def still(engine: Engine) -> Iterator[None]:
    """Lets nobody write to a database while it is carried to another place; others may read.

    :raises ConfigError: somebody has it open
    """
    path = sqlite_path(engine)
    if path is not None:
        with alone(path):
            pass
        with writing(engine).begin():
            yield
        return
    with engine.begin() as connection:
        refuse_company(connection)
        for each in transfer.tables(connection):
            connection.exec_driver_sql(f'LOCK TABLE "{each.name}" IN SHARE MODE')
        yield


def replace_postgresql(engine: Engine, staged: Path, aside: str) -> dict[str, Sum]:
    """Loads an SQLite snapshot of this program's revision into PostgreSQL and puts it in the place of what is there.

    All in one transaction: a fault or a power cut at any moment leaves what was there.

    :param aside: schema that the present tables go into, if there are any
    :raises ConfigError: somebody works in the database, or a right is missing
    """
    source = make_engine(f"sqlite:///{staged}")
    stage = f"{aside}_new"
    try:
        with reading(source) as here, writing(engine).begin() as there:
            refuse_company(there)
            main = str(there.scalar(text("SELECT quote_ident(current_schema())")))
            there.exec_driver_sql(f"CREATE SCHEMA {stage}")
            there.exec_driver_sql(f"SET LOCAL search_path TO {stage}")
            upgrade_within(there)
            sent = transfer.copy(here, there)
            there.exec_driver_sql(f"SET LOCAL search_path TO {main}")
            there.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
            if transfer.holds_anything(there):
                there.exec_driver_sql(f"CREATE SCHEMA {aside}")
                _move(there, main, aside)
            _move(there, stage, main)
            there.exec_driver_sql(f"DROP SCHEMA {stage}")
        return sent
    finally:
        source.dispose()


def fill_postgresql(engine: Engine, source: Engine) -> dict[str, Sum]:
    """Makes the tables in an empty PostgreSQL database and carries every row of ``source`` over, in one transaction.

    :raises ConfigError: there is something in it already
    """
    with reading(source) as here, writing(engine).begin() as there:
        if transfer.holds_anything(there):
            raise ConfigError("the target holds tables of this program already; give an empty database")
        upgrade_within(there)
        return transfer.copy(here, there)


def refuse_company(connection: Connection) -> None:
    """:raises ConfigError: another process of this program is connected to the same PostgreSQL database"""
    others = connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = :name AND pid <> pg_backend_pid()"
        ),
        {"name": APPLICATION},
    )
    if others:
        raise ConfigError(_IN_USE)


def sync(folder: Path) -> None:
    """A file that was renamed is safe only when its folder is (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep(path: Path, kept: Path) -> None:
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.link(path, kept)
    except OSError:
        # Not every file system knows a second name for one file.
        with contextlib.suppress(FileNotFoundError):
            kept.unlink()
        shutil.copyfile(path, kept)
        with kept.open("rb") as copy:
            os.fsync(copy.fileno())
    sync(kept.parent)


def _move(connection: Connection, origin: str, to: str) -> None:
    """Moves tables, with their indexes, sequences and constraints, and functions to another schema."""
    bare = origin.strip('"')
    for name in inspect(connection).get_table_names(schema=bare):
        if name.startswith(PREFIX):
            connection.exec_driver_sql(f'ALTER TABLE {origin}."{name}" SET SCHEMA {to}')
    found = connection.execute(
        text(
            "SELECT pg_proc.oid::regprocedure::text FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace"
            " WHERE nspname = :schema AND starts_with(proname, :prefix)"
        ),
        {"schema": bare, "prefix": PREFIX},
    )
    for (signature,) in found.all():
        named = signature if "." in signature else f"{origin}.{signature}"
        connection.exec_driver_sql(f"ALTER FUNCTION {named} SET SCHEMA {to}")
