from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.exports.columns import Column, Sheet
from crm.exports.csv_writer import CSV, HEAD_MARK, write_csv
from crm.text import undefuse

COLUMNS = (
    Column("id", "No", "int"),
    Column("day", "Day", "date"),
    Column("changed", "Changed", "datetime"),
    Column("hidden", "Content hidden", "flag"),
    Column("subject", "Subject"),
)
HEAD = (("as seen by", "Maria Rossi"), ("at", "2026-05-11 10:00"), ("filter", "=kind:meeting"))
ROW = (1, date(2026, 5, 11), datetime(2026, 5, 11, 10, tzinfo=UTC), True, "Réunion, “AI”")


def written(sheet: Sheet, **options: Any) -> bytes:
    return b"".join(write_csv(sheet, **options))


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_each_kind_has_its_words() -> None:
    rows = read(written(Sheet("E", COLUMNS, HEAD, [ROW, (2, None, None, False, None)])))
    assert rows == [
        ["# as seen by", "Maria Rossi"],
        ["# at", "2026-05-11 10:00"],
        ["# filter", "'=kind:meeting"],
        ["No", "Day", "Changed", "Content hidden", "Subject"],
        ["1", "2026-05-11", "2026-05-11T10:00:00+00:00", "yes", "Réunion, “AI”"],
        ["2", "", "", "no", ""],
    ]


def test_the_mark_and_the_head_can_be_left_out() -> None:
    sheet = Sheet("E", COLUMNS[:1], HEAD, [(1,)])
    assert written(sheet, bom=False, head=False) == b"No\r\n1\r\n"
    assert written(sheet, head=False).startswith(b"\xef\xbb\xbfNo")


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"))), max_size=20), st.text(st.characters(codec="utf-8")))
def test_every_cell_reads_back(rows: list[tuple[str]], fact: str) -> None:
    sheet = Sheet("E", (Column("a", "A"),), (("filter", fact),), rows)
    found = read(written(sheet))
    head = [row for row in found if row[0].startswith(HEAD_MARK)][:1]
    assert [undefuse(cell) for cell in head[0]] == ["# filter", fact]
    assert [tuple(undefuse(cell) for cell in row) for row in found[2:]] == rows


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "\t=1", "＝1", "-1+cmd|' /C calc'!A0", "=1; b"])
def test_no_cell_is_run(cell: str) -> None:
    [_, [found]] = read(written(Sheet("E", (Column("a", "A"),), (), [(cell,)])))
    assert found == "'" + cell


def test_numbers_and_phone_numbers_stay_right() -> None:
    [_, *rows] = read(written(Sheet("E", (Column("a", "A"), Column("n", "N", "int")), (), [("+32 2 123 45 67", -5)])))
    assert rows == [["+32 2 123 45 67", "-5"]]


def test_the_head_comes_before_the_first_row_is_read() -> None:
    def rows() -> Any:
        raise AssertionError("read too early")
        yield ()

    assert next(write_csv(Sheet("E", COLUMNS, HEAD, rows()))).endswith(b"Subject\r\n")


def test_memory_does_not_grow_with_the_rows() -> None:
    rows = ((number, "x" * 200) for number in range(40_000))
    stream = write_csv(Sheet("E", (COLUMNS[0], COLUMNS[4]), (), rows))
    tracemalloc.start()
    largest = max(len(piece) for piece in stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert largest < 400_000
    assert peak < 3_000_000


def test_a_half_surrogate_does_not_stop_the_file() -> None:
    assert b"a?b" in written(Sheet("E", (Column("a", "A"),), (), [("a\ud800b",)]))


def test_a_malformed_sheet_is_refused_before_the_first_byte() -> None:
    with pytest.raises(ValueError, match="column"):
        write_csv(Sheet("E", (), (), ()))


def test_the_format_says_what_it_is() -> None:
    assert (CSV.key, CSV.extension) == ("csv", ".csv")
    assert CSV.media_type == "text/csv; charset=utf-8"
    assert list(CSV.write(Sheet("E", COLUMNS[:1], (), ()))) == [b"\xef\xbb\xbfNo\r\n"]
