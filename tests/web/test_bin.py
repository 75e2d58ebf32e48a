"""The bin holds everything that was put away, shows it to whoever may restore it, and gives all of it back."""

from __future__ import annotations

import io
from collections.abc import Callable

from crm.dates import parse_when
from crm.instance import Instance
from crm.services import attachments, bin, commitments, engagements, followups, lists, organisations, people, topics
from crm.services.attachments import Upload
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]


def fill(instance: Instance, visibility: str = "team") -> dict[str, int]:
    """One of each kind, in the bin."""
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="DSIT")
        spare = organisations.create(work, name="Spare body")
        when = parse_when("4 May 2026", today=work.today(), past=True)
        met = engagements.log(work, kind="meeting", when=when, parties=[Party(body.id)], visibility=visibility)
        promise = commitments.make(
            work, kind="offer", wording="to share it", made_by_id=spare.id, made_to_ids=[body.id], engagement=met
        )
        errand = followups.add(work, title="An errand", engagement_id=met.id)
        jane = people.create(work, name="Jane Doe")
        topic = topics.create(work, name="A policy file")
        fact = topics.add_milestone(work, kind="vote", title="A vote", when=when, topic_id=topic.id)
        saved = lists.create(work, name="Some bodies", organisation_ids=[body.id])
        [file] = attachments.add(work, instance.settings, met, [Upload("paper.txt", io.BytesIO(b"paper"))])
        other = organisations.create(work, name="Entered by mistake")
        numbers = {
            "engagement": met.id,
            "commitment": promise.id,
            "follow_up": errand.id,
            "person": jane.id,
            "topic": topic.id,
            "milestone": fact.id,
            "list": saved.id,
            "attachment": file.id,
            "organisation": other.id,
        }
    with instance.writing(persona(instance, "owner"), door="web") as work:
        attachments.bin(work, numbers["engagement"], numbers["attachment"])
        followups.bin(work, numbers["follow_up"])
        commitments.bin(work, numbers["commitment"])
        engagements.bin(work, numbers["engagement"])
        people.bin(work, numbers["person"])
        topics.bin_milestone(work, numbers["milestone"])
        topics.bin(work, numbers["topic"])
        lists.delete(work, numbers["list"])
        organisations.bin(work, numbers["organisation"])
    return numbers


TITLES = ["to share it", "An errand", "Jane Doe", "A policy file", "A vote", "Some bodies", "paper.txt"]


def test_everything_put_away_stands_in_the_bin_with_who_and_when(browser: Visit, instance: Instance) -> None:
    fill(instance)
    page = browser("colleague").get("/bin/").text
    for title in [*TITLES, "Entered by mistake", "the meeting of 4 May 2026"]:
        assert title in page, title
    assert page.count('<td data-label="By" dir="auto">Owner</td>') == 9
    assert "20 May 2026 11:00" in page


def test_each_kind_is_restored_with_one_click(browser: Visit, instance: Instance) -> None:
    owner = browser("owner")
    for kind, number in fill(instance).items():
        assert owner.post("/bin/restore", data={"one": f"{kind}-{number}"}).status_code == 303
        assert "1 record taken out of the bin." in owner.get(f"/bin/?kind={kind}").text
        assert f'value="{kind}-{number}"' not in owner.get("/bin/").text
    assert "The bin is empty" in owner.get("/bin/").text
    assert "Some bodies" in owner.get("/lists/").text


def test_several_are_restored_at_once_or_none(browser: Visit, instance: Instance) -> None:
    numbers = fill(instance)
    owner = browser("owner")
    chosen = [f"{kind}-{number}" for kind, number in numbers.items()]
    assert owner.post("/bin/restore", data={"chosen": [*chosen, "topic-999999"]}).status_code == 404
    assert f'chosen" value="{chosen[0]}' in owner.get("/bin/").text
    owner.post("/bin/restore", data={"chosen": chosen})
    assert "9 records taken out of the bin." in owner.get("/bin/").text


def test_what_hangs_on_hidden_engagements_is_in_the_bin_of_those_it_names_only(
    browser: Visit, instance: Instance
) -> None:
    numbers = fill(instance, "hidden")
    page = browser("colleague").get("/bin/").text
    for title in ("to share it", "An errand", "paper.txt", "the meeting of"):
        assert title not in page
    for kind in ("engagement", "commitment", "follow_up", "attachment"):
        answer = browser("colleague").post("/bin/restore", data={"one": f"{kind}-{numbers[kind]}"})
        assert answer.status_code == 404
    assert "to share it" in browser("owner").get("/bin/").text


def test_readers_look_and_change_nothing(browser: Visit, instance: Instance) -> None:
    numbers = fill(instance)
    reader = browser("reader")
    assert "Restore" not in reader.get("/bin/").text
    for kind, number in numbers.items():
        assert reader.post("/bin/restore", data={"one": f"{kind}-{number}"}).status_code == 403


def test_nothing_chosen_is_said(browser: Visit) -> None:
    owner = browser("owner")
    owner.post("/bin/restore")
    assert "Choose at least one" in owner.get("/bin/").text
    assert owner.post("/bin/restore", data={"one": "nonsense"}).status_code == 404


def test_list_whose_name_was_taken_meanwhile_stays_and_says_why(browser: Visit, instance: Instance) -> None:
    numbers = fill(instance)
    with instance.writing(persona(instance, "owner"), door="web") as work:
        lists.create(work, name="Some bodies", organisation_ids=[organisations.create(work, name="X").id])
    owner = browser("owner")
    owner.post("/bin/restore", data={"one": f"list-{numbers['list']}"})
    assert "another record with the same name" in owner.get("/bin/").text
    assert bin.AT_ONCE > 1
