"""Brings rows back to a state that they had: parts and association rows included, derived rows settled after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from crm.errors import Forbidden, Invalid, NotFound
from crm.models import (
    Attachment,
    Commitment,
    Dispatch,
    Engagement,
    EngagementViewer,
    Feed,
    FollowUp,
    InstanceSetting,
    Member,
    Organisation,
    OrganisationParent,
    Participation,
    SavedFilter,
    Topic,
)
from crm.models.base import Tracked
from crm.models.history import DELETED, INSERTED, UPDATED, Twins
from crm.models.organisations import ALWAYS, STILL
from crm.queries import twins, visibility
from crm.queries.titles import title
from crm.queries.twins import Key, Move, Values
from crm.services import tree
from crm.services.permissions import ADMINISTER, WRITE, authorise
from crm.work import Work

FIELD = "history"

_BOOKKEEPING = frozenset({"version", "changed_at", "changed_by_id"})
#: Columns of a member that a member's own work changes; all others are changed on the member's page only.
_OF_MEMBERS = frozenset({"person_id"}) | _BOOKKEEPING


def differing(move: Move) -> set[str]:
    """The columns in which a row would change, but for those that say who saved it when."""
    if move.now is None or move.then is None:
        return set(twins.table_of(move.record_class).c.keys())
    return {name for name, value in move.then.items() if move.now[name] != value and name not in _BOOKKEEPING}


def allow(work: Work, moves: Sequence[Move]) -> None:
    """Lets the member change every record that would be changed.

    :raises Forbidden: a reader, or a record that only an administrator may change, or that this cannot change
    :raises NotFound: a record that the member may not see
    """
    authorise(work, WRITE)
    behind: set[int] = set()
    for move in moves:
        values = move.now or move.then
        assert values is not None
        if move.record_class is Feed:
            raise Forbidden("Addresses of calendars are made and ended on their own page.")
        if move.record_class is Member and not differing(move) <= _OF_MEMBERS:
            raise Forbidden("Accounts of members are changed on their own page.")
        if move.record_class is InstanceSetting:
            authorise(work, ADMINISTER)
        if move.record_class is SavedFilter and not work.trusted and values["member_id"] != work.member_id:
            raise NotFound
        for state in (move.now, move.then):
            if state is not None:
                behind |= _engagements_of(work, move.record_class, state)
    if not work.trusted:
        _allow_engagements(work, moves, behind - _merely_posted(moves))


def _allow_engagements(work: Work, moves: Sequence[Move], behind: set[int]) -> None:
    """Holds the member to the engagements whose content is theirs to read; one that comes back, to what it says."""
    viewers: dict[int, set[int]] = defaultdict(set)
    coming: dict[int, Values] = {}
    for move in moves:
        if move.then is None:
            continue
        if move.record_class is EngagementViewer:
            viewers[move.then["engagement_id"]].add(move.then["member_id"])
        elif move.record_class is Engagement and move.now is None:
            coming[move.key[0]] = move.then
    for number, values in coming.items():
        named = {values["owner_id"], values["created_by_id"], *viewers[number]}
        if values["visibility"] != "team" and work.member_id not in named:
            raise NotFound
    if not set(visibility.readable(work, behind - set(coming))) >= behind - set(coming):
        raise NotFound


def _merely_posted(moves: Sequence[Move]) -> set[int]:
    """Engagements in which only the post that a person held changes, which came of the person's own page."""
    if any(move.record_class is Dispatch for move in moves):
        return set()
    found = {move.key[0] for move in moves if move.record_class is Engagement and move.now and not differing(move)}
    for move in moves:
        values = move.now or move.then or {}
        if move.record_class is not Engagement and not (
            move.record_class is Participation and differing(move) <= {"post_id"}
        ):
            found.discard(values.get("engagement_id"))
    return found


