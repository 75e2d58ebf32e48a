"""CSV (RFC 4180, UTF-8), safe to open in a spreadsheet and readable back to the same cells.

Before the header row stand the facts of the sheet, one row each: ``# as seen by``, value. Who reads it back drops the
leading rows whose first cell begins with :data:`HEAD_MARK` and calls :func:`crm.text.undefuse` on each text cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from crm.exports.cells import defused_columns, defused_head
from crm.exports.columns import ExportFormat, Sheet, check

HEAD_MARK = "# "
"""how the first cell of a head row begins; a sheet's header row never begins so"""

_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"


def write_csv(sheet: Sheet, *, bom: bool = True, head: bool = True) -> Iterator[bytes]:
    """Streams the sheet in pieces of about 64 KB, the first one (head and header) at once.

    Dates are ISO 8601, flags ``yes`` and ``no``, missing values empty.

    :param bom: begin with the mark by which Excel knows UTF-8
    :param head: write the facts before the header row
    :raises ValueError: for a sheet that :func:`crm.exports.columns.check` refuses
    """
    check(sheet)
    return _stream(sheet, bom, head)


def _stream(sheet: Sheet, bom: bool, head: bool) -> Iterator[bytes]:
    top = defused_head(sheet)
    buffer, writer = _fresh()
    if head:
        writer.writerows((HEAD_MARK + fact, value) for fact, value in top.head)
    writer.writerow([column.title for column in top.columns])
    yield (_BOM if bom else b"") + _bytes(buffer)
    # Text, numbers and dates are what the csv module makes of them by itself.
    worded = [
        (number, _moment if column.kind == "datetime" else _flag)
        for number, column in enumerate(sheet.columns)
        if column.kind in ("datetime", "flag")
    ]
    buffer, writer = _fresh()
    for cells in defused_columns(sheet):
        for number, word in worded:
            cells[number] = [cell if cell is None else word(cell) for cell in cells[number]]
        writer.writerows(zip(*cells, strict=True))
        if buffer.tell() >= _CHUNK:
            yield _bytes(buffer)
            # A buffer that is emptied and used again becomes half as fast.
            buffer, writer = _fresh()
    if buffer.tell():
        yield _bytes(buffer)


def _fresh() -> tuple[io.StringIO, Any]:
    buffer = io.StringIO(newline="")
    return buffer, csv.writer(buffer)


def _bytes(buffer: io.StringIO) -> bytes:
    return buffer.getvalue().encode("utf-8", "replace")


def _moment(cell: datetime) -> str:
    return cell.isoformat()


def _flag(cell: bool) -> str:
    return "yes" if cell else "no"


CSV = ExportFormat("csv", "CSV (Excel, LibreOffice, R, …)", "text/csv; charset=utf-8", ".csv", write_csv)
