"""Many records at once: picked by their numbers without a placeholder for each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, String, any_, column, func, select

from crm.queries.prepared import given
from crm.work import Work


def among(work: Work, of: Any) -> ColumnElement[bool]:
    """The column's number is one of those that the statement is given as ``ids``, as :func:`numbers` says them.

    However many they are, the statement stays the same.
    """
    if work.database == "postgresql":
        return of == any_(given("ids", ARRAY(Integer)))  # type: ignore[no-any-return]
    each = func.json_each(given("ids", String)).table_valued(column("value", Integer))
    return of.in_(select(each.c.value))  # type: ignore[no-any-return]


def numbers(work: Work, ids: Sequence[int]) -> Any:
    """Numbers as the database in use takes them for :func:`among`."""
    return list(ids) if work.database == "postgresql" else json.dumps(list(ids))
