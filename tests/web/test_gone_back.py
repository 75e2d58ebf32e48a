"""Somebody goes back in the browser and changes a form that was saved: neither version is lost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from crm.instance import Instance
from crm.testing.browsing import Browser
from tests.web.test_conflicts import rooms, typed

Visit = Callable[..., Browser]


def test_saved_form_that_was_changed_after_going_back_is_not_dropped(browser: Visit, instance: Instance) -> None:
    mine = browser("owner")
    form = typed(mine.get("/people/new"))
    form["name"], form["csrf_token"] = "First", mine.token()
    first = mine.client.post("/people/", data=form)
    assert first.status_code == 303
    assert mine.client.post("/people/", data=form).headers["Location"] == first.headers["Location"]
    form["name"] = "Second, typed long"
    answer = mine.client.post("/people/", data=form)
    assert answer.status_code == 409
    assert "Second, typed long" in answer.text
    assert f'href="{first.headers["Location"]}"' in answer.text
    assert form["submission"] not in answer.text
    again = {**form.to_dict(), "submission": "another key", "csrf_token": mine.token()}
    second = mine.client.post("/people/", data=again)
    assert second.status_code == 303
    assert second.headers["Location"] != first.headers["Location"]


def test_edit_that_was_changed_after_going_back_is_held_against_what_was_saved(
    browser: Visit, instance: Instance
) -> None:
    page, target, field, _ = rooms(instance)["people"]
    mine = browser("owner")
    form = typed(mine.get(page))
    form[field], form["csrf_token"] = "Saved", mine.token()
    assert mine.client.post(target, data=form).status_code == 303
    form[field] = "Typed after going back"
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 409
    assert "Typed after going back" in answer.text
    form["submission"] = "another key"
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 409
    shown = typed(answer)
    assert shown[field] == "Typed after going back"
    assert "Owner saved this on 20 May 2026 11:00, after you had opened it" in answer.text


ADDED = {
    "people": ("/people/new", "/people/", {"name": "Jane Sample", "email": "jane@example.org"}),
    "follow_ups": ("/follow-ups/new", "/follow-ups/", {"title": "Send the paper", "due": "3 June 2026"}),
    "commitments": (
        "/commitments/new",
        "/commitments/",
        {"wording": "Access", "made_by": "DSIT", "made_to": "AISI", "when": "4 May 2026"},
    ),
    "milestones": (
        "/milestones/new",
        "/milestones/",
        {"title": "Plenary", "when": "4 May 2026", "organisation": "DSIT"},
    ),
}


@pytest.mark.parametrize("room", ADDED)
def test_same_record_typed_again_into_a_new_form_is_asked_about_before_it_is_added(
    browser: Visit, instance: Instance, room: str
) -> None:
    page, target, said = ADDED[room]
    rooms(instance)
    mine = browser("owner")

    def fresh(**more: str) -> MultiDict[str, str]:
        form = typed(mine.get(page))
        for name, value in {**said, **more, "csrf_token": mine.token()}.items():
            form[name] = value
        return form

    def asked() -> str:
        answer = mine.client.post(target, data=fresh())
        assert answer.status_code == 409
        for name, value in said.items():
            assert f'name="{name}" value="{value}"' in answer.text
        assert 'name="another" value="yes"' in answer.text
        return re.findall(r'<a href="([^"]+)">here it is</a>', answer.text)[0]

    first = mine.client.post(target, data=fresh())
    assert first.status_code == 303, first.text
    stands = asked()
    assert all(value in html.unescape(mine.get(stands).text) for value in said.values())
    assert mine.client.post(target, data=fresh(another="yes")).status_code == 303
    assert asked() != stands


def test_record_that_differs_or_stands_no_longer_is_added_without_a_question(browser: Visit) -> None:
    mine = browser("owner")

    def add(**said: str) -> TestResponse:
        form = typed(mine.get("/people/new"))
        for name, value in {**said, "csrf_token": mine.token()}.items():
            form[name] = value
        return mine.client.post("/people/", data=form)

    first = add(name="Jane Sample")
    assert add(name="Jane Sample", phone="0123").status_code == 303
    assert mine.post(f"{first.headers['Location']}/bin").status_code == 303
    assert add(name="Jane Sample").status_code == 303


def test_nobody_is_asked_about_what_another_member_added(browser: Visit) -> None:
    for who in ("owner", "colleague"):
        visitor = browser(who)
        form = typed(visitor.get("/follow-ups/new"))
        form["title"], form["owner_id"], form["csrf_token"] = "Send the paper", "", visitor.token()
        assert visitor.client.post("/follow-ups/", data=form).status_code == 303
