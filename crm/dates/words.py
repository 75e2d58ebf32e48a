"""Names and signs of the calendar as people type them, folded (see :func:`crm.text.fold`), and patterns over them."""

from __future__ import annotations

import re

_MONTH_NAMES = """
    jan january januar janner janvier januari janv
    feb february februar fevrier februari fevr fev
    mar march marz mars maart mrz
    apr april avril avr
    may mai mei
    jun june juni juin
    jul july juli juillet juil
    aug august aout augustus
    sep september septembre sept
    oct october oktober octobre okt
    nov november novembre
    dec december dezember decembre dez
"""
_WEEKDAY_NAMES = """
    mon monday montag lundi maandag
    tue tuesday dienstag mardi dinsdag tues
    wed wednesday mittwoch mercredi woensdag weds
    thu thursday donnerstag jeudi donderdag thurs thur
    fri friday freitag vendredi vrijdag
    sat saturday samstag samedi zaterdag
    sun sunday sonntag dimanche zondag
"""


def _numbered(names: str, start: int) -> dict[str, int]:
    lines = names.strip().splitlines()
    return {name: number for number, line in enumerate(lines, start) for name in line.split()}


def _any_of(names: dict[str, int]) -> str:
    return "(?:" + "|".join(sorted(names, key=len, reverse=True)) + r")(?![a-z])\.?"


MONTHS = _numbered(_MONTH_NAMES, 1)
WEEKDAYS = _numbered(_WEEKDAY_NAMES, 0)
COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 0}
THIRDS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}


_MONTH = _any_of(MONTHS)
_WEEKDAY = _any_of(WEEKDAYS)
_SUFFIX = r"(?:st|nd|rd|th|er|\.)?"
_DAY = rf"(?P<d>[0-9]{{1,2}})(?![0-9]){_SUFFIX}"
_NO_CLOCK = r"(?!\s*(?:-\s*[0-9]{1,2}\s*)?(?:[:.h][0-9]{2}|[ap]\.?m\b|h\b|hrs\b|uhr\b))"
_YEAR = rf"(?P<y>[0-9]{{4}}|'?[0-9]{{2}})(?![0-9]){_NO_CLOCK}"
_BETWEEN_TWO = r"\s*(?:-|/|&|(?:or|and|to|until|till|through)\b)\s*"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"\s*" + text)


def _words(text: str, signs: str = "") -> re.Pattern[str]:
    return re.compile(rf"\s*(?:(?:{text})(?![a-z])\.?" + (f"|{signs}" if signs else "") + r")\s*")


# One day, week, month, quarter, half or year.
ISO_DAY = _pattern(r"(?P<y>[0-9]{4})(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})(?![0-9])")
COMPACT_DAY = _pattern(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?![0-9])")
NUMERIC_DAY = _pattern(r"(?P<d>[0-9]{1,2})(?P<s>[-/.])\s?(?P<m>[0-9]{1,2})(?P=s)\s?(?P<y>[0-9]{4}|'?[0-9]{2})(?![0-9])")
NUMERIC_DAY_WITHOUT_YEAR = _pattern(
    rf"(?P<d>[0-9]{{1,2}})(?P<s>[/.])(?P<m>0?[1-9]|1[0-2])(?![0-9/])\.?(?![0-9:])(?!\s*{_MONTH})"
)
ISO_MONTH = _pattern(r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})(?![0-9])")
NUMERIC_MONTH = _pattern(r"(?P<m>[0-9]{1,2})[-/.](?P<y>[0-9]{4})(?![0-9])")
JOINED_DAY = _pattern(rf"(?P<d>[0-9]{{1,2}})(?P<s>[-/.])(?P<m>{_MONTH})(?P=s){_YEAR}")
DAY_MONTH = _pattern(rf"{_DAY}\s*[-/]?\s*(?P<m>{_MONTH})(?:\s*{_YEAR})?")
YEAR_MONTH = _pattern(rf"(?P<y>[0-9]{{4}})[\s/-]*(?P<m>{_MONTH})(?:\s*{_DAY}{_NO_CLOCK})?")
MONTH_DAY_YEAR = _pattern(rf"(?P<m>{_MONTH})\s*{_DAY}\s*{_YEAR}")
MONTH_YEAR = _pattern(rf"(?P<m>{_MONTH})[\s/-]*(?P<y>[0-9]{{4}}|'[0-9]{{2}})(?![0-9])")
MONTH_NUMBER = _pattern(
    rf"(?P<m>{_MONTH})\s*(?P<d>[0-9]{{1,2}})(?![0-9])(?P<suffix>{_SUFFIX}){_NO_CLOCK}"
    rf"(?P<more>(?={_BETWEEN_TWO}[0-9]))?"
)
MONTH = _pattern(rf"(?P<m>{_MONTH})")
QUARTER_OR_HALF = _pattern(rf"(?:(?P<unit>q)\s?(?P<n>[1-4])|(?P<half>h)\s?(?P<k>[12]))(?![0-9])(?:[\s/-]*{_YEAR})?")
YEAR_PART = _pattern(r"(?P<y>[0-9]{4})[\s/-]*(?:(?P<unit>q)(?P<n>[1-4])|(?P<half>h)(?P<k>[12]))(?![0-9])")
ORDINAL_PART = _pattern(rf"(?P<n>{'|'.join(ORDINALS)})[\s-]*(?P<unit>quarter|half)(?![a-z])(?:\s*{_YEAR})?")
YEAR = _pattern(r"(?P<y>[0-9]{4})(?![0-9])")
WEEK_OF = _words(r"(?:week|wk)(?: commencing| beginning)?|w/c|wc")
ISO_WEEK = _pattern(
    rf"(?:(?P<z>[0-9]{{4}})[\s-]*)?(?:week|wk|w)\s*(?P<n>[0-9]{{1,2}})(?![0-9]|[./][0-9]|{_SUFFIX}\s*{_MONTH})"
    r"(?:[\s/]+(?P<y>[0-9]{4})(?![0-9]))?"
)
# "12" of "12–13 May" and of "12.-13.5.2026": a day whose month stands with the second day.
BARE_DAY = _pattern(
    rf"{_DAY}(?={_BETWEEN_TWO}(?:{_WEEKDAY}\s*)?[0-9]{{1,2}}{_SUFFIX}\s*[-/]?\s*{_MONTH}"
    r"|\s*(?:-|(?:to|or|and)\b)\s*[0-9]{1,2}[./]\s?[0-9]{1,2}[./]\s?(?:[0-9]{4}|[0-9]{2})(?![0-9]))"
)
# "13" of "May 12–13, 2026".
SECOND_DAY = _pattern(rf"{_DAY}(?!\s*(?:{_MONTH}|[./:-]\s?[0-9])){_NO_CLOCK}(?:\s*{_YEAR})?")

