"""Many rows at once, past the mapper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnDefault, Connection, Table

JOINED_AT_MOST = 500


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, joined: bool = False
) -> None:
    """Inserts rows that name the same columns, in their order; plain defaults are filled in.

    The values are brought into the driver's form as the mapper would, but column by column.

    :param joined: hundreds of rows go into one statement, as the full-text index of SQLite wants it, which writes out
        what it has gathered at the end of each
    """
    if not rows:
        return
    given = list(rows[0])
    defaults = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in rows[0] and isinstance(column.default, ColumnDefault) and column.default.is_scalar
    }
    values = [[row[name] for name in given] + list(defaults.values()) for row in rows]
    names = [*given, *defaults]
    dialect = connection.dialect
    for place, name in enumerate(names):
        bring = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if bring is not None:
            for row in values:
                row[place] = bring(row[place])
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    listed = ", ".join(dialect.identifier_preparer.quote(name) for name in names)
    one = f"({', '.join([mark] * len(names))})"
    head = f"INSERT INTO {table.name} ({listed}) VALUES "  # noqa: S608 - names of our own tables
    if not joined:
        connection.exec_driver_sql(head + one, [tuple(row) for row in values])
        return
    for start in range(0, len(values), JOINED_AT_MOST):
        part = values[start : start + JOINED_AT_MOST]
        connection.exec_driver_sql(head + ", ".join([one] * len(part)), tuple(value for row in part for value in row))
