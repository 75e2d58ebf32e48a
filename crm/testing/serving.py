"""A real server on loopback over a test instance, and a real browser to look at it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from crm.app import create_app
from crm.instance import Instance
from crm.models import Member
from crm.services import sessions

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


ADVICE = "No Chromium or Chrome is installed: apt-get install chromium, or any Chrome."


def find_browser() -> str | None:
    """Path of an installed Chromium or Chrome, none where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def installed_browser() -> str:
    """The same for tests: skips with advice where there is none, but fails in continuous integration."""
    found = find_browser()
    if found is not None:
        return found
    if os.environ.get("CRM_CI"):
        pytest.fail(ADVICE)
    pytest.skip(ADVICE)


class _Silent(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leaves it out."""


@contextmanager
def served(instance: Instance) -> Iterator[str]:
    """Serves ``instance`` on a free port of loopback; gives the address."""
    placeholder = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True, request_handler=_Silent)
    port = placeholder.server_port
    instance.settings = replace(instance.settings, base_url=f"http://127.0.0.1:{port}", development=True)
    placeholder.app = create_app(instance=instance)
    thread = threading.Thread(target=placeholder.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        placeholder.shutdown()
        thread.join(timeout=5)
        placeholder.server_close()


def session_cookie(instance: Instance, email: str) -> dict[str, str]:
    """Name and value of the cookie of a member signed in at ``instance``."""
    app = create_app(instance=instance)
    with instance.writing(door="web", trusted=True) as work:
        member = work.session.query(Member).filter_by(email=email).one()
        secret = sessions.begin(work, member, agent="test", address="127.0.0.1")
    with app.test_request_context():
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        value: str = serializer.dumps({"_user_id": secret, "_fresh": True, "_permanent": True})
    return {"name": app.config["SESSION_COOKIE_NAME"], "value": value}
