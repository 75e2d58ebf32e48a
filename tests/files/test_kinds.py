from __future__ import annotations

import io
import zipfile

import pytest

from crm.files.kinds import UNKNOWN, media_type

OFFICE = "application/vnd.openxmlformats-officedocument."


def package(*members: str, first: str = "", filler: int = 0) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        if first:
            archive.writestr("mimetype", first)
        archive.writestr("media/image1.bin", b"\x00" * filler)
        for member in members:
            archive.writestr(member, "<x/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"GIF89a\x01\x00", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", UNKNOWN),
        ("Notes of the meeting, réunion\r\n".encode(), "text/plain"),
        ("\ufeffé".encode("utf-16"), "text/plain"),
        (b"<html><script>alert(1)</script>", "text/plain"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "text/plain"),
        (b"MZ\x90\x00\x03", UNKNOWN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", UNKNOWN),
        (b"caf\xe9", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_file_is_known_by_its_content(content: bytes, kind: str) -> None:
    assert media_type(io.BytesIO(content)) == kind


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (("[Content_Types].xml", "word/document.xml"), f"{OFFICE}wordprocessingml.document"),
        (("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"),
        (("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
        (("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), UNKNOWN),
        (("[Content_Types].xml", "other.xml"), "application/zip"),
        (("word/document.xml",), "application/zip"),
        (("readme.txt",), "application/zip"),
    ],
)
@pytest.mark.parametrize("filler", [0, 3_000_000])
def test_a_package_is_known_by_its_members(members: tuple[str, ...], kind: str, filler: int) -> None:
    assert media_type(io.BytesIO(package(*members, filler=filler))) == kind


@pytest.mark.parametrize("word", ["text", "spreadsheet", "presentation"])
def test_an_open_document_is_known_by_its_first_member(word: str) -> None:
    kind = f"application/vnd.oasis.opendocument.{word}"
    assert media_type(io.BytesIO(package("content.xml", first=kind))) == kind


def test_a_package_cannot_name_a_type_of_its_own() -> None:
    assert media_type(io.BytesIO(package(first="text/html"))) == "application/zip"


def test_a_character_cut_by_the_piece_looked_at_is_no_fault() -> None:
    assert media_type(io.BytesIO(b"x" + "é".encode() * 100_000)) == "text/plain"
    assert media_type(io.BytesIO(b"x" + "é".encode()[:1])) == UNKNOWN
