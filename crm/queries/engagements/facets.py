"""What the list of engagements can be narrowed by, with the number of rows that each value leaves."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from sqlalchemy import CTE, Select, and_, case, func, select
from sqlalchemy.orm import aliased

from crm.models import Engagement, EngagementTopic, Participation, Topic
from crm.models.engagements import STATUSES
from crm.queries import facets, visibility
from crm.queries.engagements.listing import Filter, statement_of
from crm.queries.facets import Facet
from crm.queries.scope import stood, takes_part, tree
from crm.work import Work

#: Bodies and actors are many: those are counted that most rows name directly, and those that are chosen.
NAMED_AT_MOST = 10
# Combinations of bodies that are read to find them.
_COMBINATIONS = 1000


def _branches() -> CTE:
    """Each topic with itself and all below it."""
    own = select(Topic.id.label("above"), Topic.id.label("below")).where(Topic.binned_at.is_(None))
    branches = own.cte("topic_branches", recursive=True)
    return branches.union(select(branches.c.above, Topic.id).join(branches, Topic.parent_id == branches.c.below))


_BRANCHES = _branches()


def facets_of(work: Work, wanted: Filter) -> dict[str, dict[str, int]]:
    """Name of the filter → value → number of rows that choosing it shows."""
    found = _plain()
    found["body"] = _taking_part(work, wanted, "counterpart")
    if wanted.acting is None:
        # What a column of a table by actor holds depends on the actors of the whole table.
        found["actor"] = _taking_part(work, wanted, "actor")
    record = Participation.id if wanted.per == "contact" else Engagement.id
    return facets.count(work, found, wanted, _rows, record)


def _rows(work: Work, wanted: Filter) -> Select[Any]:
    return statement_of(work, wanted)[0]


def _plain() -> dict[str, Facet]:
    return {
        "kind": Facet(lambda one: _scoped(one, kinds=()), lambda work, one: Engagement.kind.expression),
        "status": Facet(
            lambda one: _scoped(one, statuses=tuple(STATUSES)), lambda work, one: Engagement.status.expression
        ),
        "year": Facet(
            lambda one: replace(_scoped(one, since=None, until=None), certainty=""),
            lambda work, one: facets.years(Engagement.first_day, Engagement.last_day),
            spread=facets.each_year,
        ),
        "owner": Facet(
            lambda one: replace(one, owner_id=None),
            lambda work, one: case((visibility.content_visible(work), facets.owner(Engagement.owner_id))),
        ),
        "visibility": Facet(
            lambda one: replace(one, visibility=""), lambda work, one: Engagement.visibility.expression
        ),
        "topic": Facet(lambda one: _scoped(one, topics=()), lambda work, one: _BRANCHES.c.above, _about),
    }


def _scoped(wanted: Filter, **changed: Any) -> Filter:
    return replace(wanted, scope=replace(wanted.scope, **changed))


def _about(work: Work, wanted: Filter, rows: Select[Any]) -> Select[Any]:
    return (
        rows.join(EngagementTopic, EngagementTopic.engagement_id == Engagement.id)
        .join(_BRANCHES, _BRANCHES.c.below == EngagementTopic.topic_id)
        # What an engagement is about is its content.
        .where(visibility.content_visible(work))
    )


def _taking_part(work: Work, wanted: Filter, side: str) -> Facet:
    """Bodies met, or actors, with what stands below them."""
    is_actor = side == "actor"

    def without(one: Filter) -> Filter:
        return _scoped(one, actors=(), anybody=True) if is_actor else _scoped(one, bodies=())

    scope = wanted.scope
    shown = _named_most(work, without(wanted), side, scope.actors if is_actor else scope.bodies)
    # In a list of contacts the body is the row's own.
    is_own = wanted.per == "contact" and not is_actor
    party: Any = Participation if is_own else aliased(Participation)
    above = tree(work, scope).alias(f"{side}_tree")

    def joined(work: Work, one: Filter, rows: Select[Any]) -> Select[Any]:
        if not is_own:
            rows = rows.join(party, and_(party.engagement_id == Engagement.id, takes_part(one.scope, side, party)))
        return rows.join(
            above, and_(above.c.descendant_id == party.organisation_id, above.c.ancestor_id.in_(shown), stood(above))
        )

    return Facet(without, lambda work, one: above.c.ancestor_id, joined)


def _named_most(work: Work, wanted: Filter, side: str, chosen: tuple[int, ...]) -> list[int]:
    listed = Engagement.acting if side == "actor" else Engagement.met
    rows = _rows(work, wanted).with_only_columns(listed.label("listed")).order_by(None).subquery()
    number = func.count()
    found = select(rows.c.listed, number).group_by(rows.c.listed).order_by(number.desc()).limit(_COMBINATIONS)
    named: Counter[int] = Counter()
    for listing, times in work.session.execute(found):
        for one in (listing or "").split():
            named[int(one)] += times
    return list(dict.fromkeys([*chosen, *(body for body, _ in named.most_common(NAMED_AT_MOST))]))
