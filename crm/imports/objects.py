"""JSON (an array of records, or our own export) and JSON Lines (one record a line)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import IO, Any

from crm.errors import Invalid
from crm.imports.tables import Cell, Limits, Row

DEPTH = 8
ALL_AT_ONCE = 128 * 1024 * 1024
"""bytes of a JSON file, which is read whole; JSON Lines are not"""
_LOOKED_AT = 200
_WRAPPED = 3
"""objects around the records"""


def is_lines(text: IO[str]) -> bool:
    """Whether each line is a record of its own."""
    first = next((line for line in text if line.strip()), "").strip()
    text.seek(0)
    if not first.startswith("{") or not first.endswith("}"):
        return False
    try:
        record = json.loads(first)
        # One object alone may hold the records.
        alone = sum(1 for line in text if line.strip()) == 1
        text.seek(0)
        return isinstance(record, dict) and not (alone and _held(record) is not None)
    except (ValueError, RecursionError):
        return False


def lines_of(text: IO[str], limits: Limits) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Columns and rows of JSON Lines.

    :raises Invalid: (field ``file``) a line is no record
    """
    return _table(_records(text), limits)


def array_of(text: IO[str], limits: Limits) -> tuple[tuple[str, ...], Iterator[Row], dict[str, str]]:
    """Columns, rows and facts of one JSON value: records in any of the forms that :func:`_held` knows.

    :raises Invalid: (field ``file``) it is neither
    """
    whole = text.read(ALL_AT_ONCE + 1)
    if len(whole) > ALL_AT_ONCE:
        raise Invalid("file", "A JSON file is read whole and may have 128 MB; write one record a line (JSON Lines).")
    value = _parsed(whole, 0)
    head = value.get("head") if isinstance(value, dict) else None
    facts = {str(fact): str(said) for fact, said in head.items()} if isinstance(head, dict) else {}
    if isinstance(value, dict):
        value = _held(value)
    elif isinstance(value, list) and len(value) > 1 and all(isinstance(one, list) for one in value):
        value = _named(value[0], value[1:])
    if not isinstance(value, list):
        raise Invalid("file", "The JSON holds no array of records, such as [{…}, {…}].")
    return *_table(enumerate(value, 1), limits), facts


def _held(whole: dict[str, Any], depth: int = 0) -> list[Any] | None:
    """The records that an object holds: in ``rows``, in the only array of objects, in an object further inside, as
    headers with rows, one by one under their keys, or column by column.
    """
    if isinstance(whole.get("rows"), list):
        return list(whole["rows"])
    rows = whole.get("data")
    if isinstance(whole.get("columns"), list) and isinstance(rows, list) and all(isinstance(one, list) for one in rows):
        return _named(whole["columns"], rows)
    arrays = [one for one in whole.values() if _is_array(one)]
    if arrays:
        return list(arrays[0]) if len(arrays) == 1 else None
    inner = [one for one in whole.values() if isinstance(one, dict)]
    if len(inner) == len(whole) > 1:
        shared = set.intersection(*(set(one) for one in inner))
        if shared and all(key.isdigit() for one in inner for key in one):
            places = dict.fromkeys(key for one in inner for key in one)
            return [{name: column.get(place) for name, column in whole.items()} for place in places]
        return [{"key": key, **one} for key, one in whole.items()] if shared else None
    found = [held for one in inner if depth < _WRAPPED and (held := _held(one, depth + 1)) is not None]
    return found[0] if len(found) == 1 else None


def _named(headers: Any, rows: list[Any]) -> list[Any]:
    names = [str(name) for name in headers]
    return [{**dict(zip(names, row, strict=False)), **{f"Column {place + 1}": row[place]
             for place in range(len(names), len(row))}} for row in rows]  # fmt: skip


