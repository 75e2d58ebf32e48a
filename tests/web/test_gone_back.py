"""Somebody goes back in the browser and changes a form that was saved: neither version is lost."""

from __future__ import annotations

from collections.abc import Callable

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
    assert "Owner, on 20 May 2026 11:00, saved this after you had opened it" in answer.text
