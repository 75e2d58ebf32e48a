"""The SQL counts equal the slow, obvious ones over random logs, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dates import OPEN, Precision, When, periods
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.queries import counts
from crm.queries.scope import Scope
from crm.services import derived, engagements, organisations, tally
from crm.services.engagements import Party
from crm.testing.fixtures import persona
from crm.work import Work
from tests.queries.slow_counts import Fact, Tree, cell, contacts, matching

BODIES, ACTORS = 6, 3
SINCE, UNTIL = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
days = st.dates(dt.date(2024, 10, 1), dt.date(2026, 3, 31))
acceptances = st.sampled_from(["", "", "", "accepted", "declined", "absent"])


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    first = draw(days)
    last = draw(st.sampled_from([first, first, first + dt.timedelta(days=draw(st.integers(0, 120))), OPEN]))
    kind = draw(st.sampled_from(["meeting", "call", "letter", "event"]))
    statuses = ["drafted", "sent", "received"] if kind == "letter" else ["planned", "held", "declined", "cancelled"]
    met = draw(st.lists(st.integers(0, BODIES - 1), min_size=1, max_size=3, unique=True))
    return Fact(
        first=first,
        last=last,
        kind=kind,
        status=draw(st.sampled_from(statuses)),
        actors=[(a, draw(acceptances)) for a in draw(st.lists(st.integers(0, ACTORS - 1), min_size=1, unique=True))],
        met=[(body, draw(acceptances), draw(st.sampled_from(["", "", "copy"]))) for body in met],
        thirds=draw(st.lists(st.integers(0, BODIES - 1), max_size=1)),
        binned=draw(st.integers(0, 9)) == 0,
    )


@st.composite
def links(draw: st.DrawFn) -> list[tuple[int, int, dt.date, dt.date]]:
    found = []
    for child in range(1, BODIES):
        split = draw(days)
        for first, last in ((dt.date.min, split - dt.timedelta(days=1)), (split, dt.date.max)):
            if draw(st.booleans()):
                found.append((child, draw(st.integers(0, child - 1)), first, last))
    return found


def stored(work: Work, log: list[Fact], tree: list[tuple[int, int, dt.date, dt.date]]) -> tuple[list[int], list[int]]:
    """Writes the facts with the product's own verbs; gives the ids of bodies and actors."""
    bodies, actors = made(work)
    placed(work, bodies, tree)
    for fact in log:
        logged(work, fact, bodies, actors)
    return bodies, actors


def made(work: Work) -> tuple[list[int], list[int]]:
    bodies = [organisations.create(work, name=f"Body {n}").id for n in range(BODIES)]
    actors = [organisations.create(work, name=f"Actor {n}", is_ours=n == 1).id for n in range(ACTORS)]
    return bodies, actors


def placed(work: Work, bodies: list[int], tree: list[tuple[int, int, dt.date, dt.date]]) -> None:
    for child, parent, first, last in tree:
        organisations.place(
            work,
            bodies[child],
            bodies[parent],
            first=None if first == dt.date.min else first,
            last=None if last == dt.date.max else last,
        )


def logged(work: Work, fact: Fact, bodies: list[int], actors: list[int], visibility: str = "team") -> int:
    precision = Precision.DAY if fact.first == fact.last else Precision.BETWEEN
    number: int = engagements.log(
        work,
        kind=fact.kind,
        status=fact.status,
        when=When(fact.first, fact.last, precision, "as typed"),
        visibility=visibility,
        parties=[
            *(Party(actors[actor], side="actor", acceptance=answer) for actor, answer in fact.actors),
            *(Party(bodies[body], acceptance=answer, role=role) for body, answer, role in fact.met),
            *(Party(bodies[body], side="third") for body in fact.thirds),
        ],
    ).id
    if fact.binned:
        engagements.bin(work, number)
    return number


spans = st.one_of(
    st.just((None, None)),
    st.tuples(st.one_of(st.none(), days), st.one_of(st.none(), days)),
    st.just((SINCE, UNTIL)),
    st.just((dt.date(2025, 2, 1), dt.date(2025, 11, 30))),
)


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """With the numbers of bodies and actors in place of their ids."""
    since, until = draw(spans)
    return Scope(
        actors=tuple(draw(st.lists(st.integers(0, ACTORS - 1), max_size=2, unique=True))),
        anybody=draw(st.booleans()),
        bodies=tuple(draw(st.lists(st.integers(0, BODIES - 1), max_size=1))),
        kinds=tuple(draw(st.lists(st.sampled_from(["meeting", "call", "letter"]), max_size=2, unique=True))),
        since=since,
        until=until,
    )


