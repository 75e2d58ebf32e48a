"""Brings back what a record, or one value of it, was before; the rules of the record hold as for a new value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import select

from crm.errors import Conflict, CrmError, Invalid, NotFound
from crm.models import (
    Attachment,
    Dispatch,
    DispatchStep,
    EngagementViewer,
    InstanceSetting,
    Member,
    Participation,
)
from crm.models.base import Tracked
from crm.queries import bin as bin_reads
from crm.queries import history, twins
from crm.queries.clock import in_words
from crm.queries.history.wording import columns_of
from crm.queries.twins import Key, Move
from crm.services import (
    commitments,
    engagements,
    followups,
    lists,
    looking,
    organisations,
    people,
    rewinding,
    topics,
)
from crm.services.permissions import ADMINISTER, WRITE, authorise
from crm.services.rewinding import FIELD
from crm.work import Work

T = TypeVar("T")

#: Saves a record as it stands, so that its rules are asked and what is derived from it is worked out.
SAVE: dict[str, Callable[..., object]] = {
    "engagement": engagements.amend,
    "organisation": organisations.amend,
    "person": people.amend,
    "commitment": commitments.amend,
    "follow_up": followups.amend,
    "topic": topics.amend,
    "milestone": topics.amend_milestone,
    "list": lists.amend,
}


def restore_state(work: Work, kind: str, record_id: int, transaction_id: int, *, version: int | None = None) -> None:
    """Brings a record with its parts back to how it stood once ``transaction_id`` was done.

    Who may read it, its files, and whether it lies in the bin stay as they are.

    :raises NotFound: there is no such record, or what it said then is not for the member
    :raises Conflict: somebody else saved it since ``version``
    :raises Invalid: (field ``history``) it had no such state, or a rule does not allow that state any more
    """
    _open(work, kind, record_id, transaction_id, version)
    moves = history.moves_to(work, kind, record_id, transaction_id)
    if not any(move.record_class is history.KINDS[kind] and move.then is not None for move in moves):
        raise Invalid(FIELD, "It was not there yet, or not any more; choose another state.")
    if len(moves) == 1 and not rewinding.differing(moves[0]):
        raise Invalid(FIELD, "It stands like that already.")
    _carry_out(work, kind, record_id, moves, to=transaction_id)


def restore_value(
    work: Work,
    kind: str,
    record_id: int,
    transaction_id: int,
    *,
    part: str,
    key: str,
    field: str,
    version: int | None = None,
) -> None:
    """Brings back what ``transaction_id`` changed in one place: the earlier value, or a part that it took away.

    :param part: class of the row, of the record itself or of a part
    :param key: number of the row, or its numbers joined by a hyphen
    :param field: the column, empty for a part as a whole
    :raises NotFound: there is no such record, part or change, or what it said is not for the member
    :raises Conflict: somebody else saved the record since ``version``
    :raises Invalid: (field ``history``) a rule does not allow the earlier value any more
    """
    _open(work, kind, record_id, transaction_id, version)
    record_class = history.part_named(part)
    states = history.moves_to(work, kind, record_id, transaction_id - 1)
    if record_class is None or record_class in (Attachment, EngagementViewer):
        raise NotFound
    row = _key(record_class, key)
    before, after = history.row_before(work, record_class, row, transaction_id)
    live = twins.rows_of(work, record_class, [row]).get(row)
    belongs = any((move.record_class, move.key) == (record_class, row) for move in states)
    if not belongs and not _stands(work, kind, record_id, record_class, live):
        raise NotFound
    if before is None and after is None:
        raise NotFound
    whole = [move for move in states if move.record_class is history.KINDS[kind]]
    moves = [move._replace(then=move.now) for move in whole if record_class is not move.record_class]
    if not field:
        moves += _part(work, record_class, row, states, is_back=before is not None)
    else:
        names = columns_of(field, twins.table_of(record_class).c.keys())
        if live is None or before is None or not set(names) <= set(before) or field in ("id", "version", "visibility"):
            raise Invalid(FIELD, "What this value belonged to is not there any more; bring back the whole state.")
        moves.append(Move(record_class, row, live, {**live, **{name: before[name] for name in names}}))
        if not rewinding.differing(moves[-1]):
            raise Invalid(FIELD, "It stands like that already.")
    _carry_out(work, kind, record_id, moves, value=field or part, of=transaction_id)


def as_opened(work: Work, record: Any, version: int, read: Callable[[], T]) -> T | None:
    """What ``read`` gives with the record as it was in ``version``; nothing of that is saved.

    The work must hold nothing to be saved; it begins anew.

    :return: none where the history does not know that version
    """
    kind = next((key for key, record_class in history.KINDS.items() if isinstance(record, record_class)), None)
    if kind is None or not isinstance(record, Tracked):
        return None
    record_id: int = record.id
    transaction_id = twins.transaction_of(work, type(record), record_id, version)
    if transaction_id is None:
        return None
    work.session.expire_all()
    try:
        rewinding.carry_out(work, history.moves_to(work, kind, record_id, transaction_id, wholly=True))
        return read()
    except CrmError:
        return None
    finally:
        work.rollback()


def saved_by(work: Work, record: Any) -> str:
    """Who saved a record last and when: “Jane Doe saved this on 5 May 2026 10:12,”; without a moment, no comma."""
    if record is None or isinstance(record, InstanceSetting):
        found, _ = history.acts(work, history.Wanted(verb="settings.amend"), limit=1)
        return _saved(work, found[0].member, found[0].at) if found else _saved(work, None, None)
    stored = twins.rows_of(work, type(record), [(record.id,)]).get((record.id,))
    if stored is None or stored.get("changed_at") is None:
        return _saved(work, None, None)
    who = work.session.get(Member, stored["changed_by_id"]) if stored["changed_by_id"] is not None else None
    return _saved(work, who.name if who is not None else None, stored["changed_at"])


def _saved(work: Work, who: str | None, at: dt.datetime | None) -> str:
    return f"{who or 'Somebody else'} saved this" + (f" on {in_words(work, at)}," if at is not None else "")


def binned_by(work: Work, record: Any) -> str:
    """Who put a record into the bin and when: “Jane Doe put this into the bin on 5 May 2026 10:12”."""
    said = f"{bin_reads.put_there_by(work, record) or 'Somebody else'} put this into the bin"
    stored = twins.rows_of(work, type(record), [(record.id,)]).get((record.id,))
    if stored is None or stored["binned_at"] is None:
        return said
    return f"{said} on {in_words(work, stored['binned_at'])}"


def _open(work: Work, kind: str, record_id: int, transaction_id: int, version: int | None) -> None:
    record = looking.opened(work, kind, record_id)
    authorise(work, ADMINISTER if kind == "settings" else WRITE, record)
    if not history.readable_at(work, kind, record_id, transaction_id):
        raise NotFound
    if record is not None and isinstance(record, Tracked):
        work.session.execute(select(type(record).id).where(type(record).id == record.id).with_for_update())
        stored = twins.rows_of(work, type(record), [(record.id,)])[record.id,]
        if version is not None and stored["version"] != version:
            raise Conflict(record, version, stored["version"])


def _stands(work: Work, kind: str, record_id: int, record_class: type[Any], live: Any) -> bool:
    """Whether a row that came later is a part of the record, or the record itself."""
    if record_class is history.KINDS[kind]:
        return kind == "settings" or (live is not None and live["id"] == record_id)
    whole = getattr(record_class, "__whole__", None)
    if live is None or whole is None:
        return False
    return bool(whole[1] == history.KINDS[kind].__name__ and live[whole[0]] == record_id)


def _part(work: Work, record_class: type[Any], row: Key, states: list[Move], *, is_back: bool) -> list[Move]:
    """The moves of one part with what hangs on it: a participant's copy of the letter, and its steps."""
    found = [move for move in states if (move.record_class, move.key) == (record_class, row)]
    if not is_back:
        live = twins.rows_of(work, record_class, [row]).get(row)
        return [Move(record_class, row, live, None)] if live is not None else []
    if not found or found[0].now is not None:
        raise Invalid(FIELD, "It is there already.")
    if record_class is Participation:
        copies = [
            move
            for move in states
            if move.record_class is Dispatch and move.then is not None and move.then["participation_id"] == row[0]
        ]
        numbers = {move.key[0] for move in copies}
        found += copies
        found += [
            move
            for move in states
            if move.record_class is DispatchStep and move.then is not None and move.then["dispatch_id"] in numbers
        ]
    return found


def _carry_out(work: Work, kind: str, record_id: int, moves: list[Move], **detail: Any) -> None:
    rewinding.allow(work, moves)
    record_class = history.KINDS[kind]
    work.act("history.restore", None, **detail)
    work.target = (record_class.__name__, record_id or None)
    rewinding.carry_out(work, moves)
    if kind in SAVE:
        SAVE[kind](work, record_id)
        work.session.flush()


def _key(record_class: type[Any], text: str) -> Key:
    names = twins.key_names(record_class)
    if names == ["key"]:
        return (text,)
    parts = text.split("-")
    if len(parts) != len(names) or not all(part.isascii() and part.isdigit() and len(part) < 11 for part in parts):
        raise NotFound
    return tuple(int(part) for part in parts)
