"""Finds the bodies that typed lines mean."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import or_, select

from crm.errors import Invalid, Several
from crm.models import Organisation
from crm.services.organisations.basics import create
from crm.services.references import known
from crm.services.values import text
from crm.text import fold
from crm.work import Work

_REFERENCE = re.compile(r"\[#(\d{1,9})\]\s*$")


def resolve(work: Work, lines: Iterable[str], *, field: str, may_create: bool = False) -> list[Organisation]:
    """The bodies that typed lines mean, in order, each once.

    A line is a name, alias, former or short name, or a label ending in ``[#id]``. A name that several bodies bear, or
    none, is refused with the ones it could mean, unless ``may_create``.

    :raises Several: every line at fault
    """
    found: dict[int, Organisation] = {}
    problems: list[Invalid] = []
    lines = list(lines)
    _read(work, [int(reference[1]) for line in lines if (reference := _REFERENCE.search(line))])
    for line in lines:
        try:
            typed = text(field, line)
            if not typed:
                continue
            organisation = _resolve_one(work, typed, field, may_create)
            found.setdefault(organisation.id, organisation)
        except Invalid as problem:
            problems.append(problem)
    if problems:
        raise Several(problems)
    return list(found.values())


def _read(work: Work, ids: list[int]) -> None:
    """Reads the bodies that are named by their numbers, all at once."""
    here = {one.id for one in known(work, Organisation, ids)}
    unread = [number for number in dict.fromkeys(ids) if number not in here]
    if unread:
        work.hold(work.session.scalars(select(Organisation).where(Organisation.id.in_(unread))))


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
    exact = [row for row in rows if f"| {folded} |" in f"{row.names_folded}|"]
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
