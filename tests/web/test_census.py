"""Every route × every persona: who is let in, who is not, and that nothing leaks beside the door."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from crm.instance import Instance
from crm.models.history import Transaction
from crm.testing.browsing import Browser
from tests import pages
from tests.routes import ADMINISTER, OPEN, OWN, READ, TABLE, WRITE
from tests.web.world import BODY, HERALD, SECRET_WORD, World, build

Sign = Callable[..., Browser]
#: What differs between two answers to the same question.
CHANGING = re.compile(
    r'(csrf_token|submission)"( id="[^"]*")?( type="hidden")? value="[^"]*"'
    r'|"X-CSRFToken": ?"[^"]*"|X-CSRFToken&#34;: &#34;[^&]*'
)
#: Kinds of record that hang on an engagement, and are kept from others with it.
KEPT = {"engagement", "letter", "dispatch", "point", "commitment", "follow_up", "attachment"}


@pytest.fixture
def world(instance: Instance) -> World:
    return build(instance)


def rules(app: Flask, method: str, *rights: str) -> list[Rule]:
    """The routes that answer ``method`` and need one of ``rights``."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or set())]
    return sorted((rule for rule in found if TABLE.get(rule.endpoint) in rights), key=lambda rule: rule.rule)


def addresses(app: Flask, instance: Instance, rule: Rule, numbers: dict[str, int]) -> list[str]:
    """Addresses of a route, of records of the world first and of whatever there is else."""
    with instance.reading(door="cli", trusted=True) as work, app.test_request_context():

        def number(kind: str) -> int:
            if kind in numbers:
                return numbers[kind]
            return work.session.scalar(pages.RECORDS[kind].limit(1)) or 1

        return [url_for(rule.endpoint, **values) for values in pages.arguments(rule, number)]


def kinds(rule: Rule) -> set[str]:
    """The kinds of record that a route names in its address."""
    return {
        pages.kind_of(rule, name)
        for name in sorted(rule.arguments)
        if name not in pages.WORDS and f"{rule.endpoint}.{name}" not in pages.WORDS
    }


def acts(instance: Instance) -> int:
    """How much was ever written."""
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalar(select(func.count()).select_from(Transaction)) or 0


def text_of(answer: TestResponse) -> str:
    """What an answer says, workbooks unpacked."""
    if answer.data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
            return "\n".join(package.read(name).decode(errors="replace") for name in package.namelist())
    return answer.data.decode(errors="replace")


def walk(
    app: Flask, instance: Instance, browser: Browser, numbers: dict[str, int], rights: tuple[str, ...] = (READ, WRITE)
) -> Iterator[tuple[Rule, str, TestResponse]]:
    """Opens every page."""
    for rule in rules(app, "GET", *rights):
        for address in addresses(app, instance, rule, numbers):
            yield rule, address, browser.get(address)