def _engagements_of(work: Work, record_class: type[Any], values: Values) -> set[int]:
    """The engagements that one must be allowed to read to read the record."""
    found: set[int | None] = set()
    if record_class is Engagement:
        found.add(values["id"])
    elif record_class in (Commitment, Attachment, FollowUp):
        found.add(values["engagement_id"])
        if values.get("commitment_id") is not None:
            found.add(_behind(work, Commitment, values["commitment_id"]))
        if values.get("dispatch_id") is not None:
            found.add(_behind(work, Dispatch, values["dispatch_id"]))
    return {one for one in found if one is not None}


def carry_out(work: Work, moves: Sequence[Move]) -> None:
    """Writes the rows as they are to stand, with their twins and everything derived from them.

    :raises Invalid: (field ``history``) something that came since stands in the way
    """
    moves = [move for move in moves if move.now is not None or move.then is not None]
    _refuse_hanging(work, moves)
    _refuse_gone(work, moves)
    hold_tree(work, moves)
    work.session.flush()
    try:
        with work.session.begin_nested():
            _write(work, moves)
    except IntegrityError as error:
        raise Invalid(
            FIELD,
            "Something entered since stands in the way, such as another record with the same name; change that first.",
        ) from error
    work.session.expire_all()
    _refuse_circles(work, moves)
    if any(move.record_class in (Organisation, OrganisationParent) for move in moves):
        tree.rebuild(work)


def hold_tree(work: Work, moves: Sequence[Move]) -> None:
    """Holds the tree where bodies move: before any body is held, as whoever places one does, or two would wait for each
    other for ever.
    """
    if any(move.record_class in (Organisation, OrganisationParent) for move in moves):
        tree.hold(work)


def _behind(work: Work, record_class: type[Any], record_id: int) -> int | None:
    if record_class is Commitment:
        statement = select(Commitment.engagement_id).where(Commitment.id == record_id)
    else:
        statement = select(Participation.engagement_id).join(Dispatch).where(Dispatch.id == record_id)
    found: int | None = work.session.scalar(statement)
    return found


def _refuse_hanging(work: Work, moves: Sequence[Move]) -> None:
    """Refuses to take a record away on which something hangs that stays."""
    going: dict[type[Any], list[Key]] = defaultdict(list)
    for move in moves:
        if move.then is None:
            going[move.record_class].append(move.key)
    moved = {(twins.table_of(move.record_class), move.key): move for move in moves}
    by_table = {twins.table_of(record_class): record_class for record_class in Twins.tables}
    for record_class, keys in going.items():
        leaving = {key[0] for key in keys}
        for table, row in twins.pointing_at(work, record_class, keys):
            holder = by_table.get(table)
            own = moved.get((table, tuple(row[column.name] for column in table.primary_key.columns)))
            if own is not None and (own.then is None or not _points(table, own.then, record_class, leaving)):
                continue
            raise Invalid(FIELD, _hanging(work, record_class, holder, row))


def _points(table: Table, values: Values, record_class: type[Any], ids: Collection[Any]) -> bool:
    target = twins.table_of(record_class)
    return any(values[key.parent.name] in ids for key in table.foreign_keys if key.column.table is target)


def _hanging(work: Work, record_class: type[Any], holder: type[Any] | None, row: Values) -> str:
    what = record_class.__name__.lower()
    is_told = holder is not None and issubclass(holder, Tracked) and holder is not SavedFilter
    if holder is not None and is_told and not _hidden(work, _engagements_of(work, holder, row)):
        return f"{title(holder, row)} was added since and hangs on it; take that away first."
    return f"Something was added since that hangs on this {what}; take that away first."


def _hidden(work: Work, engagement_ids: set[int]) -> bool:
    return not set(visibility.readable(work, engagement_ids)) >= engagement_ids


