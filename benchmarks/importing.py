"""Bringing in files: engagements with all that hangs on them, and rows of a published register."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator, Sequence
from typing import Any, cast

from sqlalchemy import Table, func, select

from benchmarks.measuring import Line, once
from benchmarks.places import Place
from benchmarks.workload import DAYS, FIRST_DAY, SEED, WORDS
from crm.imports import profiles
from crm.models import Engagement, EngagementTopic, Organisation, Participation, SearchEntry
from crm.services import imports
from crm.services.imports import Options

ROWS = 10_000
AT_ONCE = 500


def lines(place: Place) -> Iterator[Line]:
    """Every line about imports."""
    chance = random.Random(SEED)
    file = _engagements(place, chance)
    with place.instance.reading(door="cli", trusted=True) as work:
        last = work.session.scalar(select(func.max(Engagement.id))) or 0
    took = once(lambda: _bring_in(place, "engagements", file))
    floor = _floor(place, file, last)
    cause = "read, validated, matched and told row by row in Python; twins and calendar entries are written as well"
    note = f"{ROWS / floor:,.0f} rows/s raw with a bulk index, without twins, calendar or report"
    yield Line("import of engagements", ROWS / took, 4000, unit="rows/s", more=True, note=note, cause=cause)
    yield Line("import of engagements, of the raw inserts", floor / took, 0.25, more=True, cause=cause)
    register = _register(chance)
    took = once(lambda: _bring_in(place, "uk-ministerial-meetings", register))
    yield Line("import of a register", ROWS / took, 4000, unit="rows/s", more=True, cause=cause)


def _bring_in(place: Place, profile: str, file: bytes) -> None:
    with place.instance.writing(door="cli", trusted=True) as work:
        report = imports.import_file(work, io.BytesIO(file), "file.csv", profiles.shipped()[profile], Options())
    if report.told()["imported"] != ROWS:
        raise SystemExit(f"of {ROWS} rows {report.told()['imported']} were imported: {report.rejects[:1]}")


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def _day(chance: random.Random) -> dt.date:
    return FIRST_DAY + dt.timedelta(days=chance.randrange(DAYS))


def _file(headers: Sequence[str], rows: Iterator[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue().encode()


def _engagements(place: Place, chance: random.Random) -> bytes:
    """Meetings with two known bodies and every second time a person, who is new to the log once in five."""
    with place.instance.reading(door="cli", trusted=True) as work:
        names = list(work.session.scalars(select(Organisation.name).where(Organisation.is_ours.is_(False))))

    def rows() -> Iterator[Sequence[Any]]:
        for number in range(ROWS):
            met = chance.sample(names, 2)
            person = f"Guest {chance.randrange(ROWS // 5)} @ {met[0]}" if number % 2 else ""
            kind = chance.choice(("meeting", "call", "event"))
            topic = f"File {chance.randrange(20)}"
            yield _day(chance), kind, "; ".join(met), person, _text(chance, 6), _text(chance, 45), topic, f"R-{number}"

    headers = ("Date", "Kind", "Organisations", "People", "Subject", "Summary", "Topics", "File reference")
    return _file(headers, rows())


def _register(chance: random.Random) -> bytes:
    def rows() -> Iterator[Sequence[Any]]:
        for number in range(ROWS):
            yield f"Minister {chance.randrange(100)}", _day(chance), f"Company {number % 3000}", _text(chance, 8)

    return _file(("Minister", "Date", "Name of organisation", "Purpose of meeting"), rows())


def _floor(place: Place, file: bytes, last: int) -> float:
    """Seconds in which the bare driver reads the file and writes the rows that came of it, forgotten afterwards.

    :param last: number of the last engagement before the import
    """
    parts: list[tuple[Table, str, str]] = [
        (_table(Engagement), "id", ""),
        (_table(Participation), "engagement_id", ""),
        (_table(EngagementTopic), "engagement_id", ""),
        (_table(SearchEntry), "record_id", " AND kind = 'engagement'"),
    ]
    connection = place.raw()
    cursor = connection.cursor()
    cursor.execute("BEGIN") if place.name == "sqlite" else None
    batches = []
    for table, key, more in parts:
        names = ", ".join(column.name for column in table.columns)
        which = f"FROM {table.name} WHERE {key} > {last}{more}"
        cursor.execute(f"SELECT {names} {which} ORDER BY id" if "id" in table.c else f"SELECT {names} {which}")
        batches.append((table, names, cursor.fetchall(), which))
    for _, _, _, which in reversed(batches):
        cursor.execute(f"DELETE {which}")

    def write() -> None:
        list(csv.reader(io.StringIO(file.decode())))
        for table, names, rows, _ in batches:
            _insert(place, cursor, f"INSERT INTO {table.name} ({names}) VALUES ", rows)

    took = once(write)
    connection.rollback()
    connection.close()
    return took


def _insert(place: Place, cursor: Any, head: str, rows: Sequence[Sequence[Any]]) -> None:
    """Many rows in one statement, which is the quickest for both drivers and for the index of words."""
    mark = "?" if place.name == "sqlite" else "%s"
    one = f"({', '.join([mark] * len(rows[0]))})"
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        cursor.execute(head + ", ".join([one] * len(part)), [value for row in part for value in row])


def _table(record_class: type[Any]) -> Table:
    return cast(Table, record_class.__table__)
