"""The closure equals a slow, obvious walk over the parent links on every day, and no body ever stands under itself."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections import defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from crm.errors import Invalid
from crm.instance import Instance
from crm.models import Member, OrganisationClosure, OrganisationParent
from crm.models.organisations import ALWAYS, STILL
from crm.services import organisations, tree
from crm.testing.fixtures import MakeOrganisation
from crm.work import Work

BODIES = 6
DAY = dt.timedelta(days=1)
Link = tuple[int, int, dt.date | None, dt.date | None]

days = st.dates(dt.date(2020, 1, 1), dt.date(2020, 3, 31))
edges = st.one_of(st.none(), days)


@st.composite
def links(draw: st.DrawFn) -> Link:
    first, last = draw(edges), draw(edges)
    if first is not None and last is not None and last < first:
        first, last = last, first
    return draw(st.integers(0, BODIES - 1)), draw(st.integers(0, BODIES - 1)), first, last


def boundary_days(spans: list[tuple[dt.date, dt.date]]) -> list[dt.date]:
    """The first and last day of each span with the days around them, and the ends of the calendar."""
    found = {ALWAYS, STILL, dt.date(2020, 2, 1)}
    for first, last in spans:
        found.update((first, last))
        found.update(day - DAY for day in (first, last) if day > ALWAYS)
        found.update(day + DAY for day in (first, last) if day < STILL)
    return sorted(found)


def slow_above(body: int, day: dt.date, stored: list[tuple[int, int, dt.date, dt.date]]) -> set[int]:
    """The body and everything over it on that day."""
    found = {body}
    while True:
        more = {parent for child, parent, first, last in stored if child in found and first <= day <= last} - found
        if not more:
            return found
        found |= more


def stored_links(work: Work) -> list[tuple[int, int, dt.date, dt.date]]:
    return [
        (link.organisation_id, link.parent_id, *link.span())
        for link in work.session.scalars(select(OrganisationParent))
    ]


def check(work: Work, ids: list[int]) -> None:
    """Every day of the closure says what the links say; spans of one pair never touch or overlap."""
    stored = stored_links(work)
    spans: dict[tuple[int, int], list[tuple[dt.date, dt.date]]] = defaultdict(list)
    rows = work.session.execute(
        select(
            OrganisationClosure.descendant_id,
            OrganisationClosure.ancestor_id,
            OrganisationClosure.first,
            OrganisationClosure.last,
        )
    ).all()
    for descendant, ancestor, first, last in rows:
        spans[descendant, ancestor].append((first, last))
    for day in boundary_days([(first, last) for _, _, first, last in stored]):
        for body in ids:
            above = {
                over
                for (under, over), those in spans.items()
                if under == body and any(first <= day <= last for first, last in those)
            }
            assert above == slow_above(body, day, stored)
            parents = {parent for child, parent, first, last in stored if child == body and first <= day <= last}
            assert not any(body in slow_above(parent, day, stored) for parent in parents)
    for those in spans.values():
        assert all(one[1] + DAY < other[0] for one, other in itertools.pairwise(sorted(those)))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(wanted=st.lists(links(), max_size=10), besides=st.lists(st.booleans(), min_size=10, max_size=10))
def test_closure_equals_a_slow_walk_and_no_circle_is_accepted(
    instance: Instance, admin: Member, wanted: list[Link], besides: list[bool]
) -> None:
    with instance.writing(admin, door="web") as work:
        try:
            ids = [organisations.create(work, name=f"Body {number}").id for number in range(BODIES)]
            for (child, parent, first, last), beside in zip(wanted, besides, strict=False):
                with contextlib.suppress(Invalid):
                    organisations.place(work, ids[child], ids[parent], first=first, last=last, beside=beside)
                work.session.flush()
                check(work, ids)
            tree.rebuild(work)
            check(work, ids)
        finally:
            work.rollback()


@settings(max_examples=200, deadline=None)
@given(wanted=st.lists(links(), max_size=12))
def test_ancestors_equal_a_slow_walk_even_over_links_that_close_circles(wanted: list[Link]) -> None:
    stored = [(child, parent, first or ALWAYS, last or STILL) for child, parent, first, last in wanted]
    by_child: dict[int, list[tuple[int, dt.date, dt.date]]] = defaultdict(list)
    for child, parent, first, last in stored:
        by_child[child].append((parent, first, last))
    for body in range(BODIES):
        found = tree.ancestors(body, by_child)
        for day in boundary_days([(first, last) for _, _, first, last in stored]):
            above = {over for over, spans in found.items() if any(first <= day <= last for first, last in spans)}
            assert above == slow_above(body, day, stored)


def test_many_roads_to_one_body_are_walked_once() -> None:
    """A ladder of rungs, each reached by two roads: every road walked on its own would be a million walks."""
    rungs = 20
    links = {
        2 * n + side: [(2 * n + 2, ALWAYS, STILL), (2 * n + 3, ALWAYS, STILL)] for n in range(rungs) for side in (0, 1)
    }
    assert set(tree.ancestors(0, links)) == {0, *range(2, 2 * rungs + 2)}


def test_adjoining_spans_become_one_and_a_gap_stays() -> None:
    spring = dt.date(2020, 3, 1), dt.date(2020, 5, 31)
    summer = dt.date(2020, 6, 1), dt.date(2020, 8, 31)
    winter = dt.date(2020, 12, 1), STILL
    assert tree.merged([winter, summer, spring]) == [(spring[0], summer[1]), winter]
    assert tree.merged([(ALWAYS, STILL), spring]) == [(ALWAYS, STILL)]


def test_moving_one_body_writes_only_the_rows_that_differ(work: Work, make_organisation: MakeOrganisation) -> None:
    top, unit, _others = (
        make_organisation("Top"),
        make_organisation("Unit"),
        [make_organisation(f"B{n}") for n in range(9)],
    )
    written: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "crm_organisation_closure" in statement and not statement.lstrip().startswith("SELECT"):
            written.append(f"{statement} {parameters}")

    connection = work.session.connection()
    event.listen(connection, "before_cursor_execute", record)
    organisations.place(work, unit.id, top.id)
    event.remove(connection, "before_cursor_execute", record)
    assert len(written) == 1
    assert written[0].startswith("INSERT")


def test_body_created_under_another_stands_there_from_its_day(work: Work, make_organisation: MakeOrganisation) -> None:
    top = make_organisation("Top")
    unit = make_organisation("Unit", parent_id=top.id, parent_since=dt.date(2024, 1, 1))
    found = work.session.execute(
        select(OrganisationClosure.first, OrganisationClosure.last).where(
            OrganisationClosure.ancestor_id == top.id, OrganisationClosure.descendant_id == unit.id
        )
    ).all()
    assert [tuple(row) for row in found] == [(dt.date(2024, 1, 1), STILL)]
