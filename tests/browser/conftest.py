"""One server with the demonstration, and one browser, for all browser tests of a worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from crm.clock import FixedClock
from crm.instance import Instance
from crm.services import demo, feeds
from crm.settings import Settings
from crm.testing.databases import SqliteTemplate
from crm.testing.fixtures import SECRET, add_members, persona
from crm.testing.serving import BROWSER_OPTIONS, installed_browser, served, session_cookie

# A busy machine is slow, not wrong.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def demonstration(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance with the directory and the demonstration, at a fixed day."""
    settings = Settings(
        data=tmp_path_factory.mktemp("data"),
        database_url=sqlite_template.fresh(),
        secret_key=SECRET,
        base_url="http://127.0.0.1",
        development=True,
    )
    made = Instance(settings, clock=FixedClock(dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)))
    add_members(made)
    admin = persona(made, "admin")
    demo.enter(made, admin)
    with made.writing(admin, door="web") as work:
        feeds.create(work, scope="team")
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def address(demonstration: Instance) -> Iterator[str]:
    with served(demonstration) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = installed_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(BROWSER_OPTIONS))
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, address: str, demonstration: Instance) -> Iterator[OpenPage]:
    """``open_page("/counts", width=360, scheme="dark", javascript=False, persona="admin")``."""
    contexts: list[BrowserContext] = []

    def open_one(
        path: str, *, width: int = 1280, scheme: str = "light", javascript: bool = True, persona: str | None = "admin"
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=javascript,
            reduced_motion="reduce",
            base_url=address,
        )
        contexts.append(context)
        if persona is not None:
            cookie = session_cookie(demonstration, f"{persona}@example.org")
            context.add_cookies([{**cookie, "url": address}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, brought in by the build."""
    return (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
