"""Saved lists of organisations."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import exists, func, select

from crm.models import Organisation, OrganisationList, OrganisationListEntry
from crm.text import fold
from crm.work import Work


class ListRow(NamedTuple):
    """One saved list."""

    id: int
    name: str
    size: int
    is_shipped: bool
    changed_at: dt.datetime


class EntryRow(NamedTuple):
    """One organisation on a list."""

    organisation_id: int
    label: str
    name: str
    kind: str
    country: str
    closed: dt.date | None
    is_binned: bool


def lists(work: Work, *, text: str = "") -> list[ListRow]:
    """Every saved list by name, with how many organisations are on it.

    :param text: words in the name
    """
    found = work.session.execute(
        select(
            OrganisationList.id,
            OrganisationList.name,
            func.count(Organisation.id),
            OrganisationList.key,
            OrganisationList.changed_at,
        )
        .outerjoin(OrganisationListEntry, OrganisationListEntry.list_id == OrganisationList.id)
        .outerjoin(
            Organisation,
            (Organisation.id == OrganisationListEntry.organisation_id) & Organisation.binned_at.is_(None),
        )
        .group_by(OrganisationList.id)
        .order_by(OrganisationList.sort)
    )
    wanted = fold(text).split()
    return [
        ListRow(identity, name, number, key is not None, changed)
        for identity, name, number, key, changed in found
        if all(word in fold(name) for word in wanted)
    ]


def entries(work: Work, list_id: int) -> list[EntryRow]:
    """The organisations on a list, by name, those in the bin too."""
    found = work.session.execute(
        select(
            Organisation.id,
            Organisation.short_name,
            Organisation.name,
            Organisation.kind,
            Organisation.country,
            Organisation.closed,
            Organisation.binned_at,
        )
        .join(OrganisationListEntry, OrganisationListEntry.organisation_id == Organisation.id)
        .where(OrganisationListEntry.list_id == list_id)
        .order_by(Organisation.sort)
    )
    return [EntryRow(row[0], row[1] or row[2], row[2], row[3], row[4], row[5], row[6] is not None) for row in found]


def lists_of(work: Work, organisation_id: int) -> list[tuple[int, str]]:
    """The lists an organisation is on: id and name."""
    on_it = exists().where(
        OrganisationListEntry.list_id == OrganisationList.id,
        OrganisationListEntry.organisation_id == organisation_id,
    )
    found = work.session.execute(
        select(OrganisationList.id, OrganisationList.name).where(on_it).order_by(OrganisationList.sort)
    )
    return [(identity, name) for identity, name in found]
