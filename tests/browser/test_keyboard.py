"""With the keyboard alone: one skips to the content, sees where one is, and comes back from what one opened."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: Whether what has the focus can be seen to have it, and is not under something that sticks.
SEEN = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const shown = [at, at.closest(".choice-card"), at.closest(".typeahead")].filter(Boolean).map(getComputedStyle);
  const outlined = shown.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
  const top = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
  const own = [at, ...(at.labels ?? [])];
  const free = !top || top.contains(at) || own.some((one) => one.contains(top));
  return [at.tagName, (at.innerText || at.name || "").slice(0, 30), outlined, free];
}"""


def test_first_key_skips_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/engagements/")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_menu_and_palette_give_the_focus_back(open_page: OpenPage) -> None:
    page = open_page("/engagements/")
    opener = page.locator(".menu--member > summary")
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".menu--member")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.locator(".menu--member")).not_to_have_attribute("open", "")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=combobox]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


@pytest.mark.parametrize("path", ["/counts/?sent=1&by=year", "/engagements/new"])
def test_focus_is_seen_and_never_covered_nor_trapped(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    page.locator("main").focus()
    seen = _walk(page)
    assert len(seen) > 20
    assert not [one for one in seen if not (one[2] and one[3])]


def _walk(page: Page, most: int = 400) -> list[tuple[str, str, bool, bool]]:
    """Every place that Tab comes to, until it leaves the page."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body || document.activeElement.matches('a.skip')"):
            return found
        found.append(tuple(page.evaluate(SEEN)))
    raise AssertionError(f"the focus does not leave the page: {found[-3:]}")
