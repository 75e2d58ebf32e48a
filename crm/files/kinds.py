"""What a file is, by its content: the name and what the browser says are the sender's word only."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

UNKNOWN = "application/octet-stream"

_HEAD = 64 * 1024
# The list of a package's members stands at its end; that of a document fits into this by far.
_TAIL = 1024 * 1024

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_ZIP = b"PK\x03\x04"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PACKAGES = (
    (b"word/document.xml", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/workbook.xml", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/presentation.xml", f"{_OFFICE}presentationml.presentation"),
)
# An OpenDocument package begins with its own type, unpacked (OpenDocument 1.3, part 2, section 3.3).
_OPEN_DOCUMENT = re.compile(rb"mimetype(application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation))PK")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def media_type(file: BinaryIO) -> str:
    """Tells the media type of a file that can be sought, whose position is left anywhere.

    Markup is ``text/plain``, so that no browser runs it; documents with macros and whatever is not known are
    ``application/octet-stream``.
    """
    file.seek(0)
    head = file.read(_HEAD)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(_ZIP):
        return _package(file, head)
    return "text/plain" if _is_text(head) else UNKNOWN


def _package(file: BinaryIO, head: bytes) -> str:
    if found := _OPEN_DOCUMENT.match(head, 30):
        return found.group(1).decode()
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    if b"[Content_Types].xml" not in tail:
        return "application/zip"
    if b"vbaProject.bin" in tail:
        return UNKNOWN
    return next((kind for member, kind in _PACKAGES if member in tail), "application/zip")


def _is_text(head: bytes) -> bool:
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        # The end of the piece may cut a character.
        text = codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < _HEAD)
    except UnicodeDecodeError:
        return False
    return bool(text) and not _NOT_TEXT.search(text)
