"""Keeps the tally equal to the log: what each engagement puts into it, taken out again when the engagement changes."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import BindParameter, Table, bindparam, delete, select

from crm.database.inserting import insert_rows
from crm.models import Engagement, OrganisationClosure, Participation, TallyEntry
from crm.models.history import INSERTED
from crm.models.tally import EVERYBODY, KEY, NOBODY, NUMBERS, TALLY, contacts_of_kind, month_number
from crm.work import Touched, Work

# A statement takes some 32,000 values.
_AT_ONCE = 5000
_PLACE = {name: place for place, name in enumerate(NUMBERS)}

# Asked at every save, so they are put together once.
_IDS: BindParameter[list[int]] = bindparam("ids", expanding=True)
_TOLD = select(
    Engagement.id, Engagement.first_day, Engagement.last_day, Engagement.kind, Engagement.acting, Engagement.met
).where(
    Engagement.id.in_(_IDS),
    Engagement.counts.is_(True),
    Engagement.visibility != "members",
    Engagement.acting.is_not(None),
    Engagement.met.is_not(None),
)
_ABOVE = select(
    OrganisationClosure.descendant_id,
    OrganisationClosure.ancestor_id,
    OrganisationClosure.first,
    OrganisationClosure.last,
).where(OrganisationClosure.descendant_id.in_(_IDS))

Key = tuple[int, int, int, str]
Sums = dict[Key, list[int]]
Spans = Mapping[int, Sequence[tuple[int, dt.date, dt.date]]]


class Entry(NamedTuple):
    """What one engagement puts into the tally; see :class:`~crm.models.TallyEntry`."""

    first_month: int
    last_month: int
    kind: str
    acting: str
    reach: str


def settle(work: Work, touched: Touched) -> None:
    """Brings the tally in line with the engagements that changed, and with the bodies that moved in the tree.

    Whoever calls this holds the lock on the revision, so that no two units of work wait for each other's cells.
    """
    changed = {record.id: operation for record, operation in touched.items() if type(record) is Engagement}
    new = [number for number, operation in changed.items() if operation == INSERTED]
    known = {number for number, operation in changed.items() if operation != INSERTED}
    for bodies in _portions(work.moved):
        met = select(Participation.engagement_id).where(
            Participation.organisation_id.in_(bodies), Participation.side == "counterpart"
        )
        known.update(work.session.scalars(met.distinct()))
    enter(work, new, are_new=True)
    enter(work, known.difference(new))


def enter(work: Work, engagement_ids: Iterable[int], *, are_new: bool = False) -> None:
    """Enters engagements as they stand now, instead of what they had entered.

    :param are_new: none of them has entered anything yet
    """
    for ids in _portions(engagement_ids):
        before = {} if are_new else _entered(work, ids)
        _replace(work, before, _wanted(work, ids))


def rebuild(work: Work) -> None:
    """Adds everything up anew."""
    work.session.execute(delete(TallyEntry))
    work.session.execute(TALLY.delete())
    sums: Sums = {}
    for ids in _all(work, Engagement.id):
        wanted = _wanted(work, ids)
        _write(work, wanted)
        _add(sums, wanted.values(), 1)
    _store(work, sums)


def drift(work: Work) -> int:
    """How many engagements have entered something else than they should, and how many cells hold another sum."""
    wrong = 0
    sums: Sums = {}
    for ids in _all(work, Engagement.id):
        wanted = _wanted(work, ids)
        wrong += sum(wanted.get(number) != entry for number, entry in _entered(work, ids).items())
        wrong += len(wanted.keys() - _entered(work, ids).keys())
        _add(sums, wanted.values(), 1)
    there = select(Engagement.id).where(Engagement.id == TallyEntry.engagement_id)
    wrong += len(work.session.scalars(select(TallyEntry.engagement_id).where(~there.exists())).all())
    stored = {tuple(row[:4]): list(row[4:]) for row in work.session.execute(select(TALLY))}
    return (
        wrong
        + sum(
            any(numbers) and numbers != sums.get(key, [])  # a cell from which everything was taken out may stay
            for key, numbers in stored.items()
        )
        + len(sums.keys() - stored.keys())
    )


def _entered(work: Work, ids: Sequence[int]) -> dict[int, Entry]:
    entry = TallyEntry
    found = work.session.execute(
        select(entry.engagement_id, entry.first_month, entry.last_month, entry.kind, entry.acting, entry.reach).where(
            entry.engagement_id.in_(ids)
        )
    )
    return {row[0]: Entry(*row[1:]) for row in found}


def _wanted(work: Work, ids: Sequence[int]) -> dict[int, Entry]:
    """What engagements should have entered; those that stay apart have nothing."""
    found = work.session.execute(_TOLD, {"ids": list(ids)}).all()
    spans = _spans(work, {int(number) for row in found for number in (row.met or "").split()})
    return {
        number: Entry(month_number(first), month_number(last), kind, acting or "", _reach(met or "", first, spans))
        for number, first, last, kind, acting, met in found
    }


def _spans(work: Work, bodies: Iterable[int]) -> Spans:
    found: dict[int, list[tuple[int, dt.date, dt.date]]] = defaultdict(list)
    for some in _portions(bodies):
        for descendant, ancestor, first, last in work.session.execute(_ABOVE, {"ids": some}):
            found[descendant].append((ancestor, first, last))
    return found


def _reach(met: str, day: dt.date, spans: Spans) -> str:
    named = met.split()
    if not named:
        return f"{NOBODY}:0"
    above = Counter(
        ancestor for body in named for ancestor, first, last in spans.get(int(body), ()) if first <= day <= last
    )
    return " ".join([f"{EVERYBODY}:{len(named)}", *(f"{body}:{number}" for body, number in sorted(above.items()))])


def _replace(work: Work, before: Mapping[int, Entry], after: Mapping[int, Entry]) -> None:
    gone = {number: entry for number, entry in before.items() if after.get(number) != entry}
    new = {number: entry for number, entry in after.items() if before.get(number) != entry}
    if gone:
        work.session.execute(
            delete(TallyEntry).where(TallyEntry.engagement_id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
    _write(work, new)
    sums: Sums = {}
    _add(sums, gone.values(), -1)
    _add(sums, new.values(), 1)
    _store(work, {key: numbers for key, numbers in sums.items() if any(numbers)})


def _write(work: Work, entries: Mapping[int, Entry]) -> None:
    if entries:
        rows = [{"engagement_id": number, **entry._asdict()} for number, entry in entries.items()]
        insert_rows(work.session.connection(), cast(Table, TallyEntry.__table__), rows)


def _add(sums: Sums, entries: Iterable[Entry], times: int) -> None:
    nothing = [0] * len(NUMBERS)
    for first, last, kind, acting, reach in entries:
        engagements, contacts = _PLACE[kind], _PLACE[contacts_of_kind(kind)]
        for pair in reach.split(" "):
            body, _, number = pair.partition(":")
            key = (int(body), first, last, acting)
            numbers = sums.get(key)
            if numbers is None:
                numbers = sums[key] = nothing.copy()
            more = times * int(number)
            numbers[0] += times
            numbers[1] += more
            numbers[engagements] += times
            numbers[contacts] += more


def _store(work: Work, sums: Sums) -> None:
    """Adds to the cells, and makes those that are not there yet."""
    if not sums:
        return
    rows = [(*key, *numbers) for key, numbers in sums.items()]
    names = [*KEY, *NUMBERS]
    added = ", ".join(f"{name} = {TALLY.name}.{name} + excluded.{name}" for name in NUMBERS)
    into = f"INSERT INTO {TALLY.name} ({', '.join(names)})"
    whole = f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {added}"
    connection = work.session.connection()
    # Past the statement builder: an import adds to tens of thousands of cells.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"{into} VALUES ({', '.join('?' * len(names))}) {whole}", rows)
    else:
        types = ("text[]" if name == "acting" else "integer[]" for name in names)
        arrays = ", ".join(f"%s::{kind}" for kind in types)
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        connection.exec_driver_sql(f"{into} SELECT * FROM unnest({arrays}) {whole}", columns)  # noqa: S608


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _all(work: Work, column: Any) -> Iterator[list[int]]:
    last = 0
    while True:
        ids = list(work.session.scalars(select(column).where(column > last).order_by(column).limit(_AT_ONCE)))
        if not ids:
            return
        yield ids
        last = ids[-1]
