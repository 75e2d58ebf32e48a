"""The history is narrowed by who, what, when and which record, and taken along by administrators only."""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import io
import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from crm.clock import FixedClock
from crm.instance import Instance
from crm.models.history import Transaction
from crm.queries import history
from crm.queries.history import Wanted
from crm.services import organisations
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]


@pytest.fixture
def bodies(instance: Instance, clock: FixedClock) -> list[int]:
    """Two bodies: the owner's of 20 May, changed by the colleague on 21 May a moment after midnight in Brussels."""
    with instance.writing(persona(instance, "owner"), door="web") as work:
        made = [organisations.create(work, name="=cmd|x"), organisations.create(work, name="Other")]
    clock.move(hours=13, minutes=1)
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        organisations.amend(work, made[1].id, name="Else")
    return [one.id for one in made]


def rows(answer_text: str) -> list[dict[str, str]]:
    lines = answer_text.lstrip("\ufeff").splitlines(keepends=True)
    body = "".join(line for line in lines if not line.startswith(("#", '"#')))
    return list(csv.DictReader(io.StringIO(body)))


def test_administrator_takes_the_history_along_as_csv(browser: Visit, bodies: list[int]) -> None:
    answer = browser("admin").get("/export/history.csv?member=&kind=organisation")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    told = [(row["Who"], row["What"], row["Record"]) for row in rows(answer.text) if row["Who"]]
    assert told == [
        ("Owner", "organisation.create", str(bodies[0])),
        ("Colleague", "organisation.amend", str(bodies[1])),
    ]
    assert "Admin" in answer.text


def test_history_is_taken_along_as_json_with_moments(browser: Visit, bodies: list[int]) -> None:
    answer = browser("admin").get(f"/export/history.json?kind=organisation&id={bodies[1]}")
    [row] = json.loads(answer.text)["rows"]
    assert (row["act"], row["member"], row["door"]) == ("organisation.amend", "Colleague", "web")
    assert row["at"].startswith("2026-05-20T22:01")


@pytest.mark.parametrize("name", ["owner", "reader"])
def test_nobody_else_takes_the_history_along(browser: Visit, bodies: list[int], name: str) -> None:
    client = browser(name)
    assert client.get("/export/history.csv").status_code == 403
    assert client.client.head("/export/history.csv").status_code == 403


def test_taking_the_history_along_is_in_the_history(browser: Visit, instance: Instance, bodies: list[int]) -> None:
    browser("admin").get("/export/history.csv?since=1 May 2026")
    with instance.reading(persona(instance, "admin"), door="web") as work:
        [last], _ = history.acts(work, Wanted(verb="export."), limit=1)
    assert (last.verb, last.member, last.detail["filter"]) == ("export.history", "Admin", "from 2026-05-01")


def test_days_of_the_history_are_those_of_the_team(instance: Instance, bodies: list[int]) -> None:
    with instance.reading(persona(instance, "admin"), door="web") as work:
        day = dt.date(2026, 5, 21)
        on_it, _ = history.acts(work, Wanted(since=day, until=day))
        before, _ = history.acts(work, Wanted(until=day - dt.timedelta(days=1), verb="organisation."))
    assert [act.verb for act in on_it] == ["organisation.amend"]
    assert {act.verb for act in before} == {"organisation.create"}


def test_page_is_narrowed_like_the_file_and_says_what_it_cannot_read(browser: Visit, bodies: list[int]) -> None:
    admin = browser("admin")
    page = admin.get(f"/history/?kind=organisation&id={bodies[1]}&since=21 May 2026").text
    assert page.count('data-label="When"') == 1
    assert f"/export/history.csv?since=21+May+2026&amp;kind=organisation&amp;id={bodies[1]}" in page
    assert admin.get("/history/?since=sometime").status_code == 422
    assert "Nothing of that kind was done" in admin.get("/history/?act=export.").text


def test_every_act_is_given_once_however_many_there_are(
    instance: Instance, bodies: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("crm.queries.history.acts"), "CHUNK", 2)
    with instance.reading(persona(instance, "admin"), door="web") as work:
        numbers = [act.id for act in history.every_act(work, Wanted())]
        assert len(numbers) == work.session.scalar(select(func.count()).select_from(Transaction))
    assert numbers == sorted(set(numbers))
