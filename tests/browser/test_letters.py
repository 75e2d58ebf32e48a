"""A letter's recipients in a real browser: worked through with the keyboard, and the same without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crm.dates import parse_when
from crm.instance import Instance
from crm.queries import letters as reads
from crm.services import letters, organisations
from crm.services.engagements import Party
from crm.testing.fixtures import persona
from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Letter = Callable[[str], int]
States = dict[str, str]


@pytest.fixture
def letter(demonstration: Instance) -> Letter:
    """``letter("subject")``: a new letter of the owner, sent on 9 November 2026 to three member states."""

    def sent(subject: str) -> int:
        with demonstration.writing(persona(demonstration, "owner"), door="web") as work:
            found = organisations.resolve(work, ["Austria", "Belgium", "Bulgaria"], field="recipients")
            ours = organisations.resolve(work, ["Weathervane (fictional)"], field="actors")
            when = parse_when("9 November 2026", today=work.today(), past=True)
            return letters.write(
                work,
                subject=subject,
                organisation_ids=[body.id for body in found],
                actors=[Party(body.id) for body in ours],
                sent=when,
            ).id

    return sent


def steps(demonstration: Instance, letter: int, step: str) -> States:
    """Recipient → when it took the step."""
    with demonstration.reading(persona(demonstration, "owner"), door="web") as work:
        rows = reads.matrix(work, letter)
    return {row.name: row.steps[step].when.short() for row in rows if step in row.steps}


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_row_one_is_on_is_marked_by_one_key_and_stays_current(
    open_page: OpenPage, demonstration: Instance, letter: Letter
) -> None:
    number = letter("Row by row")
    page = open_page(f"/letters/{number}", persona="owner")
    press(page, "j", "j", "d")
    expect(page.locator(".notice")).to_contain_text("Delivered: 1 recipient.")
    expect(page.locator("tr.is-current")).to_be_focused()
    expect(page.locator("tr.is-current")).to_contain_text("Belgium")
    press(page, "j", "d")
    expect(page.locator("tr.is-current")).to_contain_text("Bulgaria")
    expect(page.locator("tr.is-current")).to_contain_text("23 Nov 2026")
    assert steps(demonstration, number, "delivered") == {"Belgium": "23 Nov 2026", "Bulgaria": "23 Nov 2026"}


def test_row_stays_current_while_another_part_of_the_page_comes_in(
    open_page: OpenPage, demonstration: Instance, letter: Letter
) -> None:
    number = letter("Meanwhile")
    page = open_page(f"/letters/{number}", persona="owner")
    page.evaluate(
        """document.addEventListener("htmx:beforeSwap", (event) => {
            if (event.target.id !== "main") return;
            const other = document.querySelector("h1");
            other.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true, detail: { elt: other } }));
        })"""
    )
    press(page, "j", "j", "d")
    expect(page.locator(".notice")).to_contain_text("Delivered: 1 recipient.")
    page.wait_for_load_state("networkidle")
    expect(page.locator("tr.is-current")).to_be_focused()
    expect(page.locator("tr.is-current")).to_contain_text("Belgium")


def test_chosen_rows_are_marked_together_on_a_day_as_typed(
    open_page: OpenPage, demonstration: Instance, letter: Letter
) -> None:
    number = letter("Together")
    page = open_page(f"/letters/{number}", persona="owner")
    press(page, "j", "x", "j", "x")
    expect(page.locator("[data-bulk-count]")).to_contain_text("2")
    page.locator("#step-when").fill("12 or 13 November")
    page.locator("#step-when").blur()
    press(page, "r")
    expect(page.locator("#sum")).to_contain_text("Answered 2 of 3; awaiting 1")
    assert steps(demonstration, number, "replied") == {"Austria": "12/13 Nov 2026", "Belgium": "12/13 Nov 2026"}
    assert page.locator("#step-when").input_value() == "12 or 13 November"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#sum")).to_contain_text("Answered 0 of 3; awaiting 3")
    assert steps(demonstration, number, "replied") == {}


def test_refused_step_is_said_in_place_and_keeps_who_was_chosen(
    open_page: OpenPage, demonstration: Instance, letter: Letter
) -> None:
    number = letter("Refused")
    page = open_page(f"/letters/{number}", persona="owner")
    press(page, "j", "x")
    page.locator("#step-when").fill("1 November 2026")
    page.locator("#step-when").blur()
    press(page, "d")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    expect(page.locator("input[data-select]:checked")).to_have_count(1)
    assert steps(demonstration, number, "delivered") == {}


def test_step_key_does_nothing_while_no_row_is_meant(
    open_page: OpenPage, demonstration: Instance, letter: Letter
) -> None:
    number = letter("Nobody")
    page = open_page(f"/letters/{number}", persona="owner")
    press(page, "d")
    page.wait_for_load_state("networkidle")
    expect(page.locator(".notice")).to_have_count(0)
    assert steps(demonstration, number, "delivered") == {}


def test_same_is_done_without_javascript(open_page: OpenPage, demonstration: Instance, letter: Letter) -> None:
    number = letter("Plain")
    page = open_page(f"/letters/{number}", persona="owner", javascript=False)
    for name in ("Austria", "Bulgaria"):
        page.locator("tbody tr", has_text=name).locator("input[data-select]").check()
    page.locator("#step-when").fill("16 November")
    page.locator("button[value=acknowledged]").click()
    expect(page.locator(".notice")).to_contain_text("Acknowledged: 2 recipients.")
    assert steps(demonstration, number, "acknowledged") == {"Austria": "16 Nov 2026", "Bulgaria": "16 Nov 2026"}
