"""Search over everything: what a typed text means, where its words stand, and what was found."""

from __future__ import annotations

from crm.queries.matching import Typed, read
from crm.queries.search.direct import Direct, direct
from crm.queries.search.finding import COUNTED_AT_MOST, FACETS, NAMED, Page, first_hits, hits, numbers
from crm.queries.search.marks import Piece, excerpt, marked
from crm.queries.search.rows import Hit
from crm.queries.search.texts import Text, texts

__all__ = [
    "COUNTED_AT_MOST",
    "FACETS",
    "NAMED",
    "Direct",
    "Hit",
    "Page",
    "Piece",
    "Text",
    "Typed",
    "direct",
    "excerpt",
    "first_hits",
    "hits",
    "marked",
    "numbers",
    "read",
    "texts",
]
