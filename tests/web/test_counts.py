"""The page of counts: every number leads to exactly the rows it counts."""

from __future__ import annotations

import datetime as dt
import html
import random
import re
from collections.abc import Callable

import pytest

from crm.dates import Precision, When
from crm.instance import Instance
from crm.models import Member
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.work import Work

Visit = Callable[..., Browser]

LINK = re.compile(r'<a(?: class="[^"]*")? href="([^"]*/engagements/\?[^"]*)"[^>]*>\s*\+?([\d,]+)')
ROWS = re.compile(r'role="status">([\d,]+) ')


def enter(work: Work, seed: int, number: int = 40) -> dict[str, int]:
    """A random log of units, rivals, letters, copies and days in doubt, in a tree that moved; gives the bodies."""
    chance, moved = random.Random(seed), dt.date(2025, 9, 1)
    commission = organisations.create(work, name="Commission").id
    dg = organisations.create(work, name="DG").id
    old = organisations.create(work, name="Old DG").id
    units = [organisations.create(work, name=f"Unit {n}").id for n in range(3)]
    rival = organisations.create(work, name="Rival").id
    before = organisations.create(work, name="Rival, as it was called").id
    organisations.succeed(work, before, [rival], on=moved)
    us = organisations.resolve(work, ["Us"], field="actors")[0].id
    organisations.place(work, dg, commission)
    organisations.place(work, old, commission, last=moved - dt.timedelta(days=1))
    for unit in units[:2]:
        organisations.place(work, unit, old, last=moved - dt.timedelta(days=1))
        organisations.place(work, unit, dg, first=moved)
    organisations.succeed(work, old, [dg], on=moved)
    bodies = [commission, dg, old, *units]
    for _ in range(number):
        first = dt.date(2025, 2, 1) + dt.timedelta(days=chance.randrange(460))
        last = min(first + dt.timedelta(days=chance.choice([0, 0, 0, 12, 70])), dt.date(2026, 5, 20))
        first = min(first, last)
        kind = chance.choice(["meeting", "call", "letter"])
        status = chance.choice(["sent", "received", "drafted"] if kind == "letter" else ["held", "held", "planned"])
        engagements.log(
            work,
            kind=kind,
            status=status,
            when=When(first, last, Precision.DAY if first == last else Precision.BETWEEN, "as typed"),
            parties=[
                *(Party(actor, side="actor") for actor in chance.choice([[us], [us], [rival], [before], [us, before]])),
                *(
                    Party(body, acceptance=chance.choice(["", "", "declined"]), role=chance.choice(["", "", "copy"]))
                    for body in chance.sample(bodies, chance.choice([1, 1, 2, 3]))
                ),
            ],
            visibility=chance.choice(["team", "team", "hidden", "members"]),
        )
    return {"commission": commission, "dg": dg, "old": old, "us": us, "rival": rival}


@pytest.mark.parametrize(
    "query",
    [
        "by=quarter",
        "by=month&since=2025-06-10&until=2026-02-10",
        "by=kind&span=all",
        "by=actor&whose=anybody&span=all",
        "by=actor&actor={us}&actor={rival}&since=2025-03-05&until=2026-01-15",
        "by=year&tree=today&span=all&whose=anybody",
        "by=actor&tree=today&whose=anybody&direct=1",
        "by=half&direct=1&rows=count",
        "by=quarter&body={old}&body={dg}&whose=anybody",
        "by=quarter&body={commission}",
        "by=quarter&status=planned&status=held&rows=all",
    ],
)
def test_every_number_leads_to_exactly_the_rows_it_counts(
    instance: Instance, admin: Member, browser: Visit, query: str
) -> None:
    with instance.writing(admin, door="web") as work:
        known = enter(work, len(query))
    visitor = browser("owner")
    page = visitor.get("/counts/?" + query.format(**known))
    assert page.status_code == 200
    links = {(html.unescape(url), int(shown.replace(",", ""))) for url, shown in LINK.findall(page.text)}
    assert len(links) > 10
    for url, shown in sorted(links):
        answer = visitor.get(url)
        assert answer.status_code == 200, url
        found = ROWS.search(answer.text)
        assert (int(found[1].replace(",", "")) if found else 0) == shown, url


def test_stranger_is_sent_to_sign_in(browser: Visit) -> None:
    assert browser().get("/counts/").status_code == 303


def test_empty_log_says_how_to_begin(browser: Visit) -> None:
    page = browser("owner").get("/counts/")
    assert "0 contacts" in page.text
    assert "Log engagement" in page.text


def test_form_is_answered_by_an_address_that_can_be_passed_on(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    answer = visitor.get("/counts/?sent=1&by=year&since=&until=&body=Us&whose=anybody&actor=&kind=&status=counted")
    assert answer.status_code == 303
    assert "span=all" in answer.headers["Location"]
    assert "actor=anybody" in answer.headers["Location"]
    assert visitor.get(answer.headers["Location"]).status_code == 200


def test_unreadable_day_is_said_and_nothing_is_counted(browser: Visit) -> None:
    page = browser("owner").get("/counts/?sent=1&since=never")
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "headline" not in page.text.split("<main", 1)[1]


def test_actors_to_compare_are_named_in_sight_and_put_side_by_side(browser: Visit, instance: Instance) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        made = [organisations.create(work, name=name, kind="company").id for name in ("First Lab", "Second Lab")]
    visitor = browser("owner")
    page = visitor.get("/counts/?" + "&".join(f"actor={number}" for number in made)).text
    before_more = page.split("More filters", 1)[0]
    assert "or of these, to compare" in before_more
    assert f"First Lab [#{made[0]}]" in before_more
    assert '<option value="" selected>Those named beside</option>' in before_more
    beside = re.search(r'<a href="([^"]+)">Put them side by side</a>', page)
    assert beside is not None
    compared = visitor.get(beside[1].replace("&amp;", "&")).text
    assert "Put them side by side" not in compared
    assert "by=actor" in beside[1]


def test_days_of_the_filter_are_written_as_everywhere(browser: Visit) -> None:
    page = browser("owner").get("/counts/?since=2026-01-01&until=2026-05-20").text
    assert "from 1 Jan 2026 to 20 May 2026" in page
