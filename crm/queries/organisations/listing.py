"""The list of organisations: by any name they have or had, by kind, country and side, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from crm.models import Organisation, OrganisationName, OrganisationParent
from crm.queries import facets, kinds
from crm.queries.facets import Facet
from crm.queries.organisations.contact import Contact, Goal, contacts_of, goals_over
from crm.text import fold, like_escape
from crm.work import Work

COUNTED_AT_MOST = 1000
SIDES = ("ours", "client")
CLOSED = ("yes", "no", "only")
_WORDS_AT_MOST = 10
#: Columns that the list can be sorted by.
SORTS = ("name", "kind")
_KIND_PLACES = {key: place for place, key in enumerate(sorted(kinds.kinds(), key=lambda key: (kinds.label(key), key)))}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which organisations are meant; empty for all.

    :param text: words that each stand in one of the names, present, former or other
    :param group: heading of kinds
    :param kind: one kind
    :param country: two-letter code
    :param side: one of :data:`SIDES`
    :param closed: one of :data:`CLOSED`; empty to show closed bodies only where a text is looked for
    :param is_overdue: only those whose contact goal is missed
    :param sort: a column of :data:`SORTS`, with ``-`` before it for the other way round; empty for the list's own order
    :param owner_id: the member who keeps the relationship, :data:`crm.queries.facets.NOBODY` for nobody
    """

    text: str = ""
    group: str = ""
    kind: str = ""
    country: str = ""
    side: str = ""
    closed: str = ""
    is_overdue: bool = False
    owner_id: int | None = None
    sort: str = ""

    @property
    def shows_closed(self) -> bool:
        return self.closed in ("yes", "only") or (not self.closed and bool(self.text.strip()))


class OrganisationRow(NamedTuple):
    """One organisation in the list.

    :ivar found_as: the other name that the text was found in, where its own names do not have it
    """

    id: int
    name: str
    short_name: str
    kind: str
    country: str
    closed: dt.date | None
    is_ours: bool
    is_client: bool
    parent_id: int | None
    parent: str
    found_as: str
    contact: Contact
    goal: Goal | None


class Page(NamedTuple):
    """Rows, and the ids of the rows before and after which more stand."""

    rows: list[OrganisationRow]
    previous: int | None
    next: int | None


def listed(
    work: Work,
    wanted: Filter,
    *,
    after: int | None = None,
    before: int | None = None,
    skipped: int = 0,
    limit: int = 50,
) -> Page:
    """One page of the list, the likeliest names and open bodies first where a text is looked for, else by name.

    :param after: id of the row before the page
    :param before: id of the row after the page
    :param skipped: rows before the page, where a page is asked for by its number
    """
    folded = fold(wanted.text)
    keys = _keys(Organisation, wanted, folded)
    place, backwards = (before, True) if before is not None else (after, False)
    descending = backwards != wanted.sort.startswith("-")
    statement = _columns(work).where(*_conditions(work, wanted))
    if place is not None:
        statement = statement.where(_beyond(wanted, folded, place, descending))
    order = [key.desc() if descending else key.asc() for key in keys]
    found = list(work.session.execute(statement.order_by(*order).limit(limit + 1).offset(skipped)).all())
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    rows = _built(work, found, folded)
    has_previous = more if backwards else place is not None or skipped > 0
    has_next = place is not None if backwards else more
    return Page(rows, rows[0].id if rows and has_previous else None, rows[-1].id if rows and has_next else None)


def number(work: Work, wanted: Filter) -> int:
    """How many organisations there are, counted up to :data:`COUNTED_AT_MOST` and one more."""
    found = select(Organisation.id).where(*_conditions(work, wanted)).limit(COUNTED_AT_MOST + 1).subquery()
    return int(work.session.scalar(select(func.count()).select_from(found)) or 0)


def facets_of(work: Work, wanted: Filter) -> dict[str, dict[str, int]]:
    """Name of the filter → value → number of rows that choosing it shows."""
    return facets.count(
        work, _FACETS, wanted, lambda work, one: select(Organisation.id).where(*_conditions(work, one)), Organisation.id
    )


def countries_named(work: Work) -> list[str]:
    """The codes of the countries that bodies have."""
    found = select(Organisation.country).where(Organisation.country != "", Organisation.binned_at.is_(None)).distinct()
    return list(work.session.scalars(found))


def stands_on(day: Any) -> ColumnElement[bool]:
    """The links of the tree that hold on a day."""
    return and_(
        or_(OrganisationParent.first.is_(None), OrganisationParent.first <= day),
        or_(OrganisationParent.last.is_(None), OrganisationParent.last >= day),
    )


def label(organisation: Any) -> ColumnElement[str]:
    """The short name where it is more than a country's code, else the name."""
    return case((func.length(organisation.short_name) > 2, organisation.short_name), else_=organisation.name)


def _columns(work: Work) -> Any:
    parent = aliased(Organisation)
    # A closed body is shown where it stood on its last day.
    day = func.coalesce(Organisation.closed, literal(work.today()))
    link = aliased(OrganisationParent)
    above = (
        select(link.parent_id)
        .where(
            link.organisation_id == Organisation.id,
            or_(link.first.is_(None), link.first <= day),
            or_(link.last.is_(None), link.last >= day),
        )
        .order_by(link.first.is_not(None), link.first, link.id)
        .limit(1)
        .correlate(Organisation)
        .scalar_subquery()
    )
    return select(
        Organisation.id,
        Organisation.name,
        Organisation.short_name,
        Organisation.kind,
        Organisation.country,
        Organisation.closed,
        Organisation.is_ours,
        Organisation.is_client,
        Organisation.goal_days,
        parent.id.label("parent_id"),
        label(parent).label("parent"),
    ).outerjoin(parent, parent.id == above)


