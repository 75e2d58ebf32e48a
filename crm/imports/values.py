"""What the cells of a row say, field by field, and by what a row is known again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm.imports.fields import FIELDS
from crm.imports.mapping import Mapped
from crm.imports.profiles import Profile
from crm.imports.tables import Row, header_key, is_empty, worded
from crm.text import undefuse

WHY = "Why it cannot be read"
"""the column that our own list of rejected rows adds: no part of what the row says"""
_NOTHING = re.compile(r"n/?a|nan|null|none|nil|tb[acd]|unknown|-+|–|—|\?+|\(blank\)", re.IGNORECASE)
"""what programs and people write where nothing is known; in a text it may be meant"""
_SPACES = re.compile(r"[ \t\u00a0]+")
# Controls that are Windows quotation marks and dashes, taken for ISO 8859-1 by whoever made the file.
_MISREAD = re.compile("[\x80-\x9f]")
_SPLIT = re.compile(r"\s*[;\n|]\s*")


class Reader:
    """Reads the rows of one file in their order: cells carried down, defusing taken back, spaces tidied.

    :param mapped: field → columns; texts of several columns are joined by lines
    :param form: as :attr:`crm.imports.tables.Table.form`
    """

    def __init__(self, profile: Profile, mapped: Mapped, headers: Sequence[str], form: str = "csv") -> None:
        self.profile = profile
        # JSON is for programs, so that our exports write its texts as they are.
        self._defused = form not in ("json", "jsonl")
        self.headers = tuple(headers)
        self._single = [(name, places[0]) for name, places in mapped.items() if len(places) == 1]
        self._several = [(name, tuple(places)) for name, places in mapped.items() if len(places) > 1]
        self._keys = tuple(header_key(header) for header in headers)
        self._first = {" ".join(header.split()).casefold() for header in headers}
        self._empty = profile.empty or (None if profile.is_register or profile.defused else _NOTHING)
        self._worded = {name for name, field in FIELDS[profile.kind].items() if field.form == "text"}
        self._down = {column.field for column in profile.columns if column.fill_down} & mapped.keys()
        self._above: dict[str, str] = {}
        self._last: dict[str, str] = {}

    def values(self, row: Row) -> dict[str, str]:
        """Field → text, fields with nothing in them left out; defaults filled in."""
        cells = row.cells
        found: dict[str, str] = {}
        for name, place in self._single:
            text = self._text(cells[place])
            if text:
                found[name] = text
        for name, places in self._several:
            texts = [text for place in places if (text := self._text(cells[place]))]
            if texts:
                found[name] = "\n".join(texts)
        if self._last and found.keys() == {self.profile.continues}:
            return self._last | found
        if self._empty is not None:
            for name in [one for one, text in found.items() if len(text) < 20 and self._empty.fullmatch(text)]:
                if self.profile.empty is not None or name not in self._worded:
                    del found[name]
        for name in self._down:
            if name in found:
                self._above[name] = found[name]
            elif name in self._above and found:
                found[name] = self._above[name]
        for name, source, pattern in self.profile.extracts:
            if name not in found and (said := pattern.search(found.get(source, ""))) and said[1]:
                found[name] = said[1].strip()
        for name, text in self.profile.defaults.items():
            found.setdefault(name, text)
        self._last = found
        return found

    def repeats_headers(self, row: Row) -> bool:
        """Whether a row says the headers once more, as it does where tables were put one below the other."""
        filled = [(place, cell) for place, cell in enumerate(row.cells[: len(self._keys)]) if not is_empty(cell)]
        if len(filled) < 2 or any(type(cell) is not str for _, cell in filled):
            return False
        if " ".join(str(filled[0][1]).split()).casefold() not in self._first:
            return False
        return sum(header_key(str(cell)) == self._keys[place] for place, cell in filled) * 3 >= 2 * len(filled)

    def alone(self, row: Row) -> tuple[str, ...]:
        """The field that is the only one filled in a row, if there is one."""
        filled = [place for place, cell in enumerate(row.cells) if not is_empty(cell)]
        return tuple(name for name, place in self._single if filled == [place])

    def printed(self, row: Row) -> dict[str, Any]:
        """Header → cell as it stands in the file, empty ones left out."""
        return {
            header: cell if isinstance(cell, str | int | float | bool | list) else worded(cell)
            for header, cell in zip(self.headers, row.cells, strict=False)
            if not is_empty(cell) and header != WHY
        }

    def _text(self, cell: Any) -> str:
        if cell is None:
            return ""
        if type(cell) is not str:
            return worded(cell)
        if self.profile.defused:
            # Our own writer is undone exactly; nothing else is touched.
            return undefuse(cell) if self._defused else cell
        return _tidy(cell)


def _tidy(text: str) -> str:
    if not text.isascii() and _MISREAD.search(text):
        text = _MISREAD.sub(_as_windows, text)
    text = text.strip(" \t\r\n\u00a0\ufeff\u200b")
    if "\u00a0" in text or "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    return text


def wide(row: Row, headers: Sequence[str]) -> bool:
    """Whether the row has more cells than there are columns: what stands in them would be lost."""
    return len(row.cells) > len(headers)


def names_in(text: str, pattern: str = "") -> list[str]:
    """The names in one cell, each once: between semicolons, bars and line ends unless the profile says else."""
    parts = re.split(pattern, text) if pattern else _SPLIT.split(text)
    return list(dict.fromkeys(part for one in parts if (part := one.strip(" \t\r\n,;|"))))


def digest(*parts: str) -> str:
    """A short fingerprint of texts (BLAKE2b, 16 bytes in hexadecimal)."""
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Identities:
    """Tells rows of one file apart, and knows them again in the next.

    A row is known by the fields that the profile names. Else by all that it says; of rows that say the same, the
    profile holds the later ones for others, told by their number, or for duplicates.

    :param defaults: what rows get that say nothing about a field, as whoever imports decided
    """

    def __init__(self, profile: Profile, defaults: Mapping[str, str] | None = None) -> None:
        self._profile = profile
        self._defaults = json.dumps(defaults, ensure_ascii=False, sort_keys=True) if defaults else ""
        self._seen: dict[str, int] = {}

    def of(self, values: Mapping[str, str], printed: Mapping[str, Any]) -> tuple[str, str, bool]:
        """Identity, fingerprint of the content, and whether the file had this row before."""
        # What was carried down from above tells apart rows that are printed alike.
        content = digest(json.dumps([printed, values], ensure_ascii=False, sort_keys=True))
        # What all rows get the same makes no other row of it, but one that says something else.
        told = digest(content, self._defaults) if self._defaults else content
        fields = self._profile.identity
        if fields and any(values.get(name) for name in fields):
            identity = digest("id", *(values.get(name, "") for name in fields))
            times = self._seen[identity] = self._seen.get(identity, 0) + 1
            return identity, told, times > 1
        times = self._seen[content] = self._seen.get(content, 0) + 1
        if times > 1 and self._profile.repeated == "duplicate":
            return content, told, True
        return digest(content, str(times)), told, False


def batches(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """The rows, ``size`` at a time."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("latin-1").decode("cp1252", "replace")
