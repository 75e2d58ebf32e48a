"""Renders calendar entries that may read differently now, and joins the rendered ones into files."""

from __future__ import annotations

import datetime as dt
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, or_, select, update

from crm.calendars import feed as files
from crm.calendars.render import RENDERER, WIDEST, Span, body, span, stamp
from crm.calendars.rows import EntryRow, Form
from crm.dates import OPEN, When
from crm.errors import Invalid, NotFound
from crm.exports.columns import Column, ExportFormat, Sheet
from crm.models import CalendarEntry, Engagement, Feed
from crm.queries import calendar, visibility
from crm.queries.calendar import Described
from crm.services.permissions import READ, authorise
from crm.work import Work

BATCH = 500
"""Entries rendered in one unit of work, so that no writer waits long."""
FORMS: tuple[Form, ...] = ("full", "brief", "busy")

_LOCK_KEY = 0x43414C45


class File(NamedTuple):
    """Bytes to be sent, with their strong entity tag."""

    data: bytes
    etag: str


class _Placed(NamedTuple):
    """A record that stands in calendars."""

    row: EntryRow
    place: Span
    changed_at: dt.datetime


class _Rendered(NamedTuple):
    """What an entry is to hold; ``texts`` are its three forms, empty if it is not shown."""

    texts: tuple[str, str, str]
    sequence: int
    changed_at: dt.datetime
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    zone: str | None = None
    cancelled_at: dt.datetime | None = None


def is_stale(work: Work, *, base_url: str) -> bool:
    """Whether any entry has to be rendered before a calendar may be joined."""
    statement = select(CalendarEntry.id).where(_to_render(work, base_url)).limit(1)
    return work.session.scalar(statement) is not None


