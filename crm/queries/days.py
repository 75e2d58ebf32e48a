"""Dates in rows: the columns of a date with doubt or of a deadline, and what they say."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from crm.dates import Precision, When
from crm.dates.wording import edge, span
from crm.models import Post
from crm.models.people import began, ended


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


#: The columns that say when a post was held, in the order of :class:`PostDays`.
POST_DAYS = (
    Post.first,
    Post.first_until,
    Post.first_precision,
    Post.first_text,
    Post.last,
    Post.last_from,
    Post.last_precision,
    Post.last_text,
)


class PostDays(NamedTuple):
    """When a post was held, as far as is known; a row of :data:`POST_DAYS`, see :class:`crm.models.Post`."""

    first: dt.date | None
    first_until: dt.date | None
    first_precision: str | None
    first_text: str | None
    last: dt.date | None
    last_from: dt.date | None
    last_precision: str | None
    last_text: str | None

    @property
    def words(self) -> str:
        """From and to in words, empty if neither is known."""
        return span(
            began(self.first, self.first_until, self.first_precision, self.first_text),
            ended(self.last, self.last_from, self.last_precision, self.last_text),
            short=True,
        )

    @property
    def ended(self) -> str:
        """The end in words, empty if none is known."""
        when = ended(self.last, self.last_from, self.last_precision, self.last_text)
        return edge(when, short=True) if when is not None else ""

    def is_over(self, day: dt.date) -> bool:
        """Whether it had ended for certain before ``day``."""
        return self.last is not None and self.last < day
