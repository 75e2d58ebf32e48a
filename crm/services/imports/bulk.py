"""Rows written by the thousand: numbers taken beforehand, twins written by the database from the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, literal, null, select, text, update

from crm.database.inserting import insert_rows
from crm.models.history import INSERTED, Twins
from crm.work import Work

AT_ONCE = 1000


def table_of(record_class: type[Any]) -> Table:
    """The table of a mapped class."""
    return cast(Table, record_class.__table__)


def numbers(work: Work, record_class: type[Any], count: int) -> list[int]:
    """The next ``count`` numbers of a table, which nobody else will get; a unit of work that writes holds the rest."""
    if not count:
        return []
    name = table_of(record_class).name
    if work.database == "postgresql":
        taken = text(f"SELECT nextval(pg_get_serial_sequence('{name}', 'id')) FROM generate_series(1, :count)")  # noqa: S608
        return list(work.session.scalars(taken, {"count": count}))
    highest = work.session.scalar(select(table_of(record_class).c.id).order_by(table_of(record_class).c.id.desc())) or 0
    given = work.session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": name}) or 0
    first = max(highest, given) + 1
    return list(range(first, first + count))


def write(work: Work, record_class: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows that name the same columns."""
    insert_rows(work.session.connection(), table_of(record_class), rows)


def keep_twins(work: Work, record_class: type[Any], condition: Any) -> None:
    """Writes the twins of rows that were inserted in this unit of work."""
    table, twin = table_of(record_class), Twins.of(record_class)
    names = [column.name for column in table.columns]
    chosen = select(
        *(table.c[name] for name in names), literal(work.transaction_id()), null(), literal(INSERTED)
    ).where(condition)
    work.session.execute(insert(twin).from_select([*names, "transaction_id", "until_id", "operation"], chosen))


def point(work: Work, record_class: type[Any], column: str, targets: Mapping[int, int]) -> None:
    """Has rows that were inserted in this unit of work point at others, in their only twins as well.

    :param column: which holds the number of the other
    :param targets: number of a row → number of the other
    """
    pairs = [{"one": one, "other": other} for one, other in targets.items()]
    if pairs:
        for table in (table_of(record_class), Twins.of(record_class)):
            told = update(table).where(table.c.id == bindparam("one")).values({column: bindparam("other")})
            work.session.connection().execute(told, pairs)
