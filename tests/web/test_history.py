"""The history says who changed what, and tells nobody more than the record does."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import func, select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models.history import Transaction
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]


def logged(instance: Instance, visibility: str) -> int:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="DSIT")
        made = engagements.log(
            work,
            kind="meeting",
            when=parse_when("4 May 2026", today=work.today(), past=True),
            parties=[Party(body.id)],
            subject="first wording",
            visibility=visibility,
        )
    with instance.writing(persona(instance, "owner"), door="web") as work:
        engagements.amend(work, made.id, subject="second wording")
    return made.id


def test_record_history_shows_each_field_before_and_after(browser: Visit, instance: Instance) -> None:
    page = browser("owner").get(f"/history/engagement/{logged(instance, 'team')}").text
    assert "<del>first wording</del>" in page
    assert "<ins>second wording</ins>" in page
    assert "Owner" in page


def test_history_of_what_one_may_not_read_does_not_exist(browser: Visit, instance: Instance) -> None:
    for visibility in ("members", "hidden"):
        number = logged(instance, visibility)
        assert browser("owner").get(f"/history/engagement/{number}").status_code == 200
        assert browser("colleague").get(f"/history/engagement/{number}").status_code == 404


def test_history_of_everybody_is_for_administrators(browser: Visit, instance: Instance) -> None:
    logged(instance, "team")
    assert browser("owner").get("/history/").status_code == 403
    page = browser("admin").get("/history/").text
    assert "engagement: amend" in page
    assert "organisation: create" in page


def test_unknown_kind_or_number_is_not_there(browser: Visit, instance: Instance) -> None:
    for address in ("/history/secret/1", "/history/engagement/999999", "/history/engagement/99999999999999999999"):
        assert browser("admin").get(address).status_code == 404


def last(instance: Instance) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalar(select(func.max(Transaction.id))) or 0


def undo_form(page: str) -> tuple[str, str]:
    """The address to which the button on the last message posts, and what it says it is."""
    found = re.search(r'action="([^"]*/history/\d+/undo)".*?<button[^>]*>([^<]*)</button>', page, re.DOTALL)
    assert found is not None, "no message offers to take anything back"
    return found[1], found[2]


def test_what_is_binned_comes_back_with_one_click_and_goes_again_with_another(
    browser: Visit, instance: Instance
) -> None:
    owner, number = browser("owner"), logged(instance, "team")
    owner.post(f"/engagements/{number}/bin")
    address, label = undo_form(owner.get("/engagements/").text)
    assert label == "Undo"
    answer = owner.post(address, data={"back": "/engagements/?kind=meeting"})
    assert (answer.status_code, answer.location) == (303, "/engagements/?kind=meeting")
    assert "In the bin." not in owner.get(f"/engagements/{number}").text
    owner.get("/engagements/")
    assert owner.post(address).status_code == 303
    assert "taken back already" in owner.get("/engagements/").text
    assert "In the bin." not in owner.get(f"/engagements/{number}").text


def test_taking_back_offers_to_do_it_again(browser: Visit, instance: Instance) -> None:
    owner, number = browser("owner"), logged(instance, "team")
    owner.post(f"/engagements/{number}/bin")
    owner.post(undo_form(owner.get("/").text)[0])
    address, label = undo_form(owner.get("/").text)
    assert label == "Do it again"
    owner.post(address)
    assert "In the bin." in owner.get(f"/engagements/{number}").text


def test_record_that_is_no_more_sends_back_to_its_list(browser: Visit, instance: Instance) -> None:
    owner = browser("owner")
    made = owner.post("/topics/", data={"name": "AI Act"})
    address, _ = undo_form(owner.get(made.location).text)
    answer = owner.post(address, data={"back": made.location})
    assert answer.location == "/topics/"
    assert owner.get(made.location).status_code == 404


def test_what_was_changed_since_is_told_on_the_page_one_came_from(browser: Visit, instance: Instance) -> None:
    number = logged(instance, "team")
    before = last(instance)
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        engagements.amend(work, number, place="Brussels")
    owner = browser("owner")
    answer = owner.post(f"/history/{before}/undo", data={"back": f"/engagements/{number}"})
    assert answer.location == f"/engagements/{number}"
    page = owner.get(answer.location).text
    assert "changed since" in page
    assert "by Colleague on" in page


def test_nobody_is_sent_to_another_site(browser: Visit, instance: Instance) -> None:
    logged(instance, "team")
    for back in ("//example.org", "https://example.org/", "/\\example.org"):
        answer = browser("owner").post(f"/history/{last(instance)}/undo", data={"back": back})
        assert "example.org" not in answer.location


def test_hidden_and_unknown_acts_are_the_same_to_others(browser: Visit, instance: Instance) -> None:
    logged(instance, "hidden")
    colleague = browser("colleague")
    assert colleague.post(f"/history/{last(instance)}/undo").status_code == 404
    assert colleague.post("/history/999999/undo").status_code == 404
    assert browser("reader").post(f"/history/{last(instance)}/undo").status_code == 403
