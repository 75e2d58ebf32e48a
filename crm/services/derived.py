"""Keeps derived rows right: called once before every commit with the records that changed."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from sqlalchemy import Select, Table, insert, or_, select, update

from crm.models import (
    CalendarEntry,
    Commitment,
    CommitmentRecipient,
    Engagement,
    EngagementTopic,
    FollowUp,
    Member,
    Milestone,
    Organisation,
    Participation,
    Person,
    Revision,
    Topic,
)
from crm.services import search, tally
from crm.work import Touched, Work

CALENDAR_REVISION = "calendar"
_KIND_OF: dict[type[Any], str] = {
    Engagement: "engagement",
    FollowUp: "follow_up",
    Commitment: "commitment",
    Milestone: "milestone",
}
_NAMING = {*_KIND_OF, Organisation, Person, Topic, Member}
# A statement takes some 32,000 values; an import touches more records than that.
_AT_ONCE = 5000

_ADD_ENTRY = insert(cast(Table, CalendarEntry.__table__))
_REVISION = cast(Table, Revision.__table__)
_MOVE_REVISION = update(_REVISION).where(_REVISION.c.name == CALENDAR_REVISION).values(value=_REVISION.c.value + 1)
_HOLD_REVISION = select(_REVISION.c.value).where(_REVISION.c.name == CALENDAR_REVISION).with_for_update()

Changed = Mapping[type[Any], set[int]]


def settle(work: Work, touched: Touched) -> None:
    """Brings the search index up to date, marks the calendar entries that may read differently now, gives new records
    theirs, moves the revision, and keeps the tally.
    """
    if any(not work.is_new(record) for record in touched if type(record) in _NAMING):
        # Two who rename bodies that one engagement names would each write its entry without the other's name.
        _hold_revision(work)
    search.settle(work, touched)
    changed: dict[type[Any], set[int]] = defaultdict(set)
    new: dict[type[Any], set[int]] = defaultdict(set)
    for record in touched:
        if type(record) in _NAMING:
            # What names a new record was written with it.
            (new if work.is_new(record) else changed)[type(record)].add(record.id)
    marked = 0
    for record_class, kind in _KIND_OF.items():
        for ids in _portions(changed[record_class]):
            enter(work, kind, ids)
        for ids in _portions(new[record_class]):
            _add(work, kind, ids)
    for kind, naming in _naming(changed):
        marked += _mark(work, kind, naming)
    if marked or work.moved or any(not isinstance(record, Member) for record in touched):
        _move_revision(work)
    tally.settle(work, touched)


def entered(work: Work, kind: str, ids: Iterable[int]) -> None:
    """Indexes new records that were written in bulk with their calendar entries, beside what :func:`settle` sees."""
    ids = list(ids)
    search.enter(work, kind, ids)
    _move_revision(work)
    if kind == "engagement":
        tally.enter(work, ids, are_new=True)


def _naming(changed: Changed) -> Iterator[tuple[str, Select[Any]]]:
    """The records, by kind, whose text names something that changed."""
    for ids in _portions(changed[Engagement]):
        yield "follow_up", select(FollowUp.id).where(FollowUp.engagement_id.in_(ids))
    for ids in _portions(changed[Organisation]):
        meeting = select(Participation.engagement_id).where(Participation.organisation_id.in_(ids))
        to = select(CommitmentRecipient.commitment_id).where(CommitmentRecipient.organisation_id.in_(ids))
        yield "engagement", meeting
        yield (
            "follow_up",
            select(FollowUp.id).where(or_(FollowUp.organisation_id.in_(ids), FollowUp.engagement_id.in_(meeting))),
        )
        yield "commitment", select(Commitment.id).where(or_(Commitment.made_by_id.in_(ids), Commitment.id.in_(to)))
        yield "milestone", select(Milestone.id).where(Milestone.organisation_id.in_(ids))
    for ids in _portions(changed[Person]):
        yield "engagement", select(Participation.engagement_id).where(Participation.person_id.in_(ids))
    for ids in _portions(changed[Topic]):
        yield "engagement", select(EngagementTopic.engagement_id).where(EngagementTopic.topic_id.in_(ids))
        yield "follow_up", select(FollowUp.id).where(FollowUp.topic_id.in_(ids))
        yield "commitment", select(Commitment.id).where(Commitment.topic_id.in_(ids))
        yield "milestone", select(Milestone.id).where(Milestone.topic_id.in_(ids))
    for ids in _portions(changed[Member]):
        yield "follow_up", select(FollowUp.id).where(FollowUp.owner_id.in_(ids))
        yield "commitment", select(Commitment.id).where(Commitment.owner_id.in_(ids))


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def enter(work: Work, kind: str, ids: list[int]) -> None:
    """Marks the entries of records that changed, and makes those of new ones."""
    entry = select(CalendarEntry.record_id).where(CalendarEntry.kind == kind, CalendarEntry.record_id.in_(ids))
    known = set(work.session.scalars(entry))
    if known:
        _mark(work, kind, ids)
    new = [record_id for record_id in ids if record_id not in known]
    if new:
        _add(work, kind, new)


def _add(work: Work, kind: str, ids: list[int]) -> None:
    entries = [
        {"uid": f"{uuid.uuid4()}@antechamber", "kind": kind, "record_id": record_id, "changed_at": work.now()}
        for record_id in ids
    ]
    work.session.execute(_ADD_ENTRY, entries)


def _mark(work: Work, kind: str, records: list[int] | Select[Any]) -> int:
    marked = work.session.execute(
        update(CalendarEntry)
        .where(CalendarEntry.kind == kind, CalendarEntry.record_id.in_(records))
        .values(stale=True)
        .execution_options(synchronize_session=False)
    )
    return int(marked.rowcount)  # type: ignore[attr-defined]


def _hold_revision(work: Work) -> None:
    """Has units of work that change what is derived do so one after the other, as SQLite has them anyway."""
    if work.database == "postgresql":
        work.session.execute(_HOLD_REVISION)


def _move_revision(work: Work) -> None:
    # Late, so that the lock on the one row is held for as short as can be; before the tally, so that whoever holds the
    # lock of one cell needs to wait for nobody.
    moved = work.session.execute(_MOVE_REVISION)
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        work.session.add(Revision(name=CALENDAR_REVISION, value=1))
