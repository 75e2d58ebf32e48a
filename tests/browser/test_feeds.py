"""A feed is made in a real browser: the page that shows its address once is reached by a form only."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.test_gates import LOOKS, check

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_with_the_address_keeps_the_policy_and_is_accessible(
    open_page: OpenPage, axe: str, scheme: str, width: int
) -> None:
    page = open_page("/feeds/new?scope=team", width=width, scheme=scheme, persona="reader")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.get_by_role("button", name="Make the feed").click()
    address = page.get_by_label("Address", exact=True)
    address.wait_for()
    assert address.input_value().endswith(".ics")
    assert page.get_by_role("img", name="QR code").is_visible()
    assert page.get_by_role("button", name="Copy the address").is_visible()
    assert check(page, axe) == []
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_a_feed_is_made_without_javascript(open_page: OpenPage) -> None:
    page = open_page("/feeds/new?scope=mine", javascript=False, persona="reader")
    page.get_by_role("button", name="Make the feed").click()
    assert page.get_by_label("Address", exact=True).input_value().endswith(".ics")
