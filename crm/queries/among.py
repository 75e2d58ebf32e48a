"""Many records at once: read as plain rows, and picked by their numbers without a placeholder for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, any_, bindparam, column, func, select

from crm.work import Work


def among(work: Work, of: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """The column's number is one of ``ids``; however many they are, the statement stays the same."""
    numbers = list(ids)
    if work.database == "postgresql":
        return of == any_(bindparam(None, numbers, type_=ARRAY(Integer)))  # type: ignore[no-any-return]
    each = func.json_each(json.dumps(numbers)).table_valued(column("value", Integer))
    return of.in_(select(each.c.value))  # type: ignore[no-any-return]


def plain(work: Work, statement: Any) -> Sequence[Any]:
    """The rows of a statement of columns, straight from the connection: none of them is a record."""
    work.session.flush()
    return work.session.connection().execute(statement).all()
