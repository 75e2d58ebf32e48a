"""Follow-ups: added from anywhere, done, opened again, snoozed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dates import When, parse_when
from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from crm.models import Member, Organisation
from crm.queries import exports
from crm.queries import followups as read
from crm.queries import letters as letters_read
from crm.queries import topics as topics_read
from crm.queries.scope import Scope
from crm.services import commitments, engagements, followups, letters, topics
from crm.services.engagements import Party, Point
from crm.services.permissions import READ, authorise
from crm.work import Work


def due(work: Work, text: str) -> When:
    return parse_when(text, today=work.today(), past=False)


@pytest.fixture
def body(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation("European Commission")


class TestAdding:
    def test_whoever_adds_it_owns_it(self, work: Work) -> None:
        assert followups.add(work, title="Call the cabinet").owner_id == work.member_id

    def test_another_member_can_own_it(self, work: Work, colleague: Member) -> None:
        assert followups.add(work, title="Call the cabinet", owner_id=colleague.id).owner_id == colleague.id

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"title": " "}, "title"),
            ({"title": "x" * 301}, "title"),
            ({"owner_id": 999_999}, "owner"),
            ({"engagement_id": 999_999}, "engagement"),
            ({"organisation_id": 999_999}, "organisation"),
            ({"topic_id": 999_999}, "topic"),
            ({"commitment_id": 999_999}, "commitment"),
            ({"dispatch_id": 999_999}, "dispatch"),
            ({"point_id": 999_999}, "discussionpoint"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_wrong_value_is_refused_by_name(self, work: Work, values: dict[str, Any], field: str) -> None:
        with pytest.raises(Invalid) as refused:
            followups.add(work, **{"title": "Call", **values})
        assert refused.value.field in (field, "point")

    def test_reminder_after_the_deadline_is_refused(self, work: Work) -> None:
        with pytest.raises(Invalid, match="on or before"):
            followups.add(work, title="Call", due=due(work, "1 June 2026"), remind_on=dt.date(2026, 6, 2))

    def test_second_click_finds_the_first(self, work: Work) -> None:
        first = followups.add(work, title="Call", submission="one-form")
        with pytest.raises(AlreadyDone) as second:
            followups.add(work, title="Call", submission="one-form")
        assert second.value.reference == {"kind": "follow_up", "id": first.id}

    def test_one_from_a_point_hangs_on_its_engagement(self, work: Work, body: Organisation) -> None:
        meeting = engagements.log(
            work,
            kind="meeting",
            when=parse_when("11 May 2026", today=work.today(), past=True),
            parties=[Party(body.id)],
            points=[Point("Access to the model")],
        )
        assert followups.add(work, title="Call", point_id=meeting.points[0].id).engagement_id == meeting.id

    def test_one_from_a_restricted_promise_is_not_everybodys(
        self, work: Work, body: Organisation, colleague: Member, make_organisation: Callable[..., Organisation]
    ) -> None:
        meeting = engagements.log(
            work,
            kind="meeting",
            when=parse_when("11 May 2026", today=work.today(), past=True),
            parties=[Party(body.id)],
            visibility="members",
        )
        promise = commitments.make(
            work,
            kind="offer",
            wording="Access",
            made_by_id=make_organisation("Example Lab").id,
            made_to_ids=[body.id],
            engagement=meeting,
        )
        follow_up = followups.add(work, title="Ask when", commitment_id=promise.id)
        assert follow_up.engagement_id == meeting.id
        work.member = colleague
        assert read.follow_ups(work, read.Filter())[0] == []
        with pytest.raises(NotFound):
            followups.do(work, follow_up.id)
        with pytest.raises(NotFound):
            read.follow_up(work, follow_up.id)
        with pytest.raises(Invalid):
            followups.add(work, title="Ask when", commitment_id=promise.id)

    def test_one_from_a_copy_of_a_hidden_letter_is_nowhere_to_be_seen(
        self, work: Work, body: Organisation, colleague: Member
    ) -> None:
        topic = topics.create(work, name="Model access")
        letter = letters.write(work, organisation_ids=[body.id], subject="Access", visibility="hidden")
        copy = letters_read.matrix(work, letter.id)[0].dispatch_id
        hidden = followups.add(work, title="Chase", dispatch_id=copy, topic_id=topic.id)
        assert read.follow_ups(work, read.Filter())[0]
        work.member = colleague
        assert read.follow_ups(work, read.Filter())[0] == []
        assert topics_read.topics(work)[0].follow_ups == 0
        assert list(exports.follow_ups(work, Scope(anybody=True)).rows) == []
        with pytest.raises(NotFound):
            authorise(work, READ, hidden)


class TestDoing:
    def test_done_today_by_whoever_says_so(self, work: Work) -> None:
        follow_up = followups.do(work, followups.add(work, title="Call").id)
        assert (follow_up.done_on, follow_up.done_by_id) == (work.today(), work.member_id)

    def test_done_twice_keeps_the_first_day(self, work: Work) -> None:
        follow_up = followups.add(work, title="Call")
        followups.do(work, follow_up.id, on=dt.date(2026, 5, 18))
        followups.do(work, follow_up.id)
        assert follow_up.done_on == dt.date(2026, 5, 18)

    def test_nothing_is_done_tomorrow(self, work: Work) -> None:
        with pytest.raises(Invalid, match="lies ahead"):
            followups.do(work, followups.add(work, title="Call").id, on=dt.date(2026, 5, 21))

    def test_undone_is_open_again(self, work: Work) -> None:
        follow_up = followups.do(work, followups.add(work, title="Call").id)
        followups.undo(work, follow_up.id)
        assert not follow_up.is_done
        assert follow_up.done_by_id is None

    def test_several_are_done_or_none(self, work: Work) -> None:
        first, second = followups.add(work, title="Call"), followups.add(work, title="Write")
        point = work.session.begin_nested()
        with pytest.raises(NotFound):
            followups.do_all(work, [first.id, 999_999])
        point.rollback()
        work.session.refresh(first)
        assert not first.is_done
        followups.do_all(work, [first.id, second.id, first.id])
        assert first.is_done
        assert second.is_done

    def test_nothing_chosen_is_said(self, work: Work) -> None:
        with pytest.raises(Invalid, match="at least one"):
            followups.do_all(work, [])


class TestSnoozing:
    def test_deadline_moves_from_today(self, work: Work) -> None:
        follow_up = followups.add(work, title="Call", due=due(work, "21 May 2026"))
        followups.snooze(work, follow_up.id, days=7)
        assert (follow_up.due_last, follow_up.snoozed) == (dt.date(2026, 5, 27), 1)

    def test_reminder_keeps_its_distance(self, work: Work) -> None:
        follow_up = followups.add(work, title="Call", due=due(work, "25 May 2026"), remind_on=dt.date(2026, 5, 23))
        followups.snooze(work, follow_up.id, days=30)
        assert follow_up.remind_on == dt.date(2026, 6, 17)

    @pytest.mark.parametrize("days", [0, -1, 367])
    def test_only_1_to_366_days(self, work: Work, days: int) -> None:
        with pytest.raises(Invalid, match="1 to 366"):
            followups.snooze(work, followups.add(work, title="Call").id, days=days)

    def test_done_one_is_not_snoozed(self, work: Work) -> None:
        follow_up = followups.do(work, followups.add(work, title="Call").id)
        with pytest.raises(Invalid, match="open it again"):
            followups.snooze(work, follow_up.id, days=1)


class TestAmending:
    def test_what_is_not_given_stays(self, work: Work) -> None:
        topic = topics.create(work, name="Cyber")
        follow_up = followups.add(work, title="Call", note="Ask for a date", topic_id=topic.id)
        followups.amend(work, follow_up.id, title="Call again")
        assert (follow_up.note, follow_up.topic_id) == ("Ask for a date", topic.id)

    def test_conflict_is_noticed(self, work: Work) -> None:
        follow_up = followups.add(work, title="Call")
        opened = follow_up.version
        followups.amend(work, follow_up.id, title="Write")
        with pytest.raises(Conflict):
            followups.amend(work, follow_up.id, title="Visit", version=opened)

    def test_binned_one_leaves_the_list_and_comes_back(self, work: Work) -> None:
        follow_up = followups.add(work, title="Call")
        followups.bin(work, follow_up.id)
        assert read.follow_ups(work, read.Filter())[0] == []
        followups.restore(work, follow_up.id)
        assert [row.id for row in read.follow_ups(work, read.Filter())[0]] == [follow_up.id]

    def test_reader_changes_nothing(self, work: Work, reader: Member) -> None:
        follow_up = followups.add(work, title="Call")
        work.member = reader
        for act in (
            lambda: followups.add(work, title="Call"),
            lambda: followups.do(work, follow_up.id),
            lambda: followups.snooze(work, follow_up.id, days=1),
        ):
            with pytest.raises(Forbidden):
                act()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    due_in=st.none() | st.integers(-60, 60),
    remind_before=st.none() | st.integers(0, 90),
    days=st.integers(1, 366),
)
def test_snoozed_one_is_never_late_and_reminds_in_time(
    work: Work, due_in: int | None, remind_before: int | None, days: int
) -> None:
    point = work.session.begin_nested()
    today = work.today()
    deadline = today + dt.timedelta(days=due_in or 0)
    when = None if due_in is None else parse_when(deadline.isoformat(), today=today, past=due_in < 0)
    remind = None if remind_before is None else deadline - dt.timedelta(days=remind_before)
    follow_up = followups.add(work, title="Call", due=when, remind_on=remind)
    followups.snooze(work, follow_up.id, days=days)
    assert not follow_up.is_late(today)
    assert follow_up.due_last == today + dt.timedelta(days=days)
    assert (follow_up.remind_on is None) == (remind is None)
    assert follow_up.remind_on is None or today <= follow_up.remind_on <= follow_up.due_last
    point.rollback()
    work.touched.clear()
