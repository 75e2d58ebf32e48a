"""Entries of timelines as the macro that draws them wants them, each with the address of its page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import url_for

from crm.queries.timeline import COMMITMENT, ENGAGEMENT, FOLLOW_UP, MILESTONE, Entry
from crm.text import plural

BODIES_SHOWN = 6
_ENDPOINTS = {
    ENGAGEMENT: "crm.engagements.show",
    COMMITMENT: "crm.commitments.show",
    FOLLOW_UP: "crm.follow_ups.show",
    MILESTONE: "crm.milestones.show",
}


def drawn(entries: Iterable[Entry], today: dt.date) -> list[dict[str, Any]]:
    """Entries for the macro ``timeline``; what lies ahead stands under a heading of its own."""
    prefixes = {source: url_for(endpoint, id=0).removesuffix("0") for source, endpoint in _ENDPOINTS.items()}
    bodies_at = url_for("crm.organisations.show", id=0).removesuffix("0")
    return [
        {
            "when": entry.when,
            "year": "Ahead" if entry.cursor.day > today else str(entry.cursor.day.year),
            "kind": entry.kind,
            "title": entry.title,
            "url": f"{prefixes[entry.source]}{entry.id}",
            "status": entry.status,
            "state": entry.state,
            "organisations": [
                {"name": body.label, "url": f"{bodies_at}{body.id}"} for body in entry.organisations[:BODIES_SHOWN]
            ],
            "people": entry.people[:BODIES_SHOWN],
            "detail": _detail(entry),
            "note": entry.note if entry.is_readable else "content hidden",
        }
        for entry in entries
    ]


def _detail(entry: Entry) -> str:
    more = len(entry.organisations) - BODIES_SHOWN
    told = f"and {plural(more, 'more body', 'more bodies')}" if more > 0 else ""
    return ", ".join(part for part in (told, entry.detail) if part)
