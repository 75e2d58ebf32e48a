"""Logging, correcting and settling engagements: what is kept, what is refused, and nothing twice."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from crm.clock import FixedClock
from crm.dates import When, parse_when
from crm.errors import AlreadyDone, Conflict, CrmError, Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import DiscussionPoint, Engagement, FollowUp, Member, Organisation, Participation, Submission
from crm.models.history import Transaction, Twins
from crm.services import engagements, followups, organisations
from crm.services.engagements import Party, Point, PossibleDuplicates
from crm.services.engagements.parties import our_organisations
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


@pytest.fixture
def body(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation("DG CNECT")


@pytest.fixture
def meeting(make_engagement: MakeEngagement, body: Organisation) -> Engagement:
    return make_engagement("4 May 2026", body, subject="Audits")


@pytest.fixture
def planned(make_engagement: MakeEngagement, body: Organisation) -> Engagement:
    return make_engagement("4 June 2026 10:00", body, status="planned")


def day(work: Work, text: str, *, past: bool = True) -> When:
    return parse_when(text, today=work.today(), past=past, zone=work.zone)


def verbs(work: Work) -> list[str]:
    return list(work.session.scalars(select(Transaction.verb).order_by(Transaction.id)))


def test_nobody_named_on_our_side_means_our_own_organisation(work: Work, meeting: Engagement) -> None:
    us = work.session.scalars(select(Organisation).where(Organisation.is_ours.is_(True))).one()
    assert [p.organisation_id for p in meeting.participations if p.side == "actor"] == [us.id]


def test_body_is_all_that_must_be_said(work: Work, body: Organisation) -> None:
    with pytest.raises(Invalid, match="at least one body"):
        engagements.log(work, kind="meeting", when=day(work, "4 May"), parties=[])
    logged = engagements.log(work, kind="meeting", when=day(work, "4 May"), parties=[Party(body.id)])
    assert (logged.status, logged.visibility, logged.owner_id) == ("held", "team", work.member_id)


def test_organisation_person_topic_point_or_viewer_that_is_not_there_is_refused_by_name(
    work: Work, body: Organisation
) -> None:
    when, party = day(work, "4 May"), Party(body.id)
    for field, values in (
        ("bodies", {"parties": [Party(999_999)]}),
        ("actors", {"parties": [party, Party(999_999, side="actor")]}),
        ("people", {"parties": [Party(body.id, 999_999)]}),
        ("topics", {"parties": [party], "topic_ids": [999_999]}),
        ("viewers", {"parties": [party], "viewer_ids": [999_999]}),
        ("points", {"parties": [party], "points": [Point("One", 999_999)]}),
        ("owner", {"parties": [party], "owner_id": 999_999}),
        ("follows", {"parties": [party], "follows_id": 999_999}),
    ):
        with pytest.raises(Invalid) as refused:
            engagements.log(work, kind="meeting", when=when, **values)  # type: ignore[arg-type]
        assert refused.value.field == field
        work.session.expunge_all()


def test_held_cannot_lie_ahead_not_even_by_an_hour(work: Work, body: Organisation, clock: FixedClock) -> None:
    for text in ("21 May 2026", "20 May 2026 11:30"):
        with pytest.raises(Invalid, match="lies ahead"):
            engagements.log(
                work, kind="meeting", status="held", when=day(work, text, past=False), parties=[Party(body.id)]
            )
        work.session.expunge_all()
    met = engagements.log(work, kind="meeting", when=day(work, "20 May 2026 10:30"), parties=[Party(body.id)])
    assert met.status == "held"


@pytest.mark.parametrize(
    ("typed", "kind", "status", "first"),
    [
        ("11 May", "meeting", "held", dt.date(2026, 5, 11)),
        ("12 June", "meeting", "planned", dt.date(2026, 6, 12)),
        ("12 June", "letter", "drafted", dt.date(2026, 6, 12)),
        ("11 May", "letter", "sent", dt.date(2026, 5, 11)),
        # A bare weekday is the one that was, as the log is mostly about what was.
        ("Friday", "meeting", "held", dt.date(2026, 5, 15)),
        ("next Friday", "meeting", "planned", dt.date(2026, 5, 22)),
        ("20 May 2026 15:00", "meeting", "planned", dt.date(2026, 5, 20)),
        ("20 May 2026 09:00", "meeting", "held", dt.date(2026, 5, 20)),
        ("March", "meeting", "held", dt.date(2026, 3, 1)),
        ("December", "meeting", "held", dt.date(2025, 12, 1)),
        ("July", "meeting", "planned", dt.date(2026, 7, 1)),
    ],
)
def test_status_nobody_chose_is_the_likely_one(work: Work, typed: str, kind: str, status: str, first: dt.date) -> None:
    understood = engagements.read_when(work, typed, kind=kind)
    assert (understood.status, understood.when.first) == (status, first)


def test_status_chosen_says_which_year_is_meant(work: Work) -> None:
    assert engagements.read_when(work, "12 June", kind="meeting", status="held").when.first == dt.date(2025, 6, 12)
    assert engagements.read_when(work, "11 May", kind="meeting", status="planned").when.first == dt.date(2027, 5, 11)


def test_every_save_is_one_transaction_with_every_state_kept(work: Work, meeting: Engagement) -> None:
    work.commit()
    engagements.amend(work, meeting.id, version=meeting.version, subject="Audits of models", points=[Point("Access")])
    work.commit()
    assert verbs(work)[-1] == "engagement.amend"
    twin = Twins.of(Engagement)
    subjects = work.session.scalars(
        select(twin.c.subject).where(twin.c.id == meeting.id).order_by(twin.c.transaction_id)
    ).all()
    assert subjects == ["Audits", "Audits of models"]


def test_commitments_and_follow_ups_come_in_the_same_save(work: Work, body: Organisation) -> None:
    us = our_organisations(work)[0]
    logged = engagements.log(
        work,
        kind="meeting",
        when=day(work, "4 May"),
        parties=[Party(body.id)],
        new_commitments=[
            {"kind": "undertaking", "wording": "We will write.", "made_by_id": us.id, "made_to_ids": [body.id]}
        ],
        new_follow_ups=[{"title": "Write"}],
    )
    assert work.session.scalar(select(func.count()).where(FollowUp.engagement_id == logged.id)) == 1


def test_point_that_is_corrected_stays_itself_with_what_hangs_on_it(work: Work, meeting: Engagement) -> None:
    engagements.amend(work, meeting.id, points=[Point("First"), Point("Second")])
    second = meeting.points[1]
    todo = followups.add(work, title="Answer it", point_id=second.id)
    work.commit()
    engagements.amend(work, meeting.id, points=[Point("Second, put better", id=second.id), Point("Third")])
    work.commit()
    assert [point.point for point in meeting.points] == ["Second, put better", "Third"]
    assert meeting.points[0].id == second.id
    work.session.refresh(todo)
    assert todo.point_id == second.id


def test_point_of_another_engagement_cannot_be_taken_over(
    work: Work, meeting: Engagement, make_engagement: MakeEngagement, body: Organisation
) -> None:
    other = make_engagement("5 May 2026", body, points=[Point("Theirs")])
    engagements.amend(work, meeting.id, points=[Point("Ours", id=other.points[0].id)])
    assert work.session.scalar(select(func.count(DiscussionPoint.id))) == 2
    assert other.points[0].point == "Theirs"


def test_conclusion_without_a_point_is_refused_rather_than_lost(work: Work, meeting: Engagement) -> None:
    with pytest.raises(Invalid, match="what was raised"):
        engagements.amend(work, meeting.id, points=[Point("", conclusion="Agreed")])


def test_second_of_two_editors_gets_a_conflict_whichever_part_the_first_touched(
    work: Work, meeting: Engagement
) -> None:
    opened = meeting.version
    engagements.amend(work, meeting.id, version=opened, points=[Point("Access")])
    work.commit()
    with pytest.raises(Conflict):
        engagements.amend(work, meeting.id, version=opened, subject="Other")


# Outcomes


def test_settling_twice_is_settling_once(work: Work, make_engagement: MakeEngagement, body: Organisation) -> None:
    met = make_engagement("4 May 2026", body, status="planned")
    opened = met.version
    assert engagements.settle(work, met.id, "held", version=opened).counts
    work.commit()
    after = met.version
    assert engagements.settle(work, met.id, "held", version=opened).status == "held"
    work.commit()
    assert met.version == after


def test_what_came_of_it_is_not_overwritten_by_a_click_on_an_old_page(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    met = make_engagement("4 May 2026", body, status="planned")
    engagements.settle(work, met.id, "cancelled")
    with pytest.raises(Invalid, match="cancelled already"):
        engagements.settle(work, met.id, "held")
    with pytest.raises(Invalid):
        engagements.settle(work, met.id, "planned")


def test_planned_meeting_ahead_cannot_be_settled_as_held(work: Work, planned: Engagement) -> None:
    with pytest.raises(Invalid, match="lies ahead"):
        engagements.settle(work, planned.id, "held")


def test_outcome_can_be_taken_back(work: Work, make_engagement: MakeEngagement, body: Organisation) -> None:
    met = make_engagement("4 May 2026", body, status="planned")
    for outcome in ("held", "cancelled", "postponed"):
        engagements.settle(work, met.id, outcome)
        engagements.reopen(work, met.id)
        assert (met.status, met.earlier_dates, met.counts) == ("planned", [], False)


def test_several_are_settled_or_none(work: Work, make_engagement: MakeEngagement, body: Organisation) -> None:
    first = make_engagement("4 May 2026", body, status="planned")
    second = make_engagement("5 May 2026", body, status="planned")
    ahead = make_engagement("5 June 2026", body, status="planned")
    work.commit()
    with pytest.raises(Invalid):
        engagements.settle_all(work, [first.id, ahead.id], "held")
    work.rollback()
    assert work.session.get_one(Engagement, first.id).status == "planned"
    assert len(engagements.settle_all(work, [first.id, second.id, first.id], "held")) == 2
    with pytest.raises(Invalid, match="at least one"):
        engagements.settle_all(work, [], "held")


def test_postponed_meeting_keeps_each_date_it_had(work: Work, planned: Engagement) -> None:
    engagements.postpone(work, planned.id, to=day(work, "11 June", past=False), reason="strike")
    engagements.postpone(work, planned.id)
    engagements.postpone(work, planned.id, reason="illness")
    engagements.postpone(work, planned.id, to=day(work, "18 June", past=False))
    assert (planned.status, planned.when.short()) == ("planned", "18 Jun 2026")
    assert [(earlier.when.short(), earlier.reason) for earlier in planned.earlier_dates] == [
        ("4 Jun 2026 10:00", "strike"),
        ("11 Jun 2026", "illness"),
    ]


def test_only_a_planned_meeting_is_postponed(work: Work, meeting: Engagement, make_engagement: MakeEngagement) -> None:
    with pytest.raises(Invalid, match="Only a planned"):
        engagements.postpone(work, meeting.id)
    letter = make_engagement("4 June 2026", organisations.create(work, name="X"), kind="letter", status="drafted")
    with pytest.raises(Invalid, match="Only a planned"):
        engagements.postpone(work, letter.id)


def test_refusal_is_kept_with_its_facts_and_the_later_meeting_follows_it(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    asked = make_engagement("10 March 2026", body, status="planned")
    engagements.decline(
        work, asked.id, by_id=None, on=dt.date(2026, 3, 3), notice="by telephone", reason="A full diary"
    )
    met = make_engagement("10 April 2026", body, follows_id=asked.id)
    assert (asked.status, asked.declined_by_id, asked.declined_on) == ("declined", body.id, dt.date(2026, 3, 3))
    assert (asked.decline_notice, asked.decline_reason) == ("by telephone", "A full diary")
    assert (met.follows_id, met.counts, asked.counts) == (asked.id, True, False)


def test_facts_of_a_refusal_go_with_the_refusal(work: Work, planned: Engagement) -> None:
    engagements.decline(work, planned.id, by_id=None, reason="A full diary")
    engagements.amend(work, planned.id, status="planned")
    assert (planned.declined_by_id, planned.decline_reason) == (None, "")


def test_nobody_declines_on_a_day_that_lies_ahead_or_what_was_held(
    work: Work, planned: Engagement, meeting: Engagement
) -> None:
    with pytest.raises(Invalid) as refused:
        engagements.decline(work, planned.id, by_id=None, on=dt.date(2026, 5, 21))
    assert refused.value.field == "declined_on"
    with pytest.raises(Invalid):
        engagements.decline(work, meeting.id, by_id=None)


def test_binned_engagement_comes_back_as_it_was(work: Work, meeting: Engagement) -> None:
    engagements.bin(work, meeting.id)
    engagements.bin(work, meeting.id)
    assert meeting.is_binned
    assert not meeting.counts
    engagements.restore(work, meeting.id)
    assert meeting.counts
    assert all(party.counts for party in meeting.participations)


# Who may


def test_reader_changes_nothing(instance: Instance, reader: Member, meeting: Engagement, work: Work) -> None:
    work.commit()
    body_id = meeting.participations[0].organisation_id
    calls: list[Callable[[Work], object]] = [
        lambda w: engagements.log(w, kind="meeting", when=meeting.when, parties=[Party(body_id)]),
        lambda w: engagements.amend(w, meeting.id, subject="X"),
        lambda w: engagements.settle(w, meeting.id, "cancelled"),
        lambda w: engagements.postpone(w, meeting.id),
        lambda w: engagements.decline(w, meeting.id, by_id=None),
        lambda w: engagements.reopen(w, meeting.id),
        lambda w: engagements.bin(w, meeting.id),
        lambda w: engagements.restore(w, meeting.id),
    ]
    for call in calls:
        with instance.writing(reader, door="web") as theirs:
            with pytest.raises(Forbidden):
                call(theirs)
            assert not theirs.session.new
            assert not theirs.session.dirty
            assert not theirs.touched


@pytest.mark.parametrize("visibility", ["members", "hidden"])
def test_content_kept_from_the_team_can_be_changed_by_those_it_names_only(
    instance: Instance,
    owner: Member,
    colleague: Member,
    admin: Member,
    visibility: str,
) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        kept = engagements.log(
            work, kind="meeting", when=day(work, "4 May"), parties=[Party(body.id)], visibility=visibility
        )
    for stranger in (colleague, admin):
        with instance.writing(stranger, door="web") as work, pytest.raises(NotFound):
            engagements.amend(work, kept.id, subject="Mine")
    with instance.writing(owner, door="web") as work:
        engagements.amend(work, kept.id, viewer_ids=[colleague.id])
    with instance.writing(colleague, door="web") as work:
        assert engagements.amend(work, kept.id, subject="Ours").subject == "Ours"


def test_hidden_engagement_exists_for_everybody_and_one_for_named_members_does_not(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        made = [
            engagements.log(work, kind="call", when=day(work, "4 May"), parties=[Party(body.id)], visibility=visibility)
            for visibility in ("hidden", "members")
        ]
    with instance.reading(colleague, door="web") as work:
        assert engagements.get(work, made[0].id).id == made[0].id
        with pytest.raises(NotFound):
            engagements.get(work, made[1].id)


def test_whoever_shuts_the_team_out_stays_in(instance: Instance, owner: Member, colleague: Member) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        made = engagements.log(work, kind="call", when=day(work, "4 May"), parties=[Party(body.id)])
    with instance.writing(colleague, door="web") as work:
        engagements.amend(work, made.id, visibility="members")
    with instance.reading(colleague, door="web") as work:
        assert engagements.get(work, made.id).visibility == "members"


def test_nothing_can_follow_what_its_author_may_not_read(instance: Instance, owner: Member, colleague: Member) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        made = engagements.log(
            work, kind="call", when=day(work, "4 May"), parties=[Party(body.id)], visibility="hidden"
        )
    with instance.writing(colleague, door="web") as work, pytest.raises(Invalid) as refused:
        engagements.log(work, kind="call", when=day(work, "5 May"), parties=[Party(body.id)], follows_id=made.id)
    assert refused.value.field == "follows"


# Once


def test_same_form_sent_twice_makes_one_record(work: Work, body: Organisation) -> None:
    def send() -> Engagement:
        return engagements.log(work, kind="call", when=day(work, "4 May"), parties=[Party(body.id)], submission="key-1")

    first = send()
    with pytest.raises(AlreadyDone) as again:
        send()
    assert again.value.reference == {"kind": "engagement", "id": first.id}


def test_two_clicks_at_once_make_one_record(instance: Instance, owner: Member) -> None:
    with instance.writing(owner, door="web") as work:
        body_id = organisations.create(work, name="Ministry").id
    gate, outcomes = threading.Barrier(4), []

    def click() -> None:
        gate.wait()
        try:
            with instance.writing(owner, door="web") as work:
                engagements.log(
                    work,
                    kind="call",
                    when=day(work, "4 May"),
                    parties=[Party(body_id)],
                    submission="one-form",
                    known_duplicates=(),
                )
            outcomes.append("logged")
        except CrmError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["AlreadyDone"] * 3 + ["logged"]
    with instance.reading(owner, door="web") as work:
        assert work.session.scalar(select(func.count(Engagement.id))) == 1
        assert work.session.scalar(select(func.count(Submission.id))) == 1


def test_two_editors_at_once_are_told_apart(instance: Instance, owner: Member, colleague: Member) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        made = engagements.log(work, kind="call", when=day(work, "4 May"), parties=[Party(body.id)])
    number, opened, gate, outcomes = made.id, made.version, threading.Barrier(2), []

    def edit(member: Member, subject: str) -> None:
        gate.wait()
        try:
            with instance.writing(member, door="web") as work:
                engagements.amend(work, number, version=opened, subject=subject)
            outcomes.append("saved")
        except CrmError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=edit, args=(member, member.name)) for member in (owner, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict", "saved"]


def test_possible_duplicate_is_asked_about_once(work: Work, meeting: Engagement, body: Organisation) -> None:
    def log(known: list[int] | None, text: str = "about 5 May 2026", kind: str = "meeting") -> Engagement:
        return engagements.log(work, kind=kind, when=day(work, text), parties=[Party(body.id)], known_duplicates=known)

    with pytest.raises(PossibleDuplicates) as asked:
        log([])
    assert [one.id for one in asked.value.found] == [meeting.id]
    work.session.expunge_all()
    assert log([meeting.id]).id != meeting.id
    assert log([], kind="call").kind == "call"
    assert log([], "12 May 2026").first_day == dt.date(2026, 5, 12)
    assert log(None).id


def test_letter_whose_recipient_gets_a_contact_person_keeps_its_copy(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    from crm.services import people

    letter = make_engagement("4 May 2026", body, kind="letter", status="sent")
    (copy,) = [p.dispatch for p in letter.participations if p.dispatch is not None]
    jane = people.create(work, name="Jane Doe")
    engagements.amend(work, letter.id, parties=[Party(body.id, jane.id)])
    addressee = work.session.scalars(
        select(Participation).where(Participation.engagement_id == letter.id, Participation.side == "counterpart")
    ).one()
    assert (addressee.person_id, copy.participation_id) == (jane.id, addressee.id)
