"""The declarative base and what most records share."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import ColumnDefault, Date, ForeignKey, Integer, MetaData, String, Time, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from crm.database.types import UtcDateTime
from crm.dates import Precision, When

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every mapped class; tables are prefixed so that a host may share its database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dt.datetime: UtcDateTime, dt.date: Date, dt.time: Time}

    def __init__(self, **values: Any) -> None:
        """Fills plain defaults at once, so that rules may read a record before it is stored."""
        for key, value in _defaults(type(self)).items():
            if key not in values:
                setattr(self, key, value)
        for key, value in values.items():
            if not hasattr(type(self), key):
                raise TypeError(f"{type(self).__name__} has no {key!r}")
            setattr(self, key, value)


@cache
def only_where(condition: str) -> dict[str, str]:
    """What is noted of an index that holds no other rows; the migrations alone make it.

    As an option of an index in either database's own words it would have both loaded, one of them for nothing: some
    megabytes in every process.
    """
    return {"where": condition}


def _defaults(record_class: type[Base]) -> dict[str, Any]:
    """The plain defaults of a class, by attribute."""
    found = ((attribute.key, attribute.columns[0].default) for attribute in inspect(record_class).column_attrs)
    return {key: default.arg for key, default in found if isinstance(default, ColumnDefault) and default.is_scalar}


class Recorded:
    """A record whose every state is kept in its version twin.

    ``__whole__`` names the attribute holding the id of the record of which this one is a part, with its class: editing
    a part raises the whole's version, so that two people who edit one engagement meet, whichever part they touched.
    """

    __whole__: ClassVar[tuple[str, str] | None] = None


class Tracked(Recorded):
    """A record with an identity of its own: id, version, and who made and changed it."""

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]

    @declared_attr
    def created_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("crm_member.id"))

    @declared_attr
    def changed_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("crm_member.id"))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Binnable:
    """A record that goes to the bin before it goes away."""

    binned_at: Mapped[dt.datetime | None]

    @property
    def is_binned(self) -> bool:
        return self.binned_at is not None


class HasWhen:
    """When something was, is, or will be: a date with doubt, and how long it lasts."""

    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    precision: Mapped[str] = mapped_column(String(12))
    when_text: Mapped[str] = mapped_column(String(200))
    assumed: Mapped[bool] = mapped_column(default=False)
    end_day: Mapped[dt.date | None]
    start_time: Mapped[dt.time | None]
    end_time: Mapped[dt.time | None]
    zone: Mapped[str | None] = mapped_column(String(64))
    fold: Mapped[int] = mapped_column(default=0)

    @property
    def when(self) -> When:
        return When(
            first=self.first_day,
            last=self.last_day,
            precision=Precision(self.precision),
            text=self.when_text,
            end=self.end_day,
            time=self.start_time,
            end_time=self.end_time,
            zone=self.zone,
            fold=self.fold,
            assumed=self.assumed,
        )

    @when.setter
    def when(self, when: When) -> None:
        self.first_day, self.last_day = when.first, when.last
        self.precision, self.when_text, self.assumed = when.precision.value, when.text, when.assumed
        self.end_day, self.start_time, self.end_time = when.end, when.time, when.end_time
        self.zone, self.fold = when.zone, when.fold


class HasDue:
    """A deadline with doubt: late only after its last possible day."""

    due_first: Mapped[dt.date | None]
    due_last: Mapped[dt.date | None]
    due_precision: Mapped[str | None] = mapped_column(String(12))
    due_text: Mapped[str | None] = mapped_column(String(200))

    @property
    def due(self) -> When | None:
        if self.due_first is None or self.due_last is None:
            return None
        return When(self.due_first, self.due_last, Precision(self.due_precision or Precision.DAY), self.due_text or "")

    @due.setter
    def due(self, due: When | None) -> None:
        """Only days are stored: a time falls on its day, and what lasts is due on its last day."""
        self.due_first = due.first if due else None
        self.due_last = due.last_day() if due else None
        self.due_precision = _day_precision(due).value if due else None
        self.due_text = due.text if due else None


def _day_precision(due: When) -> Precision:
    if due.precision not in (Precision.MINUTE, Precision.DAY):
        return due.precision
    return Precision.DAY if due.last_day() == due.first else Precision.BETWEEN
