"""Lists and the keyboard in a real browser: the palette, single keys, many rows at once, narrowing down."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_gates import check

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def palette(page: Page, text: str) -> None:
    """Opens the palette by its keys and types into it."""
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-input")).to_be_focused()
    page.keyboard.type(text)


def test_palette_finds_a_record_and_opens_it(open_page: OpenPage) -> None:
    page = open_page("/", persona="owner")
    palette(page, "european commission")
    found = page.locator("#palette [role=option]").filter(has_text="European Commission").first
    expect(found).to_be_visible()
    found.click()
    page.wait_for_url(re.compile(r"/organisations/\d+$"))
    expect(page.locator("h1")).to_contain_text("European Commission")


def test_palette_runs_an_action(open_page: OpenPage) -> None:
    page = open_page("/", persona="owner")
    palette(page, "write let")
    expect(page.locator("#palette [role=option][aria-selected=true]")).to_contain_text("Write letter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/letters/new")


def test_escape_leaves_the_palette_and_returns_the_focus(open_page: OpenPage) -> None:
    page = open_page("/commitments/", persona="owner")
    page.locator("input[name=q][type=search]").last.focus()
    palette(page, "counts")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    expect(page.locator("input[name=q][type=search]").last).to_be_focused()


def test_single_keys_are_listed_and_can_be_switched_off(open_page: OpenPage) -> None:
    page = open_page("/", persona="colleague")
    page.keyboard.press("?")
    keys = page.locator("#shortcuts")
    expect(keys).to_be_visible()
    keys.get_by_label("Single keys work everywhere").uncheck()
    keys.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-shortcuts", "off")
    page.keyboard.press("?")
    page.keyboard.press("l")
    expect(keys).not_to_be_visible()
    palette(page, "")
    page.keyboard.press("Escape")
    assert page.url.endswith("/")
    page.locator(".menu--member > summary").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    keys.get_by_label("Single keys work everywhere").check()
    keys.get_by_role("button", name="Save").click()
    expect(page.locator("html")).not_to_have_attribute("data-shortcuts", "off")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/engagements/")


def test_rows_are_chosen_by_keys_changed_together_and_taken_back(open_page: OpenPage) -> None:
    page = open_page("/engagements/?kind=call", persona="owner")
    rows = page.locator("tbody tr")
    before = rows.count()
    assert before > 1
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    bar = page.locator("[data-bulk]")
    expect(bar).to_contain_text("Chosen engagements: 2")
    bar.get_by_role("button", name="Bin").click()
    notice = page.locator(".notice").filter(has_text="2 engagements are in the bin.")
    expect(notice).to_be_visible()
    expect(rows).to_have_count(before - 2)
    notice.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(before)


def test_list_is_narrowed_down_by_values_that_stay_open(open_page: OpenPage, axe: str) -> None:
    page = open_page("/engagements/", persona="owner")
    page.locator(".narrow > summary").click()
    value = page.locator(".narrow__group a").filter(has_text="Hearing")
    number = int(value.locator(".count").inner_text())
    assert check(page, axe) == []
    value.click()
    page.wait_for_url("**/engagements/?kind=hearing")
    expect(page.locator("tbody tr")).to_have_count(number)
    expect(page.locator(".narrow__group a[aria-current]")).to_contain_text("Hearing")
    page.locator(".narrowed").get_by_role("link", name="Clear all").click()
    page.wait_for_url("**/engagements/")
    expect(page.locator(".narrow")).to_have_attribute("open", "")
    page.locator(".narrow > summary").click()


def test_list_is_narrowed_down_without_javascript_on_a_telephone(open_page: OpenPage) -> None:
    page = open_page("/follow-ups/?whose=team", width=360, javascript=False, persona="owner")
    page.locator(".narrow > summary").click()
    page.get_by_role("link", name="Show the values with their figures").click()
    value = page.locator(".narrow__group a").first
    number = int(value.locator(".count").inner_text())
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    value.click()
    expect(page.locator("tbody tr")).to_have_count(number)
    expect(page.locator(".narrowed")).to_be_visible()


def test_head_of_a_column_sorts_by_the_keyboard(open_page: OpenPage) -> None:
    page = open_page("/engagements/", persona="owner")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("When")
    page.locator("thead a").filter(has_text="Kind").press("Enter")
    page.wait_for_url("**/engagements/?sort=kind")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Kind")
