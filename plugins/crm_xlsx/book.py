"""A workbook, streamed (ECMA-376, Office Open XML): a worksheet for the rows, more if they do not fit, "About" last.

Own rather than a library: nothing is kept on disk or in memory, and it takes an eighth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from crm.plugin import Column, Sheet, check, defused_columns, defused_head
from crm_xlsx import parts
from crm_xlsx.cells import STYLE_HEADER, STYLE_TITLE, block, cut, letters, text_cell

MAX_ROWS = 1_048_576
"""rows of a worksheet, header included"""
MAX_BYTES = 1_900_000_000
"""of one worksheet before packing: beyond 2 GiB its ZIP entry would need a form that Excel complains about"""

_CHUNK = 64 * 1024
_WIDTHS = {"int": 9, "date": 11, "datetime": 17, "flag": 9}
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


class Extent(NamedTuple):
    """What one worksheet came to hold."""

    name: str
    rows: int
    """header included"""
    columns: int
    """those for the rest of long texts included"""


class _Sink:
    """A file that cannot be sought, so that everything written can go out at once."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """There is nothing to give back."""

    def taken(self) -> bytes:
        data = b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return data


def write_xlsx(sheet: Sheet) -> Iterator[bytes]:
    """Streams the sheet as a workbook in pieces of about 64 KB.

    Text that a spreadsheet could run is defused; text longer than a cell goes on in columns to the right of its row;
    rows that do not fit go on in another worksheet; the facts of the head stand on the last one.

    :raises ValueError: for a sheet that :func:`crm.plugin.check` refuses
    """
    check(sheet)
    return _stream(sheet)


def _stream(sheet: Sheet) -> Iterator[bytes]:
    top = defused_head(sheet)
    sink = _Sink()
    extents: list[Extent] = []
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=1) as book:
        _put(book, "_rels/.rels", parts.PACKAGE_RELATIONS)
        _put(book, "xl/styles.xml", parts.STYLES)
        yield sink.taken()
        yield from _worksheets(top, book, sink, extents)
        _put(book, f"xl/worksheets/sheet{len(extents) + 1}.xml", _about(top, extents))
        names = [extent.name for extent in extents]
        names.append(_name("About", names))
        _put(book, "xl/workbook.xml", parts.workbook(names, extents))
        _put(book, "xl/_rels/workbook.xml.rels", parts.workbook_relations(len(names)))
        _put(book, "[Content_Types].xml", parts.content_types(len(names)))
    yield sink.taken()


def _put(book: ZipFile, name: str, text: str) -> None:
    with book.open(name, "w") as part:
        part.write(text.encode())


def _worksheets(sheet: Sheet, book: ZipFile, sink: _Sink, extents: list[Extent]) -> Iterator[bytes]:
    source = defused_columns(sheet)
    batch: list[Sequence[Any]] | None = next(source, None)
    while batch is not None or not extents:
        name = _name(sheet.name, [extent.name for extent in extents])
        number, written, widest = 1, 0, len(sheet.columns)
        with book.open(f"xl/worksheets/sheet{len(extents) + 1}.xml", "w") as part:
            part.write(_beginning(sheet.columns, batch).encode())
            while batch is not None and number < MAX_ROWS and written < MAX_BYTES:
                fitting = [cells[: MAX_ROWS - number] for cells in batch]
                data, columns = _rows(sheet.columns, fitting, number + 1)
                part.write(data)
                number += len(fitting[0])
                written += len(data)
                widest = max(widest, columns)
                left = [cells[len(fitting[0]) :] for cells in batch]
                batch = left if left[0] else next(source, None)
                if sink.size >= _CHUNK:
                    yield sink.taken()
            extents.append(Extent(name, number, widest))
            part.write(parts.ending(extents[-1]).encode())


def _rows(columns: tuple[Column, ...], cells: list[Sequence[Any]], first: int) -> tuple[bytes, int]:
    """Writes rows from row ``first`` on; tells how many columns they take."""
    numbers = [str(number) for number in range(first, first + len(cells[0]))]
    beside = len(columns)
    blocks = [block(column, letters(number), numbers, cells[number]) for number, column in enumerate(columns)]
    written = ["".join(row) for row in zip(*(part.cells for part in blocks), strict=True)]
    widest = beside
    rests: dict[int, list[str]] = {}
    for part in blocks:
        for row, texts in part.rests.items():
            rests.setdefault(row, []).extend(texts)
    for row, texts in rests.items():
        written[row] += "".join(
            text_cell(letters(beside + place) + numbers[row], text) for place, text in enumerate(texts)
        )
        widest = max(widest, beside + len(texts))
    rows = [f'<row r="{number}">{row}</row>' for number, row in zip(numbers, written, strict=True)]
    return "".join(rows).encode("utf-8", "replace"), widest


def _beginning(columns: tuple[Column, ...], batch: list[Sequence[Any]] | None) -> str:
    titles = [text_cell(f"{letters(number)}1", column.title, STYLE_HEADER) for number, column in enumerate(columns)]
    widths = [_width(column, batch[number] if batch else ()) for number, column in enumerate(columns)]
    return f'{parts.beginning(widths)}<row r="1">{"".join(titles)}</row>'


def _width(column: Column, cells: Sequence[Any]) -> int:
    """Gives the width that fits the title and the first rows: the others are not known yet."""
    fixed = _WIDTHS.get(column.kind)
    longest = fixed or max((len(str(cell).partition("\n")[0]) for cell in cells if cell is not None), default=8)
    return min(max(longest, len(column.title) + 3, 8), 60) + 2


def _about(sheet: Sheet, extents: list[Extent]) -> str:
    facts = [*sheet.head, ("rows", str(sum(extent.rows - 1 for extent in extents)))]
    if len(extents) > 1:
        facts.append(("sheets", f"{len(extents)}, since a sheet holds {MAX_ROWS - 1} rows"))
    if any(extent.columns > len(sheet.columns) for extent in extents):
        beside = letters(len(sheet.columns))
        facts.append(("long texts", f"go on in the same row from column {beside} on"))
    rows = [f'<row r="1">{text_cell("A1", sheet.name, STYLE_TITLE)}</row>']
    for number, (fact, value) in enumerate(facts, 2):
        cells = (text_cell(f"{letters(place)}{number}", text) for place, text in enumerate((fact, *cut(value, fact))))
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    return parts.plain_sheet([22, 80], "".join(rows))


def _name(wanted: str, taken: list[str]) -> str:
    """Gives a name that Excel accepts for a worksheet: 31 characters, no signs of its formulas, none twice."""
    base = _FORBIDDEN_IN_NAMES.sub(" ", wanted).strip("' ") or "Sheet"
    if base.casefold() == "history":
        base += " (log)"
    used = {name.casefold() for name in taken}
    number = 1
    while True:
        tail = f" ({number})" if number > 1 else ""
        name = base[: 31 - len(tail)].rstrip("' ") + tail
        if name.casefold() not in used:
            return name
        number += 1
