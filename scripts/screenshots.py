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
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import func, select

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "plugins")]

from crm.app import create_app  # noqa: E402
from crm.clock import FixedClock  # noqa: E402
from crm.database.migrate import upgrade  # noqa: E402
from crm.instance import Instance  # noqa: E402
from crm.models import Dispatch, Engagement, Organisation, Participation  # noqa: E402
from crm.services import demo, members, setup  # noqa: E402
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
    """

    name: str
    endpoint: str
    record: str = ""
    query: str = ""
    dark: bool = False
    size: tuple[int, int] = WIDE


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
)
RECORDS = {
    "engagement": select(Engagement.id)
    .join(Participation, Participation.engagement_id == Engagement.id)
    .where(Engagement.kind == "meeting", Engagement.status == "held")
    .group_by(Engagement.id)
    .order_by(func.length(func.max(Engagement.summary)).desc(), func.count().desc()),
    "organisation": select(Organisation.id).where(Organisation.key == "eu-commission"),
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
    values = {"id": work.session.scalars(RECORDS[picture.record].limit(1)).one()} if picture.record else {}
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
