"""Spellings of dates that only files use: serial numbers of spreadsheets, midnights of programs, other languages."""

from __future__ import annotations

import datetime as dt
import re

from crm.text import fold

_MIDNIGHT = re.compile(
    r"(\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{4})[T ]0?0:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?", re.IGNORECASE
)
_SLASHES = re.compile(r"(?<=\d)\s*([/.])\s*(?=\d{1,4}(?:\D|$))")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 73_050
"""October 1954 and the last day of 2099: any other number of five digits is none that a spreadsheet keeps for a day"""
_DAY_ZERO = dt.datetime.fromisoformat("1899-12-30")

_MONTHS = {
    name: english
    for english, names in {
        "January": "enero gennaio janeiro styczen stycznia januarja januari",
        "February": "febrero febbraio fevereiro luty lutego februarja",
        "March": "marzo marco marzec marca",
        "April": "abril aprile kwiecien kwietnia aprila",
        "May": "mayo maggio maio maj maja",
        "June": "junio giugno junho czerwiec czerwca junija juni",
        "July": "julio luglio julho lipiec lipca julija juli",
        "August": "agosto sierpien sierpnia avgust avgusta augusti",
        "September": "septiembre settembre setembro wrzesien wrzesnia septembra",
        "October": "octubre ottobre outubro pazdziernik pazdziernika oktobra oktober",
        "November": "noviembre novembro listopad listopada novembra",
        "December": "diciembre dicembre dezembro grudzien grudnia decembra",
    }.items()
    for name in names.split()
}
_THIRDS = {
    word: english
    for english, words in {
        "early": "anfang debut begin inizio principios",
        "mid": "mitte mi midden meta mediados",
        "late": "ende fin eind fine finales",
    }.items()
    for word in words.split()
}
_ENGLISH = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December")  # fmt: skip
_ABBREVIATED = {name[:3].lower(): name for name in _ENGLISH}
_PERIOD = re.compile(
    rf"({'|'.join(_ABBREVIATED)})[a-z]{{0,6}}?[\W_]*(?:to|and|[-–])?[\W_]*"
    rf"({'|'.join(_ABBREVIATED)})[a-z]{{0,6}}?[\W_]*(\d{{4}}|\d{{2}}(?!\d))",
    re.IGNORECASE,
)
_QUARTER = re.compile(r"(?<![a-z])q([1-4])[\W_]*(20\d\d)|(20\d\d)[\W_]*q([1-4])(?!\d)", re.IGNORECASE)
_LEADING = re.compile(r"^(?:du|vom|am|den|le|op|el|del|van|dal|de|od)\s+(?=\d)")
_TO = re.compile(r"(?<=[\d.\s])\s*\b(?:au|bis|al|tot(?: en met)?|t/m|do)\b\s*(?=\d)")
_OF = re.compile(r"\b(?:de|del|di|do|da)\s+(?=[a-z0-9])")
_DAYS = re.compile(
    r"^(\d{1,2})(?:st|nd|rd|th)?((?:\s*(?:,|&|and)\s*\d{1,2}(?:st|nd|rd|th)?)+)\s+([a-z]+),?(?:\s+(\d{4}))?$"
)
_SHORT_YEAR = re.compile(r"^([a-z]{3,9})\.?\s*[-’']\s*(\d{2})$")


def plain(text: str) -> str:
    """A date without what is no part of it: runs of spaces, the midnight that a program adds to a day, the count of
    days by which a spreadsheet keeps one.
    """
    tidy = " ".join(text.split())
    if found := _MIDNIGHT.fullmatch(tidy):
        return found[1]
    if (found := _SERIAL.fullmatch(tidy)) and _FIRST_SERIAL <= int(found[1]) <= _LAST_SERIAL:
        moment = _DAY_ZERO + dt.timedelta(days=float(tidy))
        # A spreadsheet keeps a time as a fraction, which is a second off now and then.
        moment = (moment + dt.timedelta(seconds=30)).replace(second=0, microsecond=0)
        return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ", "minutes")
    return _SLASHES.sub(r"\1", tidy) if " " in tidy and "/" in tidy else tidy


def period_in(file_name: str) -> str:
    """The months or the quarter of which the name of a file speaks, as one would type them; empty if there are none."""
    if found := _PERIOD.search(file_name):
        first, last = (_ABBREVIATED[word.lower()] for word in found.group(1, 2))
        year = int(found[3]) if len(found[3]) == 4 else 2000 + int(found[3])
        if _ENGLISH.index(first) > _ENGLISH.index(last):
            first, last = last, first
        return f"{first} to {last} {year}"
    if found := _QUARTER.search(file_name):
        return f"Q{found[1] or found[4]} {found[2] or found[3]}"
    return ""


def usual(text: str) -> str:
    """A date that cannot be read as it stands, in the words that :func:`crm.dates.parse_when` knows; else as it is."""
    folded = fold(text).replace("–", "-")
    if found := _SHORT_YEAR.match(folded):
        # "Feb-24" is how spreadsheets show a month; a day they show as "24-Feb".
        return f"{found[1]} 20{found[2]}"
    if found := _DAYS.match(folded):
        days = [int(found[1]), *(int(day) for day in re.findall(r"\d+", found[2]))]
        if days == list(range(days[0], days[0] + len(days))):
            return f"{days[0]}-{days[-1]} {found[3]} {found[4] or ''}".strip()
    said = _OF.sub("", _TO.sub(" - ", _LEADING.sub("", folded)))
    said = re.sub(r"[a-z]+", lambda word: _MONTHS.get(word[0]) or _THIRDS.get(word[0]) or word[0], said)
    return said if said != folded else text
