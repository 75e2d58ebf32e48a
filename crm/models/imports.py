"""Imports: one run for each file, and what became of each of its rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from crm.models.base import Base

RUN_STATES = {
    "open": "Not imported yet",
    "done": "Imported",
    "undone": "Undone",
    "partly": "Undone but for what was changed",
    "given_up": "Given up",
}
STANDING = ("done", "partly")
"""states in which rows of an import are known again"""
OUTCOMES = {
    "": "Not checked yet",
    "imported": "New",
    "updated": "Updates",
    "nil": "Nothing to publish",
    "duplicate": "Known already",
    "rejected": "Cannot be read",
    "skipped": "Left out",
}


class ImportRun(Base):
    """One file on its way into the log, or that went there."""

    __tablename__ = "crm_import_run"
    __table_args__ = (Index("ix_crm_import_run_done", "state", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    profile: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(300))
    file_hash: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    headers: Mapped[list[str]] = mapped_column(JSON, default=list)
    mapping: Mapped[dict[str, list[int]]] = mapped_column(JSON, default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    transaction_id: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    done_at: Mapped[dt.datetime | None]
    undone_at: Mapped[dt.datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"))

    @property
    def is_open(self) -> bool:
        return self.state == "open"


class ImportRow(Base):
    """One row of a file, what became of it, and the record it made or changed."""

    __tablename__ = "crm_import_row"
    __table_args__ = (
        Index("ix_crm_import_row_run", "run_id", "outcome", "number"),
        Index("ix_crm_import_row_identity", "profile", "identity"),
        Index("ix_crm_import_row_target", "target_kind", "target_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("crm_import_run.id", ondelete="CASCADE"))
    number: Mapped[int]
    profile: Mapped[str] = mapped_column(String(80))
    cells: Mapped[list[Any]] = mapped_column(JSON, default=list)
    fixed: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    identity: Mapped[str | None] = mapped_column(String(32))
    content: Mapped[str | None] = mapped_column(String(32))
    target_kind: Mapped[str] = mapped_column(String(20), default="")
    target_id: Mapped[int | None]
