"""Cells that no spreadsheet runs: the one place where exports are defused (OWASP, *CSV Injection*)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from crm.exports.columns import Sheet
from crm.text import defuse

BATCH = 500
"""rows taken from the source at a time: enough to work by columns, few enough for a first byte at once"""

_FIRST = itemgetter(0)


def defused(sheet: Sheet) -> Sheet:
    """Gives the sheet with every text cell, title and fact as :func:`crm.text.defuse` leaves it, rows as they come.

    Formats for spreadsheets write this sheet and never the one they were given. Not to be applied twice.
    """
    rows = (row for cells in defused_columns(sheet) for row in zip(*cells, strict=True))
    return defused_head(sheet)._replace(rows=rows)


def defused_head(sheet: Sheet) -> Sheet:
    """Gives the sheet with its titles and facts defused and its rows left alone, for :func:`defused_columns`."""
    return sheet._replace(
        columns=tuple(column._replace(title=defuse(column.title)) for column in sheet.columns),
        head=tuple((defuse(fact), defuse(value)) for fact, value in sheet.head),
    )


def defused_columns(sheet: Sheet) -> Iterator[list[Sequence[Any]]]:
    """Gives the cells of a sheet batch by batch, defused, one sequence for each column.

    The fast way for a format that treats all cells of a column alike.

    :raises ValueError: for a row that is longer or shorter than the columns
    """
    for batch in batches(sheet.rows):
        cells: list[Sequence[Any]] = list(zip(*batch, strict=True))
        if len(cells) != len(sheet.columns):
            raise ValueError(f"a row has {len(cells)} cells for {len(sheet.columns)} columns")
        for number, column in enumerate(sheet.columns):
            # A number column that holds text after all gets no way round.
            if column.kind == "text" or str in set(map(type, cells[number])):
                cells[number] = _safe(cells[number])
        yield cells


def batches(rows: Iterable[tuple[Any, ...]], size: int = BATCH) -> Iterator[list[tuple[Any, ...]]]:
    """Gives the rows in lists of ``size``, the first one short so that the first byte is early."""
    source = iter(rows)
    batch = list(islice(source, min(size, 50)))
    while batch:
        yield batch
        batch = list(islice(source, size))


def _safe(cells: Sequence[Any]) -> Sequence[Any]:
    """Few cells begin with anything but a letter or digit: one look at all beginnings spares a look at each cell."""
    try:
        beginnings = set(map(_FIRST, filter(None, cells)))
    except TypeError:
        return [defuse(cell) if isinstance(cell, str) else cell for cell in cells]
    # A beginning that is harmless before "=" is harmless before anything.
    risky = {char for char in beginnings if not char.isalnum() and defuse(char + "=") != char + "="}
    return [defuse(cell) if cell and cell[0] in risky else cell for cell in cells] if risky else cells
