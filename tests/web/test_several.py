"""Many rows of a list are changed at once, and one button takes it back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Engagement, Member
from crm.services import engagements, organisations, topics
from crm.services.engagements import Party
from crm.testing.browsing import Browser

Visit = Callable[..., Browser]


@pytest.fixture
def ids(instance: Instance, owner: Member) -> list[int]:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry", kind="other")
        topics.create(work, name="Ports Act")
        return [
            engagements.log(
                work,
                kind="meeting",
                when=parse_when(f"{day} May 2026", today=work.today(), past=True),
                parties=[Party(body.id)],
                subject=f"Meeting {day}",
            ).id
            for day in (1, 2, 3)
        ]


def binned(instance: Instance, ids: list[int]) -> list[bool]:
    with instance.reading(door="cli", trusted=True) as work:
        return [work.session.get_one(Engagement, one).is_binned for one in ids]


def test_chosen_rows_go_to_the_bin_and_come_back_together(browser: Visit, instance: Instance, ids: list[int]) -> None:
    visitor = browser("owner")
    answer = visitor.post(
        "/several/engagement", {"ids": ids[:2], "action": "bin", "back": "/engagements/?kind=meeting"}
    )
    assert answer.headers["Location"] == "/engagements/?kind=meeting"
    assert binned(instance, ids) == [True, True, False]
    page = visitor.get(answer.headers["Location"]).text
    assert "2 engagements are in the bin." in page
    undo = re.search(r'action="(/history/[^"]*undo[^"]*)"', page)
    assert undo is not None
    assert visitor.post(undo[1], {"back": "/engagements/"}).status_code == 303
    assert binned(instance, ids) == [False, False, False]


def test_topic_is_named_or_chosen(browser: Visit, instance: Instance, ids: list[int]) -> None:
    visitor = browser("owner")
    assert visitor.post("/several/engagement", {"ids": ids, "action": "topic", "topic": "ports act"}).status_code == 303
    assert visitor.get("/engagements/?topic=1").text.count('href="/engagements/') >= 3


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("engagement", {"action": "bin"}, 422),
        ("engagement", {"ids": "1", "action": ""}, 422),
        ("engagement", {"ids": "1", "action": "topic", "topic": ""}, 422),
        ("engagement", {"ids": "1", "action": "topic", "topic": "No such topic"}, 422),
        ("engagement", {"ids": "1", "action": "owner", "owner": "x"}, 422),
        ("engagement", {"ids": "1", "action": "owner", "owner": "999"}, 422),
        ("engagement", {"ids": ["1", "999"], "action": "bin"}, 404),
        ("organisation", {"ids": "1", "action": "goal", "goal": "often"}, 422),
        ("organisation", {"ids": "1", "action": "bin"}, 422),
        ("planet", {"ids": "1", "action": "bin"}, 404),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_saved(
    browser: Visit, instance: Instance, ids: list[int], kind: str, data: dict[str, object], code: int
) -> None:
    assert browser("owner").post(f"/several/{kind}", data).status_code == code
    assert binned(instance, ids) == [False, False, False]


def test_filter_is_saved_from_the_page_and_offered_there(browser: Visit, ids: list[int]) -> None:
    visitor = browser("reader")
    back = "/engagements/?kind=meeting&page=2"
    answer = visitor.post("/filters/", {"page": "engagements", "name": "Meetings <b>", "back": back})
    assert answer.headers["Location"] == "/engagements/?kind=meeting"
    assert "Meetings &lt;b&gt;" in visitor.get("/engagements/").text
    assert "Meetings &lt;b&gt;" not in browser("colleague").get("/engagements/").text
    assert "Meetings &lt;b&gt;" in visitor.get("/filters/").text
    assert visitor.post("/filters/1/delete").status_code == 303
    visitor.get("/engagements/")
    assert "Meetings &lt;b&gt;" not in visitor.get("/engagements/").text
