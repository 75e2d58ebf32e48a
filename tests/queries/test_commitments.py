"""Commitments by direction and lateness, what fulfils what, and whether it was delivered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.dates import OPEN, parse_when
from crm.errors import NotFound
from crm.models import Commitment, Member, Organisation
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES
from crm.queries import commitments as read
from crm.services import commitments, engagements, organisations, topics
from crm.services.engagements import Party
from crm.work import Work

Make = Callable[..., Commitment]


@pytest.fixture
def us(work: Work) -> Organisation:
    return work.session.query(Organisation).filter_by(is_ours=True).one()


@pytest.fixture
def lab(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation("Example Lab", kind="company")


@pytest.fixture
def commission(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation("European Commission", kind="eu_institution", short_name="Commission")


@pytest.fixture
def make(work: Work, lab: Organisation, commission: Organisation) -> Make:
    """``make("offer", due="1 June 2026", …)``: the lab commits itself to the Commission."""

    def made(kind: str = "offer", *, due: str = "", when: str = "1 May 2026", **values: Any) -> Commitment:
        given = {"wording": "Open access to the model", "made_by_id": lab.id, "made_to_ids": [commission.id], **values}
        given["when"] = parse_when(when, today=work.today(), past=True)
        if due:
            given["due"] = parse_when(due, today=work.today(), past=False)
        return commitments.make(work, kind=kind, **given)

    return made


def found(work: Work, **wanted: Any) -> list[int]:
    return [row.id for row in read.commitments(work, read.Filter(**wanted))[0]]


class TestDirection:
    def test_what_we_promise_is_ours(self, work: Work, make: Make, us: Organisation) -> None:
        ours = make(made_by_id=us.id)
        assert found(work, directions=("ours",)) == [ours.id]

    def test_what_a_client_promises_is_ours(self, work: Work, make: Make, lab: Organisation) -> None:
        organisations.amend(work, lab.id, is_client=True)
        assert read.commitment(work, make().id).direction == "ours"

    def test_what_is_promised_to_us_among_others_is_theirs(
        self, work: Work, make: Make, us: Organisation, commission: Organisation
    ) -> None:
        theirs = make(made_to_ids=[commission.id, us.id])
        assert found(work, directions=("theirs",)) == [theirs.id]

    def test_what_others_promise_each_other_is_between_others(self, work: Work, make: Make) -> None:
        assert read.commitment(work, make().id).direction == "third"


class TestLateness:
    @pytest.mark.parametrize(
        ("due", "bucket"),
        [
            ("19 May 2026", "late"),
            ("20 May 2026", "week"),
            ("24 May 2026", "week"),
            ("25 May 2026", "month"),
            ("May 2026", "month"),
            ("1 June 2026", "later"),
            ("after 3 June 2026", "later"),
            ("", "undated"),
        ],
    )
    def test_deadline_stands_in_its_column(self, work: Work, make: Make, due: str, bucket: str) -> None:
        offer = make(due=due)
        assert read.commitment(work, offer.id).bucket == bucket
        assert found(work, buckets=(bucket,)) == [offer.id]

    def test_what_is_no_longer_running_is_never_late(self, work: Work, make: Make) -> None:
        make(due="19 May 2026", state="met")
        assert found(work, buckets=("late",)) == []
        assert len(found(work, buckets=("closed",))) == 1

    def test_numbers_are_those_of_the_lists(self, work: Work, make: Make, us: Organisation) -> None:
        make(due="19 May 2026")
        make(due="19 May 2026", made_by_id=us.id)
        make(due="1 June 2026", made_by_id=us.id)
        make("delivery")
        make(state="broken")
        numbers = read.numbers(work, read.Filter())
        assert numbers == {
            ("third", "late"): 1,
            ("ours", "late"): 1,
            ("ours", "later"): 1,
            ("third", "delivered"): 1,
            ("third", "closed"): 1,
        }
        for (direction, bucket), number in numbers.items():
            assert len(found(work, directions=(direction,), buckets=(bucket,))) == number

    @given(
        kind=st.sampled_from(sorted(COMMITMENT_KINDS)),
        state=st.sampled_from(sorted(COMMITMENT_STATES)),
        due=st.none() | st.dates(min_value=dt.date(2020, 1, 1)) | st.just(OPEN),
        today=st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2100, 1, 1)),
    )
    def test_column_says_late_exactly_when_the_commitment_does(
        self, kind: str, state: str, due: dt.date | None, today: dt.date
    ) -> None:
        commitment = Commitment(kind=kind, state=state, due_first=due, due_last=due, due_precision="day")
        column = read.bucket(kind, state, due, today)
        assert (column == "late") == commitment.is_late(today)
        assert (column in read.LATENESS) == commitment.is_running

    @given(today=st.dates(min_value=dt.date(1990, 1, 1), max_value=OPEN))
    def test_week_ends_on_sunday_and_month_on_its_last_day(self, today: dt.date) -> None:
        week, month = read.horizons(today)
        assert today <= month
        assert month.month == today.month
        assert week == OPEN or (week.weekday() == 6 and 0 <= (week - today).days < 7)


class TestOrder:
    def test_what_is_due_first_stands_first_and_closed_last(self, work: Work, make: Make) -> None:
        closed = make(state="met", due="2 May 2026")
        undated = make()
        later = make(due="1 June 2026")
        late = make(due="19 May 2026")
        assert found(work) == [late.id, later.id, undated.id, closed.id]

    def test_pages_follow_each_other(self, work: Work, make: Make) -> None:
        made = [make(due=f"{day} June 2026").id for day in (1, 2, 3)]
        first, more = read.commitments(work, read.Filter(), limit=2)
        rest, no_more = read.commitments(work, read.Filter(), limit=2, offset=2)
        assert [row.id for row in first + rest] == made
        assert (more, no_more) == (True, False)


class TestFilter:
    def test_each_part_narrows(self, work: Work, make: Make, colleague: Member, commission: Organisation) -> None:
        topic = topics.create(work, name="Cyber")
        meeting = engagements.log(
            work,
            kind="meeting",
            when=parse_when("1 May 2026", today=work.today(), past=True),
            parties=[Party(commission.id)],
        )
        plain = make()
        special = make(
            "undertaking",
            owner_id=colleague.id,
            topic_id=topic.id,
            state="accepted",
            engagement_id=meeting.id,
            wording="We shall publish 100% of the minutes",
        )
        for wanted in (
            {"kinds": ("undertaking",)},
            {"states": ("accepted",)},
            {"owner_id": colleague.id},
            {"topic_id": topic.id},
            {"engagement_id": meeting.id},
            {"text": "MINUTES publish"},
            {"text": "100%"},
        ):
            assert found(work, **wanted) == [special.id], wanted
        assert set(found(work, organisation_ids=(commission.id,))) == {plain.id, special.id}

    def test_row_names_everybody(
        self, work: Work, make: Make, commission: Organisation, make_organisation: Callable[..., Organisation]
    ) -> None:
        row = read.commitment(work, make(made_to_ids=[commission.id, make_organisation("Austria").id]).id)
        assert row.made_by.label == "Example Lab"
        assert [body.label for body in row.made_to] == ["Austria", "Commission"]
        assert (row.kind_label, row.state_label, row.owner) == ("Offer", "Open", "Admin")


class TestHours:
    def test_promise_made_at_an_hour_says_the_hour_and_is_due_on_a_day(self, work: Work, make: Make) -> None:
        row = read.commitment(work, make(when="11 May 2026 14:30", due="1 June 2026 17:00").id)
        assert row.when.short() == "11 May 2026 14:30"
        assert row.due is not None
        assert (row.due.short(), row.due.deadline()) == ("1 Jun 2026", "1 June 2026")

    def test_what_is_due_over_two_days_is_late_after_the_second(self, work: Work, make: Make) -> None:
        offer = make(when="1 April 2026")
        offer.due = parse_when("19–20 May 2026", today=work.today(), past=True)
        work.session.flush()
        row = read.commitment(work, offer.id)
        assert row.due is not None
        assert (row.bucket, row.due.deadline()) == ("week", "by 20 May 2026")


class TestChain:
    def test_open_offer_says_that_nothing_was_delivered(self, work: Work, make: Make) -> None:
        offer = make()
        assert read.deliveries_of(work, offer.id) == []
        assert read.standing(work, offer.id) == "Offer open, no delivery recorded"

    def test_delivery_over_several_steps_is_a_delivery_of_the_first(self, work: Work, make: Make) -> None:
        request = make("request")
        offer = make("offer", fulfils_id=request.id)
        undertaking = make("undertaking", fulfils_id=offer.id)
        delivery = make("delivery", fulfils_id=undertaking.id, when="11 May 2026")
        for promise in (request, offer, undertaking):
            assert [row.id for row in read.deliveries_of(work, promise.id)] == [delivery.id]
        assert [row.id for row in read.fulfils(work, delivery.id)] == [undertaking.id, offer.id, request.id]
        assert [row.id for row in read.fulfilled_by(work, request.id)] == [offer.id]
        assert read.standing(work, undertaking.id) == "Undertaking met, 1 delivery recorded, the last on 11 May 2026"
        assert read.standing(work, delivery.id) == "Delivered on 11 May 2026"

    def test_partial_delivery_is_called_so(self, work: Work, make: Make) -> None:
        offer = make()
        make("delivery", fulfils_id=offer.id, state="partly", when="11 May 2026")
        expected = "Offer partly met, 1 partial delivery recorded, the last on 11 May 2026"
        assert read.standing(work, offer.id) == expected

    @pytest.mark.parametrize("undone", ["binned", "withdrawn"])
    def test_delivery_undone_is_none(self, work: Work, make: Make, undone: str) -> None:
        offer = make()
        delivery = make("delivery", fulfils_id=offer.id)
        if undone == "binned":
            commitments.bin(work, delivery.id)
        else:
            commitments.move(work, delivery.id, "withdrawn")
        assert read.deliveries_of(work, offer.id) == []

    def test_promises_are_what_can_be_fulfilled(self, work: Work, make: Make) -> None:
        offer, closed = make(), make("request", state="broken")
        make("delivery")
        assert read.promises(work) == [
            (offer.id, "Offer of Example Lab: Open access to the model"),
            (closed.id, "Request of Example Lab: Open access to the model"),
        ]
        assert [identity for identity, _ in read.promises(work, but=offer.id)] == [closed.id]

    def test_restricted_delivery_is_not_told(
        self, work: Work, make: Make, commission: Organisation, colleague: Member
    ) -> None:
        meeting = engagements.log(
            work,
            kind="meeting",
            when=parse_when("1 May 2026", today=work.today(), past=True),
            parties=[Party(commission.id)],
            visibility="members",
        )
        offer = make()
        delivery = make("delivery", fulfils_id=offer.id, engagement=meeting)
        assert len(read.deliveries_of(work, offer.id)) == 1
        work.member = colleague
        assert read.deliveries_of(work, offer.id) == []
        assert read.fulfilled_by(work, offer.id) == []
        assert found(work) == [offer.id]
        for ask in (read.commitment, read.history):
            with pytest.raises(NotFound):
                ask(work, delivery.id)
