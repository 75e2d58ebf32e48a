from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.exports.columns import Column, Sheet
from crm.exports.json_writer import JSON, write_json

COLUMNS = (
    Column("id", "No", "int"),
    Column("day", "Day", "date"),
    Column("changed", "Changed", "datetime"),
    Column("hidden", "Content hidden", "flag"),
    Column("subject", "Subject"),
)


def read(sheet: Sheet) -> Any:
    return json.loads(b"".join(write_json(sheet)))


def test_a_sheet_is_an_object_with_head_columns_and_rows() -> None:
    row = (1, date(2026, 5, 11), datetime(2026, 5, 11, 10, tzinfo=UTC), True, "=1+1")
    assert read(Sheet("E", COLUMNS, (("as seen by", "Maria"),), [row, (2, None, None, False, None)])) == {
        "head": {"as seen by": "Maria"},
        "columns": [{"key": column.key, "title": column.title, "kind": column.kind} for column in COLUMNS],
        "rows": [
            {"id": 1, "day": "2026-05-11", "changed": "2026-05-11T10:00:00+00:00", "hidden": True, "subject": "=1+1"},
            {"id": 2, "day": None, "changed": None, "hidden": False, "subject": None},
        ],
    }


@pytest.mark.parametrize("number", [0, 1, 49, 50, 51, 550, 1200])
def test_any_number_of_rows_is_well_formed_with_a_row_on_a_line(number: int) -> None:
    data = b"".join(write_json(Sheet("E", COLUMNS[:1], (), ((n,) for n in range(number)))))
    assert [row["id"] for row in json.loads(data)["rows"]] == list(range(number))
    assert data.count(b'\n{"id": ') == number


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"))), max_size=20))
def test_text_comes_back_untouched(rows: list[tuple[str]]) -> None:
    found = read(Sheet("E", COLUMNS[4:], (), rows))
    assert [(row["subject"],) for row in found["rows"]] == rows


def test_memory_does_not_grow_with_the_rows() -> None:
    stream = write_json(Sheet("E", (COLUMNS[0], COLUMNS[4]), (), ((number, "x" * 200) for number in range(40_000))))
    tracemalloc.start()
    largest = max(len(piece) for piece in stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert largest < 400_000
    assert peak < 3_000_000


def test_a_row_of_the_wrong_length_and_a_cell_of_no_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        read(Sheet("E", COLUMNS[:1], (), [(1, 2)]))
    with pytest.raises(TypeError, match="object"):
        read(Sheet("E", COLUMNS[:1], (), [(object(),)]))


def test_the_format_says_what_it_is() -> None:
    assert (JSON.key, JSON.media_type, JSON.extension) == ("json", "application/json", ".json")
