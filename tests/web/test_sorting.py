"""Every list is sorted by the heads of its columns, and no row is lost or shown twice from page to page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from crm.instance import Instance
from crm.models import Member
from crm.testing.browsing import Browser
from crm.web import commitments, followups, milestones, people
from crm.web.engagements import listing as engagements
from crm.web.letters import listing as letters
from crm.web.organisations import listing as organisations
from tests.web.test_narrowing import log

__all__ = ["log"]

Visit = Callable[..., Browser]

ROW = re.compile(r'<th scope="row"><a href="[^"]*?/(\d+)" data-open dir="auto">(.*?)</a>')
HEAD = re.compile(r'<th scope="col"(?: aria-sort="(\w+)")?(?: class="[^"]*")?><a href="([^"]*)">([^<]*)<')
NEXT = re.compile(r'href="([^"]+)" rel="next"')
PREVIOUS = re.compile(r'href="([^"]+)" rel="prev"')
#: The lists with all they have, and the heads that sort them.
LISTS = {
    "/engagements/": ["When", "Kind", "Subject", "Status"],
    "/organisations/?closed=yes": ["Name", "Kind"],
    "/people/": ["Name"],
    "/letters/": ["Letter", "Date", "Status", "Responsible"],
    "/commitments/": ["Commitment", "By", "Due", "State", "Who sees to it"],
    "/follow-ups/?whose=team&tab=due": ["What", "Due", "Who"],
    "/milestones/": ["When", "Milestone", "Kind", "Topic", "Body"],
}


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (engagements, organisations, people, letters, commitments, milestones):
        monkeypatch.setattr(module, "PER_PAGE", 3)
    monkeypatch.setattr(followups, "PAGE_SIZE", 3)


def read_on(visitor: Browser, address: str) -> list[str]:
    """The rows of a list, read from page to page."""
    found: list[str] = []
    while address:
        page = visitor.get(address).text
        found += [number for number, _ in ROW.findall(page)]
        more = NEXT.search(page)
        address = html.unescape(more[1]) if more else ""
    return found


def test_every_head_leads_to_all_rows_once(browser: Visit, log: None) -> None:
    visitor = browser("colleague")
    for address, labels in LISTS.items():
        page = visitor.get(address).text
        assert [html.unescape(label) for _, _, label in HEAD.findall(page)] == labels
        assert [way for way, _, _ in HEAD.findall(page) if way] in (["ascending"], ["descending"])
        rows = read_on(visitor, address)
        assert len(rows) == len(set(rows)) > 0
        for _, url, label in HEAD.findall(page):
            sorted_page = visitor.get(html.unescape(url)).text
            [(way, back)] = [(way, back) for way, back, head in HEAD.findall(sorted_page) if way and head == label]
            assert way in ("ascending", "descending")
            one_way, other_way = read_on(visitor, html.unescape(url)), read_on(visitor, html.unescape(back))
            assert sorted(one_way) == sorted(other_way) == sorted(rows), (address, label)


def test_page_by_number_holds_the_rows_of_the_page_read_on_to(browser: Visit, log: None) -> None:
    visitor = browser("owner")
    for address in (
        "/engagements/?sort=kind",
        "/engagements/?sort=-status",
        "/engagements/?sort=subject",
        "/engagements/?sort=-subject",
        "/organisations/?sort=-kind",
        "/commitments/?sort=by",
        "/follow-ups/?whose=team&sort=title",
    ):
        rows = read_on(visitor, address)
        assert len(rows) > 3, address
        second = visitor.get(f"{address}&page=2").text
        assert [number for number, _ in ROW.findall(second)] == rows[3:6], address
        back = PREVIOUS.search(second)
        assert back is not None
        assert [number for number, _ in ROW.findall(visitor.get(html.unescape(back[1])).text)] == rows[:3], address


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("/follow-ups/?whose=team&tab=&sort=title", "Ask about open"),
        ("/follow-ups/?whose=team&tab=&sort=-title", "To do 3"),
        ("/milestones/?sort=-title", "vote"),
        ("/people/?sort=-name", "Nora narwhal"),
        ("/organisations/?sort=-name&closed=yes", "Us"),
        ("/letters/?sort=-subject", "To both"),
    ],
)
def test_first_row_is_the_first_by_that_column(browser: Visit, log: None, address: str, first: str) -> None:
    assert html.unescape(ROW.findall(browser("colleague").get(address).text)[0][1]) == first


def test_engagements_of_one_kind_stand_together(browser: Visit, log: None) -> None:
    page = browser("owner").get("/engagements/?sort=-kind").text
    kinds = re.findall(r'data-label="Kind"><span class="nowrap">.*?</svg>\s*([^<]*)</span>', page)
    assert len(kinds) == 3
    assert kinds == sorted(kinds, reverse=True)


def test_order_that_no_list_has_sorts_nothing(browser: Visit, log: None) -> None:
    visitor = browser("owner")
    for address in LISTS:
        plain = visitor.get(address)
        odd = visitor.get(f"{address}{'&' if '?' in address else '?'}sort=secret", follow_redirects=True)
        assert odd.status_code == 200
        assert ROW.findall(odd.text) == ROW.findall(plain.text)


def test_order_is_kept_when_the_list_is_narrowed(browser: Visit, instance: Instance, owner: Member, log: None) -> None:
    page = html.unescape(browser("owner").get("/engagements/?kind=meeting&sort=status").text)
    assert "/engagements/?sort=status" in page
    assert "/narrow/engagements?kind=meeting&sort=status" in page
