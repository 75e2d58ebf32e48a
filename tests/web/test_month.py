from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.queries import month as reads
from crm.services import commitments, engagements, followups, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser

Visit = Callable[..., Browser]


@pytest.fixture
def log(instance: Instance, owner: Member) -> None:
    with instance.writing(owner, door="web") as work:
        today = work.today()
        us = work.session.scalars(select(Organisation).where(Organisation.is_ours)).one()
        above = organisations.create(work, name="Commission", kind="other")
        body = organisations.create(work, name="DG Ports", kind="other")
        organisations.place(work, body.id, parent_id=above.id)
        rival = organisations.create(work, name="Rival", kind="company")
        for typed, kind, actor, seen in (
            ("4 May 2026", "meeting", us, "team"),
            ("5 May 2026", "call", us, "team"),
            ("about May", "meeting", us, "team"),
            ("8 April 2026", "meeting", us, "team"),
            ("6 May 2026", "meeting", rival, "team"),
            ("7 May 2026", "meeting", us, "members"),
        ):
            engagements.log(
                work,
                kind=kind,
                when=parse_when(typed, today=today, past=True),
                parties=[Party(actor.id, side="actor"), Party(body.id)],
                subject=f"{actor.name} {typed} {seen}",
                visibility=seen,
            )
        for wording, made, due in (
            ("new one", "5 May 2026", "9 June 2026"),
            ("old one", "1 April 2026", "9 August 2026"),
        ):
            commitments.make(
                work,
                kind="offer",
                wording=wording,
                made_by_id=us.id,
                made_to_ids=[body.id],
                when=parse_when(made, today=today, past=True),
                due=parse_when(due, today=today, past=False),
            )
        followups.add(work, title="soon", due=parse_when("30 June 2026", today=today, past=False))
        followups.add(work, title="much later", due=parse_when("1 July 2026", today=today, past=False))


def test_month_stands_beside_the_one_before(browser: Visit, log: None) -> None:
    page = browser("colleague").get("/month/?of=2026-05").text
    assert "Our month: May 2026" in page
    assert "1 in Apr 2026" in page
    assert "Us 4 May 2026 team" in page
    assert "Rival" not in page
    assert "members" not in page
    assert "new one" in page
    assert "old one" not in page
    assert "soon" in page
    assert "much later" not in page


def test_every_figure_leads_to_exactly_its_rows(browser: Visit, log: None) -> None:
    visitor = browser("colleague")
    page = visitor.get("/month/?of=2026-05").text
    figures = re.findall(
        r'<a (?:class="possible" )?href="(/engagements/\?[^"]+)">\+?(\d+)<span class="visually-hidden">', page
    )
    assert len(figures) >= 6
    for address, number in figures:
        rows = visitor.get(address.replace("&amp;", "&")).text
        shown = re.search(r'role="status">(\d+) engagement', rows)
        assert shown is not None, address
        assert shown[1] == number, address


@pytest.mark.parametrize("of", ["", "2026-13", "0000-01", "9999-12", "2200-12", "May", "2026-05-04", "1900-01", "%00"])
def test_address_that_names_no_month_shows_this_one(browser: Visit, of: str) -> None:
    page = browser("reader").get(f"/month/?of={of}")
    assert page.status_code == 200
    assert "Our month: May 2026" in page.text


def test_more_promises_than_the_page_lists_are_still_counted_in_full(
    browser: Visit, log: None, monkeypatch: pytest.MonkeyPatch, instance: Instance, owner: Member
) -> None:
    monkeypatch.setattr(reads, "ROWS_SHOWN", 2)
    with instance.writing(owner, door="web") as work:
        us = work.session.scalars(select(Organisation).where(Organisation.is_ours)).one()
        body = work.session.scalars(select(Organisation).where(Organisation.name == "DG Ports")).one()
        for number in range(4):
            commitments.make(
                work,
                kind="offer",
                wording=f"many {number}",
                made_by_id=us.id,
                made_to_ids=[body.id],
                when=parse_when("6 May 2026", today=work.today(), past=True),
                due=parse_when("8 June 2026", today=work.today(), past=False),
            )
        for number in range(3):
            due = parse_when("7 June 2026", today=work.today(), past=False)
            followups.add(work, title=f"to do {number}", due=due)
    page = re.sub(r"<[^>]+>|\s+", " ", browser("colleague").get("/month/?of=2026-05").text)
    assert re.search(r"New commitments\s+5\s", page)
    assert re.search(r"Due by 30 Jun 2026\s+9\s", page)
    assert page.count("The first 2 of 5.") == 2
    assert page.count("The first 2 of 4.") == 1
