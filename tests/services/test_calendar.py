from __future__ import annotations

import datetime as dt
from typing import Any

import icalendar
import pytest
from sqlalchemy import event, select, update

from crm.calendars.render import body
from crm.clock import FixedClock
from crm.dates import parse_when
from crm.errors import NotFound
from crm.instance import Instance
from crm.models import (
    CalendarEntry,
    Dispatch,
    Engagement,
    Feed,
    Member,
    Milestone,
    Participation,
    Person,
    Revision,
    Topic,
)
from crm.queries import calendar as selections
from crm.services import calendar, commitments, engagements, followups, organisations, topics
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation, persona
from crm.work import Work

BASE = "https://crm.example.org/log"


def render(work: Work) -> None:
    work.commit()
    while calendar.refresh(work, base_url=BASE) == calendar.BATCH:
        pass
    work.commit()


def entry_of(work: Work, record: Any, kind: str = "engagement") -> CalendarEntry:
    return work.session.execute(
        select(CalendarEntry)
        .where(CalendarEntry.kind == kind, CalendarEntry.record_id == record.id)
        .execution_options(populate_existing=True)
    ).scalar_one()


def event_of(work: Work, record: Any, kind: str = "engagement") -> icalendar.Event:
    return icalendar.Event.from_ical(entry_of(work, record, kind).fragment)


def feed_of(member: Member, scope: str = "team", detail: str = "full", **values: Any) -> Feed:
    return Feed(member_id=member.id, label="Antechamber: team", scope=scope, detail=detail, **values)


def seen_by(instance: Instance, member: Member, scope: str = "team", detail: str = "full", **values: Any) -> bytes:
    with instance.reading(member, door="feed") as work:
        return calendar.publish(work, feed_of(member, scope, detail, **values)).data


def titles(data: bytes) -> list[str]:
    return [str(found["SUMMARY"]) for found in icalendar.Calendar.from_ical(data).walk("VEVENT")]


def due(work: Work, text: str) -> Any:
    return parse_when(text, today=work.today(), past=False)


def milestone(work: Work, title: str, when: str, kind: str = "vote", **values: Any) -> Milestone:
    made = Milestone(kind=kind, title=title, **values)
    made.when = parse_when(when, today=work.today(), past=False)
    work.session.add(made)
    work.session.flush()
    return made


def topic(work: Work, name: str, **values: Any) -> Topic:
    made = Topic(name=name, **values)
    made.fold_name()
    work.session.add(made)
    work.session.flush()
    return made


