"""Keeps the search index right in the transaction that changes a record, and rebuilds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from sqlalchemy import Select, Table, delete, func, or_, select, text

from crm.database.inserting import insert_rows
from crm.models import (
    Attachment,
    Commitment,
    CommitmentRecipient,
    Engagement,
    EngagementTopic,
    FollowUp,
    Milestone,
    Organisation,
    Participation,
    Person,
    Post,
    SearchEntry,
    Topic,
)
from crm.queries.search.texts import Text, texts
from crm.services.permissions import ADMINISTER, authorise
from crm.work import Touched, Work

#: Kinds whose names stand in the words of others come first.
RECORDS: dict[str, type[Any]] = {
    "organisation": Organisation,
    "person": Person,
    "topic": Topic,
    "engagement": Engagement,
    "commitment": Commitment,
    "follow_up": FollowUp,
    "milestone": Milestone,
}
_AT_ONCE = 2000

Changed = Mapping[str, set[int]]


def settle(work: Work, touched: Touched) -> None:
    """Brings the entries of changed records up to date, and of every record that names one whose name changed."""
    changed: dict[str, set[int]] = {kind: set() for kind in RECORDS}
    new: dict[str, set[int]] = {kind: set() for kind in RECORDS}
    kinds = {record_class: kind for kind, record_class in RECORDS.items()}
    for record in touched:
        if type(record) in kinds:
            (new if work.is_new(record) else changed)[kinds[type(record)]].add(record.id)
        elif isinstance(record, Attachment) and record.engagement_id is not None:
            changed["engagement"].add(record.engagement_id)
    for kind in RECORDS:
        enter(work, kind, new[kind])
        for ids in _portions(changed[kind] - new[kind]):
            renamed = _bring_up_to_date(work, kind, ids)
            for other, naming in _naming(kind, renamed):
                changed[other].update(work.session.scalars(naming))


def enter(work: Work, kind: str, ids: Iterable[int]) -> None:
    """Indexes records that are new, of which the index holds nothing yet."""
    for portion in _portions(ids):
        _add(work, texts(work, kind, portion))


def rebuild(work: Work) -> dict[str, int]:
    """Compares every entry with its record, mends what differs, and has the database index all of it afresh.

    :return: kind of record → number of records, those in the bin too
    """
    authorise(work, ADMINISTER)
    work.act("search.rebuild")
    numbers: dict[str, int] = {}
    for kind, record_class in RECORDS.items():
        numbers[kind] = 0
        gone = select(SearchEntry.id).where(
            SearchEntry.kind == kind, SearchEntry.record_id.not_in(select(record_class.id))
        )
        work.session.execute(delete(SearchEntry).where(SearchEntry.id.in_(gone)).execution_options(**_PLAIN))
        for ids in _all_ids(work, record_class):
            numbers[kind] += len(ids)
            _bring_up_to_date(work, kind, ids)
    if work.database == "sqlite":
        work.session.execute(text("INSERT INTO crm_search_fts (crm_search_fts) VALUES ('rebuild')"))
    else:
        work.session.execute(text("REINDEX INDEX ix_crm_search_vector"))
    return numbers


_PLAIN = {"synchronize_session": False}


def _bring_up_to_date(work: Work, kind: str, ids: list[int]) -> set[int]:
    """Writes the entries that differ from what is stored.

    :return: records that are called otherwise than before
    """
    wanted = {one.id: one for one in texts(work, kind, ids)}
    stored = {
        row.id: Text(*row)
        for row in work.session.execute(
            select(
                SearchEntry.id,
                SearchEntry.kind,
                SearchEntry.record_id,
                SearchEntry.face,
                SearchEntry.label,
                SearchEntry.words,
            ).where(SearchEntry.kind == kind, SearchEntry.record_id.in_(ids))
        )
    }
    old = [key for key, one in stored.items() if wanted.get(key) != one]
    if old:
        work.session.execute(delete(SearchEntry).where(SearchEntry.id.in_(old)).execution_options(**_PLAIN))
    _add(work, [one for key, one in wanted.items() if stored.get(key) != one])
    labels = {one.record_id: one.label for one in stored.values()}
    return {one.record_id for one in wanted.values() if labels.get(one.record_id, one.label) != one.label}


def _add(work: Work, entries: list[Text]) -> None:
    # In the order of their numbers: FTS5 writes out what it has gathered, and merges it, as soon as one does not rise.
    rows = [one._asdict() for one in sorted(entries)]
    insert_rows(work.session.connection(), cast(Table, SearchEntry.__table__), rows, joined=True)


def _naming(kind: str, renamed: Iterable[int]) -> Iterator[tuple[str, Select[Any]]]:
    """The records, by kind, in whose words a changed name stands."""
    for ids in _portions(renamed):
        if kind == "organisation":
            to = select(CommitmentRecipient.commitment_id).where(CommitmentRecipient.organisation_id.in_(ids))
            yield "engagement", select(Participation.engagement_id).where(Participation.organisation_id.in_(ids))
            yield "person", select(Post.person_id).where(Post.organisation_id.in_(ids))
            yield "commitment", select(Commitment.id).where(or_(Commitment.made_by_id.in_(ids), Commitment.id.in_(to)))
            yield "follow_up", select(FollowUp.id).where(FollowUp.organisation_id.in_(ids))
            yield "milestone", select(Milestone.id).where(Milestone.organisation_id.in_(ids))
        elif kind == "person":
            yield "engagement", select(Participation.engagement_id).where(Participation.person_id.in_(ids))
        elif kind == "topic":
            yield "engagement", select(EngagementTopic.engagement_id).where(EngagementTopic.topic_id.in_(ids))
            for other, record in (("commitment", Commitment), ("follow_up", FollowUp), ("milestone", Milestone)):
                yield other, select(record.id).where(record.topic_id.in_(ids))


def _all_ids(work: Work, record_class: type[Any]) -> Iterator[list[int]]:
    last = 0
    while True:
        found = select(record_class.id).where(record_class.id > last).order_by(record_class.id).limit(_AT_ONCE)
        ids = list(work.session.scalars(found))
        if not ids:
            return
        yield ids
        last = ids[-1]


def number(work: Work) -> int:
    """How many entries the index has."""
    return int(work.session.scalar(select(func.count()).select_from(SearchEntry)) or 0)


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
