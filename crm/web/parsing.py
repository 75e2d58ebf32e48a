"""Reads what requests say alike on every page: numbers of records, pages of lists, dates as people type them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request

from crm.dates import When, parse_when
from crm.errors import Invalid
from crm.queries.facets import NOBODY
from crm.work import Work

#: A number that the database can hold; anything else is no page.
ID = "<int(max=2147483647):id>"
LARGEST_ID = 2_147_483_647
IDS_AT_MOST = 2000
PAGES_AT_MOST = 10_000
LAST_YEAR = 9998
LONGEST_DATE = 200
LONGEST_WORDS = 200


def number(typed: object) -> int | None:
    """A record's number as sent or chosen, none for anything else."""
    plain = "" if typed is None else str(typed).strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 11):
        return None
    found = int(plain)
    return found if 0 < found <= LARGEST_ID else None


def owner_asked(work: Work) -> int | None:
    """The member whose records the address asks for: a number, ``me``, or ``0`` for nobody's."""
    typed = request.args.get("owner", "")
    if typed == "me":
        return work.member_id
    return NOBODY if typed == str(NOBODY) else number(typed)


def year_asked() -> int | None:
    """The year that the address asks for."""
    found = number(request.args.get("year"))
    return found if found is not None and 1 <= found <= LAST_YEAR else None


def numbers(typed: Iterable[str]) -> list[int]:
    """Records' numbers, each once; what is none is left out."""
    found = (number(one) for one in list(typed)[:IDS_AT_MOST])
    return list(dict.fromkeys(one for one in found if one is not None))


def seen(typed: Iterable[str]) -> dict[int, int | None]:
    """Chosen rows: a record's number, and the version that the page showed where it names one (“12.3”)."""
    found: dict[int, int | None] = {}
    for one in list(typed)[:IDS_AT_MOST]:
        identity, _, version = one.partition(".")
        if (known := number(identity)) is not None:
            found[known] = number(version)
    return found


def version_seen() -> int | None:
    """The version of the record that the page showed whose button was clicked."""
    return number(request.values.get("version"))


def page_number() -> int:
    """The page of a list that the address asks for, from 1."""
    return min(number(request.args.get("page")) or 1, PAGES_AT_MOST)


def words(name: str = "q") -> str:
    """The words that a list is searched for; what no text holds (NUL and other controls) parts words."""
    typed = request.args.get(name, "")[:LONGEST_WORDS]
    return " ".join("".join(one if one.isprintable() else " " for one in typed).split())


def optional_when(work: Work, field: str, typed: str | None, *, past: bool, kept: When | None = None) -> When | None:
    """A date as typed into ``field``, none where nothing was.

    :param past: whether a day without a year lies behind
    :param kept: what is stored: its own words mean what they meant when they were typed, not what they mean today
    :raises Invalid: naming ``field``
    """
    words = (typed or "").strip()
    if not words:
        return None
    if kept is not None and words == kept.text:
        return kept
    if len(words) > LONGEST_DATE:
        raise Invalid(field, f"A date has at most {LONGEST_DATE} characters, such as “11 May 2026”.")
    try:
        return parse_when(words, today=work.today(), past=past, zone=work.zone)
    except Invalid as problem:
        raise Invalid(field, problem.reason) from problem
