"""Verbs on what an administrator edits: the zone in which days are read, and who “we” are."""

from __future__ import annotations

import hashlib
import zoneinfo
from collections.abc import Sequence

from sqlalchemy import or_, select

from crm.errors import Conflict, Invalid
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


def version(work: Work) -> int:
    """What tells the settings as they stand from any others: a number below a thousand million."""
    known = ours(work)
    told = (work.zone, [one.id for one in known if one.is_ours], [one.id for one in known if one.is_client])
    return int.from_bytes(hashlib.sha256(repr(told).encode()).digest()[:8]) % 1_000_000_000


def amend(
    work: Work, *, zone: str, our_ids: Sequence[int], client_ids: Sequence[int], opened: int | None = None
) -> None:
    """Sets the zone and says who is ours and who a client; counts read it from the next request.

    :param opened: the :func:`version` that the form was opened with
    :raises Invalid: an unknown zone, or a body that is both
    :raises Conflict: somebody else changed them since
    """
    authorise(work, ADMINISTER)
    # Two who save at once wait for each other here, so that one of them is told.
    stored = work.session.scalar(select(InstanceSetting).where(InstanceSetting.key == "zone").with_for_update())
    found = version(work)
    if opened is not None and opened != found:
        raise Conflict(stored, opened, found)
    if zone not in zoneinfo.available_timezones():
        raise Invalid("zone", f"“{zone}” is no time zone; give its IANA name, such as Europe/Brussels.")
    if set(our_ids) & set(client_ids):
        raise Invalid("clients", "An organisation is either ours or a client; take it out of one of the two.")
    work.act("settings.amend", None, zone=zone)
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