# Days and spans said from today, and parts of a span.
NAMED_DAY = _words(r"(?P<name>today|yesterday|tomorrow|day before yesterday|day after tomorrow)")
DAYS_AWAY = _pattern(
    rf"(?:(?P<ahead>in)\s+)?(?P<n>[0-9]{{1,3}}|{'|'.join(COUNTS)})\s+(?P<unit>day|week)s?(?(ahead)|\s+ago)(?![a-z])"
)
RELATIVE = _pattern(
    r"(?:(?P<which>this|current|last|past|previous|next|coming)\s+)?"
    r"(?P<unit>week|month|quarter|half(?:[\s-]?year)?|year)(?![a-z])(?!\s*[0-9])"
)
WEEKDAY = _pattern(rf"(?:(?P<which>this|last|past|next|coming)\s+)?(?P<name>{_WEEKDAY})")
THIRD = _pattern(rf"(?P<which>{'|'.join(THIRDS)})(?![a-z])[\s-]*(?:in\s+)?")
END = _words("end")
PREPOSITION = _words("on|in|during|some ?day in|some ?time in")

# What joins spans or opens a bound.
BETWEEN = _words(r"(?:some ?day |some ?time )?between")
ABOUT = _words("about|around|approximately|approx|roughly|circa|ca|c", "[~≈]")
ON_OR_BEFORE = _words("on or before|(?:no|not) later than|not after|by|until|till|up to", "<=|≤")
BEFORE = _words("before|prior to|earlier than", "<")
ON_OR_AFTER = _words("on or after|(?:no|not) (?:earlier than|before)|starting", ">=|≥")
SINCE = _words("since")
FROM = _words("from")
AFTER = _words("after|later than", ">")
NOT_BEFORE = _words("(?:and |but )?(?:no|not) (?:before|earlier than)")
OR_EARLIER = _words("or (?:earlier|before)|at latest")
OR_LATER = _words("or (?:later|after)|at earliest")
LINK = _words("and|but")
AND = _words("and", "&")
OR = _words("or", "/")
TO = _words("to|until|till|through", "-")

# Wall times; a clock never runs into a date ("- 12.5.2026").
AT = re.compile(r"\s*(?:(?:at|from)(?![a-z])|[t@-])?\s*")
NOON = _words("(?:12 )?noon")
CLOCK = re.compile(
    r"(?P<h>[0-9]{1,2})(?:[:.h](?P<m>[0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?)?(?![0-9]|[.:/][0-9])"
    r"\s?(?P<s>[ap](?:m(?![a-z])|\.m(?:\.|(?![a-z])))|(?:h|hrs|uhr)(?![a-z0-9]))?(?:\s?o'clock)?"
)
ISO_MOMENT = re.compile(
    r"(?P<wall>[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]{2}:[0-9]{2})(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?P<offset>z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"
)
