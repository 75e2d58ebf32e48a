from __future__ import annotations

import io
import re
import tracemalloc
import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.hooks.loader import PluginStatus, Registry
from crm.plugin import Column, Sheet, defuse
from crm_xlsx import book, cells, export_formats
from crm_xlsx.book import write_xlsx

COLUMNS = (
    Column("id", "No", "int"),
    Column("day", "Day", "date"),
    Column("changed", "Changed (UTC)", "datetime"),
    Column("hidden", "Content hidden", "flag"),
    Column("subject", "Subject"),
)
TEXT = (Column("a", "A"),)
HEAD = (("as seen by", "Maria Rossi"), ("at", "11 May 2026, 10:00"), ("filter", "=kind:meeting"))
MOMENT = datetime(2026, 5, 11, 10, 30, 15, tzinfo=UTC)
ROW = (1, date(2026, 5, 11), MOMENT, True, "Réunion & <AI>")


def written(sheet: Sheet) -> bytes:
    return b"".join(write_xlsx(sheet))


def opened(sheet: Sheet) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(io.BytesIO(written(sheet)))


def texts(sheet: Sheet) -> list[Any]:
    """First column of the first worksheet below its header, as XML holds it and Excel reads it."""
    with zipfile.ZipFile(io.BytesIO(written(sheet))) as package:
        tree = ElementTree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    rows = tree.findall(f"{name}sheetData/{name}row")[1:]
    found = ["".join(node.text or "" for node in row.iter(f"{name}t")) for row in rows]
    return [re.sub("_x([0-9A-F]{4})_", lambda code: chr(int(code.group(1), 16)), text) for text in found]


def test_each_kind_of_cell_is_typed() -> None:
    sheet = opened(Sheet("Engagements", COLUMNS, HEAD, [ROW, (2, None, None, False, None)]))["Engagements"]
    found = list(sheet.iter_rows(values_only=True))
    assert found == [
        ("No", "Day", "Changed (UTC)", "Content hidden", "Subject"),
        (1, datetime(2026, 5, 11), datetime(2026, 5, 11, 10, 30, 15), True, "Réunion & <AI>"),  # noqa: DTZ001
        (2, None, None, False, None),
    ]
    assert [cell.data_type for cell in sheet[2]] == ["n", "d", "d", "b", "s"]
    assert sheet["B2"].number_format == "yyyy\\-mm\\-dd"
    assert sheet["C2"].number_format == "yyyy\\-mm\\-dd\\ hh:mm"
    assert sheet["E2"].number_format == "@"


def test_the_header_is_bold_frozen_filtered_and_printed_on_every_page() -> None:
    sheet = opened(Sheet("Engagements", COLUMNS, HEAD, [ROW] * 3))["Engagements"]
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E4"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.column_dimensions["B"].width == 13


def test_columns_are_as_wide_as_their_first_rows_within_bounds() -> None:
    columns = (Column("a", "A"), Column("b", "B"), Column("c", "A rather long title"))
    sheet = opened(Sheet("S", columns, (), [("x" * 30, "x" * 500, "x")]))["S"]
    assert [sheet.column_dimensions[name].width for name in "ABC"] == [32, 62, 24]


def test_the_facts_stand_on_the_last_sheet() -> None:
    about = opened(Sheet("Engagements", COLUMNS, HEAD, [ROW] * 3))["About"]
    assert list(about.iter_rows(values_only=True)) == [
        ("Engagements", None),
        ("as seen by", "Maria Rossi"),
        ("at", "11 May 2026, 10:00"),
        ("filter", "'=kind:meeting"),
        ("rows", "3"),
    ]


def test_a_sheet_without_rows_has_its_header() -> None:
    found = opened(Sheet("Engagements", COLUMNS, HEAD, ()))
    assert found.sheetnames == ["Engagements", "About"]
    assert found["Engagements"].max_row == 1


