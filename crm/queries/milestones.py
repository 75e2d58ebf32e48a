"""The list of milestones: ahead or past, by kind, topic, body and year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from crm.models import Milestone, Organisation, Topic
from crm.queries import facets, ordering
from crm.queries.facets import Facet
from crm.queries.topics import MilestoneRow, milestone_row, milestone_rows
from crm.text import like_escape
from crm.work import Work

#: Columns that the list can be sorted by.
SORTS: dict[str, ordering.Keys] = {
    "when": (Milestone.first_day,),
    "title": (func.lower(Milestone.title),),
    "kind": (Milestone.kind,),
    "topic": (Topic.sort,),
    "organisation": (Organisation.sort,),
}
TABS = {"ahead": "Ahead", "past": "Past"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which milestones are meant; empty for all.

    :param tab: a key of :data:`TABS`, or empty for all
    :param kind: a key of :data:`crm.models.topics.MILESTONE_KINDS`
    :param topic_id: on that topic
    :param organisation_id: of that body
    :param year: in that year, or perhaps
    :param text: words in title, note or source
    :param sort: as :func:`crm.queries.ordering.clauses`, by a column of :data:`SORTS`
    """

    tab: str = "ahead"
    kind: str = ""
    topic_id: int | None = None
    organisation_id: int | None = None
    year: int | None = None
    text: str = ""
    sort: str = ""


def milestones(work: Work, wanted: Filter, *, limit: int = 50, offset: int = 0) -> tuple[list[MilestoneRow], bool]:
    """Milestones in the order of their days, past ones the latest first; and whether there are more."""
    own: tuple[Any, ...] = (Milestone.first_day, Milestone.last_day, Milestone.id)
    if wanted.tab == "past":
        own = (Milestone.first_day.desc(), Milestone.last_day, Milestone.id.desc())
    order = ordering.clauses(wanted.sort, SORTS, own)
    statement = milestone_rows().where(*_conditions(work, wanted)).order_by(*order)
    found = work.session.execute(ordering.page(statement, Milestone.id, limit=limit + 1, offset=offset)).all()
    return [milestone_row(row) for row in found[:limit]], len(found) > limit


def tab_counts(work: Work, wanted: Filter) -> dict[str, int]:
    """Number of milestones under each key of :data:`TABS`, whatever tab is asked for."""
    # Counted in one reading of the milestones.
    counted = [func.count(case((_in_tab(tab, work.today()), Milestone.id))) for tab in TABS]
    statement = select(*counted).where(*_conditions(work, replace(wanted, tab="")))
    return dict(zip(TABS, work.session.execute(statement).one(), strict=True))


def facets_of(work: Work, wanted: Filter) -> dict[str, dict[str, int]]:
    """Name of the filter → value → number of rows that choosing it shows."""
    return facets.count(work, _FACETS, wanted, numbers, Milestone.id)


def numbers(work: Work, wanted: Filter) -> Select[Any]:
    """The numbers of the rows."""
    return select(Milestone.id).where(*_conditions(work, wanted))


def _conditions(work: Work, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Milestone.binned_at.is_(None)]
    if wanted.tab:
        found.append(_in_tab(wanted.tab, work.today()))
    if wanted.kind:
        found.append(Milestone.kind == wanted.kind)
    if wanted.topic_id is not None:
        found.append(Milestone.topic_id == wanted.topic_id)
    if wanted.organisation_id is not None:
        found.append(Milestone.organisation_id == wanted.organisation_id)
    if wanted.year is not None:
        found.append(facets.in_year(Milestone.first_day, Milestone.last_day, wanted.year))
    for word in wanted.text.split():
        pattern = f"%{like_escape(word)}%"
        texts = (Milestone.title, Milestone.note, Milestone.source)
        found.append(or_(*(text.ilike(pattern, escape="\\") for text in texts)))
    return found


def _in_tab(tab: str, today: dt.date) -> ColumnElement[bool]:
    over = func.coalesce(Milestone.end_day, Milestone.last_day)
    return over < today if tab == "past" else over >= today


_FACETS = {
    "kind": Facet(lambda one: replace(one, kind=""), lambda work, one: Milestone.kind.expression),
    "topic": Facet(lambda one: replace(one, topic_id=None), lambda work, one: Milestone.topic_id.expression),
    "organisation": Facet(
        lambda one: replace(one, organisation_id=None), lambda work, one: Milestone.organisation_id.expression
    ),
    "year": Facet(
        lambda one: replace(one, year=None),
        lambda work, one: facets.years(Milestone.first_day, Milestone.last_day),
        spread=facets.each_year,
    ),
}
