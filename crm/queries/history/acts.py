"""Transactions: who did what, when, and from which door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from crm.models import Member
from crm.models.history import Transaction
from crm.work import Work

PAGE_SIZE = 100


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
