"""The head of an export of the log says what its rows come to, recounted from the rows over random logs."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.exports.columns import Sheet
from crm.instance import Instance
from crm.models import Member
from crm.models.engagements import STATUSES
from crm.queries.engagements import Filter
from crm.queries.exports import engagements
from crm.queries.scope import Scope
from crm.testing.fixtures import persona
from crm.work import Work
from tests.queries.slow_counts import Fact
from tests.queries.test_counts_properties import facts, links, logged, made, named, placed, scopes

COUNTED = {"Held", "Sent", "Received"}
Rows = list[dict[str, Any]]


@pytest.mark.slow
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    log=st.lists(facts(), max_size=8),
    tree=links(),
    hidden=st.lists(st.sampled_from(["team", "team", "hidden", "members"]), min_size=8, max_size=8),
    asked=st.lists(st.tuples(scopes(), st.booleans()), min_size=1, max_size=5),
)
def test_head_is_what_the_rows_come_to(
    instance: Instance,
    admin: Member,
    log: list[Fact],
    tree: list[tuple[int, int, dt.date, dt.date]],
    hidden: list[str],
    asked: list[tuple[Scope, bool]],
) -> None:
    reader = persona(instance, "reader")
    with instance.writing(admin, door="web") as work:
        try:
            bodies, actors = made(work)
            placed(work, bodies, tree)
            for place, fact in enumerate(log):
                logged(work, fact, bodies, actors, hidden[place])
            work.member = reader
            for scope, every_status in asked:
                wanted = replace(named(scope, bodies, actors), statuses=tuple(STATUSES) if every_status else ())
                check(work, wanted)
        finally:
            work.rollback()


def check(work: Work, scope: Scope) -> None:
    sheet = engagements(work, Filter(scope=scope))
    met = [row for row in rows(sheet) if row["status"] in COUNTED]
    contacts = [row for row in rows(engagements(work, Filter(scope=scope, per="contact"))) if row["status"] in COUNTED]
    told = dict(sheet.head)
    sure, maybe = (figures(part) for part in parts(told["counted"]))
    assert sure == (len(certain(contacts)), len(certain(met)))
    assert maybe == (len(contacts) - len(certain(contacts)), len(met) - len(certain(met)))
    column = sum(row["contacts"] for row in certain(met)), sum(row["contacts"] for row in met)
    if scope.bodies:
        assert numbers(told["column Contacts"]) == (column[0], column[1] - column[0])
    else:
        assert column == (sure[0], sure[0] + maybe[0])


def rows(sheet: Sheet) -> Rows:
    keys = [column.key for column in sheet.columns]
    return [dict(zip(keys, row, strict=True)) for row in sheet.rows]


def certain(found: Rows) -> Rows:
    return [row for row in found if row.get("in_period", "certain") == "certain"]


def parts(told: str) -> tuple[str, str]:
    sure, _, maybe = told.partition(" (+")
    return sure, maybe


def figures(told: str) -> tuple[int, int]:
    found = re.match(r"(\d+) contacts? .*\bin (\d+) engagements?", told)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def numbers(told: str) -> tuple[int, int]:
    found = re.match(r"(\d+)(?: \(\+(\d+) possible\))?: ", told)
    assert found is not None, told
    return int(found[1]), int(found[2] or 0)