def _conditions(work: Work, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Organisation.binned_at.is_(None), Organisation.merged_into_id.is_(None)]
    for word in fold(wanted.text).split()[:_WORDS_AT_MOST]:
        found.append(Organisation.names_folded.like(f"%{like_escape(word)}%", escape="\\"))
    if wanted.group:
        found.append(Organisation.kind.in_([kind.key for kind in kinds.groups().get(wanted.group, ())]))
    if wanted.kind:
        found.append(Organisation.kind == wanted.kind)
    if wanted.country:
        found.append(Organisation.country == wanted.country)
    if wanted.side:
        found.append((Organisation.is_ours if wanted.side == "ours" else Organisation.is_client).is_(True))
    if wanted.owner_id is not None:
        found.append(facets.owned(Organisation.owner_id, wanted.owner_id))
    if wanted.closed == "only":
        found.append(Organisation.closed < work.today())
    elif not wanted.shows_closed:
        found.append(or_(Organisation.closed.is_(None), Organisation.closed >= work.today()))
    if wanted.is_overdue:
        found.append(Organisation.id.in_(goals_over(work)))
    return found


def _rank(organisation: Any, folded: str) -> ColumnElement[int]:
    """How well a name fits the text: 0 for a name itself, then names and words that begin so, then the rest."""
    names, escaped = organisation.names_folded, like_escape(folded)
    return case(
        (or_(names.like(f"%| {escaped} |%", escape="\\"), names.like(f"%| {escaped} ", escape="\\")), 0),
        (names.like(f"%| {escaped}%", escape="\\"), 1),
        (names.like(f"% {escaped}%", escape="\\"), 2),
        else_=3,
    )


def _keys(organisation: Any, wanted: Filter, folded: str) -> list[ColumnElement[Any]]:
    plain = [organisation.sort, organisation.id]
    if wanted.sort.removeprefix("-") == "kind":
        return [case(_KIND_PLACES, value=organisation.kind, else_=len(_KIND_PLACES)), *plain]
    if wanted.sort:
        return plain
    if not folded:
        return plain
    return [_rank(organisation, folded), case((organisation.closed.is_(None), 0), else_=1), *plain]


def _beyond(wanted: Filter, folded: str, place: int, descending: bool) -> ColumnElement[bool]:
    """After (or before) one row, whose own values are looked up: an address holds its number only."""
    here = aliased(Organisation)
    at = [select(value).where(here.id == place).scalar_subquery() for value in _keys(here, wanted, folded)]
    found: ColumnElement[bool] | None = None
    for key, value in reversed(list(zip(_keys(Organisation, wanted, folded), at, strict=True))):
        further = key < value if descending else key > value
        found = further if found is None else or_(further, and_(key == value, found))
    assert found is not None
    return found


def _built(work: Work, found: Sequence[Any], folded: str) -> list[OrganisationRow]:
    contacts = contacts_of(work, (row.id for row in found))
    others = _found_as(work, found, folded)
    today = work.today()
    return [
        OrganisationRow(
            id=row.id,
            name=row.name,
            short_name=row.short_name,
            kind=row.kind,
            country=row.country,
            closed=row.closed,
            is_ours=row.is_ours,
            is_client=row.is_client,
            parent_id=row.parent_id,
            parent=row.parent or "",
            found_as=others.get(row.id, ""),
            contact=contacts[row.id],
            goal=Goal(row.goal_days, contacts[row.id].last, today) if row.goal_days else None,
        )
        for row in found
    ]


def _found_as(work: Work, found: Sequence[Any], folded: str) -> dict[int, str]:
    """The other name by which each row was found that its own names do not explain."""
    words = folded.split()
    puzzling = [row.id for row in found if not _holds(f"{row.name} {row.short_name}", words)]
    if not puzzling or not words:
        return {}
    result: dict[int, str] = {}
    for body, name in work.session.execute(
        select(OrganisationName.organisation_id, OrganisationName.name)
        .where(OrganisationName.organisation_id.in_(puzzling))
        .order_by(OrganisationName.id)
    ):
        if body not in result and _holds(name, words):
            result[body] = name
    return result


def _holds(name: str, words: Iterable[str]) -> bool:
    folded = fold(name)
    return all(word in folded for word in words)


def _sides() -> ColumnElement[str | None]:
    return case(
        (and_(Organisation.is_ours, Organisation.is_client), ",".join(SIDES)),
        (Organisation.is_ours, "ours"),
        (Organisation.is_client, "client"),
    )


_FACETS = {
    "kind": Facet(lambda one: replace(one, kind="", group=""), lambda work, one: Organisation.kind.expression),
    "country": Facet(lambda one: replace(one, country=""), lambda work, one: func.nullif(Organisation.country, "")),
    "side": Facet(lambda one: replace(one, side=""), lambda work, one: _sides(), spread=facets.each_of),
    "owner": Facet(lambda one: replace(one, owner_id=None), lambda work, one: facets.owner(Organisation.owner_id)),
    "closed": Facet(
        lambda one: replace(one, closed="yes"),
        lambda work, one: case((Organisation.closed < work.today(), "only"), else_="no"),
    ),
}
