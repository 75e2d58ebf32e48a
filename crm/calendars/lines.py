"""The lines iCalendar is made of (RFC 5545, section 3.1).

Own, because the text of a record must come back as it was: the library turns a typed ``\\N`` into a line end, and
takes a hundred times longer for one entry.
"""

from __future__ import annotations

import re

_WIDTH = 75
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# TEXT holds no control characters but the tab, and no half of a surrogate pair can be written as UTF-8.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def escape(text: str) -> str:
    r"""Gives the value of a TEXT property (RFC 5545, 3.3.11): ``\ ; ,`` and line ends escaped, controls dropped."""
    if not text.isprintable():
        text = _UNWRITABLE.sub("", _LINE_END.sub("\n", text))
    return text.replace("\\", "\\\\").replace(";", r"\;").replace(",", r"\,").replace("\n", r"\n")


def one_line(text: str) -> str:
    """Gives text without line ends, controls and runs of white space, for titles and places."""
    return " ".join((text if text.isprintable() else _UNWRITABLE.sub(" ", _LINE_END.sub(" ", text))).split())


def uri(text: str) -> str:
    """Gives the value of a URI property, which knows no escaping: white space and controls dropped."""
    return "".join(_UNWRITABLE.sub("", text).split())


def fold(line: str) -> str:
    """Gives one content line with its CRLF, folded at 75 octets, never inside a character or an escape."""
    if len(line) <= _WIDTH and line.isascii():
        return line + "\r\n"
    data = line.encode()
    parts = []
    start, room = 0, _WIDTH
    while len(data) - start > room:
        cut = start + room
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        before = data[start:cut]
        if (len(before) - len(before.rstrip(b"\\"))) % 2:
            cut -= 1
        parts.append(data[start:cut])
        start, room = cut, _WIDTH - 1
    parts.append(data[start:])
    return b"\r\n ".join(parts).decode() + "\r\n"


def text_line(name: str, text: str) -> str:
    """Gives one TEXT property as a folded content line."""
    return fold(f"{name}:{escape(text)}")
