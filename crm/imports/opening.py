"""Opens a file by what it holds, never by what it is called."""

from __future__ import annotations

import gzip
import io
import tempfile
import zlib
from typing import IO

from crm.errors import Invalid
from crm.imports import books, objects, texts
from crm.imports.headers import with_headers
from crm.imports.tables import Limits, Reading, Table

_KEPT_IN_MEMORY = 16 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0"
_MARKUP = ("<!doctype", "<html", "<?xml", "<table", "<head", "<meta", "<body")
_BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"SQLite format 3", b"Rar!", b"7z\xbc\xaf")


def open_table(source: IO[bytes], reading: Reading = Reading(), limits: Limits = Limits()) -> Table:  # noqa: B008
    """Opens CSV, TSV and the like, JSON, JSON Lines and workbooks, each also packed by gzip.

    :param source: can be sought; stays open as long as rows are read
    :raises Invalid: (fields ``file``, ``encoding``, ``sheet``, ``header_row``) it cannot be read so
    """
    size = source.seek(0, io.SEEK_END)
    if size > limits.size:
        raise Invalid("file", f"The file has more than {limits.size // 2**20} MB; split it.")
    source.seek(0)
    head = source.read(8)
    source.seek(0)
    if head.startswith(b"\x1f\x8b"):
        source = _unpacked(source, limits)
        head = source.read(8)
        source.seek(0)
    if not head:
        raise Invalid("file", "The file is empty.")
    if head.startswith(_BINARY):
        raise Invalid("file", "This is no table; import CSV, TSV, XLSX, ODS, JSON or JSON Lines.")
    if head.startswith(b"PK"):
        books.check_package(source, limits)
        return _book(source, "xlsx", reading, limits)
    if head.startswith(_OLE):
        return _book(source, "xls", reading, limits)
    return _text(source, reading, limits)


def _book(source: IO[bytes], form: str, reading: Reading, limits: Limits) -> Table:
    name, names, rows = books.open_book(source, reading.sheet, limits)
    headers, place, facts, below = with_headers(rows, reading, limits)
    return Table(headers, below, form, sheet=name, sheets=names, header_row=place, facts=facts)


def _text(source: IO[bytes], reading: Reading, limits: Limits) -> Table:
    encoding = reading.encoding or texts.encoding_of(source)
    try:
        text = texts.opened(source, encoding)
        first = text.read(4096).lstrip(" \t\r\n\ufeff")
        text.seek(0)
    except UnicodeError as error:
        raise Invalid("encoding", f"The file is not in {encoding}; choose another encoding.") from error
    if first[:200].lower().startswith(_MARKUP):
        raise Invalid("file", "This is a web page or XML; open it in a spreadsheet, and save it as XLSX or CSV.")
    if first.startswith("{") and objects.is_lines(text):
        headers, rows = objects.lines_of(text, limits)
        return Table(headers, rows, "jsonl", encoding=encoding)
    if first.startswith(("{", "[")):
        headers, rows, facts = objects.array_of(text, limits)
        return Table(headers, rows, "json", encoding=encoding, facts=facts)
    delimiter = reading.delimiter or texts.delimiter_of(text)
    headers, place, facts, below = with_headers(texts.rows_of(text, delimiter), reading, limits)
    return Table(headers, below, "csv", encoding=encoding, delimiter=delimiter, header_row=place, facts=facts)


def _unpacked(source: IO[bytes], limits: Limits) -> IO[bytes]:
    target: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115
    written = 0
    try:
        with gzip.GzipFile(fileobj=source) as packed:
            while chunk := packed.read(1024 * 1024):
                written += len(chunk)
                if written > limits.size:
                    raise Invalid("file", f"Unpacked the file has more than {limits.size // 2**20} MB; split it.")
                target.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid("file", "The packed file is damaged; fetch it once more.") from error
    target.seek(0)
    return target
