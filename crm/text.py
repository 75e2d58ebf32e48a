"""Words as people type them: normalising, comparing, searching, sorting, and cells that no spreadsheet runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

from crm.errors import Invalid

_SPACES = " \t\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\ufeff"
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")

# Letters that casefolding and NFKD leave alone although people type them without their stroke, dot or ligature;
# apostrophes and dashes that word processors put in place of the ones on the keyboard.
_PLAIN = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ı": "i",
        "ȷ": "j",
        "ĸ": "k",
        "ƒ": "f",
        "ə": "a",
        "ґ": "г",
        **dict.fromkeys("‘’‛ʼʹ`´′＇", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)

_RUNNABLE = frozenset("=+-@")
_NUMBER = re.compile(
    r"""[ \u00a0\u202f]*
        [+-]
        (?: [ ]?\(?[0-9][0-9 ().,/\u00a0\u202f-]*%?     # an amount, a share, a phone number
          | \.[0-9]+
          | [0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+
        )""",
    re.VERBOSE,
)
# What XML 1.0 cannot hold and the C1 controls, most of which are another encoding read wrongly.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_BODY = " (organisation)"
_ABBREVIATION = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?")
_DIGITS = re.compile("[0-9]+")
_ASCII_WORD = re.compile("[0-9a-z]+")


def clean(text: str) -> str:
    """Brings typed or imported text into the one form that is stored: NFC, ``\\n`` line ends, no white space around it.

    :raises Invalid: (field ``text``) for NUL, control characters other than line ends and tabs, and lone surrogates:
        PostgreSQL, UTF-8 or XML cannot hold them
    """
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    if refused := _REFUSED.search(text):
        code, place = f"U+{ord(refused.group()):04X}", refused.start() + 1
        raise Invalid("text", f"character {place} cannot be shown or stored ({code}); take it out")
    return text.strip(_SPACES)


def fold(text: str) -> str:
    """Gives the form in which two spellings of one name are equal: no case, accents, ligatures or typographic quotes,
    single spaces. Idempotent. Marks that make another letter rather than an accent (Japanese voicing, Indic vowel
    signs) stay.
    """
    if text.isascii():
        # The only ASCII sign among those above.
        return " ".join(text.lower().replace("`", "'").split())
    previous = ""
    while text != previous:
        previous = text
        text = _bare(text).casefold().translate(_PLAIN)
    return " ".join(unicodedata.normalize("NFC", text).split())


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not _dropped(char))


@lru_cache(maxsize=4096)
def _dropped(char: str) -> bool:
    accent = unicodedata.combining(char)
    # 10–35 are Hebrew and Arabic points, 200 and above the marks over, under and through a letter.
    return accent >= 200 or 10 <= accent <= 35 or unicodedata.category(char) in ("Cf", "Me")


def tokens(text: str) -> list[str]:
    """Splits text into folded words, in order, for the search index and for queries alike.

    A dotted abbreviation is one word ("U.K." → "uk"). Scripts written without spaces are not cut into words.
    """
    folded = fold(text)
    if "." in folded:
        folded = _ABBREVIATION.sub(lambda found: found.group().replace(".", ""), folded)
    if folded.isascii():
        return _ASCII_WORD.findall(folded)
    return ["".join(chars) for inside, chars in groupby(folded, _in_word) if inside]


@lru_cache(maxsize=4096)
def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def sort_key(text: str) -> str:
    """Gives a string whose binary order is the order people expect: words without punctuation, numbers by size."""
    words = " ".join(tokens(text)) or fold(text)
    return _DIGITS.sub(lambda digits: digits.group().zfill(10), words)


def defuse(cell: str) -> str:
    """Makes a cell harmless in a spreadsheet, by an apostrophe before it, if a spreadsheet could run it.

    That is a cell that begins, after any white space and invisible characters, with ``= + - @`` (or a full-width or
    small form of one), or whose leading white space holds a tab or line end. Numbers and phone numbers
    ("-5", "+32 2 123 45 67") stay as they are. :func:`undefuse` is the exact inverse. Source: OWASP, *CSV Injection*.
    """
    return "'" + cell if _could_run(cell.lstrip("'")) else cell


def undefuse(cell: str) -> str:
    """Takes back what :func:`defuse` did: ``undefuse(defuse(cell)) == cell`` for every string."""
    return cell[1:] if cell.startswith("'") and _could_run(cell.lstrip("'")) else cell


def _could_run(cell: str) -> bool:
    for char in cell:
        if char in "\t\r\n":
            return True
        if unicodedata.normalize("NFKC", char) in _RUNNABLE:
            return not _NUMBER.fullmatch(cell)
        if not (char.isspace() or unicodedata.category(char)[0] in "CZ"):
            return False
    return False


def plural(n: int, one: str, many: str | None = None) -> str:
    """Gives the number with its noun: "1 contact", "28 contacts", "0 replies".

    :param many: the plural where it is neither ``-s``, ``-es`` nor ``-ies``
    """
    return f"{n} {one if n == 1 else many or _many(one)}"


def _many(one: str) -> str:
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return one[:-1] + "ies"
    return one + ("es" if one.endswith(("s", "x", "z", "ch", "sh")) else "s")


def like_escape(text: str) -> str:
    r"""Escapes ``%``, ``_`` and ``\`` for ``LIKE … ESCAPE '\'``."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def join_listed(items: Iterable[str]) -> str:
    r"""Puts several texts into one cell, between semicolons; a semicolon inside one of them is written ``\;``."""
    return "; ".join([item.replace("\\", "\\\\").replace(";", "\\;") if _escaped(item) else item for item in items])


def split_listed(cell: str) -> list[str]:
    """Takes back what :func:`join_listed` did, for texts without white space around them."""
    if "\\" not in cell:
        return [item for part in cell.split(";") if (item := part.strip())]
    items, item, chars = [], "", iter(cell)
    for char in chars:
        if char == "\\":
            item += next(chars, "\\")
        elif char == ";":
            items.append(item.strip())
            item = ""
        else:
            item += char
    return [item for item in (*items, item.strip()) if item]


def reads_like_person(name: str) -> bool:
    """Whether a name reads like that of a person with the organisation in brackets: “Jane Doe (DG CNECT)”."""
    return name.endswith(")") and " (" in name


def named_body(name: str) -> str:
    """The name of an organisation for a list that names people as well: “Union (EU) (organisation)”.

    :func:`body_named` takes the word back, which only stands where the name would else be taken for a person's.
    """
    return name + _BODY if reads_like_person(name) else name


def body_named(item: str) -> str | None:
    """The organisation of an item to which :func:`named_body` added that it is one; none if it added nothing."""
    name = item.removesuffix(_BODY)
    return name if name != item and reads_like_person(name) else None


def _escaped(item: str) -> bool:
    return ";" in item or "\\" in item
