"""Imports done, under way and taken back, and what became of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from crm.models import ImportRow, ImportRun, Member
from crm.work import Work

PAGE = 50


def runs(work: Work, *, page: int = 1) -> tuple[list[Any], bool]:
    """The latest imports first, and whether there are more."""
    undoer = aliased(Member)
    statement = (
        select(
            ImportRun.id,
            ImportRun.at,
            ImportRun.state,
            ImportRun.profile,
            ImportRun.kind,
            ImportRun.file_name,
            ImportRun.counts,
            ImportRun.member_id,
            Member.name.label("member"),
            undoer.name.label("undone_by"),
            ImportRun.undone_at,
        )
        .outerjoin(Member, Member.id == ImportRun.member_id)
        .outerjoin(undoer, undoer.id == ImportRun.undone_by_id)
        .order_by(ImportRun.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    found = list(work.session.execute(statement).all())
    return found[:PAGE], len(found) > PAGE


def rows(work: Work, run_id: int, outcomes: Sequence[str] = (), *, limit: int = 200) -> list[ImportRow]:
    """Rows of an import, the rejected ones first."""
    statement = select(ImportRow).where(ImportRow.run_id == run_id)
    if outcomes:
        statement = statement.where(ImportRow.outcome.in_(outcomes))
    first = case((ImportRow.outcome == "rejected", 0), else_=1)
    return list(work.session.scalars(statement.order_by(first, ImportRow.number).limit(limit)))


def same_file(work: Work, run: ImportRun) -> Any:
    """The last import of exactly this file, if it is not taken back."""
    return work.session.execute(
        select(ImportRun.id, ImportRun.at)
        .where(ImportRun.file_hash == run.file_hash, ImportRun.state == "done", ImportRun.id != run.id)
        .order_by(ImportRun.id.desc())
    ).first()


def number(work: Work) -> int:
    """How many imports there are."""
    return int(work.session.scalar(select(func.count()).select_from(ImportRun)) or 0)
