"""The main job in a real browser: a meeting is logged in every way people work, and nothing typed is ever lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from crm.instance import Instance
from crm.models import Engagement, Member
from crm.services import members
from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SAVED = re.compile(r"/engagements/\d+$")
PASSWORD = "correct horse battery staple"

Count = Callable[[str], int]


@pytest.fixture
def logged(demonstration: Instance) -> Count:
    """``logged("subject")``: how many engagements have that subject."""

    def count(subject: str) -> int:
        with demonstration.reading(door="cli", trusted=True) as work:
            return work.session.scalar(select(func.count(Engagement.id)).where(Engagement.subject == subject)) or 0

    return count


def tab_to(page: Page, name: str) -> None:
    """Moves the focus by the Tab key until it stands in the field, or on the typeahead of the field, ``name``."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(
            """name => {
                const here = document.activeElement;
                return here.name === name || here.matches("input, textarea, select")
                    && !!here.closest(".field")?.querySelector(`[name="${name}"]`);
            }""",
            name,
        ):
            return
    raise AssertionError(f"the Tab key never reaches {name}")


def submit(page: Page) -> None:
    """Sends the form of the page."""
    page.locator("main form[method=post] button[type=submit].button--primary").last.click()


def fill(page: Page, subject: str, *, body: str = "European Commission", when: str = "yesterday") -> None:
    """Fills in the form as it is without JavaScript."""
    page.locator("textarea[name=bodies]").fill(body)
    page.locator("input[name=when]").fill(when)
    page.locator("input[name=subject]").fill(subject)


