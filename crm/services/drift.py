"""Holds what is derived against what it is derived from.

Everything here is kept right by the verbs; a difference means that somebody wrote into the tables by other means, or a
fault of ours.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.orm import selectinload

from crm.models import CalendarEntry, Commitment, Engagement, FollowUp, Milestone, Participation
from crm.models.history import DELETED, Twins
from crm.services import calendar, derived, tally, tree
from crm.services.permissions import ADMINISTER, authorise
from crm.text import plural
from crm.work import Work

AT_ONCE = 500
_NAMED = 5
_KINDS: dict[str, type[Any]] = {
    "engagement": Engagement,
    "follow_up": FollowUp,
    "commitment": Commitment,
    "milestone": Milestone,
}


def faults(work: Work, *, base_url: str) -> list[str]:
    """What is not as it should be, one sentence each."""
    authorise(work, ADMINISTER)
    found = []
    if rows := tree.drift(work):
        found.append(f"{plural(rows, 'row')} of the tree of organisations differ from the parent links")
    if ids := miscounted(work):
        found.append(_of("engagement", ids, "whose counts or words to search differ from what is logged"))
    if number := tally.drift(work):
        found.append(f"{plural(number, 'number')} of the tally differ from the engagements they add up")
    for kind, record in _KINDS.items():
        without = _without_entry(work, kind, record)
        if without:
            found.append(_of(kind.replace("_", "-"), without, "without an entry in the calendar"))
        lost = _entries_of_nothing(work, kind, record)
        if lost:
            found.append(_of("calendar entry", lost, f"whose {kind.replace('_', '-')} is gone"))
    if ids := calendar.drift(work, base_url=base_url):
        found.append(_of("calendar entry", ids, "which tell another story than their record"))
    return found


def mend(work: Work, *, base_url: str) -> None:
    """Works everything derived out anew where it differs; what was logged is not touched."""
    authorise(work, ADMINISTER)
    work.act("instance.mend", None)
    tree.rebuild(work)
    wrong = calendar.drift(work, base_url=base_url)
    for start in range(0, len(wrong), AT_ONCE):
        some = CalendarEntry.id.in_(wrong[start : start + AT_ONCE])
        work.session.execute(update(CalendarEntry).where(some).values(stale=True))
    for kind, record in _KINDS.items():
        without = _without_entry(work, kind, record)
        for start in range(0, len(without), AT_ONCE):
            derived.enter(work, kind, without[start : start + AT_ONCE])
        lost = _entries_of_nothing(work, kind, record)
        for start in range(0, len(lost), AT_ONCE):
            some = CalendarEntry.id.in_(lost[start : start + AT_ONCE])
            work.session.execute(delete(CalendarEntry).where(some))
    for engagement_id in miscounted(work):
        parties = selectinload(Engagement.participations).selectinload(Participation.dispatch)
        engagement = work.session.get_one(Engagement, engagement_id, options=[parties])
        engagement.recount()
        engagement.fold_search()
    work.session.flush()
    if tally.drift(work):
        tally.rebuild(work)


def miscounted(work: Work) -> list[int]:
    """Engagements whose counting columns or search words are not what the rules make of them."""
    found: list[int] = []
    last = 0
    parties = selectinload(Engagement.participations)
    with work.session.no_autoflush:
        while True:
            batch = work.session.scalars(
                select(Engagement)
                .where(Engagement.id > last)
                .order_by(Engagement.id)
                .limit(AT_ONCE)
                .options(parties.selectinload(Participation.dispatch))
            ).all()
            if not batch:
                return found
            last = batch[-1].id
            for engagement in batch:
                before = _state(engagement)
                engagement.recount()
                engagement.fold_search()
                if _state(engagement) != before:
                    found.append(engagement.id)
            # What was worked out is thrown away: looking changes nothing.
            work.session.expunge_all()


def _state(engagement: Engagement) -> tuple[Any, ...]:
    parties = [(party.id, party.counts, party.is_contact) for party in engagement.participations]
    return engagement.counts, engagement.acting, engagement.met, engagement.search, parties


def _without_entry(work: Work, kind: str, record: type[Any]) -> list[int]:
    entry = exists().where(and_(CalendarEntry.kind == kind, CalendarEntry.record_id == record.id))
    return list(work.session.scalars(select(record.id).where(~entry).order_by(record.id)))


def _entries_of_nothing(work: Work, kind: str, record: type[Any]) -> list[int]:
    there = exists().where(record.id == CalendarEntry.record_id)
    # What was taken back keeps its entry, empty: should it come again, calendars know it by the same UID.
    twin = Twins.of(record)
    was_taken_back = exists().where(twin.c.id == CalendarEntry.record_id, twin.c.operation == DELETED)
    stands = exists().where(twin.c.id == CalendarEntry.record_id, twin.c.until_id.is_(None))
    is_lost = and_(~there, or_(~was_taken_back, stands))
    statement = select(CalendarEntry.id).where(CalendarEntry.kind == kind, is_lost).order_by(CalendarEntry.id)
    return list(work.session.scalars(statement))


def _of(what: str, ids: list[int], which: str) -> str:
    named = ", ".join(str(number) for number in ids[:_NAMED])
    more = ", …" if len(ids) > _NAMED else ""
    return f"{plural(len(ids), what)} {which}: {named}{more}"
