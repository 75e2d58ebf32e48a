from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.files.names import download_name


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("Letter to DG CNECT.pdf", "Letter to DG CNECT.pdf"),
        ("Réponse à la consultation.docx", "Réponse à la consultation.docx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\maria\\notes.txt", "notes.txt"),
        ("/", "attachment"),
        ("", "attachment"),
        ("..", "attachment"),
        (".htaccess", "attachment.htaccess"),
        (".pdf", "attachment.pdf"),
        ("name.pdf. . ", "name.pdf"),
        ("a\x00b\r\nc\x7f.pdf", "abc.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("x\u2066y\u200b\ufeff.pdf", "xy.pdf"),
        ('a<b>:c"|?*.pdf', "a_b__c____.pdf"),
        ("NUL.txt", "_NUL.txt"),
        ("con", "_con"),
        ("console.log", "console.log"),
        ("a\ud800b.pdf", "ab.pdf"),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_a_name_is_made_harmless(given_name: str, name: str) -> None:
    assert download_name(given_name) == name


def test_a_long_name_keeps_its_extension() -> None:
    name = download_name("é" * 400 + ".pdf")
    assert name.endswith("é.pdf")
    assert len(name.encode()) <= 150


def test_the_fallback_can_be_given() -> None:
    assert download_name("///", fallback="letter") == "letter"


@given(st.text(max_size=300))
@example(". con")
@example("a. .pdf")
@example(".con.pdf")
@example("x" * 145 + " .pdf")
def test_any_name_becomes_a_harmless_one_for_good(given_name: str) -> None:
    name = download_name(given_name)
    assert name
    assert not set(name) & set('/\\<>:"|?*\r\n\x00')
    assert not any(unicodedata.category(char)[0] == "C" and char not in "\u200c\u200d" for char in name)
    assert not any(unicodedata.bidirectional(char) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI"} for char in name)
    assert name[0] != "."
    assert name[-1] not in ". "
    assert len(name.encode()) <= 151
    assert download_name(name) == name
