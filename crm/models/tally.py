"""The tally: engagements and contacts added up by month and body at every level, kept right by each unit of work.

An engagement enters it where everybody may count it and its month says enough: it counts, it is not for named members
only, and whom it was made for and met fits a list. What stays apart is read as it is logged.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Column, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from crm.dates import OPEN
from crm.models.base import Base
from crm.models.engagements import KINDS, LISTED_LENGTH

#: In the place of a body: whatever bodies were met, and no body met at all.
EVERYBODY, NOBODY = 0, -1


def month_number(day: dt.date) -> int:
    """Months since the year nought: whole periods of 3, 6 and 12 months are whole quotients of it."""
    return day.year * 12 + day.month - 1


#: The month of a last day that is open.
OPEN_MONTH = month_number(OPEN)


def contacts_of_kind(kind: str) -> str:
    """Name of the column with the contacts of one kind; that of its engagements has the kind's name."""
    return f"{kind}_contacts"


#: Numbers of a cell: in all, then kind by kind.
NUMBERS = ("engagements", "contacts", *(name for kind in KINDS for name in (kind, contacts_of_kind(kind))))

#: One row for each body, month of the first and of the last possible day, and who acted; derived.
TALLY = Table(
    "crm_tally",
    Base.metadata,
    Column("ancestor_id", Integer, primary_key=True, autoincrement=False),
    Column("first_month", Integer, primary_key=True, autoincrement=False),
    Column("last_month", Integer, primary_key=True, autoincrement=False),
    Column("acting", String(LISTED_LENGTH), primary_key=True),
    *(Column(name, Integer, nullable=False) for name in NUMBERS),
    sqlite_with_rowid=False,
)
KEY = ("ancestor_id", "first_month", "last_month", "acting")


class TallyEntry(Base):
    """Derived: what one engagement has put into the tally, so that it can be taken out again.

    :ivar reach: ``body:contacts`` for each body at every level, those of :data:`EVERYBODY` or :data:`NOBODY` first
    """

    __tablename__ = "crm_tally_entry"

    engagement_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_month: Mapped[int]
    last_month: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    acting: Mapped[str] = mapped_column(String(LISTED_LENGTH))
    reach: Mapped[str]
