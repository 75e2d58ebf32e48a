"""Text files: which encoding, which delimiter, and the rows of CSV and its relatives (RFC 4180 as far as kept)."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import IO

from crm.errors import Invalid
from crm.imports.tables import Row

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Western European (Windows)",
    "utf-16": "UTF-16",
    "cp1250": "Central European (Windows)",
    "cp1251": "Cyrillic (Windows)",
    "cp1253": "Greek (Windows)",
    "cp1254": "Turkish (Windows)",
    "cp1257": "Baltic (Windows)",
    "mac-roman": "Western European (old Mac)",
    "cp850": "Western European (DOS)",
}
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1024 * 1024
_SAMPLE = 64 * 1024

# What cp1252 leaves undefined is kept as it stands: the row that holds it is refused, not the file.
codecs.register_error("crm_as_is", lambda error: (chr(error.object[error.start]), error.start + 1))  # type: ignore[attr-defined]


def encoding_of(source: IO[bytes]) -> str:
    """The encoding of a file, by its mark, else UTF-8 if all of it is, else Windows-1252."""
    source.seek(0)
    head = source.read(_SAMPLE)
    source.seek(0)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if wide := _wide(head):
        return wide
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := source.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        source.seek(0)
    return "utf-8"


def _wide(head: bytes) -> str:
    """UTF-16 without its mark: every other byte of Western text is zero."""
    even, odd = head[0::2], head[1::2]
    if not odd:
        return ""
    if odd.count(0) > len(odd) * 0.4 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > len(even) * 0.4 and odd.count(0) < len(odd) * 0.1 else ""


class _Lent(io.TextIOWrapper):
    """Text of a file that stays open when the text is let go of: it may be read once more."""

    def close(self) -> None:
        try:
            self.detach()
        except ValueError:  # it was let go of before
            return


def opened(source: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """The file as text.

    :raises Invalid: (field ``encoding``) nobody knows that encoding
    """
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise Invalid("encoding", f"“{encoding}” is no encoding; use one of: {', '.join(ENCODINGS)}.") from None
    source.seek(0)
    errors = "crm_as_is" if encoding.lower().replace("-", "").startswith(("cp", "windows")) else "strict"
    return _Lent(source, encoding=encoding, errors=errors, newline="")


def delimiter_of(text: IO[str]) -> str:
    """What separates the cells: the sign that cuts the first rows into the same, largest number of cells."""
    sample = text.read(_SAMPLE)
    text.seek(0)
    complete = sample.rfind("\n")
    lines = (sample[: complete + 1] if complete > 0 else sample).splitlines(keepends=True)
    if lines and (told := lines[0].strip().lower()).startswith("sep=") and len(told) == 5:
        return told[4]
    best = (0.0, ",")
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines[:200], delimiter=delimiter) if any(row))
        except csv.Error:
            continue
        wide = {width: times for width, times in widths.items() if width > 1}
        if wide:
            width, times = max(wide.items(), key=lambda item: (item[1], item[0]))
            score = times / sum(widths.values()) + min(width, 20) / 1000
            best = max(best, (score, delimiter), key=lambda one: one[0])
    return best[1]


def rows_of(text: IO[str], delimiter: str) -> Iterator[Row]:
    """The rows of a delimited file, numbered as a spreadsheet numbers them.

    :raises Invalid: (field ``file``) it cannot be read as text or as rows
    """
    number = 0
    lines: list[str] = []
    reader = csv.reader(_without_nul(text, lines), delimiter=delimiter)
    try:
        for cells in reader:
            number += 1
            raw, lines[:] = lines[:], ()
            if number == 1 and len(cells) <= 2 and "".join(cells).lower().startswith("sep="):
                continue
            yield Row(number, tuple(cells))
        if number and '"' in raw[0]:
            _refuse_open_end(raw, delimiter, number)
    except UnicodeError as error:
        raise Invalid("encoding", f"After row {number} the file is not in this encoding; choose another.") from error
    except csv.Error as error:
        if "field limit" in str(error):
            raise Invalid(
                "file",
                f"After row {number} a cell has more than {csv.field_size_limit():,} characters; at most 100,000 can "
                "be read. Is a quotation mark never closed?",
            ) from error
        raise Invalid("file", f"After row {number} the file cannot be read as rows ({error}).") from error


def _refuse_open_end(raw: list[str], delimiter: str, number: int) -> None:
    """A quotation mark that nothing closes swallows every row behind it."""
    try:
        list(csv.reader(raw, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            more = f", and swallows {len(raw) - 1:,} lines below it" if len(raw) > 1 else ""
            raise Invalid(
                "file",
                f"Row {number} opens a quotation mark that nothing closes{more}. Close it, or double it if it is text.",
            ) from error


def _without_nul(text: IO[str], lines: list[str]) -> Iterator[str]:
    for line in text:
        lines.append(line)
        if "\x00" in line:
            raise Invalid("file", "The file holds NUL characters: it is no text file, or in another encoding.")
        yield line
