"""Commitments in the browser: recorded, listed, boarded, moved, delivered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Commitment
from crm.services import engagements, organisations, topics
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]
OFFER = {
    "kind": "offer",
    "made_by": "Example Lab",
    "made_to": "European Commission",
    "wording": "Open access to the model",
    "when": "11 May 2026",
    "state": "open",
}


@pytest.fixture
def bodies(instance: Instance) -> dict[str, int]:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        names = {"Example Lab": "company", "European Commission": "eu_institution", "Malta": "member_state"}
        return {name: organisations.create(work, name=name, kind=kind).id for name, kind in names.items()}


@pytest.fixture
def offer(browser: Visit, bodies: dict[str, int]) -> int:
    return number_in(browser("owner").post("/commitments/", OFFER))


def number_in(answer: Any) -> int:
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def stored(instance: Instance) -> list[Commitment]:
    with instance.reading(door="cli", trusted=True) as work:
        return list(work.session.scalars(select(Commitment).order_by(Commitment.id)))


class TestRecording:
    def test_offer_says_that_no_delivery_is_recorded(self, browser: Visit, offer: int) -> None:
        page = browser("owner").get(f"/commitments/{offer}").text
        assert "Offer open, no delivery recorded." in page
        assert "Open access to the model" in page
        assert f"/commitments/new?fulfils={offer}" in page

    def test_delivery_is_prefilled_from_what_it_fulfils_and_meets_it(
        self, browser: Visit, instance: Instance, offer: int, bodies: dict[str, int]
    ) -> None:
        visitor = browser("owner")
        form = visitor.get(f"/commitments/new?fulfils={offer}").text
        assert f"Example Lab [#{bodies['Example Lab']}]" in form
        assert re.search(rf'<option selected value="{offer}">', form)
        typed = {**OFFER, "kind": "delivery", "state": "met", "fulfils_id": str(offer), "when": "18 May 2026"}
        delivery = number_in(visitor.post("/commitments/", typed))
        assert "Delivered" in visitor.get(f"/commitments/{delivery}").text
        page = visitor.get(f"/commitments/{offer}").text
        assert "Offer met, 1 delivery recorded, the last on 18 May 2026." in page
        assert f"/commitments/{delivery}" in page

    def test_commitment_of_an_engagement_takes_its_day_and_topic(
        self, browser: Visit, instance: Instance, bodies: dict[str, int]
    ) -> None:
        with instance.writing(persona(instance, "owner"), door="web") as work:
            topic = topics.create(work, name="Cyber").id
            meeting = engagements.log(
                work,
                kind="meeting",
                when=parse_when("12 May 2026", today=work.today(), past=True),
                parties=[Party(bodies["Malta"])],
                topic_ids=[topic],
            ).id
        visitor = browser("owner")
        form = visitor.get(f"/commitments/new?engagement={meeting}").text
        assert 'value="12 May 2026"' in form
        assert f"Malta [#{bodies['Malta']}]" in form
        assert re.search(rf'<option selected value="{topic}">', form)
        number_in(visitor.post("/commitments/", {**OFFER, "engagement": str(meeting)}))
        assert stored(instance)[0].engagement_id == meeting

    def test_unknown_organisation_is_added_on_the_way(
        self, browser: Visit, instance: Instance, bodies: dict[str, int]
    ) -> None:
        number_in(browser("owner").post("/commitments/", {**OFFER, "made_by": "Another Lab"}))
        with instance.reading(door="cli", trusted=True) as work:
            assert organisations.resolve(work, ["Another Lab"], field="made_by")

    def test_all_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(
        self, browser: Visit, instance: Instance, bodies: dict[str, int]
    ) -> None:
        typed = {**OFFER, "made_by": "", "when": "the other day", "due": "soonish", "evidence": "typed at length"}
        answer = browser("owner").post("/commitments/", typed)
        assert answer.status_code == 422
        assert answer.text.count('class="field__error"') == 3
        assert "typed at length" in answer.text
        assert stored(instance) == []

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"wording": ""}, "exact words"),
            ({"made_to": "Example Lab"}, "to themselves"),
            ({"when": "tomorrow"}, "lies ahead"),
            ({"due": "10 May 2026"}, "before it was made"),
            ({"kind": "delivery", "due": "1 June", "state": "met"}, "dated event"),
            ({"evidence_url": "javascript:alert(1)"}, "web address"),
            ({"fulfils_id": "999999"}, "Not a valid choice"),
        ],
    )
    def test_verb_speaks_on_the_field(
        self, browser: Visit, instance: Instance, bodies: dict[str, int], wrong: dict[str, str], said: str
    ) -> None:
        answer = browser("owner").post("/commitments/", {**OFFER, **wrong})
        assert answer.status_code == 422
        assert said in answer.text
        assert stored(instance) == []

    def test_double_click_records_one(self, browser: Visit, instance: Instance, bodies: dict[str, int]) -> None:
        visitor, typed = browser("owner"), {**OFFER, "submission": "the-key-of-this-form"}
        assert number_in(visitor.post("/commitments/", typed)) == number_in(visitor.post("/commitments/", typed))
        assert len(stored(instance)) == 1


class TestChanging:
    def test_state_is_one_click_away_and_undone_in_another(
        self, browser: Visit, instance: Instance, offer: int
    ) -> None:
        visitor = browser("owner")
        page = visitor.get(visitor.post(f"/commitments/{offer}/state", {"state": "accepted"}).headers["Location"]).text
        assert "It is now accepted." in page
        undo = re.search(r'action="(/history/\d+/undo)"', page)
        assert undo is not None
        visitor.post(undo[1])
        assert stored(instance)[0].state == "open"
        history = visitor.get(f"/commitments/{offer}").text.split("States")[1]
        assert history.index("Open") < history.index("Accepted")

    def test_unknown_state_is_refused(self, browser: Visit, instance: Instance, offer: int) -> None:
        assert browser("owner").post(f"/commitments/{offer}/state", {"state": "forgotten"}).status_code == 422
        assert stored(instance)[0].state == "open"

    def test_edited_without_touching_its_day_keeps_the_day_it_had(
        self, browser: Visit, instance: Instance, bodies: dict[str, int]
    ) -> None:
        visitor = browser("owner")
        number = number_in(visitor.post("/commitments/", {**OFFER, "when": "yesterday", "due": "tomorrow"}))
        before = stored(instance)[0]
        instance.clock.move(days=5)  # type: ignore[attr-defined]
        typed = {**OFFER, "when": "yesterday", "due": "tomorrow", "condition": "if audited", "version": before.version}
        assert visitor.post(f"/commitments/{number}", typed).status_code == 303
        after = stored(instance)[0]
        assert (after.first_day, after.due_last) == (before.first_day, before.due_last)
        assert after.condition == "if audited"

    def test_two_editors_see_both_versions(self, browser: Visit, instance: Instance, offer: int) -> None:
        version = stored(instance)[0].version
        first = {**OFFER, "wording": "The colleague’s words", "version": version}
        assert browser("colleague").post(f"/commitments/{offer}", first).status_code == 303
        answer = browser("owner").post(f"/commitments/{offer}", {**OFFER, "wording": "My words", "version": version})
        assert answer.status_code == 409
        assert "My words" in answer.text
        assert "The colleague’s words" in answer.text

    def test_binned_one_leaves_the_list_and_comes_back(self, browser: Visit, offer: int) -> None:
        visitor = browser("owner")
        visitor.post(f"/commitments/{offer}/bin")
        assert f'/commitments/{offer}"' not in visitor.get("/commitments/").text
        assert "In the bin" in visitor.get(f"/commitments/{offer}").text
        visitor.post(f"/commitments/{offer}/restore")
        assert f'href="/commitments/{offer}"' in visitor.get("/commitments/").text


class TestLists:
    def test_tabs_and_filters_part_them(self, browser: Visit, instance: Instance, bodies: dict[str, int]) -> None:
        visitor = browser("owner")
        wordings = {
            "ours and late": {"made_by": "Us", "due": "18 May 2026"},
            "theirs and undated": {"made_to": "Us"},
            "elsewhere": {},
            "long closed": {"state": "broken"},
            "brought": {"kind": "delivery", "state": "met"},
        }
        for wording, more in wordings.items():
            number_in(visitor.post("/commitments/", {**OFFER, "wording": wording, **more}))

        def listed(query: str) -> set[str]:
            page = visitor.get(f"/commitments/?{query}").text
            return {wording for wording in wordings if wording in page}

        assert listed("") == {"ours and late", "theirs and undated", "elsewhere"}
        assert listed("view=board") == listed("")
        assert listed("show=late") == listed("show=late&view=board") == {"ours and late"}
        assert listed("show=closed") == {"long closed"}
        assert listed("show=delivered") == {"brought"}
        assert "State: Delivered" in visitor.get("/commitments/?show=delivered&state=met").text
        assert "State: Met" in visitor.get("/commitments/?show=closed&state=met").text
        assert listed("direction=theirs") == {"theirs and undated"}
        assert listed("q=UNDATED") == {"theirs and undated"}
        assert listed("kind=request") == set()
        assert listed("show=nonsense&direction=nonsense&kind=nonsense&page=nonsense") == listed("")
        assert listed(f"organisation={bodies['Malta']}") == set()

    def test_pages_follow_each_other(
        self, browser: Visit, instance: Instance, bodies: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crm.web.commitments.PER_PAGE", 1)
        visitor = browser("owner")
        for day in ("1 June", "2 June"):
            visitor.post("/commitments/", {**OFFER, "wording": f"due {day}", "due": day})
        first, second = (visitor.get(f"/commitments/?page={page}").text for page in (1, 2))
        assert "due 1 June" in first
        assert "due 2 June" not in first
        assert "due 2 June" in second

    def test_empty_list_says_what_a_commitment_is(self, browser: Visit) -> None:
        assert "No commitment yet" in browser("owner").get("/commitments/").text


def test_reader_looks_and_changes_nothing(browser: Visit, instance: Instance, offer: int) -> None:
    reader = browser("reader")
    page = reader.get(f"/commitments/{offer}").text
    assert "no delivery recorded" in page
    assert "Record a delivery" not in page
    assert reader.get("/commitments/new").status_code == 403
    assert reader.get(f"/commitments/{offer}/edit").status_code == 403
    for address in ("/commitments/", f"/commitments/{offer}", f"/commitments/{offer}/state"):
        assert reader.post(address, {**OFFER, "state": "met"}).status_code == 403
    assert stored(instance)[0].state == "open"
