"""The search index: the words of every record, once, in an order that needs no sorting."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base

#: Kind of record → its place in the order of the index; a place is never given twice.
SEARCH_KINDS = {
    "engagement": 0,
    "organisation": 1,
    "person": 2,
    "commitment": 3,
    "follow_up": 4,
    "topic": 5,
    "milestone": 6,
}
#: A word that nobody can type, because the sign is no letter: what is a letter carries it.
LETTER_MARK = "¤letter"

#: Whole content, found by whoever may read it; and what of a hidden record everybody else may know.
WHOLE, FACE = 0, 1

_FACE_BITS, _ID_BITS, _MINUTE_BITS = 1, 25, 33
ID_MASK = (1 << _ID_BITS) - 1
_END_OF_DAY = dt.time(23, 59, 59)


def place(kind: str, record_id: int, day: dt.date | None, time: dt.time | None = None, face: int = WHOLE) -> int:
    """The number of an entry: entries of one kind stand together, in the order of their minutes.

    Read backwards it gives the newest hits first, so that the hits of a common word are never sorted.

    :param time: none for the end of the day, as lists have it
    :raises ValueError: a record's number that no installation reaches
    """
    if not 0 < record_id <= ID_MASK:
        raise ValueError(f"the search index holds record numbers up to {ID_MASK}, not {record_id}")
    return span(kind)[0] | minute(day, time) << (_ID_BITS + _FACE_BITS) | record_id << _FACE_BITS | face


def minute(day: dt.date | None, time: dt.time | None = None) -> int:
    """Minutes since the calendar began, 0 for no day."""
    if day is None:
        return 0
    at = time or _END_OF_DAY
    return day.toordinal() * 1440 + at.hour * 60 + at.minute


def span(kind: str) -> tuple[int, int]:
    """First and last number that an entry of ``kind`` can have."""
    bits = _MINUTE_BITS + _ID_BITS + _FACE_BITS
    first = SEARCH_KINDS[kind] << bits
    return first, first | (1 << bits) - 1


class SearchEntry(Base):
    """What one record is found by. Derived: :mod:`crm.services.search` keeps it right in every transaction.

    :ivar label: words of its own name, under which other records are found too
    :ivar words: every word, each once; the database indexes them (FTS5, or a ``tsvector`` beside this column)
    """

    __tablename__ = "crm_search"
    __table_args__ = (UniqueConstraint("kind", "record_id", "face"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(12))
    record_id: Mapped[int]
    face: Mapped[int] = mapped_column(default=WHOLE)
    label: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
