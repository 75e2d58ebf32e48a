"""Letters: choosing who is written to, sending, following each copy, replies, reminders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dates import When, parse_when
from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from crm.models import Engagement, Member, Organisation
from crm.models.letters import AFTER_SENDING, STEPS
from crm.queries import counts, followups
from crm.queries import letters as letters_read
from crm.queries.scope import Scope
from crm.services import engagements, letters, lists, organisations
from crm.services.engagements import Party
from crm.work import Work

MakeOrganisation = Callable[..., Organisation]
YEAR = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def when(work: Work, text: str) -> When:
    return parse_when(text, today=work.today(), past=True, zone=work.zone)


def ids_of(work: Work, letter: Engagement, *names: str) -> list[int]:
    rows = letters_read.matrix(work, letter.id)
    return [row.dispatch_id for row in rows if not names or row.name in names]


def states_of(work: Work, letter: Engagement) -> dict[str, str]:
    return {row.name: row.state for row in letters_read.matrix(work, letter.id)}


def count_of(work: Work, **scope: object) -> tuple[int, int]:
    total = counts.total(work, Scope(since=YEAR[0], until=YEAR[1], **scope))  # type: ignore[arg-type]
    return total.engagements, total.contacts


@pytest.fixture
def bodies(work: Work) -> list[Organisation]:
    """The Commission and 27 member states."""
    names = ["European Commission", *(f"Member state {number:02}" for number in range(1, 28))]
    return [organisations.create(work, name=name, kind="member_state") for name in names]


@pytest.fixture
def draft(work: Work, bodies: list[Organisation]) -> Engagement:
    """A drafted letter to the first three of them."""
    return engagements.log(
        work,
        kind="letter",
        status="drafted",
        when=when(work, "11 May 2026"),
        subject="Cyber Action Plan",
        parties=[Party(body.id) for body in bodies[:3]],
    )


@pytest.fixture
def sent(work: Work, draft: Engagement) -> Engagement:
    return letters.send(work, draft.id, when(work, "11 May 2026"))


class TestWriting:
    def test_letter_is_written_once_to_a_list_and_further_bodies(self, work: Work, bodies: list[Organisation]) -> None:
        everybody = lists.create(work, name="Three", organisation_ids=[body.id for body in bodies[:3]])
        letter = letters.write(
            work,
            list_ids=[everybody.id],
            organisation_ids=[bodies[2].id, bodies[3].id],
            subject="Cyber Action Plan",
            answer_by=when(work, "1 June 2026"),
            channel="post",
        )
        assert (letter.kind, letter.status, letter.subject) == ("letter", "drafted", "Cyber Action Plan")
        rows = letters_read.matrix(work, letter.id)
        assert {row.name for row in rows} == {body.name for body in bodies[:4]}
        assert {(row.channel, row.state) for row in rows} == {("post", "prepared")}
        assert all(row.answer_by is not None for row in rows)

    def test_recipients_stand_in_the_order_of_what_they_are_shown_by(self, work: Work) -> None:
        named = (("Ministry of Works", "AMT"), ("Austria", "AT"), ("Bureau", ""), ("Agency for Trade", "Zoll"))
        bodies = [organisations.create(work, name=name, short_name=short) for name, short in named]
        letter = letters.write(work, organisation_ids=[body.id for body in bodies])
        assert [row.label for row in letters_read.matrix(work, letter.id)] == ["AMT", "AT", "Bureau", "Zoll"]

    def test_letter_of_the_past_is_written_as_sent(self, work: Work, bodies: list[Organisation]) -> None:
        letters.write(work, organisation_ids=[body.id for body in bodies], sent=when(work, "on or before 11 May 2026"))
        assert count_of(work) == (1, 28)

    def test_letter_on_behalf_of_a_client_is_theirs(self, work: Work, bodies: list[Organisation]) -> None:
        client = organisations.create(work, name="Example Lab", kind="company", is_client=True)
        letter = letters.write(work, organisation_ids=[bodies[0].id], actors=[Party(client.id)])
        assert [party.organisation_id for party in letter.participations if party.side == "actor"] == [client.id]

    def test_letter_to_nobody_is_refused(self, work: Work) -> None:
        with pytest.raises(Invalid) as refused:
            letters.write(work, subject="To whom it may concern")
        assert refused.value.field == "recipients"

    def test_letter_cannot_have_been_sent_tomorrow(self, work: Work, bodies: list[Organisation]) -> None:
        ahead = parse_when("21 May 2026", today=work.today(), past=False)
        with pytest.raises(Invalid, match="lies ahead"):
            letters.write(work, organisation_ids=[bodies[0].id], sent=ahead)

    def test_second_click_finds_the_first_letter(self, work: Work, bodies: list[Organisation]) -> None:
        first = letters.write(work, organisation_ids=[bodies[0].id], submission="one-form")
        with pytest.raises(AlreadyDone) as second:
            letters.write(work, organisation_ids=[bodies[0].id], submission="one-form")
        assert second.value.reference == {"kind": "letter", "id": first.id}


class TestChoosing:
    def test_recipients_of_a_draft_are_replaced(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.choose_recipients(work, draft.id, [bodies[2].id, bodies[3].id, bodies[3].id])
        assert set(states_of(work, draft)) == {bodies[2].name, bodies[3].name}
        assert any(party.side == "actor" for party in draft.participations)

    def test_copy_of_who_stays_keeps_what_was_arranged(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.arrange(work, draft.id, ids_of(work, draft, bodies[2].name), channel="post")
        letters.choose_recipients(work, draft.id, [bodies[2].id])
        assert [row.channel for row in letters_read.matrix(work, draft.id)] == ["post"]

    def test_copies_for_information_stay_when_recipients_change(self, work: Work, bodies: list[Organisation]) -> None:
        letter = engagements.log(
            work,
            kind="letter",
            status="drafted",
            when=when(work, "11 May 2026"),
            parties=[Party(bodies[0].id), Party(bodies[5].id, role="copy")],
        )
        letters.choose_recipients(work, letter.id, [bodies[1].id])
        assert [party.organisation_id for party in letter.participations if party.role == "copy"] == [bodies[5].id]
        assert set(states_of(work, letter)) == {bodies[1].name}

    def test_recipients_are_frozen_at_sending(self, work: Work, sent: Engagement, bodies: list[Organisation]) -> None:
        with pytest.raises(Invalid, match="no longer be changed"):
            letters.choose_recipients(work, sent.id, [bodies[5].id])

    def test_later_change_of_a_list_leaves_the_letter_alone(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        everybody = lists.create(work, name="Commission + 27", organisation_ids=[body.id for body in bodies])
        letters.choose_recipients(work, draft.id, letters_read.recipients_of_lists(work, [everybody.id]))
        letters.send(work, draft.id, when(work, "11 May 2026"))
        lists.amend(work, everybody.id, organisation_ids=[bodies[0].id])
        assert len(letters_read.matrix(work, draft.id)) == 28

    def test_nobody_is_refused(self, work: Work, draft: Engagement) -> None:
        with pytest.raises(Invalid, match="at least one"):
            letters.choose_recipients(work, draft.id, [])

    def test_unknown_body_is_refused(self, work: Work, draft: Engagement) -> None:
        with pytest.raises(Invalid, match="999999"):
            letters.choose_recipients(work, draft.id, [999_999])

    def test_version_of_the_form_is_held_against_the_stored_one(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        opened = draft.version
        letters.choose_recipients(work, draft.id, [bodies[3].id])
        with pytest.raises(Conflict):
            letters.choose_recipients(work, draft.id, [bodies[4].id], version=opened)


class TestSending:
    def test_draft_counts_nothing(self, work: Work, draft: Engagement) -> None:
        assert count_of(work) == (0, 0)

    def test_letter_to_28_is_one_engagement_and_28_contacts(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.choose_recipients(work, draft.id, [body.id for body in bodies])
        letters.send(work, draft.id, when(work, "on or before 11 May 2026"))
        assert count_of(work) == (1, 28)

    def test_28_with_5_replies_reads_as_in_the_worked_case(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.choose_recipients(work, draft.id, [body.id for body in bodies])
        letters.send(work, draft.id, when(work, "11 May 2026"))
        for dispatch_id in ids_of(work, draft)[:5]:
            letters.reply(work, dispatch_id, when=when(work, "18 May 2026"))
        assert count_of(work, statuses=("sent",)) == (1, 28)
        assert count_of(work, statuses=("received",)) == (5, 5)
        assert count_of(work) == (6, 33)
        summary = letters_read.summarise(states_of(work, draft).values())
        assert str(summary) == "answered 5 of 28; awaiting 23"

    def test_sending_gives_the_letter_its_date(self, work: Work, draft: Engagement) -> None:
        letters.send(work, draft.id, when(work, "12 May 2026"))
        assert draft.status == "sent"
        assert draft.first_day == dt.date(2026, 5, 12)

    def test_sending_is_today_when_nobody_says(self, work: Work, draft: Engagement) -> None:
        letters.send(work, draft.id)
        assert draft.first_day == dt.date(2026, 5, 20)

    def test_letter_cannot_be_sent_tomorrow(self, work: Work, draft: Engagement) -> None:
        with pytest.raises(Invalid, match="lies ahead"):
            letters.send(work, draft.id, parse_when("21 May 2026", today=work.today(), past=False))

    def test_copy_held_back_counts_nothing_until_it_is_sent(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        first, second, third = ids_of(work, draft)
        letters.send(work, draft.id, when(work, "11 May 2026"), dispatch_ids=[first, second])
        assert count_of(work) == (1, 2)
        letters.mark(work, draft.id, [third], "sent", when(work, "13 May 2026"))
        assert count_of(work) == (1, 3)

    def test_correcting_the_letter_does_not_send_a_copy_held_back(self, work: Work, draft: Engagement) -> None:
        letters.send(work, draft.id, when(work, "11 May 2026"), dispatch_ids=ids_of(work, draft)[:1])
        engagements.amend(work, draft.id, subject="Cyber Action Plan, final")
        assert sorted(states_of(work, draft).values()) == ["awaiting", "prepared", "prepared"]

    def test_corrected_date_of_the_letter_is_that_of_its_copies(self, work: Work, sent: Engagement) -> None:
        late = ids_of(work, sent)[0]
        letters.mark(work, sent.id, [late], "sent", when(work, "13 May 2026"))
        engagements.amend(work, sent.id, when=when(work, "10 May 2026"))
        days = [row.steps["sent"].when.first for row in letters_read.matrix(work, sent.id)]
        assert sorted(days) == [dt.date(2026, 5, 10), dt.date(2026, 5, 10), dt.date(2026, 5, 13)]

    def test_letter_is_sent_once(self, work: Work, sent: Engagement) -> None:
        with pytest.raises(Invalid, match="Only a draft"):
            letters.send(work, sent.id)

    def test_settling_a_draft_as_sent_sends_every_copy(self, work: Work, draft: Engagement) -> None:
        engagements.settle(work, draft.id, "sent")
        assert set(states_of(work, draft).values()) == {"awaiting"}

    def test_answer_by_and_channel_are_set_where_there_is_none(
        self, work: Work, draft: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.arrange(work, draft.id, ids_of(work, draft, bodies[0].name), channel="hand")
        letters.send(work, draft.id, when(work, "11 May 2026"), channel="post", answer_by=when(work, "18 May 2026"))
        rows = {row.name: row for row in letters_read.matrix(work, draft.id)}
        assert rows[bodies[0].name].channel == "hand"
        assert rows[bodies[1].name].channel == "post"
        assert {row.state for row in rows.values()} == {"no_reply"}

    def test_answer_cannot_be_asked_for_before_the_letter_was_sent(self, work: Work, draft: Engagement) -> None:
        with pytest.raises(Invalid, match="before the letter was sent"):
            letters.send(work, draft.id, when(work, "11 May 2026"), answer_by=when(work, "10 May 2026"))

    def test_taken_back_to_draft_counts_nothing_and_can_be_readdressed(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.withdraw(work, sent.id)
        assert count_of(work) == (0, 0)
        letters.choose_recipients(work, sent.id, [bodies[7].id])
        assert states_of(work, sent) == {bodies[7].name: "prepared"}

    def test_answered_letter_cannot_be_taken_back(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent)[:1], "delivered")
        with pytest.raises(Invalid, match="take those steps back first"):
            letters.withdraw(work, sent.id)


class TestCorrectingTheEngagement:
    def test_naming_the_person_keeps_what_happened_to_the_copy(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        from crm.services import people

        minister = people.create(work, name="A Minister")
        letters.mark(work, sent.id, ids_of(work, sent), "delivered", when(work, "12 May 2026"))
        parties = [Party(bodies[0].id, minister.id), Party(bodies[1].id), Party(bodies[2].id)]
        engagements.amend(work, sent.id, parties=parties)
        assert all("delivered" in row.steps for row in letters_read.matrix(work, sent.id))
        assert {row.person for row in letters_read.matrix(work, sent.id)} == {"A Minister", None}

    def test_addressee_of_a_sent_letter_cannot_be_dropped(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        with pytest.raises(Invalid, match="Member state"):
            engagements.amend(work, sent.id, parties=[Party(bodies[0].id)])

    def test_answered_letter_cannot_become_a_meeting(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent)[:1], "replied")
        with pytest.raises(Invalid, match="take those steps back first"):
            engagements.amend(work, sent.id, kind="meeting", status="held")


class TestSteps:
    def test_step_is_noted_for_several_at_once(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent), "delivered", when(work, "12 May 2026"))
        days = {row.steps["delivered"].when.short() for row in letters_read.matrix(work, sent.id)}
        assert days == {"12 May 2026"}

    def test_step_keeps_its_doubt(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent)[:1], "acknowledged", when(work, "12 or 13 May 2026"))
        step = next(
            row.steps["acknowledged"] for row in letters_read.matrix(work, sent.id) if row.steps.get("acknowledged")
        )
        assert (step.when.first, step.when.last) == (dt.date(2026, 5, 12), dt.date(2026, 5, 13))

    def test_noting_a_step_again_corrects_its_date(self, work: Work, sent: Engagement) -> None:
        chosen = ids_of(work, sent)[:1]
        letters.mark(work, sent.id, chosen, "delivered", when(work, "12 May 2026"))
        letters.mark(work, sent.id, chosen, "delivered", when(work, "14 May 2026"))
        row = next(row for row in letters_read.matrix(work, sent.id) if row.dispatch_id == chosen[0])
        assert row.steps["delivered"].when.first == dt.date(2026, 5, 14)

    @pytest.mark.parametrize("step", AFTER_SENDING)
    def test_what_follows_the_sending_needs_a_copy_that_was_sent(
        self, work: Work, draft: Engagement, step: str
    ) -> None:
        first, second, _ = ids_of(work, draft)
        letters.send(work, draft.id, when(work, "11 May 2026"), dispatch_ids=[first])
        with pytest.raises(Invalid, match="Not sent yet"):
            letters.mark(work, draft.id, [first, second], step)
        assert not any(step in row.steps for row in letters_read.matrix(work, draft.id))

    def test_step_in_the_future_is_refused(self, work: Work, sent: Engagement) -> None:
        ahead = parse_when("22 May 2026", today=work.today(), past=False)
        with pytest.raises(Invalid, match="lies ahead"):
            letters.mark(work, sent.id, ids_of(work, sent), "delivered", ahead)

    def test_step_before_the_sending_is_refused(self, work: Work, sent: Engagement) -> None:
        with pytest.raises(Invalid, match="before it was sent"):
            letters.mark(work, sent.id, ids_of(work, sent), "delivered", when(work, "10 May 2026"))

    def test_sending_after_the_answer_is_refused(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent), "replied", when(work, "14 May 2026"))
        with pytest.raises(Invalid, match="replied before it was sent"):
            letters.mark(work, sent.id, ids_of(work, sent), "sent", when(work, "15 May 2026"))

    def test_draft_is_sent_by_sending_not_by_a_step(self, work: Work, draft: Engagement) -> None:
        with pytest.raises(Invalid, match="still a draft"):
            letters.mark(work, draft.id, ids_of(work, draft), "sent")

    def test_step_of_another_letter_is_refused(self, work: Work, sent: Engagement, bodies: list[Organisation]) -> None:
        other = engagements.log(work, kind="letter", when=when(work, "1 May 2026"), parties=[Party(bodies[0].id)])
        with pytest.raises(Invalid, match="choose again"):
            letters.mark(work, sent.id, ids_of(work, other), "delivered")

    def test_nobody_chosen_is_said(self, work: Work, sent: Engagement) -> None:
        with pytest.raises(Invalid, match="at least one recipient"):
            letters.mark(work, sent.id, [], "delivered")

    def test_step_taken_back_is_gone(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent), "delivered")
        letters.clear(work, sent.id, ids_of(work, sent), "delivered")
        assert not any("delivered" in row.steps for row in letters_read.matrix(work, sent.id))

    def test_sending_is_taken_back_only_before_anything_followed(self, work: Work, sent: Engagement) -> None:
        chosen = ids_of(work, sent)[:1]
        letters.mark(work, sent.id, chosen, "delivered")
        with pytest.raises(Invalid, match="take back what followed"):
            letters.clear(work, sent.id, chosen, "sent")

    def test_copy_taken_back_leaves_the_count(self, work: Work, sent: Engagement) -> None:
        letters.clear(work, sent.id, ids_of(work, sent)[:1], "sent")
        assert count_of(work) == (1, 2)
        assert sent.status == "sent"

    def test_with_no_copy_sent_the_letter_is_a_draft_again(self, work: Work, sent: Engagement) -> None:
        letters.clear(work, sent.id, ids_of(work, sent), "sent")
        assert sent.status == "drafted"
        assert count_of(work) == (0, 0)

    def test_step_moves_the_version_of_the_letter(self, work: Work, sent: Engagement) -> None:
        before = sent.version
        letters.mark(work, sent.id, ids_of(work, sent)[:1], "delivered")
        assert sent.version > before

    def test_answer_by_is_arranged_and_taken_away(self, work: Work, sent: Engagement) -> None:
        letters.arrange(work, sent.id, ids_of(work, sent), answer_by=when(work, "15 May 2026"), note="by courier")
        assert set(states_of(work, sent).values()) == {"no_reply"}
        letters.arrange(work, sent.id, ids_of(work, sent), no_answer_by=True)
        assert set(states_of(work, sent).values()) == {"awaiting"}
        assert {row.note for row in letters_read.matrix(work, sent.id)} == {"by courier"}


class TestReplies:
    def test_reply_is_an_engagement_that_follows_the_letter(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        chosen = ids_of(work, sent, bodies[0].name)[0]
        reply = letters.reply(work, chosen, when=when(work, "15 May 2026"), kind="email", summary="They welcome it.")
        assert (reply.kind, reply.status, reply.follows_id) == ("email", "received", sent.id)
        assert reply.subject == "Re: Cyber Action Plan"
        sides = {(party.side, party.role, party.organisation_id) for party in reply.participations}
        assert ("counterpart", "signatory", bodies[0].id) in sides
        row = next(row for row in letters_read.matrix(work, sent.id) if row.dispatch_id == chosen)
        assert (row.state, row.reply_id) == ("replied", reply.id)

    def test_reply_to_a_copy_not_sent_is_refused(self, work: Work, draft: Engagement) -> None:
        with pytest.raises(Invalid, match="Not sent yet"):
            letters.reply(work, ids_of(work, draft)[0], when=when(work, "15 May 2026"))

    def test_reply_before_the_letter_is_refused(self, work: Work, sent: Engagement) -> None:
        with pytest.raises(Invalid, match="before it was sent"):
            letters.reply(work, ids_of(work, sent)[0], when=when(work, "9 May 2026"))

    def test_reply_surely_before_the_copy_was_delivered_is_refused(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent), "delivered", when(work, "13 May 2026"))
        chosen, other = ids_of(work, sent)[:2]
        with pytest.raises(Invalid, match="replied before it was delivered") as caught:
            letters.reply(work, chosen, when=when(work, "12 May 2026"))
        assert caught.value.field == "when"
        letters.reply(work, chosen, when=when(work, "12 or 13 May 2026"))
        letters.mark(work, sent.id, [other], "replied", when(work, "14 May 2026"))
        with pytest.raises(Invalid, match="replied before it was delivered"):
            letters.mark(work, sent.id, [other], "delivered", when(work, "15 May 2026"))

    def test_corrected_date_of_a_reply_is_held_against_the_copy_and_moves_with_it(
        self, work: Work, sent: Engagement
    ) -> None:
        chosen = ids_of(work, sent)[0]
        letters.mark(work, sent.id, [chosen], "delivered", when(work, "13 May 2026"))
        reply = letters.reply(work, chosen, when=when(work, "15 May 2026"))
        engagements.amend(work, reply.id, when=when(work, "14 May 2026"))
        [row] = [row for row in letters_read.matrix(work, sent.id) if row.dispatch_id == chosen]
        assert row.steps["replied"].when.first == dt.date(2026, 5, 14)
        for too_early, missed in (("12 May 2026", "delivered"), ("10 May 2026", "sent")):
            with pytest.raises(Invalid, match=f"replied before it was {missed}") as caught:
                engagements.amend(work, reply.id, when=when(work, too_early))
            assert caught.value.field == "when"

    def test_day_that_was_marked_by_hand_stays_when_the_reply_is_corrected(self, work: Work, sent: Engagement) -> None:
        chosen = ids_of(work, sent)[0]
        reply = letters.reply(work, chosen, when=when(work, "15 May 2026"))
        letters.mark(work, sent.id, [chosen], "replied", when(work, "16 May 2026"))
        engagements.amend(work, reply.id, when=when(work, "14 May 2026"))
        [row] = [row for row in letters_read.matrix(work, sent.id) if row.dispatch_id == chosen]
        assert row.steps["replied"].when.first == dt.date(2026, 5, 16)

    def test_letter_cannot_be_moved_behind_what_followed_it(self, work: Work, sent: Engagement) -> None:
        letters.mark(work, sent.id, ids_of(work, sent)[:1], "delivered", when(work, "13 May 2026"))
        with pytest.raises(Invalid, match="delivered before it was sent") as caught:
            engagements.amend(work, sent.id, when=when(work, "14 May 2026"))
        assert caught.value.field == "when"

    def test_letter_cannot_be_moved_behind_the_day_by_which_an_answer_is_asked_for(
        self, work: Work, sent: Engagement
    ) -> None:
        letters.arrange(work, sent.id, ids_of(work, sent)[:1], answer_by=when(work, "13 May 2026"))
        with pytest.raises(Invalid, match="asked for before the letter was sent") as caught:
            engagements.amend(work, sent.id, when=when(work, "14 May 2026"))
        assert caught.value.field == "when"

    def test_reply_is_logged_once(self, work: Work, sent: Engagement) -> None:
        letters.reply(work, ids_of(work, sent)[0])
        with pytest.raises(Invalid, match="logged before"):
            letters.reply(work, ids_of(work, sent)[0])

    def test_second_click_finds_the_first_reply(self, work: Work, sent: Engagement) -> None:
        first = letters.reply(work, ids_of(work, sent)[0], submission="one-form")
        with pytest.raises(AlreadyDone) as second:
            letters.reply(work, ids_of(work, sent)[0], submission="one-form")
        assert second.value.reference == {"kind": "engagement", "id": first.id}

    def test_reply_by_meeting_is_no_reply_of_this_kind(self, work: Work, sent: Engagement) -> None:
        with pytest.raises(Invalid):
            letters.reply(work, ids_of(work, sent)[0], kind="meeting")

    def test_reply_is_seen_by_those_who_see_the_letter(
        self, work: Work, bodies: list[Organisation], colleague: Member
    ) -> None:
        letter = engagements.log(
            work,
            kind="letter",
            when=when(work, "11 May 2026"),
            parties=[Party(bodies[0].id)],
            visibility="members",
            viewer_ids=[colleague.id],
        )
        reply = letters.reply(work, ids_of(work, letter)[0])
        assert reply.visibility == "members"
        assert [viewer.member_id for viewer in reply.viewers] == [colleague.id]

    def test_logged_engagement_is_linked_as_the_reply(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        meeting = engagements.log(work, kind="meeting", when=when(work, "15 May 2026"), parties=[Party(bodies[0].id)])
        chosen = ids_of(work, sent, bodies[0].name)[0]
        assert meeting.id in [identity for identity, *_ in letters_read.possible_replies(work, chosen)]
        letters.link_reply(work, chosen, meeting.id)
        row = next(row for row in letters_read.matrix(work, sent.id) if row.dispatch_id == chosen)
        assert row.reply_id == meeting.id
        assert row.steps["replied"].when.first == dt.date(2026, 5, 15)
        assert meeting.follows_id == sent.id

    def test_engagement_with_somebody_else_is_no_reply(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        meeting = engagements.log(work, kind="meeting", when=when(work, "15 May 2026"), parties=[Party(bodies[9].id)])
        with pytest.raises(Invalid, match="took no part"):
            letters.link_reply(work, ids_of(work, sent, bodies[0].name)[0], meeting.id)

    def test_reply_taken_back_stays_in_the_log(self, work: Work, sent: Engagement) -> None:
        chosen = ids_of(work, sent)[0]
        reply = letters.reply(work, chosen)
        letters.clear(work, sent.id, [chosen], "replied")
        assert states_of(work, sent)[letters_read.matrix(work, sent.id)[0].name] == "awaiting"
        assert engagements.get(work, reply.id).status == "received"

    def test_our_letter_renews_last_contact_only_when_answered(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        scope = Scope(bodies=(bodies[0].id,))
        assert counts.last_contact(work, scope) is None
        letters.reply(work, ids_of(work, sent, bodies[0].name)[0], when=when(work, "15 May 2026"))
        assert counts.last_contact(work, scope) == dt.date(2026, 5, 15)


class TestReminders:
    def test_one_follow_up_names_all_who_are_silent(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.mark(work, sent.id, ids_of(work, sent, bodies[0].name), "replied")
        (reminder,) = letters.remind(work, sent.id)
        assert reminder.title == "Chase 2 answers to “Cyber Action Plan”"
        assert reminder.note.splitlines() == [bodies[1].name, bodies[2].name]
        assert reminder.due_last == dt.date(2026, 5, 27)
        assert reminder.engagement_id == sent.id

    def test_one_follow_up_for_each_who_is_silent(
        self, work: Work, sent: Engagement, bodies: list[Organisation]
    ) -> None:
        letters.mark(work, sent.id, ids_of(work, sent, bodies[0].name), "declined")
        made = letters.remind(work, sent.id, each=True, due=parse_when("1 June", today=work.today(), past=False))
        assert {reminder.organisation_id for reminder in made} == {bodies[1].id, bodies[2].id}
        assert all(reminder.engagement_id == sent.id for reminder in made)
        assert {row.chasing for row in letters_read.matrix(work, sent.id)} == {0, 1}

    def test_nobody_to_chase_is_said(self, work: Work, draft: Engagement) -> None:
        with pytest.raises(Invalid, match="nobody to chase"):
            letters.remind(work, draft.id)

    def test_reminder_of_a_restricted_letter_is_not_everybodys(
        self, work: Work, bodies: list[Organisation], colleague: Member
    ) -> None:
        letter = engagements.log(
            work, kind="letter", when=when(work, "11 May 2026"), parties=[Party(bodies[0].id)], visibility="members"
        )
        letters.remind(work, letter.id, each=True)
        assert len(followups.follow_ups(work, followups.Filter())[0]) == 1
        work.member = colleague
        assert followups.follow_ups(work, followups.Filter())[0] == []


class TestPermission:
    def test_reader_changes_nothing(self, work: Work, sent: Engagement, reader: Member) -> None:
        work.member = reader
        for act in (
            lambda: letters.mark(work, sent.id, ids_of(work, sent), "delivered"),
            lambda: letters.clear(work, sent.id, ids_of(work, sent), "sent"),
            lambda: letters.reply(work, ids_of(work, sent)[0]),
            lambda: letters.remind(work, sent.id),
            lambda: letters.withdraw(work, sent.id),
        ):
            with pytest.raises(Forbidden):
                act()

    def test_letter_of_others_is_not_found(self, work: Work, bodies: list[Organisation], colleague: Member) -> None:
        letter = engagements.log(
            work, kind="letter", when=when(work, "11 May 2026"), parties=[Party(bodies[0].id)], visibility="hidden"
        )
        dispatch_id = ids_of(work, letter)[0]
        work.member = colleague
        assert letters_read.matrix(work, letter.id) == []
        with pytest.raises(NotFound):
            letters.mark(work, letter.id, [dispatch_id], "delivered")
        with pytest.raises(NotFound):
            letters.reply(work, dispatch_id)

    def test_received_letter_has_no_copies_to_follow(self, work: Work, bodies: list[Organisation]) -> None:
        received = engagements.log(
            work, kind="letter", status="received", when=when(work, "11 May 2026"), parties=[Party(bodies[0].id)]
        )
        with pytest.raises(NotFound):
            letters.get(work, received.id)


DAYS = st.dates(min_value=dt.date(2026, 5, 1), max_value=dt.date(2026, 5, 25))
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.just(""), DAYS),
        st.tuples(st.just("mark"), st.sampled_from(sorted(STEPS)), DAYS),
        st.tuples(st.just("clear"), st.sampled_from(sorted(STEPS)), DAYS),
        st.tuples(st.just("withdraw"), st.just(""), DAYS),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, which=st.lists(st.booleans(), min_size=12, max_size=12))
def test_no_order_of_acts_leaves_a_contradiction(
    work: Work, draft: Engagement, acts: list[tuple[str, str, dt.date]], which: list[bool]
) -> None:
    """Whatever is tried, refused or not: what is stored never contradicts itself."""
    letters_of = ids_of(work, draft)
    everything = work.session.begin_nested()
    for (act, step, day), is_one in zip(acts, which, strict=False):
        chosen = letters_of[:1] if is_one else letters_of
        moment = parse_when(day.isoformat(), today=work.today(), past=True)
        point = work.session.begin_nested()
        try:
            if act == "send":
                letters.send(work, draft.id, moment, dispatch_ids=chosen)
            elif act == "mark":
                letters.mark(work, draft.id, chosen, step, moment)
            elif act == "clear":
                letters.clear(work, draft.id, chosen, step)
            else:
                letters.withdraw(work, draft.id)
            point.commit()
        except Invalid:
            point.rollback()
        letter = letters.get(work, draft.id)
        for party in letter.participations:
            if party.dispatch is None:
                continue
            taken = {step.step: step.when for step in party.dispatch.steps}
            assert party.dispatch.was_sent == ("sent" in taken)
            assert party.is_contact == (letter.status == "sent" and "sent" in taken)
            assert all(when.first <= work.today() for when in taken.values())
            for later in AFTER_SENDING:
                assert later not in taken or taken["sent"].first <= taken[later].last
        copies = [party.dispatch for party in letter.participations if party.dispatch is not None]
        assert (letter.status == "sent") == any(copy.was_sent for copy in copies)
    everything.rollback()
    work.touched.clear()
