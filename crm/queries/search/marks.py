"""Where the words looked for stand in a text, so that a page can mark them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm.queries.matching import Typed
from crm.text import tokens

SHOWN_AROUND = 70
# A dotted abbreviation is one word, as it is in the index; combining marks belong to their letter.
_WORD = re.compile(r"(?:[^\W\d_]\.){2,}(?:[^\W\d_](?!\w))?|[^\W_][^\W_\u0300-\u036f]*[\u0300-\u036f\w]*")

Piece = tuple[str, bool]


def marked(text: str, typed: Typed) -> list[Piece]:
    """The text in pieces, each with whether it is one of the words looked for."""
    pieces: list[Piece] = []
    at = 0
    for start, end in _places(text, typed):
        if start > at:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    return [*pieces, (text[at:], False)] if at < len(text) else pieces


def excerpt(text: str, typed: Typed, *, around: int = SHOWN_AROUND) -> list[Piece]:
    """The part of a text around the first word looked for, empty where there is none of them."""
    line = " ".join(text.split())
    first = next(_places(line, typed), None)
    if first is None:
        return []
    start = max(first[0] - around, 0)
    start = line.rfind(" ", 0, start) + 1 if start else 0
    end = line.find(" ", min(first[1] + 2 * around, len(line)))
    end = len(line) if end < 0 else end
    found = marked(line[start:end], typed)
    return [*([("… ", False)] if start else []), *found, *([(" …", False)] if end < len(line) else [])]


def _places(text: str, typed: Typed) -> Iterator[tuple[int, int]]:
    for found in _WORD.finditer(text):
        words = tokens(found.group())
        if any(word in typed.whole or word.startswith(typed.beginnings) for word in words):
            yield found.span()