def _refuse_gone(work: Work, moves: Sequence[Move]) -> None:
    """Refuses to point at what is not there any more, or is in the bin."""
    coming = {(twins.table_of(move.record_class), move.key) for move in moves if move.then is not None}
    wanted: dict[Table, set[Any]] = defaultdict(set)
    for move in moves:
        if move.then is None:
            continue
        for key in twins.table_of(move.record_class).foreign_keys:
            name = key.parent.name
            new = move.then[name]
            if new is not None and name not in _BOOKKEEPING and (move.now is None or move.now[name] != new):
                wanted[key.column.table].add(new)
    by_table = {twins.table_of(record_class): record_class for record_class in Twins.tables}
    for table, ids in wanted.items():
        missing = {one for one in ids if (table, (one,)) not in coming}
        if not missing or table not in by_table:
            continue
        record_class = by_table[table]
        found = twins.rows_of(work, record_class, [(one,) for one in missing])
        if len(found) < len(missing):
            raise Invalid(FIELD, f"A {_word(record_class)} that it named is not there any more.")
        for row in found.values():
            if record_class is Organisation and row["binned_at"] is not None:
                raise Invalid(FIELD, f"{title(record_class, row)} is in the bin since; take it out first.")
    for move in moves:
        if move.record_class is Organisation and move.then is not None and move.now is not None:
            _refuse_binning(work, move)


def _refuse_binning(work: Work, move: Move) -> None:
    from crm.services.organisations.basics import is_named

    assert move.now is not None
    assert move.then is not None
    if move.now["binned_at"] is None and move.then["binned_at"] is not None and is_named(work, move.key[0]):
        raise Invalid(FIELD, f"{title(Organisation, move.now)} is named in the log since, so it cannot go to the bin.")


def _refuse_circles(work: Work, moves: Sequence[Move]) -> None:
    """Looks at the trees as they have become: what came since may close a circle with what is back."""
    for move in moves:
        if move.then is None:
            continue
        if move.record_class is OrganisationParent:
            span = (move.then["first"] or ALWAYS, move.then["last"] or STILL)
            tree.refuse_cycle(work, move.then["organisation_id"], move.then["parent_id"], span)
        elif move.record_class in (Topic, Commitment):
            column = Topic.parent_id if move.record_class is Topic else Commitment.fulfils_id
            above, seen = move.then[column.key], {move.key[0]}
            while above is not None:
                if above in seen:
                    raise Invalid(FIELD, f"{title(move.record_class, move.then)} would stand below itself.")
                seen.add(above)
                above = work.session.scalar(select(column).where(move.record_class.id == above))


def _word(record_class: type[Any]) -> str:
    return "".join(f" {one.lower()}" if one.isupper() else one for one in record_class.__name__).strip()


def _write(work: Work, moves: Sequence[Move]) -> None:
    """Updates what lets others go, deletes, updates, inserts, then points at what was inserted."""
    ordered = twins.in_order()
    by_class: dict[type[Any], list[Move]] = defaultdict(list)
    for move in moves:
        by_class[move.record_class].append(move)
    coming = {(twins.table_of(move.record_class), move.key[0]) for move in moves if move.now is None}
    late: dict[type[Any], list[tuple[Key, dict[str, Any]]]] = defaultdict(list)
    early: dict[type[Any], list[tuple[Key, dict[str, Any]]]] = defaultdict(list)
    plain: dict[type[Any], list[tuple[Key, dict[str, Any]]]] = defaultdict(list)
    for record_class in ordered:
        pointers = {key.parent.name: key.column.table for key in twins.table_of(record_class).foreign_keys}
        for move in by_class[record_class]:
            if move.now is None or move.then is None:
                continue
            values = _updated(work, move)
            first, last, rest = {}, {}, {}
            for name, value in values.items():
                if name not in pointers:
                    rest[name] = value
                elif value is not None and (pointers[name], value) in coming:
                    last[name] = value
                else:
                    first[name] = value
            for part, where in ((first, early), (rest, plain), (last, late)):
                if part:
                    where[record_class].append((move.key, part))
            work.wrote(record_class(**_attributes(record_class, {**move.now, **values})), UPDATED)
    _update(work, early)
    for record_class in reversed(ordered):
        _delete(work, record_class, [move for move in by_class[record_class] if move.then is None])
    _update(work, plain)
    for record_class in ordered:
        _insert(work, record_class, [move for move in by_class[record_class] if move.now is None])
    _update(work, late)


