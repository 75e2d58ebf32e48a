"""The history as a sheet: who did what, when, to which record, and from which door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from crm.exports.columns import Column, Sheet
from crm.models import Member
from crm.queries.exports.head import head, span_words
from crm.queries.history import Act, Wanted, every_act
from crm.work import Work

_COLUMNS = (
    Column("id", "Number", "int"),
    Column("at", "When", "datetime"),
    Column("member", "Who"),
    Column("door", "From where"),
    Column("act", "What"),
    Column("record_kind", "Kind of record"),
    Column("record", "Record", "int"),
    Column("takes_back", "Takes back", "int"),
    Column("taken_back", "Taken back since", "flag"),
    Column("detail", "Detail"),
)


def history(work: Work, wanted: Wanted) -> Sheet:
    """Every transaction asked for, the earliest first. What records said stands in their own histories."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for act in every_act(work, wanted):
            yield _row(act)

    return Sheet("History", _COLUMNS, head(work, "history", [("filter", _said(work, wanted))]), rows())


def _row(act: Act) -> tuple[Any, ...]:
    detail = json.dumps(act.detail, ensure_ascii=False, sort_keys=True) if act.detail else None
    return (
        act.id,
        act.at,
        act.member,
        act.door,
        act.verb,
        act.target_kind or None,
        act.target_id,
        act.undoes,
        act.is_undone,
        detail,
    )


def _said(work: Work, wanted: Wanted) -> str:
    parts = []
    if wanted.member_id is not None:
        name = work.session.scalar(select(Member.name).where(Member.id == wanted.member_id))
        parts.append(f"by {name or f'member {wanted.member_id}'}")
    if wanted.verb:
        parts.append(f"acts {wanted.verb}*")
    if wanted.target is not None:
        kind, number = wanted.target
        parts.append(kind if number is None else f"{kind} {number}")
    if span := span_words(wanted.since, wanted.until):
        parts.append(span)
    return "; ".join(parts) or "everything"
