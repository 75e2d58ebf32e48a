"""What stays when a transaction is taken back but for what somebody built on since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from crm.models import Base
from crm.models.history import Twins
from crm.queries import twins
from crm.queries.twins import Key, Move
from crm.work import Work

Row = tuple[type[Any], Key]
MOST = 100_000


def staying(work: Work, transaction_id: int, moves: Sequence[Move]) -> set[Row]:
    """The rows that are to stay as they are: records changed since, or on which something newer hangs, whole with their
    parts, and whatever these point at."""
    by_row: dict[Row, Move] = {(move.record_class, move.key): move for move in moves}
    parts: dict[Row, list[Row]] = defaultdict(list)
    for row in by_row:
        parts[_whole(by_row, row)].append(row)
    found: set[Row] = set()
    todo = [row for row in _touched(work, transaction_id, moves) if row in by_row]
    while todo:
        row = todo.pop()
        if row in found:
            continue
        found.add(row)
        todo += parts[_whole(by_row, row)]
        todo += [target for target in _targets(by_row[row]) if target in by_row]
    return found


def wholes(rows: Iterable[Row]) -> list[Row]:
    """Those that a person knows by name."""
    return sorted((row for row in rows if twins.is_whole(row[0])), key=lambda row: (row[0].__name__, row[1]))


def _touched(work: Work, transaction_id: int, moves: Sequence[Move]) -> Iterable[Row]:
    for later in twins.changed_since(work, transaction_id, limit=MOST):
        yield later.record_class, tuple(later.values[name] for name in twins.key_names(later.record_class))
    by_table = {twins.table_of(record_class): record_class for record_class in Twins.tables}
    mine = {(move.record_class, move.key) for move in moves}
    going: dict[type[Any], list[Key]] = defaultdict(list)
    for move in moves:
        if move.then is None:
            going[move.record_class].append(move.key)
    for record_class, keys in going.items():
        target = twins.table_of(record_class)
        leaving = {key[0] for key in keys}
        for table, row in twins.pointing_at(work, record_class, keys):
            holder = by_table.get(table)
            key = tuple(row[column.name] for column in table.primary_key.columns)
            if holder is not None and (holder, key) in mine:
                continue
            for foreign in table.foreign_keys:
                if foreign.column.table is target and row[foreign.parent.name] in leaving:
                    yield record_class, (row[foreign.parent.name],)


def _whole(known: dict[Row, Move], row: Row) -> Row:
    """The record of which a row is a part, as far as it was written together with it."""
    values = known[row].now or known[row].then or {}
    part_of = row[0].__whole__
    if part_of is None or values.get(part_of[0]) is None:
        return row
    above = (_class_named(part_of[1]), (values[part_of[0]],))
    return _whole(known, above) if above in known else above


def _class_named(name: str) -> type[Any]:
    return next(mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__name__ == name)


def _targets(move: Move) -> Iterable[Row]:
    values = move.now or {}
    by_table = {twins.table_of(record_class): record_class for record_class in Twins.tables}
    for foreign in twins.table_of(move.record_class).foreign_keys:
        target = by_table.get(foreign.column.table)
        value = values.get(foreign.parent.name)
        if target is not None and value is not None:
            yield target, (value,)
