"""What is kept to its owner changes nothing that a colleague can see: no row, number, order, ETag or word."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from crm.instance import Instance
from crm.services import organisations
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona
from tests.web import world as worlds
from tests.web.world import BODY, World

Visit = Callable[..., Browser]
LISTS = ("engagements", "organisations", "people", "letters", "commitments", "follow-ups", "milestones")
TOKENS = re.compile(r'(X-CSRFToken|name="[\w-]*(?:csrf_token|submission)")[^>]*>')


@pytest.fixture
def world(instance: Instance) -> World:
    return worlds.build(instance)


def addresses(world: World) -> list[str]:
    body, topic, person = (world.open[kind] for kind in ("organisation", "topic", "person"))
    found = [f"/{name}/" for name in LISTS]
    found += ["/", "/bin/", "/month/", "/engagements/unsettled", f"/organisations/{body}", f"/topics/{topic}"]
    found += [f"/people/{person}", f"/engagements/?organisation={body}&sort=-when", f"/organisations/{body}?actor=all"]
    found += ["/counts/?by=month&since=2026-01-01&until=2026-12-31&anybody=1", f"/counts/?body={body}", "/letters/new"]
    found += [f"/narrow/{name}" for name in LISTS]
    found += [
        f"/{door}?q={word}" for door in ("search/", "search/suggest") for word in (worlds.SECRET_WORD, "Ministry")
    ]
    found += [f"/suggest/{kind}?q=Mi" for kind in ("organisations", "engagements", "people", "topics", "colleagues")]
    found += [f"/export/{name}.json" for name in ("engagements", "counts", "commitments", "followups", "letters")]
    found += ["/export/engagements.csv?per=contact", "/export/engagements.ics", "/export/organisations.json"]
    return [*found, f"/calendar/{world.secrets['colleague']}.ics"]


def seen(browser: Browser, world: World) -> dict[str, tuple[int, str | None, str]]:
    found = {}
    for address in addresses(world):
        answer = browser.get(address)
        found[address] = (answer.status_code, answer.headers.get("ETag"), TOKENS.sub("", answer.text))
    hints = browser.post("/engagements/hints", {"kind": "meeting", "when": "4 May 2026", "bodies": BODY})
    found["hints"] = (hints.status_code, None, TOKENS.sub("", hints.text))
    return found


def test_what_is_kept_to_its_owner_changes_nothing_for_a_colleague(
    browser: Visit, instance: Instance, world: World
) -> None:
    colleague = browser("colleague")
    before = seen(colleague, world)
    with instance.writing(persona(instance, "owner"), door="web") as work:
        bodies = organisations.resolve(work, [BODY, "Agency of Samples"], field="bodies")
        about = (world.open["person"], world.open["topic"])
        worlds.log_everything(work, instance.settings, "members", bodies, about, worlds.SECRET_WORD)
    after = seen(colleague, world)
    assert {address: answer for address, answer in after.items() if answer != before[address]} == {}
    assert worlds.SECRET_WORD in browser("owner").get("/engagements/").text
    assert {address: status for address, (status, _, _) in after.items() if status != 200} == {}
