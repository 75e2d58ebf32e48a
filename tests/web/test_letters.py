"""Letters in the browser: written once, sent, followed step by step, answered, chased."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Engagement, FollowUp
from crm.queries import letters as reads
from crm.services import engagements, lists, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]
STATES = ("Austria", "Estonia", "Malta")


@pytest.fixture
def states(instance: Instance) -> int:
    """Three states, and the number of the list that holds them."""
    with instance.writing(persona(instance, "owner"), door="web") as work:
        made = [organisations.create(work, name=name, kind="member_state") for name in STATES]
        return lists.create(work, name="Three states", organisation_ids=[state.id for state in made]).id


@pytest.fixture
def letter(instance: Instance, states: int, browser: Visit) -> int:
    """A letter sent to the three on 11 May."""
    typed = {"subject": "Cyber Action Plan", "lists": str(states), "sent": "11 May 2026", "visibility": "team"}
    return number_in(browser("owner").post("/letters/", typed))


@pytest.fixture
def draft(instance: Instance, states: int, browser: Visit) -> int:
    typed = {"subject": "Cyber Action Plan", "lists": str(states), "visibility": "team"}
    return number_in(browser("owner").post("/letters/", typed))


def number_in(answer: TestResponse) -> int:
    assert answer.status_code == 303, answer.text
    return int(re.search(r"/letters/(\d+)", answer.headers["Location"])[1])  # type: ignore[index]


def copies(instance: Instance, letter: int) -> dict[str, reads.CopyRow]:
    with instance.reading(persona(instance, "owner"), door="web") as work:
        return {row.name: row for row in reads.matrix(work, letter)}


def ids(instance: Instance, letter: int, *names: str) -> list[str]:
    return [str(row.dispatch_id) for name, row in copies(instance, letter).items() if not names or name in names]


class TestWriting:
    def test_letter_goes_to_a_list_and_further_bodies_as_a_draft(
        self, browser: Visit, instance: Instance, states: int
    ) -> None:
        visitor = browser("owner")
        form = visitor.get(f"/letters/new?list={states}").text
        assert re.search(rf'<input[^>]*checked[^>]*value="{states}"', form)
        typed = {
            "subject": "Cyber Action Plan",
            "lists": str(states),
            "recipients": "Malta\nUs",
            "answer_by": "1 June",
            "channel": "post",
            "visibility": "team",
        }
        page = visitor.get(visitor.post("/letters/", typed).headers["Location"]).text
        for name in (*STATES, "Drafted", "1 Jun 2026", "Post", "Mark as sent"):
            assert name in page
        assert page.count("Choose Malta") == 1

    def test_what_cannot_be_read_is_said_all_at_once_and_nothing_typed_is_lost(
        self, browser: Visit, instance: Instance, states: int
    ) -> None:
        typed = {
            "subject": "Typed at length",
            "recipients": "Atlantis",
            "sent": "the other day",
            "answer_by": "soonish",
            "visibility": "team",
        }
        answer = browser("owner").post("/letters/", typed)
        assert answer.status_code == 422
        assert answer.text.count('class="field__error"') == 3
        assert "Typed at length" in answer.text
        assert "the other day" in answer.text

    def test_page_says_what_was_written_by_whom_about_what(
        self, browser: Visit, instance: Instance, states: int
    ) -> None:
        with instance.writing(persona(instance, "owner"), door="web") as work:
            organisations.create(work, name="Client Ltd", is_client=True)
        typed = {
            "subject": "Cyber Action Plan",
            "lists": str(states),
            "actors": "Us\nClient Ltd",
            "colleagues": "Kim Smith, Director @ Client Ltd\nAlex Roe @ Us",
            "summary": "We offer access.\nPlease answer.",
            "topics": "Cyber",
            "link": "example.org/letter.pdf",
            "sent": "11 May 2026",
            "visibility": "hidden",
        }
        letter = number_in(browser("owner").post("/letters/", typed))
        page = browser("owner").get(f"/letters/{letter}").text
        for said in ("Client Ltd", "Kim Smith", ", Director", "Alex Roe", "We offer access.", ">Cyber</a>"):
            assert said in page, said
        assert 'href="https://example.org/letter.pdf"' in page
        with instance.reading(door="cli", trusted=True) as work:
            sides = {(one.organisation.name, one.person and one.person.name, one.role)
                     for one in engagements.get(work, letter).participations if one.side == "actor"}  # fmt: skip
        assert sides == {("Us", "Alex Roe", "signatory"), ("Client Ltd", "Kim Smith", "signatory")}
        outside = browser("colleague").get(f"/letters/{letter}")
        assert outside.status_code == 404
        assert not any(said in outside.text for said in ("Kim", "access", "Cyber", "letter.pdf"))

    def test_signatory_of_no_side_and_a_link_that_is_none_are_said_on_their_fields(
        self, browser: Visit, states: int
    ) -> None:
        typed = {"lists": str(states), "colleagues": "Kim Smith @ Elsewhere", "visibility": "team"}
        answer = browser("owner").post("/letters/", typed)
        assert answer.status_code == 422
        assert "Elsewhere is not among the organisations of this side" in answer.text
        answer = browser("owner").post("/letters/", {"lists": str(states), "link": "ask us", "visibility": "team"})
        assert answer.status_code == 422
        assert "is no web address" in answer.text

    def test_letter_to_nobody_is_refused_on_the_field(self, browser: Visit, states: int) -> None:
        answer = browser("owner").post("/letters/", {"subject": "To whom it may concern", "visibility": "team"})
        assert answer.status_code == 422
        assert "Choose at least one list or body to write to." in answer.text

    def test_double_click_writes_one_letter(self, browser: Visit, instance: Instance, states: int) -> None:
        typed = {"subject": "Once", "lists": str(states), "visibility": "team", "submission": "the-key-of-this-form"}
        visitor = browser("owner")
        assert number_in(visitor.post("/letters/", typed)) == number_in(visitor.post("/letters/", typed))
        with instance.reading(door="cli", trusted=True) as work:
            assert len(work.session.scalars(select(Engagement.id)).all()) == 1

    def test_list_shows_how_far_each_letter_has_come(self, browser: Visit, letter: int, draft: int) -> None:
        page = browser("owner").get("/letters/").text
        assert "to Austria and 2 more" in page
        assert "for 3 recipients" in page
        assert "Cyber Action Plan" in browser("owner").get("/letters/?show=awaiting&q=cyber").text
        assert "No letter fits" in browser("owner").get("/letters/?q=nothing+like+it").text


class TestDrafts:
    def test_recipients_are_chosen_anew(self, browser: Visit, instance: Instance, draft: int) -> None:
        visitor = browser("owner")
        assert "Malta [#" in visitor.get(f"/letters/{draft}/recipients").text
        assert visitor.post(f"/letters/{draft}/recipients", {"recipients": "Malta"}).status_code == 303
        assert set(copies(instance, draft)) == {"Malta"}

    def test_two_who_choose_at_once_see_both_versions(self, browser: Visit, instance: Instance, draft: int) -> None:
        visitor = browser("owner")
        version = re.search(r'name="version"[^>]*value="(\d+)"', visitor.get(f"/letters/{draft}/recipients").text)
        assert version is not None
        browser("colleague").post(f"/letters/{draft}/recipients", {"recipients": "Malta"})
        answer = visitor.post(f"/letters/{draft}/recipients", {"recipients": "Estonia", "version": version[1]})
        assert answer.status_code == 409
        assert "Estonia" in answer.text
        assert set(copies(instance, draft)) == {"Malta"}

    def test_sent_letter_keeps_its_recipients(self, browser: Visit, instance: Instance, letter: int) -> None:
        answer = browser("owner").post(f"/letters/{letter}/recipients", {"recipients": "Malta"})
        assert answer.status_code == 422
        assert set(copies(instance, letter)) == set(STATES)

    def test_draft_is_sent_to_all(self, browser: Visit, instance: Instance, draft: int) -> None:
        visitor = browser("owner")
        answer = visitor.post(f"/letters/{draft}/send", {"when": "on or before 11 May 2026", "answer_by": "1 June"})
        page = visitor.get(answer.headers["Location"]).text
        assert "Sent to 3 recipients" in page
        assert "Answered 0 of 3; awaiting 3" in page

    def test_draft_is_sent_to_some_and_the_others_are_held_back(
        self, browser: Visit, instance: Instance, draft: int
    ) -> None:
        chosen = ids(instance, draft, "Malta")
        browser("owner").post(f"/letters/{draft}/send", {"when": "11 May 2026", "ids": chosen})
        assert {name: row.state for name, row in copies(instance, draft).items()} == {
            "Austria": "prepared",
            "Estonia": "prepared",
            "Malta": "awaiting",
        }

    def test_day_that_lies_ahead_is_refused_on_its_field(self, browser: Visit, instance: Instance, draft: int) -> None:
        answer = browser("owner").post(f"/letters/{draft}/send", {"when": "tomorrow"})
        assert answer.status_code == 422
        assert "lies ahead" in answer.text
        assert 'value="tomorrow"' in answer.text

    def test_letter_is_taken_back_to_draft(self, browser: Visit, instance: Instance, letter: int) -> None:
        visitor = browser("owner")
        assert visitor.post(f"/letters/{letter}/withdraw").status_code == 303
        assert {row.state for row in copies(instance, letter).values()} == {"prepared"}


class TestMatrix:
    def test_step_is_marked_for_all_chosen_and_undone_in_one_click(
        self, browser: Visit, instance: Instance, letter: int
    ) -> None:
        visitor = browser("owner")
        chosen = ids(instance, letter, "Austria", "Malta")
        answer = visitor.post(f"/letters/{letter}/mark", {"ids": chosen, "step": "delivered", "when": "12 or 13 May"})
        page = visitor.get(answer.headers["Location"]).text
        assert "Delivered: 2 recipients." in page
        assert page.count("12/13 May 2026") == 2
        undo = re.search(r'action="(/history/\d+/undo)"', page)
        assert undo is not None
        visitor.post(undo[1])
        assert not any("delivered" in row.steps for row in copies(instance, letter).values())

    def test_refused_step_changes_nothing_and_keeps_who_was_chosen(
        self, browser: Visit, instance: Instance, letter: int
    ) -> None:
        chosen = ids(instance, letter, "Malta")
        typed = {"ids": chosen, "step": "delivered", "when": "1 May 2026"}
        answer = browser("owner").post(f"/letters/{letter}/mark", typed)
        assert answer.status_code == 422
        assert "Nothing was changed." in answer.text
        assert re.search(rf'value="{chosen[0]}"[^>]*checked', answer.text)
        assert not any("delivered" in row.steps for row in copies(instance, letter).values())

    @pytest.mark.parametrize(
        "typed", [{"step": "delivered"}, {"step": "devoured", "ids": "1"}, {"ids": "999999999999999999999"}, {}]
    )
    def test_nonsense_is_answered_with_what_would_be_right(
        self, browser: Visit, letter: int, typed: dict[str, str]
    ) -> None:
        for act in ("mark", "clear", "arrange"):
            assert browser("owner").post(f"/letters/{letter}/{act}", typed).status_code == 422

    def test_step_is_taken_back(self, browser: Visit, instance: Instance, letter: int) -> None:
        visitor, every = browser("owner"), ids(instance, letter)
        visitor.post(f"/letters/{letter}/mark", {"ids": every, "step": "acknowledged"})
        visitor.post(f"/letters/{letter}/clear", {"ids": every[:1], "undo_step": "acknowledged"})
        assert sum("acknowledged" in row.steps for row in copies(instance, letter).values()) == 2

    def test_channel_answer_by_and_note_are_set_for_all_chosen(
        self, browser: Visit, instance: Instance, letter: int
    ) -> None:
        visitor, every = browser("owner"), ids(instance, letter)
        typed = {"ids": every, "channel": "hand", "answer_by": "15 May 2026", "note": "by courier"}
        visitor.post(f"/letters/{letter}/arrange", typed)
        assert {(row.channel, row.state, row.note) for row in copies(instance, letter).values()} == {
            ("hand", "no_reply", "by courier")
        }
        visitor.post(f"/letters/{letter}/arrange", {"ids": every[:1], "no_answer_by": "1"})
        assert sorted(row.state for row in copies(instance, letter).values()) == ["awaiting", "no_reply", "no_reply"]

    def test_matrix_is_narrowed_to_a_state_and_stays_so(self, browser: Visit, instance: Instance, letter: int) -> None:
        visitor = browser("owner")
        visitor.post(f"/letters/{letter}/mark", {"ids": ids(instance, letter, "Malta"), "step": "replied"})
        page = visitor.get(f"/letters/{letter}?state=replied").text
        assert "Choose Malta" in page
        assert "Choose Austria" not in page
        typed = {"ids": ids(instance, letter, "Malta"), "step": "acknowledged", "state": "replied"}
        assert visitor.post(f"/letters/{letter}/mark", typed).headers["Location"].endswith("?state=replied")


class TestReplies:
    def test_reply_is_logged_from_its_row(self, browser: Visit, instance: Instance, letter: int) -> None:
        visitor = browser("owner")
        (chosen,) = ids(instance, letter, "Malta")
        assert "Re: Cyber Action Plan" in visitor.get(f"/letters/{letter}/replies/{chosen}").text
        typed = {"kind": "email", "when": "18 May", "person": "Jane Doe, Minister", "subject": "Re: the plan"}
        answer = visitor.post(f"/letters/{letter}/replies/{chosen}", typed)
        assert answer.status_code == 303
        row = copies(instance, letter)["Malta"]
        assert row.state == "replied"
        with instance.reading(door="cli", trusted=True) as work:
            reply = engagements.get(work, row.reply_id or 0)
            assert (reply.kind, reply.status, reply.follows_id) == ("email", "received", letter)
            assert [party.person.name for party in reply.participations if party.person] == ["Jane Doe"]
        assert "answered 1 of 3; awaiting 2" in visitor.get(f"/letters/{letter}").text.lower()

    def test_engagement_of_the_log_is_said_to_be_the_reply(
        self, browser: Visit, instance: Instance, letter: int
    ) -> None:
        (chosen,) = ids(instance, letter, "Malta")
        with instance.writing(persona(instance, "owner"), door="web") as work:
            met = engagements.log(
                work,
                kind="meeting",
                subject="The minister answers",
                when=parse_when("15 May 2026", today=work.today(), past=True),
                parties=[Party(copies(instance, letter)["Malta"].organisation_id)],
            ).id
        visitor = browser("owner")
        assert "The minister answers" in visitor.get(f"/letters/{letter}/replies/{chosen}").text
        assert visitor.post(f"/letters/{letter}/replies/{chosen}", {"linked": str(met)}).status_code == 303
        assert copies(instance, letter)["Malta"].reply_id == met

    def test_reply_before_the_letter_keeps_what_was_typed(
        self, browser: Visit, instance: Instance, letter: int
    ) -> None:
        (chosen,) = ids(instance, letter, "Malta")
        typed = {"kind": "letter", "when": "1 May 2026", "summary": "typed at length", "person": "Jane Doe"}
        answer = browser("owner").post(f"/letters/{letter}/replies/{chosen}", typed)
        assert answer.status_code == 422
        assert "typed at length" in answer.text
        assert copies(instance, letter)["Malta"].state == "awaiting"

    def test_copy_of_another_letter_is_not_found(
        self, browser: Visit, instance: Instance, letter: int, draft: int
    ) -> None:
        (other,) = ids(instance, draft, "Malta")
        assert browser("owner").get(f"/letters/{letter}/replies/{other}").status_code == 404
        assert browser("owner").post(f"/letters/{letter}/replies/{other}", {"when": "today"}).status_code == 404

    @pytest.mark.parametrize(("each", "number"), [({}, 1), ({"each": "1"}, 3)])
    def test_the_silent_are_chased(
        self, browser: Visit, instance: Instance, letter: int, each: dict[str, str], number: int
    ) -> None:
        visitor = browser("owner")
        visitor.post(f"/letters/{letter}/remind", {"due": "in a week", **each})
        with instance.reading(door="cli", trusted=True) as work:
            made = work.session.scalars(select(FollowUp)).all()
            assert len(made) == number
            assert {str(one.due_last) for one in made} == {"2026-05-27"}
        assert made[0].title.split("“")[0].strip() in visitor.get(f"/letters/{letter}").text


def test_reader_looks_and_changes_nothing(browser: Visit, instance: Instance, letter: int, states: int) -> None:
    reader = browser("reader")
    page = reader.get(f"/letters/{letter}").text
    assert "Malta" in page
    assert "<input" not in page.split("<main")[1] or "data-select" not in page
    assert reader.get("/letters/new").status_code == 403
    for act in ("mark", "clear", "arrange", "send", "withdraw", "remind", "recipients"):
        typed = {"ids": ids(instance, letter), "step": "delivered", "recipients": "Malta"}
        assert reader.post(f"/letters/{letter}/{act}", typed).status_code == 403, act
    assert {row.state for row in copies(instance, letter).values()} == {"awaiting"}


def test_letter_of_others_is_not_there(browser: Visit, instance: Instance, states: int) -> None:
    typed = {"subject": "Confidential", "lists": str(states), "sent": "11 May 2026", "visibility": "hidden"}
    number = number_in(browser("owner").post("/letters/", typed))
    stranger = browser("colleague")
    assert "Confidential" not in stranger.get("/letters/").text
    assert stranger.get(f"/letters/{number}").status_code == 404
    assert stranger.post(f"/letters/{number}/mark", {"step": "delivered", "ids": "1"}).status_code == 404


class TestLetterOfARival:
    @pytest.fixture
    def rivals(self, instance: Instance, states: int, browser: Visit) -> int:
        with instance.writing(persona(instance, "owner"), door="web") as work:
            organisations.create(work, name="Rival Ltd")
        typed = {"subject": "Their plan", "lists": str(states), "sent": "11 May 2026", "actors": "Rival Ltd"}
        return number_in(browser("owner").post("/letters/", {**typed, "visibility": "team"}))

    def test_it_is_named_as_the_rivals_wherever_it_is_shown(
        self, browser: Visit, instance: Instance, rivals: int
    ) -> None:
        visitor = browser("owner")
        page = visitor.get(f"/engagements/{rivals}").text
        assert re.search(r"Initiated by</dt><dd[^>]*>Rival Ltd<", page)
        assert "Our side" not in page.split('id="main"')[1]
        assert "Chase the" not in visitor.get(f"/letters/{rivals}").text
        row = visitor.get("/export/engagements.csv").text.splitlines()[-1]
        assert row.count("Rival Ltd") == 2
        assert ",Us," not in row

    def test_reply_to_it_is_begun_by_who_replied_and_answers_the_rival(
        self, browser: Visit, instance: Instance, rivals: int
    ) -> None:
        visitor = browser("owner")
        malta = copies(instance, rivals)["Malta"]
        form = f"/letters/{rivals}/replies/{malta.dispatch_id}"
        assert "our letter" not in visitor.get(form).text
        assert visitor.post(form, {"when": "20 May 2026", "kind": "letter", "subject": "Re"}).status_code == 303
        reply = copies(instance, rivals)["Malta"].reply_id
        page = visitor.get(f"/engagements/{reply}").text
        assert re.search(r"Initiated by</dt><dd[^>]*>Them<", page)
        assert "a letter of Rival Ltd" in page
        timeline = visitor.get(f"/organisations/{malta.organisation_id}").text
        assert "to Rival Ltd" in timeline
        assert "by Rival Ltd" in timeline

    def test_meeting_of_ours_is_no_possible_answer_to_it(self, browser: Visit, instance: Instance, rivals: int) -> None:
        malta = copies(instance, rivals)["Malta"]
        with instance.writing(persona(instance, "owner"), door="web") as work:
            day = parse_when("12 May 2026", today=work.today(), past=True)
            ours = engagements.log(
                work, kind="meeting", when=day, parties=[Party(malta.organisation_id)], subject="Ours alone"
            ).id
        visitor, form = browser("owner"), f"/letters/{rivals}/replies/{malta.dispatch_id}"
        assert "Ours alone" not in visitor.get(form).text
        assert visitor.post(form, {"linked": str(ours)}).status_code == 422