def test_every_route_says_who_may_open_it(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - set(TABLE) == set(), "add it to TABLE in tests/routes.py with the right it needs"
    assert set(TABLE) - endpoints == set(), "there is no such route any more"


def test_every_view_has_a_guard_that_fits(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "crm_guard", None)
        assert guard in ("open", "read", "write"), rule.endpoint
        assert (guard == "open") == (TABLE[rule.endpoint] == OPEN), rule.endpoint
        is_writing = "POST" in (rule.methods or set()) and TABLE[rule.endpoint] in (OWN, WRITE, ADMINISTER)
        assert guard == "open" or (guard == "write") == is_writing, rule.endpoint


def test_stranger_is_sent_to_the_sign_in(app: Flask, instance: Instance, world: World, browser: Sign) -> None:
    stranger = browser()
    for rule in rules(app, "GET", READ, OWN, WRITE, ADMINISTER):
        for address in addresses(app, instance, rule, world.open):
            answer = stranger.get(address)
            assert answer.status_code == 303, address
            assert answer.headers["Location"].startswith("/sign-in?next="), address


def test_stranger_writes_nothing(app: Flask, instance: Instance, world: World, browser: Sign) -> None:
    stranger = browser()
    before = acts(instance)
    for rule in rules(app, "POST", READ, OWN, WRITE, ADMINISTER):
        for address in addresses(app, instance, rule, world.open):
            assert stranger.post(address).status_code == 403, address
            assert stranger.client.post(address).status_code in (400, 403), address
    assert acts(instance) == before


def test_reader_opens_every_page_of_a_reader(app: Flask, instance: Instance, world: World, browser: Sign) -> None:
    for rule, address, answer in walk(app, instance, browser("reader"), world.open):
        if TABLE[rule.endpoint] == READ and "feed" not in kinds(rule):
            assert answer.status_code in (200, 303, 404) if "session" in kinds(rule) else answer.status_code == 200, (
                address
            )


def test_reader_changes_nothing_in_the_log(app: Flask, instance: Instance, world: World, browser: Sign) -> None:
    reader = browser("reader")
    before = acts(instance)
    for rule in rules(app, "POST", WRITE, ADMINISTER):
        for address in addresses(app, instance, rule, world.open):
            answer = reader.post(address, GENEROUS)
            assert answer.status_code in (403, 422), f"{address}: {answer.status_code}"
            assert acts(instance) == before, address


@pytest.mark.parametrize("name", ["reader", "colleague"])
def test_only_administrators_administer(app: Flask, instance: Instance, world: World, browser: Sign, name: str) -> None:
    client = browser(name)
    before = acts(instance)
    for rule in rules(app, "GET", ADMINISTER):
        for address in addresses(app, instance, rule, world.open):
            assert client.get(address).status_code in (403, 404), address
    for rule in rules(app, "POST", ADMINISTER):
        for address in addresses(app, instance, rule, world.open):
            assert client.post(address, GENEROUS).status_code in (403, 404), address
    assert acts(instance) == before


def test_administrator_opens_every_page(app: Flask, instance: Instance, world: World, browser: Sign) -> None:
    for _rule, address, answer in walk(app, instance, browser("admin"), world.open, (READ, OWN, WRITE, ADMINISTER)):
        assert answer.status_code in (200, 303), address


def test_what_is_kept_does_not_exist_for_a_colleague(
    app: Flask, instance: Instance, world: World, browser: Sign
) -> None:
    colleague = browser("colleague")
    for rule, address, answer in walk(app, instance, colleague, world.kept):
        if kinds(rule) & KEPT:
            assert answer.status_code == 404, address
    before = acts(instance)
    for rule in rules(app, "POST", WRITE, OWN):
        if kinds(rule) & KEPT:
            for address in addresses(app, instance, rule, world.kept):
                answer = colleague.post(address, GENEROUS)
                assert answer.status_code == 404, f"{address}: {answer.status_code}"
                assert acts(instance) == before, address


def test_content_that_is_hidden_cannot_be_changed_by_a_colleague(
    app: Flask, instance: Instance, world: World, browser: Sign
) -> None:
    colleague = browser("colleague")
    before = acts(instance)
    for rule in rules(app, "POST", WRITE, OWN):
        if kinds(rule) & KEPT:
            for address in addresses(app, instance, rule, world.hidden):
                answer = colleague.post(address, GENEROUS)
                assert answer.status_code in (403, 404), f"{address}: {answer.status_code}"
                assert SECRET_WORD not in text_of(answer), address
                assert acts(instance) == before, address


@pytest.mark.parametrize("name", ["colleague", "reader", "admin"])
def test_no_word_of_what_is_hidden_stands_on_any_page(
    app: Flask, instance: Instance, world: World, browser: Sign, name: str
) -> None:
    client = browser(name)
    for numbers in (world.kept, world.hidden):
        for _rule, address, answer in walk(app, instance, client, numbers, (READ, WRITE, ADMINISTER)):
            assert SECRET_WORD not in text_of(answer), address


def test_searching_for_a_hidden_word_is_like_searching_for_nonsense(
    app: Flask, instance: Instance, world: World, browser: Sign
) -> None:
    colleague = browser("colleague")

    def said(address: str, word: str) -> str:
        found = text_of(colleague.get(f"{address}?q={word}&bodies={BODY}&actors={BODY}"))
        return CHANGING.sub("", found).replace(word, "")

    for rule in rules(app, "GET", READ, WRITE):
        for address in addresses(app, instance, rule, world.open):
            assert said(address, SECRET_WORD) == said(address, "wombat"), address


def test_owner_reads_what_others_may_not(app: Flask, instance: Instance, world: World, browser: Sign) -> None:
    owner = browser("owner")
    found = {
        rule.endpoint
        for rule, _address, answer in walk(app, instance, owner, world.hidden)
        if SECRET_WORD in text_of(answer)
    }
    assert len(found) > 3, found


def test_person_of_a_hidden_meeting_is_not_named_with_it(
    app: Flask, instance: Instance, world: World, browser: Sign
) -> None:
    colleague = browser("colleague")
    for rule, address, answer in walk(app, instance, colleague, world.hidden):
        if kinds(rule) & KEPT:
            assert HERALD not in text_of(answer), address


def test_feed_shows_what_its_own_member_may_see(instance: Instance, world: World, browser: Sign) -> None:
    stranger = browser()
    assert SECRET_WORD in stranger.get(f"/calendar/{world.secrets['owner']}.ics").text
    for name in ("colleague", "reader"):
        answer = stranger.get(f"/calendar/{world.secrets[name]}.ics")
        assert answer.status_code == 200
        assert SECRET_WORD not in answer.text
        assert "About open" in answer.text.replace("\r\n ", "")


def test_feed_with_a_foreign_secret_is_not_there(world: World, browser: Sign) -> None:
    for secret in ("nothing", "A" * 43, world.secrets["owner"][:-1], world.secrets["owner"].swapcase()):
        assert browser().get(f"/calendar/{secret}.ics").status_code == 404


@pytest.mark.parametrize("name", ["colleague", "reader"])
def test_feed_of_another_is_not_there(app: Flask, instance: Instance, world: World, browser: Sign, name: str) -> None:
    client = browser(name)
    before = acts(instance)
    for method in ("GET", "POST"):
        for rule in rules(app, method, READ, OWN, WRITE):
            if "feed" in kinds(rule):
                for address in addresses(app, instance, rule, world.open):
                    answer = client.get(address) if method == "GET" else client.post(address)
                    assert answer.status_code == 404, address
                    assert acts(instance) == before, address


#: Fields of every form at once, so that a form is refused for the right reason: the others are ignored.
GENEROUS: dict[str, Any] = {
    "kind": "meeting",
    "status": "held",
    "when": "12 May 2026",
    "bodies": "Ministry for Examples",
    "name": "Something new",
    "title": "Something new",
    "subject": "Something new",
    "visibility": "team",
    "due": "1 June 2026",
    "wording": "We offer",
    "made_by": "Us",
    "made_to": "Ministry for Examples",
    "recipients": "Ministry for Examples",
    "organisations": "Ministry for Examples",
    "organisation": "Ministry for Examples",
    "outcome": "held",
    "state": "met",
    "step": "delivered",
    "role": "member",
    "email": "new@example.org",
    "confirm": "yes",
    "days": "7",
    "text": "Something",
}
