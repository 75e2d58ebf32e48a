"""Carries every row from one database to another, and proves that they hold the same.

One way serves three things: a backup of PostgreSQL (into an SQLite file), its restoring (back), and ``crm db move``. It
knows tables as the database itself describes them, so that it holds for every revision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    TableClause,
    Text,
    Time,
    cast,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
    type_coerce,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from crm.database.migrate import VERSION_TABLE
from crm.database.types import UtcDateTime
from crm.errors import ConfigError

PREFIX = "crm_"
AT_ONCE = 2000
"""rows read and written together"""

_MODULUS = 1 << 256
_PARTS = ("_data", "_idx", "_content", "_docsize", "_config")


class Sum(NamedTuple):
    """What a table holds.

    :param rows: how many
    :param sha256: sum of the hashes of all rows modulo 2²⁵⁶, in hexadecimal: the same in whatever order they are read
    """

    rows: int
    sha256: str


class _RawJson(TypeDecorator[str]):
    """JSON as the text that is stored, so that what two databases hold can be compared letter by letter."""

    impl = Text
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> Any:
        return cast(type_coerce(bindparam, Text), JSON)

    def column_expression(self, column: Any) -> Any:
        return cast(column, Text)


class _SqliteJson(TypeDecorator[str]):
    """The same where JSON is text anyway; what was stored as a bare number comes back as one."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> str | None:
        return value if value is None or isinstance(value, str) else json.dumps(value)


def tables(connection: Connection) -> list[TableClause]:
    """The product's tables with the columns that hold something of their own, in alphabetical order.

    Left out: the revision, and what the database works out itself (full-text indexes, computed columns).
    """
    looking = inspect(connection)
    derived = _derived_tables(connection)
    found = []
    for name in sorted(looking.get_table_names()):
        if not name.startswith(PREFIX) or name == VERSION_TABLE or name in derived:
            continue
        columns = [
            column(about["name"], _plain(name, about["name"], about["type"], connection.dialect.name))
            for about in sorted(looking.get_columns(name), key=lambda about: about["name"])
            if not about.get("computed") and type(about["type"]).__name__ != "TSVECTOR"
        ]
        found.append(table(name, *columns))
    return found


def sums(connection: Connection) -> dict[str, Sum]:
    """What every table holds, by its name."""
    found = {}
    for each in tables(connection):
        counting = _Counting(each)
        for rows in _read(connection, each):
            counting.add(rows)
        found[each.name] = counting.sum()
    return found


def copy(source: Connection, target: Connection) -> dict[str, Sum]:
    """Writes every row of ``source`` into the empty, migrated tables of ``target``, and reads them back.

    :param source: inside a transaction that sees one state throughout
    :param target: inside a transaction, which the caller commits
    :raises ConfigError: the two have other tables or columns, or what arrived is not what was sent
    """
    from_here = tables(source)
    there = {each.name: each for each in tables(target)}
    _refuse_other_shape(from_here, there)
    sent = {}
    constraints = _take_foreign_keys(target)
    for each in from_here:
        counting = _Counting(each)
        into = there[each.name]
        names = [found.name for found in into.columns]
        for rows in _read(source, each):
            counting.add(rows)
            target.execute(insert(into), [dict(zip(names, row, strict=True)) for row in rows])
        sent[each.name] = counting.sum()
    _put_foreign_keys(target, constraints)
    numbers = counters(source)
    _set_counters(target, numbers)
    _rebuild_indexes(target)
    arrived = sums(target)
    if differing := [name for name in sent if sent[name] != arrived.get(name)]:
        raise ConfigError(f"what arrived in {', '.join(differing)} is not what was sent; nothing was kept")
    after = counters(target)
    if behind := [name for name, number in numbers.items() if after.get(name, number) < number]:
        raise ConfigError(f"the numbers of new rows would begin too low in {', '.join(behind)}; nothing was kept")
    return sent


def counters(connection: Connection) -> dict[str, int]:
    """The last number given to a row, by table; a row that was deleted keeps its number for itself."""
    found: dict[str, int] = {}
    if connection.dialect.name == "sqlite":
        if connection.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")):
            given = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
            found = {name: int(number) for name, number in given if name.startswith(PREFIX)}
    else:
        for each in tables(connection):
            if sequence := _sequence(connection, each):
                # The database itself gave the name, quoted.
                used = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
                found[each.name] = int(used[0]) if used[1] else 0
    for each in tables(connection):
        if each.name in found:
            highest = connection.scalar(select(func.max(each.c.id))) or 0
            found[each.name] = max(found[each.name], int(highest))
    return found


def holds_anything(connection: Connection) -> bool:
    """Whether there is any table of the product."""
    return any(name.startswith(PREFIX) for name in inspect(connection).get_table_names())


