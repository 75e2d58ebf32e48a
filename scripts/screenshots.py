"""Takes the pictures of the documentation: an installation with the demonstration, at a fixed day, in a real browser.

Usage: python scripts/screenshots.py [NAME…]     (or: make screenshots)

Writes docs/images/NAME.png, light unless the name says otherwise.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flask import url_for
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import func, select

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "plugins")]

from crm.app import create_app  # noqa: E402
from crm.clock import FixedClock  # noqa: E402
from crm.database.migrate import upgrade  # noqa: E402
from crm.instance import Instance  # noqa: E402
from crm.models import Dispatch, Engagement, ImportRun, Organisation, Participation, Topic  # noqa: E402
from crm.services import demo, engagements, members, setup  # noqa: E402
from crm.services.demo import observer  # noqa: E402
from crm.settings import Settings  # noqa: E402
from crm.testing.fixtures import SECRET  # noqa: E402
from crm.testing.serving import ADVICE, BROWSER_OPTIONS, find_browser, served, session_cookie  # noqa: E402
from crm.work import Work  # noqa: E402

IMAGES = TOP / "docs" / "images"
NOW = dt.datetime(2026, 5, 20, 7, 0, tzinfo=dt.UTC)
EMAIL = "maria.rossi@example.org"
WIDE, PHONE = (1200, 750), (390, 750)


class Picture(NamedTuple):
    """One picture.

    :param endpoint: of the page, below ``crm.``
    :param record: kind of record the page is of, a key of :data:`RECORDS`
    :param query: of the address
    :param kind: word in the address beside the record's number
    :param then: what is done on the page before the picture is taken
    """

    name: str
    endpoint: str
    record: str = ""
    query: str = ""
    dark: bool = False
    size: tuple[int, int] = WIDE
    kind: str = ""
    then: Callable[[Page, Instance], None] | None = None


def open_palette(page: Page, instance: Instance) -> None:
    """The command palette, with what it finds for a few letters."""
    page.keyboard.press("Control+k")
    page.locator("#palette [role=combobox]").press_sequentially("cyber")
    page.locator("#palette [role=option]").nth(2).wait_for()


def suggest_bodies(page: Page, instance: Instance) -> None:
    """The form, with what it suggests for a former name."""
    page.get_by_role("combobox", name="Bodies met").press_sequentially("infso")
    page.locator("[role=listbox] [role=option]").first.wait_for()


def edit_at_once(page: Page, instance: Instance) -> None:
    """A form that comes back because a colleague saved the same engagement meanwhile."""
    number = int(page.url.rstrip("/").split("/")[-2])
    with instance.reading(door="cli", trusted=True) as work:
        colleague = members.by_email(work, observer.COLLEAGUE)
        work.session.expunge(colleague)
    with instance.writing(colleague, door="web") as work:
        engagements.amend(work, number, place="Rue de la Loi 200, Brussels")
    page.locator("[name=subject]").fill("Trusted access: conditions, and who checks them")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Keep theirs").first.wait_for()


PICTURES = (
    Picture("home", "home.index"),
    Picture("log", "engagements.new"),
    Picture("log-phone", "engagements.new", size=PHONE),
    Picture("engagement", "engagements.show", "engagement"),
    Picture("organisation", "organisations.show", "organisation"),
    Picture("organisation-phone", "organisations.show", "organisation", size=PHONE),
    Picture("counts", "counts.index"),
    Picture("counts-dark", "counts.index", dark=True),
    Picture("letter", "letters.show", "letter"),
    Picture("commitments", "commitments.index"),
    Picture("follow-ups", "follow_ups.index"),
    Picture("feeds", "feeds.index"),
    Picture("engagements", "engagements.index"),
    Picture("suggestions", "engagements.new", then=suggest_bodies),
    Picture("search", "search.index", query="?q=cyber"),
    Picture("palette", "home.index", then=open_palette),
    Picture("topic", "topics.show", "topic"),
    Picture("month", "month.index", query="?of=2026-04"),
    Picture("import-check", "imports.check", "import_run"),
    # The conflict leaves a change behind, of which the history then tells
    Picture("conflict", "engagements.edit", "engagement", then=edit_at_once),
    Picture("history", "history.record", "engagement", kind="engagement"),
)
RECORDS = {
    "engagement": select(Engagement.id)
    .join(Participation, Participation.engagement_id == Engagement.id)
    .where(Engagement.kind == "meeting", Engagement.status == "held")
    .group_by(Engagement.id)
    .order_by(func.length(func.max(Engagement.summary)).desc(), func.count().desc()),
    "organisation": select(Organisation.id).where(Organisation.key == "eu-commission"),
    "topic": select(Topic.id).where(Topic.name == "EU Cyber Action Plan"),
    "import_run": select(ImportRun.id).order_by(ImportRun.id),
    "letter": select(Participation.engagement_id)
    .join(Dispatch, Dispatch.participation_id == Participation.id)
    .group_by(Participation.engagement_id)
    .order_by(func.count().desc()),
}


def make_instance(folder: Path) -> Instance:
    """An installation with the directory and the demonstration."""
    settings = Settings(
        data=folder,
        database_url=f"sqlite:///{folder / 'crm.sqlite3'}",
        secret_key=SECRET,
        base_url="http://127.0.0.1",
        development=True,
    )
    made = Instance(settings, clock=FixedClock(NOW))
    upgrade(made.engine)
    with made.writing(door="cli", trusted=True) as work:
        setup.found(work, zone=settings.zone)
        member = members.add(work, email=EMAIL, name="Maria Rossi", role="admin")
    demo.enter(made, member)
    return made


def addresses(instance: Instance, pictures: list[Picture]) -> dict[str, str]:
    """The address of the page of each picture."""
    app = create_app(instance=instance)
    with instance.reading(door="cli", trusted=True) as work, app.test_request_context():
        return {picture.name: _address(work, picture) for picture in pictures}


def _address(work: Work, picture: Picture) -> str:
    values: dict[str, str | int] = {"kind": picture.kind} if picture.kind else {}
    if picture.record:
        values["id"] = work.session.scalars(RECORDS[picture.record].limit(1)).one()
    return url_for(f"crm.{picture.endpoint}", **values) + picture.query


@contextmanager
def browser() -> Iterator[Browser]:
    """The Chromium or Chrome that is installed."""
    path = find_browser()
    if path is None:
        raise SystemExit(ADVICE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(BROWSER_OPTIONS))
        yield opened
        opened.close()


def take(opened: Browser, instance: Instance, base: str, picture: Picture, address: str, folder: Path) -> Path:
    """Takes one picture."""
    context = opened.new_context(
        viewport={"width": picture.size[0], "height": picture.size[1]},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
        base_url=base,
    )
    context.add_cookies([{**session_cookie(instance, EMAIL), "url": base}])
    page = context.new_page()
    answer = page.goto(address, wait_until="networkidle")
    assert answer is not None
    if answer.status != 200:
        raise SystemExit(f"{picture.name}: {address} answers {answer.status}")
    if picture.then is not None:
        picture.then(page, instance)
        page.wait_for_load_state("networkidle")
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path)
    context.close()
    return path


def main(names: list[str], *, folder: Path = IMAGES, tell: Callable[[str], None] = print) -> None:
    """Takes the pictures named, or all."""
    wanted = [picture for picture in PICTURES if not names or picture.name in names]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        instance = make_instance(Path(temporary))
        found = addresses(instance, wanted)
        with served(instance) as base, browser() as opened:
            for picture in wanted:
                path = take(opened, instance, base, picture, found[picture.name], folder)
                tell(f"{path.name}: {path.stat().st_size // 1000} kB")
        instance.dispose()


if __name__ == "__main__":
    main(sys.argv[1:])
