from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.exports.cells import BATCH, batches, defused, defused_columns, defused_head
from crm.exports.columns import Column, Sheet, check
from crm.text import defuse

CELLS = st.lists(st.none() | st.text(max_size=8), max_size=30)


def sheet(*rows: tuple[Any, ...], kinds: tuple[Any, ...] = ("text",)) -> Sheet:
    columns = tuple(Column(f"c{number}", f"C{number}", kind) for number, kind in enumerate(kinds))
    return Sheet("Test", columns, (), rows)


@given(CELLS)
@example(["safe", "=1+1", None, "", "'=x", " =x", "＝x", "(=x", "-5", "+32 2 123 45 67", "\t", "'"])
@example(["(a)", "“=”", "_=x"])
def test_a_column_is_defused_as_each_of_its_cells_is(cells: list[str | None]) -> None:
    found = [row[0] for row in defused(sheet(*((cell,) for cell in cells))).rows]
    assert found == [cell if cell is None else defuse(cell) for cell in cells]


@pytest.mark.parametrize("kind", ["int", "date", "datetime", "flag"])
def test_text_in_a_column_of_numbers_is_defused_too(kind: str) -> None:
    assert list(defused(sheet((3,), ("=1",), kinds=(kind,))).rows) == [(3,), ("'=1",)]


def test_a_number_in_a_column_of_text_stays_a_number() -> None:
    assert list(defused(sheet(("a",), (-5,), ("=1",))).rows) == [("a",), (-5,), ("'=1",)]


def test_titles_and_facts_are_defused() -> None:
    found = defused_head(Sheet("S", (Column("a", "=A"),), (("=filter", "@me"),), ()))
    assert found.columns[0].title == "'=A"
    assert found.head == (("'=filter", "'@me"),)


def test_rows_keep_their_order_over_batches() -> None:
    rows = [(number, f"{number}") for number in range(BATCH * 3 + 7)]
    assert list(defused(sheet(*rows, kinds=("int", "text"))).rows) == rows
    assert [row for batch in batches(iter(rows)) for row in batch] == rows


def test_no_rows_give_no_batch() -> None:
    assert list(defused_columns(sheet())) == []


@pytest.mark.parametrize("rows", [[("a", "b")], [("a",), ("a", "b")]])
def test_a_row_of_the_wrong_length_is_refused(rows: list[tuple[Any, ...]]) -> None:
    with pytest.raises(ValueError, match=r"cells|argument"):
        list(defused_columns(sheet(*rows)))


def test_rows_are_taken_as_they_are_needed() -> None:
    taken = 0

    def rows() -> Any:
        nonlocal taken
        for number in range(10 * BATCH):
            taken += 1
            yield (date(2026, 1, 1), str(number))

    next(defused_columns(Sheet("S", sheet(kinds=("date", "text")).columns, (), rows())))
    assert taken <= 50


@pytest.mark.parametrize(
    ("columns", "head", "words"),
    [
        ((), (), "needs a column"),
        ((Column("a", "A"), Column("a", "B")), (), "same key"),
        ((Column("a", "A"),), (("seen by", "x"), ("seen by", "y")), "twice"),
        ((Column("a", "# A"),), (), "begins with #"),
    ],
)
def test_a_sheet_that_cannot_be_written_faithfully_is_refused(columns: Any, head: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check(Sheet("S", columns, head, ()))
