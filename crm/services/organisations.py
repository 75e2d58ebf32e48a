"""Verbs on organisations: create, amend, place in the tree, follow one by another, find by what was typed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from crm.errors import Invalid, NotFound, Several
from crm.models import Organisation, OrganisationIdentifier, OrganisationName, OrganisationParent, Succession
from crm.models.organisations import NAME_KINDS, SUCCESSION_KINDS
from crm.services import tree
from crm.services.permissions import WRITE, authorise
from crm.services.values import choice, day_order, positive, short, text, web_address
from crm.text import fold
from crm.work import Work

_REFERENCE = re.compile(r"\[#(\d{1,18})\]\s*$")
PRIVATE_KIND = "company"
FIELDS = ("name", "short_name", "kind", "country", "website", "founded", "closed", "notes", "goal_days", "owner_id")
FLAGS = ("is_ours", "is_client")


def get(work: Work, organisation_id: int) -> Organisation:
    """One organisation with its names, identifiers and parents.

    :raises NotFound: there is none
    """
    found = work.session.scalar(
        select(Organisation)
        .where(Organisation.id == organisation_id)
        .options(
            selectinload(Organisation.names),
            selectinload(Organisation.identifiers),
            selectinload(Organisation.parents).selectinload(OrganisationParent.parent),
        )
    )
    if found is None:
        raise NotFound
    return found


def create(work: Work, *, name: str, kind: str = "other", aliases: Sequence[str] = (), **values: Any) -> Organisation:
    """Adds a body to the log.

    :param values: any of :data:`FIELDS` and :data:`FLAGS`, and ``key``, ``source`` for shipped bodies
    :raises Invalid: a value is missing, too long or contradicts another
    """
    authorise(work, WRITE)
    work.act("organisation.create", None, name=name)
    organisation = Organisation(name="", kind=kind, names=[], identifiers=[], parents=[])
    _apply(organisation, {"name": name, "kind": kind, **values})
    organisation.names = [OrganisationName(name=short("aliases", alias, 300), kind="alias") for alias in aliases]
    refold(organisation)
    work.session.add(organisation)
    work.session.flush()
    tree.rebuild(work)
    return organisation


def amend(work: Work, organisation_id: int, *, version: int | None = None, **values: Any) -> Organisation:
    """Changes fields of a body; ``aliases``, if given, replaces the team's own other names.

    :raises Conflict: somebody else saved it since ``version``
    :raises Invalid: a value is refused
    """
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.expect(organisation, version)
    work.act("organisation.amend", organisation)
    aliases: Sequence[str] | None = values.pop("aliases", None)
    _apply(organisation, values)
    if aliases is not None:
        kept = [name for name in organisation.names if name.kind != "alias" or name.name in aliases]
        known = {name.name for name in kept}
        organisation.names = kept + [
            OrganisationName(name=short("aliases", alias, 300), kind="alias")
            for alias in dict.fromkeys(aliases)
            if alias not in known
        ]
    refold(organisation)
    work.session.flush()
    return organisation


def add_name(
    work: Work, organisation_id: int, name: str, kind: str, *, first: dt.date | None = None, last: dt.date | None = None
) -> None:
    """Adds another name, dated where that is known."""
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.act("organisation.name", organisation)
    day_order("name", first, last)
    organisation.names.append(
        OrganisationName(name=short("name", name, 300), kind=choice("kind", kind, NAME_KINDS), first=first, last=last)
    )
    refold(organisation)


def place(
    work: Work, organisation_id: int, parent_id: int, *, first: dt.date | None = None, last: dt.date | None = None
) -> None:
    """Says that a body is part of another from ``first`` to ``last`` (none: always, still).

    A link that was open is ended the day before the new one begins, so that a move keeps then and now apart.

    :raises Invalid: the days contradict each other, or the body would stand under itself
    """
    organisation = get(work, organisation_id)
    parent = get(work, parent_id)
    authorise(work, WRITE, organisation)
    work.act("organisation.place", organisation, parent=parent.name)
    day_order("parent", first, last)
    if first is not None:
        for link in organisation.parents:
            if link.last is None and (link.first is None or link.first < first):
                link.last = first - dt.timedelta(days=1)
    new = OrganisationParent(parent_id=parent.id, first=first, last=last)
    for link in organisation.parents:
        span, other = new.span(), link.span()
        if link.parent_id == parent.id and span[0] <= other[1] and other[0] <= span[1]:
            raise Invalid("parent", f"{organisation.label} already stands under {parent.label} in that time.")
    work.session.flush()
    tree.refuse_cycle(work, organisation_id, parent_id, new.span())
    organisation.parents.append(new)
    tree.rebuild(work)


def unplace(work: Work, organisation_id: int, link_id: int) -> None:
    """Removes a link of the tree that was never true."""
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    link = next((link for link in organisation.parents if link.id == link_id), None)
    if link is None:
        raise NotFound
    work.act("organisation.unplace", organisation)
    organisation.parents.remove(link)
    tree.rebuild(work)


def succeed(
    work: Work,
    predecessor_id: int,
    successor_ids: Sequence[int],
    *,
    on: dt.date | None = None,
    kind: str = "renamed",
    joins_history: bool | None = None,
) -> None:
    """Says which body or bodies followed another, and closes the former one.

    A one-to-one succession joins the histories in “as organised today”; a split body's history joins a successor only
    when ``joins_history`` says so.
    """
    predecessor = get(work, predecessor_id)
    authorise(work, WRITE, predecessor)
    choice("kind", kind, SUCCESSION_KINDS)
    if not successor_ids or predecessor_id in successor_ids:
        raise Invalid("successor", "Choose at least one body, other than the one that ended.")
    work.act("organisation.succeed", predecessor)
    joins = len(successor_ids) == 1 and kind != "split" if joins_history is None else joins_history
    for successor_id in successor_ids:
        work.session.add(
            Succession(
                predecessor_id=predecessor_id,
                successor_id=get(work, successor_id).id,
                on=on,
                kind=kind,
                joins_history=joins,
            )
        )
    if predecessor.closed is None and on is not None:
        predecessor.closed = on - dt.timedelta(days=1)
    work.session.flush()


def identify(work: Work, organisation_id: int, scheme: str, value: str) -> None:
    """Adds a register identifier."""
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.act("organisation.identify", organisation)
    organisation.identifiers.append(
        OrganisationIdentifier(scheme=short("scheme", scheme, 40), value=short("identifier", value, 200))
    )


def refold(organisation: Organisation) -> None:
    """Rebuilds the folded names of an organisation whose names are loaded."""
    organisation.fold_names([name.name for name in organisation.names])


def resolve(work: Work, lines: Iterable[str], *, field: str, may_create: bool = False) -> list[Organisation]:
    """The bodies that typed lines mean, in order, each once.

    A line is a name, alias, former or short name, or a label ending in ``[#id]``. A name that several bodies bear, or
    none, is refused with the ones it could mean, unless ``may_create``.

    :raises Several: every line at fault
    """
    found: dict[int, Organisation] = {}
    problems: list[Invalid] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            organisation = _resolve_one(work, line.strip(), field, may_create)
            found.setdefault(organisation.id, organisation)
        except Invalid as problem:
            problems.append(problem)
    if problems:
        raise Several(problems)
    return list(found.values())


def _resolve_one(work: Work, line: str, field: str, may_create: bool) -> Organisation:
    reference = _REFERENCE.search(line)
    if reference:
        organisation = work.session.get(Organisation, int(reference.group(1)))
        if organisation is None or organisation.is_binned:
            raise Invalid(field, f"“{line}” is no longer in the directory; choose the body again.")
        return organisation
    folded = fold(line)
    rows = work.session.scalars(
        select(Organisation).where(
            Organisation.names_folded.contains(f"| {folded} ", autoescape=True), Organisation.binned_at.is_(None)
        )
    ).all()
    exact = [row for row in rows if f"| {folded} " in row.names_folded]
    own = [row for row in exact if folded in (fold(row.name), fold(row.short_name))]
    open_ones = [row for row in exact if row.closed is None]
    for candidates in (own, exact, open_ones):
        if len(candidates) == 1:
            return candidates[0]
    if exact:
        names = "; ".join(f"{row.name} [#{row.id}]" for row in exact[:5])
        raise Invalid(field, f"“{line}” is the name of several bodies: {names}. Choose one of them.")
    if may_create:
        return create(work, name=line, kind="other")
    near = work.session.scalars(
        select(Organisation.name)
        .where(
            or_(*(Organisation.names_folded.contains(word, autoescape=True) for word in folded.split() or [folded])),
            Organisation.binned_at.is_(None),
        )
        .order_by(Organisation.sort)
        .limit(3)
    ).all()
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise Invalid(field, f"No body is called “{line}”.{hint}")


def _apply(organisation: Organisation, values: dict[str, Any]) -> None:
    for field, value in values.items():
        setattr(organisation, field, _checked(field, value))
    day_order("closed", organisation.founded, organisation.closed)


def _checked(field: str, value: Any) -> Any:
    if field == "name":
        return short(field, value, 300)
    if field == "short_name":
        return text(field, value, 80)
    if field == "country":
        code = text(field, value, 2).upper()
        if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise Invalid(field, "Give the two-letter country code, such as BE, or EU, or leave it empty.")
        return code
    if field == "website":
        return web_address(field, value)
    if field == "goal_days":
        return positive(field, value, 3650)
    if field in ("notes", "source", "kind", "key"):
        return text(field, value) if value is not None else None
    if field in ("founded", "closed", "owner_id", *FLAGS):
        return value
    raise Invalid(field, "There is no such field on an organisation.")
