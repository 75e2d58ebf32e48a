"""What every step of the demonstration needs: days counted from today, and records found by their names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from sqlalchemy import select

from crm.dates import When, parse_when
from crm.models import Organisation, OrganisationList, OrganisationListEntry, Person, Topic
from crm.text import sort_key
from crm.work import Work

MARK = "(fictional)"
INVENTED = "Invented for the demonstration: none of this took place, and the people do not exist."
SOURCE = "Resultsense, 12 May 2026"

_DAY = re.compile(r"\{([+-]?\d+)(?::(month|quarter|year))?\}")


def day(work: Work, offset: int) -> dt.date:
    """The working day ``offset`` days from today: what would fall on a weekend is moved away from today."""
    found = work.today() + dt.timedelta(days=offset)
    if found.weekday() < 5 or not offset:
        return found
    return found + dt.timedelta(days=7 - found.weekday() if offset > 0 else 4 - found.weekday())


def words(work: Work, template: str) -> str:
    """``template`` with ``{-30}`` read as a day counted from today, ``{-30:month}`` as the month that holds it."""

    def said(match: re.Match[str]) -> str:
        found = day(work, int(match.group(1)))
        if match.group(2) == "quarter":
            return f"Q{(found.month + 2) // 3} {found.year}"
        if match.group(2) == "year":
            return str(found.year)
        month = f"{found:%B} {found.year}"
        return month if match.group(2) else f"{found.day} {month}"

    return _DAY.sub(said, template)


def when(work: Work, template: str, *, past: bool = True) -> When:
    """The date that a template stands for, as if it had been typed today."""
    return parse_when(words(work, template), today=work.today(), past=past, zone=work.zone)


def body(work: Work, name: str) -> int:
    """The number of the organisation with this key of the directory, or this name.

    :raises LookupError: neither
    """
    found = work.session.scalar(select(Organisation.id).where((Organisation.key == name) | (Organisation.name == name)))
    if found is None:
        raise LookupError(f"the demonstration needs the organisation {name}")
    return found


def person(work: Work, name: str) -> int:
    """The number of the person with this name.

    :raises LookupError: there is none
    """
    found = work.session.scalar(select(Person.id).where(Person.name == name))
    if found is None:
        raise LookupError(f"the demonstration needs the person {name}")
    return found


def topic(work: Work, name: str) -> int:
    """The number of the topic with this name.

    :raises LookupError: there is none
    """
    found = work.session.scalar(select(Topic.id).where(Topic.sort == sort_key(name)[:200]))
    if found is None:
        raise LookupError(f"the demonstration needs the topic {name}")
    return found


def listed(work: Work, key: str) -> Sequence[int]:
    """The organisations on a list of the directory, by name.

    :raises LookupError: there is no such list, or nobody is on it
    """
    found = work.session.scalars(
        select(Organisation.id)
        .join(OrganisationListEntry, OrganisationListEntry.organisation_id == Organisation.id)
        .join(OrganisationList, OrganisationList.id == OrganisationListEntry.list_id)
        .where(OrganisationList.key == key)
        .order_by(Organisation.sort)
    ).all()
    if not found:
        raise LookupError(f"the demonstration needs the list {key}")
    return found
