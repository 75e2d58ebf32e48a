"""What somebody typed into a search box, and the condition that both databases look it up by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    cast,
    column,
    literal,
    literal_column,
    or_,
    table,
    text,
)

from crm.models import Engagement, SearchEntry
from crm.models.search import FACE, ID_MASK, WHOLE, span
from crm.queries import visibility
from crm.text import fold, tokens
from crm.work import Work

WORDS_AT_MOST = 10
# Longer words are no words; an index row of PostgreSQL could not hold them.
LONGEST_WORD = 60

# SQLite keeps an index of the first two and three letters of words. For what begins with more it would put together
# whatever has any such word, each time anew; the words themselves it reads one after the other, as far as need be.
_INDEXED_LETTERS = 3
_FORMS_AT_MOST = 32

_FTS = table("crm_search_fts", column("rowid", BigInteger), column("crm_search_fts", String))
# From one word to the next: asked for all of them at once, the index would count in how many records each stands.
_WORDS = text("""
WITH RECURSIVE word (term) AS (
    SELECT (SELECT term FROM crm_search_word WHERE term >= :begun LIMIT 1)
    UNION ALL
    SELECT (SELECT term FROM crm_search_word WHERE term >= word.term || char(1) LIMIT 1) FROM word
    WHERE word.term <= :last LIMIT :most
)
SELECT term FROM word WHERE term <= :last
""")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Typed:
    """Every word must be there.

    :param beginnings: words of which the beginning is enough
    :param whole: words in quotation marks: they must be just so
    :param forms: beginning → all words of the log that begin so, where they are known
    """

    text: str
    beginnings: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.beginnings or self.whole)

    def fts5(self, *, mark: str = "", without: str = "") -> str:
        """The question for SQLite's FTS5.

        :param mark: a word of ours that must be there too, ``without`` one that must not
        """
        words = [self._begun(word) for word in self.beginnings] + [f'"{word}"' for word in (*self.whole, mark) if word]
        return " AND ".join(words) + (f' NOT "{without}"' if without else "")

    def _begun(self, word: str) -> str:
        forms = self.forms.get(word)
        if forms is None:
            return f'"{word}"*'
        return "(" + " OR ".join(f'"{form}"' for form in forms or (word,)) + ")"

    def tsquery(self, *, mark: str = "", without: str = "") -> str:
        """The same for PostgreSQL, written as its type ``tsquery`` reads it."""
        words = [f"'{word}':*" for word in self.beginnings] + [f"'{word}'" for word in (*self.whole, mark) if word]
        return " & ".join(words) + (f" & !'{without}'" if without else "")


def read(typed: str) -> Typed:
    """The words of ``typed``: a word in quotation marks stands for itself alone, any other begins words."""
    folded = fold(typed)
    whole = [word for quoted in _QUOTED.findall(folded) for word in tokens(quoted)]
    begun = tokens(_QUOTED.sub(" ", folded))
    # A single letter begins half of all words, so it is meant as it stands; a single sign of a script without
    # letters is a word already.
    single = [word for word in begun if len(word) == 1 and word.isascii()]
    begun = [word for word in begun if word not in single]
    return Typed(folded, _kept(begun, WORDS_AT_MOST), _kept([*whole, *single], WORDS_AT_MOST))


def typed(work: Work, text: str) -> Typed:
    """The words of ``text``, with what the database in use is asked better for than for their beginnings."""
    found = read(text)
    if work.database != "sqlite":
        return found
    forms = {}
    for word in found.beginnings:
        if len(word) > _INDEXED_LETTERS:
            said = {"begun": word, "last": word + "\U0010ffff", "most": _FORMS_AT_MOST + 1}
            known = work.session.scalars(_WORDS, said).all()
            if len(known) <= _FORMS_AT_MOST:
                forms[word] = tuple(known)
    return replace(found, forms=forms)


def says(text: str, typed: Typed) -> bool:
    """Whether a text alone has every word."""
    known = tokens(text)
    return all(any(one.startswith(word) for one in known) for word in typed.beginnings) and set(typed.whole) <= set(
        known
    )


def _kept(words: list[str], number: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word[:LONGEST_WORD] for word in words))[:number]


class Index(NamedTuple):
    """Where words are looked up.

    :param key: number of an entry, in the order of its day
    :param record_id: number of the record
    :param face: whether it is the whole content, or what everybody may know of a hidden one
    """

    table: Any
    key: ColumnElement[int]
    record_id: ColumnElement[int]
    face: ColumnElement[int]
    says: ColumnElement[bool]


def engagements_saying(work: Work, typed: Typed) -> tuple[Index, ColumnElement[bool]]:
    """The index to join a list of engagements with, and what must hold of both: the list's rows have every word, in
    what the member may read of them. The index's key stands in the order of the list.
    """
    index = index_of(work, typed)
    first, last = span("engagement")
    own = and_(index.record_id == Engagement.id, index.key.between(first, last), index.says)
    return index, and_(own, readable(work, index))


def index_of(work: Work, typed: Typed) -> Index:
    """The index of the database in use, asked for ``typed``."""
    return index_asked(work, literal(question(work, typed), String))


def question(work: Work, typed: Typed, **limits: str) -> str:
    """What the index of the database in use is asked; ``limits`` as in :meth:`Typed.fts5`."""
    return typed.fts5(**limits) if work.database == "sqlite" else typed.tsquery(**limits)


def index_asked(work: Work, question: ColumnElement[str]) -> Index:
    """The index of the database in use, asked a :func:`question`."""
    if work.database == "sqlite":
        key = _FTS.c.rowid
        record_id = key.bitwise_rshift(1).bitwise_and(ID_MASK)
        says = _FTS.c.crm_search_fts.op("MATCH", is_comparison=True)(question)
        return Index(_FTS, key, record_id, key.bitwise_and(1), says)
    # Megabytes that no other database needs.
    from sqlalchemy.dialects.postgresql import TSQUERY

    vector: ColumnElement[Any] = literal_column("crm_search.vector")
    says = vector.op("@@", is_comparison=True)(cast(question, TSQUERY))
    return Index(SearchEntry.__table__, SearchEntry.id.expression, SearchEntry.record_id.expression,
                 SearchEntry.face.expression, says)  # fmt: skip


def readable(work: Work, index: Index) -> ColumnElement[bool]:
    """The entry of an engagement is one that the member may find it by."""
    whole = and_(index.face == WHOLE, visibility.content_visible(work))
    if work.trusted:
        return whole
    # What everybody may know of a hidden one is found by those who may not read the rest.
    known = and_(index.face == FACE, visibility.visible(work), ~visibility.content_visible(work))
    return or_(whole, known)