def _updated(work: Work, move: Move) -> dict[str, Any]:
    assert move.now is not None
    assert move.then is not None
    values = {name: move.then[name] for name in differing(move)}
    if issubclass(move.record_class, Tracked):
        values |= {"version": move.now["version"] + 1, "changed_at": work.now(), "changed_by_id": work.member_id}
    return values


def _attributes(record_class: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        record_class.__mapper__.get_property_by_column(column).key: values[column.name]
        for column in twins.table_of(record_class).columns
    }


def _update(work: Work, changes: Mapping[type[Any], list[tuple[Key, dict[str, Any]]]]) -> None:
    for record_class, rows in changes.items():
        table, keys = twins.table_of(record_class), twins.key_names(record_class)
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for key, values in rows:
            parameters = {f"new_{name}": value for name, value in values.items()}
            parameters |= {f"at_{name}": part for name, part in zip(keys, key, strict=True)}
            alike[tuple(sorted(values))].append(parameters)
        for names, parameters_of in alike.items():
            statement = update(table).values({name: bindparam(f"new_{name}") for name in names})
            for name in keys:
                statement = statement.where(table.c[name] == bindparam(f"at_{name}"))
            work.session.connection().execute(statement, parameters_of)


def _delete(work: Work, record_class: type[Any], moves: Sequence[Move]) -> None:
    table, keys = twins.table_of(record_class), twins.key_names(record_class)
    statement = table.delete()
    for name in keys:
        statement = statement.where(table.c[name] == bindparam(f"at_{name}"))
    if moves:
        standing = _in_order(table, [dict(move.now) for move in moves if move.now is not None])
        rows = [{f"at_{name}": row[name] for name in keys} for row in reversed(standing)]
        work.session.connection().execute(statement, rows)
    for move in moves:
        assert move.now is not None
        work.wrote(record_class(**_attributes(record_class, move.now)), DELETED)


def _insert(work: Work, record_class: type[Any], moves: Sequence[Move]) -> None:
    table = twins.table_of(record_class)
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for values in _in_order(table, [dict(move.then) for move in moves if move.then is not None]):
        if issubclass(record_class, Tracked):
            values |= {"version": values["version"] + 1, "changed_at": work.now(), "changed_by_id": work.member_id}
        # What is not given is NULL, in columns of documents too, where a None would be the document "null".
        given = {name: value for name, value in values.items() if value is not None}
        alike[tuple(sorted(given))].append(given)
        work.wrote(record_class(**_attributes(record_class, values)), INSERTED)
    for rows in alike.values():
        work.session.connection().execute(insert(table), rows)
    _mend_pointers(work, table, [move.key[0] for move in moves])


def _in_order(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that point at others of their own table after those."""
    inner = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    if not inner:
        return rows
    waiting, placed, ordered = rows, set[Any](), []
    coming = {row["id"] for row in rows}
    while waiting:
        ready = [row for row in waiting if all(row[name] not in coming - placed for name in inner)] or waiting
        ordered += ready
        placed |= {row["id"] for row in ready}
        waiting = [row for row in waiting if row["id"] not in placed]
    return ordered


def _mend_pointers(work: Work, table: Table, ids: Sequence[Any]) -> None:
    """Points again at rows that are back, where the database itself had let them go."""
    for record_class, twin in Twins.tables.items():
        holder = twins.table_of(record_class)
        for key in holder.foreign_keys:
            if key.column.table is table and key.ondelete == "SET NULL" and ids:
                name = key.parent.name
                rows = work.session.execute(
                    select(twin.c.id, twin.c[name]).where(twin.c.until_id.is_(None), twin.c[name].in_(ids))
                ).all()
                for row_id, value in rows:
                    work.session.execute(
                        update(holder).where(holder.c.id == row_id, holder.c[name].is_(None)).values({name: value})
                    )
