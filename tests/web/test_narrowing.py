"""The figure beside a value of a list is the number of rows that its link shows, whoever looks, whatever is chosen."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator

import pytest

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member
from crm.services import commitments, engagements, followups, letters, organisations, people, topics
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.web.facets import LISTINGS
from tests.web.world import SECRET_WORD, build

Visit = Callable[..., Browser]

VALUE = re.compile(r'<li><a href="([^"]*)"( aria-current="true")?><span dir="auto">(.*?)</span>.*?"count">([\d,]+)<')
CHIP = re.compile(r'<a class="tag" href="([^"]*)"><span dir="auto">(.*?)</span>')
#: The lists, narrowed in ways that read other rows.
ADDRESSES = {
    "engagements": ["", "?body=2", "?per=contact", "?q=about", "?since=2026-05-01&until=2026-05-31&certainty=possible"],
    "organisations": ["", "?closed=yes", "?q=ministry"],
    "people": ["", "?former=1", "?q=head"],
    "letters": ["", "?show=awaiting", "?q=letter"],
    "commitments": ["", "?show=late", "?show=closed", "?direction=ours"],
    "follow-ups": ["", "?whose=team", "?whose=team&tab=late", "?whose=team&tab="],
    "milestones": ["", "?show=past"],
}
#: What is chosen, in words, of a filter in the address.
CHOSEN = {
    "/engagements/?kind=call&since=2026-01-01&until=2026-12-31": {"Kind: Call", "Year: 2026"},
    "/engagements/?since=2026-05-02&q=about": {"Since: 2 May 2026", "Words: about"},
    "/engagements/?owner=0&visibility=team": {"Responsible: Nobody", "Visible to: Whole team"},
    "/organisations/?country=FR&kind=national_ministry&goal=over": {
        "Country: France",
        "Kind: National ministry",
        "Contact goal missed",
    },
    "/people/?seniority=desk&former=1": {"Seniority: Desk officer", "Former posts too"},
    "/letters/?year=2026&status=sent": {"Year: 2026", "Status: Sent"},
    "/commitments/?state=open&whose=mine": {"State: Open", "Who sees to it: Owner"},
    "/follow-ups/?whose=team&due=late": {"Due: Late"},
    "/milestones/?kind=vote&topic=999": {"Kind: Vote", "Topic: no longer there"},
}


@pytest.fixture
def log(instance: Instance, owner: Member, colleague: Member) -> None:
    """What everybody may see and what not, with dates in doubt, bodies below others, and records of nobody."""
    build(instance)
    with instance.writing(owner, door="web") as work:
        today = work.today()

        def day(text: str, past: bool = True):  # type: ignore[no-untyped-def]
            return parse_when(text, today=today, past=past, zone=work.zone)

        above = organisations.create(
            work, name="Ministry above", kind="national_ministry", country="FR", is_client=True
        )
        below = organisations.create(work, name="Unit below", kind="other", country="FR", parent_id=above.id)
        closed = organisations.create(work, name="Gone ministry", kind="national_ministry", closed=dt.date(2020, 5, 1))
        branch = topics.create(work, name="Branch")
        leaf = topics.create(work, name="Leaf", parent_id=branch.id)
        head = people.create(work, name="Heads of both")
        for body, seniority in ((above, "director"), (below, "desk")):
            people.appoint(work, head.id, body.id, title="Head", seniority=seniority)
        left = people.create(work, name="Left")
        people.appoint(work, left.id, below.id, title="Adviser", seniority="desk", last=day("1 May 2025").first)
        for number, (kind, when, status) in enumerate(
            (
                ("meeting", "11 May 2026", "held"),
                ("meeting", "between 20 December 2025 and 10 January 2026", "held"),
                ("call", "after 1 March 2025", "held"),
                ("email", "2 April 2026", "received"),
                ("meeting", "9 May 2026", "planned"),
                ("hearing", "about March 2026", "declined"),
            )
        ):
            engagements.log(
                work,
                kind=kind,
                when=day(when),
                status=status,
                parties=[Party(below.id), *([Party(above.id)] if number % 2 else []), Party(closed.id, role="copy")],
                subject=f"Subject {number}",
                topic_ids=[leaf.id, branch.id] if number % 3 else [leaf.id],
                owner_id=(owner.id, colleague.id, None)[number % 3],
                visibility="hidden" if number == 3 else "team",
            )
        for number, (due, state) in enumerate(
            (("1 May 2026", "open"), ("between 20 December 2026 and 3 January 2027", "accepted"), ("", "met"))
        ):
            commitments.make(
                work,
                kind="undertaking",
                wording=f"Promise {number}",
                made_by_id=above.id,
                made_to_ids=[below.id],
                state=state,
                when=day("1 April 2026"),
                due=day(due, False) if due else None,
                topic_id=leaf.id if number else None,
                owner_id=colleague.id if number else None,
            )
        for number, due in enumerate(("1 May 2026", "15 May 2026", "1 December 2026", "")):
            added = followups.add(
                work,
                title=f"To do {number}",
                due=day(due, False) if due else None,
                owner_id=colleague.id if number % 2 else owner.id,
                organisation_id=below.id,
            )
        followups.do(work, added.id)
        for kind, when in (("decision", "3 May 2026"), ("vote", "between 20 December 2026 and 3 January 2027")):
            topics.add_milestone(
                work, kind=kind, title=kind, when=day(when, False), topic_id=leaf.id, organisation_id=above.id
            )
        letters.write(
            work,
            subject="To both",
            organisation_ids=[above.id, below.id],
            sent=day("3 April 2025"),
            topic_ids=[leaf.id],
        )


def values(visitor: Browser, name: str, query: str) -> Iterator[tuple[str, bool, str, int]]:
    """Address, whether it is chosen, words and figure of each value that a list can be narrowed to."""
    answer = visitor.get(f"/narrow/{name}{query}")
    assert answer.status_code == 200
    for url, chosen, label, number in VALUE.findall(answer.text):
        yield html.unescape(url), bool(chosen), html.unescape(label), int(number.replace(",", ""))


def rows(visitor: Browser, address: str) -> int:
    answer = visitor.get(address)
    assert answer.status_code == 200, address
    return len(re.findall(r'<th scope="row"', answer.text))


def test_figure_is_the_number_of_rows_that_its_link_shows(browser: Visit, log: None) -> None:
    visitor = browser("colleague")
    for name, queries in ADDRESSES.items():
        found = [list(values(visitor, name, query)) for query in queries]
        # Every page costs; a filter that is chosen too makes a difference to few figures, so that some are enough.
        tried = [*found[0], *(value for more in found[1:] for value in more[::4])]
        within = f"?{tried[-1][0].partition('?')[2]}"
        tried += list(values(visitor, name, within))[::3]
        assert len(tried) > 3
        for url, chosen, label, number in tried:
            assert chosen or rows(visitor, url) == number, (url, label)


def test_value_that_is_chosen_is_marked_and_taken_away_again(browser: Visit, log: None) -> None:
    visitor = browser("owner")
    [(url, label, number)] = [
        (url, label, number) for url, chosen, label, number in values(visitor, "engagements", "?kind=call") if chosen
    ]
    assert (url, label, number) == ("/engagements/", "Call", rows(visitor, "/engagements/?kind=call"))


def test_what_is_chosen_stands_above_the_rows_and_can_be_taken_away(browser: Visit, log: None) -> None:
    visitor = browser("owner")
    for address, chips in CHOSEN.items():
        page = visitor.get(address).text
        found = {html.unescape(text): html.unescape(url) for url, text in CHIP.findall(page)}
        assert set(found) == chips
        assert "Clear all" in page
        for text, url in found.items():
            left = {html.unescape(other) for _, other in CHIP.findall(visitor.get(url).text)}
            assert left == chips - {text}


def test_values_say_nothing_of_what_one_may_not_read(browser: Visit, log: None) -> None:
    for name in LISTINGS:
        assert SECRET_WORD not in browser("colleague").get(f"/narrow/{name}?whose=team").text


def test_owner_of_a_hidden_engagement_is_found_by_nobody_else(browser: Visit, owner: Member, log: None) -> None:
    address = f"/engagements/?visibility=hidden&owner={owner.id}"
    hidden = "/engagements/?visibility=hidden"
    assert rows(browser("owner"), hidden) == rows(browser("colleague"), hidden)
    assert rows(browser("owner"), address) > 0
    assert rows(browser("colleague"), address) == 0


def test_part_of_a_page_is_answered_without_the_page_around_it(browser: Visit, log: None) -> None:
    whole = browser("reader").get("/narrow/engagements").text
    part = browser("reader").get("/narrow/engagements", headers={"HX-Request": "true"}).text
    assert "<html" in whole
    assert "<html" not in part
    assert VALUE.findall(part) == VALUE.findall(whole)


def test_unknown_list_is_no_page(browser: Visit) -> None:
    assert browser("owner").get("/narrow/members").status_code == 404


def test_filter_that_cannot_be_read_is_said(browser: Visit) -> None:
    answer = browser("owner").get("/narrow/engagements?kind=quiz")
    assert answer.status_code == 422
    assert "quiz" in answer.text