def test_a_moment_is_written_in_utc_and_a_wall_time_as_it_is() -> None:
    column = (Column("at", "At", "datetime"),)
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5)))
    sheet = opened(Sheet("S", column, (), [(elsewhere,), (MOMENT.replace(tzinfo=None),)]))["S"]
    assert sheet["A2"].value == sheet["A3"].value == MOMENT.replace(tzinfo=None)


@pytest.mark.parametrize("day", [date(1900, 3, 1), date(2026, 2, 28), date(9999, 12, 31)])
def test_a_day_is_the_same_day(day: date) -> None:
    assert opened(Sheet("S", (COLUMNS[1],), (), [(day,)]))["S"]["A2"].value.date() == day


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("date", date(1899, 5, 1), "1899-05-01"),
        ("datetime", datetime(1850, 1, 1, tzinfo=UTC), "1850-01-01T00:00:00+00:00"),
        ("int", 2**62, "4611686018427387904"),
        ("int", float("inf"), "inf"),
        ("int", "=1+1", "'=1+1"),
    ],
)
def test_what_a_spreadsheet_would_change_is_text(kind: Any, value: Any, text: str) -> None:
    cell = opened(Sheet("S", (Column("a", "A", kind),), (), [(value,)]))["S"]["A2"]
    assert (cell.data_type, cell.value) == ("s", text)


def test_a_number_that_is_no_whole_one_stays_a_number() -> None:
    sheet = opened(Sheet("S", (COLUMNS[0], *TEXT), (), [(1.5, 7)]))["S"]
    assert [cell.value for cell in sheet[2]] == [1.5, 7]


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|x", "\t=1", "＝1", '=HYPERLINK("https://example.org")'])
def test_no_cell_is_a_formula_even_after_saving_as_csv(cell: str) -> None:
    sheet = opened(Sheet("S", TEXT, (), [(cell,)]))["S"]
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value == "'" + cell


def test_phone_numbers_stay_right() -> None:
    assert opened(Sheet("S", TEXT, (), [("+32 2 123 45 67",)]))["S"]["A2"].value == "+32 2 123 45 67"


@settings(max_examples=150)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=8))
@example(["a\x00b", "\x1f", "_x0041_", "a\rb\r\nc", "\ufffe\uffff", "]]>", " spaces ", "&amp;<b>", "😀"])
@example(["\x1f", "plain"])
def test_any_text_comes_back(rows: list[str]) -> None:
    assert texts(Sheet("S", TEXT, (), [(text,) for text in rows])) == [defuse(text) for text in rows]


def test_a_half_surrogate_does_not_stop_the_file() -> None:
    assert texts(Sheet("S", TEXT, (), [("a\ud800b",)])) == ["a?b"]