def refresh(work: Work, *, base_url: str, limit: int = BATCH) -> int:
    """Renders stale entries, and those of an older renderer; sequence and moment move exactly when a text does.

    :param base_url: address of the instance, under which each entry names its record
    :return: how many were rendered; fewer than ``limit`` means that none is left
    """
    if work.database == "postgresql":
        # Two readers that found the same entries stale: one renders, the other waits for it and finds them done.
        work.session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    # An entry locked here is marked stale again only after our commit, so no change is lost; one that an editor holds
    # is left to the reader who comes after that commit.
    statement = (
        select(CalendarEntry)
        .where(_to_render(work, base_url))
        .order_by(CalendarEntry.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    entries = work.session.scalars(statement).all()
    by_kind: dict[str, list[CalendarEntry]] = defaultdict(list)
    for entry in entries:
        by_kind[entry.kind].append(entry)
    changes: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    version = _version(work, base_url)
    for kind, of_kind in by_kind.items():
        records = calendar.described(work, kind, {entry.record_id: entry.uid for entry in of_kind}, base_url=base_url)
        for entry in of_kind:
            done = {"id": entry.id, "stale": False, "renderer": version}
            change = _change(entry, _render(entry, _placed(records.get(entry.record_id)), work.now()))
            if change:
                changes.append({**done, **change})
            else:
                kept.append(done)
    for rows in (changes, kept):
        if rows:
            work.session.execute(update(CalendarEntry), rows)
    work.session.expire_all()
    return len(entries)


def drift(work: Work, *, base_url: str) -> list[int]:
    """Entries that count as rendered but do not hold what their record says, by number.

    None, unless somebody wrote into the tables.
    """
    found: list[int] = []
    version, last = _version(work, base_url), 0
    while True:
        entries = work.session.scalars(
            select(CalendarEntry)
            .where(CalendarEntry.id > last, CalendarEntry.stale.is_(False), CalendarEntry.renderer == version)
            .order_by(CalendarEntry.id)
            .limit(BATCH)
        ).all()
        if not entries:
            return found
        last = entries[-1].id
        for kind in {entry.kind for entry in entries}:
            of_kind = [entry for entry in entries if entry.kind == kind]
            uids = {entry.record_id: entry.uid for entry in of_kind}
            records = calendar.described(work, kind, uids, base_url=base_url)
            for entry in of_kind:
                if _change(entry, _render(entry, _placed(records.get(entry.record_id)), work.now())):
                    found.append(entry.id)
        work.session.expunge_all()


def publish(work: Work, feed: Feed) -> File:
    """The file of a feed, as the member of ``work`` may see it: equal bytes until something in it changes."""
    days = calendar.window(work)
    rows = calendar.fragments(work, feed)
    # An entry that lasts over the window's edge begins before it.
    zones = files.timezones({zone for _, zone in rows if zone}, days.first - dt.timedelta(days=366), days.last)
    data = files.assemble(feed.label, (text for text, _ in rows), zones)
    return File(data, files.etag(data))


def place_words(when: When | None) -> str:
    """Says where something with a due day, or a milestone, stands in calendars, as the end of a sentence."""
    if when is None:
        return "without a day it stands in no calendar"
    if when.last == OPEN:
        return "without a last possible day it stands in no calendar"
    if (when.last - when.first).days >= WIDEST:
        return f"it stands in the calendars on its last possible day, {when.last:%-d %B %Y}"
    return "it stands in the calendars too"


def rows_of(work: Work, kind: str, records: Select[Any], sheet: Sheet) -> Sheet:
    """The rows of a list as a sheet of calendar entries, for :data:`FORMAT`; what stands in none is left out.

    Entries must have been brought up to date (:func:`refresh`).

    :param kind: a key of :data:`crm.queries.calendar.entries.PATHS`
    :param records: numbers of the rows
    :param sheet: the same list in other formats, for its name and what it says of itself
    """
    rows = calendar.of_rows(work, kind, records)
    zones = (files.timezones((zone,), first, last) for zone, first, last in sorted(rows.zones))
    return Sheet(sheet.name, (Column("entry", "Entry"),), sheet.head, ((text,) for text in chain(zones, rows.texts)))


def _write(sheet: Sheet) -> Iterator[bytes]:
    return files.stream(sheet.name, (text for (text,) in sheet.rows))


FORMAT = ExportFormat("ics", "Calendar file", "text/calendar; charset=utf-8", ".ics", _write)
"""A list as a calendar file, to be opened once."""


def packed(file: File) -> File:
    """The same file gzipped, with a tag of its own."""
    data = files.gzipped(file.data)
    return File(data, files.etag(data))


def download(work: Work, engagement_id: int, *, base_url: str) -> File:
    """One engagement as a file to open once.

    :raises NotFound: it does not exist for the member, or its days are too uncertain for a calendar
    """
    authorise(work, READ)
    row = work.session.execute(
        select(CalendarEntry, visibility.content_visible(work).label("readable"))
        .join(Engagement, and_(CalendarEntry.kind == "engagement", CalendarEntry.record_id == Engagement.id))
        .where(Engagement.id == engagement_id, visibility.visible(work))
    ).one_or_none()
    if row is None:
        raise NotFound
    entry, readable = row
    records = calendar.described(work, "engagement", {engagement_id: entry.uid}, base_url=base_url)
    found = _placed(records.get(engagement_id))
    if found is None:
        raise NotFound
    rendered = _render(entry, found, work.now())
    data = files.single(
        found.row,
        sequence=rendered.sequence,
        changed_at=rendered.changed_at,
        form="full" if readable else "busy",
    )
    return File(data, files.etag(data))


def _version(work: Work, base_url: str) -> int:
    """What a text depends on beside its record, as one number: the renderers, the address, the zone of the work."""
    return zlib.crc32(f"{RENDERER} {calendar.WORDING} {base_url} {work.zone}".encode()) >> 1


def _to_render(work: Work, base_url: str) -> Any:
    version = _version(work, base_url)
    # Two ranges and not one "differs", so that the index finds both ends.
    other = or_(CalendarEntry.renderer < version, CalendarEntry.renderer > version)
    return or_(CalendarEntry.stale.is_(True), and_(CalendarEntry.stale.is_(False), other))


def _placed(found: Described | None) -> _Placed | None:
    """The record with its place in a calendar, if it has one.

    A zone that the machine's data no longer knows is left out: one such record must not stop every feed.
    """
    if found is None:
        return None
    row = found.row
    try:
        place = span(row)
    except Invalid:
        row = row._replace(zone=None)
        place = span(row)
    return _Placed(row, place, found.changed_at) if place is not None else None


def _render(entry: CalendarEntry, found: _Placed | None, now: dt.datetime) -> _Rendered:
    """What the entry is to hold now, with the stamps it had if nothing that is read has changed."""
    sequence, changed_at = entry.sequence, entry.changed_at
    if found is None:
        return _Rendered(("", "", ""), sequence, changed_at)
    bodies = [body(found.row, form) for form in FORMS]
    texts = _stamped(bodies, sequence, changed_at)
    if entry.renderer and texts != (entry.fragment, entry.fragment_brief, entry.fragment_busy):
        sequence, changed_at = sequence + 1, now
        texts = _stamped(bodies, sequence, changed_at)
    start, end = found.place.start, found.place.end
    is_timed = isinstance(start, dt.datetime)
    return _Rendered(
        texts,
        sequence,
        changed_at,
        start.date() if isinstance(start, dt.datetime) else start,
        end.date() if isinstance(end, dt.datetime) else end - dt.timedelta(days=1),
        found.row.zone if is_timed else None,
        (entry.cancelled_at or found.changed_at) if found.row.cancelled else None,
    )


def _change(entry: CalendarEntry, rendered: _Rendered) -> dict[str, Any]:
    """The columns to be written, empty if the entry already holds everything."""
    full, brief, busy = rendered.texts
    wanted = {
        "shown": bool(full),
        "fragment": full,
        "fragment_brief": brief,
        "fragment_busy": busy,
        "sequence": rendered.sequence,
        "changed_at": rendered.changed_at,
        "first_day": rendered.first_day,
        "last_day": rendered.last_day,
        "zone": rendered.zone,
        "cancelled_at": rendered.cancelled_at,
    }
    return wanted if any(getattr(entry, name) != value for name, value in wanted.items()) else {}


def _stamped(bodies: Iterable[str], sequence: int, changed_at: dt.datetime) -> tuple[str, str, str]:
    full, brief, busy = (stamp(text, sequence=sequence, changed_at=changed_at) for text in bodies)
    return full, brief, busy
