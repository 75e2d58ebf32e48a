"""The engagement log as a sheet: one row per engagement, or one row per contact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from crm.dates import OPEN, Precision, When
from crm.exports.columns import Column, Sheet
from crm.models import Engagement, Member, Participation
from crm.models.engagements import ACCEPTANCES, COUNTED_STATUSES, INITIATORS, KINDS, ROLES, STATUSES, VISIBILITIES
from crm.queries import counts, visibility
from crm.queries.exports.head import filter_words, head, number
from crm.queries.exports.parts import JOIN, Parts, Party, parts_of
from crm.queries.scope import Scope, certain, conditions, possible, stood, tree
from crm.work import Work

PER = ("engagement", "contact")
HIDDEN = "content hidden"
CHUNK = 500

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
    Column("follow_ups", "Follow-ups"),
    Column("place", "Place"),
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
    Column("answer_by", "Answer by"),
    Column("copy_answered", "Answered"),
    *_CONTENT,
    *_LOGGED,
)


def engagements(work: Work, scope: Scope, *, per: str = "engagement", page: str = "") -> Sheet:
    """The log as a sheet; with statuses left open, what counts.

    Rows per contact are exactly the contacts that are counted: one for each body named directly, for a letter one for
    each copy sent. Content that the member may not read is left out and said to be hidden.

    :param per: one of :data:`PER`
    :param page: address of an engagement without its number
    """
    bounded = scope.since is not None or scope.until is not None
    counting = replace(scope, statuses=())
    facts = [("filter", filter_words(work, scope))]
    if not scope.statuses or set(COUNTED_STATUSES) <= set(scope.statuses):
        facts.append(("counted", _counted(counts.total(work, counting))))
    matched = _matched(work, scope)
    if per == "contact":
        # Whoever declined or was to come made no contact, whatever statuses are asked for.
        matched = _matched(work, counting)
        if scope.statuses:
            matched = and_(matched, Engagement.status.in_(scope.statuses))
    else:
        facts.append(("rows", str(number(work, select(Engagement.id).where(matched)))))
    columns: tuple[Column, ...] = _PER_CONTACT if per == "contact" else _PER_ENGAGEMENT
    if not bounded:
        columns = tuple(column for column in columns if column.key != "in_period")
    name = "Contacts" if per == "contact" else "Engagements"
    rows = _rows(work, scope, matched, per, page, bounded)
    return Sheet(name, columns, head(work, f"engagement log, one row per {per}", facts), rows)


def _matched(work: Work, scope: Scope) -> ColumnElement[bool]:
    within = or_(certain(scope.since, scope.until), possible(scope.since, scope.until))
    return and_(*conditions(work, scope), within)


def _counted(total: counts.Total) -> str:
    sure = f"{total.contacts} contacts in {total.engagements} engagements"
    if total.possible_engagements:
        return f"{sure} (+{total.possible_contacts} possible in {total.possible_engagements})"
    return sure


def _rows(
    work: Work, scope: Scope, matched: ColumnElement[bool], per: str, page: str, bounded: bool
) -> Iterator[tuple[Any, ...]]:
    today = work.today()
    for batch in _batches(work, matched):
        ids = [row.id for row in batch]
        parts = parts_of(work, ids)
        within = _contacts_within(work, scope, ids) if per == "contact" and scope.bodies else None
        for row in batch:
            own = parts[row.id]
            shown = _shown(row, own)
            where = (f"{page}{row.id}",) if page else (None,)
            begun = (row.id, *where, *_when(scope, row, bounded), *_what(row))
            if per == "engagement":
                yield (*begun, *_whole(row, own), *shown, row.follows_id, *_logged(row))
            elif row.counts:
                for party in own.parties:
                    if party.is_contact and (within is None or party.id in within):
                        yield (*begun, *_contact(row, own, party, today), *shown, *_logged(row))


def _batches(work: Work, matched: ColumnElement[bool]) -> Iterator[list[Any]]:
    """Engagements by day in lists; each list is fetched when the one before it is written."""
    owner, logger, changer = aliased(Member), aliased(Member), aliased(Member)
    statement = (
        select(
            Engagement.id,
            Engagement.kind,
            Engagement.status,
            Engagement.counts,
            Engagement.first_day,
            Engagement.last_day,
            Engagement.precision,
            Engagement.when_text,
            Engagement.end_day,
            Engagement.start_time,
            Engagement.end_time,
            Engagement.zone,
            Engagement.assumed,
            Engagement.initiated_by,
            Engagement.subject,
            Engagement.summary,
            Engagement.intended_result,
            Engagement.place,
            Engagement.file_reference,
            Engagement.follows_id,
            Engagement.visibility,
            Engagement.created_at,
            Engagement.changed_at,
            owner.name.label("owner"),
            logger.name.label("logger"),
            changer.name.label("changer"),
            visibility.content_visible(work).label("readable"),
        )
        .outerjoin(owner, owner.id == Engagement.owner_id)
        .outerjoin(logger, logger.id == Engagement.created_by_id)
        .outerjoin(changer, changer.id == Engagement.changed_by_id)
        .where(matched)
        .order_by(Engagement.first_day, Engagement.id)
    )
    after: tuple[dt.date, int] | None = None
    size = 50
    while True:
        page = statement.limit(size)
        if after is not None:
            day, last_id = after
            later = and_(Engagement.first_day == day, Engagement.id > last_id)
            page = page.where(or_(Engagement.first_day > day, later))
        batch = list(work.session.execute(page).all())
        if batch:
            yield batch
        if len(batch) < size:
            return
        after = batch[-1].first_day, batch[-1].id
        # The first list is short, so that the first byte is early.
        size = CHUNK


def _contacts_within(work: Work, scope: Scope, ids: list[int]) -> set[int]:
    """The participations of bodies that stood, on the day, under those asked for."""
    closure = tree(work, scope)
    statement = (
        select(Participation.id)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .join(
            closure,
            and_(
                closure.c.descendant_id == Participation.organisation_id,
                closure.c.ancestor_id.in_(scope.bodies),
                stood(closure),
            ),
        )
        .where(Participation.engagement_id.in_(ids))
    )
    return set(work.session.scalars(statement))


def _when(scope: Scope, row: Any, bounded: bool) -> tuple[Any, ...]:
    when = When(
        first=row.first_day,
        last=row.last_day,
        precision=Precision(row.precision),
        text=row.when_text,
        end=row.end_day,
        time=row.start_time,
        end_time=row.end_time,
        assumed=row.assumed,
    )
    told = (
        row.when_text,
        when.first,
        None if when.last == OPEN else when.last,
        when.end,
        when.time and f"{when.time:%H:%M}",
        when.end_time and f"{when.end_time:%H:%M}",
        row.zone,
    )
    if not bounded:
        return told
    sure = when.certain_in(scope.since or dt.date.min, scope.until or OPEN)
    return (*told, "certain" if sure else "possible")


def _what(row: Any) -> tuple[Any, ...]:
    return KINDS[row.kind], STATUSES[row.status], INITIATORS[row.initiated_by] if row.initiated_by else None


def _whole(row: Any, own: Parts) -> tuple[Any, ...]:
    readable = bool(row.readable)
    return (
        own.organisations("counterpart"),
        own.people("counterpart") if readable else None,
        own.contacts() if row.counts else 0,
        own.organisations("actor"),
        own.people("actor") if readable else None,
        own.organisations("third"),
        own.copies(),
        own.away(with_people=readable),
    )


def _contact(row: Any, own: Parts, party: Party, today: dt.date) -> tuple[Any, ...]:
    copy = party.copy
    return (
        party.organisation,
        party.organisation_id,
        party.key,
        own.people_of(party.organisation_id) if row.readable else None,
        ROLES[party.role],
        ACCEPTANCES[party.acceptance],
        own.organisations("actor"),
        own.people("actor") if row.readable else None,
        copy and copy.state(today),
        copy and copy.steps.get("sent"),
        copy and copy.answer_by,
        copy and copy.steps.get("replied"),
    )


def _shown(row: Any, own: Parts) -> tuple[Any, ...]:
    if not row.readable:
        return (None, HIDDEN, *(None,) * (len(_CONTENT) - 2))
    return (
        JOIN.join(own.topics),
        row.subject,
        row.summary,
        JOIN.join(own.points),
        row.intended_result,
        JOIN.join(own.commitments),
        JOIN.join(own.follow_ups),
        row.place,
        row.file_reference,
    )


def _logged(row: Any) -> tuple[Any, ...]:
    return VISIBILITIES[row.visibility], row.owner, row.logger, row.created_at, row.changer, row.changed_at