class _Counting:
    def __init__(self, of: TableClause) -> None:
        names = json.dumps([found.name for found in of.columns])
        self._total = int.from_bytes(hashlib.sha256(names.encode()).digest(), "big")
        self._rows = 0

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        dumped, digest, from_bytes = json.dumps, hashlib.sha256, int.from_bytes
        for row in rows:
            # ASCII, because how other characters are written out depends on the Python at hand.
            self._total += from_bytes(digest(dumped(row, default=_told).encode("ascii")).digest(), "big")
            self._rows += 1

    def sum(self) -> Sum:
        return Sum(self._rows, f"{self._total % _MODULUS:064x}")


def _told(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value.isoformat())


def _read(connection: Connection, of: TableClause) -> Iterator[list[tuple[Any, ...]]]:
    statement = select(*of.columns).execution_options(yield_per=AT_ONCE)
    with connection.execute(statement) as result:
        for rows in result.partitions():
            yield [tuple(row) for row in rows]


def _plain(table_name: str, name: str, kind: TypeEngine[Any], dialect: str) -> TypeEngine[Any]:
    if isinstance(kind, JSON):
        return _SqliteJson() if dialect == "sqlite" else _RawJson()
    for found, given in (
        (DateTime, UtcDateTime()),
        (Boolean, Boolean()),
        (BigInteger, BigInteger()),
        (Integer, Integer()),
        (Date, Date()),
        (Time, Time()),
        (Float, Float()),
        (LargeBinary, LargeBinary()),
        (String, Text()),
    ):
        if isinstance(kind, found):
            return given
    raise ConfigError(f"{table_name}.{name} is of a kind ({kind!r}) that cannot be carried over")


def _derived_tables(connection: Connection) -> set[str]:
    """Full-text indexes and the tables they keep themselves in."""
    if connection.dialect.name != "sqlite":
        return set()
    names = {f"{name}{part}" for name in _indexes(connection) for part in ("", *_PARTS)}
    return names


def _indexes(connection: Connection) -> list[str]:
    """Full-text indexes of an SQLite database."""
    listed = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"))
    return [str(name) for (name,) in listed]


def _rebuild_indexes(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for name in _indexes(connection):
            connection.exec_driver_sql(f'INSERT INTO "{name}" ("{name}") VALUES (\'rebuild\')')  # noqa: S608


def _refuse_other_shape(here: list[TableClause], there: Mapping[str, TableClause]) -> None:
    ours = {each.name: [found.name for found in each.columns] for each in here}
    theirs = {name: [found.name for found in each.columns] for name, each in there.items()}
    if foreign := sorted(ours.keys() - theirs.keys()):
        raise ConfigError(f"this program does not know {', '.join(foreign)}; is the plugin it belongs to installed?")
    if odd := sorted(name for name in theirs if ours.get(name) != theirs[name]):
        raise ConfigError(f"{', '.join(odd)} has other columns here than there; nothing was copied")


def _take_foreign_keys(connection: Connection) -> list[tuple[str, str, str]]:
    """Lets rows come in any order: what they refer to is checked when all are there."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        return []
    found = connection.execute(
        text(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(pg_constraint.oid)"
            " FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
            " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND starts_with(relname, :prefix)"
        ),
        {"prefix": PREFIX},
    ).all()
    constraints = [(str(of), str(name), str(wording)) for of, name, wording in found]
    for of, name, _ in constraints:
        connection.exec_driver_sql(f"ALTER TABLE {of} DROP CONSTRAINT {name}")
    return constraints


def _put_foreign_keys(connection: Connection, constraints: list[tuple[str, str, str]]) -> None:
    for of, name, wording in constraints:
        connection.exec_driver_sql(f"ALTER TABLE {of} ADD CONSTRAINT {name} {wording}")


def _sequence(connection: Connection, of: TableClause) -> str | None:
    if "id" not in of.columns:
        return None
    found: str | None = connection.scalar(
        text("SELECT pg_get_serial_sequence(quote_ident(:name), 'id')"), {"name": of.name}
    )
    return found


def _set_counters(connection: Connection, numbers: Mapping[str, int]) -> None:
    if connection.dialect.name == "sqlite":
        own = [name for name, wording in _wordings(connection) if "AUTOINCREMENT" in wording.upper()]
        for name in own:
            if numbers.get(name):
                connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
                connection.execute(
                    text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"),
                    {"name": name, "seq": numbers[name]},
                )
        return
    for each in tables(connection):
        if sequence := _sequence(connection, each):
            highest = connection.scalar(select(func.max(each.c.id))) or 0
            last = max(numbers.get(each.name, 0), int(highest))
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :last, :called)"),
                {"sequence": sequence, "last": max(last, 1), "called": last > 0},
            )


def _wordings(connection: Connection) -> list[tuple[str, str]]:
    listed = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"))
    return [(str(name), str(wording)) for name, wording in listed if str(name).startswith(PREFIX)]
