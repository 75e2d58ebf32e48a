"""JSON (RFC 8259): ``{"head": {…}, "columns": [{"key", "title", "kind"}, …], "rows": [{key: value}, …]}``.

Meant for programs: cells are not defused. One row stands on one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from crm.exports.cells import batches
from crm.exports.columns import ExportFormat, Sheet, check

_CHUNK = 64 * 1024


def write_json(sheet: Sheet) -> Iterator[bytes]:
    """Streams the sheet in pieces of about 64 KB.

    Dates are ISO 8601 strings, flags ``true`` and ``false``, missing values ``null``.

    :raises ValueError: for a sheet that :func:`crm.exports.columns.check` refuses
    """
    check(sheet)
    return _stream(sheet)


def _stream(sheet: Sheet) -> Iterator[bytes]:
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=_iso).encode
    keys = [column.key for column in sheet.columns]
    columns = [column._asdict() for column in sheet.columns]
    yield _bytes(f'{{"head": {encode(dict(sheet.head))},\n"columns": {encode(columns)},\n"rows": [')
    before, parts, size = "\n", [], 0
    for batch in batches(sheet.rows):
        text = ",\n".join([encode(dict(zip(keys, row, strict=True))) for row in batch])
        parts += [before, text]
        before = ",\n"
        size += len(text)
        if size >= _CHUNK:
            yield _bytes("".join(parts))
            parts, size = [], 0
    yield _bytes("".join((*parts, "\n]}\n")))


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a cell cannot be {type(value).__name__}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


JSON = ExportFormat("json", "JSON (for programs)", "application/json", ".json", write_json)
