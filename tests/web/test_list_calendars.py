"""A list as a calendar file holds the entries of exactly its rows, the same as feeds do, for whoever looks."""

from __future__ import annotations

import re
from collections.abc import Callable

import icalendar
from sqlalchemy import select

from crm.instance import Instance
from crm.models import CalendarEntry, Engagement
from crm.models.history import Transaction
from crm.testing.browsing import Browser
from tests.web.test_exports import table
from tests.web.test_narrowing import log
from tests.web.world import SECRET_WORD

__all__ = ["log"]

Visit = Callable[..., Browser]

#: The lists that stand in calendars, with filters.
LISTS = {
    "engagements": ("", "?kind=meeting", "?per=contact&kind=meeting", "?q=subject"),
    "commitments": ("?show=running", "?show=closed"),
    "followups": ("?whose=team&tab=due", "?whose=team&tab=late"),
    "milestones": ("", "?show=past"),
}
DUE = ("Due on or after", "Due by")
DAYS = {"followups": DUE, "commitments": DUE}


def entries(visitor: Browser, address: str) -> list[icalendar.Event]:
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "filename=" in answer.headers["Content-Disposition"]
    return list(icalendar.Calendar.from_ical(answer.data).walk("VEVENT"))


def test_file_holds_the_entries_of_the_rows(browser: Visit, instance: Instance, log: None) -> None:
    with instance.reading(door="cli", trusted=True) as work:
        found = work.session.execute(select(CalendarEntry.uid, CalendarEntry.record_id))
        known = {uid: str(number) for uid, number in found}
    visitor = browser("colleague")
    seen = 0
    for name, queries in LISTS.items():
        for query in queries:
            rows = table(visitor.get(f"/export/{name}.csv{query}").text)[1]
            first, last = DAYS.get(name, ("First possible day", "Last possible day"))
            number = {"engagements": "Engagement", "followups": "Follow-up"}.get(name, name[:-1].capitalize())
            dated = {row[number] for row in rows if row[last]}
            sure = {row[number] for row in rows if row[last] and row[first] == row[last]}
            found = {known[str(event["UID"])] for event in entries(visitor, f"/export/{name}.ics{query}")}
            # What is uncertain by more than a week has no day in a calendar, but for deadlines.
            assert sure <= found <= dated, (name, query)
            seen += len(found)
    assert seen > 15


def test_entries_are_those_of_feeds_and_hidden_content_stays_hidden(
    browser: Visit, instance: Instance, log: None
) -> None:
    text = browser("colleague").get("/export/engagements.ics").text
    assert SECRET_WORD not in text
    with instance.reading(door="cli", trusted=True) as work:
        stored = work.session.execute(
            select(CalendarEntry.fragment, CalendarEntry.fragment_busy, Engagement.visibility)
            .join(Engagement, Engagement.id == CalendarEntry.record_id)
            .where(CalendarEntry.kind == "engagement", CalendarEntry.shown.is_(True))
        ).all()
    by_visibility = {one: [row for row in stored if row[2] == one] for one in ("team", "hidden", "members")}
    assert all(by_visibility.values())
    assert all(full in text for full, _, _ in by_visibility["team"])
    assert all(busy in text and full not in text for full, busy, _ in by_visibility["hidden"])
    assert not any(busy in text for _, busy, _ in by_visibility["members"])


def test_file_without_an_entry_is_a_calendar_all_the_same(browser: Visit, log: None) -> None:
    assert entries(browser("reader"), "/export/engagements.ics?kind=site_visit") == []


def test_zones_that_are_used_are_told(browser: Visit, log: None) -> None:
    calendar = icalendar.Calendar.from_ical(browser("owner").get("/export/engagements.ics?q=about").data)
    used = {event["DTSTART"].params["TZID"] for event in calendar.walk("VEVENT") if "TZID" in event["DTSTART"].params}
    assert used
    assert used == {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")}


def test_file_is_recorded_like_any_other(browser: Visit, instance: Instance, log: None) -> None:
    browser("reader").get("/export/commitments.ics?show=late&direction=ours")
    with instance.reading(door="cli", trusted=True) as work:
        act = work.session.scalars(select(Transaction).order_by(Transaction.id.desc()).limit(1)).one()
        assert act.verb == "export.commitments"
        assert act.detail["format"] == "ics"
        assert act.detail["filter"] == "ours; late"


def test_lists_without_days_have_no_calendar_file(browser: Visit, log: None) -> None:
    visitor = browser("owner")
    for name in ("organisations", "people", "letters", "counts"):
        assert visitor.get(f"/export/{name}.ics").status_code == 404
    for page in ("engagements", "commitments", "follow-ups", "milestones"):
        assert re.search(r'href="/export/\w+\.ics', visitor.get(f"/{page}/").text)


def test_list_of_the_stranger_is_not_handed_out(browser: Visit, log: None) -> None:
    assert browser(None).get("/export/engagements.ics").status_code in (302, 303, 401)
