"""What every template may use: navigation, addresses of static files, days and moments in words."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app, g, request, url_for
from flask_wtf.csrf import generate_csrf

from crm import __version__
from crm.http.context import current_member, mounted
from crm.resources import static_dir
from crm.work import Work

#: label, endpoint, group
NAVIGATION = (
    ("Home", "home.index", ""),
    ("Engagements", "engagements.index", ""),
    ("Organisations", "organisations.index", ""),
    ("Counts", "counts.index", ""),
    ("Letters", "letters.index", "Work"),
    ("Commitments", "commitments.index", "Work"),
    ("Follow-ups", "follow_ups.index", "Work"),
    ("Calendar", "feeds.index", "Work"),
    ("People", "people.index", "Records"),
    ("Topics", "topics.index", "Records"),
    ("Lists", "lists.index", "Records"),
    ("Bin", "bin.index", "Records"),
    ("Imports", "imports.index", "Records"),
    ("History", "history.index", "Administration"),
    ("Members", "members.index", "Administration"),
    ("Settings", "settings.index", "Administration"),
)
#: Rooms without an entry of their own → room that they are reached from.
WITHIN = {"filters": "lists", "milestones": "topics", "inline": "", "month": "home"}
#: Kind of record in the address of a history → room of its page.
OF_KIND = {
    "engagement": "engagements", "organisation": "organisations", "person": "people", "commitment": "commitments",
    "follow_up": "follow_ups", "topic": "topics", "milestone": "topics", "list": "lists", "member": "members",
    "settings": "settings",
}  # fmt: skip
ADMINISTRATORS_ONLY = frozenset({"history.index", "members.index", "settings.index"})


class NavItem(NamedTuple):
    """One entry of the navigation."""

    label: str
    url: str
    current: bool
    group: str


def page_context() -> dict[str, Any]:
    """Variables of every page; templates import macros ``with context`` to pass them on."""
    member = current_member()
    return {
        "member": member,
        "here": here(),
        "nav": _navigation() if member is not None else [],
        "home_url": url_for("crm.home.index"),
        "log_url": url_for("crm.engagements.new") if member is not None and member.may_write else None,
        "search_url": url_for("crm.search.index") if member is not None else None,
        "shortcuts_url": url_for("crm.preferences.shortcuts") if member is not None else None,
        "presence_url": url_for("crm.presence.index") if member is not None else None,
        "sign_out_url": _sign_out_url(),
        "member_links": mounted().member_links() if member is not None else [],
        "product_version": __version__,
        "csrf_token": generate_csrf,
        "submission_key": submission_key,
        "new_record_url": new_record_address,
        "asset": asset,
        "day": day,
        "moment": moment,
    }


def submission_key() -> str:
    """A key by which a form that is sent twice is saved once."""
    return secrets.token_urlsafe(16)


def new_record_address() -> str | None:
    """Where the form just sent makes a new record, if it edits one of a kind that can be made by the same form."""
    room, _, act = (request.endpoint or "").rpartition(".")
    is_there = act == "update" and f"{room}.create" in current_app.view_functions
    return url_for(f"{room}.create") if is_there else None


def here() -> str:
    """The address of the page being shown, to come back to."""
    path = request.full_path if request.query_string else request.path
    return request.script_root + path


def asset(path: str) -> str:
    """Address of a static file, with a hash of its content so that it can be cached for ever."""
    # A page names one of them at every icon.
    addresses: dict[str, str] = g.setdefault("crm_assets", {})
    if path not in addresses:
        known = mounted().asset_hashes
        if path not in known:
            file = static_dir() / path
            known[path] = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""
        addresses[path] = url_for("crm.static", filename=path, v=known[path] or None)
    return addresses[path]


def day(value: dt.date | None) -> str:
    """A day in words: 11 May 2026."""
    return f"{value.day} {value:%b %Y}" if value is not None else ""


def moment(value: dt.datetime | None) -> str:
    """An instant as the team's clock showed it: 11 May 2026 14:30."""
    if value is None:
        return ""
    work: Work | None = g.get("crm_work")
    local = value.astimezone(ZoneInfo(work.zone if work is not None else "UTC"))
    return f"{local.day} {local:%b %Y %H:%M}"


def _navigation() -> list[NavItem]:
    member = current_member()
    is_admin = member is not None and member.is_admin
    room = (request.endpoint or "").removeprefix("crm.").split(".")[0]
    room = WITHIN.get(room, room)
    if (request.endpoint or "") == "crm.history.record" and request.view_args:
        room = OF_KIND.get(request.view_args.get("kind", ""), room)
    return [
        NavItem(label, url_for(f"crm.{endpoint}"), endpoint.split(".")[0] == room, group)
        for label, endpoint, group in NAVIGATION
        if is_admin or endpoint not in ADMINISTRATORS_ONLY
    ]


def _sign_out_url() -> str | None:
    address = mounted().sign_out_url
    return address() if address is not None else None
