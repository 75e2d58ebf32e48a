"""Two people edit one record: both versions are shown, each field is chosen by itself, and nothing is lost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from crm.dates import parse_when
from crm.http.choosing import chosen
from crm.instance import Instance
from crm.services import commitments, engagements, followups, lists, organisations, people, topics
from crm.services.engagements import Party, Point
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]
INPUT = re.compile(r"<(?:input|textarea|select)\b[^>]*\bname=\"([^\"]+)\"[^>]*>(?:([^<]*)</textarea>)?")


def typed(answer: TestResponse) -> MultiDict[str, str]:
    """What a browser would send of the page's main form as it stands."""
    forms = re.findall(r'<form method="post"[^>]*novalidate.*?</form>', answer.text, re.DOTALL)
    [form] = [one for one in forms if 'name="version"' in one][:1]
    found: MultiDict[str, str] = MultiDict()
    for tag in re.finditer(r"<input\b[^>]*>", form):
        named, value = re.search(r'\bname="([^"]+)"', tag[0]), re.search(r'\bvalue="([^"]*)"', tag[0])
        kind = re.search(r'\btype="([^"]+)"', tag[0])
        is_off = kind is not None and kind[1] in ("checkbox", "radio") and " checked" not in tag[0]
        if named and not is_off and (kind is None or kind[1] != "file"):
            found.add(html.unescape(named[1]), html.unescape(value[1]) if value else "")
    for name, text in re.findall(r'<textarea\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found.add(name, html.unescape(text).removeprefix("\n").removeprefix("\r\n"))
    for name, options in re.findall(r'<select\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        picked = re.findall(
            r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', options
        )
        first = re.findall(r'<option[^>]*value="([^"]*)"', options)
        values = [one or other for one, other in picked] or first[:1]
        found.setlist(name, values)
    return found


def rooms(instance: Instance) -> dict[str, tuple[str, str, str, str]]:
    """Room → address of the form, where it goes, a field that both change, and one that only the other changes."""
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body, other = organisations.create(work, name="DSIT"), organisations.create(work, name="AISI")
        when = parse_when("4 May 2026", today=work.today(), past=True)
        met = engagements.log(
            work, kind="meeting", when=when, parties=[Party(body.id)], subject="first", points=[Point("tabled")]
        )
        promise = commitments.make(work, kind="offer", wording="first", made_by_id=body.id, made_to_ids=[other.id])
        errand, jane = followups.add(work, title="first"), people.create(work, name="first")
        topic = topics.create(work, name="first")
        fact = topics.add_milestone(work, kind="vote", title="first", when=when, topic_id=topic.id)
        saved = lists.create(work, name="first", organisation_ids=[body.id])
    return {
        "engagements": (f"/engagements/{met.id}/edit", f"/engagements/{met.id}/edit", "subject", "place"),
        "organisations": (f"/organisations/{other.id}/edit", f"/organisations/{other.id}", "name", "short_name"),
        "commitments": (f"/commitments/{promise.id}/edit", f"/commitments/{promise.id}", "wording", "condition"),
        "follow_ups": (f"/follow-ups/{errand.id}/edit", f"/follow-ups/{errand.id}", "title", "note"),
        "people": (f"/people/{jane.id}/edit", f"/people/{jane.id}", "name", "phone"),
        "topics": (f"/topics/{topic.id}/edit", f"/topics/{topic.id}", "name", "description"),
        "milestones": (f"/milestones/{fact.id}/edit", f"/milestones/{fact.id}", "title", "note"),
        "lists": (f"/lists/{saved.id}/edit", f"/lists/{saved.id}", "name", "organisations"),
    }


ROOMS = ["engagements", "organisations", "commitments", "follow_ups", "people", "topics", "milestones", "lists"]


@pytest.mark.parametrize("room", ROOMS)
def test_what_only_the_other_changed_is_kept_and_what_both_changed_is_chosen(
    browser: Visit, instance: Instance, room: str
) -> None:
    page, target, both, theirs_only = rooms(instance)[room]
    mine, theirs = browser("owner"), browser("colleague")
    form = typed(mine.get(page))
    new = "DSIT\nAISI" if room == "lists" else "0123 456"
    other = MultiDict(form)
    other[both], other[theirs_only] = "Theirs", new
    other["csrf_token"] = theirs.token()
    assert theirs.client.post(target, data=other).status_code == 303
    form[both], form["csrf_token"] = "Mine", mine.token()
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 409
    assert "Colleague saved this on 20 May 2026 11:00, after you had opened it." in answer.text
    told = dict(re.findall(r'name="choose:([^"]+)" value="(\w+)" checked', answer.text))
    assert told == {both: "mine", theirs_only: "theirs"}
    assert "you both changed it" in answer.text
    assert "only they changed it" in answer.text
    again = typed(answer)
    again["csrf_token"] = mine.token()
    assert mine.client.post(target, data=again).status_code == 303
    stands = typed(mine.get(page))
    assert stands[both] == "Mine"
    for word in new.split("\n"):
        assert word in stands[theirs_only]


def test_their_points_can_be_kept_with_ones_own_subject(browser: Visit, instance: Instance) -> None:
    page, target, _, _ = rooms(instance)["engagements"]
    mine, theirs = browser("owner"), browser("colleague")
    form = typed(mine.get(page))
    other = MultiDict(form)
    other["points-0-conclusion"], other["points-1-point"] = "agreed", "another"
    other["csrf_token"] = theirs.token()
    assert theirs.client.post(target, data=other).status_code == 303
    form["subject"], form["points-0-conclusion"], form["csrf_token"] = "Mine", "refused", mine.token()
    answer = mine.client.post(target, data=form)
    assert answer.status_code == 409
    for text in ("agreed", "refused", "another"):
        assert text in answer.text
    again = typed(answer)
    again["choose:points"], again["csrf_token"] = "theirs", mine.token()
    assert mine.client.post(target, data=again).status_code == 303
    shown = mine.get(target.removesuffix("/edit")).text
    assert "Mine" in shown
    assert "agreed" in shown
    assert "another" in shown
    assert "refused" not in shown


def test_looking_at_both_versions_saves_nothing(browser: Visit, instance: Instance) -> None:
    page, target, both, _ = rooms(instance)["engagements"]
    mine, theirs = browser("owner"), browser("colleague")
    form = typed(mine.get(page))
    assert theirs.client.post(
        target, data={**form.to_dict(), both: "Theirs", "csrf_token": theirs.token()}
    ).status_code in (303, 200)
    form[both], form["csrf_token"] = "Mine", mine.token()
    before = typed(mine.get(page))
    mine.client.post(target, data=form)
    after = typed(mine.get(page))
    for one in (before, after):
        one.pop("submission"), one.pop("csrf_token")
    assert before == after


def test_choice_takes_the_rows_of_a_list_as_a_whole() -> None:
    sent = MultiDict(
        [
            ("points-0-point", "mine"),
            ("points-1-point", "mine too"),
            ("pointsmen", "kept"),
            ("theirs:points-0-point", "theirs"),
            ("choose:points", "theirs"),
            ("choose:subject", "mine"),
            ("subject", "mine"),
            ("theirs:subject", "theirs"),
        ]
    )
    assert chosen(sent).to_dict() == {"points-0-point": "theirs", "pointsmen": "kept", "subject": "mine"}
