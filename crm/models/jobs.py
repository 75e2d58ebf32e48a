"""The outbox: background work that was promised in the transaction that asked for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base


class Job(Base):
    """One piece of background work, tried until done or given up."""

    __tablename__ = "crm_job"
    __table_args__ = (Index("ix_crm_job_waiting", "done_at", "run_after"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime]
    run_after: Mapped[dt.datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(default="")
