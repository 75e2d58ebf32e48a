"""A log with something in most tables, for tests that carry one from place to place."""

from __future__ import annotations

import io

from crm.clock import Clock
from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Engagement, Member
from crm.services import attachments, engagements, organisations
from crm.services.engagements import Party
from crm.settings import Settings
from crm.testing.fixtures import add_personas


def enter(settings: Settings, clock: Clock, name: str = "first") -> None:
    """Enters two engagements with attachments, a body in a tree, names beyond ASCII, and a binned record."""
    made = Instance(settings, clock=clock)
    with made.reading(door="cli", trusted=True) as work:
        is_new = work.session.query(Member).first() is None
    if is_new:
        add_personas(made)
    with made.writing(door="cli", trusted=True) as work:
        above = organisations.create(work, name=f"Direction générale {name} “ŁÓ” 🏛", kind="commission_dg")
        below = organisations.create(work, name=f"Unit {name}", kind="other", notes="of\ntwo lines")
        organisations.place(work, below.id, above.id)
        for text, status in (("11 May 2026 14:30", "held"), ("about March 2026", "held"), ("12 or 13 June", "planned")):
            engagement = log(work, text, status, below.id)
            if status == "held":
                upload = attachments.Upload("note.txt", io.BytesIO(f"{name} {text}".encode()))
                attachments.add(work, settings, engagement, [upload])
    with made.writing(door="cli", trusted=True) as work:
        engagements.bin(work, engagement.id)
    made.engine.dispose()


def log(work, text: str, status: str, body: int) -> Engagement:  # type: ignore[no-untyped-def]
    """One meeting with ``body``."""
    when = parse_when(text, today=work.today(), past=status == "held", zone=work.zone)
    return engagements.log(work, kind="meeting", when=when, status=status, subject=text, parties=[Party(body)])
