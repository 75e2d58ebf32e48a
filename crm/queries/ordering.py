"""The order of a list by the head of a column, from an allow-list, ties in the list's own order; and one page of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

Keys = tuple[ColumnElement[Any] | Any, ...]


def clauses(sort: str, columns: Mapping[str, Keys], own: Sequence[Any]) -> list[Any]:
    """What a statement is ordered by.

    :param sort: a key of ``columns``, with ``-`` before it for the other way round; empty for the list's own order.
        What has no value stands last both ways.
    :param own: the list's own order, which tells rows apart in the end
    """
    if not sort:
        return list(own)
    is_descending = sort.startswith("-")
    chosen = columns[sort.removeprefix("-")]
    return [*((key.desc() if is_descending else key.asc()).nulls_last() for key in chosen), *own]


def page(
    statement: Select[Any], key: Any, *, limit: int, offset: int, finding: Select[Any] | None = None
) -> Select[Any]:
    """One page of a list in order: its rows are found by what orders them, and only then read.

    What a row says is joined for the rows of the page alone, however many stand before them.

    :param key: the column that tells rows apart
    :param finding: the same rows in the same order without what is joined to say something of them
    """
    place = (
        (statement if finding is None else finding)
        .with_only_columns(key.label("number"))
        .limit(limit)
        .offset(offset)
        .subquery("page")
    )
    return statement.where(key.in_(select(place.c.number)))
