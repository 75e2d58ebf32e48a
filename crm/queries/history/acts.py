"""Transactions: who did what, when, and from which door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from crm.models import Member
from crm.models.history import Transaction
from crm.work import Work

PAGE_SIZE = 100
CHUNK = 1000


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
    undoes: int | None
    is_undone: bool


class Wanted(NamedTuple):
    """Which transactions are asked for; what is not given does not narrow.

    :param since: first calendar day, in the zone of the work; ``until`` the last
    :param target: class of a record, and its number where one record is meant
    :param verb: key of what was done, such as ``engagement.amend``, or what it begins with: ``export.``
    """

    member_id: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    target: tuple[str, int | None] | None = None
    verb: str = ""


EVERYTHING = Wanted()


def acts(
    work: Work, wanted: Wanted = EVERYTHING, *, before: int | None = None, limit: int = PAGE_SIZE
) -> tuple[list[Act], int | None]:
    """The latest transactions, and the number before which the next page begins.

    :param before: transactions with a smaller number only
    """
    statement = _narrowed(work, _acts(), wanted).order_by(Transaction.id.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Transaction.id < before)
    found = [Act(*row) for row in work.session.execute(statement)]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def every_act(work: Work, wanted: Wanted) -> Iterator[Act]:
    """Every transaction asked for, the earliest first, as many at a time as memory does not notice."""
    last = 0
    while True:
        statement = _narrowed(work, _acts(), wanted).where(Transaction.id > last).order_by(Transaction.id)
        found = [Act(*row) for row in work.session.execute(statement.limit(CHUNK))]
        yield from found
        if len(found) < CHUNK:
            return
        last = found[-1].id


def _narrowed(work: Work, statement: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.member_id is not None:
        statement = statement.where(Transaction.member_id == wanted.member_id)
    if wanted.since is not None:
        statement = statement.where(Transaction.at >= _midnight(wanted.since, work.zone))
    if wanted.until is not None:
        statement = statement.where(Transaction.at < _midnight(wanted.until + dt.timedelta(days=1), work.zone))
    if wanted.target is not None:
        kind, number = wanted.target
        statement = statement.where(Transaction.target_kind == kind)
        if number is not None:
            statement = statement.where(Transaction.target_id == number)
    if wanted.verb:
        statement = statement.where(Transaction.verb.startswith(wanted.verb, autoescape=True))
    return statement


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    """The moment at which a calendar day begins."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def numbered(work: Work, numbers: Iterable[int]) -> dict[int, Act]:
    """The transactions with these numbers."""
    wanted = list(numbers)
    found: dict[int, Act] = {}
    for start in range(0, len(wanted), 5000):
        rows = work.session.execute(_acts().where(Transaction.id.in_(wanted[start : start + 5000])))
        found.update((row[0], Act(*row)) for row in rows)
    return found


def _acts() -> Select[Any]:
    who, later = aliased(Member), aliased(Transaction)
    return select(
        Transaction.id,
        Transaction.at,
        who.name,
        Transaction.door,
        Transaction.verb,
        Transaction.target_kind,
        Transaction.target_id,
        Transaction.detail,
        Transaction.undoes_id,
        exists().where(later.undoes_id == Transaction.id),
    ).outerjoin(who, who.id == Transaction.member_id)