class TestRefreshing:
    def test_a_planned_meeting_says_what_with_whom_and_where_it_is_recorded(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        office = make_organisation("AI Office")
        code = topic(work, "Code of practice")
        made = make_engagement(
            "3 June 2026 14:30–15:30",
            office,
            status="planned",
            subject="systemic risk",
            summary="Third draft.",
            notes="off the record",
            place="Rue de la Loi 200",
            topic_ids=[code.id],
        )
        render(work)
        found = event_of(work, made)
        assert str(found["SUMMARY"]) == "Meeting with AI Office: systemic risk"
        assert str(found["LOCATION"]) == "Rue de la Loi 200"
        assert str(found["URL"]) == f"{BASE}/engagements/{made.id}"
        said = str(found["DESCRIPTION"])
        for words in ("Meeting, planned", "Bodies met: AI Office", "Topics: Code of practice", "Third draft.", "- Us"):
            assert words in said
        assert "off the record" not in entry_of(work, made).fragment
        assert found.start == dt.datetime(2026, 6, 3, 14, 30, tzinfo=found.start.tzinfo)

    def test_the_first_rendering_has_sequence_0(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
        render(work)
        assert entry_of(work, made).sequence == 0
        assert "SEQUENCE:0\r\n" in entry_of(work, made).fragment

    def test_a_change_of_what_is_read_moves_the_sequence_and_the_moment_and_keeps_the_uid(
        self, work: Work, clock: FixedClock, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
        render(work)
        before = entry_of(work, made)
        uid, first = before.uid, before.changed_at
        clock.move(hours=3)
        engagements.amend(work, made.id, subject="the third draft")
        render(work)
        after = entry_of(work, made)
        assert (after.uid, after.sequence) == (uid, 1)
        assert after.changed_at == first + dt.timedelta(hours=3)
        assert "DTSTAMP:20260520T120000Z" in after.fragment
        assert all(f"UID:{uid}" in text for text in (after.fragment, after.fragment_brief, after.fragment_busy))

    def test_a_save_that_changes_nothing_that_is_read_moves_nothing(
        self, work: Work, clock: FixedClock, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
        render(work)
        before = entry_of(work, made).fragment
        clock.move(hours=3)
        engagements.amend(work, made.id, notes="seen by nobody", subject=made.subject)
        work.commit()
        assert entry_of(work, made).stale
        render(work)
        assert not entry_of(work, made).stale
        assert entry_of(work, made).fragment == before

    def test_a_renamed_body_changes_every_entry_that_names_it(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        office = make_organisation("AI Office")
        other = make_organisation("DG COMP")
        met = make_engagement("3 June 2026", office, status="planned")
        after_it = followups.add(work, title="Send the paper", due=due(work, "5 June 2026"), engagement_id=met.id)
        promise = commitments.make(
            work,
            kind="undertaking",
            wording="Publish the guidelines",
            made_by_id=office.id,
            made_to_ids=[other.id],
            due=due(work, "1 July 2026"),
        )
        vote = milestone(work, "Plenary", "7 July 2026", organisation_id=office.id)
        untouched = make_engagement("4 June 2026", other, status="planned")
        render(work)
        organisations.amend(work, office.id, name="European AI Office")
        render(work)
        for record, kind in (
            (met, "engagement"),
            (after_it, "follow_up"),
            (promise, "commitment"),
            (vote, "milestone"),
        ):
            found = entry_of(work, record, kind)
            assert found.sequence == 1, kind
            assert "European AI Office" in found.fragment.replace("\r\n ", ""), kind
        assert entry_of(work, untouched).sequence == 0

    def test_a_renamed_member_topic_or_person_changes_the_entries_that_name_them(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement, owner: Member
    ) -> None:
        office = make_organisation("AI Office")
        person = Person(name="Anna Novak", posts=[])
        person.fold_names()
        work.session.add(person)
        code = topic(work, "Code")
        work.session.flush()
        met = engagements.log(
            work,
            kind="meeting",
            when=due(work, "3 June 2026"),
            parties=[Party(office.id, person.id)],
            topic_ids=[code.id],
        )
        task = followups.add(work, title="Call", due=due(work, "5 June 2026"), owner_id=owner.id, topic_id=code.id)
        render(work)
        person.name = "Anna Nováková"
        code.name = "Code of practice"
        render(work)
        assert entry_of(work, met).sequence == 1
        assert "Anna Nováková" in entry_of(work, met).fragment.replace("\r\n ", "")
        assert "Anna" not in entry_of(work, met).fragment_brief
        assert entry_of(work, task, "follow_up").sequence == 1
        revision = work.session.scalar(select(Revision.value))
        work.session.get(Member, owner.id).name = "Olga Owner"  # type: ignore[union-attr]
        render(work)
        assert entry_of(work, task, "follow_up").sequence == 2
        assert "Olga Owner" in entry_of(work, task, "follow_up").fragment
        assert work.session.scalar(select(Revision.value)) > revision

    def test_a_binned_record_leaves_and_comes_back_with_its_uid(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
        render(work)
        uid = entry_of(work, made).uid
        engagements.bin(work, made.id)
        render(work)
        gone = entry_of(work, made)
        assert (gone.shown, gone.fragment) == (False, "")
        engagements.restore(work, made.id)
        render(work)
        back = entry_of(work, made)
        assert (back.shown, back.uid, back.sequence) == (True, uid, 1)

    def test_a_record_that_is_gone_is_not_shown(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = followups.add(work, title="Call", due=due(work, "5 June 2026"))
        render(work)
        work.session.delete(made)
        render(work)
        assert not entry_of(work, made, "follow_up").shown

    def test_a_meeting_some_day_this_year_has_no_place_in_a_calendar(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("April 2026", make_organisation("AI Office"))
        render(work)
        assert not entry_of(work, made).shown

    def test_a_coarse_deadline_stands_on_its_last_possible_day(self, work: Work) -> None:
        made = followups.add(work, title="Send the paper", due=due(work, "June 2026"))
        render(work)
        found = event_of(work, made, "follow_up")
        assert str(found["SUMMARY"]) == "Follow-up: Send the paper by end of June 2026"
        assert found.start == dt.date(2026, 6, 30)
        assert (entry_of(work, made, "follow_up").first_day, entry_of(work, made, "follow_up").last_day) == (
            dt.date(2026, 6, 30),
            dt.date(2026, 6, 30),
        )

    def test_a_meeting_on_one_of_two_days_says_that_the_day_is_in_doubt(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("12 or 13 May 2026", make_organisation("AI Office"))
        render(work)
        found = event_of(work, made)
        assert str(found["SUMMARY"]) == "12 or 13 May 2026: Meeting with AI Office"
        assert "When: 12 or 13 May 2026, as typed" in str(found["DESCRIPTION"])

    @pytest.mark.parametrize(
        ("typed", "title", "day"),
        [
            ("before 12 May 2026", "Vote: Plenary by 11 May 2026", dt.date(2026, 5, 11)),
            ("April 2026", "Vote: Plenary by end of April 2026", dt.date(2026, 4, 30)),
        ],
    )
    def test_a_coarse_milestone_stands_on_its_last_possible_day(
        self, work: Work, make_organisation: MakeOrganisation, typed: str, title: str, day: dt.date
    ) -> None:
        body = make_organisation("Parliament")
        made = topics.add_milestone(work, title="Plenary", kind="vote", when=due(work, typed), organisation_id=body.id)
        render(work)
        found = event_of(work, made, "milestone")
        assert (str(found["SUMMARY"]), found.start) == (title, day)

    def test_a_follow_up_is_related_to_its_engagement_and_says_when_it_is_done(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        met = make_engagement("3 May 2026", make_organisation("AI Office"), subject="draft")
        made = followups.add(
            work, title="Send the paper", due=due(work, "5 June 2026"), engagement_id=met.id, note="x9"
        )
        render(work)
        found = event_of(work, made, "follow_up")
        assert str(found["RELATED-TO"]) == entry_of(work, met).uid
        assert "After: Meeting with AI Office: draft" in str(found["DESCRIPTION"])
        assert "x9" not in entry_of(work, made, "follow_up").fragment
        followups.do(work, made.id)
        render(work)
        assert str(event_of(work, made, "follow_up")["SUMMARY"]) == "Done: Follow-up: Send the paper"

    def test_a_commitment_shows_until_it_is_kept_or_dropped_and_a_delivery_never(
        self, work: Work, make_organisation: MakeOrganisation
    ) -> None:
        office, us = make_organisation("AI Office"), make_organisation("Them")
        values = {"made_by_id": office.id, "made_to_ids": [us.id]}
        made = commitments.make(work, kind="offer", wording="A seat", due=due(work, "1 July 2026"), **values)
        undated = commitments.make(work, kind="offer", wording="Some day", **values)
        given = commitments.make(work, kind="delivery", wording="The seat", **values)
        render(work)
        assert str(event_of(work, made, "commitment")["SUMMARY"]) == "Offer of AI Office: A seat"
        assert "To: Them" in str(event_of(work, made, "commitment")["DESCRIPTION"])
        assert not entry_of(work, undated, "commitment").shown
        assert not entry_of(work, given, "commitment").shown
        commitments.amend(work, made.id, state="met")
        render(work)
        assert str(event_of(work, made, "commitment")["SUMMARY"]).startswith("Done: ")
        commitments.amend(work, made.id, state="withdrawn")
        render(work)
        assert str(event_of(work, made, "commitment")["STATUS"]) == "CANCELLED"

    def test_a_letter_to_many_names_the_first_and_counts_the_rest(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        bodies = [make_organisation(f"Ministry {number:02}") for number in range(40)]
        made = make_engagement("11 May 2026", *bodies, kind="letter", status="sent", subject="the code")
        render(work)
        found = event_of(work, made)
        assert str(found["SUMMARY"]) == "Letter to Ministry 00 and 39 others: the code"
        assert "and 10 more" in str(found["DESCRIPTION"])

    def test_bodies_that_stayed_away_are_not_said_to_have_been_met(
        self, work: Work, make_organisation: MakeOrganisation
    ) -> None:
        came, away = make_organisation("OpenAI"), make_organisation("Anthropic")
        made = engagements.log(
            work,
            kind="hearing",
            when=parse_when("11 May 2026", today=work.today(), past=True),
            parties=[Party(came.id), Party(away.id, acceptance="declined")],
        )
        render(work)
        assert str(event_of(work, made)["SUMMARY"]) == "Hearing with OpenAI"
        assert "Anthropic (declined)" in str(event_of(work, made)["DESCRIPTION"])
        assert "Anthropic" not in entry_of(work, made).fragment_brief

    def test_another_renderer_or_address_renders_everything_again(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
        render(work)
        assert not calendar.is_stale(work, base_url=BASE)
        assert calendar.is_stale(work, base_url="https://other.example.org")
        assert calendar.refresh(work, base_url="https://other.example.org") >= 1
        assert "https://other.example.org/engagements/" in entry_of(work, made).fragment.replace("\r\n ", "")
        assert entry_of(work, made).sequence == 1

    def test_a_zone_that_is_no_longer_known_stops_no_feed(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("3 June 2026 10:00", make_organisation("AI Office"), status="planned")
        work.session.execute(update(Engagement).where(Engagement.id == made.id).values(zone="Mars/Olympus"))
        render(work)
        assert "DTSTART:20260603T100000\r\n" in entry_of(work, made).fragment

    def test_a_batch_is_loaded_in_few_statements_however_many_records_it_holds(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        office = make_organisation("AI Office")
        counts = []
        for number in (3, 30):
            for day in range(number):
                met = make_engagement("3 June 2026", office, status="planned", subject=f"{day}")
                followups.add(work, title=f"{day}", due=due(work, "5 June 2026"), engagement_id=met.id)
            work.commit()
            counts.append(_statements(work, lambda: calendar.refresh(work, base_url=BASE)))
            work.commit()
        assert counts[0] == counts[1] <= 9

    def test_more_entries_than_a_batch_are_rendered_in_several(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        office = make_organisation("AI Office")
        for _ in range(5):
            make_engagement("3 June 2026", office, status="planned")
        work.commit()
        rendered = [calendar.refresh(work, base_url=BASE, limit=2) for _ in range(4)]
        assert rendered == [2, 2, 1, 0]

    def test_rendering_leaves_no_history_and_moves_no_revision(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
        work.commit()
        before = work.session.scalar(select(Revision.value))
        calendar.refresh(work, base_url=BASE)
        assert not work.touched
        work.commit()
        assert work.session.scalar(select(Revision.value)) == before


def _statements(work: Work, call: Any) -> int:
    seen: list[str] = []
    engine = work.session.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SELECT pg_advisory")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


class TestPublishing:
    def test_a_feed_is_read_back_by_another_library(
        self, work: Work, admin: Member, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        make_engagement("3 June 2026 14:30", make_organisation("Généralité; “A, B” " + "é" * 90), status="planned")
        followups.add(work, title="Send", due=due(work, "5 June 2026"))
        milestone(work, "Plenary", "7 July 2026")
        render(work)
        data = calendar.publish(work, feed_of(admin)).data
        found = icalendar.Calendar.from_ical(data)
        assert len(found.walk("VEVENT")) == 3
        assert [zone["TZID"] for zone in found.walk("VTIMEZONE")] == ["Europe/Brussels"]
        assert all(len(line) <= 75 for line in data.split(b"\r\n"))
        assert data.replace(b"\r\n", b"").count(b"\n") == 0

    def test_equal_records_give_equal_bytes_until_something_changes(
        self,
        work: Work,
        admin: Member,
        clock: FixedClock,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        made = make_engagement("3 June 2026 14:30", make_organisation("AI Office"), status="planned")
        render(work)
        first = calendar.publish(work, feed_of(admin))
        clock.move(days=1)
        render(work)
        assert calendar.publish(work, feed_of(admin)) == first
        engagements.amend(work, made.id, subject="draft")
        render(work)
        assert calendar.publish(work, feed_of(admin)).etag != first.etag

    def test_the_packed_file_has_a_tag_of_its_own(self, work: Work, admin: Member) -> None:
        file = calendar.publish(work, feed_of(admin))
        assert calendar.packed(file).etag != file.etag
        assert calendar.packed(file) == calendar.packed(file)

    def test_brief_names_nobody_and_busy_says_nothing(
        self, work: Work, admin: Member, make_organisation: MakeOrganisation
    ) -> None:
        office = make_organisation("AI Office")
        person = Person(name="Anna Novak", posts=[])
        person.fold_names()
        work.session.add(person)
        work.session.flush()
        engagements.log(
            work, kind="meeting", when=due(work, "3 June 2026"), parties=[Party(office.id, person.id)], subject="draft"
        )
        render(work)
        brief = calendar.publish(work, feed_of(admin, detail="brief")).data
        busy = calendar.publish(work, feed_of(admin, detail="busy")).data
        assert b"AI Office" in brief
        assert b"Anna" not in brief
        assert titles(busy) == ["Busy"]
        assert b"AI Office" not in busy
        assert b"draft" not in busy

    def test_the_window_is_one_year_back_and_two_ahead(
        self, work: Work, admin: Member, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        office = make_organisation("AI Office")
        for day, status in (
            ("19 May 2025", "held"),
            ("20 May 2025", "held"),
            ("20 May 2028", "planned"),
            ("21 May 2028", "planned"),
        ):
            make_engagement(day, office, status=status, subject=day)
        render(work)
        found = titles(calendar.publish(work, feed_of(admin)).data)
        assert found == ["Meeting with AI Office: 20 May 2025", "Meeting with AI Office: 20 May 2028"]

    def test_a_window_from_a_leap_day_ends_on_the_last_of_february(self, work: Work, clock: FixedClock) -> None:
        clock.move(days=(dt.date(2028, 2, 29) - clock.today("UTC")).days)
        assert selections.window(work)[:2] == (dt.date(2027, 2, 28), dt.date(2030, 2, 28))

    def test_a_cancelled_meeting_leaves_after_60_days(
        self,
        work: Work,
        admin: Member,
        clock: FixedClock,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        made = make_engagement("3 June 2026 14:30", make_organisation("AI Office"), status="planned")
        render(work)
        engagements.settle(work, made.id, "cancelled")
        render(work)
        found = icalendar.Calendar.from_ical(calendar.publish(work, feed_of(admin)).data).walk("VEVENT")[0]
        assert (str(found["STATUS"]), str(found["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
        assert str(found["SUMMARY"]) == "Cancelled: Meeting with AI Office"
        clock.move(days=60)
        assert titles(calendar.publish(work, feed_of(admin)).data)
        clock.move(days=1)
        assert titles(calendar.publish(work, feed_of(admin)).data) == []
        assert entry_of(work, made).shown

    def test_a_cancelled_meeting_that_is_planned_again_comes_back(
        self, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
    ) -> None:
        made = make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
        engagements.settle(work, made.id, "cancelled")
        render(work)
        assert entry_of(work, made).cancelled_at is not None
        engagements.amend(work, made.id, status="planned")
        render(work)
        assert entry_of(work, made).cancelled_at is None

    def test_a_meeting_of_named_members_is_in_their_feeds_only(
        self,
        instance: Instance,
        work: Work,
        admin: Member,
        colleague: Member,
        reader: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        made = make_engagement(
            "3 June 2026 14:30",
            make_organisation("AI Office"),
            status="planned",
            visibility="members",
            viewer_ids=[colleague.id],
        )
        followups.add(work, title="Send", due=due(work, "5 June 2026"), engagement_id=made.id)
        render(work)
        for member in (admin, colleague):
            assert len(titles(seen_by(instance, member))) == 2
        assert titles(seen_by(instance, reader)) == []
        assert b"VTIMEZONE" in seen_by(instance, colleague)
        assert b"Brussels" not in seen_by(instance, reader)

    def test_hidden_content_is_busy_time_to_others(
        self,
        instance: Instance,
        work: Work,
        admin: Member,
        reader: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        office = make_organisation("AI Office")
        made = make_engagement("3 June 2026", office, status="planned", visibility="hidden", subject="merger")
        followups.add(work, title="merger paper", due=due(work, "5 June 2026"), engagement_id=made.id)
        commitments.make(
            work,
            kind="offer",
            wording="merger terms",
            made_by_id=office.id,
            made_to_ids=[organisations.resolve(work, ["Us"], field="to")[0].id],
            engagement=made,
            due=due(work, "9 June 2026"),
        )
        render(work)
        assert len(titles(seen_by(instance, admin))) == 3
        for scope, values in (("team", {}), ("organisation", {"organisation_id": office.id})):
            for detail in ("full", "brief", "busy"):
                data = seen_by(instance, reader, scope, detail, **values)
                assert titles(data) == ["Busy"]
                assert b"merger" not in data
                assert b"AI Office" not in data
                assert b"/engagements/" not in data

    def test_what_hidden_content_is_about_is_told_by_no_feed_of_a_topic(
        self,
        instance: Instance,
        work: Work,
        admin: Member,
        reader: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        topic = topics.create(work, name="Merger")
        office = make_organisation("AI Office")
        make_engagement("3 June 2026", office, status="planned", visibility="hidden", topic_ids=[topic.id])
        render(work)
        assert len(titles(seen_by(instance, admin, "topic", topic_id=topic.id))) == 1
        assert titles(seen_by(instance, reader, "topic", topic_id=topic.id)) == []

    def test_a_follow_up_of_a_copy_of_a_hidden_letter_is_not_shown_to_others(
        self,
        instance: Instance,
        work: Work,
        admin: Member,
        reader: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        office = make_organisation("AI Office")
        made = make_engagement("11 May 2026", office, kind="letter", status="sent", visibility="hidden")
        copy = work.session.scalar(
            select(Dispatch.id)
            .join(Participation, Participation.id == Dispatch.participation_id)
            .where(Participation.engagement_id == made.id)
        )
        followups.add(work, title="Chase", due=due(work, "5 June 2026"), dispatch_id=copy, organisation_id=office.id)
        render(work)
        assert titles(seen_by(instance, reader)) == ["Busy"]
        assert "Follow-up: Chase" in titles(seen_by(instance, admin, "organisation", organisation_id=office.id))


class TestScopes:
    def test_mine_holds_what_i_own_recorded_or_take_part_in_my_tasks_and_every_milestone(
        self,
        instance: Instance,
        work: Work,
        admin: Member,
        colleague: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        office = make_organisation("AI Office")
        person = Person(name="Colin Colleague", posts=[])
        person.fold_names()
        work.session.add(person)
        work.session.flush()
        stored = work.session.get(Member, colleague.id)
        assert stored is not None
        stored.person_id = person.id
        us = organisations.resolve(work, ["Us"], field="actors")[0]
        make_engagement("1 June 2026", office, status="planned", subject="not mine")
        make_engagement("2 June 2026", office, status="planned", subject="owned", owner_id=colleague.id)
        engagements.log(
            work,
            kind="meeting",
            when=due(work, "3 June 2026"),
            parties=[Party(office.id), Party(us.id, person.id, side="actor")],
            subject="there",
        )
        followups.add(work, title="mine", due=due(work, "4 June 2026"), owner_id=colleague.id)
        followups.add(work, title="not mine", due=due(work, "5 June 2026"), owner_id=admin.id)
        for whose in (colleague, admin):
            commitments.make(
                work,
                kind="offer",
                wording=whose.name,
                made_by_id=us.id,
                made_to_ids=[office.id],
                owner_id=whose.id,
                due=due(work, "6 June 2026"),
            )
        milestone(work, "Plenary", "7 June 2026")
        render(work)
        assert titles(seen_by(instance, persona(instance, "colleague"), "mine")) == [
            "Meeting with AI Office: owned",
            "Meeting with AI Office: there",
            "Follow-up: mine",
            "Offer of Us: Colleague",
            "Vote: Plenary",
        ]

    def test_an_organisation_has_its_branch_as_it_stood_that_day(
        self,
        work: Work,
        admin: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        top, unit, other = (make_organisation(name) for name in ("DG CNECT", "AI Office", "DG COMP"))
        organisations.place(work, unit.id, top.id, last=dt.date(2026, 6, 30))
        organisations.place(work, unit.id, other.id, first=dt.date(2026, 7, 1))
        make_engagement("3 June 2026", unit, status="planned", subject="under CNECT")
        make_engagement("3 July 2026", unit, status="planned", subject="under COMP")
        met = make_engagement("4 June 2026", top, status="planned", subject="itself")
        followups.add(work, title="after it", due=due(work, "5 June 2026"), engagement_id=met.id)
        followups.add(work, title="about it", due=due(work, "6 June 2026"), organisation_id=unit.id)
        commitments.make(
            work,
            kind="offer",
            wording="to it",
            made_by_id=other.id,
            made_to_ids=[unit.id],
            due=due(work, "7 June 2026"),
        )
        milestone(work, "its vote", "8 June 2026", organisation_id=unit.id)
        milestone(work, "nobody's vote", "8 June 2026")
        render(work)
        found = titles(calendar.publish(work, feed_of(admin, "organisation", organisation_id=top.id)).data)
        assert found == [
            "Meeting with AI Office: under CNECT",
            "Meeting with DG CNECT: itself",
            "Follow-up: after it",
            "Follow-up: about it",
            "Offer of DG COMP: to it",
            "Vote: its vote",
        ]

    def test_a_topic_has_its_branch(
        self,
        work: Work,
        admin: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        office = make_organisation("AI Office")
        act = topic(work, "AI Act")
        code = topic(work, "Code of practice", parent_id=act.id)
        other = topic(work, "Chips Act")
        met = make_engagement("3 June 2026", office, status="planned", subject="code", topic_ids=[code.id])
        make_engagement("3 June 2026", office, status="planned", subject="chips", topic_ids=[other.id])
        followups.add(work, title="after it", due=due(work, "5 June 2026"), engagement_id=met.id)
        followups.add(work, title="on it", due=due(work, "5 June 2026"), topic_id=act.id)
        followups.add(work, title="on chips", due=due(work, "5 June 2026"), topic_id=other.id)
        milestone(work, "vote", "8 June 2026", topic_id=code.id)
        render(work)
        assert titles(calendar.publish(work, feed_of(admin, "topic", topic_id=act.id)).data) == [
            "Meeting with AI Office: code",
            "Follow-up: after it",
            "Follow-up: on it",
            "Vote: vote",
        ]


class TestDownloading:
    def test_one_engagement_is_a_file_of_its_own(
        self,
        instance: Instance,
        work: Work,
        colleague: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        made = make_engagement("3 June 2026 14:30", make_organisation("AI Office"), status="planned")
        work.commit()
        with instance.reading(colleague, door="web") as reading:
            early = calendar.download(reading, made.id, base_url=BASE).data
        render(work)
        with instance.reading(colleague, door="web") as reading:
            assert calendar.download(reading, made.id, base_url=BASE).data == early
        assert titles(early) == ["Meeting with AI Office"]
        assert b"METHOD" not in early

    def test_what_a_member_may_not_see_is_not_found_and_hidden_content_is_busy(
        self,
        instance: Instance,
        work: Work,
        colleague: Member,
        make_organisation: MakeOrganisation,
        make_engagement: MakeEngagement,
    ) -> None:
        office = make_organisation("AI Office")
        secret = make_engagement("3 June 2026", office, status="planned", visibility="members")
        hidden = make_engagement("3 June 2026", office, status="planned", visibility="hidden")
        vague = make_engagement("April 2026", office)
        work.commit()
        with instance.reading(colleague, door="web") as reading:
            assert titles(calendar.download(reading, hidden.id, base_url=BASE).data) == ["Busy"]
            for record in (secret.id, vague.id, 10**9):
                with pytest.raises(NotFound):
                    calendar.download(reading, record, base_url=BASE)


def test_the_days_of_an_entry_are_those_of_its_text(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    office = make_organisation("AI Office")
    lasting = make_engagement("2–4 June 2026", office, status="planned")
    doubtful = make_engagement("12 or 13 June 2026", office, status="planned")
    render(work)
    for record, first, last in ((lasting, 2, 4), (doubtful, 12, 13)):
        found = entry_of(work, record)
        assert (found.first_day, found.last_day) == (dt.date(2026, 6, first), dt.date(2026, 6, last))


def test_stored_forms_are_those_of_the_craft(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    made = make_engagement("3 June 2026", make_organisation("AI Office"), status="planned")
    render(work)
    found = entry_of(work, made)
    row = selections.described(work, "engagement", {made.id: found.uid}, base_url=BASE)[made.id].row
    assert body(row, "busy").splitlines()[-1] == found.fragment_busy.splitlines()[-1]
    assert "LAST-MODIFIED" in found.fragment_busy
