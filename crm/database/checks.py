"""Looks whether a database is whole."""

from __future__ import annotations

import datetime as dt
import sqlite3

from sqlalchemy import Connection, text

MOST = 20
"""faults told of one kind"""

#: From this version on a rare race between two checkpoints of a log that is begun anew cannot lose pages.
#: https://www.sqlite.org/wal.html#walresetbug
SOUND_SQLITE = (3, 51, 3)


def integrity(connection: Connection) -> list[str]:
    """Faults in the structure of the file; PostgreSQL looks after its own."""
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})").scalars().all()
    return [str(line) for line in found if line != "ok"]


def foreign_keys(connection: Connection) -> list[str]:
    """Rows that refer to rows there are none of; PostgreSQL lets none in, unless somebody took a constraint away."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [f"row {row} of {table} refers to a row of {parent} there is none of" for table, row, parent, _ in found]
    unsure = connection.execute(
        text(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'f' AND NOT convalidated AND connamespace = current_schema()::regnamespace"
        )
    )
    return [f"the constraint {name} of {table} was never checked" for table, name in unsure]


def now(connection: Connection) -> dt.datetime | None:
    """The clock of the machine that the database runs on, where that may be another one."""
    if connection.dialect.name == "sqlite":
        return None
    found: dt.datetime | None = connection.exec_driver_sql("SELECT clock_timestamp()").scalar()
    return found


def version(connection: Connection) -> str:
    """The database's own version, in words."""
    if connection.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"


def is_sound_sqlite() -> bool:
    """Whether the SQLite at hand is without the fault described at :data:`SOUND_SQLITE`."""
    return sqlite3.sqlite_version_info >= SOUND_SQLITE


def settings(connection: Connection) -> dict[str, str]:
    """How the database is set as far as it decides whether an acknowledged save is on disk."""
    names = (
        ("journal_mode", "synchronous", "foreign_keys")
        if connection.dialect.name == "sqlite"
        else ("fsync", "synchronous_commit", "full_page_writes")
    )
    asking = "PRAGMA" if connection.dialect.name == "sqlite" else "SHOW"
    return {name: str(connection.exec_driver_sql(f"{asking} {name}").scalar()) for name in names}
