"""Dates in rows: the columns of a date with doubt or of a deadline, and what they say."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crm.dates import Precision, When


def when_columns(record: Any) -> tuple[Any, ...]:
    """The columns of a record with a date (:class:`crm.models.base.HasWhen`), for :func:`when_of`."""
    return (
        record.first_day,
        record.last_day,
        record.precision,
        record.when_text,
        record.assumed,
        record.end_day,
        record.start_time,
        record.end_time,
        record.zone,
        record.fold,
    )


def when_of(row: Any) -> When:
    """The date of a row that selects :func:`when_columns`."""
    return When(
        first=row.first_day,
        last=row.last_day,
        precision=Precision(row.precision),
        text=row.when_text,
        end=row.end_day,
        time=row.start_time,
        end_time=row.end_time,
        zone=row.zone,
        fold=row.fold,
        assumed=row.assumed,
    )


def due_columns(record: Any) -> tuple[Any, ...]:
    """The columns of a record with a deadline (:class:`crm.models.base.HasDue`), for :func:`due_of`."""
    return record.due_first, record.due_last, record.due_precision, record.due_text


def due_of(row: Any) -> When | None:
    """The deadline of a row that selects :func:`due_columns`, if there is one. A deadline is a day, never a minute."""
    first: dt.date | None = row.due_first
    if first is None or row.due_last is None:
        return None
    precision = Precision(row.due_precision or Precision.DAY)
    return When(first, row.due_last, Precision.DAY if precision is Precision.MINUTE else precision, row.due_text or "")
