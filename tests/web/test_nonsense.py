"""Whatever is sent to the pages of letters, commitments, follow-ups, topics and lists, the answer is never a fault."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from crm.instance import Instance
from crm.testing.browsing import Browser
from tests.web.world import BODY, World, build

Visit = Callable[..., Browser]

#: NUL, numbers no database holds, days no calendar has, directions and templates.
NONSENSE = ("a\x00b", "9" * 30, "Any [#2147483648]", "31 February 2026", "10000", "\u202e<b>{{7*7}}%_\\", "-1")
GOOD = {
    "action": "do",
    "days": "7",
    "ids": "1",
    "made_by": BODY,
    "made_to": "Agency of Samples",
    "name": "Name",
    "organisations": BODY,
    "recipients": BODY,
    "state": "open",
    "step": "delivered",
    "subject": "Subject",
    "title": "Title",
    "undo_step": "delivered",
    "visibility": "team",
    "when": "11 May 2026",
    "wording": "Wording",
}
#: Address → (kind to send, fields).
FORMS = {
    "/letters/": ("", "subject summary recipients lists actors topics sent answer_by channel visibility submission"),
    "/letters/{letter}/mark": ("", "ids step when state"),
    "/letters/{letter}/clear": ("", "ids undo_step"),
    "/letters/{letter}/arrange": ("", "ids channel answer_by note"),
    "/letters/{letter}/remind": ("", "due ids"),
    "/letters/{letter}/send": ("", "when ids answer_by version"),
    "/letters/{letter}/recipients": ("", "recipients lists version"),
    "/letters/{letter}/replies/{dispatch}": ("letter", "kind when person subject summary linked submission"),
    "/commitments/": (
        "offer",
        "kind made_by made_to wording condition when due owner_id topic_id state fulfils_id evidence evidence_url "
        "engagement submission",
    ),
    "/commitments/{commitment}": (
        "offer",
        "kind made_by made_to wording when due owner_id topic_id fulfils_id version",
    ),
    "/commitments/{commitment}/state": ("", "state"),
    "/follow-ups/": ("", "title due note owner_id remind_on engagement commitment dispatch organisation topic"),
    "/follow-ups/{follow_up}/snooze": ("", "days"),
    "/follow-ups/several": ("", "ids action days"),
    "/lists/": ("", "name organisations submission"),
    "/topics/": ("", "name parent_id procedure_reference description"),
    "/milestones/": ("vote", "kind title when topic_id organisation source source_url note"),
}
PAGES = (
    "/letters/?q={0}&show={0}&page={0}",
    "/letters/new?list={0}&organisation={0}",
    "/commitments/?q={0}&direction={0}&organisation={0}&topic={0}&page={0}&view=board",
    "/commitments/new?fulfils={0}&engagement={0}&organisation={0}&topic={0}&kind={0}",
    "/follow-ups/?q={0}&tab={0}&organisation={0}&page={0}",
    "/follow-ups/new?engagement={0}&commitment={0}&dispatch={0}&topic={0}&title={0}&due={0}",
    "/lists/?q={0}",
    "/topics/new?parent_id={0}",
    "/milestones/new?topic_id={0}",
)


@pytest.fixture
def world(instance: Instance) -> World:
    return build(instance)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_no_input_is_answered_with_a_fault(browser: Visit, world: World, nonsense: str) -> None:
    visitor = browser("owner")
    for page in PAGES:
        assert visitor.get(page.format(quote(nonsense))).status_code < 500, page
    for form, (kind, names) in FORMS.items():
        address = form.format(**world.open)
        fields = names.split()
        good = {name: GOOD[name] for name in fields if name in GOOD} | ({"kind": kind} if kind else {})
        for name in fields:
            answer = visitor.post(address, {**good, name: nonsense})
            assert answer.status_code < 500, (address, name)


def test_method_that_an_address_does_not_take_is_refused_with_those_it_takes(browser: Visit) -> None:
    for visitor in (browser(), browser("owner")):
        answer = visitor.client.open("/engagements/", method="TRACE")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
