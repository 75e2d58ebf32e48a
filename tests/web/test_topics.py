"""Topics, milestones and lists in the browser."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from crm.instance import Instance
from crm.models import Milestone, OrganisationList, Topic
from crm.testing.browsing import Browser

Visit = Callable[..., Browser]


def only(instance: Instance, record_class: type) -> object:
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalars(select(record_class)).one()


def test_topic_is_opened_below_another_and_shown_in_its_place(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    assert visitor.post("/topics/", {"name": "EU Cyber Action Plan"}).status_code == 303
    parent = only(instance, Topic)
    answer = visitor.post("/topics/", {"name": "Cyber-model access", "parent_id": str(parent.id)})
    page = visitor.get(answer.headers["Location"])
    assert page.text.index("EU Cyber Action Plan") < page.text.index("Cyber-model access</h1>")


def test_topic_with_a_taken_name_keeps_what_was_typed(browser: Visit) -> None:
    visitor = browser("owner")
    visitor.post("/topics/", {"name": "DSA"})
    answer = visitor.post("/topics/", {"name": "dsa", "description": "typed at length"})
    assert answer.status_code == 422
    assert "typed at length" in answer.text


def test_milestone_with_an_unreadable_day_says_what_would_be_right(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    visitor.post("/topics/", {"name": "DSA"})
    topic = only(instance, Topic)
    typed = {"title": "Designation", "kind": "decision", "when": "the other day", "topic_id": str(topic.id)}
    answer = visitor.post("/milestones/", typed)
    assert answer.status_code == 422
    assert "11 May 2026" in answer.text
    assert visitor.post("/milestones/", {**typed, "when": "before 12 May 2026"}).status_code == 303
    assert "it stands in the calendars on its last possible day, 11 May 2026." in visitor.get("/milestones/").text
    made = only(instance, Milestone)
    assert "Designation" in visitor.get(f"/milestones/{made.id}").text
    visitor.post("/milestones/", {**typed, "when": "after 12 May 2026"})
    assert "without a last possible day it stands in no calendar." in visitor.get("/milestones/").text


def test_milestone_edited_without_touching_its_day_keeps_the_day_it_had(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    visitor.post("/topics/", {"name": "DSA"})
    typed = {"title": "Vote", "kind": "vote", "when": "yesterday", "topic_id": str(only(instance, Topic).id)}
    visitor.post("/milestones/", typed)
    before = only(instance, Milestone)
    instance.clock.move(days=3)  # type: ignore[attr-defined]
    answer = visitor.post(f"/milestones/{before.id}", {**typed, "title": "Plenary vote", "version": before.version})
    assert answer.status_code == 303
    after = only(instance, Milestone)
    assert (after.title, after.first_day) == ("Plenary vote", before.first_day)


def test_list_takes_names_as_typed_and_refuses_unknown_ones(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    assert visitor.post("/lists/", {"name": "Ours", "organisations": "us\nNobody at all"}).status_code == 422
    assert visitor.post("/lists/", {"name": "Ours", "organisations": "us"}).status_code == 303
    saved = only(instance, OrganisationList)
    assert ">Us<" in visitor.get(f"/lists/{saved.id}").text
    assert visitor.post(f"/lists/{saved.id}/delete").status_code == 303
    assert visitor.get(f"/lists/{saved.id}").status_code == 404
