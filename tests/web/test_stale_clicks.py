"""A click on a page that somebody else has overtaken changes nothing; of several rows, those are left and named."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Commitment, Engagement, FollowUp
from crm.services import commitments, engagements, followups, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]
Made = tuple[list[int], int, int]


@pytest.fixture
def made(instance: Instance) -> Made:
    """Two planned meetings that are over, a commitment and a follow-up."""
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body, other = (organisations.create(work, name=name, kind="other") for name in ("Ministry", "Lab"))
        when = parse_when("4 May 2026", today=work.today(), past=True)
        met = [
            engagements.log(
                work, kind="meeting", status="planned", when=when, parties=[Party(body.id)], subject=f"Meeting {one}"
            ).id
            for one in (1, 2)
        ]
        offer = commitments.make(work, kind="offer", wording="Access", made_by_id=body.id, made_to_ids=[other.id])
        return met, offer.id, followups.add(work, title="Send the paper").id


def overtake(instance: Instance, made: Made) -> None:
    """Somebody else saves the first meeting, the commitment and the follow-up."""
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        engagements.amend(work, made[0][0], place="Brussels")
        commitments.amend(work, made[1], condition="In writing")
        followups.amend(work, made[2], note="By hand")


def click(visitor: Browser, page: str, target: str) -> Callable[..., object]:
    """The button on ``page`` that posts to ``target``, to be clicked later."""
    form = re.search(rf'<form method="post" action="{target}".*?</form>', visitor.get(page).text, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    assert fields["version"]
    return lambda: visitor.post(target, fields)


def test_click_on_an_overtaken_page_changes_nothing_and_leads_to_the_record(
    browser: Visit, instance: Instance, made: Made
) -> None:
    visitor, (met, offer, errand) = browser("owner"), made
    clicks = {
        f"/engagements/{met[0]}": click(visitor, f"/engagements/{met[0]}", f"/engagements/{met[0]}/settle"),
        f"/commitments/{offer}": click(visitor, f"/commitments/{offer}", f"/commitments/{offer}/state"),
        f"/follow-ups/{errand}": click(visitor, f"/follow-ups/{errand}", f"/follow-ups/{errand}/do"),
    }
    overtake(instance, made)
    for page, pressed in clicks.items():
        answer = pressed()
        assert answer.status_code == 409  # type: ignore[attr-defined]
        assert f'href="{page}">Open it again' in answer.text  # type: ignore[attr-defined]
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.get_one(Engagement, met[0]).status == "planned"
        assert work.session.get_one(Commitment, offer).state == "open"
        assert work.session.get_one(FollowUp, errand).done_on is None


def test_same_click_goes_through_where_nobody_was_faster(browser: Visit, instance: Instance, made: Made) -> None:
    visitor, (met, offer, errand) = browser("owner"), made
    for page, target in (
        (f"/engagements/{met[0]}", f"/engagements/{met[0]}/settle"),
        (f"/commitments/{offer}", f"/commitments/{offer}/state"),
        (f"/follow-ups/{errand}", f"/follow-ups/{errand}/do"),
    ):
        assert click(visitor, page, target)().status_code == 303  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("page", "target", "said"),
    [
        ("/engagements/unsettled", "/engagements/unsettled", {"do": "held"}),
        ("/engagements/", "/several/engagement", {"action": "bin"}),
    ],
)
def test_rows_that_changed_meanwhile_are_left_and_named(
    browser: Visit, instance: Instance, made: Made, page: str, target: str, said: dict[str, str]
) -> None:
    visitor, (met, _, _) = browser("owner"), made
    ids = re.findall(r'name="ids" value="([^"]+)"', visitor.get(page).text)
    assert len(ids) == 2
    overtake(instance, made)
    answer = visitor.post(target, {**said, "ids": ids})
    told = html.unescape(visitor.get(answer.headers["Location"]).text)
    assert "“Meeting 1” was changed by somebody else meanwhile, so it is left as it is." in told
    with instance.reading(door="cli", trusted=True) as work:
        first, second = (work.session.get_one(Engagement, one) for one in met)
        assert (first.status, first.is_binned) == ("planned", False)
        assert (second.status, second.is_binned) != ("planned", False)


def test_nothing_is_done_where_all_rows_changed_meanwhile(browser: Visit, instance: Instance, made: Made) -> None:
    visitor, (_, offer, errand) = browser("owner"), made
    [row] = re.findall(r'name="ids" value="([^"]+)"', visitor.get("/follow-ups/").text)
    [promise] = re.findall(r'name="ids" value="([^"]+)"', visitor.get("/commitments/?show=all").text)
    overtake(instance, made)
    assert visitor.post("/follow-ups/several", {"ids": [row], "action": "do"}).status_code == 422
    assert visitor.post("/several/commitment", {"ids": [promise], "action": "bin"}).status_code == 422
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.get_one(FollowUp, errand).done_on is None
        assert not work.session.get_one(Commitment, offer).is_binned


def test_whether_a_record_changed_is_not_told_to_whoever_may_not_read_it(
    browser: Visit, instance: Instance, made: Made
) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        engagements.amend(work, made[0][0], visibility="hidden")
    visitor = browser("colleague")
    answers = [
        visitor.post("/several/engagement", {"ids": [f"{made[0][0]}.{version}"], "action": "bin"})
        for version in (1, 2, 3)
    ]
    assert len({answer.status_code for answer in answers}) == 1
    assert "changed by somebody else" not in "".join(answer.text for answer in answers)
