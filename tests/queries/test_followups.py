"""Follow-ups: mine and the team's; due, late and done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from crm.dates import parse_when
from crm.models import FollowUp, Member, Organisation
from crm.queries import followups as read
from crm.queries import letters as letters_read
from crm.services import commitments, engagements, followups, topics
from crm.services.engagements import Party
from crm.work import Work

Add = Callable[..., FollowUp]


@pytest.fixture
def add(work: Work) -> Add:
    """``add("Call", "1 June 2026", …)``."""

    def added(title: str, due: str = "", **values: Any) -> FollowUp:
        when = parse_when(due, today=work.today(), past=False) if due else None
        return followups.add(work, title=title, due=when, **values)

    return added


def titles(work: Work, **wanted: Any) -> list[str]:
    return [row.title for row in read.follow_ups(work, read.Filter(**wanted))[0]]


class TestTabs:
    def test_to_do_holds_late_ones_first_and_undated_ones_last(self, work: Work, add: Add) -> None:
        add("someday")
        add("June", "1 June 2026")
        add("late", "19 May 2026")
        add("today", "20 May 2026")
        assert titles(work) == ["late", "today", "June", "someday"]

    def test_late_only_after_the_last_possible_day(self, work: Work, add: Add) -> None:
        add("yesterday", "19 May 2026")
        add("today", "20 May 2026")
        add("some day in May", "May 2026")
        add("after", "after 3 May 2026")
        assert titles(work, tab="late") == ["yesterday"]
        assert [row.title for row in read.follow_ups(work, read.Filter())[0] if row.is_late] == ["yesterday"]

    def test_hour_of_a_deadline_falls_on_its_day(self, work: Work, add: Add) -> None:
        add("at noon", "20 May 2026 12:00")
        (row,) = read.follow_ups(work, read.Filter())[0]
        assert row.due is not None
        assert (row.is_late, row.due.short(), row.due.deadline()) == (False, "20 May 2026", "20 May 2026")

    def test_done_ones_stand_by_the_day_they_were_done(self, work: Work, add: Add) -> None:
        for title, day in (("first", 18), ("second", 19)):
            followups.do(work, add(title, "1 May 2026").id, on=dt.date(2026, 5, day))
        assert titles(work, tab="done") == ["second", "first"]
        assert titles(work, tab="late") == []

    def test_numbers_are_those_of_the_tabs(self, work: Work, add: Add) -> None:
        add("late", "19 May 2026")
        add("June", "1 June 2026")
        followups.do(work, add("done").id)
        assert read.numbers(work, read.Filter(tab="late")) == {"due": 2, "late": 1, "done": 1}


class TestFilter:
    def test_mine_are_those_i_own(self, work: Work, add: Add, colleague: Member) -> None:
        add("mine")
        add("theirs", owner_id=colleague.id)
        assert titles(work, owner_id=work.member_id) == ["mine"]
        assert len(titles(work)) == 2

    def test_each_part_narrows(self, work: Work, add: Add, make_organisation: Callable[..., Organisation]) -> None:
        body, lab = make_organisation("European Commission", short_name="Commission"), make_organisation("Example Lab")
        topic = topics.create(work, name="Cyber")
        meeting = engagements.log(
            work,
            kind="meeting",
            subject="Model access",
            when=parse_when("1 May 2026", today=work.today(), past=True),
            parties=[Party(body.id)],
        )
        offer = commitments.make(
            work, kind="offer", wording="Open access", made_by_id=lab.id, made_to_ids=[body.id], engagement=meeting
        )
        add("plain")
        add(
            "100% special",
            note="Ask for a date",
            organisation_id=body.id,
            topic_id=topic.id,
            commitment_id=offer.id,
        )
        for wanted in (
            {"organisation_id": body.id},
            {"topic_id": topic.id},
            {"commitment_id": offer.id},
            {"engagement_id": meeting.id},
            {"text": "100% DATE"},
        ):
            assert titles(work, **wanted) == ["100% special"], wanted
        (row,) = read.follow_ups(work, read.Filter(topic_id=topic.id))[0]
        assert row.origins == (
            read.Origin("engagement", meeting.id, "Model access"),
            read.Origin("commitment", offer.id, "Example Lab: Open access"),
            read.Origin("organisation", body.id, "Commission"),
            read.Origin("topic", topic.id, "Cyber"),
        )

    def test_one_from_a_copy_leads_to_its_letter(
        self, work: Work, add: Add, make_organisation: Callable[..., Organisation]
    ) -> None:
        letter = engagements.log(
            work,
            kind="letter",
            subject="Cyber Action Plan",
            when=parse_when("1 May 2026", today=work.today(), past=True),
            parties=[Party(make_organisation("Malta").id)],
        )
        add("Chase", dispatch_id=letters_read.matrix(work, letter.id)[0].dispatch_id)
        (row,) = read.follow_ups(work, read.Filter())[0]
        assert row.origins == (read.Origin("letter", letter.id, "Cyber Action Plan"),)

    def test_pages_follow_each_other(self, work: Work, add: Add) -> None:
        for day in (1, 2, 3):
            add(str(day), f"{day} June 2026")
        first, more = read.follow_ups(work, read.Filter(), limit=2)
        rest, no_more = read.follow_ups(work, read.Filter(), limit=2, offset=2)
        assert [row.title for row in first + rest] == ["1", "2", "3"]
        assert (more, no_more) == (True, False)