def _is_array(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _records(text: IO[str]) -> Iterator[tuple[int, Any]]:
    number = 0
    try:
        for number, line in enumerate(text, 1):
            if line.strip():
                yield number, _parsed(line, number)
    except UnicodeError as error:
        raise Invalid("encoding", f"After line {number} the file is not in this encoding; choose another.") from error


def _parsed(text: str, number: int) -> Any:
    where = f"Line {number} is" if number else "The file is"
    try:
        value = json.loads(
            text.lstrip("\ufeff"), parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_members
        )
    except ValueError as error:
        said = "a number has too many digits" if "digits" in str(error) else str(error).removesuffix(".")
        raise Invalid("file", f"{where} no JSON that can be read: {said}.") from error
    except RecursionError as error:
        raise Invalid("file", f"{where} nested more deeply than {DEPTH} levels.") from error
    return _whole(value, text)


def _whole(value: Any, text: str) -> Any:
    """Halves of characters, which only an escape can write, as question marks: nothing can store or show them."""
    if "\\ud" not in text.lower():
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _no_number(word: str) -> Any:
    # What programs write where a number is missing.
    if word == "NaN":
        return None
    raise ValueError(f"{word} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is larger than any number can be")
    return number


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"a record names “{twice[:60]}” twice")
    return found


def _table(records: Iterable[tuple[int, Any]], limits: Limits) -> tuple[tuple[str, ...], Iterator[Row]]:
    source = iter(records)
    first: list[tuple[int, dict[str, Cell]]] = []
    for number, record in source:
        first.append((number, _flat(record, number)))
        if len(first) >= _LOOKED_AT:
            break
    names = list(dict.fromkeys(name for _, record in first for name in record))
    if not names:
        raise Invalid("file", "The file is empty: it holds no record.")
    if len(names) > limits.columns:
        raise Invalid("file", f"The records have {len(names)} members; at most {limits.columns} can be read.")
    return tuple(names), _rows(names, first, source, limits)


def _rows(
    names: list[str], first: list[tuple[int, dict[str, Cell]]], source: Iterator[tuple[int, Any]], limits: Limits
) -> Iterator[Row]:
    known = set(names)
    for read, (number, record) in enumerate(_chained(first, source), 1):
        if read > limits.rows:
            raise Invalid("file", f"The file has more than {limits.rows:,} records; split it.")
        for name, cell in record.items():
            if isinstance(cell, str) and len(cell) > limits.cell:
                raise Invalid("file", f"Record {number}, “{name}”: a text has at most {limits.cell:,} characters.")
        # A member that no record before had: told as a cell too many, so that nothing is lost in silence.
        late = tuple(cell for name, cell in record.items() if name not in known)
        yield Row(number, tuple(record.get(name) for name in names) + late)


def _chained(
    first: list[tuple[int, dict[str, Cell]]], source: Iterator[tuple[int, Any]]
) -> Iterator[tuple[int, dict[str, Cell]]]:
    yield from first
    for number, record in source:
        yield number, _flat(record, number)


def _flat(record: Any, number: int) -> dict[str, Cell]:
    """One record as cells: inner objects become ``outer.inner``, lists stay lists of texts."""
    if not isinstance(record, dict):
        raise Invalid("file", f"Record {number} is no object with named members.")
    found: dict[str, Cell] = {}
    _put(found, "", record, 0, number)
    return found


def _put(found: dict[str, Cell], prefix: str, value: Any, depth: int, number: int) -> None:
    if depth > DEPTH:
        raise Invalid("file", f"Record {number} is nested more deeply than {DEPTH} levels.")
    if isinstance(value, dict):
        for name, inner in value.items():
            _put(found, f"{prefix}.{name}" if prefix else str(name), inner, depth + 1, number)
    elif isinstance(value, list):
        found[prefix] = [_item(one) for one in value]
    else:
        found[prefix] = value


def _item(value: Any) -> Any:
    if isinstance(value, dict):
        named = next((value[name] for name in ("name", "label", "title", "value", "id") if value.get(name)), None)
        return named if isinstance(named, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
