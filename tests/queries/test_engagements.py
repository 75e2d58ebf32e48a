"""The list of engagements leads to exactly the rows that the counts count; and what is said of one of them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from crm.dates import When, parse_when
from crm.errors import NotFound
from crm.instance import Instance
from crm.models import Engagement, Member, Organisation
from crm.queries import counts
from crm.queries import engagements as reads
from crm.queries.engagements import Cursor, Filter
from crm.queries.scope import Scope
from crm.services import commitments, engagements, organisations, people, topics
from crm.services.engagements import Party, Point
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work
from tests.queries.slow_counts import Fact
from tests.queries.test_counts_properties import BODIES, SINCE, UNTIL, facts, links, stored


def found(work: Work, wanted: Filter) -> list[tuple[int, int | None]]:
    """(engagement, body of the contact) of every row, page by page."""
    rows: list[tuple[int, int | None]] = []
    after = None
    while True:
        page = reads.listed(work, wanted, after=after, limit=3)
        rows += [(row.id, row.contact.id if row.contact else None) for row in page.rows]
        if page.next is None:
            assert len(rows) == len(set(rows)) == reads.numbers_of(work, wanted).listed
            return rows
        after = page.next


#: Ours said no to a meeting that was only planned: the column of a table by actor is still theirs.
PLANNED = [
    Fact(dt.date(2025, month, 1), dt.date(2025, month, 1), "meeting", "planned", [(0, said)], [(0, "", "")], [])
    for month, said in ((1, "declined"), (2, ""))
]


@pytest.mark.slow
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    log=st.lists(facts(), max_size=7),
    tree=links(),
    actors=st.lists(st.integers(0, 2), max_size=2, unique=True),
    met=st.lists(st.integers(0, BODIES - 1), max_size=1),
    by=st.sampled_from(["quarter", "year", "kind", "actor"]),
    statuses=st.sampled_from([(), (), ("held",), ("planned", "declined")]),
    direct=st.booleans(),
)
@example(log=PLANNED, tree=[], actors=[], met=[], by="actor", statuses=("planned", "declined"), direct=False)
def test_every_number_of_the_counts_leads_to_exactly_its_rows(
    instance: Instance,
    admin: Member,
    log: list[Fact],
    tree: list[tuple[int, int, dt.date, dt.date]],
    actors: list[int],
    met: list[int],
    by: str,
    statuses: tuple[str, ...],
    direct: bool,
) -> None:
    with instance.writing(admin, door="web") as work:
        try:
            bodies, acting = stored(work, log, tree)
            scope = Scope(
                actors=tuple(acting[number] for number in actors),
                anybody=not actors,
                bodies=tuple(bodies[number] for number in met),
                statuses=statuses,
                since=SINCE,
                until=UNTIL,
                direct=direct,
            )
            check(work, scope, by)
        finally:
            work.rollback()


def check(work: Work, scope: Scope, by: str) -> None:
    table = counts.table(work, scope, by=by)
    for certainty, place in (("certain", 0), ("possible", 1)):
        whole = Filter(scope, certainty)
        total = table.total
        engagements_, contacts = (total.engagements, total.contacts)
        if certainty == "possible":
            engagements_, contacts = (total.possible_engagements, total.possible_contacts)
        assert len(found(work, whole)) == engagements_
        assert len(found(work, Filter(scope, certainty, per="contact"))) == contacts
        for key, _ in table.columns:
            column = column_filter(scope, certainty, by, key, table)
            assert len(found(work, column)) == table.margin.get(key, counts.Cell())[place]
        for row in table.rows:
            mine = Filter(scope, certainty, also=row.organisation_id)
            numbers = (row.total.engagements, row.total.contacts)
            if certainty == "possible":
                numbers = (row.total.possible_engagements, row.total.possible_contacts)
            assert len(found(work, mine)) == numbers[0]
            assert len(found(work, Filter(scope, certainty, per="contact", also=row.organisation_id))) == numbers[1]
            for key, cell in row.cells.items():
                column = column_filter(scope, certainty, by, key, table)
                cell_filter = Filter(column.scope, certainty, also=row.organisation_id, acting=column.acting)
                assert len(found(work, cell_filter)) == cell[place]


def column_filter(scope: Scope, certainty: str, by: str, key: object, table: counts.Table) -> Filter:
    if by == "kind":
        assert isinstance(key, str)
        return Filter(Scope(**{**values(scope), "kinds": (key,)}), certainty)
    if by == "actor":
        assert isinstance(key, int)
        return Filter(scope, certainty, acting=key)
    period = table.spans[key]
    return Filter(scope.within(period.start, period.end), certainty)


def values(scope: Scope) -> dict[str, object]:
    return {name: getattr(scope, name) for name in Scope.__dataclass_fields__}


# The list


@pytest.fixture
def body(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation("DG CNECT", "commission_dg")


def ids(page: reads.Page) -> list[int]:
    return [row.id for row in page.rows]


def test_list_stands_in_the_order_of_days_and_times_both_ways(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    made = [make_engagement(text, body).id for text in ("4 May 2026 16:00", "4 May 2026 09:00", "4 May 2026", "3 May")]
    late, early, untimed, before = made
    assert ids(reads.listed(work, Filter(), newest_first=False)) == [before, early, late, untimed]
    assert ids(reads.listed(work, Filter())) == [untimed, late, early, before]


def test_pages_forth_and_back_hold_every_row_once(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    for text in ("4 May", "4 May", "5 May 10:00", "April", "6 May", "5 May 10:00", "1 March"):
        make_engagement(text, body)
    for newest_first in (True, False):
        every = ids(reads.listed(work, Filter(), newest_first=newest_first))
        first = reads.listed(work, Filter(), newest_first=newest_first, limit=3)
        second = reads.listed(work, Filter(), newest_first=newest_first, limit=3, after=first.next)
        third = reads.listed(work, Filter(), newest_first=newest_first, limit=3, after=second.next)
        assert ids(first) + ids(second) + ids(third) == every
        assert (first.previous, third.next) == (None, None)
        back = reads.listed(work, Filter(), newest_first=newest_first, limit=3, before=third.previous)
        assert ids(back) == ids(second)
        assert back.next is not None
        start = reads.listed(work, Filter(), newest_first=newest_first, limit=3, before=back.previous)
        assert (ids(start), start.previous) == (ids(first), None)


def test_place_in_the_list_survives_the_address_and_nothing_else_is_one() -> None:
    place = Cursor(dt.date(2026, 5, 4), dt.time(10, 30), 12, 7)
    assert Cursor.read(str(place)) == place
    for text in ("", "x", "2026-13-01.000000.1.0", "2026-05-04.250000.1.0", "2026-05-04.000000.-1.0", "9" * 500):
        assert Cursor.read(text) is None


def test_row_says_who_met_whom(work: Work, body: Organisation, make_organisation: MakeOrganisation) -> None:
    jane = people.create(work, name="Jane Doe")
    copied = make_organisation("Registry")
    engagements.log(
        work,
        kind="meeting",
        when=parse_when("4 May", today=work.today(), past=True),
        parties=[Party(body.id, jane.id), Party(copied.id, role="copy")],
    )
    (row,) = reads.listed(work, Filter()).rows
    assert [one.label for one in row.bodies] == ["DG CNECT"]
    assert [one.label for one in row.actors] == ["Us"]
    assert (row.people, row.title) == (("Jane Doe",), "Meeting: DG CNECT")


@pytest.mark.parametrize("words", ["audits", "AUDIT meth", "room 4", "A-12", "cnect", "doe", "méthod", "two\nlines"])
def test_words_are_found_wherever_they_stand(
    work: Work, make_engagement: MakeEngagement, body: Organisation, words: str
) -> None:
    jane = people.create(work, name="Jane Doe")
    made = engagements.log(
        work,
        kind="meeting",
        when=parse_when("4 May", today=work.today(), past=True),
        parties=[Party(body.id, jane.id)],
        subject="Audits",
        summary="The audit method, in\ntwo (lines)",
        place="Room 4",
        file_reference="A-12",
    )
    make_engagement("5 May", organisations.create(work, name="Other"), subject="Nothing of it")
    work.commit()
    assert ids(reads.listed(work, Filter(text=words))) == [made.id]


@pytest.mark.parametrize("words", ["%", "_", "100%", "\\", "'; --"])
def test_signs_of_the_database_are_only_signs(
    work: Work, make_engagement: MakeEngagement, body: Organisation, words: str
) -> None:
    made = make_engagement("4 May", body, subject="Rise by 100 % of a_b")
    work.commit()
    assert ids(reads.listed(work, Filter(text=words))) == [made.id]


def test_list_takes_three_statements_and_none_a_row(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    for number in range(1, 8):
        make_engagement(f"{number} May", body)
    work.session.flush()
    said: list[str] = []
    listen = lambda *arguments: said.append(arguments[2])  # noqa: E731
    engine = work.session.get_bind()
    event.listen(engine, "before_cursor_execute", listen)
    reads.listed(work, Filter())
    reads.numbers_of(work, Filter())
    event.remove(engine, "before_cursor_execute", listen)
    assert len(said) == 3


def test_content_kept_from_a_member_is_found_by_no_word_and_shows_no_word(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        ministry = organisations.create(work, name="Ministry")
        jane = people.create(work, name="Jane Doe")
        for visibility in ("hidden", "members"):
            engagements.log(
                work,
                kind="meeting",
                when=parse_when("4 May 2026", today=work.today(), past=True),
                parties=[Party(ministry.id, jane.id)],
                subject="Quokka",
                visibility=visibility,
            )
    with instance.reading(colleague, door="web") as work:
        (row,) = reads.listed(work, Filter()).rows
        assert (row.visibility, row.is_readable, row.subject, row.title) == (
            "hidden",
            False,
            "",
            "Meeting: Ministry",
        )
        assert (row.people, row.colleagues) == ((), ())
        assert reads.listed(work, Filter(text="quokka")).rows == []
        assert reads.listed(work, Filter(text="jane")).rows == []
        assert len(reads.listed(work, Filter(text="ministry")).rows) == 1
        assert reads.recent(work, "ministry") == []
    with instance.reading(owner, door="web") as work:
        assert len(reads.listed(work, Filter(text="quokka")).rows) == 2


def test_what_stands_beside_a_count_leads_to_its_rows(
    work: Work, make_engagement: MakeEngagement, body: Organisation, make_organisation: MakeOrganisation
) -> None:
    other = make_organisation("Other")
    make_engagement("4 June 2026", body, status="planned")
    declined = make_engagement("4 April 2026", body, status="planned")
    engagements.decline(work, declined.id, by_id=None)
    make_engagement("4 March 2026", body, status="cancelled")
    for side, role, answer in (("counterpart", "copy", ""), ("third", "", ""), ("counterpart", "", "absent")):
        engagements.log(
            work,
            kind="event",
            when=parse_when("4 May", today=work.today(), past=True),
            parties=[Party(other.id), Party(body.id, side=side, role=role, acceptance=answer)],
        )
    scope = Scope(since=dt.date(2026, 1, 1), until=dt.date(2026, 12, 31))
    numbers = counts.beside(work, scope, body.id)
    for name, number in numbers.items():
        rows = reads.listed(work, Filter(scope, also=body.id, beside=name)).rows
        assert len(rows) == number == 1, name


# Did it take place?


def test_planned_for_days_that_are_over_awaits_an_answer(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    yesterday = make_engagement("19 May 2026 10:00", body, status="planned")
    april = make_engagement("April 2026", body, status="planned")
    for text in ("20 May 2026", "May 2026", "19–20 May 2026", "after 1 May 2026"):
        make_engagement(text, body, status="planned")
    make_engagement("4 May 2026", body)
    binned = make_engagement("4 May 2026", body, status="planned")
    engagements.bin(work, binned.id)
    assert [row.id for row in reads.unsettled(work)] == [april.id, yesterday.id]
    assert reads.unsettled_number(work) == 2
    assert all(row.id for row in reads.unsettled(work))
    every = work.session.query(Engagement).all()
    assert {row.id for row in reads.unsettled(work)} == {one.id for one in every if one.is_unsettled(work.today())}


# Neighbours


def day(work: Work, text: str, *, past: bool = True) -> When:
    return parse_when(text, today=work.today(), past=past, zone=work.zone)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("11 May 2026", True),
        ("May 2026", True),
        ("before 13 May 2026", True),
        ("10–12 May 2026", True),
        ("12 May 2026", False),
        ("April 2026", False),
        ("after 11 May 2026", False),
        ("after 10 May 2026", True),
    ],
)
def test_same_kind_and_body_on_days_that_may_be_the_same_is_a_possible_duplicate(
    work: Work, make_engagement: MakeEngagement, body: Organisation, text: str, is_found: bool
) -> None:
    made = make_engagement("11 May 2026", body)
    found = reads.possible_duplicates(work, kind="meeting", when=day(work, text), organisation_ids=[body.id])
    assert [one.id for one in found] == ([made.id] if is_found else [])


def test_other_kind_other_body_binned_or_itself_is_no_duplicate(
    work: Work, make_engagement: MakeEngagement, body: Organisation, make_organisation: MakeOrganisation
) -> None:
    made = make_engagement("11 May 2026", body)
    when = day(work, "11 May 2026")
    other = make_organisation("Other")
    assert reads.possible_duplicates(work, kind="call", when=when, organisation_ids=[body.id]) == []
    assert reads.possible_duplicates(work, kind="meeting", when=when, organisation_ids=[other.id]) == []
    assert reads.possible_duplicates(work, kind="meeting", when=when, organisation_ids=[]) == []
    assert reads.possible_duplicates(work, kind="meeting", when=when, organisation_ids=[body.id], but=made.id) == []
    engagements.bin(work, made.id)
    assert reads.possible_duplicates(work, kind="meeting", when=when, organisation_ids=[body.id]) == []


def test_colleague_who_meets_them_soon_is_told_of(
    instance: Instance, owner: Member, colleague: Member, clock: object
) -> None:
    with instance.writing(colleague, door="web") as work:
        dg = organisations.create(work, name="DG CNECT")
        unit = organisations.create(work, name="AI Office")
        organisations.place(work, unit.id, dg.id)
        for text, visibility in (("21 May 2026", "team"), ("22 May 2026", "members"), ("20 July 2026", "team")):
            engagements.log(
                work,
                kind="meeting",
                status="planned",
                when=day(work, text, past=False),
                parties=[Party(dg.id)],
                subject="Secret" if visibility == "members" else "Audits",
                visibility=visibility,
            )
    with instance.reading(owner, door="web") as work:
        for number in (dg.id, unit.id):
            (near,) = reads.meetings_nearby(work, organisation_ids=[number], when=None)
            assert (near.title, near.owner) == ("Audits", "Colleague")
        found = reads.meetings_nearby(work, organisation_ids=[dg.id], when=day(work, "17 July", past=False))
        assert [one.when.short() for one in found] == ["21 May 2026", "20 Jul 2026"]
        assert reads.meetings_nearby(work, organisation_ids=[dg.id], when=None, but=[near.id]) == []


# One engagement


def test_sheet_holds_everything_for_who_may_read_it(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    topic = topics.create(work, name="AI Act")
    first = make_engagement("4 April 2026", body, subject="First")
    made = make_engagement(
        "4 May 2026", body, follows_id=first.id, topic_ids=[topic.id], points=[Point("Access", body.id)]
    )
    commitments.make(
        work, kind="offer", wording="Access", made_by_id=body.id, made_to_ids=[first.participations[0].organisation_id],
        engagement=made,
    )  # fmt: skip
    sheet = reads.sheet(work, made.id)
    assert sheet.record is not None
    assert (sheet.title, sheet.topics, [one.label for one in sheet.bodies]) == (
        "Meeting: DG CNECT",
        [(topic.id, "AI Act")],
        ["DG CNECT"],
    )
    assert sheet.follows is not None
    assert (sheet.follows.id, sheet.follows.title) == (first.id, "First")
    assert [one.id for one in reads.sheet(work, first.id).followed_by] == [made.id]


def test_sheet_of_hidden_content_holds_what_is_counted_and_nothing_else(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        ministry = organisations.create(work, name="Ministry")
        jane = people.create(work, name="Jane Doe")
        made = [
            engagements.log(
                work,
                kind="meeting",
                when=day(work, "4 May"),
                parties=[Party(ministry.id, jane.id)],
                subject="Quokka",
                visibility=visibility,
            ).id
            for visibility in ("hidden", "members")
        ]
    with instance.reading(colleague, door="web") as work:
        sheet = reads.sheet(work, made[0])
        assert (sheet.record, sheet.title, sheet.files, sheet.names) == (None, "Meeting: Ministry", [], {})
        assert all(one.people == [] for one in sheet.attending)
        with pytest.raises(NotFound):
            reads.sheet(work, made[1])
        with pytest.raises(NotFound):
            reads.sheet(work, 999_999)


def test_page_far_down_begins_where_the_pages_before_it_end(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    made = [make_engagement(f"{day} May 2026", body, subject="Common").id for day in range(1, 8)]
    work.commit()
    for wanted in (Filter(), Filter(text="common"), Filter(per="contact", scope=Filter().scope)):
        place = reads.place_before(work, wanted, 4)
        assert place is not None
        assert ids(reads.listed(work, wanted, after=place, limit=2)) == made[2::-1][:2]
        oldest = reads.place_before(work, wanted, 2, newest_first=False)
        assert ids(reads.listed(work, wanted, after=oldest, newest_first=False, limit=2)) == made[2:4]
        assert reads.place_before(work, wanted, 8) is None


def test_place_by_subject_tells_nothing_of_a_subject_that_may_not_be_read(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        ministry = organisations.create(work, name="Ministry")
        for subject, visibility in (("Beekeeping", "team"), ("aviation", "hidden"), ("Customs", "team")):
            engagements.log(
                work,
                kind="meeting",
                when=parse_when("4 May 2026", today=work.today(), past=True),
                parties=[Party(ministry.id)],
                subject=subject,
                visibility=visibility,
            )
    for member, wanted, turned in (
        (owner, ["aviation", "Beekeeping", "Customs"], ["Customs", "Beekeeping", "aviation"]),
        (colleague, ["Beekeeping", "Customs", ""], ["Customs", "Beekeeping", ""]),
    ):
        with instance.reading(member, door="web") as work:
            page = reads.listed_by(work, Filter(), "subject", limit=2)
            rest = reads.listed_by(work, Filter(), "subject", after=page.next, limit=2)
            assert [row.subject for row in (*page.rows, *rest.rows)] == wanted
            back = reads.listed_by(work, Filter(), "subject", before=rest.rows[0].cursor, limit=2)
            assert back.rows == page.rows
            assert [row.subject for row in reads.listed_by(work, Filter(), "subject", descending=True).rows] == turned
