"""Every number on the page of counts leads to exactly the rows it counts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from crm.dates import parse_when
from crm.instance import Instance
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]

LINK = re.compile(r'<a href="(/engagements/[^"]*)">\+?(\d[\d,]*)')
SHOWN = re.compile(r'role="status">([\d,]+)\+? (?:contact|engagement)s?')

LOG = (
    ("11 May 2026", "meeting", "held", ("unit", "dg"), ("us", "rival")),
    ("12 May 2026", "call", "held", ("unit",), ("us",)),
    ("31 March – 1 April 2026", "event", "held", ("dg", "state"), ("us",)),
    ("about March 2026", "meeting", "held", ("state",), ("us",)),
    ("Q1 2026", "meeting", "held", ("unit",), ("rival",)),
    ("before 5 May 2026", "letter", "sent", ("dg", "state"), ("us",)),
    ("after 3 May 2026", "email", "received", ("state",), ("us",)),
    ("3 June 2026", "meeting", "planned", ("dg",), ("us",)),
    ("4 May 2026", "meeting", "declined", ("dg",), ("us",)),
)


@pytest.fixture
def log(instance: Instance) -> dict[str, int]:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        bodies = {
            name: organisations.create(work, name=name) for name in ("commission", "dg", "unit", "state", "rival")
        }
        organisations.place(work, bodies["dg"].id, bodies["commission"].id)
        organisations.place(work, bodies["unit"].id, bodies["dg"].id)
        bodies["us"] = organisations.resolve(work, ["Us"], field="us")[0]
        for typed, kind, status, met, actors in LOG:
            engagements.log(
                work,
                kind=kind,
                status=status,
                when=parse_when(typed, today=work.today(), past=status != "planned"),
                parties=[
                    *(Party(bodies[actor].id, side="actor") for actor in actors),
                    *(Party(bodies[body].id) for body in met),
                ],
            )
    return {name: body.id for name, body in bodies.items()}


@pytest.mark.parametrize("by", ["month", "quarter", "half", "year", "kind", "actor"])
@pytest.mark.parametrize("span", ["", "&since=2026-01-01&until=2026-12-31", "&since=2026-03-15&until=2026-05-11"])
def test_every_number_leads_to_exactly_its_rows(browser: Visit, log: dict[str, int], by: str, span: str) -> None:
    visitor = browser("owner")
    page = visitor.get(f"/counts/?by={by}&actor=anybody&show=all{span}")
    assert page.status_code == 200
    links = {(html.unescape(address), int(number.replace(",", ""))) for address, number in LINK.findall(page.text)}
    assert len(links) > 5
    for address, number in links:
        rows = visitor.get(address)
        assert rows.status_code == 200
        shown = SHOWN.search(rows.text)
        assert shown is not None, address
        assert int(shown.group(1).replace(",", "")) == number, address


def test_headline_says_contacts_and_engagements(browser: Visit, log: dict[str, int]) -> None:
    page = " ".join(browser("owner").get("/counts/?since=2026-01-01&until=2026-12-31").text.split())
    assert "8 contacts</a>" in page
    assert "5 engagements</a>" in page


def test_rivals_stand_side_by_side_and_share_one_engagement(browser: Visit, log: dict[str, int]) -> None:
    page = browser("owner").get(
        f"/counts/?by=actor&actor={log['us']}&actor={log['rival']}&since=2026-05-11&until=2026-05-11"
    )
    assert page.status_code == 200
    assert "1 engagement</a>" in page.text


def test_unreadable_filter_is_said_and_counts_nothing(browser: Visit, log: dict[str, int]) -> None:
    page = browser("owner").get("/counts/?since=someday&by=quarter")
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "All together" not in page.text


def test_beside_the_count_stand_refusals_and_what_is_planned(browser: Visit, log: dict[str, int]) -> None:
    page = browser("owner").get(f"/counts/?body={log['dg']}").text
    assert "1 declined" in page
    assert "1 planned" in page
