"""The pages of engagements: logging one, losing nothing, what came of it, the list and its files."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crm.instance import Instance
from crm.models import (
    Attachment,
    Commitment,
    Engagement,
    FollowUp,
    Organisation,
    Participation,
    Person,
    Topic,
)
from crm.queries import suggest
from crm.queries import topics as topic_reads
from crm.services import engagements, organisations, people, topics
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]

PDF = b"%PDF-1.7\nletter"


@pytest.fixture
def body(instance: Instance) -> int:
    """The number of a body in the directory."""
    with instance.writing(persona(instance, "owner"), door="web") as work:
        return organisations.create(work, name="Directorate-General CNECT", short_name="DG CNECT").id


@pytest.fixture
def log(instance: Instance, body: int) -> Callable[..., int]:
    """``log("11 May 2026", status="held", by="owner", **values)``: logs a meeting with the body; gives its number."""

    def make(when: str, *, status: str = "", by: str = "owner", **values: Any) -> int:
        with instance.writing(persona(instance, by), door="web") as work:
            understood = engagements.read_when(work, when, kind=values.get("kind", "meeting"), status=status)
            values = {"kind": "meeting", "parties": [Party(body)], **values}
            return engagements.log(work, when=understood.when, status=understood.status, **values).id

    return make


def number_of(instance: Instance, record: Any, *conditions: Any) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalar(select(func.count()).select_from(record).where(*conditions)) or 0


def only(instance: Instance) -> Engagement:
    with instance.reading(door="cli", trusted=True) as work:
        number = work.session.scalars(select(Engagement.id)).one()
        found = engagements.get(work, number)
        work.session.expunge_all()
        return found


def hidden_value(answer: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', answer.text)
    assert found is not None, name
    return found[1]


# Logging


def test_new_form_has_good_defaults(browser: Visit, body: int) -> None:
    page = browser("owner").get("/engagements/new")
    assert page.status_code == 200
    assert 'value="20 May 2026"' in page.text
    assert "Wednesday 20 May 2026 · held" in page.text
    assert re.search(r'name="actors"[^>]*>\s*Us \[#\d+\]', page.text)
    assert re.search(r'name="colleagues"[^>]*>\s*Owner \[#m\d+\]', page.text)
    assert re.search(r'checked[^>]*value="meeting"|value="meeting"[^>]*checked', page.text)


def test_one_body_is_enough(browser: Visit, body: int, instance: Instance) -> None:
    answer = browser("owner").post("/engagements/new", {"bodies": "DG CNECT", "when": "yesterday"})
    assert answer.status_code == 303
    made = only(instance)
    assert answer.headers["Location"] == f"/engagements/{made.id}"
    assert (made.kind, made.status, made.when.short()) == ("meeting", "held", "19 May 2026")


def test_whole_meeting_is_logged_in_one_save(browser: Visit, body: int, instance: Instance) -> None:
    form = {
        "bodies": f"DG CNECT [#{body}]\nAI Office",
        "when": "11 May 2026 14:30",
        "kind": "meeting",
        "people": "Jane Doe, Head of Unit @ DG CNECT\nAna López @ AI Office",
        "subject": "Audits",
        "summary": "Line one\r\n\r\n  line two",
        "follow_ups-0-title": "Send the method",
        "follow_ups-0-due": "end of May",
        "follow_ups-3-title": "Call back",
        "actors": "Us\nA client",
        "colleagues": "Kim Smith @ Us",
        "third": "Observer Ltd",
        "copies": "Registry",
        "roles-0-who": "AI Office",
        "roles-0-taken": "host",
        "topics": "AI Act\nCyber Action Plan",
        "points-0-point": "Access to models",
        "points-0-raised_by": "DG CNECT",
        "points-0-conclusion": "To be continued",
        "commitments-0-direction": "ours",
        "commitments-0-kind": "offer",
        "commitments-0-wording": "We offer access.",
        "commitments-0-due": "30 June 2026",
        "commitments-1-direction": "theirs",
        "commitments-1-kind": "undertaking",
        "commitments-1-wording": "We will answer.",
        "commitments-1-body": "AI Office",
        "place": "Brussels",
        "link": "example.org/agenda",
        "initiated_by": "us",
        "notes": "For us",
        "files": [(io.BytesIO(PDF), "agenda.pdf"), (io.BytesIO(b"text"), "notes.txt")],
    }
    answer = browser("owner").post("/engagements/new", form, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    made = only(instance)
    assert (made.subject, made.place, made.link) == ("Audits", "Brussels", "https://example.org/agenda")
    assert made.summary == "Line one\n\n  line two"
    assert len([p for p in made.participations if p.side == "counterpart" and p.role != "copy"]) == 2
    assert {p.role for p in made.participations if p.organisation.name == "AI Office"} == {"host"}
    assert [point.conclusion for point in made.points] == ["To be continued"]
    assert [link.topic.name for link in made.topic_links] == ["AI Act", "Cyber Action Plan"]
    assert number_of(instance, FollowUp, FollowUp.engagement_id == made.id) == 2
    assert number_of(instance, Commitment, Commitment.engagement_id == made.id) == 2
    assert number_of(instance, Attachment, Attachment.engagement_id == made.id) == 2
    page = browser("owner").get(f"/engagements/{made.id}")
    for text in ("Audits", "Jane Doe", "Head of Unit", "Observer Ltd", "Registry", "We offer access.", "agenda.pdf"):
        assert text in page.text
    assert "Monday 11 May 2026, 14:30 (Europe/Brussels)" in page.text


def test_form_with_errors_keeps_everything_and_shows_each_on_its_field(
    browser: Visit, body: int, instance: Instance
) -> None:
    form = {
        "bodies": "Ministry of New Things",
        "when": "the day after never",
        "people": "Jane Doe, Director",
        "subject": "Kept subject",
        "summary": "Kept <summary>",
        "follow_ups-0-title": "Kept follow-up",
        "points-1-point": "",
        "points-1-conclusion": "Kept conclusion",
        "commitments-2-wording": "Kept words",
        "commitments-2-direction": "ours",
        "topics": "Kept topic",
        "visibility": "hidden",
    }
    answer = browser("owner").post("/engagements/new", form)
    assert answer.status_code == 422
    for text in ("Kept subject", "Kept &lt;summary&gt;", "Kept follow-up", "Kept conclusion", "Kept words"):
        assert text in answer.text
    for text in ("Ministry of New Things", "Jane Doe, Director", "Kept topic", "the day after never"):
        assert text in answer.text
    assert 'href="#when"' in answer.text
    assert number_of(instance, Engagement) == 0
    assert number_of(instance, Organisation, Organisation.name == "Ministry of New Things") == 0
    assert number_of(instance, Person) + number_of(instance, Topic) == 0


def test_error_in_a_row_is_told_in_its_row(browser: Visit, body: int) -> None:
    form = {
        "bodies": "DG CNECT",
        "when": "yesterday",
        "points-4-conclusion": "Alone",
        "follow_ups-0-title": "Write",
        "follow_ups-0-due": "some day",
        "roles-0-who": "Nobody",
        "roles-0-taken": "host",
    }
    answer = browser("owner").post("/engagements/new", form)
    assert answer.status_code == 422
    assert "Say what was raised." in answer.text
    assert 'id="follow_ups-0-due-error"' in answer.text
    assert "is not among those who took part" in answer.text


def test_files_of_a_refused_form_need_not_be_chosen_again(browser: Visit, body: int, instance: Instance) -> None:
    visitor = browser("owner")
    refused = visitor.post(
        "/engagements/new",
        {"bodies": "", "when": "yesterday", "files": (io.BytesIO(PDF), "My agenda.pdf")},
        content_type="multipart/form-data",
    )
    assert refused.status_code == 422
    held = re.search(r'name="held" value="([0-9a-f]{32} My agenda.pdf)"', refused.text)
    assert held is not None
    answer = visitor.post("/engagements/new", {"bodies": "DG CNECT", "when": "yesterday", "held": held[1]})
    assert answer.status_code == 303
    assert number_of(instance, Attachment, Attachment.name == "My agenda.pdf") == 1


def test_save_that_fails_leaves_no_file_in_the_log(browser: Visit, body: int, instance: Instance) -> None:
    browser("owner").post(
        "/engagements/new",
        {"bodies": "DG CNECT", "when": "never", "files": (io.BytesIO(PDF), "agenda.pdf")},
        content_type="multipart/form-data",
    )
    folder = instance.settings.attachments
    assert [path for path in folder.glob("[0-9a-f][0-9a-f]/*") if path.is_file()] == []
    assert number_of(instance, Attachment) == 0


def test_new_name_like_a_known_one_is_asked_about_once(browser: Visit, body: int, instance: Instance) -> None:
    visitor = browser("owner")
    form: dict[str, Any] = {"bodies": "cne", "when": "yesterday", "topics": "Kept topic", "submission": "k2"}
    asked = visitor.post("/engagements/new", form)
    assert asked.status_code == 422
    assert "Did you mean “Directorate-General CNECT”" in asked.text
    assert hidden_value(asked, "new") == "cne"
    assert number_of(instance, Organisation, Organisation.name == "cne") == 0
    assert visitor.post("/engagements/new", {**form, "new": "cne"}).status_code == 303
    assert number_of(instance, Organisation, Organisation.name == "cne") == 1


def test_possible_duplicate_is_asked_about_once_and_keeps_everything(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    first = log("11 May 2026", subject="Audits")
    visitor = browser("owner")
    form: dict[str, Any] = {"bodies": "DG CNECT", "when": "11 May 2026", "subject": "Kept subject", "submission": "k1"}
    asked = visitor.post("/engagements/new", form)
    assert asked.status_code == 422
    assert "Is it one of these?" in asked.text
    assert "Audits" in asked.text
    assert "Kept subject" in asked.text
    assert hidden_value(asked, "known") == str(first)
    assert number_of(instance, Engagement) == 1
    assert visitor.post("/engagements/new", {**form, "known": str(first)}).status_code == 303
    assert number_of(instance, Engagement) == 2


def test_double_click_leads_to_the_record_and_not_to_a_question(browser: Visit, body: int, instance: Instance) -> None:
    visitor = browser("owner")
    form = {"bodies": "DG CNECT", "when": "11 May 2026", "submission": "same-key"}
    first = visitor.post("/engagements/new", form)
    second = visitor.post("/engagements/new", form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert number_of(instance, Engagement) == 1


def test_expired_session_keeps_what_was_typed(browser: Visit, body: int, instance: Instance) -> None:
    visitor = browser("owner")
    with visitor.client.session_transaction() as stored:
        stored.clear()
    answer = visitor.client.post(
        "/engagements/new",
        data={"csrf_token": "old", "bodies": "DG CNECT", "subject": "Kept subject"},
        headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 403
    assert 'name="subject" value="Kept subject"' in answer.text
    assert number_of(instance, Engagement) == 0


def test_save_and_log_another_opens_the_form_again(browser: Visit, body: int) -> None:
    answer = browser("owner").post("/engagements/new", {"bodies": "DG CNECT", "when": "yesterday", "then": "another"})
    assert answer.headers["Location"] == "/engagements/new"


def test_form_begins_with_what_the_address_says(browser: Visit, log: Callable[..., int], body: int) -> None:
    visitor = browser("owner")
    page = visitor.get(f"/engagements/new?body={body}&kind=call&when=4+May&subject=Hello")
    assert f"Directorate-General CNECT [#{body}]" in page.text
    assert 'value="4 May"' in page.text
    assert 'value="Hello"' in page.text
    for odd in ("body=x", "body=99999999999", "body=-1", "follows=x", "topic=7", "kind=ball", "person=1e9"):
        assert visitor.get(f"/engagements/new?{odd}").status_code == 200


def test_reply_and_meet_again_begin_from_the_earlier_one(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    letter = log("11 May 2026", kind="email", status="sent", subject="Audits")
    visitor = browser("owner")
    page = visitor.get(f"/engagements/new?follows={letter}&as=reply")
    assert 'value="Re: Audits"' in page.text
    assert f"[#{letter}]" in page.text
    assert 'value="received" selected' in page.text or 'selected value="received"' in page.text
    again = visitor.get(f"/engagements/new?follows={letter}&as=again")
    assert "DG CNECT" in again.text or "Directorate-General CNECT" in again.text
    answer = visitor.post(
        "/engagements/new", {"bodies": "DG CNECT", "when": "19 May 2026", "follows": f"Audits [#{letter}]"}
    )
    follower = visitor.get(answer.headers["Location"])
    assert f'href="/engagements/{letter}"' in follower.text


# Correcting


def test_edit_form_holds_what_is_stored_and_changes_it(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    number = log("about 11 May 2026", subject="Audits")
    visitor = browser("owner")
    page = visitor.get(f"/engagements/{number}/edit")
    assert "about 11 May 2026" in page.text
    form = {
        "bodies": "DG CNECT",
        "when": "about 11 May 2026",
        "status": "held",
        "subject": "Audits of models",
        "version": hidden_value(page, "version"),
    }
    assert visitor.post(f"/engagements/{number}/edit", form).status_code == 303
    assert only(instance).subject == "Audits of models"


def test_words_of_a_date_keep_the_meaning_they_had(
    browser: Visit, log: Callable[..., int], instance: Instance, clock: Any
) -> None:
    number = log("yesterday")
    visitor = browser("owner")
    clock.move(days=8)
    visitor.post(f"/engagements/{number}/edit", {"bodies": "DG CNECT", "when": "yesterday", "status": "held"})
    made = only(instance)
    assert (made.when_text, made.first_day.day) == ("yesterday", 19)


def test_conflict_shows_both_versions_and_loses_neither(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    number = log("11 May 2026", subject="Audits")
    mine, theirs = browser("owner"), browser("colleague")
    opened = hidden_value(mine.get(f"/engagements/{number}/edit"), "version")
    form = {"bodies": "DG CNECT", "when": "11 May 2026", "status": "held", "version": opened}
    assert theirs.post(f"/engagements/{number}/edit", {**form, "subject": "Theirs <b>"}).status_code == 303
    answer = mine.post(f"/engagements/{number}/edit", {**form, "subject": "Mine", "points-0-point": "My point"})
    assert answer.status_code == 409
    for text in ("Theirs &lt;b&gt;", "Mine", "My point", "Both versions"):
        assert text in answer.text
    assert only(instance).subject == "Theirs <b>"
    again = {**form, "subject": "Mine", "version": hidden_value(answer, "version")}
    assert mine.post(f"/engagements/{number}/edit", again).status_code == 303
    assert only(instance).subject == "Mine"


def test_reader_sees_no_form_and_no_button(browser: Visit, log: Callable[..., int]) -> None:
    number = log("11 May 2026")
    visitor = browser("reader")
    assert visitor.get("/engagements/new").status_code == 403
    assert visitor.get(f"/engagements/{number}/edit").status_code == 403
    page = visitor.get(f"/engagements/{number}")
    assert page.status_code == 200
    assert f"/{number}/bin" not in page.text
    assert "Add a follow-up" not in page.text


# What came of it


def test_planned_meeting_is_settled_in_one_click_and_taken_back_in_another(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    number = log("11 May 2026", status="planned")
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.get_one(Engagement, number).first_day.year == 2026
    visitor = browser("owner")
    assert "It was held" in visitor.get(f"/engagements/{number}").text
    assert visitor.post(f"/engagements/{number}/settle", {"outcome": "held"}).status_code == 303
    assert only(instance).counts
    assert f"/engagements/{number}/reopen" in visitor.get(f"/engagements/{number}").text
    visitor.post(f"/engagements/{number}/reopen")
    assert only(instance).status == "planned"
    assert visitor.post(f"/engagements/{number}/settle", {"outcome": "nonsense"}).status_code == 422


def test_meeting_is_postponed_and_shows_the_date_it_had(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    number = log("4 June 2026", status="planned")
    visitor = browser("owner")
    refused = visitor.post(f"/engagements/{number}/postpone", {"to": "some day", "reason": "Kept reason"})
    assert refused.status_code == 422
    assert "Kept reason" in refused.text
    assert visitor.post(f"/engagements/{number}/postpone", {"to": "11 June", "reason": "Strike"}).status_code == 303
    page = visitor.get(f"/engagements/{number}").text
    assert "<s>4 Jun 2026</s>" in page
    assert "Strike" in page
    assert "Thursday 11 June 2026" in page


def test_refusal_shows_its_facts(browser: Visit, log: Callable[..., int], body: int) -> None:
    number = log("4 June 2026", status="planned")
    visitor = browser("owner")
    form = {"by": str(body), "on": "18 May", "notice": "by telephone", "reason": "A full diary"}
    assert visitor.post(f"/engagements/{number}/decline", {**form, "on": "some day"}).status_code == 422
    assert visitor.post(f"/engagements/{number}/decline", form).status_code == 303
    page = visitor.get(f"/engagements/{number}").text
    for text in ("DG CNECT", "18 May 2026", "by telephone", "A full diary", "Ask again"):
        assert text in page


def test_stale_click_does_not_move_a_date_somebody_moved_meanwhile(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    number = log("4 June 2026", status="planned")
    visitor = browser("owner")
    opened = hidden_value(visitor.get(f"/engagements/{number}"), "version")
    visitor.post(f"/engagements/{number}/postpone", {"to": "11 June", "version": opened})
    answer = visitor.post(f"/engagements/{number}/postpone", {"to": "25 June", "version": opened})
    assert answer.status_code in (409, 422)
    assert "25 June" in answer.text
    assert only(instance).when.short() == "11 Jun 2026"


def test_binned_engagement_is_taken_out_again_from_the_next_page(browser: Visit, log: Callable[..., int]) -> None:
    number = log("11 May 2026", subject="Audits")
    visitor = browser("owner")
    visitor.post(f"/engagements/{number}/bin")
    listed = visitor.get("/engagements/")
    undo = re.search(r'action="(/history/\d+/undo)"', listed.text)
    assert undo is not None
    assert "Audits" not in visitor.get("/engagements/").text
    visitor.post(undo[1])
    assert "Audits" in visitor.get("/engagements/").text


def test_follow_up_is_added_on_the_page(browser: Visit, log: Callable[..., int]) -> None:
    number = log("11 May 2026")
    visitor = browser("owner")
    refused = visitor.post(f"/engagements/{number}/follow-ups", {"title": "Kept title", "due": "some day"})
    assert refused.status_code == 422
    assert "Kept title" in refused.text
    assert visitor.post(f"/engagements/{number}/follow-ups", {"title": "Write", "due": "1 June"}).status_code == 303
    assert "Write" in visitor.get(f"/engagements/{number}").text


def test_settling_many_at_once_leaves_the_others(browser: Visit, log: Callable[..., int]) -> None:
    first, second, third = (log(f"{day} May 2026", status="planned", subject=f"On the {day}th") for day in (4, 5, 6))
    visitor = browser("owner")
    page = visitor.get("/engagements/unsettled")
    assert all(f"On the {day}th" in page.text for day in (4, 5, 6))
    visitor.post("/engagements/unsettled", {"do": "held", "ids": [str(first), str(second)]})
    page = visitor.get("/engagements/unsettled")
    assert "2 engagements marked as held" in page.text
    assert "On the 4th" not in page.text
    assert "On the 6th" in page.text
    visitor.post("/engagements/unsettled", {"cancelled": str(third)})
    assert "Nothing awaits an answer" in visitor.get("/engagements/unsettled").text
    assert visitor.post("/engagements/unsettled", {"do": "held"}).status_code == 422


# Hidden content


def test_topics_of_hidden_content_are_told_and_counted_to_nobody_else(
    browser: Visit, log: Callable[..., int], instance: Instance
) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        topic = topics.create(work, name="Quokka policy").id
    hidden = log("11 May 2026", visibility="hidden", topic_ids=[topic])
    for member, engagements_told in (("owner", 1), ("colleague", 0), ("reader", 0)):
        assert ("Quokka" in browser(member).get(f"/engagements/{hidden}").text) is bool(engagements_told)
        with instance.reading(persona(instance, member), door="web") as work:
            [row] = topic_reads.topics(work)
            [suggested] = suggest.topics(work, "quokka")
        assert (row.id, row.engagements) == (topic, engagements_told)
        assert ("1" in suggested.hint) is bool(engagements_told), suggested


def test_hidden_content_is_said_to_be_hidden(browser: Visit, log: Callable[..., int], instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        jane = people.create(work, name="Jane Quokka").id
    hidden = log("11 May 2026", subject="Quokka", visibility="hidden", notes="Quokka", place="Quokka")
    kept = log("12 May 2026", subject="Quokka", visibility="members")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        party = engagements.get(work, hidden).participations[-1]
        engagements.amend(work, hidden, parties=[Party(party.organisation_id, jane)])
    visitor = browser("colleague")
    page = visitor.get(f"/engagements/{hidden}")
    assert "Content hidden" in page.text
    assert "Quokka" not in page.text
    assert "DG CNECT" in page.text or "Directorate-General CNECT" in page.text
    assert visitor.get(f"/engagements/{kept}").status_code == 404
    for address in (f"/engagements/{hidden}/edit", f"/engagements/new?follows={hidden}&as=again"):
        assert visitor.get(address).status_code == 404
    for act in ("settle", "bin", "restore", "reopen", "postpone", "decline", "follow-ups", "files"):
        assert visitor.post(f"/engagements/{hidden}/{act}", {"outcome": "cancelled", "title": "x"}).status_code == 404
    hints = visitor.post("/engagements/hints", {"bodies": "DG CNECT", "when": "11 May 2026", "kind": "meeting"})
    assert "Quokka" not in hints.text
    assert f"/engagements/{kept}" not in hints.text
    assert "Quokka" not in visitor.get("/engagements/?q=quokka").text.replace('value="quokka"', "")


# The list


def test_filter_sent_by_its_form_becomes_a_short_address(browser: Visit, log: Callable[..., int], body: int) -> None:
    log("11 May 2026", subject="Audits")
    visitor = browser("owner")
    answer = visitor.get("/engagements/?q=&kind=meeting&body=dg+cnect&status=&since=May+2026&until=&actor=&topic=")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/engagements/?body={body}&kind=meeting&since=2026-05-01"
    page = visitor.get(answer.headers["Location"])
    assert "Audits" in page.text
    assert "1 engagement" in page.text


def test_filter_that_cannot_be_read_shows_why_and_no_rows(browser: Visit, log: Callable[..., int]) -> None:
    log("11 May 2026", subject="Audits")
    visitor = browser("owner")
    for odd in (
        "since=some+day",
        "kind=ball",
        "status=asleep",
        "body=Nobody+at+all",
        "body=99999999999999999999",
        "certainty=perhaps",
        "since=2026-06-01&until=2026-05-01",
        "tree=yesterday",
        "topic=Nothing",
        "beside=everything",
    ):
        page = visitor.get(f"/engagements/?{odd}")
        assert page.status_code == 200, odd
        assert 'role="alert"' in page.text, odd
        assert "Audits" not in page.text, odd
    for harmless in ("after=x", "before=2026-99-99", "sort=sideways", "body=2147483000", "q=%25%5F"):
        assert visitor.get(f"/engagements/?{harmless}").status_code == 200, harmless


def test_limits_that_came_with_a_number_can_be_taken_away(browser: Visit, log: Callable[..., int], body: int) -> None:
    log("11 May 2026", subject="Audits")
    page = browser("owner").get(f"/engagements/?also={body}&per=contact&certainty=certain&status=counted&actor=ours")
    assert page.status_code == 200
    assert "One row for each contact" in page.text
    assert "With: DG CNECT" in page.text
    assert "1 contact" in page.text
    assert 'href="/engagements/?actor=ours&amp;status=counted&amp;certainty=certain&amp;per=contact"' in page.text


def test_empty_list_says_what_to_do(browser: Visit) -> None:
    assert "No engagements yet" in browser("owner").get("/engagements/").text
    assert "Nothing fits this filter" in browser("owner").get("/engagements/?kind=call").text


def test_list_leads_from_page_to_page(browser: Visit, log: Callable[..., int], monkeypatch: Any) -> None:
    from crm.web.engagements import listing

    monkeypatch.setattr(listing, "PER_PAGE", 2)
    for day in range(1, 6):
        log(f"{day} May 2026", subject=f"On day {day}")
    visitor = browser("owner")
    address, seen = "/engagements/?kind=meeting&sort=when", []
    while address:
        page = visitor.get(address).text
        seen += re.findall(r">On day (\d)<", page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert seen == ["1", "2", "3", "4", "5"]


# While typing


@pytest.mark.parametrize(
    ("query", "ok", "text"),
    [
        ("text=11+May", True, "Monday 11 May 2026 · held"),
        ("text=12+June&kind=letter", True, "Friday 12 June 2026 · drafted"),
        ("text=11+May&status=planned", True, "Tuesday 11 May 2027"),
        ("text=", True, ""),
    ],
)
def test_date_is_understood_while_it_is_typed(browser: Visit, query: str, ok: bool, text: str) -> None:
    answer = browser("owner").get(f"/engagements/when?{query}")
    assert answer.json == {"ok": ok, "text": text}


def test_date_that_cannot_be_read_is_answered_and_no_fault(browser: Visit) -> None:
    visitor = browser("owner")
    for text in ("some day", "31 February", "x" * 5000, "%00", "11 May 2026 25:99"):
        answer = visitor.get(f"/engagements/when?text={text}")
        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["ok"] is False


def test_hints_tell_of_duplicates_and_of_colleagues(browser: Visit, log: Callable[..., int], body: int) -> None:
    log("11 May 2026", subject="Audits")
    log("21 May 2026 10:00", status="planned", by="colleague", subject="Second exchange")
    visitor = browser("owner")
    found = visitor.post("/engagements/hints", {"bodies": f"X [#{body}]", "when": "11 May 2026", "kind": "meeting"})
    assert "In the log already?" in found.text
    assert "Audits" in found.text
    assert "Colleague meets" in found.text
    assert "on Thursday" in found.text
    for odd in ({}, {"bodies": "\x01", "when": "x"}, {"bodies": "Nobody", "kind": "ball", "status": "x", "but": "x"}):
        assert visitor.post("/engagements/hints", odd).text.strip() == ""


def test_suggestions_answer_in_json(browser: Visit, body: int) -> None:
    found = browser("owner").get("/suggest/organisations?q=cnect").json
    assert found is not None
    assert found["create"] is True
    assert found["items"][0] == {
        "value": str(body),
        "label": "Directorate-General CNECT",
        "detail": "DG CNECT",
        "hint": "",
    }
    assert browser("reader").get("/suggest/organisations?q=cnect").json["create"] is False  # type: ignore[index]


def test_new_person_is_offered_for_each_of_several_bodies(browser: Visit, body: int) -> None:
    visitor = browser("owner")
    one = visitor.get(f"/suggest/people?q=Jane&bodies=X+[%23{body}]").json
    assert one == {"items": [], "create": True}
    several = visitor.get(f"/suggest/people?q=Jane,+Director&bodies=X+[%23{body}]%0AUs").json
    assert several is not None
    assert several["create"] is False
    assert [item["label"] for item in several["items"]] == ["Jane, Director @ DG CNECT", "Jane, Director @ Us"]
    assert several["items"][0]["value"] == f"@{body}"


# Files


def test_file_is_handed_out_as_a_download_that_runs_nothing(browser: Visit, log: Callable[..., int]) -> None:
    number = log("11 May 2026")
    visitor = browser("owner")
    html = b"<script>alert(1)</script>"
    answer = visitor.post(
        f"/engagements/{number}/files",
        {"files": (io.BytesIO(html), 'Ärger "1".html')},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    address = re.search(rf'/engagements/{number}/files/\d+"', visitor.get(f"/engagements/{number}").text)
    assert address is not None
    got = visitor.get(address[0].rstrip('"'))
    assert got.data == html
    assert got.headers["Content-Type"].startswith("text/plain")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["Cache-Control"] == "no-store"
    assert got.headers["Content-Length"] == str(len(html))


def test_file_is_removed_and_brought_back(browser: Visit, log: Callable[..., int], instance: Instance) -> None:
    number = log("11 May 2026")
    visitor = browser("owner")
    visitor.post(
        f"/engagements/{number}/files", {"files": (io.BytesIO(PDF), "a.pdf")}, content_type="multipart/form-data"
    )
    with instance.reading(door="cli", trusted=True) as work:
        file = work.session.scalars(select(Attachment.id)).one()
    visitor.post(f"/engagements/{number}/files/{file}/bin")
    assert visitor.get(f"/engagements/{number}/files/{file}").status_code == 404
    visitor.post(f"/engagements/{number}/files/{file}/restore")
    assert visitor.get(f"/engagements/{number}/files/{file}").status_code == 200
    assert visitor.get(f"/engagements/{number + 1}/files/{file}").status_code == 404


def test_empty_file_is_refused_with_a_reason(browser: Visit, log: Callable[..., int]) -> None:
    number = log("11 May 2026")
    answer = browser("owner").post(
        f"/engagements/{number}/files", {"files": (io.BytesIO(b""), "nothing.txt")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert "nothing.txt" in answer.text


def test_participation_of_each_person_is_kept_through_the_form(
    browser: Visit, log: Callable[..., int], body: int, instance: Instance
) -> None:
    number = log("11 May 2026")
    visitor = browser("owner")
    page = visitor.get(f"/engagements/{number}/edit")
    before = number_of(instance, Participation)
    form = {
        "bodies": f"Directorate-General CNECT [#{body}]",
        "when": "11 May 2026",
        "status": "held",
        "version": hidden_value(page, "version"),
        "people": "Jane Doe",
    }
    assert visitor.post(f"/engagements/{number}/edit", form).status_code == 303
    assert number_of(instance, Participation) == before
