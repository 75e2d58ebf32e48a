"""Other names of a body, and the identifiers under which registers know it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from crm.errors import Invalid, NotFound
from crm.models import Organisation, OrganisationIdentifier, OrganisationName
from crm.models.organisations import NAME_KINDS
from crm.queries.registers import problem_with
from crm.services.organisations.basics import get, refold
from crm.services.permissions import WRITE, authorise
from crm.services.values import choice, day_order, short
from crm.text import fold
from crm.work import Work


def add_name(
    work: Work,
    organisation_id: int,
    name: str,
    kind: str,
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    version: int | None = None,
) -> OrganisationName:
    """Adds another name, dated where that is known.

    :raises Invalid: it bears that name already, in that time
    :raises Conflict: somebody else saved the body since ``version``
    """
    organisation = _opened(work, organisation_id, "organisation.name", version)
    added = OrganisationName()
    _apply_name(organisation, added, name, kind, first, last)
    organisation.names.append(added)
    refold(organisation)
    work.session.flush()
    return added


def amend_name(
    work: Work,
    organisation_id: int,
    name_id: int,
    *,
    name: str,
    kind: str,
    first: dt.date | None = None,
    last: dt.date | None = None,
    version: int | None = None,
) -> OrganisationName:
    """Corrects another name, its kind or its days."""
    organisation = _opened(work, organisation_id, "organisation.name", version)
    amended = _name(organisation, name_id)
    _apply_name(organisation, amended, name, kind, first, last)
    refold(organisation)
    work.session.flush()
    return amended


def remove_name(work: Work, organisation_id: int, name_id: int, *, version: int | None = None) -> None:
    """Takes another name away; the body is no longer found under it."""
    organisation = _opened(work, organisation_id, "organisation.unname", version)
    organisation.names.remove(_name(organisation, name_id))
    refold(organisation)
    work.session.flush()


def identify(
    work: Work, organisation_id: int, scheme: str, value: str, *, version: int | None = None
) -> OrganisationIdentifier:
    """Adds a register identifier.

    :raises Invalid: it is not written as its register writes it, or is borne already
    """
    organisation = _opened(work, organisation_id, "organisation.identify", version)
    scheme, value = short("scheme", scheme, 40), short("identifier", value, 200)
    wrong = problem_with(scheme, value)
    if wrong:
        raise Invalid("identifier", wrong)
    if any((row.scheme, row.value) == (scheme, value) for row in organisation.identifiers):
        raise Invalid("identifier", f"{organisation.label} has this identifier already.")
    other = work.session.execute(
        select(Organisation.id, Organisation.name)
        .join(OrganisationIdentifier, OrganisationIdentifier.organisation_id == Organisation.id)
        .where(
            OrganisationIdentifier.scheme == scheme,
            OrganisationIdentifier.value == value,
            Organisation.binned_at.is_(None),
        )
    ).first()
    if other is not None:
        raise Invalid("identifier", f"This identifies {other.name} [#{other.id}]; one register entry is one body.")
    added = OrganisationIdentifier(scheme=scheme, value=value)
    organisation.identifiers.append(added)
    work.session.flush()
    return added


def remove_identifier(work: Work, organisation_id: int, identifier_id: int, *, version: int | None = None) -> None:
    """Takes a register identifier away."""
    organisation = _opened(work, organisation_id, "organisation.unidentify", version)
    found = next((row for row in organisation.identifiers if row.id == identifier_id), None)
    if found is None:
        raise NotFound
    organisation.identifiers.remove(found)
    work.session.flush()


def _opened(work: Work, organisation_id: int, verb: str, version: int | None) -> Organisation:
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.expect(organisation, version)
    work.act(verb, organisation)
    return organisation


def _name(organisation: Organisation, name_id: int) -> OrganisationName:
    found = next((row for row in organisation.names if row.id == name_id), None)
    if found is None:
        raise NotFound
    return found


def _apply_name(
    organisation: Organisation,
    row: OrganisationName,
    name: str,
    kind: str,
    first: dt.date | None,
    last: dt.date | None,
) -> None:
    name, kind = short("name", name, 300), choice("kind", kind, NAME_KINDS)
    day_order("last", first, last)
    for other in organisation.names:
        if other is not row and fold(other.name) == fold(name) and (other.first, other.last) == (first, last):
            raise Invalid("name", f"{organisation.label} has the name “{other.name}” already.")
    row.name, row.kind, row.first, row.last = name, kind, first, last
