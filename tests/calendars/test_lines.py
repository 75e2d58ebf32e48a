from __future__ import annotations

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.calendars.lines import escape, fold, one_line, text_line, uri

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


def unfolded(text: str) -> str:
    return text.replace("\r\n ", "")


def read(value: str) -> str:
    """Undoes the escaping, as RFC 5545 describes it and not as any library does."""
    out, chars = [], iter(value)
    for char in chars:
        out.append({"n": "\n", "N": "\n"}.get(second := next(chars), second) if char == "\\" else char)
    return "".join(out)


@given(ANY_TEXT)
@example("C:\\New\\n")
@example("ends with \\")
@example("a\\,b;c,d")
def test_text_comes_back_as_it_was_but_for_control_characters(text: str) -> None:
    kept = escape(text)
    assert not any(char < " " and char != "\t" for char in kept)
    plain = "".join(
        char for char in text if char in "\t\n" or (char >= " " and char != "\x7f" and char not in "\x85\u2028\u2029")
    )
    if "\r" not in text and not any(char in text for char in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"):
        assert read(kept) == plain


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_line_end_is_the_escaped_one(end: str) -> None:
    assert escape(f"a{end}b") == "a\\nb"


@given(ANY_TEXT)
@example("é" * 80)
@example("🇪🇺" * 40)
@example("\\" * 200)
@example("x" * 66 + "\\n" + "y")
def test_no_line_is_longer_than_75_octets_nor_cut_inside_a_character_or_an_escape(text: str) -> None:
    line = "SUMMARY:" + escape(text)
    folded = fold(line)
    assert folded.endswith("\r\n")
    pieces = folded.encode()[:-2].split(b"\r\n")
    assert all(len(piece) <= 75 for piece in pieces)
    for piece in pieces:
        piece.decode()
        assert (len(piece) - len(piece.rstrip(b"\\"))) % 2 == 0
    assert unfolded(folded) == line + "\r\n"


@given(ANY_TEXT)
def test_a_reader_gets_the_text(text: str) -> None:
    source = "BEGIN:VEVENT\r\n" + text_line("SUMMARY", text) + "END:VEVENT\r\n"
    found = icalendar.Event.from_ical(source)["SUMMARY"]
    assert str(found) == read(escape(text))


def test_a_half_surrogate_does_not_stop_the_file() -> None:
    assert text_line("SUMMARY", "a\ud800b").encode() == b"SUMMARY:ab\r\n"


def test_a_title_is_one_line() -> None:
    assert one_line(" a\r\n\tb\u2028 c\x00 ") == "a b c"


def test_an_address_holds_no_white_space() -> None:
    assert uri("https://example.org/a b\r\nATTENDEE:x") == "https://example.org/abATTENDEE:x"
