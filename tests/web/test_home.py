"""The first page shows what waits, and leads a new team through its first steps."""

from __future__ import annotations

from collections.abc import Callable

from crm.dates import parse_when
from crm.instance import Instance
from crm.services import engagements, followups, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]


def test_new_team_is_led_through_its_first_steps(browser: Visit) -> None:
    page = browser("owner").get("/").text
    assert "First steps" in page
    assert "Log the first engagement" in page


def test_what_was_planned_and_is_over_waits_to_be_settled(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="DSIT", goal_days=30)
        when = parse_when("4 May 2026", today=work.today(), past=True)
        engagements.log(work, kind="meeting", when=when, status="planned", parties=[Party(body.id)], subject="Evals")
        followups.add(work, title="Send the paper", due=when)
    page = browser("owner").get("/").text
    assert "Did it take place?" in page
    assert "Evals" in page
    assert "Send the paper" in page
    assert "never met" in page


def test_figures_count_this_quarter_beside_the_one_before(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="DSIT")
        for typed in ("4 May 2026", "6 May 2026", "3 February 2026"):
            when = parse_when(typed, today=work.today(), past=True)
            engagements.log(work, kind="meeting", when=when, parties=[Party(body.id)])
    page = browser("owner").get("/").text
    assert "Engagements in Q2 2026" in page
    assert "1 in Q1 2026" in page
