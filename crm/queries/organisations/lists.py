"""The saved lists that a body stands on."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from crm.models import OrganisationList, OrganisationListEntry
from crm.work import Work


class OnList(NamedTuple):
    """A saved list."""

    id: int
    name: str


def lists_of(work: Work, organisation_id: int) -> list[OnList]:
    """The lists on which a body stands, by name."""
    found = work.session.execute(
        select(OrganisationList.id, OrganisationList.name)
        .join(OrganisationListEntry, OrganisationListEntry.list_id == OrganisationList.id)
        .where(OrganisationListEntry.organisation_id == organisation_id)
        .order_by(OrganisationList.sort)
    )
    return [OnList(*row) for row in found]
