"""Two administrators change settings and roles at once: nothing is overwritten unseen."""

from __future__ import annotations

from collections.abc import Callable

from crm.instance import Instance
from crm.models import Organisation
from crm.services import commitments, letters, organisations
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona
from tests.web.test_conflicts import typed

Visit = Callable[..., Browser]


def add_administrator(instance: Instance) -> None:
    with instance.writing(persona(instance, "admin"), door="cli", trusted=True) as work:
        work.session.merge(persona(instance, "colleague")).role = "admin"


def test_settings_changed_meanwhile_are_shown_and_merged(browser: Visit, instance: Instance) -> None:
    add_administrator(instance)
    with instance.writing(persona(instance, "owner"), door="web") as work:
        client = organisations.create(work, name="A client")
    mine, theirs = browser("admin"), browser("colleague")
    form, other = typed(mine.get("/settings/")), typed(theirs.get("/settings/"))
    other["zone"], other["csrf_token"] = "Europe/Dublin", theirs.token()
    assert theirs.client.post("/settings/", data=other).status_code == 303
    form["clients"], form["csrf_token"] = f"A client [#{client.id}]", mine.token()
    answer = mine.client.post("/settings/", data=form)
    assert answer.status_code == 409
    assert "Colleague saved this on 20 May 2026 10:00, after you had opened it." in answer.text
    again = typed(answer)
    assert (again["choose:zone"], again["choose:clients"]) == ("theirs", "mine")
    again["csrf_token"] = mine.token()
    assert mine.client.post("/settings/", data=again).status_code == 303
    with instance.reading(persona(instance, "admin"), door="web") as work:
        assert work.zone == "Europe/Dublin"
        assert work.session.get_one(Organisation, client.id).is_client


def test_settings_that_nobody_else_changed_are_saved(browser: Visit) -> None:
    mine = browser("admin")
    form = typed(mine.get("/settings/"))
    form["zone"], form["csrf_token"] = "Europe/Dublin", mine.token()
    assert mine.client.post("/settings/", data=form).status_code == 303
    again = mine.client.post("/settings/", data=form)
    assert again.headers["Location"] == "/settings/"
    assert typed(mine.get("/settings/"))["zone"] == "Europe/Dublin"


def test_role_that_somebody_else_changed_meanwhile_is_not_changed_unseen(browser: Visit, instance: Instance) -> None:
    add_administrator(instance)
    mine, theirs, number = browser("admin"), browser("colleague"), persona(instance, "owner").id
    theirs.post(f"/members/{number}/role", {"role": "reader", "was": "member"})
    answer = mine.post(f"/members/{number}/role", {"role": "admin", "was": "member"}, follow_redirects=True)
    assert "Somebody else made Owner “reader” meanwhile" in answer.text
    assert persona(instance, "owner").role == "reader"


def test_commitment_moved_meanwhile_is_not_moved_unseen(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        us, them = organisations.create(work, name="We"), organisations.create(work, name="They")
        made = commitments.make(work, kind="offer", wording="We offer", made_by_id=us.id, made_to_ids=[them.id])
    mine, theirs = browser("owner"), browser("colleague")
    assert 'name="was" value="open"' in mine.get(f"/commitments/{made.id}").text
    theirs.post(f"/commitments/{made.id}/state", {"state": "broken", "was": "open"})
    answer = mine.post(f"/commitments/{made.id}/state", {"state": "met", "was": "open"}, follow_redirects=True)
    assert "moved it to “broken” meanwhile" in answer.text
    with instance.reading(persona(instance, "owner"), door="web") as work:
        assert commitments.get(work, made.id).state == "broken"


def test_note_that_stood_on_a_copy_is_not_replaced_unsaid(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="They")
        letter = letters.write(work, organisation_ids=[body.id], subject="A letter")
        [copy] = [party.dispatch.id for party in letter.participations if party.dispatch is not None]
    mine = browser("owner")
    for note, said in (("first", False), ("first", False), ("second", True)):
        sent = {"ids": str(copy), "note": note}
        page = mine.post(f"/letters/{letter.id}/arrange", sent, follow_redirects=True).text
        assert ("Earlier notes were replaced" in page) == said, note
