"""The engagement log as a sheet: one row per engagement, or one row per contact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import select

from crm.dates import OPEN, Precision, When
from crm.exports.columns import Column, Sheet
from crm.models import Engagement, Member, Organisation
from crm.models.engagements import ACCEPTANCES, COUNTED_STATUSES, KINDS, ROLES, STATUSES, VISIBILITIES
from crm.models.letters import CHANNELS
from crm.queries import counts, visibility
from crm.queries.among import among, numbers
from crm.queries.engagements import Cursor, Filter, places
from crm.queries.exports import copies
from crm.queries.exports.head import COUNTED, filter_words, head, names, owner_words, whom_words
from crm.queries.exports.parts import Known, Parts, Party, parts_of
from crm.queries.ours import initiator
from crm.queries.prepared import Statement, prepared
from crm.queries.scope import Scope, own_side
from crm.text import join_listed, plural
from crm.work import Work

PER = ("engagement", "contact")
HIDDEN = "content hidden"
FIRST, CHUNK = 50, 1000

_WHEN = (
    Column("date", "Date as recorded"),
    Column("first_day", "First possible day", "date"),
    Column("last_day", "Last possible day", "date"),
    Column("lasts_until", "Lasts until", "date"),
    Column("begins", "Begins"),
    Column("ends", "Ends"),
    Column("zone", "Time zone"),
    Column("in_period", "In the period"),
)
_WHAT = (
    Column("kind", "Kind"),
    Column("status", "Status"),
    Column("initiated_by", "Initiated by"),
)
_CONTENT = (
    Column("topics", "Topics"),
    Column("subject", "Subject"),
    Column("summary", "Summary"),
    Column("points", "Points raised"),
    Column("intended_result", "Intended result"),
    Column("commitments", "Commitments"),
    Column("commitments_to", "Commitments made to"),
    Column("commitments_due", "Commitments due"),
    Column("follow_ups", "Follow-ups"),
    Column("place", "Place"),
    Column("link", "Link"),
    Column("file_reference", "File reference"),
)
_LOGGED = (
    Column("visibility", "Visible to"),
    Column("owner", "Responsible"),
    Column("logged_by", "Logged by"),
    Column("logged_at", "Logged at", "datetime"),
    Column("changed_by", "Changed by"),
    Column("changed_at", "Changed at", "datetime"),
)
_PER_ENGAGEMENT = (
    Column("id", "Engagement", "int"),
    Column("url", "Page"),
    *_WHEN,
    *_WHAT,
    Column("bodies", "Bodies met or written to"),
    Column("people", "Their people"),
    Column("contacts", "Contacts", "int"),
    Column("actors", "On behalf of"),
    Column("colleagues", "Our people"),
    Column("third_parties", "Third parties"),
    Column("copies", "Copies to"),
    Column("away", "Declined or absent"),
    Column("not_sent", "Not sent to"),
    Column("copy_steps", "Steps of each copy"),
    *_CONTENT,
    Column("follows", "Follows engagement", "int"),
    *_LOGGED,
)
_PER_CONTACT = (
    Column("id", "Engagement", "int"),
    Column("url", "Page"),
    *_WHEN,
    *_WHAT,
    Column("body", "Body"),
    Column("body_id", "Body number", "int"),
    Column("body_key", "Directory key"),
    Column("people", "Their people"),
    Column("role", "Role"),
    Column("acceptance", "Acceptance"),
    Column("actors", "On behalf of"),
    Column("colleagues", "Our people"),
    Column("copy_state", "State of their copy"),
    Column("copy_sent", "Sent to them"),
    Column("copy_delivered", "Delivered to them"),
    Column("copy_acknowledged", "Acknowledged"),
    Column("answer_by", "Answer by"),
    Column("copy_answered", "Answered"),
    Column("copy_declined", "Declined"),
    Column("copy_channel", "Channel"),
    *_CONTENT,
    *_LOGGED,
)


def engagements(work: Work, wanted: Filter, *, page: str = "") -> Sheet:
    """The log as a sheet: exactly the rows of the list of engagements with this filter, the oldest first.

    Content that the member may not read is left out and said to be hidden. A row per contact is a row for each body
    named directly, for a letter for each copy sent.

    :param page: address of an engagement without its number
    """
    bounded = wanted.scope.since is not None or wanted.scope.until is not None
    facts = [("filter", "; ".join([filter_words(work, wanted.scope), *_more_words(work, wanted)]))]
    is_plain = wanted == Filter(scope=wanted.scope, per=wanted.per)
    if is_plain and (not wanted.scope.statuses or set(COUNTED_STATUSES) <= set(wanted.scope.statuses)):
        facts += _counted(work, wanted)
    columns: tuple[Column, ...] = _PER_CONTACT if wanted.per == "contact" else _PER_ENGAGEMENT
    if not bounded:
        columns = tuple(column for column in columns if column.key != "in_period")
    name = "Contacts" if wanted.per == "contact" else "Engagements"
    rows = _rows(work, wanted, page, bounded)
    return Sheet(name, columns, head(work, f"engagement log, one row per {wanted.per}", facts), rows)


def _more_words(work: Work, wanted: Filter) -> list[str]:
    """What the list can be narrowed by besides a scope."""
    said = [f"only {wanted.certainty} in that time"] if wanted.certainty else []
    if wanted.also is not None:
        said.append(f"{wanted.beside or 'met'}: {names(work, Organisation, [wanted.also])}")
    if wanted.acting is not None:
        said.append(f"made by {names(work, Organisation, [wanted.acting])} too")
    if wanted.owner_id is not None:
        said.append(f"responsible: {owner_words(work, wanted.owner_id)}")
    if wanted.visibility:
        said.append(f"visible to: {VISIBILITIES[wanted.visibility].lower()}")
    return [*said, f"with the words “{wanted.text}”"] if wanted.text else said


def _counted(work: Work, wanted: Filter) -> list[tuple[str, str]]:
    """What the rows come to by the rules of counting, and the column of contacts where that is another sum."""
    scope = replace(wanted.scope, statuses=())
    total = counts.total(work, scope)
    told = _told(total.contacts, total.engagements, whom_words(work, scope))
    if total.possible_engagements:
        told += f" (+{_told(total.possible_contacts, total.possible_engagements, 'possible')})"
    facts = [("counted", f"{told}; {COUNTED}" if wanted.scope.statuses else told)]
    if scope.bodies and wanted.per == "engagement":
        whole = counts.everything(work, scope)
        possible = f" (+{whole.possible_contacts} possible)" if whole.possible_contacts else ""
        facts.append(("column Contacts", f"{whole.contacts}{possible}: with whoever else was met in these rows too"))
    return facts


def _told(contacts: int, engagements: int, whom: str) -> str:
    said = f"{plural(contacts, 'contact')} {whom}".strip()
    return f"{said} in {plural(engagements, 'engagement')}"


def _rows(work: Work, wanted: Filter, page: str, bounded: bool) -> Iterator[tuple[Any, ...]]:
    today, known = work.today(), Known()
    ours = frozenset(work.session.scalars(own_side()))
    members: dict[int | None, str] = dict(work.session.execute(select(Member.id, Member.name)).all())
    for batch in _batches(work, wanted):
        ids = list(dict.fromkeys(place.id for place in batch))
        records = {row[0]: Record._make(row) for row in _records(work, ids=numbers(work, ids))}
        parts = parts_of(work, ids, known)
        for place in batch:
            row, own = records[place.id], parts[place.id]
            begun = (
                row.id,
                f"{page}{row.id}" if page else None,
                *_when(wanted.scope, row, bounded),
                *_what(row, own, ours),
            )
            if place.part:
                party = next(party for party in own.parties if party.id == place.part)
                yield (*begun, *_contact(row, own, party, today), *_shown(row, own), *_logged(row, members))
            else:
                yield (*begun, *_whole(row, own), *_shown(row, own), row.follows_id, *_logged(row, members))


def _batches(work: Work, wanted: Filter) -> Iterator[list[Cursor]]:
    """Rows of the list; each batch is fetched when the one before it is written."""
    after: Cursor | None = None
    # The first one is short, so that the first byte is early.
    size = FIRST
    while True:
        found = places(work, wanted, after=after, limit=size)
        if found:
            yield found
        if len(found) < size:
            return
        after, size = found[-1], CHUNK


class Record(NamedTuple):
    """One engagement."""

    id: int
    kind: str
    status: str
    counts: bool
    first_day: dt.date
    last_day: dt.date
    precision: str
    when_text: str
    end_day: dt.date | None
    start_time: dt.time | None
    end_time: dt.time | None
    zone: str | None
    initiated_by: str
    subject: str
    summary: str
    intended_result: str
    place: str
    link: str
    file_reference: str
    follows_id: int | None
    visibility: str
    created_at: dt.datetime
    changed_at: dt.datetime
    owner_id: int | None
    created_by_id: int | None
    changed_by_id: int | None
    readable: bool


@prepared
def _records(work: Work) -> Statement:
    columns = [getattr(Engagement, name) for name in Record._fields[:-1]]
    return select(*columns, visibility.content_visible(work).label("readable")).where(among(work, Engagement.id))


def _when(scope: Scope, row: Record, bounded: bool) -> tuple[Any, ...]:
    told = (
        row.when_text,
        row.first_day,
        None if row.last_day == OPEN else row.last_day,
        row.end_day,
        row.start_time and f"{row.start_time:%H:%M}",
        row.end_time and f"{row.end_time:%H:%M}",
        row.zone,
    )
    if not bounded:
        return told
    when = When(row.first_day, row.last_day, Precision(row.precision), row.when_text)
    sure = when.certain_in(scope.since or dt.date.min, scope.until or OPEN)
    return (*told, "certain" if sure else "possible")


def _what(row: Record, own: Parts, ours: Set[int]) -> tuple[Any, ...]:
    begun = None
    if row.initiated_by:
        is_ours = all(party.organisation_id in ours for party in own.parties if party.side == "actor")
        begun = initiator(row.initiated_by, own.organisations("actor"), ours=is_ours)
    return KINDS[row.kind], STATUSES[row.status], begun


def _whole(row: Record, own: Parts) -> tuple[Any, ...]:
    readable = bool(row.readable)
    there = own.present(with_people=readable)
    return (
        there.bodies,
        there.people if readable else None,
        there.contacts if row.counts else 0,
        there.actors,
        there.colleagues if readable else None,
        there.third_parties,
        there.copies,
        there.away,
        own.not_sent() if row.status == "sent" else "",
        copies.told(own.parties) if readable else None,
    )


def _contact(row: Record, own: Parts, party: Party, today: dt.date) -> tuple[Any, ...]:
    copy = party.copy
    return (
        party.organisation,
        party.organisation_id,
        party.key,
        own.people("counterpart", party.organisation_id) if row.readable else None,
        ROLES[party.role],
        ACCEPTANCES[party.acceptance],
        own.organisations("actor"),
        own.people("actor") if row.readable else None,
        *(_followed(copy, today) if copy and row.readable else (None, copy and copy.day("sent"), *(None,) * 6)),
    )


def _followed(copy: copies.Copy, today: dt.date) -> tuple[Any, ...]:
    return (
        copy.state(today),
        copy.day("sent"),
        copy.day("delivered"),
        copy.day("acknowledged"),
        copy.due and copy.due.text,
        copy.day("replied"),
        copy.day("declined"),
        CHANNELS[copy.channel],
    )


def _shown(row: Record, own: Parts) -> tuple[Any, ...]:
    if not row.readable:
        return (None, HIDDEN, *(None,) * (len(_CONTENT) - 2))
    return (
        join_listed(own.topics),
        row.subject,
        row.summary,
        join_listed(own.points),
        row.intended_result,
        join_listed(own.commitments),
        join_listed(own.made_to),
        join_listed(own.dues),
        join_listed(own.follow_ups),
        row.place,
        row.link,
        row.file_reference,
    )


def _logged(row: Record, members: Mapping[int | None, str]) -> tuple[Any, ...]:
    return (
        VISIBILITIES[row.visibility],
        members.get(row.owner_id),
        members.get(row.created_by_id),
        row.created_at,
        members.get(row.changed_by_id),
        row.changed_at,
    )
