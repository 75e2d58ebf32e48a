"""Reads the version twins: what a transaction wrote, what was written since, and how a record stood at any moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Table, and_, or_, select, tuple_
from sqlalchemy.orm import aliased

from crm.models import Base, Member
from crm.models.base import Recorded
from crm.models.history import DELETED, INSERTED, Transaction, Twins
from crm.work import Work

# A statement takes some 32,000 values.
AT_ONCE = 5000

Values = Mapping[str, Any]
Key = tuple[Any, ...]


class Move(NamedTuple):
    """One row, and what it is to become.

    :param now: its columns as they stand, none if it is not there
    :param then: its columns as they are to stand, none if it is not to be there
    """

    record_class: type[Any]
    key: Key
    now: Values | None
    then: Values | None


class Later(NamedTuple):
    """A change that was made to a record after the one in question."""

    record_class: type[Any]
    values: Values
    member: str | None
    at: dt.datetime
    verb: str


class Unrecorded(NamedTuple):
    """A row that a transaction changed, and whose earlier state nobody kept."""

    record_class: type[Any]
    values: Values


def in_order() -> list[type[Any]]:
    """Every recorded class, those that others point at first."""
    places = {table: place for place, table in enumerate(Base.metadata.sorted_tables)}
    return sorted(Twins.tables, key=lambda one: places[table_of(one)])


def table_of(record_class: type[Any]) -> Table:
    """The table of a mapped class."""
    return cast(Table, record_class.__table__)


def key_names(record_class: type[Any]) -> list[str]:
    """The columns of the primary key of a mapped class."""
    return [column.name for column in table_of(record_class).primary_key.columns]


def undoing(work: Work, transaction_id: int) -> list[int]:
    """The transaction that took ``transaction_id`` back, the one that took that back, and so on; an odd number of them
    means that it is taken back now."""
    chain: list[int] = []
    number = transaction_id
    while True:
        found = work.session.scalar(select(Transaction.id).where(Transaction.undoes_id == number))
        if found is None:
            return chain
        chain.append(found)
        number = found


def undone_by(work: Work, transaction_id: int) -> list[int]:
    """The transaction that ``transaction_id`` took back, the one that that had taken back, and so on; an odd number of
    them means that it took work back, an even one that it did work, for the first time or again."""
    chain: list[int] = []
    number: int | None = transaction_id
    while number is not None:
        number = work.session.scalar(select(Transaction.undoes_id).where(Transaction.id == number))
        if number is not None:
            chain.append(number)
    return chain


def moves_back(work: Work, transaction_id: int) -> tuple[list[Move], list[Unrecorded]]:
    """What takes a transaction back, and what cannot be because its earlier state is not known."""
    found: list[Move] = []
    lost: list[Unrecorded] = []
    for record_class in in_order():
        twin, keys = Twins.of(record_class), key_names(record_class)
        wrote = list(work.session.execute(select(twin).where(twin.c.transaction_id == transaction_id)).mappings())
        if not wrote:
            continue
        earlier, before = twin.alias(), twin
        statement = (
            select(earlier)
            .join(before, and_(*(earlier.c[key] == before.c[key] for key in keys)))
            .where(
                before.c.transaction_id == transaction_id,
                earlier.c.until_id == transaction_id,
                earlier.c.transaction_id != transaction_id,
            )
        )
        known = {_key(row, keys): row for row in work.session.execute(statement).mappings()}
        standing = rows_of(work, record_class, [_key(row, keys) for row in wrote])
        for row in wrote:
            key = _key(row, keys)
            then = known.get(key)
            if row["operation"] != INSERTED and then is None:
                lost.append(Unrecorded(record_class, _values(record_class, row)))
            move = Move(record_class, key, standing.get(key), None if then is None else _values(record_class, then))
            if move.now is not None or move.then is not None:
                found.append(move)
    return found, lost


def hold(work: Work, moves: Iterable[Move]) -> None:
    """Lets nobody else save the records until this unit of work ends; whoever edits a part saves its whole."""
    wholes: dict[type[Any], list[Any]] = {}
    for move in moves:
        if is_whole(move.record_class) and move.now is not None:
            wholes.setdefault(move.record_class, []).append(move.key[0])
    for record_class, ids in wholes.items():
        column = next(iter(table_of(record_class).primary_key.columns))
        for start in range(0, len(ids), AT_ONCE):
            statement = select(column).where(column.in_(sorted(ids[start : start + AT_ONCE]))).order_by(column)
            work.session.execute(statement.with_for_update())


def changed_since(work: Work, transaction_id: int, *, limit: int) -> list[Later]:
    """The latest changes of the rows that ``transaction_id`` wrote, at most ``limit`` of them.

    What was changed and taken back again is no change.
    """
    later: dict[type[Any], dict[int, int | None]] = {}
    for record_class in in_order():
        twin, keys = Twins.of(record_class), key_names(record_class)
        after = twin.alias()
        statement = (
            select(after.c.transaction_id, Transaction.undoes_id)
            .join(twin, and_(*(twin.c[key] == after.c[key] for key in keys)))
            .join(Transaction, Transaction.id == after.c.transaction_id)
            .where(twin.c.transaction_id == transaction_id, after.c.transaction_id > transaction_id)
            .distinct()
        )
        found = {row[0]: row[1] for row in work.session.execute(statement)}
        if found:
            later[record_class] = found
    standing = _standing({number: undoes for found in later.values() for number, undoes in found.items()})
    changes: list[Later] = []
    # The wholes first: they are what a person knows by name.
    for record_class in sorted(later, key=lambda one: not is_whole(one)):
        numbers = standing & set(later[record_class])
        if numbers and len(changes) < limit:
            changes += _changes_of(work, record_class, transaction_id, numbers, limit - len(changes))
    return changes


def _standing(undoes: Mapping[int, int | None]) -> set[int]:
    """The transactions that still hold: not taken back, nor taking back what is."""
    left = set(undoes)
    for number in sorted(undoes, reverse=True):
        if number in left and undoes[number] in left:
            left -= {number, undoes[number]}
    return left


def _changes_of(
    work: Work, record_class: type[Any], transaction_id: int, numbers: Iterable[int], limit: int
) -> list[Later]:
    twin, keys = Twins.of(record_class), key_names(record_class)
    after, who = twin.alias(), aliased(Member)
    statement = (
        select(after, Transaction.at, Transaction.verb, who.name.label("who"))
        .join(twin, and_(*(twin.c[key] == after.c[key] for key in keys)))
        .join(Transaction, Transaction.id == after.c.transaction_id)
        .outerjoin(who, who.id == Transaction.member_id)
        .where(twin.c.transaction_id == transaction_id, after.c.transaction_id.in_(sorted(numbers)))
        .order_by(after.c.transaction_id.desc())
        .limit(AT_ONCE)
    )
    found: dict[Key, Later] = {}
    for row in work.session.execute(statement).mappings():
        # Each record once, by its latest change.
        later = Later(record_class, _values(record_class, row), row["who"], row["at"], row["verb"])
        found.setdefault(_key(row, keys), later)
        if len(found) == limit:
            break
    return list(found.values())


def states_at(
    work: Work, record_class: type[Any], condition: ColumnElement[bool], transaction_id: int
) -> dict[Key, Values]:
    """The rows of ``record_class`` that stood once ``transaction_id`` was done.

    :param condition: on the columns of the twin table, which rows are asked for
    """
    twin, keys = Twins.of(record_class), key_names(record_class)
    statement = select(twin).where(
        condition,
        twin.c.transaction_id <= transaction_id,
        or_(twin.c.until_id.is_(None), twin.c.until_id > transaction_id),
        twin.c.operation != DELETED,
    )
    return {_key(row, keys): _values(record_class, row) for row in work.session.execute(statement).mappings()}


def transaction_of(work: Work, record_class: type[Any], record_id: int, version: int) -> int | None:
    """The transaction that gave a record its ``version``, if the history knows it."""
    twin = Twins.of(record_class)
    found: int | None = work.session.scalar(
        select(twin.c.transaction_id).where(twin.c.id == record_id, twin.c.version == version).limit(1)
    )
    return found


def live(work: Work, record_class: type[Any], condition: ColumnElement[bool]) -> dict[Key, Values]:
    """The rows of ``record_class`` as they stand."""
    table, keys = table_of(record_class), key_names(record_class)
    rows = work.session.execute(select(table).where(condition)).mappings()
    return {_key(row, keys): dict(row) for row in rows}


def pointing_at(work: Work, record_class: type[Any], keys: Sequence[Key]) -> Iterator[tuple[Table, Values]]:
    """Rows of any table that point at the rows ``keys`` of ``record_class``, but for derived ones that go with them."""
    target = table_of(record_class)
    for table in Base.metadata.sorted_tables:
        if table in Twins.tables.values():
            continue
        for constraint in table.foreign_key_constraints:
            if constraint.referred_table is not target or constraint.ondelete == "CASCADE":
                continue
            column = next(iter(constraint.columns))
            for start in range(0, len(keys), AT_ONCE):
                ids = [key[0] for key in keys[start : start + AT_ONCE]]
                for row in work.session.execute(select(table).where(column.in_(ids))).mappings():
                    yield table, dict(row)


def rows_of(work: Work, record_class: type[Any], keys: Sequence[Key]) -> dict[Key, Values]:
    """The rows with these keys, as they stand."""
    table, names = table_of(record_class), key_names(record_class)
    found: dict[Key, Values] = {}
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        condition = (
            table.c[names[0]].in_([key[0] for key in part])
            if len(names) == 1
            else tuple_(*(table.c[name] for name in names)).in_(part)
        )
        found.update(live(work, record_class, condition))
    return found


def is_whole(record_class: type[Recorded]) -> bool:
    """Whether records of the class stand for themselves, and are no part of another."""
    return record_class.__whole__ is None


def _key(row: Mapping[Any, Any], names: Sequence[str]) -> Key:
    return tuple(row[name] for name in names)


def _values(record_class: type[Any], row: Mapping[Any, Any]) -> Values:
    return {column.name: row[column.name] for column in table_of(record_class).columns}
