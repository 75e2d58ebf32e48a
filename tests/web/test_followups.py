"""Follow-ups in the browser: added, done, undone, snoozed, one or several."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from crm.instance import Instance
from crm.models import FollowUp
from crm.testing.browsing import Browser

Visit = Callable[..., Browser]


def stored(instance: Instance) -> list[FollowUp]:
    with instance.reading(door="cli", trusted=True) as work:
        return list(work.session.scalars(select(FollowUp).order_by(FollowUp.id)))


def test_follow_up_is_mine_and_due_when_i_said(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    answer = visitor.post("/follow-ups/", {"title": "Send the paper", "due": "3 June 2026"})
    assert answer.status_code == 303
    assert "3 June 2026" in visitor.get(answer.headers["Location"]).text
    assert "Send the paper" in visitor.get("/follow-ups/").text
    assert "Send the paper" not in browser("colleague").get("/follow-ups/").text
    assert "Send the paper" in browser("colleague").get("/follow-ups/?whose=team").text


def test_unreadable_day_is_put_on_its_field_and_nothing_typed_is_lost(browser: Visit, instance: Instance) -> None:
    answer = browser("owner").post("/follow-ups/", {"title": "Send the paper", "due": "soonish", "note": "as agreed"})
    assert answer.status_code == 422
    assert 'id="due-error' in answer.text or 'aria-invalid="true"' in answer.text
    assert "as agreed" in answer.text
    assert stored(instance) == []


def test_double_click_makes_one_follow_up(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    typed = {"title": "Send the paper", "submission": "the-key-of-this-form"}
    assert visitor.post("/follow-ups/", typed).status_code == 303
    assert visitor.post("/follow-ups/", typed).status_code == 303
    assert len(stored(instance)) == 1


def test_several_are_done_or_snoozed_at_once(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    for title in ("One", "Two"):
        visitor.post("/follow-ups/", {"title": title, "due": "1 May 2026"})
    ids = [str(follow_up.id) for follow_up in stored(instance)]
    assert visitor.post("/follow-ups/several", {"ids": ids, "action": "snooze", "days": "7"}).status_code == 303
    assert {str(follow_up.due_last) for follow_up in stored(instance)} == {"2026-05-27"}
    assert visitor.post("/follow-ups/several", {"ids": ids, "action": "do"}).status_code == 303
    assert all(follow_up.is_done for follow_up in stored(instance))
    assert visitor.post(f"/follow-ups/{ids[0]}/undo").status_code == 303
    assert [follow_up.is_done for follow_up in stored(instance)] == [False, True]


def test_reader_changes_nothing(browser: Visit, instance: Instance) -> None:
    assert browser("reader").post("/follow-ups/", {"title": "No"}).status_code == 403
    assert stored(instance) == []


def test_back_leads_only_to_own_pages(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    visitor.post("/follow-ups/", {"title": "One"})
    (made,) = stored(instance)
    answer = visitor.post(f"/follow-ups/{made.id}/do", {"back": "//evil.example/"})
    assert answer.headers["Location"] == "/follow-ups/"
