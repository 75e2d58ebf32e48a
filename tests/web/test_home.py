"""The first page shows what waits, and leads a new team through its first steps."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Organisation
from crm.services import engagements, followups, letters, organisations, people, topics
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


def section(page: str, title: str) -> str:
    """What stands under a heading of the page, empty where there is none."""
    found = re.search(rf"<h2[^>]*>{re.escape(title)}.*?</section>", page, re.DOTALL)
    return html.unescape(found[0]) if found else ""


def log(instance: Instance, kind: str, day: str, *parties: Party, **values: Any) -> int:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        is_past = values.get("status") != "planned"
        when = parse_when(day, today=work.today(), past=is_past, zone=work.zone)
        return engagements.log(work, kind=kind, when=when, parties=parties, **values).id


def test_body_that_goes_quiet_is_taken_off_by_a_contact_and_by_an_answered_letter(
    browser: Visit, instance: Instance
) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        met, written, _ = (
            organisations.create(work, name=name, goal_days=30).id for name in ("Ministry met", "Agency", "Nobody yet")
        )
    for body in (met, written):
        log(instance, "meeting", "2 March 2026", Party(body))
    quiet = section(browser("reader").get("/").text, "Going quiet")
    assert all(name in quiet for name in ("Ministry met", "Agency", "Nobody yet"))
    assert quiet.index("Nobody yet") < quiet.index("Agency")
    log(instance, "call", "19 May 2026", Party(met))
    with instance.writing(persona(instance, "owner"), door="web") as work:
        sent = parse_when("18 May 2026", today=work.today(), past=True)
        letters.write(work, subject="Asked", organisation_ids=[written], sent=sent)
    quiet = section(browser("reader").get("/").text, "Going quiet")
    assert "Ministry met" not in quiet
    assert "Agency" in quiet
    log(instance, "email", "19 May 2026", Party(written), status="received", subject="Re: Asked")
    quiet = section(browser("reader").get("/").text, "Going quiet")
    assert "Agency" not in quiet
    assert "Nobody yet" in quiet


def test_meetings_of_the_next_seven_days_name_who_of_us_goes(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="Ministry").id
        us = work.session.scalars(select(Organisation.id).where(Organisation.is_ours)).one()
        colleague = people.create(work, name="Ines of ours").id
    for day, subject in (("22 May 2026", "This week"), ("29 May 2026", "Week after next")):
        log(instance, "meeting", day, Party(body), Party(us, colleague, "actor"), status="planned", subject=subject)
    ahead = section(browser("owner").get("/").text, "Who meets whom in the next seven days")
    assert "This week" in ahead
    assert "Ines of ours" in ahead
    assert "Week after next" not in ahead


def test_milestones_that_are_over_stand_no_longer_ahead(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="Ministry").id
        for title, day in (("Past vote", "19 May 2026"), ("Vote to come", "21 May 2026")):
            when = parse_when(day, today=work.today(), past=False)
            topics.add_milestone(work, kind="vote", title=title, when=when, organisation_id=body)
    log(instance, "call", "19 May 2026", Party(body))
    ahead = section(browser("owner").get("/").text, "Milestones ahead")
    assert "Vote to come" in ahead
    assert "Past vote" not in ahead


def test_what_was_logged_last_stands_first_however_long_ago_it_was(browser: Visit, instance: Instance) -> None:
    body = _body(instance)
    log(instance, "meeting", "18 May 2026", Party(body), subject="Of this week")
    log(instance, "meeting", "3 February 2026", Party(body), subject="Told late")
    recent = section(browser("owner").get("/").text, "Logged last")
    assert recent.index("Told late") < recent.index("Of this week")


def test_letters_that_wait_are_those_that_their_link_shows(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="Ministry").id
        letters.write(
            work, subject="Sent", organisation_ids=[body], sent=parse_when("18 May 2026", today=work.today(), past=True)
        )
        letters.write(work, subject="Only drafted", organisation_ids=[body])
    visitor = browser("owner")
    waiting = section(visitor.get("/").text, "Letters awaiting answers")
    address = re.search(r'href="(/letters/\?[^"]*)"', waiting)
    assert address is not None
    page = visitor.get(html.unescape(address[1])).text
    assert "Sent" in page
    assert "Only drafted" not in page


def _body(instance: Instance) -> int:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        return organisations.create(work, name="Ministry").id
