"""The saved lists that a body stands on."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from crm.models import OrganisationList, OrganisationListEntry
from crm.queries.prepared import Statement, given, prepared
from crm.work import Work


class OnList(NamedTuple):
    """A saved list."""

    id: int
    name: str


def lists_of(work: Work, organisation_id: int) -> list[OnList]:
    """The lists on which a body stands, by name."""
    return [OnList(*row) for row in _lists(work, body=organisation_id)]


@prepared
def _lists(_work: Work) -> Statement:
    return (
        select(OrganisationList.id, OrganisationList.name)
        .join(OrganisationListEntry, OrganisationListEntry.list_id == OrganisationList.id)
        .where(OrganisationListEntry.organisation_id == given("body"))
        .order_by(OrganisationList.sort)
    )
