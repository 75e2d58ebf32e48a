"""The place of a body in the tree, from day to day."""

from __future__ import annotations

import datetime as dt

from crm.errors import Invalid, NotFound
from crm.models import Organisation, OrganisationParent
from crm.models.organisations import ALWAYS, STILL
from crm.services import references, tree
from crm.services.organisations.basics import get
from crm.services.permissions import WRITE, authorise
from crm.services.values import day_order, line
from crm.work import Work


def place(
    work: Work,
    organisation_id: int,
    parent_id: int,
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    beside: bool = False,
    source: str = "",
    version: int | None = None,
) -> OrganisationParent:
    """Says that a body is part of another from ``first`` to ``last`` (none: always, still).

    A link that was open is ended the day before the new open one begins, so that a move keeps then and now apart.

    :param beside: the body stands in both places at once, where it stood stays as it is
    :raises Invalid: the days contradict each other or those of another place, or the body would stand under itself
    :raises Conflict: somebody else saved the body since ``version``
    """
    organisation = _opened(work, organisation_id, version)
    references.organisations(work, "parent", [parent_id])
    parent = get(work, parent_id)
    day_order("last", first, last)
    new = OrganisationParent(
        parent_id=parent_id, parent=parent, first=first, last=last, source=line("source", source, 300)
    )
    moved = [] if beside or first is None or last is not None else _left_behind(organisation, first)
    _refuse_overlap(organisation, new, parent, beside, but=moved)
    tree.refuse_cycle(work, organisation_id, parent_id, new.span())
    work.act("organisation.place", organisation, parent=parent.name)
    for link in moved:
        assert first is not None
        link.last = first - dt.timedelta(days=1)
    organisation.parents.append(new)
    tree.rebuild(work)
    return new


def amend_place(
    work: Work,
    organisation_id: int,
    link_id: int,
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    source: str | None = None,
    version: int | None = None,
) -> OrganisationParent:
    """Corrects the days of a place in the tree.

    :raises Invalid: the days contradict each other or those of another place, or the body would stand under itself
    :raises Conflict: somebody else saved the body since ``version``
    """
    organisation = _opened(work, organisation_id, version)
    link = _link(organisation, link_id)
    day_order("last", first, last)
    wanted = OrganisationParent(parent_id=link.parent_id, first=first, last=last)
    was_beside = [other for other in organisation.parents if other is not link and _overlap(other, link)]
    _refuse_overlap(organisation, wanted, link.parent, False, but=[link, *was_beside])
    tree.refuse_cycle(work, organisation_id, link.parent_id, wanted.span())
    work.act("organisation.place", organisation, parent=link.parent.name)
    link.first, link.last = first, last
    if source is not None:
        link.source = line("source", source, 300)
    tree.rebuild(work)
    return link


def unplace(work: Work, organisation_id: int, link_id: int, *, version: int | None = None) -> None:
    """Removes a link of the tree that was never true.

    :raises NotFound: the body has no such link
    """
    organisation = _opened(work, organisation_id, version)
    link = _link(organisation, link_id)
    work.act("organisation.unplace", organisation)
    organisation.parents.remove(link)
    tree.rebuild(work)


def _opened(work: Work, organisation_id: int, version: int | None) -> Organisation:
    tree.hold(work)
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.expect(organisation, version)
    return organisation


def _link(organisation: Organisation, link_id: int) -> OrganisationParent:
    found = next((link for link in organisation.parents if link.id == link_id), None)
    if found is None:
        raise NotFound
    return found


def _left_behind(organisation: Organisation, first: dt.date) -> list[OrganisationParent]:
    """The open links that a move on ``first`` ends."""
    return [link for link in organisation.parents if link.last is None and (link.first is None or link.first < first)]


def _overlap(one: OrganisationParent, other: OrganisationParent) -> bool:
    (first, last), (begun, ended) = one.span(), other.span()
    return first <= ended and begun <= last


def _refuse_overlap(
    organisation: Organisation,
    new: OrganisationParent,
    parent: Organisation,
    beside: bool,
    *,
    but: list[OrganisationParent],
) -> None:
    others = [link for link in organisation.parents if link not in but and _overlap(new, link)]
    if any(link.parent_id == new.parent_id for link in others):
        raise Invalid("parent", f"{organisation.label} already stands under {parent.label} in that time.")
    if others and not beside:
        there = others[0]
        raise Invalid(
            "first",
            f"{organisation.label} stands under {there.parent.label} {_in_words(there)}: give the day of the move, "
            "end that place first, or say that it stands in both at once.",
        )


def _in_words(link: OrganisationParent) -> str:
    first, last = link.span()
    since = "" if first == ALWAYS else f"from {first.day} {first:%B %Y}"
    until = "" if last == STILL else f"until {last.day} {last:%B %Y}"
    return f"{since} {until}".strip() or "without dates"
