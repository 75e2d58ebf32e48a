"""Workbooks (XLSX, XLS, ODS): cells with their types, merged ones filled, read by calamine."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from crm.errors import Invalid
from crm.imports.headers import LOOKED_AT, familiar
from crm.imports.tables import Cell, Limits, Row

MEMBERS = 2000
RATIO = 200
"""times a member may be larger than it is packed, beyond the first megabyte"""
_DECLARATION = re.compile(rb"<\s*!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"})
_ABOUT = "about"
EXTENT = 40_000_000
"""cells in the rectangle that the filled cells of a sheet span"""
_TOO_FAR = "more than can be read; delete what stands far from the table, or save it as CSV."
_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["'][^>/]*>""")
_ROWS_REPEATED = re.compile(rb'number-rows-repeated="(\d{1,9})"')
_COLUMNS_REPEATED = re.compile(rb'number-columns-repeated="(\d{1,9})"')
MERGED = 2_000_000
"""cells covered by merged ranges"""


def check_package(source: IO[bytes], limits: Limits) -> None:
    """Looks into a packed workbook before anything in it is read.

    :raises Invalid: (field ``file``) it is damaged or locked, unpacks to more than the limits, or declares a document
        type, which no spreadsheet program writes
    """
    source.seek(0)
    try:
        with ZipFile(source) as package:
            members = package.infolist()
            if len(members) > MEMBERS:
                raise Invalid("file", f"The workbook has {len(members)} parts; at most {MEMBERS} can be read.")
            for member in members:
                if member.flag_bits & 1:
                    raise Invalid("file", "The workbook is locked by a password; save it without one.")
                if member.file_size > 1024 * 1024 and member.file_size > RATIO * max(member.compress_size, 1):
                    raise Invalid("file", "The workbook unpacks to far more than it seems to hold; save it anew.")
            if sum(member.file_size for member in members) > limits.size:
                raise Invalid("file", f"Unpacked the workbook has more than {limits.size // 2**20} MB; split it.")
            names = {member.filename for member in members}
            if not ({"[Content_Types].xml", "content.xml"} & names):
                raise Invalid("file", "This is a packed file, but no workbook; unpack it first.")
            if any(name.lower() == "xl/workbook.bin" for name in names):
                raise Invalid("file", "This is a binary workbook (XLSB); save it as XLSX.")
            for member in members:
                _check_extent(package, member)
                if member.filename.lower().endswith((".xml", ".rels")):
                    with package.open(member) as part:
                        head = part.read(4096)
                    if _DECLARATION.search(head.replace(b"\x00", b"")):
                        raise Invalid("file", "The workbook declares a document type; save it anew as XLSX.")
    except (BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise Invalid("file", "The workbook is damaged; open it, and save it anew as XLSX.") from error
    finally:
        source.seek(0)


def _check_extent(package: ZipFile, member: ZipInfo) -> None:
    """Refuses a sheet that few cells stretch to a size for which memory would have to be found at once.

    What reads the workbook lays out the whole rectangle between the filled cells.

    :raises Invalid: (field ``file``) the rectangle is too large
    """
    name = member.filename.lower()
    if name == "content.xml":
        _check_repeats(package, member)
    if not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
        return
    rows: set[int] = set()
    columns: set[bytes] = set()
    with package.open(member) as part:
        tail = b""
        while chunk := part.read(4 * 1024 * 1024):
            places = _CELL.findall(tail + chunk)
            columns |= {letters for letters, _ in places}
            numbers = {digits for _, digits in places}
            rows |= {int(min(numbers, key=int)), int(max(numbers, key=int))} if numbers else set()
            tail = chunk[-400:]
    if not rows:
        return
    spread = [_column(letters) for letters in columns]
    height, width = max(rows) - min(rows) + 1, max(spread) - min(spread) + 1
    if height * width > EXTENT:
        raise Invalid("file", f"A sheet is filled as far as row {max(rows):,}, column {max(spread):,}: {_TOO_FAR}")


def _check_repeats(package: ZipFile, member: ZipInfo) -> None:
    filled = 0
    with package.open(member) as part:
        tail = b""
        while chunk := part.read(4 * 1024 * 1024):
            for row in (tail + chunk).split(b"<table:table-row")[1:]:
                head, _, cells = row.partition(b">")
                told = _ROWS_REPEATED.search(head)
                width = sum(
                    int(times[1]) if (times := _COLUMNS_REPEATED.search(cell.partition(b">")[0])) else 1
                    for cell in cells.split(b"<table:table-cell")[1:]
                    if b"value-type" in cell.partition(b">")[0]
                )
                filled += width * (int(told[1]) if told else 1)
            tail = chunk[-400:]
    if filled > EXTENT:
        raise Invalid("file", f"A sheet repeats cells {filled:,} times: {_TOO_FAR}")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def open_book(source: IO[bytes], wanted: str, limits: Limits) -> tuple[str, tuple[str, ...], Iterator[Row]]:
    """The name of a sheet, the names of all, and its rows.

    :param wanted: name of the sheet; empty for the first one that holds a table
    :raises Invalid: (field ``file``) it cannot be read; (field ``sheet``) there is no such sheet
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    source.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(source)
        names = tuple(book.sheet_names)
        if wanted and wanted not in names:
            raise Invalid("sheet", f"The workbook has no sheet “{wanted}”; it has: {', '.join(names)}.")
        if not names:
            raise Invalid("file", "The workbook has no sheet.")
        name = wanted or _likely_sheet(book, names)
        sheet = book.get_sheet_by_name(name)
        height, width = sheet.total_height, sheet.total_width
        if height > limits.rows + 1000 or height * width > EXTENT:
            raise Invalid("file", f"The sheet “{name}” reaches to row {height:,}, column {width}; split it.")
        return name, names, _rows(sheet)
    except PasswordError as error:
        raise Invalid("file", "The workbook is locked by a password; save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise Invalid("file", "The workbook cannot be read; open it, and save it anew as XLSX.") from error


def _likely_sheet(book: Any, names: tuple[str, ...]) -> str:
    """The first sheet that holds a table, hidden ones last; one with more headers that are known goes before."""
    from python_calamine import SheetVisibleEnum

    shown = {one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible}
    best: tuple[bool, int, str] | None = None
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.height < 2 or sheet.width < 2 or name.lower() == _ABOUT:
            continue
        found = (name in shown, familiar(list(islice(_rows(sheet), LOOKED_AT))), name)
        if best is None or found[:2] > best[:2]:
            best = found
    return best[2] if best is not None else names[0]


def _rows(sheet: Any) -> Iterator[Row]:
    covered = _covered(sheet)
    left = sheet.start[1] if sheet.start else 0
    shown: dict[tuple[int, int], Cell] = {}
    origins = {origin for places in covered.values() for _, origin in places}
    # Empty rows above the first filled one are given, empty columns to its left are not.
    for number, values in enumerate(sheet.iter_rows()):
        cells: list[Cell] = [None] * left + [_cell(value) for value in values]
        for column, cell in enumerate(cells):
            if (number, column) in origins:
                shown[(number, column)] = cell
        for column, origin in covered.get(number, ()):
            if column < len(cells):
                cells[column] = shown.get(origin)
        yield Row(number + 1, tuple(cells))


def _covered(sheet: Any) -> dict[int, list[tuple[int, tuple[int, int]]]]:
    """Row → (column, place of the value it shows) for every cell that a merged range covers."""
    found: dict[int, list[tuple[int, tuple[int, int]]]] = {}
    total = 0
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        total += (bottom - top + 1) * (right - left + 1)
        if total > MERGED:
            raise Invalid("file", "The sheet merges too many cells; take the merging back first.")
        # What is merged across is a title or a heading, no value of every column below it.
        if bottom == top:
            continue
        for row in range(top, bottom + 1):
            found.setdefault(row, []).extend(
                (column, (top, left)) for column in range(left, right + 1) if (row, column) != (top, left)
            )
    return found


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return None if not value or value in _ERRORS else value.replace("_x000D_", "")
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return str(value) if isinstance(value, dt.timedelta) else value
