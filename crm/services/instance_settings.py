"""Verbs on what an administrator edits: the zone in which days are read, and who “we” are."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence

from sqlalchemy import or_, select

from crm.errors import Invalid
from crm.models import InstanceSetting, Organisation
from crm.services.permissions import ADMINISTER, authorise
from crm.work import Work


def ours(work: Work) -> list[Organisation]:
    """The organisations that are ours or our clients, ours first."""
    return list(
        work.session.scalars(
            select(Organisation)
            .where(
                or_(Organisation.is_ours.is_(True), Organisation.is_client.is_(True)),
                Organisation.binned_at.is_(None),
            )
            .order_by(Organisation.is_ours.desc(), Organisation.sort)
        )
    )


def amend(work: Work, *, zone: str, our_ids: Sequence[int], client_ids: Sequence[int]) -> None:
    """Sets the zone and says who is ours and who a client; counts read it from the next request.

    :raises Invalid: an unknown zone, or a body that is both
    """
    authorise(work, ADMINISTER)
    if zone not in zoneinfo.available_timezones():
        raise Invalid("zone", f"“{zone}” is no time zone; give its IANA name, such as Europe/Brussels.")
    if set(our_ids) & set(client_ids):
        raise Invalid("clients", "An organisation is either ours or a client; take it out of one of the two.")
    work.act("settings.amend", None, zone=zone)
    stored = work.session.get(InstanceSetting, "zone")
    if stored is None:
        work.session.add(InstanceSetting(key="zone", value=zone))
    elif stored.value != zone:
        stored.value = zone
    concerned = work.session.scalars(
        select(Organisation).where(
            or_(
                Organisation.is_ours.is_(True),
                Organisation.is_client.is_(True),
                Organisation.id.in_([*our_ids, *client_ids]),
            )
        )
    )
    for organisation in concerned:
        is_ours, is_client = organisation.id in our_ids, organisation.id in client_ids
        if (organisation.is_ours, organisation.is_client) != (is_ours, is_client):
            organisation.is_ours, organisation.is_client = is_ours, is_client
    work.session.flush()
