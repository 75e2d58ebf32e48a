"""Single fields are edited where they stand: with a part of the page or, without JavaScript, on a page of their own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from crm.dates import parse_when
from crm.instance import Instance
from crm.services import commitments, engagements, followups, organisations, people, topics
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona
from crm.web.forms.inline import EDITABLE, MEMBER, NUMBER, STATE
from crm.web.inline import PAGES

Visit = Callable[..., Browser]
HTMX = {"HX-Request": "true"}


def records(instance: Instance, visibility: str = "team") -> dict[str, int]:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body, other = organisations.create(work, name="DSIT"), organisations.create(work, name="AISI")
        when = parse_when("4 May 2026", today=work.today(), past=True)
        met = engagements.log(
            work, kind="meeting", when=when, parties=[Party(body.id)], subject="first", visibility=visibility
        )
        topic = topics.create(work, name="AI Act")
        return {
            "engagement": met.id,
            "organisation": other.id,
            "person": people.create(work, name="Jane Doe").id,
            "commitment": commitments.make(
                work, kind="offer", wording="to share", made_by_id=body.id, made_to_ids=[other.id]
            ).id,
            "follow_up": followups.add(work, title="first").id,
            "milestone": topics.add_milestone(work, kind="vote", title="first", when=when, topic_id=topic.id).id,
        }


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(version|was|submission)"[^>]*? value="([^"]*)"', page))


def new_value(instance: Instance, sort: str, field: str) -> str:
    if sort == MEMBER:
        return str(persona(instance, "colleague").id)
    texts = {NUMBER: "90", STATE: "accepted", "past": "5 May 2026", "ahead": "1 June 2026"}
    return texts.get(sort, {"email": "jane@example.org", "website": "https://example.org"}.get(field, "Brand new"))


def test_every_field_is_edited_in_place_and_taken_back(browser: Visit, instance: Instance) -> None:
    owner = browser("owner")
    for kind, number in records(instance).items():
        for field, editable in EDITABLE[kind].items():
            address = f"/inline/{kind}/{number}/{field}"
            part = owner.get(address, headers=HTMX).text
            assert "<html" not in part
            value = new_value(instance, editable.sort, field)
            answer = owner.post(address, data={**fields(part), "value": value}, headers=HTMX)
            assert (answer.status_code, answer.headers.get("HX-Refresh")) == (204, "true"), (kind, field, answer.text)
            again = owner.get(address).text
            assert value in again
            undo = re.search(r'action="(/history/\d+/undo)"', again)
            assert undo is not None, (kind, field)
            owner.post(undo[1])
            assert fields(owner.get(address).text)["was"] == fields(part)["was"], (kind, field)


def test_without_javascript_it_is_a_page_and_leads_back(browser: Visit, instance: Instance) -> None:
    number = records(instance)["engagement"]
    owner = browser("owner")
    page = owner.get(f"/inline/engagement/{number}/place").text
    assert "<html" in page
    answer = owner.post(f"/inline/engagement/{number}/place", data={**fields(page), "value": "Brussels"})
    assert answer.location == f"/engagements/{number}"
    assert "Brussels" in owner.get(answer.location).text


def test_other_fields_may_change_meanwhile_but_not_this_one(browser: Visit, instance: Instance) -> None:
    number = records(instance)["engagement"]
    owner, colleague = browser("owner"), browser("colleague")
    address = f"/inline/engagement/{number}/place"
    opened = fields(owner.get(address).text)
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        engagements.amend(work, number, summary="told")
    assert owner.post(address, data={**opened, "value": "Brussels"}).status_code == 303
    opened = fields(owner.get(address).text)
    theirs = fields(colleague.get(address).text)
    assert colleague.post(address, data={**theirs, "value": "London"}).status_code == 303
    answer = owner.post(address, data={**opened, "value": "Paris"})
    assert answer.status_code == 409
    for text in ("London", "Paris", "Keep mine", "Keep theirs", "Colleague saved this on"):
        assert text in answer.text
    part = owner.post(address, data={**opened, "value": "Paris"}, headers=HTMX)
    assert part.status_code == 422
    again = owner.post(address, data={**fields(answer.text), "value": "Paris", "choose:value": "mine"})
    assert again.status_code == 303
    assert "Paris" in owner.get(f"/engagements/{number}").text


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("engagement", "when", "nonsense"),
        ("engagement", "when", ""),
        ("engagement", "when", "1 January 2030"),
        ("engagement", "owner", "999999"),
        ("organisation", "goal", "often"),
        ("organisation", "website", "javascript:alert(1)"),
        ("person", "email", "nobody"),
        ("commitment", "state", "forgotten"),
        ("follow_up", "title", ""),
        ("follow_up", "due", "some day"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    browser: Visit, instance: Instance, kind: str, field: str, value: str
) -> None:
    number = records(instance)[kind]
    owner = browser("owner")
    address = f"/inline/{kind}/{number}/{field}"
    before = fields(owner.get(address).text)
    answer = owner.post(address, data={**before, "value": value}, headers=HTMX)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert fields(owner.get(address).text)["was"] == before["was"]


def test_hidden_unknown_and_read_only_are_refused(browser: Visit, instance: Instance) -> None:
    numbers = records(instance, "hidden")
    number = numbers["engagement"]
    address = f"/inline/engagement/{number}/place"
    assert browser("colleague").get(address).status_code == 404
    assert browser("colleague").post(address, data={"value": "x"}).status_code == 404
    assert browser("reader").get(f"/inline/organisation/{numbers['organisation']}/notes").status_code == 403
    owner = browser("owner")
    for wrong in (
        f"/inline/engagement/{number}/visibility",
        "/inline/member/1/role",
        "/inline/engagement/999999/place",
    ):
        assert owner.get(wrong).status_code == 404


def test_pages_offer_it_to_those_who_may_write(browser: Visit, instance: Instance) -> None:
    for kind, number in records(instance).items():
        room = PAGES[kind].split(".")[1].replace("_", "-")
        page = browser("owner").get(f"/{room}/{number}").text
        assert f"/inline/{kind}/{number}/" in page, kind
        assert "/inline/" not in browser("reader").get(f"/{room}/{number}").text, kind