@pytest.mark.parametrize("sign", ["x", "é", "😀", "\x01"])
@pytest.mark.parametrize("length", [cells.LONGEST // 2 + 1, cells.LONGEST, cells.LONGEST + 1, 100_000])
def test_a_text_longer_than_a_cell_is_cut_and_nothing_is_lost(sign: str, length: int) -> None:
    text = sign * length
    cut = cells.cut(text, "Notes")
    assert all(len(part.encode("utf-16-le")) // 2 <= cells.LONGEST for part in cut)
    bare = "".join(part.removeprefix("[Notes, continued] ") for part in cut)
    assert bare.replace(" … [continues at the right end of this row]", "") == text


def test_the_rest_of_a_long_text_stands_at_the_right_end_of_its_row() -> None:
    columns = (Column("a", "Notes"), Column("b", "B"))
    long = "x" * 40_000
    found = opened(Sheet("S", columns, (), [("short", "b"), (long, long), ("short", "b")]))
    sheet = found["S"]
    assert [sheet.cell(3, column).value[:20] for column in (3, 4)] == ["[Notes, continued] x", "[B, continued] xxxxx"]
    assert sheet["A3"].value.endswith("x … [continues at the right end of this row]")
    assert sheet["C2"].value is sheet["C4"].value is None
    assert sheet.auto_filter.ref == "A1:D4"
    assert ("long texts", "go on in the same row from column C on") in list(found["About"].iter_rows(values_only=True))


def test_rows_that_do_not_fit_go_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MAX_ROWS", 61)
    found = opened(Sheet("Engagements", COLUMNS[:1], (), ((number,) for number in range(150))))
    assert found.sheetnames == ["Engagements", "Engagements (2)", "Engagements (3)", "About"]
    rows = [row[0] for name in found.sheetnames[:3] for row in found[name].iter_rows(min_row=2, values_only=True)]
    assert rows == list(range(150))
    assert [found[name].max_row for name in found.sheetnames[:3]] == [61, 61, 31]
    assert [found[name]["A1"].value for name in found.sheetnames[:3]] == ["No"] * 3
    assert ("sheets", "3, since a sheet holds 60 rows") in list(found["About"].iter_rows(values_only=True))


@pytest.mark.parametrize("rows", [60, 61, 120])
def test_a_sheet_just_full_is_not_followed_by_an_empty_one(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(book, "MAX_ROWS", 61)
    found = opened(Sheet("S", COLUMNS[:1], (), ((number,) for number in range(rows))))
    assert len(found.sheetnames) - 1 == -(-rows // 60)


def test_a_sheet_too_big_for_its_package_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MAX_BYTES", 1000)
    found = opened(Sheet("S", COLUMNS[:1], (), ((number,) for number in range(200))))
    assert sum(found[name].max_row - 1 for name in found.sheetnames[:-1]) == 200
    assert len(found.sheetnames) > 2


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("Counts: a/b [c]*?", ["Counts  a b  c", "About"]),
        ("'quoted'", ["quoted", "About"]),
        ("about", ["about", "About (2)"]),
        ("x" * 40, ["x" * 31, "About"]),
        ("", ["Sheet", "About"]),
        ("History", ["History (log)", "About"]),
        ("O'Neill & <Co>", ["O'Neill & <Co>", "About"]),
    ],
)
def test_any_name_becomes_one_that_excel_accepts(name: str, names: list[str]) -> None:
    found = opened(Sheet(name, COLUMNS, (), [ROW]))
    assert found.sheetnames == names
    assert found[names[0]].auto_filter.ref == "A1:E2"


def test_many_columns_have_their_letters() -> None:
    assert [cells.letters(number) for number in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_the_first_bytes_come_before_the_first_row_is_read_and_equal_rows_give_equal_bytes() -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        raise AssertionError("read too early")
        yield ()

    assert next(write_xlsx(Sheet("S", COLUMNS, (), rows()))).startswith(b"PK")
    assert written(Sheet("S", COLUMNS, HEAD, [ROW])) == written(Sheet("S", COLUMNS, HEAD, [ROW]))


def test_memory_does_not_grow_with_the_rows() -> None:
    stream = write_xlsx(Sheet("S", (COLUMNS[0], COLUMNS[4]), (), ((number, "x" * 200) for number in range(40_000))))
    tracemalloc.start()
    largest = max(len(piece) for piece in stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert largest < 400_000
    assert peak < 6_000_000


def test_a_download_that_is_broken_off_leaves_nothing_open() -> None:
    stream = write_xlsx(Sheet("S", COLUMNS, (), ([(*ROW[:4], str(number) * 99)][0] for number in range(20_000))))
    next(stream)
    next(stream)
    stream.close()  # type: ignore[attr-defined]


def test_a_malformed_sheet_is_refused_before_the_first_byte() -> None:
    with pytest.raises(ValueError, match="column"):
        write_xlsx(Sheet("S", (), (), ()))


def test_the_plugin_offers_its_format_through_the_hook() -> None:
    import crm_xlsx

    registry = Registry([(PluginStatus("xlsx", "crm_xlsx", "1", "active"), crm_xlsx)])
    [found] = registry.collect("export_formats")
    assert [found] == export_formats()
    assert (found.key, found.extension) == ("xlsx", ".xlsx")
    assert openpyxl.load_workbook(io.BytesIO(b"".join(found.write(Sheet("S", COLUMNS, (), [ROW]))))).sheetnames
