"""Every page in a real browser: nothing against the policy, nothing against WCAG 2.2 AA."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from crm.instance import Instance
from tests.browser.conftest import OpenPage
from tests.pages import every_page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]
AXE_OPTIONS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def check(page: Page, axe: str) -> list[str]:
    """What axe finds on the page as it stands, one line each."""
    # The policy forbids scripts that the page does not serve, so axe goes in through the debugger.
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": axe})
    answer = session.send(
        "Runtime.evaluate",
        {"expression": f"axe.run(document, {json.dumps(AXE_OPTIONS)})", "awaitPromise": True, "returnByValue": True},
    )
    session.detach()
    violations = answer["result"]["value"]["violations"]
    return [f"{found['id']}: {[node['html'][:160] for node in found['nodes'][:3]]}" for found in violations]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_keeps_the_policy_and_is_accessible(
    open_page: OpenPage, demonstration: Instance, axe: str, scheme: str, width: int
) -> None:
    page = open_page("/", width=width, scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    problems: list[str] = []
    for path in every_page(demonstration):
        said.clear()
        answer = page.goto(path)
        assert answer is not None
        if answer.status != 200:
            problems.append(f"{path}: {answer.status}")
        problems += [f"{path}: {text}" for text in said]
        problems += [f"{path}: {text}" for text in check(page, axe)]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 1:
            problems.append(f"{path}: {overflow} px wider than the screen")
    assert not problems, "\n".join(problems)
