"""Files as people have them: encodings, delimiters, titles above headers, workbooks with merged cells, limits."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest

from crm.errors import Invalid
from crm.imports.opening import open_table
from crm.imports.tables import Limits, Reading, Table

MOMENT = dt.datetime.combine(dt.date(2026, 5, 2), dt.time(14, 30))
TEXT = "Name;Datum;Größe\r\nMüller & Söhne;1.5.2026;„klein“\r\nŠkoda;2.5.2026;x\r\n"


def opened(content: bytes, reading: Reading = Reading(), **limits: int) -> Table:  # noqa: B008
    return open_table(io.BytesIO(content), reading, Limits(**limits))


def rows(table: Table) -> list[list[Any]]:
    return [list(row.cells) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encoding_is_found_out(encoding: str) -> None:
    table = opened(TEXT.encode(encoding))
    assert table.headers == ("Name", "Datum", "Größe")
    assert rows(table)[1][0] == "Škoda"


def test_what_is_no_utf_8_is_read_as_windows() -> None:
    table = opened("Name,Note\nCaf\u00e9,\u201cquoted\u201d \u2013 \u20ac5\n".encode("cp1252"))
    assert table.encoding == "cp1252"
    assert rows(table) == [["Café", "“quoted” – €5"]]


def test_encoding_can_be_said() -> None:
    assert rows(opened("A,B\nŁódź,x\n".encode("cp1250"), Reading(encoding="cp1250")))[0][0] == "Łódź"
    with pytest.raises(Invalid, match="is no encoding"):
        opened(b"A,B\n1,2\n", Reading(encoding="klingon"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_out_although_cells_hold_others(delimiter: str) -> None:
    lines = [["Who", "When", "What"], ["A", "1 May 2026", "one, two"], ["B", "2 May 2026", "one; two"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert rows(opened(text.encode()))[1] == ["B", "2 May 2026", "one; two"]


def test_line_that_tells_a_spreadsheet_the_delimiter_is_heeded() -> None:
    assert opened(b"sep=;\nA;B\n1;2\n").headers == ("A", "B")


def test_titles_above_the_headers_are_passed_over() -> None:
    text = (
        "Meetings of the Minister,,,\n,,,\nApril to June 2026,,,\nMinister,Date,Organisation,Purpose\nX,May 2026,Y,Z\n"
    )
    table = opened(text.encode())
    assert table.headers == ("Minister", "Date", "Organisation", "Purpose")
    assert table.header_row == 4
    assert [row.number for row in table.rows] == [5]


def test_head_of_our_own_export_is_passed_over() -> None:
    assert opened(b"# export,engagement log\n# at,2026-05-20\nEngagement,Subject\n1,Talk\n").header_row == 3


def test_row_of_headers_can_be_said() -> None:
    assert opened(b"a,b\nc,d\n1,2\n", Reading(header_row=2)).headers == ("c", "d")
    with pytest.raises(Invalid, match="no row 9"):
        opened(b"a,b\n1,2\n", Reading(header_row=9))


def test_rows_have_the_numbers_a_spreadsheet_shows() -> None:
    table = opened(b'A,B\n1,"two\nlines"\n,,\n\n3,4\n')
    assert [row.number for row in table.rows] == [2, 5]


def test_columns_without_or_with_the_same_header_stay_apart() -> None:
    assert opened(b"Name,Name,\nx,y,z\n").headers == ("Name", "Name (2)", "Column 3")


def test_packed_text_is_unpacked() -> None:
    assert rows(opened(gzip.compress(b"A,B\n1,2\n"))) == [["1", "2"]]
    with pytest.raises(Invalid, match="damaged"):
        rows(opened(gzip.compress(b"A,B\n" + bytes(range(1, 255)) * 99)[:-40]))
    with pytest.raises(Invalid, match="Unpacked"):
        opened(gzip.compress(b"A,B\n" + b"1,2\n" * 1_000_000), size=1024 * 1024)


def test_json_lines_and_arrays_become_rows() -> None:
    records = [{"Name": "A", "Who": ["x", "y"], "more": {"town": "Rome"}}, {"Name": "B", "late": 5}]
    lines = "\n".join(json.dumps(one) for one in records)
    for content in (lines, json.dumps(records), json.dumps({"head": {}, "columns": [], "rows": records})):
        table = opened(content.encode())
        assert table.headers == ("Name", "Who", "more.town", "late")
        assert rows(table) == [["A", ["x", "y"], "Rome", None], ["B", None, None, 5]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 x", "no table"),
        (b"A,B\n\x00\x001,2\n" + b"abc,def\n" * 40, "NUL"),
        (b'{"a": 1}\n{"a": \n', "Line 2"),
        (b'[{"a": 1}, 5]', "no object"),
        (b'["a"]', "no object"),
        (b'{"a": "b"}', ""),
        (b'[{"a": Infinity}]', "Infinity is no number"),
        (b'[{"a": -Infinity}]', "-Infinity is no number"),
        (b'[{"a": 1e999}]', "larger than any number"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "too many digits"),
        (b'[{"a": 1, "a": 2}]', "names “a” twice"),
        (b'A,B\n1,2\n3,"4\n5,6\n7,8\n', "Row 3 opens a quotation mark that nothing closes, and swallows 2 lines"),
        (b'A,B\n1,"2', "Row 2 opens a quotation mark that nothing closes\\."),
        (b"A,B\n1," + b"x" * 200_000, "at most 100,000"),
        (",".join(f"c{place}" for place in range(10_000)).encode() + b"\n1,2\n", "10000 columns; at most 300"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content: bytes, said: str) -> None:
    if said:
        with pytest.raises(Invalid, match=said):
            rows(opened(content))
    else:
        assert rows(opened(content)) == [["b"]]


def test_half_a_character_is_a_question_mark() -> None:
    assert rows(opened(b'[{"a": "x\\ud800", "b": "\\ud83d\\ude00"}]')) == [["x?", "\U0001f600"]]


def test_limits_hold_while_reading() -> None:
    with pytest.raises(Invalid, match="more than 10 rows"):
        rows(opened(b"A,B\n" + b"1,2\n" * 11, rows=10))
    with pytest.raises(Invalid, match="at most 5"):
        opened((",".join(f"c{n}" for n in "abcdef") + "\n" + "1," * 5 + "1\n").encode(), columns=5)
    with pytest.raises(Invalid, match="Row 2, column 2"):
        rows(opened(b"A,B\n1," + b"x" * 200 + b"\n", cell=100))
    with pytest.raises(Invalid, match="more than 1 MB"):
        opened(b"A,B\n" + b"1,2\n" * 300_000, size=1024 * 1024)


def book(fill: Any) -> bytes:
    made = openpyxl.Workbook()
    fill(made)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def test_workbook_gives_typed_cells_and_fills_merged_ones() -> None:
    def fill(made: Any) -> None:
        sheet = made.active
        sheet["B2"] = "Contacts of the year"
        sheet.merge_cells("B2:E2")
        for place, header in zip("BCDE", ("Who", "When", "Minutes", "Note"), strict=True):
            sheet[f"{place}4"] = header
        sheet["B5"], sheet["C5"], sheet["D5"] = "Ada", dt.date(2026, 5, 1), 45
        sheet["C6"], sheet["D6"], sheet["E6"] = MOMENT, 1.5, "x"
        sheet.merge_cells("B5:B6")

    table = opened(book(fill))
    assert (table.form, table.header_row, table.headers[1:]) == ("xlsx", 4, ("Who", "When", "Minutes", "Note"))
    assert rows(table) == [
        [None, "Ada", dt.date(2026, 5, 1), 45, None],
        [None, "Ada", MOMENT, 1.5, "x"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"answer": {"ok": 1, "rows": [{"date": "2026-05-01", "body": "X"}, {"date": "2026-05-02", "body": "Y"}]}}',
        '{"columns": ["date", "body"], "data": [["2026-05-01", "X"], ["2026-05-02", "Y"]]}',
        '[["date", "body"], ["2026-05-01", "X"], ["2026-05-02", "Y"]]',
        '{"date": {"0": "2026-05-01", "1": "2026-05-02"}, "body": {"0": "X", "1": "Y"}}',
        '{"a": {"date": "2026-05-01", "body": "X"}, "b": {"date": "2026-05-02", "body": "Y"}}',
        '[{"date": "2026-05-01", "body": "X", "cost": NaN}, {"date": "2026-05-02", "body": "Y", "cost": 1}]',
    ],
)
def test_records_are_found_in_whatever_form_programs_write_them(text: str) -> None:
    table = opened(text.encode())
    date, body = table.headers.index("date"), table.headers.index("body")
    assert [(row[date], row[body]) for row in rows(table)] == [("2026-05-01", "X"), ("2026-05-02", "Y")]


def test_hidden_sheet_waits_behind_one_that_is_shown() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Kind", "Label"])
    book.active.append(["meeting", "Meeting"])
    book.active.sheet_state = "hidden"
    log = book.create_sheet("Log")
    log.append(["Date", "Organisation"])
    log.append([dt.date(2026, 5, 1), "X"])
    content = io.BytesIO()
    book.save(content)
    table = opened(content.getvalue())
    assert (table.sheet, table.headers) == ("Log", ("Date", "Organisation"))


def test_headers_in_two_rows_are_the_lower_ones() -> None:
    table = opened(b"Meeting,,Participants,\nDate,Subject,Organisation,People\n1 May 2026,a,X,Y\n")
    assert table.headers == ("Date", "Subject", "Organisation", "People")
    assert len(rows(table)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><table><tr><td>Date</td></tr></table></html>", "web page"),
        (b"2026-05-01,12,13\n2026-05-02,14,15\n", "No row reads like headers"),
    ],
)
def test_what_has_no_headers_is_told_so(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        opened(content)


def test_sheet_can_be_said_and_the_first_filled_one_is_taken() -> None:
    def fill(made: Any) -> None:
        made.active.title = "Empty"
        for name in ("One", "Two"):
            made.create_sheet(name).append(["A", "B"])
            made[name].append([name, 1])

    assert rows(opened(book(fill))) == [["One", 1]]
    assert rows(opened(book(fill), Reading(sheet="Two"))) == [["Two", 1]]
    with pytest.raises(Invalid, match="Empty, One, Two"):
        opened(book(fill), Reading(sheet="Three"))


def packed(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed(**{"a.txt": b"x"}), "no workbook"),
        (packed(**{"[Content_Types].xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "document type"),
        (packed(**{"[Content_Types].xml": "<?xml?><!DOCTYPE a>".encode("utf-16-le")}), "document type"),
        (packed(**{"[Content_Types].xml": b"<a/>", "xl/big.xml": b" " * 30_000_000}), "far more"),
        (packed(**{"[Content_Types].xml": b"<a/>"}), "cannot be read"),
        (packed(**{"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b"x"}), "XLSB"),
        (
            packed(
                **{
                    "[Content_Types].xml": b"<a/>",
                    "xl/worksheets/sheet1.xml": b'<c r="A1"><v>1</v></c><c r="XFD1048576" t="n"><v>1</v></c>',
                }
            ),
            "row 1,048,576, column 16,384",
        ),
        (
            packed(
                **{
                    "content.xml": b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell '
                    b'table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
                }
            ),
            "repeats cells 16,384,000,000 times",
        ),
        (b"PK\x03\x04 broken", "damaged"),
        (b"\xd0\xcf\x11\xe0 broken", "cannot be read"),
    ],
)
def test_dangerous_and_broken_workbooks_are_refused(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        rows(opened(content))
