"""The states a record and its parts went through, as far as whoever asks might read them then and may read them now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, or_, select, true

from crm.models import (
    Commitment,
    Dispatch,
    Engagement,
    EngagementViewer,
    FollowUp,
    Member,
    Organisation,
    Participation,
    Person,
    Post,
    Topic,
)
from crm.models.history import DELETED, INSERTED, Twins
from crm.queries import twins, visibility
from crm.queries.history.acts import Act, numbered
from crm.queries.history.records import KEPT, KINDS, NOT_BROUGHT_BACK, PARTS
from crm.queries.history.wording import ENTERED, Change, Names, State, changes, gathered
from crm.queries.twins import Key, Move, Values
from crm.work import Work

_NAMED: dict[str, type[Any]] = {
    "crm_organisation": Organisation,
    "crm_person": Person,
    "crm_member": Member,
    "crm_topic": Topic,
}
#: Columns by which a record hangs on an engagement that one must be allowed to read.
_HANGING: dict[type[Any], tuple[str, ...]] = {Commitment: ("engagement_id",), FollowUp: ("engagement_id",)}


class Step(NamedTuple):
    """What one transaction did to a record.

    :param is_kept_back: whether something of it is not for the member to read
    """

    act: Act
    changes: list[Change]
    is_kept_back: bool


def steps(work: Work, kind: str, record_id: int, *, limit: int | None = None) -> list[Step]:
    """Every state a record and its parts went through, in words, the latest first.

    Whoever asks must have been let see the record. What it said while only others might read it stays theirs.

    :param limit: that many of the latest only
    """
    whole = KINDS[kind]
    states = _states(work, whole, _condition(whole, record_id))
    numbers = sorted(states, reverse=True)
    closed = _closed(work, whole, record_id, numbers)
    names = _names(work, (state for found in states.values() for state in found))
    told = numbered(work, numbers)
    result: list[Step] = []
    for number in numbers:
        if limit is not None and len(result) >= limit:
            break
        found = [change for state in states[number] for change in changes(state, whole, names, work.zone)]
        if len(found) > 1:
            # That it was entered is said of the whole step.
            found = [change for change in found if change.lead != ENTERED]
        found = gathered(found)
        shown = [change for change in found if change.field == "visibility"] if number in closed else found
        if (shown or number in closed) and number in told:
            result.append(Step(told[number], shown, number in closed))
    return result


def readable_at(work: Work, kind: str, record_id: int, transaction_id: int) -> bool:
    """Whether the member may read what the record said once ``transaction_id`` was done, and just before."""
    return transaction_id not in _closed(work, KINDS[kind], record_id, [transaction_id])


def moves_to(work: Work, kind: str, record_id: int, transaction_id: int, *, wholly: bool = False) -> list[Move]:
    """What brings a record and its parts back to how they stood once ``transaction_id`` was done.

    Who may read it, its files, and whether it is in the bin stay as they are, unless it is asked for ``wholly``.
    """
    found: list[Move] = []
    _move_to(work, KINDS[kind], KINDS[kind], "id", {record_id}, transaction_id, found, wholly=wholly)
    return found


def row_before(work: Work, part: type[Any], key: Key, transaction_id: int) -> tuple[Values | None, Values | None]:
    """A row just before ``transaction_id`` and just after, none where it was not there."""
    twin = Twins.of(part)
    same = and_(*(twin.c[name] == value for name, value in zip(twins.key_names(part), key, strict=True)))
    after = twins.states_at(work, part, same, transaction_id).get(key)
    before = twins.states_at(work, part, same, transaction_id - 1).get(key)
    return before, after


def _move_to(
    work: Work,
    whole: type[Any],
    record_class: type[Any],
    column: str,
    ids: set[Any],
    transaction_id: int,
    found: list[Move],
    *,
    wholly: bool,
) -> None:
    twin, table = Twins.of(record_class), twins.table_of(record_class)
    then = twins.states_at(work, record_class, twin.c[column].in_(ids), transaction_id)
    now = twins.live(work, record_class, table.c[column].in_(ids))
    for key in {**now, **then}:
        wanted, stands = then.get(key), now.get(key)
        if wanted is not None and stands is not None and not wholly:
            kept = {name: stands[name] for name in KEPT if name in stands}
            wanted = {**wanted, **kept}
        if record_class is whole or wanted != stands:
            found.append(Move(record_class, key, stands, wanted))
    inner = {key[0] for key in {**now, **then}}
    for part, part_column in PARTS.get(record_class, ()):
        if inner and (wholly or part not in NOT_BROUGHT_BACK):
            _move_to(work, whole, part, part_column, inner, transaction_id, found, wholly=wholly)


def _condition(record_class: type[Any], record_id: int) -> ColumnElement[bool]:
    twin = Twins.of(record_class)
    return twin.c.id == record_id if "id" in twin.c else true()


def _states(work: Work, record_class: type[Any], condition: ColumnElement[bool]) -> dict[int, list[State]]:
    """Transaction → what it did to the rows under ``condition`` and to their parts."""
    twin, keys = Twins.of(record_class), twins.key_names(record_class)
    statement = select(twin).where(condition).order_by(*(twin.c[key] for key in keys), twin.c.transaction_id)
    found: dict[int, list[State]] = {}
    known: set[Any] = set()
    key, standing = None, None
    for row in work.session.execute(statement).mappings():
        values: Values = {column.name: row[column.name] for column in twins.table_of(record_class).columns}
        this = tuple(row[name] for name in keys)
        before = standing if this == key and row["operation"] != INSERTED else None
        after = None if row["operation"] == DELETED else values
        if after is None:
            before = before or values
        found.setdefault(row["transaction_id"], []).append(State(record_class, this, before, after))
        key, standing = this, after
        known.add(this[0])
    for part, column in PARTS.get(record_class, ()):
        if known:
            for number, states in _states(work, part, Twins.of(part).c[column].in_(known)).items():
                found.setdefault(number, []).extend(states)
    return found


def _closed(work: Work, whole: type[Any], record_id: int, numbers: Iterable[int]) -> set[int]:
    """Those of ``numbers`` whose words are not for the member: what was said while it was for others only."""
    wanted = list(numbers)
    if work.trusted or (whole is not Engagement and whole not in _HANGING):
        return set()
    if whole is Engagement:
        spans = list(_closed_spans(work, record_id))
    else:
        spans = list(_hanging_spans(work, whole, record_id))
    return {number for number in wanted if any(first <= number <= last for first, last in spans)}


def _closed_spans(work: Work, engagement_id: int) -> Iterator[tuple[int, int]]:
    """From which transaction to which an engagement was not for the whole team, unless the member was among those."""
    if _was_named(work, engagement_id):
        return
    twin = Twins.of(Engagement)
    rows = work.session.execute(
        select(twin.c.transaction_id, twin.c.until_id, twin.c.visibility).where(twin.c.id == engagement_id)
    )
    for first, last, who in rows:
        if who != "team":
            # The one that opened it to all still tells what it said before.
            yield first, last if last is not None else 2**62


def _was_named(work: Work, engagement_id: int) -> bool:
    twin, viewer = Twins.of(Engagement), Twins.of(EngagementViewer)
    own = select(twin.c.id).where(
        twin.c.id == engagement_id,
        or_(twin.c.owner_id == work.member_id, twin.c.created_by_id == work.member_id),
    )
    named = select(viewer.c.engagement_id).where(
        viewer.c.engagement_id == engagement_id, viewer.c.member_id == work.member_id
    )
    return work.session.scalar(own.limit(1)) is not None or work.session.scalar(named.limit(1)) is not None


def _hanging_spans(work: Work, whole: type[Any], record_id: int) -> Iterator[tuple[int, int]]:
    """The same of a record that hung on an engagement which the member may not read."""
    twin = Twins.of(whole)
    for column in _HANGING[whole]:
        rows = work.session.execute(
            select(twin.c.transaction_id, twin.c.until_id, twin.c[column]).where(
                twin.c.id == record_id, twin.c[column].is_not(None)
            )
        ).all()
        readable = set(visibility.readable(work, {row[2] for row in rows}))
        closed = {behind: list(_closed_spans(work, behind)) for behind in {row[2] for row in rows} & readable}
        for first, last, behind in rows:
            end = last if last is not None else 2**62
            if behind not in readable:
                yield first, end
            else:
                yield from ((max(first, one), min(end, other)) for one, other in closed[behind])


def _names(work: Work, states: Iterable[State]) -> Names:
    """(table, id) → name, of every body, person, member and topic that the states name."""
    wanted: dict[str, set[Any]] = {}
    for state in states:
        for key in _pointers(twins.table_of(state.record_class)):
            for version in (state.before, state.after):
                if version is not None and version[key[0]] is not None:
                    wanted.setdefault(key[1], set()).add(version[key[0]])
    found: dict[tuple[str, Any], str] = {}
    for table, record_class in _NAMED.items():
        ids = sorted(wanted.get(table, ()))
        for start in range(0, len(ids), twins.AT_ONCE):
            part = ids[start : start + twins.AT_ONCE]
            for number, name in work.session.execute(
                select(record_class.id, record_class.name).where(record_class.id.in_(part))
            ):
                found[table, number] = name
    return found | _names_of_parts(work, wanted)


def _names_of_parts(work: Work, wanted: Mapping[str, set[Any]]) -> dict[tuple[str, Any], str]:
    """Posts by their title, participants and copies of letters by their body: those there are no more, too."""
    post, party, copy = (Twins.of(one) for one in (Post, Participation, Dispatch))
    body = Organisation
    asked = {
        "crm_post": select(post.c.id, post.c.title),
        "crm_participation": select(party.c.id, body.name).join(body, body.id == party.c.organisation_id),
        "crm_dispatch": select(copy.c.id, body.name)
        .join(party, party.c.id == copy.c.participation_id)
        .join(body, body.id == party.c.organisation_id),
    }
    return {
        (table, number): name
        for table, statement in asked.items()
        if wanted.get(table)
        for number, name in work.session.execute(
            statement.where(next(iter(statement.selected_columns)).in_(sorted(wanted[table])))
        )
    }


def _pointers(table: Table) -> list[tuple[str, str]]:
    return [(key.parent.name, key.column.table.name) for key in table.foreign_keys]
