"""A form is not sent into a session that has ended, nor to a server that does not answer: it stays, files included."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from crm.instance import Instance
from crm.models import Attachment, Engagement, Member
from crm.services import members
from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SAVED = re.compile(r"/engagements/\d+$")
PASSWORD = "correct horse battery staple"


@pytest.fixture
def minutes(tmp_path: Path) -> Path:
    path = tmp_path / "minutes of the call.txt"
    path.write_text("Minutes of the call")
    return path


def filled(open_page: OpenPage, subject: str, file: Path, when: str) -> Page:
    page = open_page("/engagements/new", persona="owner")
    page.evaluate("document.querySelector('textarea[name=bodies]').value = 'European Commission'")
    page.locator("input[name=when]").fill(when)
    page.locator("input[name=subject]").fill(subject)
    page.locator("input[type=file]").set_input_files(file)
    return page


def sign_out_everywhere(instance: Instance) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        owner = work.session.scalars(select(Member).where(Member.email == "owner@example.org")).one()
        members.set_password(work, owner.id, PASSWORD)


def files_of(instance: Instance, subject: str) -> list[str]:
    with instance.reading(door="cli", trusted=True) as work:
        of = select(Attachment.name).join(Engagement, Engagement.id == Attachment.engagement_id)
        return list(work.session.scalars(of.where(Engagement.subject == subject)))


def test_form_with_files_survives_the_end_of_the_session(
    open_page: OpenPage, demonstration: Instance, minutes: Path
) -> None:
    page = filled(open_page, "Signed out with a file", minutes, "19 March 2026")
    sign_out_everywhere(demonstration)
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Not sent yet")
    expect(dialog).to_contain_text("You were signed out meanwhile")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in in a new tab").click()
    other = opened.value
    other.get_by_label("E-mail address").fill("owner@example.org")
    other.get_by_label("Password").fill(PASSWORD)
    other.locator("main button[type=submit]").click()
    other.wait_for_url(lambda address: "sign-in" not in address)
    other.close()
    page.bring_to_front()
    if dialog.is_visible():
        dialog.get_by_role("button", name="Go on").click()
    page.wait_for_url(SAVED)
    assert files_of(demonstration, "Signed out with a file") == ["minutes of the call.txt"]


def test_form_stays_as_it_is_while_the_server_does_not_answer(
    open_page: OpenPage, demonstration: Instance, minutes: Path
) -> None:
    page = filled(open_page, "Sent without a network", minutes, "20 April 2026")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Not sent yet")
    expect(dialog).to_contain_text("does not answer")
    assert files_of(demonstration, "Sent without a network") == []
    page.context.set_offline(False)
    dialog.get_by_role("button", name="Go on").click()
    page.wait_for_url(SAVED)
    assert files_of(demonstration, "Sent without a network") == ["minutes of the call.txt"]


def test_file_that_is_too_large_is_refused_before_it_is_sent(open_page: OpenPage, minutes: Path) -> None:
    with minutes.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    page = filled(open_page, "Too large", minutes, "21 May 2026")
    sent = []
    # The form asks for hints while it is filled in; it is sent by leaving the page.
    page.on("request", lambda request: sent.append(request.url) if request.is_navigation_request() else None)
    page.get_by_role("button", name="Save", exact=True).click()
    assert (
        page.locator("input[type=file]")
        .evaluate("input => input.validationMessage")
        .endswith("has 26 MB; a file may have at most 25 MB.")
    )
    assert sent == []


def test_double_click_with_the_question_in_between_saves_once(
    open_page: OpenPage, demonstration: Instance, minutes: Path
) -> None:
    page = filled(open_page, "Clicked twice with a file", minutes, "22 June 2026")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    page.wait_for_url(SAVED)
    assert files_of(demonstration, "Clicked twice with a file") == ["minutes of the call.txt"]
