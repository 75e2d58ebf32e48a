"""Whatever is logged, amended, settled, binned and given back, in whatever order: the counts are the slow count's."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from crm.clock import FixedClock
from crm.dates import Precision, When
from crm.errors import CrmError
from crm.instance import Instance
from crm.models import Engagement, Member, Participation
from crm.models.history import DELETED, Twins
from crm.queries import counts
from crm.queries.scope import Scope
from crm.services import drift, engagements, organisations
from crm.services.engagements import Party
from crm.settings import Settings
from crm.testing.databases import Template
from crm.testing.fixtures import add_personas, persona
from tests.queries.slow_counts import Fact, Tree, cell, contacts, matching

SINCE, UNTIL = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
BODIES, ACTORS = 4, 2
#: Body 1 is part of body 0; the others stand alone.
TREE = Tree([(1, 0, dt.date.min, dt.date.max)])

past = st.dates(dt.date(2025, 12, 1), dt.date(2026, 5, 19))
ahead = st.dates(dt.date(2026, 5, 21), dt.date(2026, 7, 31))
acceptances = st.sampled_from(["", "", "accepted", "declined", "absent"])
met = st.lists(
    st.tuples(st.integers(0, BODIES - 1), acceptances, st.sampled_from(["", "", "copy"])),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one[0],
)
doubts = st.integers(0, 40)
whose = st.integers(0, ACTORS - 1)


class Log(RuleBasedStateMachine):
    """One installation and, beside it, what a person would have written down."""

    instance: Instance
    member: Member
    clock: FixedClock
    kept: Bundle[int] = Bundle("kept")

    @initialize()
    def begin(self) -> None:
        self.facts: dict[int, Fact] = {}
        with self.work() as work:
            self.bodies = [organisations.create(work, name=f"Body {self} {n}").id for n in range(BODIES)]
            self.actors = [organisations.create(work, name=f"Actor {self} {n}", is_ours=True).id for n in range(ACTORS)]
            organisations.place(work, self.bodies[1], self.bodies[0])

    def work(self) -> Any:
        self.clock.move(seconds=7)
        return self.instance.writing(self.member, door="web")

    @rule(
        target=kept,
        first=past,
        doubt=doubts,
        met=met,
        actor=whose,
        kind=st.sampled_from(["meeting", "call"]),
    )
    def log_held(self, first: dt.date, doubt: int, met: list[Any], actor: int, kind: str) -> int:
        last = min(first + dt.timedelta(days=doubt), dt.date(2026, 5, 20))
        return self._log(kind, "held", first, last, met, actor)

    @rule(target=kept, first=ahead, met=met, actor=whose)
    def log_planned(self, first: dt.date, met: list[Any], actor: int) -> int:
        return self._log("meeting", "planned", first, first, met, actor)

    def _log(self, kind: str, status: str, first: dt.date, last: dt.date, met: list[Any], actor: int) -> int:
        with self.work() as work:
            made = engagements.log(
                work, kind=kind, status=status, when=_when(first, last), parties=self._parties(met, actor)
            )
        self.facts[made.id] = Fact(first, last, kind, status, [(actor, "")], met, [])
        return int(made.id)

    def _parties(self, met: list[Any], actor: int) -> list[Party]:
        return [
            Party(self.actors[actor], side="actor"),
            *(Party(self.bodies[body], acceptance=answer, role=role) for body, answer, role in met),
        ]

    @rule(number=kept, first=past, met=met, actor=whose)
    def amend(self, number: int, first: dt.date, met: list[Any], actor: int) -> None:
        fact = self.facts[number]
        if fact.status not in ("held", "planned"):
            return
        with self.work() as work:
            engagements.amend(
                work, number, when=_when(first, first), parties=self._parties(met, actor), subject=f"on {first}"
            )
        fact.first = fact.last = first
        fact.met, fact.actors = met, [(actor, "")]

    @rule(number=kept, status=st.sampled_from(["cancelled", "declined", "held", "planned"]))
    def change(self, number: int, status: str) -> None:
        try:
            with self.work() as work:
                engagements.amend(work, number, status=status)
        except CrmError:
            return
        self.facts[number].status = status

    @rule(number=kept, outcome=st.sampled_from(["held", "cancelled", "declined", "postponed"]))
    def settle(self, number: int, outcome: str) -> None:
        try:
            with self.work() as work:
                status = engagements.settle(work, number, outcome).status
        except CrmError:
            return
        self.facts[number].status = status

    @rule(number=kept)
    def bin(self, number: int) -> None:
        with self.work() as work:
            engagements.bin(work, number)
        self.facts[number].binned = True

    @rule(number=kept)
    def restore(self, number: int) -> None:
        with self.work() as work:
            engagements.restore(work, number)
        self.facts[number].binned = False

    @rule(number=kept)
    def fail_in_the_middle(self, number: int) -> None:
        """What is thrown away leaves nothing."""
        with contextlib.suppress(ZeroDivisionError), self.work() as work:
            engagements.bin(work, number)
            engagements.log(work, kind="call", when=_when(SINCE, SINCE), parties=self._parties([(0, "", "")], 0))
            raise ZeroDivisionError

    @invariant()
    def counts_are_the_slow_ones(self) -> None:
        log = list(self.facts.values())
        with self.instance.reading(self.member, door="web") as work:
            for number, actor in enumerate(self.actors):
                mine = matching(log, Tree([]), {number})
                scope = Scope(actors=(actor,), since=SINCE, until=UNTIL)
                rows = {row.organisation_id: row for row in counts.table(work, scope, by="year", only=self.bodies).rows}
                for place, body in enumerate(self.bodies):
                    total = rows[body].total
                    assert (total.engagements, total.possible_engagements) == cell(mine, TREE, place, SINCE, UNTIL)
                assert counts.total(work, scope).contacts == contacts(mine, SINCE, UNTIL)

    @invariant()
    def history_replays_to_what_is_stored(self) -> None:
        with self.instance.reading(door="cli", trusted=True) as work:
            for record in (Engagement, Participation):
                table, twin = record.__table__, Twins.of(record)
                columns = [column.name for column in table.columns]
                stored = {row[columns.index("id")]: tuple(row) for row in work.session.execute(select(table))}
                replayed: dict[int, tuple[Any, ...]] = {}
                open_states = 0
                for row in work.session.execute(select(twin).order_by(twin.c.transaction_id)).mappings():
                    open_states += row["until_id"] is None
                    if row["operation"] == DELETED:
                        replayed.pop(row["id"], None)
                    else:
                        replayed[row["id"]] = tuple(row[name] for name in columns)
                assert replayed == stored
                assert open_states == len(stored)

    def teardown(self) -> None:
        with self.instance.reading(door="cli", trusted=True) as work:
            assert drift.faults(work, base_url=self.instance.settings.base_url) == []


def _when(first: dt.date, last: dt.date) -> When:
    return When(first, last, Precision.DAY if first == last else Precision.BETWEEN, "as typed")


@pytest.mark.slow
def test_any_order_of_verbs_keeps_counts_and_history_right(
    template: Template, clock: FixedClock, tmp_path: Any
) -> None:
    address = template.fresh()
    made = Instance(Settings(data=tmp_path, database_url=address, secret_key="x", development=True), clock=clock)
    add_personas(made)

    class OfThis(Log):
        instance = made
        member = persona(made, "owner")

    OfThis.clock = clock
    run_state_machine_as_test(
        OfThis,
        settings=settings(
            max_examples=8,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    made.engine.dispose()
    template.drop(address)
