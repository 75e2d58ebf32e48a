"""Version twins and transactions: every state a record had, who made it so, when, and from which door."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from crm.models.base import Base, Recorded

TWIN_SUFFIX = "_twin"
INSERTED, UPDATED, DELETED = "insert", "update", "delete"


class Transaction(Base):
    """One unit of work that wrote, or an act worth remembering that wrote nothing (an export, a sign-in)."""

    __tablename__ = "crm_transaction"
    __table_args__ = (Index("ix_crm_transaction_target", "target_kind", "target_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"))
    door: Mapped[str] = mapped_column(String(12))
    verb: Mapped[str] = mapped_column(String(60))
    target_kind: Mapped[str] = mapped_column(String(40), default="")
    target_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: The transaction that this one took back. Unique, so that a second click cannot take it back twice.
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("crm_transaction.id"), unique=True)


class Twins:
    """The twin table of each recorded class.

    A twin has the columns of its table, the transaction that wrote the state, the one that ended it (none while it
    holds) and the operation: so the state as known at any moment is one range condition.
    """

    tables: ClassVar[dict[type[Any], Table]] = {}

    @classmethod
    def of(cls, record_class: type[Any]) -> Table:
        """The twin of ``record_class``.

        :raises KeyError: the class is not recorded
        """
        return cls.tables[record_class]


def make_twins(base: type[DeclarativeBase]) -> None:
    """Defines the twin table of every recorded class that has none yet."""
    for mapper in base.registry.mappers:
        record_class = mapper.class_
        if issubclass(record_class, Recorded) and record_class not in Twins.tables:
            table = mapper.local_table
            assert isinstance(table, Table)
            if table.autoincrement_column is not None:
                # SQLite hands out the number of a deleted row again, and two records would share one history.
                table.dialect_kwargs["sqlite_autoincrement"] = True
            Twins.tables[record_class] = _twin(table)


def _twin(table: Table) -> Table:
    columns: list[Column[Any]] = [
        Column(column.name, column.type, primary_key=column.primary_key, autoincrement=False, nullable=column.nullable)
        for column in table.columns
    ]
    name = table.name + TWIN_SUFFIX
    return Table(
        name,
        table.metadata,
        *columns,
        Column("transaction_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        Column("until_id", BigInteger().with_variant(Integer, "sqlite"), nullable=True),
        Column("operation", String(6), nullable=False),
        Index(f"ix_{name}_transaction", "transaction_id"),
    )
