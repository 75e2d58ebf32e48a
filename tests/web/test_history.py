"""The history says who changed what, and tells nobody more than the record does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import InstanceSetting
from crm.models.history import Transaction
from crm.services import engagements, followups, instance_settings, members, organisations, topics
from crm.services.engagements import Party, Point
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona
from crm.web.history_words import DONE, THINGS, detail

Visit = Callable[..., Browser]
TOP = Path(__file__).parents[2]


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
    told = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Owner changed the subject from first wording to second wording, from the web, on 20 May 2026 11:00" in told
    assert '<del dir="auto">first wording</del>' in page


def test_kind_of_a_body_is_told_by_its_name(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="Ports Forum", kind="trade_association")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        organisations.amend(work, body.id, kind="trade_union")
    page = browser("owner").get(f"/history/organisation/{body.id}").text
    told = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Owner changed the kind from Trade association to Trade union" in told
    assert "trade_" not in told


def test_history_of_what_one_may_not_read_does_not_exist(browser: Visit, instance: Instance) -> None:
    for visibility in ("members", "hidden"):
        number = logged(instance, visibility)
        assert browser("owner").get(f"/history/engagement/{number}").status_code == 200
        assert browser("colleague").get(f"/history/engagement/{number}").status_code == 404


def test_history_of_everybody_is_for_administrators(browser: Visit, instance: Instance) -> None:
    logged(instance, "team")
    assert browser("owner").get("/history/").status_code == 403
    page = browser("admin").get("/history/").text
    assert "Engagement changed" in page
    assert "Organisation added" in page
    assert "name: DSIT" in page
    assert "engagement.amend" not in page


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


def test_button_and_words_tell_what_each_press_really_did(browser: Visit, instance: Instance) -> None:
    owner, number = browser("owner"), logged(instance, "team")
    owner.post(f"/engagements/{number}/bin")
    address, label = undo_form(owner.get("/").text)
    for _ in range(3):
        for pressed, said, offered, is_binned in [
            ("Undo", "Taken back.", "Do it again", False),
            ("Do it again", "Done again.", "Undo", True),
        ]:
            assert label == pressed
            owner.post(address)
            page = owner.get("/").text
            address, label = undo_form(page)
            assert said in page
            assert label == offered
            assert ("In the bin." in owner.get(f"/engagements/{number}").text) is is_binned


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


def restore_forms(page: str) -> list[dict[str, str]]:
    """The fields of each button that brings something back, the latest change first."""
    forms = re.findall(r'action="[^"]*/restore">(.*?)</form>', page, re.DOTALL)
    return [dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form)) for form in forms]


def test_earlier_value_is_restored_with_one_click_and_that_is_taken_back_with_another(
    browser: Visit, instance: Instance
) -> None:
    owner, number = browser("owner"), logged(instance, "team")
    form = next(one for one in restore_forms(owner.get(f"/history/engagement/{number}").text) if one.get("field"))
    assert form["field"] == "subject"
    answer = owner.post(f"/history/engagement/{number}/restore", data={**form, "csrf_token": owner.token()})
    page = owner.get(answer.location).text
    assert "Restored." in page
    assert "first wording" in owner.get(f"/engagements/{number}").text
    owner.post(undo_form(page)[0])
    assert "second wording" in owner.get(f"/engagements/{number}").text


def test_whole_earlier_state_comes_back_and_a_stale_page_is_refused(browser: Visit, instance: Instance) -> None:
    owner, number = browser("owner"), logged(instance, "team")
    form = next(one for one in restore_forms(owner.get(f"/history/engagement/{number}").text) if "part" not in one)
    form["csrf_token"] = owner.token()
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        engagements.amend(work, number, place="Brussels")
    answer = owner.post(f"/history/engagement/{number}/restore", data=form)
    assert "Somebody saved it after" in owner.get(answer.location).text
    form = [one for one in restore_forms(owner.get(f"/history/engagement/{number}").text) if "part" not in one][-1]
    owner.post(f"/history/engagement/{number}/restore", data={**form, "csrf_token": owner.token()})
    page = owner.get(f"/engagements/{number}").text
    assert "first wording" in page
    assert "Brussels" not in page


def test_what_it_said_while_it_was_for_others_only_stays_theirs(browser: Visit, instance: Instance) -> None:
    number = logged(instance, "members")
    before = last(instance)
    with instance.writing(persona(instance, "owner"), door="web") as work:
        engagements.amend(work, number, visibility="team", subject="harmless")
    for page in (
        browser("colleague").get(f"/history/engagement/{number}").text,
        browser("colleague").get(f"/history/engagement/{number}/latest").text,
    ):
        assert "wording" not in page
        assert "for other members only" in page
    assert "first wording" in browser("owner").get(f"/history/engagement/{number}").text
    for values in (
        {"transaction": before},
        {"transaction": before, "part": "Engagement", "key": number, "field": "subject"},
    ):
        answer = browser("colleague").post(f"/history/engagement/{number}/restore", data=values)
        assert answer.status_code == 404


def test_history_of_what_hung_on_a_hidden_engagement_stays_with_it(browser: Visit, instance: Instance) -> None:
    number = logged(instance, "hidden")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        made = followups.add(work, title="secret errand", engagement_id=number)
    with instance.writing(persona(instance, "owner"), door="web") as work:
        followups.amend(work, made.id, title="errand", engagement_id=None)
    assert "secret errand" not in browser("colleague").get(f"/history/follow_up/{made.id}").text
    assert "secret errand" in browser("owner").get(f"/history/follow_up/{made.id}").text


def test_settings_and_members_are_for_administrators(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "admin"), door="web") as work:
        instance_settings.amend(work, zone="Europe/Paris", our_ids=[], client_ids=[])
        members.set_role(work, persona(instance, "reader").id, "member")
    admin = browser("admin")
    assert "Europe/Paris" in admin.get("/history/settings/0").text
    number = persona(instance, "reader").id
    told = " ".join(re.sub(r"<[^>]+>", "", admin.get(f"/history/member/{number}").text).split())
    assert "changed the role from Reader to Member" in told
    assert "hash" not in told
    for address in ("/history/settings/0", f"/history/member/{number}", "/history/settings/0/latest"):
        assert browser("owner").get(address).status_code == 403


def test_parts_are_told_and_brought_back(browser: Visit, instance: Instance) -> None:
    owner, number = browser("owner"), logged(instance, "team")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        other = organisations.create(work, name="AISI")
        engagements.amend(work, number, parties=[Party(other.id)], points=[Point("tabled")])
    page = owner.get(f"/history/engagement/{number}").text
    told = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "removed the participant DSIT · Body met · Attendee" in told
    assert "added the point tabled" in told
    form = next(one for one in restore_forms(page) if one.get("part") == "Participation")
    owner.post(f"/history/engagement/{number}/restore", data={**form, "csrf_token": owner.token()})
    page = owner.get(f"/engagements/{number}").text
    assert "DSIT" in page
    assert "AISI" in page


def test_rules_hold_for_what_is_brought_back(browser: Visit, instance: Instance) -> None:
    owner = browser("owner")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        topic = topics.create(work, name="AI Act")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        topics.amend(work, topic.id, name="AI Act (EU)")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        topics.create(work, name="AI Act")
    form = next(one for one in restore_forms(owner.get(f"/history/topic/{topic.id}").text) if one.get("field"))
    answer = owner.post(f"/history/topic/{topic.id}/restore", data={**form, "csrf_token": owner.token()})
    assert "another record with the same name" in owner.get(answer.location).text
    assert "AI Act (EU)" in owner.get(f"/topics/{topic.id}").text


def test_nonsense_is_refused_and_saves_nothing(browser: Visit, instance: Instance) -> None:
    owner, number = browser("owner"), logged(instance, "team")
    for values in (
        {},
        {"transaction": "0"},
        {"transaction": "x" * 50},
        {"transaction": str(last(instance)), "part": "Member", "key": "1", "field": "role"},
        {"transaction": str(last(instance)), "part": "Engagement", "key": "1-2", "field": "subject"},
        {"transaction": str(last(instance)), "part": "Engagement", "key": str(number), "field": "version"},
        {"transaction": str(last(instance)), "part": "Engagement", "key": str(number), "field": "nothing"},
        {"transaction": str(last(instance)), "part": "__class__", "key": "1", "field": "x"},
    ):
        before = last(instance)
        answer = owner.post(f"/history/engagement/{number}/restore", data=values)
        assert answer.status_code in (303, 404), values
        assert last(instance) == before, values


def test_details_of_an_act_are_told_in_words() -> None:
    kept = {"kind": "site_visit", "files": 2, "shared": True, "also": [], "changed": ["place", "when"], "name": "A_B c"}
    assert detail(kept) == "kind: site visit; files: 2; shared: yes; changed: place, when; name: A_B c"


def test_every_verb_has_words() -> None:
    verbs = re.findall(
        r'\.act\(\s*"([a-z_]+)\.([a-z_]+)"',
        "\n".join(path.read_text(encoding="utf-8") for path in (TOP / "crm").rglob("*.py")),
    )
    assert len(verbs) > 50
    assert {thing for thing, _ in verbs} <= THINGS.keys()
    assert {act for _, act in verbs} <= DONE.keys()


def test_settings_that_the_program_keeps_for_itself_are_not_told(browser: Visit, instance: Instance) -> None:
    with instance.writing(persona(instance, "admin"), door="cli") as work:
        work.session.add(InstanceSetting(key="directory", value={"digest": "0123abc"}))
    with instance.writing(persona(instance, "admin"), door="cli") as work:
        setting = work.session.get(InstanceSetting, "directory")
        assert setting is not None
        setting.value = {"digest": "4567def"}
    page = browser("admin").get("/history/settings/0").text
    assert "4567def" not in page
    assert "0123abc" not in page
