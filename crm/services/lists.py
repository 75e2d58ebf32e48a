"""Verbs on saved lists of organisations: create, amend, copy, delete."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.errors import Invalid, NotFound
from crm.models import OrganisationList, OrganisationListEntry
from crm.services import references
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import short
from crm.text import sort_key
from crm.work import Work


def get(work: Work, list_id: int) -> OrganisationList:
    """One list with its entries.

    :raises NotFound: there is none
    """
    found: OrganisationList | None = work.session.scalar(
        select(OrganisationList).where(OrganisationList.id == list_id).options(selectinload(OrganisationList.entries))
    )
    if found is None:
        raise NotFound
    return found


def create(
    work: Work, *, name: str, organisation_ids: Sequence[int], key: str | None = None, submission: str | None = None
) -> OrganisationList:
    """Saves organisations under a name.

    :param key: of a list shipped with the directory
    :raises Invalid: no name, a name in use, or no organisation
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    saved = OrganisationList(key=key, entries=[])
    work.act("list.create", saved, name=name)
    _apply(work, saved, name, organisation_ids)
    work.session.add(saved)
    work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "list", "id": saved.id}
    return saved


def amend(
    work: Work,
    list_id: int,
    *,
    name: str | None = None,
    organisation_ids: Sequence[int] | None = None,
    version: int | None = None,
) -> OrganisationList:
    """Renames a list or changes who is on it. Letters written to it keep the recipients they have.

    :raises Conflict: somebody else saved it since ``version``
    """
    saved = get(work, list_id)
    authorise(work, WRITE, saved)
    work.expect(saved, version)
    work.act("list.amend", saved)
    _apply(work, saved, name, organisation_ids)
    work.session.flush()
    return saved


def delete(work: Work, list_id: int, *, version: int | None = None) -> None:
    """Deletes a list, not its organisations; the history keeps who was on it. One shipped with the directory stays
    deleted when the directory is updated.

    :raises Conflict: somebody else saved it since ``version``
    """
    saved = get(work, list_id)
    authorise(work, WRITE, saved)
    work.expect(saved, version)
    work.act("list.delete", saved, name=saved.name)
    work.session.delete(saved)
    work.session.flush()


def _apply(work: Work, saved: OrganisationList, name: str | None, organisation_ids: Sequence[int] | None) -> None:
    if name is not None:
        saved.name = short("name", name, 200)
        saved.sort = sort_key(saved.name)[:200]
        with work.session.no_autoflush:
            same = work.session.scalar(
                select(OrganisationList.name).where(
                    OrganisationList.sort == saved.sort, OrganisationList.id != (saved.id or 0)
                )
            )
        if same is not None:
            raise Invalid("name", f"There is a list “{same}” already; change that one or choose another name.")
    if organisation_ids is not None:
        wanted = references.organisations(work, "organisations", organisation_ids)
        if not wanted:
            raise Invalid("organisations", "Put at least one body on the list.")
        kept = {entry.organisation_id: entry for entry in saved.entries}
        saved.entries = [kept.get(body) or OrganisationListEntry(organisation_id=body) for body in wanted]
