"""What was done, by whom, when and from where; and the states a record went through, field by field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, select
from sqlalchemy.orm import aliased

from crm.models import (
    Commitment,
    CommitmentRecipient,
    DiscussionPoint,
    Dispatch,
    DispatchStep,
    EarlierDate,
    Engagement,
    EngagementTopic,
    EngagementViewer,
    FollowUp,
    Member,
    Milestone,
    Organisation,
    OrganisationIdentifier,
    OrganisationList,
    OrganisationListEntry,
    OrganisationName,
    OrganisationParent,
    Participation,
    Person,
    Post,
    Succession,
    Topic,
)
from crm.models.history import DELETED, INSERTED, Transaction, Twins
from crm.work import Work

PAGE_SIZE = 100

#: Kind in an address → class, and its parts with the column that names their whole.
KINDS: dict[str, type[Any]] = {
    "engagement": Engagement,
    "organisation": Organisation,
    "person": Person,
    "commitment": Commitment,
    "follow_up": FollowUp,
    "topic": Topic,
    "milestone": Milestone,
    "list": OrganisationList,
}
_PARTS: dict[type[Any], tuple[tuple[type[Any], str], ...]] = {
    Engagement: (
        (Participation, "engagement_id"),
        (DiscussionPoint, "engagement_id"),
        (EarlierDate, "engagement_id"),
        (EngagementTopic, "engagement_id"),
        (EngagementViewer, "engagement_id"),
    ),
    Organisation: (
        (OrganisationName, "organisation_id"),
        (OrganisationParent, "organisation_id"),
        (OrganisationIdentifier, "organisation_id"),
        (Succession, "predecessor_id"),
    ),
    Person: ((Post, "person_id"),),
    Commitment: ((CommitmentRecipient, "commitment_id"),),
    OrganisationList: ((OrganisationListEntry, "list_id"),),
    Participation: ((Dispatch, "participation_id"),),
    Dispatch: ((DispatchStep, "dispatch_id"),),
}
_WORDS: dict[type[Any], str] = {
    Participation: "who took part",
    DiscussionPoint: "point",
    EarlierDate: "earlier date",
    EngagementTopic: "topic",
    EngagementViewer: "who may see it",
    OrganisationName: "name",
    OrganisationParent: "place in the tree",
    OrganisationIdentifier: "identifier",
    Succession: "succession",
    Post: "post",
    CommitmentRecipient: "recipient",
    OrganisationListEntry: "organisation",
    Dispatch: "copy of the letter",
    DispatchStep: "step",
}
#: Bookkeeping and derived columns, which nobody typed.
_UNTOLD = frozenset(
    [
        "id",
        "version",
        "created_at",
        "created_by_id",
        "changed_at",
        "changed_by_id",
        "search",
        "sort",
        "names_folded",
        "counts",
        "is_contact",
        "position",
        "shipped",
        "from_directory",
        "fold",
        "assumed",
        "was_sent",
        "participation_id",
        "dispatch_id",
    ]
)
_NAMED: dict[str, type[Any]] = {
    "crm_organisation": Organisation,
    "crm_person": Person,
    "crm_member": Member,
    "crm_topic": Topic,
}


class Act(NamedTuple):
    """One transaction, in a list."""

    id: int
    at: dt.datetime
    member: str | None
    door: str
    verb: str
    target_kind: str
    target_id: int | None
    detail: dict[str, Any]


class Change(NamedTuple):
    """One field of a record or of a part of it: what it was, what it became."""

    what: str
    field: str
    before: str
    after: str


class Step(NamedTuple):
    """What one transaction did to a record."""

    act: Act
    changes: list[Change]


class _State(NamedTuple):
    record_class: type[Any]
    operation: str
    before: dict[str, Any] | None
    after: dict[str, Any]


def acts(work: Work, *, before: int | None = None, member_id: int | None = None) -> tuple[list[Act], int | None]:
    """The latest transactions, and the number before which the next page begins.

    :param before: transactions with a smaller number only
    :param member_id: by that member only
    """
    statement = _acts().order_by(Transaction.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        statement = statement.where(Transaction.id < before)
    if member_id is not None:
        statement = statement.where(Transaction.member_id == member_id)
    found = [Act(*row) for row in work.session.execute(statement)]
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None


def steps(work: Work, kind: str, record_id: int) -> list[Step]:
    """Every state a record and its parts went through, the latest first.

    Whoever asks must have been let see the record: its history holds what it held.
    """
    states = _states(work, KINDS[kind], {record_id})
    names = _names(work, (state for found in states.values() for state in found))
    told = {
        row[0]: Act(*row) for row in work.session.execute(_acts().where(Transaction.id.in_(list(states)))) if states
    }
    result = []
    for number in sorted(states, reverse=True):
        changes = [change for state in states[number] for change in _changes(state, KINDS[kind], names)]
        if changes and number in told:
            result.append(Step(told[number], changes))
    return result


def _acts() -> Select[Any]:
    who = aliased(Member)
    return select(
        Transaction.id,
        Transaction.at,
        who.name,
        Transaction.door,
        Transaction.verb,
        Transaction.target_kind,
        Transaction.target_id,
        Transaction.detail,
    ).outerjoin(who, who.id == Transaction.member_id)


def _states(work: Work, record_class: type[Any], ids: set[int], column: str = "id") -> dict[int, list[_State]]:
    """Transaction → states written in it: of records whose ``column`` is one of ``ids``, and of their parts."""
    twin = Twins.of(record_class)
    keys = [name.name for name in record_class.__table__.primary_key.columns]
    statement = (
        select(twin).where(twin.c[column].in_(ids)).order_by(*(twin.c[key] for key in keys), twin.c.transaction_id)
    )
    found: dict[int, list[_State]] = {}
    previous: dict[str, Any] | None = None
    for row in work.session.execute(statement).mappings():
        state = dict(row)
        is_next = previous is not None and all(previous[key] == state[key] for key in keys)
        before = previous if is_next and state["operation"] != INSERTED else None
        found.setdefault(state["transaction_id"], []).append(_State(record_class, state["operation"], before, state))
        previous = state
    for part, part_column in _PARTS.get(record_class, ()):
        wholes = ids if column == "id" else {state.after["id"] for states in found.values() for state in states}
        if wholes:
            for number, states in _states(work, part, wholes, part_column).items():
                found.setdefault(number, []).extend(states)
    return found


def _changes(state: _State, whole: type[Any], names: dict[tuple[str, int], str]) -> Iterable[Change]:
    table: Table = state.record_class.__table__
    what = "" if state.record_class is whole else _WORDS.get(state.record_class, "")
    if what and state.operation in (INSERTED, DELETED):
        summary = " · ".join(
            told
            for column in table.columns
            if column.name not in _UNTOLD and column.name not in _whole_columns(state.record_class)
            if (told := _told(state.after[column.name], column, names))
        )
        if summary or state.record_class is not Dispatch:
            yield Change(
                what,
                "",
                summary if state.operation == DELETED else "",
                summary if state.operation == INSERTED else "",
            )
        return
    before = state.before or {}
    for column in table.columns:
        if column.name in _UNTOLD:
            continue
        old, new = _told(before.get(column.name), column, names), _told(state.after[column.name], column, names)
        if old != new:
            yield Change(what, column.name.removesuffix("_id").replace("_", " "), old, new)


def _whole_columns(record_class: type[Any]) -> set[str]:
    return {column for parts in _PARTS.values() for part, column in parts if part is record_class}


def _told(value: Any, column: Any, names: dict[tuple[str, int], str]) -> str:
    if value is None or value is False or value == "":
        return ""
    if value is True:
        return "yes"
    for key in column.foreign_keys:
        return names.get((key.column.table.name, value), f"no. {value}")
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(value)


def _names(work: Work, states: Iterable[_State]) -> dict[tuple[str, int], str]:
    """(table, id) → name, of every body, person, member and topic that the states name."""
    wanted: dict[str, set[int]] = {}
    for state in states:
        for column in state.record_class.__table__.columns:
            for key in column.foreign_keys:
                for version in (state.before, state.after):
                    if version is not None and version[column.name] is not None:
                        wanted.setdefault(key.column.table.name, set()).add(version[column.name])
    return {
        (table, number): name
        for table, record_class in _NAMED.items()
        if wanted.get(table)
        for number, name in work.session.execute(
            select(record_class.id, record_class.name).where(record_class.id.in_(wanted[table]))
        )
    }
