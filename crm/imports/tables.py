"""What every file becomes: headers and numbered rows of cells, read one after the other."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crm.text import tokens

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | list[Any] | None


class Row(NamedTuple):
    """One row of a file."""

    number: int
    """as a spreadsheet shows it, from 1, headers and empty rows included; in JSON the place of the record"""
    cells: tuple[Cell, ...]


class Limits(NamedTuple):
    """What a file may hold; more is refused while it is read."""

    size: int = 512 * 1024 * 1024
    """bytes, unpacked"""
    rows: int = 2_000_000
    columns: int = 300
    cell: int = 100_000
    """characters"""


class Reading(NamedTuple):
    """How a file is to be read, where the file itself does not say it rightly; empty is found out."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0
    """number of the row of headers, none: found by what stands in it"""
    wanted: Callable[[Sequence[str]], bool] | None = None
    """whether a row of header keys is the one looked for"""


@dataclass(slots=True)
class Table:
    """One file, opened. ``rows`` is read once."""

    headers: tuple[str, ...]
    rows: Iterator[Row]
    form: str
    """``csv``, ``xlsx``, ``json``…"""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header_row: int = 1
    facts: dict[str, str] = field(default_factory=dict)
    """what our own exports say about the whole: ``ours``, ``filter``…"""
    keys: tuple[str, ...] = field(default=())
    """the headers as :func:`header_key` writes them"""

    def __post_init__(self) -> None:
        self.keys = tuple(header_key(header) for header in self.headers)


def header_key(header: str) -> str:
    """The form in which two spellings of one header are equal: "Start date:", "START  DATE" and "startDate"."""
    return " ".join(tokens(_HUMP.sub(" ", header)))


def is_empty(cell: Cell) -> bool:
    """Whether nothing was written there."""
    return cell is None or cell == [] or (isinstance(cell, str) and not cell.strip(" \t\r\n\u00a0\ufeff\u200b"))


def worded(cell: Cell) -> str:
    """A cell as text: numbers without ".0", dates as ISO 8601, lists one a line."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, list):
        return "\n".join(worded(one) for one in cell)
    return str(cell)
