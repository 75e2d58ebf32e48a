"""What kind of file some bytes are, by the bytes and never by the name somebody gave them."""

from __future__ import annotations

import zipfile
from typing import BinaryIO

UNKNOWN = "application/octet-stream"
HEAD = 4096

_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
    # Word, Excel, PowerPoint and Outlook before 2007 share one container.
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"ID3", "audio/mpeg"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
)
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MEMBERS_READ = 50


def kind_of(file: BinaryIO) -> str:
    """The media type of a seekable file, :data:`UNKNOWN` where its bytes do not say; the position is left at the end.

    Markup (HTML, SVG, XML) is plain text here, so that nobody's browser is invited to run it.
    """
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _archive(file)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    return "text/plain" if _is_text(head) else UNKNOWN


def _archive(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            first = archive.infolist()[:_MEMBERS_READ]
            if first and first[0].filename == "mimetype" and first[0].file_size < 200:
                said = archive.read(first[0]).decode("ascii", "replace").strip()
                if said.startswith("application/vnd.oasis.opendocument.") and said.isascii() and " " not in said:
                    return said[:100]
            if any(member.filename == "[Content_Types].xml" for member in first):
                for member in first:
                    for folder, kind in _OFFICE.items():
                        if member.filename.startswith(folder):
                            return kind
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return "application/zip"
    return "application/zip"


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head:
        return False
    try:
        # The last character may be cut in two.
        head.decode("utf-8") if len(head) < HEAD else head[: HEAD - 4].decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 8
    return True
