"""The SQL counts equal the slow, obvious ones over random logs, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dates import OPEN, Precision, When, periods
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.queries import counts
from crm.queries.scope import Scope
from crm.services import engagements, organisations
from crm.services.engagements import Party
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
    bodies = [organisations.create(work, name=f"Body {n}").id for n in range(BODIES)]
    actors = [organisations.create(work, name=f"Actor {n}").id for n in range(ACTORS)]
    for child, parent, first, last in tree:
        organisations.place(
            work,
            bodies[child],
            bodies[parent],
            first=None if first == dt.date.min else first,
            last=None if last == dt.date.max else last,
        )
    for fact in log:
        precision = Precision.DAY if fact.first == fact.last else Precision.BETWEEN
        made = engagements.log(
            work,
            kind=fact.kind,
            status=fact.status,
            when=When(fact.first, fact.last, precision, "as typed"),
            parties=[
                *(Party(actors[actor], side="actor", acceptance=answer) for actor, answer in fact.actors),
                *(Party(bodies[body], acceptance=answer, role=role) for body, answer, role in fact.met),
                *(Party(bodies[body], side="third") for body in fact.thirds),
            ],
        )
        if fact.binned:
            engagements.bin(work, made.id)
    return bodies, actors


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