def seen(work: Work, scope: Scope, by: str) -> tuple[object, ...]:
    """Every number there is of a scope."""
    table = counts.table(work, scope, by=by, only=counts.branch(work, scope))
    rows = [row for row in table.rows if any(row.total)]
    return table.columns, rows, table.margin, table.total, counts.total(work, scope)


@pytest.mark.slow
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    log=st.lists(facts(), max_size=8),
    tree=links(),
    hidden=st.lists(st.sampled_from(["team", "team", "hidden", "members"]), min_size=8, max_size=8),
    moved=st.lists(st.tuples(st.integers(0, 7), days), max_size=3),
    asked=st.lists(st.tuples(scopes(), st.sampled_from(counts.BY)), min_size=1, max_size=5),
)
def test_numbers_read_off_the_tally_are_those_of_the_log(
    instance: Instance,
    admin: Member,
    log: list[Fact],
    tree: list[tuple[int, int, dt.date, dt.date]],
    hidden: list[str],
    moved: list[tuple[int, dt.date]],
    asked: list[tuple[Scope, str]],
) -> None:
    reader = persona(instance, "reader")
    with instance.writing(admin, door="web") as work:
        try:
            bodies, actors = made(work)
            placed(work, bodies, tree[::2])
            numbers = [logged(work, fact, bodies, actors, hidden[place]) for place, fact in enumerate(log)]
            # What is entered must be taken out again where a day or the tree changes.
            settled(work)
            placed(work, bodies, tree[1::2])
            for place, day in moved:
                if place < len(log) and not log[place].binned:
                    engagements.amend(work, numbers[place], when=When(day, day, Precision.DAY, "moved"))
            organisations.create(work, name="Written last")
            assert not work.is_clean  # so that the log itself is read
            work.member = reader
            wanted = [(named(scope, bodies, actors), by) for scope, by in asked]
            from_log = [seen(work, scope, by) for scope, by in wanted]
            settled(work)
            assert tally.drift(work) == 0
            assert [seen(work, scope, by) for scope, by in wanted] == from_log
        finally:
            work.rollback()


def named(scope: Scope, bodies: list[int], actors: list[int]) -> Scope:
    return replace(
        scope,
        actors=tuple(actors[number] for number in scope.actors),
        bodies=tuple(bodies[number] for number in scope.bodies),
    )


def settled(work: Work) -> None:
    """Brings derived rows up to date, as a commit would."""
    work.session.flush()
    derived.settle(work, work.touched)
    work.session.flush()
    work.touched.clear()
    work.moved.clear()


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    log=st.lists(facts(), max_size=8),
    tree=links(),
    ours=st.integers(0, ACTORS - 1),
    by=st.sampled_from(["month", "quarter", "year"]),
)
def test_counts_equal_the_slow_count(
    instance: Instance,
    admin: Member,
    log: list[Fact],
    tree: list[tuple[int, int, dt.date, dt.date]],
    ours: int,
    by: str,
) -> None:
    with instance.writing(admin, door="web") as work:
        try:
            bodies, actors = stored(work, log, tree)
            check(work, log, Tree(tree), bodies, actors, ours, by)
        finally:
            work.rollback()


def check(work: Work, log: list[Fact], tree: Tree, bodies: list[int], actors: list[int], ours: int, by: str) -> None:
    mine = matching(log, Tree([]), {ours})
    scope = Scope(actors=(actors[ours],), since=SINCE, until=UNTIL)
    table = counts.table(work, scope, by=by, only=bodies)
    rows = {row.organisation_id: row for row in table.rows}
    for place, period in enumerate(periods(SINCE, UNTIL, by)):
        for number, body in enumerate(bodies):
            found = rows[body].cells.get(place, counts.Cell())
            assert tuple(found) == cell(mine, tree, number, period.start, period.end)
    for number, body in enumerate(bodies):
        total = rows[body].total
        assert (total.engagements, total.possible_engagements) == cell(mine, tree, number, SINCE, UNTIL)
    whole = counts.total(work, scope)
    in_span = [fact for fact in mine if fact.bodies_present()]
    assert whole.contacts == contacts(mine, SINCE, UNTIL)
    assert whole.engagements >= sum(1 for fact in in_span if fact.first >= SINCE and fact.last <= UNTIL)
    assert work.session.get(Organisation, bodies[0]) is not None
