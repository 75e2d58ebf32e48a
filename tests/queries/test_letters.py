"""The list of letters and one letter's matrix."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from crm.dates import When, parse_when
from crm.models import Dispatch, Engagement, Member, Organisation
from crm.queries import letters as read
from crm.services import engagements, letters
from crm.services.engagements import Party
from crm.work import Work


def when(work: Work, text: str) -> When:
    return parse_when(text, today=work.today(), past=True)


@pytest.fixture
def states(make_organisation: Callable[..., Organisation]) -> list[Organisation]:
    return [make_organisation(name, kind="member_state") for name in ("Malta", "Estonia", "Austria", "Cyprus")]


Write = Callable[..., Engagement]


@pytest.fixture
def write(work: Work, states: list[Organisation]) -> Write:
    """``write("11 May 2026", status="sent", subject="…")``: a letter to the four states."""

    def written(text: str, **values: object) -> Engagement:
        parties = [Party(body.id) for body in states]
        return engagements.log(work, kind="letter", when=when(work, text), parties=parties, **values)  # type: ignore[arg-type]

    return written


def ids(work: Work, letter: Engagement) -> list[int]:
    return [row.dispatch_id for row in read.matrix(work, letter.id)]


class TestMatrix:
    def test_recipients_stand_in_the_order_of_their_names(self, work: Work, write: Write) -> None:
        letter = write("11 May 2026")
        assert [row.name for row in read.matrix(work, letter.id)] == ["Austria", "Cyprus", "Estonia", "Malta"]

    def test_steps_stand_in_the_order_in_which_they_happen(self, work: Work, write: Write) -> None:
        letter = write("11 May 2026")
        for step in ("replied", "delivered", "prepared"):
            letters.mark(work, letter.id, ids(work, letter), step, when(work, "11 May 2026"))
        assert list(read.matrix(work, letter.id)[0].steps) == ["prepared", "sent", "delivered", "replied"]

    def test_waiting_begins_on_the_first_possible_day(self, work: Work, write: Write) -> None:
        letter = write("12 or 13 May 2026")
        assert read.matrix(work, letter.id)[0].waited_since == dt.date(2026, 5, 12)

    def test_nothing_is_read_of_a_letter_with_hidden_content(self, work: Work, write: Write, colleague: Member) -> None:
        letter = write("11 May 2026", visibility="hidden")
        assert len(read.matrix(work, letter.id)) == 4
        work.member = colleague
        assert read.matrix(work, letter.id) == []

    def test_letter_sent_at_an_hour_is_shown_with_it(self, work: Work, write: Write) -> None:
        letter = write("11 May 2026 14:30")
        every = ids(work, letter)
        letters.mark(work, letter.id, every, "delivered", when(work, "12 May 2026 09:00"))
        letters.arrange(work, letter.id, every, answer_by=when(work, "19 May 2026 12:00"))
        row = read.matrix(work, letter.id)[0]
        assert [step.when.short() for step in row.steps.values()] == ["11 May 2026 14:30", "12 May 2026 09:00"]
        assert row.answer_by is not None
        assert (row.state, row.answer_by.short()) == ("no_reply", "19 May 2026")
        assert read.letters(work)[0][0].when.short() == "11 May 2026 14:30"

    def test_meeting_at_an_hour_may_be_the_reply(self, work: Work, write: Write, states: list[Organisation]) -> None:
        letter = write("11 May 2026")
        engagements.log(work, kind="meeting", when=when(work, "12 May 2026 09:00"), parties=[Party(states[2].id)])
        (found,) = read.possible_replies(work, ids(work, letter)[0])
        assert found[3].short() == "12 May 2026 09:00"


class TestList:
    def test_latest_stands_first(self, work: Work, write: Write) -> None:
        write("11 May 2026", subject="Second")
        write("1 April 2026", subject="First")
        rows, more = read.letters(work)
        assert [row.subject for row in rows] == ["Second", "First"]
        assert not more

    def test_pages_follow_each_other(self, work: Work, write: Write) -> None:
        for day in (1, 2, 3):
            write(f"{day} May 2026", subject=str(day))
        first, more = read.letters(work, limit=2)
        rest, no_more = read.letters(work, limit=2, offset=2)
        assert [row.subject for row in first + rest] == ["3", "2", "1"]
        assert (more, no_more) == (True, False)

    def test_row_says_how_far_the_letter_has_come(self, work: Work, write: Write) -> None:
        letter = write("11 May 2026")
        first, second, third, fourth = ids(work, letter)
        letters.mark(work, letter.id, [first], "replied")
        letters.mark(work, letter.id, [second], "declined")
        letters.arrange(work, letter.id, [third], answer_by=when(work, "19 May 2026"))
        letters.arrange(work, letter.id, [fourth], answer_by=parse_when("1 June", today=work.today(), past=False))
        (row,) = read.letters(work)[0]
        assert row.summary == read.Summary(4, 0, 1, 1, 1, 1)
        assert str(row.summary) == "answered 1 of 4; awaiting 1; no reply 1; declined 1"
        assert row.next_answer_by == dt.date(2026, 5, 19)

    def test_unsent_letter_says_so(self, work: Work, write: Write) -> None:
        write("11 May 2026", status="drafted")
        assert str(read.letters(work)[0][0].summary) == "not sent; 4 recipients"

    def test_tabs_part_drafts_awaited_and_answered(self, work: Work, write: Write) -> None:
        write("1 May 2026", status="drafted", subject="draft")
        write("2 May 2026", subject="awaited")
        answered = write("3 May 2026", subject="answered")
        letters.mark(work, answered.id, ids(work, answered), "replied")
        write("4 May 2026", status="cancelled", subject="cancelled")
        found = {tab: [row.subject for row in read.letters(work, read.Filter(tab=tab))[0]] for tab in read.TABS}
        assert found == {
            "all": ["cancelled", "answered", "awaited", "draft"],
            "drafted": ["draft"],
            "awaiting": ["awaited"],
            "answered": ["answered"],
        }
        assert read.tab_counts(work, read.Filter()) == {tab: len(rows) for tab, rows in found.items()}

    def test_received_binned_and_others_letters_are_not_listed(
        self, work: Work, write: Write, colleague: Member
    ) -> None:
        write("1 May 2026", status="received")
        engagements.bin(work, write("2 May 2026").id)
        write("3 May 2026", visibility="hidden")
        work.member = colleague
        assert read.letters(work)[0] == []

    def test_words_are_found_whatever_their_case_and_accents(self, work: Work, write: Write) -> None:
        write("1 May 2026", subject="Réponse à la stratégie")
        write("2 May 2026", subject="Cyber Action Plan 100%")
        assert [row.subject for row in read.letters(work, read.Filter(text="STRATEGIE"))[0]] == [
            "Réponse à la stratégie"
        ]
        assert [row.subject for row in read.letters(work, read.Filter(text="plan 100%"))[0]] == [
            "Cyber Action Plan 100%"
        ]
        assert read.letters(work, read.Filter(text="ylan"))[0] == []


@pytest.mark.parametrize("due", [None, "19 May 2026", "20 May 2026", "May 2026", "after 3 May 2026"])
@pytest.mark.parametrize(
    ("is_sent", "taken"),
    [
        (False, ()),
        (True, ()),
        (True, ("delivered",)),
        (True, ("replied",)),
        (True, ("declined",)),
        (True, ("replied", "declined")),
    ],
)
def test_state_is_the_same_in_python_and_in_sql(
    work: Work, write: Write, due: str | None, taken: tuple[str, ...], is_sent: bool
) -> None:
    letter = write("11 May 2026", status="sent" if is_sent else "drafted")
    if due is not None:
        deadline = parse_when(due, today=work.today(), past=True)
        letters.arrange(work, letter.id, ids(work, letter), answer_by=deadline)
    for step in taken:
        letters.mark(work, letter.id, ids(work, letter), step)
    copies = [party.dispatch for party in letters.get(work, letter.id).participations]
    in_python = read.summarise(copy.state(work.today()) for copy in copies if isinstance(copy, Dispatch))
    (row,) = read.letters(work)[0]
    assert row.summary == in_python == read.summarise(row.state for row in read.matrix(work, letter.id))
