"""What is typed into the form of a record that goes away meanwhile is given back, and shown to nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from werkzeug.datastructures import MultiDict

from crm.instance import Instance
from crm.models import Member, MemberSession
from crm.services import commitments, engagements, followups, lists, members, organisations, people, topics
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona
from crm.work import Work
from tests.web.test_conflicts import ROOMS, rooms, typed

Visit = Callable[..., Browser]
BIN: dict[str, Callable[[Work, int], object]] = {
    "engagements": engagements.bin,
    "organisations": organisations.bin,
    "commitments": commitments.bin,
    "follow_ups": followups.bin,
    "people": people.bin,
    "topics": topics.bin,
    "milestones": topics.bin_milestone,
}


def number_in(address: str) -> int:
    return int(re.search(r"/(\d+)", address)[1])  # type: ignore[index]


def binned(instance: Instance, room: str, number: int) -> None:
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        if room == "organisations":
            # A body that is named in the log is closed, not binned.
            work.session.get(Member, work.member_id)
            for one in work.session.query(commitments.Commitment):
                work.session.delete(one)
        BIN[room](work, number)


@pytest.mark.parametrize("room", BIN)
def test_record_binned_meanwhile_is_given_back_and_saved(browser: Visit, instance: Instance, room: str) -> None:
    page, target, field, _ = rooms(instance)[room]
    mine, number = browser("owner"), number_in(target)
    form = typed(mine.get(page))
    binned(instance, room, number)
    form[field], form["csrf_token"] = "Mine, typed long", mine.token()
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 409
    assert "Colleague put this into the bin on 20 May 2026 11:00." in answer.text
    assert "Take it out of the bin and save" in answer.text
    again = typed(answer)
    assert again[field] == "Mine, typed long"
    again["out_of_bin"], again["csrf_token"] = "yes", mine.token()
    assert mine.client.post(target, data=again).status_code == 303
    shown = mine.get(target.removesuffix("/edit")).text
    assert "Mine, typed long" in shown
    assert "In the bin" not in shown


@pytest.mark.parametrize("room", BIN)
def test_what_was_typed_about_a_binned_record_becomes_a_new_one(browser: Visit, instance: Instance, room: str) -> None:
    page, target, field, _ = rooms(instance)[room]
    mine, number = browser("owner"), number_in(target)
    form = typed(mine.get(page))
    binned(instance, room, number)
    form[field], form["csrf_token"] = "Mine, typed long", mine.token()
    answer = mine.client.post(target, data=form)
    [new] = re.findall(r'formaction="([^"]+)"', answer.text)
    again = typed(answer)
    again["csrf_token"] = mine.token()
    made = mine.client.post(new, data=again)
    assert made.status_code == 303, made.text
    address = made.headers["Location"]
    assert room in ("milestones",) or number_in(address) != number
    assert "Mine, typed long" in mine.get(address).text
    assert mine.client.post(new, data=again).status_code == 303
    assert "In the bin" in mine.get(target.removesuffix("/edit")).text


def test_record_binned_and_changed_meanwhile_shows_both_and_keeps_both(browser: Visit, instance: Instance) -> None:
    page, target, both, theirs_only = rooms(instance)["people"]
    mine, theirs = browser("owner"), browser("colleague")
    form = typed(mine.get(page))
    other = MultiDict(form)
    other[both], other[theirs_only], other["csrf_token"] = "Theirs", "0123", theirs.token()
    assert theirs.client.post(target, data=other).status_code == 303
    binned(instance, "people", number_in(target))
    form[both], form["csrf_token"] = "Mine", mine.token()
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 409
    assert "put this into the bin" in answer.text
    again = typed(answer)
    assert (again[f"choose:{both}"], again[f"choose:{theirs_only}"]) == ("mine", "theirs")
    again["out_of_bin"], again["csrf_token"] = "yes", mine.token()
    assert mine.client.post(target, data=again).status_code == 303
    stands = typed(mine.get(page))
    assert (stands[both], stands[theirs_only]) == ("Mine", "0123")


def test_change_made_after_the_bin_was_emptied_of_it_is_still_a_conflict(browser: Visit, instance: Instance) -> None:
    page, target, both, _ = rooms(instance)["people"]
    mine, number = browser("owner"), number_in(target)
    form = typed(mine.get(page))
    binned(instance, "people", number)
    form[both], form["csrf_token"] = "Mine", mine.token()
    again = typed(mine.client.post(target, data=form))
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        people.restore(work, number)
        people.amend(work, number, name="Theirs since")
    again["out_of_bin"], again["csrf_token"] = "yes", mine.token()
    answer = mine.client.post(target, data=again)
    assert answer.status_code == 409
    assert "Theirs since" in answer.text


def test_single_field_of_a_binned_record_asks_too(browser: Visit, instance: Instance) -> None:
    _, target, _, _ = rooms(instance)["people"]
    mine, number = browser("owner"), number_in(target)
    form = typed(mine.get(f"/inline/person/{number}/notes"))
    binned(instance, "people", number)
    form["value"], form["csrf_token"] = "Typed in place", mine.token()
    answer = mine.client.post(f"/inline/person/{number}/notes", data=form)
    assert answer.status_code == 409
    again = typed(answer)
    assert again["value"] == "Typed in place"
    again["out_of_bin"], again["csrf_token"] = "yes", mine.token()
    assert mine.client.post(f"/inline/person/{number}/notes", data=again).status_code == 303
    assert "Typed in place" in mine.get(f"/people/{number}").text


def test_list_deleted_for_good_gives_back_what_was_typed(browser: Visit, instance: Instance) -> None:
    page, target, field, _ = rooms(instance)["lists"]
    mine = browser("owner")
    form = typed(mine.get(page))
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        lists.delete(work, number_in(target))
    form[field], form["csrf_token"] = "Typed before it went", mine.token()
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 404
    assert "Typed before it went" in answer.text
    again = {**form.to_dict(), "csrf_token": mine.token()}
    assert 'formaction="/lists/"' in answer.text
    assert mine.client.post("/lists/", data=again).status_code == 303


def test_right_withdrawn_meanwhile_leaks_nothing_and_gives_back_what_was_typed(
    browser: Visit, instance: Instance
) -> None:
    page, target, field, _ = rooms(instance)["engagements"]
    theirs = browser("colleague")
    form = typed(theirs.get(page))
    with instance.writing(persona(instance, "owner"), door="web") as work:
        engagements.amend(work, number_in(target), visibility="members", summary="quokka since")
    form[field], form["csrf_token"] = "Typed by the colleague", theirs.token()
    answer = theirs.client.post(target, data=form)
    assert answer.status_code == 404
    assert "Typed by the colleague" in answer.text
    assert "quokka" not in answer.text
    form["csrf_token"] = theirs.token()
    nowhere = theirs.client.post("/engagements/999999/edit", data=form)
    hide = re.compile(r"(csrf_token|CSRFToken)[^>]*>|999999|engagements/\d+")
    assert hide.sub("", nowhere.text) == hide.sub("", answer.text)


def test_role_withdrawn_meanwhile_gives_back_what_was_typed(browser: Visit, instance: Instance) -> None:
    page, target, field, _ = rooms(instance)["engagements"]
    theirs = browser("colleague")
    form = typed(theirs.get(page))
    with instance.writing(persona(instance, "admin"), door="web") as work:
        members.set_role(work, persona(instance, "colleague").id, "reader")
    form[field], form["csrf_token"] = "Typed by the colleague", theirs.token()
    answer = theirs.client.post(target, data=form)
    assert answer.status_code == 403
    assert "Typed by the colleague" in answer.text


def test_member_shut_out_meanwhile_finds_their_words_on_the_page(browser: Visit, instance: Instance) -> None:
    page, target, field, _ = rooms(instance)["engagements"]
    theirs = browser("colleague")
    form = typed(theirs.get(page))
    form[field], form["csrf_token"] = "Typed by the colleague", theirs.token()
    with instance.writing(persona(instance, "admin"), door="web") as work:
        members.disable(work, persona(instance, "colleague").id)
        assert work.session.query(MemberSession).filter_by(ended_at=None).count() == 0
    answer = theirs.client.post(target, data=form)
    assert answer.status_code == 403
    assert "Typed by the colleague" in answer.text
    assert 'data-drafts="keep"' in answer.text


def test_fault_of_the_program_gives_back_what_was_typed(
    browser: Visit, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, target, field, _ = rooms(instance)["people"]
    mine = browser("owner")
    form = typed(mine.get(page))

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(people, "amend", broken)
    mine.app.testing = False
    form[field], form["csrf_token"] = "Typed before the fault", mine.token()
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 500
    assert "Typed before the fault" in answer.text
    assert "Send it once more" in answer.text


def test_every_room_with_a_conflict_page_knows_the_bin() -> None:
    assert {*ROOMS} == {*BIN, "lists"}


def test_files_of_an_expired_form_are_named_to_be_chosen_again(browser: Visit, instance: Instance) -> None:
    import io

    page, target, _, _ = rooms(instance)["engagements"]
    theirs = browser("colleague")
    form = typed(theirs.get(page))
    form["csrf_token"] = theirs.token()
    with instance.writing(persona(instance, "admin"), door="web") as work:
        members.end_sessions(work, persona(instance, "colleague").id)
    sent = {**form.to_dict(), "files": [(io.BytesIO(b"minutes"), "minutes <1>.txt"), (io.BytesIO(b"b"), "b.txt")]}
    answer = theirs.client.post(target, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 403
    assert "minutes &lt;1&gt;.txt" in answer.text
    assert '<input class="input" type="file" id="files-again" name="files" multiple' in answer.text
    assert 'enctype="multipart/form-data"' in answer.text
