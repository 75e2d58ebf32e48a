"""A download holds exactly the rows of the list that it is offered on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.services import commitments, followups, letters, organisations, people, topics
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from tests.web.test_exports import table

Visit = Callable[..., Browser]


@pytest.fixture
def log(instance: Instance, owner: Member, colleague: Member) -> None:
    with instance.writing(owner, door="web") as work:
        today = work.today()
        us = work.session.scalars(select(Organisation).where(Organisation.is_ours)).one()
        body = organisations.create(work, name="Ministry of Ports", kind="other")
        rival = organisations.create(work, name="Rival", kind="company")
        for days, state in (("1 May 2026", "open"), ("1 December 2026", "open"), ("1 May 2026", "met")):
            commitments.make(
                work,
                kind="undertaking",
                wording=f"{state} by {days}",
                made_by_id=us.id,
                made_to_ids=[body.id],
                when=parse_when("1 April 2026", today=today, past=True),
                due=parse_when(days, today=today, past=True),
                state=state,
            )
        for title, due, whose in (
            ("mine late", "1 May 2026", owner),
            ("mine", "1 June 2026", owner),
            ("hers", "2 June 2026", colleague),
        ):
            followups.add(work, title=title, due=parse_when(due, today=today, past=False), owner_id=whose.id)
        done = followups.add(work, title="mine done", owner_id=owner.id)
        followups.do(work, done.id)
        person = people.create(work, name="Jane Doe")
        people.appoint(work, person.id, body.id, title="Minister")
        for title, day in (("past vote", "1 May 2026"), ("coming vote", "1 July 2026")):
            topics.add_milestone(
                work, kind="vote", title=title, when=parse_when(day, today=today, past=False), organisation_id=body.id
            )
        for actor, subject in ((us, "Our letter"), (rival, "Letter of the rival")):
            sent = parse_when("12 May 2026", today=today, past=True)
            letters.write(work, subject=subject, organisation_ids=[body.id], actors=[Party(actor.id)], sent=sent)


@pytest.mark.parametrize(
    ("address", "column", "rows"),
    [
        ("commitments.csv", "Wording", {"open by 1 May 2026", "open by 1 December 2026", "met by 1 May 2026"}),
        ("commitments.csv?show=running", "Wording", {"open by 1 May 2026", "open by 1 December 2026"}),
        ("commitments.csv?show=late", "Wording", {"open by 1 May 2026"}),
        ("commitments.csv?show=closed&direction=ours&kind=undertaking", "Wording", {"met by 1 May 2026"}),
        ("commitments.csv?show=running&direction=theirs", "Wording", set()),
        ("commitments.csv?q=december", "Wording", {"open by 1 December 2026"}),
        ("followups.csv", "What to do", {"mine late", "mine", "hers", "mine done"}),
        ("followups.csv?whose=mine&tab=due", "What to do", {"mine late", "mine"}),
        ("followups.csv?whose=mine&tab=late", "What to do", {"mine late"}),
        ("followups.csv?whose=team&tab=done", "What to do", {"mine done"}),
        ("followups.csv?whose=team&tab=due&q=her", "What to do", {"hers"}),
        ("organisations.csv?q=ports", "Name", {"Ministry of Ports"}),
        ("organisations.csv?side=ours", "Name", {"Us"}),
        ("people.csv?q=minister", "Name", {"Jane Doe"}),
        ("people.csv?q=nobody", "Name", set()),
        ("letters.csv?show=awaiting", "Subject", {"Our letter", "Letter of the rival"}),
        ("letters.csv?show=drafted", "Subject", set()),
        ("letters.csv?q=rival", "Subject", {"Letter of the rival"}),
        ("milestones.csv", "Milestone title", {"coming vote"}),
        ("milestones.csv?show=past", "Milestone title", {"past vote"}),
    ],
)
def test_file_holds_the_rows_of_the_page(browser: Visit, log: None, address: str, column: str, rows: set[str]) -> None:
    answer = browser("owner").get(f"/export/{address}")
    assert answer.status_code == 200
    assert {row[column] for row in table(answer.text)[1]} == rows


@pytest.mark.parametrize(
    "page",
    ["/commitments/?show=late", "/follow-ups/?tab=late", "/organisations/?q=ports", "/people/?q=jane",
     "/letters/?show=awaiting", "/milestones/?show=past"],
)  # fmt: skip
def test_page_offers_the_file_of_its_own_rows(browser: Visit, log: None, page: str) -> None:
    visitor = browser("reader")
    links = re.findall(r'href="(/export/[^"]+)"', visitor.get(page).text)
    assert {link.split("?")[0].rpartition(".")[2] for link in links} >= {"csv", "json"}
    for link in links:
        assert visitor.get(link.replace("&amp;", "&")).status_code == 200


def test_head_of_the_file_says_the_tab_and_whose(browser: Visit, log: None) -> None:
    head, _ = table(browser("owner").get("/export/followups.csv?whose=mine&tab=late").text)
    assert head["filter"] == "late; of Owner"
    head, _ = table(browser("owner").get("/export/commitments.csv?show=late&direction=ours").text)
    assert head["filter"] == "ours; late"


def test_first_page_waits_for_answers_to_our_letters_only(browser: Visit, log: None) -> None:
    page = browser("owner").get("/").text
    awaiting = page.split("Letters awaiting answers")[1].split("</section>")[0]
    assert "Our letter" in awaiting
    assert "Letter of the rival" not in awaiting
