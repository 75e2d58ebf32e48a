"""Finds the row of headers below titles and notes, and gives every column one name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from crm.errors import Invalid
from crm.imports.fields import FIELDS
from crm.imports.tables import Cell, Limits, Reading, Row, header_key, is_empty, worded
from crm.text import undefuse

HEAD_MARK = "# "
_HEADERS = frozenset(name for fields in FIELDS.values() for field in fields.values() for name in field.names)
LOOKED_AT = 40
"""rows in which the headers must stand"""


def with_headers(
    rows: Iterable[Row], reading: Reading, limits: Limits
) -> tuple[tuple[str, ...], int, dict[str, str], Iterator[Row]]:
    """Splits rows into headers, the number of their row, the facts above it, and the filled rows below.

    :raises Invalid: (field ``file``) there is no such row, or it is wider than the limit
    """
    source = iter(rows)
    first: list[Row] = []
    for row in source:
        first.append(row)
        if len(first) >= max(LOOKED_AT, reading.header_row):
            break
    place = _place(first, reading)
    headers = _named(first[place].cells, first[place + 1 :])
    if len(headers) > limits.columns:
        raise Invalid("file", f"The file has {len(headers)} columns; at most {limits.columns} can be read.")
    return (
        headers,
        first[place].number,
        _facts(first[:place]),
        _filled(chain(first[place + 1 :], source), len(headers), limits),
    )


def _facts(above: Sequence[Row]) -> dict[str, str]:
    """The head of our own exports: rows that begin with "# " and a name."""
    found = {}
    for row in above:
        cells = [worded(cell) for cell in row.cells]
        if len(cells) > 1 and cells[0].startswith(HEAD_MARK):
            found[cells[0].removeprefix(HEAD_MARK)] = undefuse(cells[1])
    return found


def _place(first: Sequence[Row], reading: Reading) -> int:
    if reading.header_row:
        for place, row in enumerate(first):
            if row.number == reading.header_row:
                return place
        raise Invalid("header_row", f"The file has no row {reading.header_row}.")
    if reading.wanted is not None:
        for place, row in enumerate(first):
            if reading.wanted([header_key(worded(cell)) for cell in row.cells]):
                return place
    found = _likely(first)
    if found is None:
        if any(not is_empty(cell) for row in first for cell in row.cells):
            raise Invalid("header_row", "No row reads like headers: put names of the columns above the rows.")
        raise Invalid("file", "The file is empty: there is no row of headers with rows below it.")
    return found


def _likely(first: Sequence[Row]) -> int | None:
    """The first row that is as wide as the table and holds words: titles above it fill fewer cells."""
    widths = [sum(not is_empty(cell) for cell in row.cells) for row in first]
    widest = max(widths, default=0)
    for least in (0.6, 0.3, 0.0):
        for place, row in enumerate(first):
            if widths[place] and widths[place] >= widest * least and _reads_like_headers(row.cells):
                return _lowest(first, place)
    return None


def _lowest(first: Sequence[Row], place: int) -> int:
    """Of headers in two or three rows the one that tells columns apart: headings of several columns stand above it."""
    best, known = place, _known(first[place].cells)
    for below in range(place + 1, min(place + 3, len(first))):
        found = _known(first[below].cells)
        if found <= known or not _reads_like_headers(first[below].cells):
            break
        best, known = below, found
    return best


def familiar(rows: Sequence[Row]) -> int:
    """How many headers that a field is known by stand in the row that has most of them."""
    return max((_known(row.cells) for row in rows), default=0)


def _known(cells: Sequence[Cell]) -> int:
    return sum(header_key(cell) in _HEADERS for cell in cells if isinstance(cell, str))


def _reads_like_headers(cells: Sequence[Cell]) -> bool:
    filled = [worded(cell) for cell in cells if not is_empty(cell)]
    if filled and filled[0].lstrip().startswith(HEAD_MARK):
        return False
    keys = [header_key(text) for text in filled]
    return all(isinstance(cell, str) for cell in cells if not is_empty(cell)) and (
        len(set(keys)) * 2 >= len(keys) and not any(key.replace(" ", "").isdigit() for key in keys)
    )


def _named(cells: Sequence[Cell], below: Sequence[Row]) -> tuple[str, ...]:
    width = max((place + 1 for place, cell in enumerate(cells) if not is_empty(cell)), default=0)
    # A column without a header counts as one where many rows fill it; a few are rows gone wrong, told as such.
    filled = Counter(
        place for row in below for place, cell in enumerate(row.cells) if place >= width and not is_empty(cell)
    )
    width = max([width, *(place + 1 for place, times in filled.items() if times * 2 > len(below))])
    seen: dict[str, int] = {}
    found: list[str] = []
    for place in range(width):
        text = " ".join(worded(cells[place]).split()) if place < len(cells) else ""
        text = text.lstrip("\ufeff") or f"Column {place + 1}"
        key = header_key(text) or text
        seen[key] = seen.get(key, 0) + 1
        found.append(text if seen[key] == 1 else f"{text} ({seen[key]})")
    return tuple(found)


def _filled(rows: Iterable[Row], width: int, limits: Limits) -> Iterator[Row]:
    read = 0
    for row in rows:
        if all(is_empty(cell) for cell in row.cells):
            continue
        read += 1
        if read > limits.rows:
            raise Invalid("file", f"The file has more than {limits.rows:,} rows; split it.")
        cells = row.cells
        if len(cells) < width:
            cells = cells + (None,) * (width - len(cells))
        elif len(cells) > width and all(is_empty(cell) for cell in cells[width:]):
            cells = cells[:width]
        for place, cell in enumerate(cells):
            if isinstance(cell, str) and len(cell) > limits.cell:
                raise Invalid(
                    "file", f"Row {row.number}, column {place + 1}: a cell has at most {limits.cell:,} characters."
                )
        yield Row(row.number, cells)


def numbered(rows: Iterable[Sequence[Cell]], start: int = 1) -> Iterator[Row]:
    """Rows with the numbers a spreadsheet gives them."""
    for number, cells in enumerate(rows, start):
        yield Row(number, tuple(cells))


Wanted = Callable[[Sequence[str]], bool]