def fill_typing(page: Page, subject: str, *, when: str) -> None:
    """Fills in the form with its typeahead."""
    tab_to(page, "bodies")
    page.keyboard.type("european commission")
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")  # the first row is what Enter takes already, and where the first arrow lands
    expect(page.locator("[role=option]").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.locator("input[name=when]").fill(when)
    page.locator("input[name=subject]").fill(subject)


def test_meeting_is_logged_with_the_keyboard_alone(open_page: OpenPage, logged: Count) -> None:
    page = open_page("/", persona="owner")
    page.keyboard.press("l")
    page.wait_for_url("**/engagements/new*")
    expect(page.get_by_role("combobox", name="Bodies met")).to_be_focused()
    page.keyboard.type("cnect")
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("Enter")
    tab_to(page, "when")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("20 November 2026 10:00")
    expect(page.get_by_text("Friday 20 November 2026, 10:00")).to_be_visible()
    tab_to(page, "subject")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(SAVED)
    expect(page.locator("h1")).to_contain_text("By keyboard")
    expect(page.locator("main")).to_contain_text("Communications Networks")
    assert logged("By keyboard") == 1


def test_meeting_is_logged_without_javascript(open_page: OpenPage, logged: Count) -> None:
    page = open_page("/engagements/new", javascript=False, persona="owner")
    fill(page, "Without scripts", body="DG CNECT\nDG GROW", when="12 or 13 May 2026")
    submit(page)
    page.wait_for_url(SAVED)
    expect(page.locator("main")).to_contain_text("12 or 13 May 2026")
    assert logged("Without scripts") == 1


def test_mistake_without_javascript_keeps_what_was_typed(open_page: OpenPage, logged: Count) -> None:
    page = open_page("/engagements/new", javascript=False, persona="owner")
    fill(page, "With a mistake", when="31 April 2026")
    submit(page)
    expect(page.locator("input[name=subject]")).to_have_value("With a mistake")
    expect(page.locator("input[name=when]")).to_have_value("31 April 2026")
    assert logged("With a mistake") == 0
    page.locator("input[name=when]").fill("30 April 2026")
    submit(page)
    page.wait_for_url(SAVED)
    assert logged("With a mistake") == 1


def test_corrected_date_no_longer_has_its_error_beside_it(open_page: OpenPage) -> None:
    page = open_page("/engagements/new", persona="owner")
    fill_typing(page, "With a mistake", when="31 April 2026")
    submit(page)
    error = page.locator("#when-error")
    expect(error).to_contain_text("try “30 April” or “1 May”")
    page.locator("input[name=when]").fill("30 April 2026")
    expect(page.locator("#when-preview")).to_contain_text("Thursday 30 April 2026")
    expect(error).to_have_count(0)


def test_double_click_makes_one_record(open_page: OpenPage, logged: Count) -> None:
    page = open_page("/engagements/new", persona="owner")
    fill_typing(page, "Clicked twice", when="10 November 2026")
    page.locator("main form[method=post] button[type=submit].button--primary").last.dblclick()
    page.wait_for_url(SAVED)
    assert logged("Clicked twice") == 1


def test_same_meeting_typed_again_after_going_back_is_asked_about(open_page: OpenPage, logged: Count) -> None:
    page = open_page("/engagements/new", javascript=False, persona="owner")
    fill(page, "Sent again", when="17 November 2026")
    submit(page)
    page.wait_for_url(SAVED)
    page.go_back()
    fill(page, "Sent again", when="17 November 2026")
    submit(page)
    expect(page.get_by_text("Is it one of these?")).to_be_visible()
    assert logged("Sent again") == 1


def test_session_that_ends_meanwhile_loses_nothing(open_page: OpenPage, demonstration: Instance, logged: Count) -> None:
    with demonstration.writing(door="cli", trusted=True) as work:
        owner = work.session.scalars(select(Member).where(Member.email == "owner@example.org")).one()
        members.set_password(work, owner.id, PASSWORD)
    page = open_page("/engagements/new", javascript=False, persona="owner")
    fill(page, "Session ended", when="18 November 2026")
    with demonstration.writing(door="cli", trusted=True) as work:
        members.end_sessions(work, owner.id)
    submit(page)
    expect(page.locator("h1")).to_contain_text("signed out")
    assert logged("Session ended") == 0
    expect(page.get_by_label("What you typed")).to_have_value(re.compile("Session ended"))
    other = page.context.new_page()
    other.goto("/sign-in")
    other.get_by_label("E-mail address").fill("owner@example.org")
    other.get_by_label("Password").fill(PASSWORD)
    other.locator("main button[type=submit]").click()
    other.wait_for_url(lambda address: "sign-in" not in address)
    for _ in range(2):
        page.get_by_role("button", name="Send it once more").click()
        if SAVED.search(page.url):
            break
    page.wait_for_url(SAVED)
    assert logged("Session ended") == 1


def test_conflict_shows_both_versions(open_page: OpenPage, demonstration: Instance) -> None:
    page = open_page("/engagements/new", javascript=False, persona="owner")
    fill(page, "To be edited twice", when="16 November 2026")
    submit(page)
    page.wait_for_url(SAVED)
    address = page.url.split("/", 3)[3]
    mine = open_page(f"/{address}/edit", javascript=False, persona="owner")
    theirs = open_page(f"/{address}/edit", javascript=False, persona="colleague")
    theirs.locator("input[name=subject]").fill("What the colleague wrote")
    submit(theirs)
    theirs.wait_for_url(SAVED)
    mine.locator("input[name=subject]").fill("What I wrote")
    submit(mine)
    table = mine.get_by_role("region", name="Both versions")
    expect(table).to_contain_text("What the colleague wrote")
    expect(table).to_contain_text("What I wrote")
    expect(mine.locator("input[name=subject]")).to_have_value("What I wrote")
    submit(mine)
    mine.wait_for_url(SAVED)
    expect(mine.locator("h1")).to_contain_text("What I wrote")


def test_meeting_is_logged_on_a_telephone(open_page: OpenPage, logged: Count) -> None:
    page = open_page("/engagements/new", width=360, persona="owner")
    fill_typing(page, "On a telephone", when="11 November 2026")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    submit(page)
    page.wait_for_url(SAVED)
    assert logged("On a telephone") == 1
