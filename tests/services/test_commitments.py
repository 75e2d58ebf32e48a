"""Commitments: who promises what to whom by when, and what becomes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from crm.dates import When, parse_when
from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from crm.models import Commitment, Member, Organisation
from crm.models.commitments import COMMITMENT_STATES, DELIVERY_STATES
from crm.queries import commitments as read
from crm.services import commitments, engagements, topics
from crm.services.engagements import Party
from crm.work import Work

Make = Callable[..., Commitment]


def day(work: Work, text: str, *, past: bool = True) -> When:
    return parse_when(text, today=work.today(), past=past)


@pytest.fixture
def lab(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation("Example Lab", kind="company")


@pytest.fixture
def commission(make_organisation: Callable[..., Organisation]) -> Organisation:
    return make_organisation("European Commission", kind="eu_institution")


@pytest.fixture
def make(work: Work, lab: Organisation, commission: Organisation) -> Make:
    """``make(kind="offer", **values)``: the lab commits itself to the Commission."""

    def made(kind: str = "offer", **values: Any) -> Commitment:
        values = {"wording": "Open access to the model", "made_by_id": lab.id, "made_to_ids": [commission.id], **values}
        return commitments.make(work, kind=kind, **values)

    return made


class TestMaking:
    def test_offer_is_open_and_made_today_unless_said(self, work: Work, make: Make) -> None:
        offer = make()
        assert (offer.state, offer.first_day, offer.owner_id) == ("open", work.today(), work.member_id)

    def test_commitment_made_in_a_meeting_has_its_day(self, work: Work, make: Make, commission: Organisation) -> None:
        meeting = engagements.log(work, kind="meeting", when=day(work, "11 May 2026"), parties=[Party(commission.id)])
        assert make(engagement=meeting).first_day == dt.date(2026, 5, 11)

    def test_commitment_noted_before_a_meeting_is_made_today(
        self, work: Work, make: Make, commission: Organisation
    ) -> None:
        ahead = engagements.log(
            work, kind="meeting", when=day(work, "11 June 2026", past=False), parties=[Party(commission.id)]
        )
        assert make(engagement=ahead).first_day == work.today()

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"wording": "  "}, "wording"),
            ({"made_to_ids": []}, "made_to"),
            ({"made_to_ids": [999_999]}, "made_to"),
            ({"made_by_id": 999_999}, "made_by"),
            ({"kind": "wish"}, "kind"),
            ({"state": "forgotten"}, "state"),
            ({"owner_id": 999_999}, "owner"),
            ({"topic_id": 999_999}, "topic"),
            ({"fulfils_id": 999_999}, "commitment"),
            ({"engagement_id": 999_999}, "engagement"),
            ({"evidence_url": "javascript:alert(1)"}, "evidence_url"),
            ({"evidence_url": "http://[x"}, "evidence_url"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_wrong_value_is_refused_by_name(self, work: Work, make: Make, values: dict[str, Any], field: str) -> None:
        with pytest.raises(Invalid) as refused:
            make(**values)
        assert refused.value.field == field
        work.rollback()

    def test_nobody_commits_to_themselves(self, make: Make, lab: Organisation, commission: Organisation) -> None:
        with pytest.raises(Invalid, match="themselves"):
            make(made_to_ids=[commission.id, lab.id])

    def test_commitment_is_not_made_tomorrow(self, work: Work, make: Make) -> None:
        with pytest.raises(Invalid, match="lies ahead"):
            make(when=day(work, "21 May 2026", past=False))

    def test_nothing_is_due_before_it_was_made(self, work: Work, make: Make) -> None:
        with pytest.raises(Invalid, match="before it was made"):
            make(when=day(work, "11 May 2026"), due=day(work, "10 May 2026"))

    def test_due_may_lie_within_the_doubt_about_when_it_was_made(self, work: Work, make: Make) -> None:
        assert make(when=day(work, "April 2026"), due=day(work, "15 April 2026")).due is not None

    def test_second_click_finds_the_first(self, make: Make) -> None:
        first = make(submission="one-form")
        with pytest.raises(AlreadyDone) as second:
            make(submission="one-form")
        assert second.value.reference == {"kind": "commitment", "id": first.id}


class TestDeliveries:
    def test_delivery_is_an_event_and_never_due(self, work: Work, make: Make) -> None:
        with pytest.raises(Invalid, match="dated event"):
            make("delivery", due=day(work, "1 June 2026", past=False))

    def test_delivery_is_delivered_from_the_start(self, make: Make) -> None:
        delivery = make("delivery")
        assert (delivery.state, delivery.state_label) == ("met", "Delivered")
        assert not delivery.is_running

    def test_delivery_meets_what_it_fulfils(self, make: Make) -> None:
        offer = make()
        make("delivery", fulfils_id=offer.id)
        assert offer.state == "met"

    def test_partial_delivery_meets_it_in_part_and_the_rest_wholly(self, make: Make) -> None:
        offer = make()
        make("delivery", fulfils_id=offer.id, state="partly")
        assert offer.state == "partly"
        make("delivery", fulfils_id=offer.id)
        assert offer.state == "met"

    def test_delivery_leaves_what_was_withdrawn_alone(self, make: Make) -> None:
        offer = make(state="withdrawn")
        make("delivery", fulfils_id=offer.id)
        assert offer.state == "withdrawn"

    def test_correcting_a_delivery_does_not_settle_again_what_was_reopened_by_hand(
        self, work: Work, make: Make
    ) -> None:
        offer = make()
        delivery = make("delivery", fulfils_id=offer.id)
        commitments.move(work, offer.id, "open")
        commitments.amend(work, delivery.id, evidence="Minutes of the handover")
        assert offer.state == "open"

    @pytest.mark.parametrize("state", sorted(set(COMMITMENT_STATES) - set(DELIVERY_STATES) - {"open"}))
    def test_delivery_has_no_states_of_promises(self, make: Make, state: str) -> None:
        with pytest.raises(Invalid) as refused:
            make("delivery", state=state)
        assert refused.value.field == "state"

    def test_delivery_is_fulfilled_by_nothing(self, make: Make) -> None:
        delivery = make("delivery")
        with pytest.raises(Invalid, match="offer, request or undertaking"):
            make("delivery", fulfils_id=delivery.id)

    def test_nothing_fulfils_itself_over_several_steps(self, work: Work, make: Make) -> None:
        request = make("request")
        offer = make("offer", fulfils_id=request.id)
        undertaking = make("undertaking", fulfils_id=offer.id)
        with pytest.raises(Invalid, match="fulfils itself"):
            commitments.amend(work, request.id, fulfils_id=undertaking.id)


class TestAmending:
    def test_new_recipient_is_added_and_old_one_stays(
        self, work: Work, make: Make, commission: Organisation, make_organisation: Callable[..., Organisation]
    ) -> None:
        offer, other = make(), make_organisation("Malta")
        commitments.amend(work, offer.id, made_to_ids=[commission.id, other.id])
        assert {recipient.organisation_id for recipient in offer.recipients} == {commission.id, other.id}

    def test_maker_cannot_become_a_recipient(self, work: Work, make: Make, commission: Organisation) -> None:
        offer = make()
        with pytest.raises(Invalid, match="themselves"):
            commitments.amend(work, offer.id, made_by_id=commission.id)

    def test_conflict_is_noticed(self, work: Work, make: Make) -> None:
        offer = make()
        opened = offer.version
        commitments.amend(work, offer.id, condition="if audited")
        with pytest.raises(Conflict):
            commitments.amend(work, offer.id, condition="without condition", version=opened)

    def test_due_date_is_taken_away(self, work: Work, make: Make) -> None:
        offer = make(due=day(work, "1 June 2026", past=False))
        commitments.amend(work, offer.id, due=None)
        assert offer.due is None

    def test_topic_in_the_bin_stays_where_it_is(self, work: Work, make: Make) -> None:
        topic = topics.create(work, name="Cyber")
        offer = make(topic_id=topic.id)
        topics.bin(work, topic.id)
        commitments.amend(work, offer.id, topic_id=topic.id, condition="if audited")
        assert offer.topic_id == topic.id

    @pytest.mark.parametrize("state", sorted(COMMITMENT_STATES))
    def test_every_state_is_one_click_away(self, work: Work, make: Make, state: str) -> None:
        offer = make()
        assert commitments.move(work, offer.id, state).state == state

    def test_moving_to_the_same_state_changes_nothing(self, work: Work, make: Make) -> None:
        offer = make()
        before = offer.version
        commitments.move(work, offer.id, "open")
        assert offer.version == before

    def test_states_stand_in_the_history(self, work: Work, make: Make) -> None:
        offer = make()
        work.commit()
        for state in ("accepted", "met"):
            commitments.move(work, offer.id, state)
            work.commit()
        commitments.amend(work, offer.id, condition="if audited")
        work.commit()
        changes = read.history(work, offer.id)
        assert [change.state for change in changes] == ["open", "accepted", "met"]
        assert {change.by for change in changes} == {"Admin"}

    def test_binned_one_leaves_the_lists_and_comes_back(self, work: Work, make: Make) -> None:
        offer = make()
        commitments.bin(work, offer.id)
        assert read.commitments(work, read.Filter())[0] == []
        commitments.restore(work, offer.id)
        assert [row.id for row in read.commitments(work, read.Filter())[0]] == [offer.id]


class TestPermission:
    def test_reader_changes_nothing(self, work: Work, make: Make, reader: Member) -> None:
        offer = make()
        work.member = reader
        with pytest.raises(Forbidden):
            make()
        with pytest.raises(Forbidden):
            commitments.move(work, offer.id, "met")

    def test_commitment_of_a_restricted_meeting_is_not_found_by_others(
        self, work: Work, make: Make, commission: Organisation, colleague: Member
    ) -> None:
        meeting = engagements.log(
            work, kind="meeting", when=day(work, "11 May 2026"), parties=[Party(commission.id)], visibility="members"
        )
        offer = make(engagement=meeting)
        work.member = colleague
        with pytest.raises(NotFound):
            commitments.get(work, offer.id)
        with pytest.raises(Invalid, match="no such"):
            make("delivery", fulfils_id=offer.id)
        with pytest.raises(Invalid, match="no such"):
            make(engagement_id=meeting.id)
