"""What every export format eats: a sheet of typed columns, with the facts that say how to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

Kind = Literal["text", "int", "date", "datetime", "flag"]


class Column(NamedTuple):
    """One column. Its cells are ``None`` or, by kind, ``str``, ``int``, ``date``, ``datetime``, ``bool``.

    An aware ``datetime`` is a moment and is written in UTC where a format knows no offsets; a naive one is wall time.
    """

    key: str
    """name for programs"""
    title: str
    """name for people"""
    kind: Kind = "text"


class Sheet(NamedTuple):
    """One table to hand out."""

    name: str
    columns: tuple[Column, ...]
    head: tuple[tuple[str, str], ...]
    """facts about the whole: as seen by whom, at what moment, with which filter"""
    rows: Iterable[tuple[Any, ...]]
    """as long as ``columns`` each; read once, so they may come straight from a cursor"""


class ExportFormat(NamedTuple):
    """One way to hand out a sheet."""

    key: str
    """word by which it is asked for: ``csv``"""
    label: str
    media_type: str
    extension: str
    """with its dot: ``.csv``"""
    write: Callable[[Sheet], Iterator[bytes]]
    """streams the file; memory does not grow with the rows"""


def check(sheet: Sheet) -> None:
    """Refuses a sheet that no format could write faithfully.

    :raises ValueError: for no columns, a key or fact that stands twice, a title that reads like a fact
    """
    keys = [column.key for column in sheet.columns]
    if not keys:
        raise ValueError("a sheet needs a column")
    if len(set(keys)) < len(keys):
        raise ValueError(f"two columns have the same key: {keys}")
    facts = [fact for fact, _ in sheet.head]
    if len(set(facts)) < len(facts):
        raise ValueError(f"a fact of the head stands twice: {facts}")
    if sheet.columns[0].title.startswith("#"):
        raise ValueError("the title of the first column begins with #, which marks the head")
