"""What the list and the page of organisations say, held against the counts and against plain examples."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.dates import Precision, When
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.queries import counts
from crm.queries import organisations as reads
from crm.queries.scope import Scope
from crm.services import engagements, organisations, people
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work

TODAY = dt.date(2026, 5, 20)


def names(work: Work, limit: int = 50, **wanted: object) -> list[str]:
    return [row.name for row in reads.listed(work, reads.Filter(**wanted), limit=limit).rows]  # type: ignore[arg-type]


# --- the list


def test_body_is_found_by_every_name_it_has_or_had_without_accents(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    cnil = make_organisation("Commission nationale de l’informatique et des libertés", short_name="CNIL")
    organisations.add_name(work, cnil.id, "Commission Informatique", "former", last=dt.date(1999, 1, 1))
    assert names(work, text="libertes informatique") == [cnil.name]
    assert names(work, text="cnil") == [cnil.name]
    assert names(work, text="zzz") == []
    (row,) = reads.listed(work, reads.Filter(text="commission informatique")).rows
    assert row.found_as == ""
    organisations.add_name(work, cnil.id, "Datenschutzbehörde FR", "translation")
    (row,) = reads.listed(work, reads.Filter(text="datenschutzbehorde")).rows
    assert row.found_as == "Datenschutzbehörde FR"


def test_the_name_itself_stands_before_names_that_only_hold_the_word(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    for name in ("Committee on Trade", "International Trade", "Trade", "Trade Union", "Fairtrade"):
        make_organisation(name)
    assert names(work, text="trade") == [
        "Trade",
        "Trade Union",
        "Committee on Trade",
        "International Trade",
        "Fairtrade",
    ]


def test_signs_of_patterns_are_looked_for_as_they_are(work: Work, make_organisation: MakeOrganisation) -> None:
    make_organisation("100 % Company")
    make_organisation("100 Company")
    assert names(work, text="%") == ["100 % Company"]
    assert names(work, text="_") == []


def test_pages_follow_each_other_both_ways_without_gap_or_repetition(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    made = [make_organisation(f"Body {number % 5}").id for number in range(12)]
    for text in ("", "body"):
        wanted, seen, after = reads.Filter(text=text, kind="other"), [], None
        while True:
            page = reads.listed(work, wanted, after=after, limit=5)
            seen.append([row.id for row in page.rows])
            if page.next is None:
                break
            after = page.next
        assert [len(ids) for ids in seen] == [5, 5, 2]
        assert sorted(itertools.chain.from_iterable(seen)) == sorted(made)
        back = reads.listed(work, wanted, before=page.previous, limit=5)
        assert [row.id for row in back.rows] == seen[1]
        first = reads.listed(work, wanted, before=back.previous, limit=5)
        assert [row.id for row in first.rows] == seen[0]
        assert first.previous is None
    assert reads.number(work, reads.Filter(kind="other")) == 12


def test_closed_bodies_show_when_looked_for(work: Work, make_organisation: MakeOrganisation) -> None:
    make_organisation("BEIS", "uk_department", closed=dt.date(2023, 2, 6))
    make_organisation("DSIT", "uk_department")
    make_organisation("Closing later", "uk_department", closed=dt.date(2026, 12, 31))
    kind = {"kind": "uk_department"}
    assert names(work, **kind) == ["Closing later", "DSIT"]
    assert names(work, **kind, closed="yes") == ["BEIS", "Closing later", "DSIT"]
    assert names(work, **kind, closed="only") == ["BEIS"]
    assert names(work, **kind, text="beis") == ["BEIS"]
    assert names(work, **kind, text="beis", closed="no") == []


def test_filters_by_kind_group_country_and_side(work: Work, make_organisation: MakeOrganisation) -> None:
    make_organisation("DG CNECT", "commission_dg", country="EU")
    make_organisation("Cabinet Virkkunen", "commission_cabinet", country="EU")
    make_organisation("CNIL", "national_authority", country="FR")
    make_organisation("Client Ltd", "company", is_client=True)
    assert names(work, group="European Commission") == ["Cabinet Virkkunen", "DG CNECT"]
    assert names(work, group="no such group") == []
    assert names(work, kind="commission_dg") == ["DG CNECT"]
    assert names(work, country="FR") == ["CNIL"]
    assert names(work, side="client") == ["Client Ltd"]
    assert names(work, side="ours") == ["Us"]
    assert sorted(reads.countries_named(work)) == ["EU", "FR"]


def test_binned_body_is_nowhere(work: Work, make_organisation: MakeOrganisation) -> None:
    organisations.bin(work, make_organisation("Mistake", "court").id)
    assert names(work, kind="court", closed="yes", text="mistake") == []


def test_parent_is_the_one_of_today_and_of_a_closed_body_the_last_one(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    beis, dsit = make_organisation("BEIS"), make_organisation("DSIT")
    unit, gone = (
        make_organisation("Office for AI", "court"),
        make_organisation("Gone", "court", closed=dt.date(2020, 1, 1)),
    )
    organisations.place(work, unit.id, beis.id)
    organisations.place(work, unit.id, dsit.id, first=dt.date(2023, 2, 7))
    organisations.place(work, gone.id, beis.id, last=dt.date(2020, 1, 1))
    rows = reads.listed(work, reads.Filter(kind="court", closed="yes")).rows
    assert {row.name: row.parent for row in rows} == {"Office for AI": "DSIT", "Gone": "BEIS"}


# --- contact and goal


def test_contact_rolls_up_and_holds_what_is_possible_apart(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    top, dg = make_organisation("Commission"), make_organisation("DG")
    organisations.place(work, dg.id, top.id)
    make_engagement("4 May 2026", dg)
    make_engagement("about May 2025", dg)
    make_engagement("4 May 2024", top)
    found = reads.contacts_of(work, [top.id, dg.id])
    day = dt.date(2026, 5, 4)
    assert found[dg.id] == found[top.id] == reads.Contact(counts.Cell(1, 1), day)


def test_last_contact_in_doubt_is_told_as_the_doubt_it_is(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, met, older = (make_organisation(name) for name in ("DSIT", "CNIL", "BSI"))
    make_engagement("4 May 2026", body)
    make_engagement("12 or 13 May 2026", body, met)
    make_engagement("between 10 and 13 May 2026", body)
    make_engagement("13 May 2026", met)
    make_engagement("April 2024", older)
    found = reads.contacts_of(work, [body.id, met.id, older.id])
    assert {one: contact.doubt.short() for one, contact in found.items() if contact.doubt} == {
        body.id: "12/13 May 2026",
        older.id: "Apr 2024",
    }
    assert found[body.id].last == found[met.id].last == dt.date(2026, 5, 13)


def test_our_letter_renews_last_contact_only_by_its_answer(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, silent = make_organisation("DSIT"), make_organisation("Silent")
    make_engagement("1 March 2024", body)
    make_engagement("4 May 2026", body, kind="letter", status="sent")
    found = reads.contacts_of(work, [body.id, silent.id])
    assert found[body.id] == reads.Contact(counts.Cell(1, 0), dt.date(2024, 3, 1))
    assert found[silent.id] == reads.Contact()
    make_engagement("12 May 2026", body, kind="letter", status="received")
    assert reads.contacts_of(work, [body.id])[body.id].last == dt.date(2026, 5, 12)


def test_contact_of_a_rival_is_not_ours(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, rival = make_organisation("DSIT"), make_organisation("Rival")
    make_engagement("4 May 2026", body, actors=(rival,))
    assert reads.contacts_of(work, [body.id])[body.id] == reads.Contact()


@pytest.mark.parametrize(
    ("last", "is_over", "over"),
    [(None, True, 0), (TODAY - dt.timedelta(days=90), False, 0), (TODAY - dt.timedelta(days=112), True, 22)],
)
def test_goal_is_over_after_its_days(last: dt.date | None, is_over: bool, over: int) -> None:
    goal = reads.Goal(90, last, TODAY)
    assert (goal.is_over, goal.days_over) == (is_over, over)


def test_list_of_missed_goals_holds_open_bodies_whose_days_are_over(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met, missed, never = (make_organisation(name, goal_days=90) for name in ("Met", "Missed", "Never"))
    make_organisation("Closed", goal_days=90, closed=dt.date(2020, 1, 1))
    make_organisation("Without a goal")
    make_engagement("1 April 2026", met)
    make_engagement("28 January 2026", missed)
    assert set(reads.goals_over(work)) == {missed.id, never.id}
    rows = reads.listed(work, reads.Filter(is_overdue=True)).rows
    assert {row.name: row.goal.days_over for row in rows if row.goal} == {"Missed": 22, "Never": 0}


def test_last_twelve_months_of_a_leap_day_begin_the_day_after_the_28th() -> None:
    assert reads.last_year(dt.date(2024, 2, 29)) == (dt.date(2023, 3, 1), dt.date(2024, 2, 29))
    assert reads.last_year(TODAY) == (dt.date(2025, 5, 21), TODAY)


def test_list_agrees_with_the_counts(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    top, dg, other = (make_organisation(name) for name in ("Commission", "DG", "Other"))
    organisations.place(work, dg.id, top.id, last=dt.date(2025, 12, 31))
    for day in ("June 2025", "1 July 2025", "3 February 2026", "Q2 2025", "2025", "before 12 May 2026"):
        make_engagement(day, dg, other)
    since, until = reads.last_year(TODAY)
    found = reads.contacts_of(work, [top.id, dg.id, other.id])
    table = counts.table(work, Scope(since=since, until=until), by="", only=[top.id, dg.id, other.id])
    for row in table.rows:
        assert tuple(found[row.organisation_id].year) == (row.total.engagements, row.total.possible_engagements)
        assert found[row.organisation_id].last == counts.last_contact(work, Scope(bodies=(row.organisation_id,)))


# --- figures of one body

days = st.dates(dt.date(2024, 11, 1), dt.date(2026, 5, 20))


@st.composite
def log_lines(draw: st.DrawFn) -> tuple[dt.date, dt.date, str, tuple[int, ...]]:
    first = draw(days)
    last = first + dt.timedelta(days=draw(st.sampled_from([0, 0, 0, 5, 40, 200])))
    kind = draw(st.sampled_from(["meeting", "call", "event"]))
    met = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True))
    return first, last, kind, tuple(met)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    log=st.lists(log_lines(), max_size=8),
    move=days,
    span=st.sampled_from(sorted(reads.SPANS)),
    direct=st.booleans(),
    as_today=st.booleans(),
)
def test_figures_equal_the_counts_table(
    instance: Instance,
    admin: Member,
    log: list[tuple[dt.date, dt.date, str, tuple[int, ...]]],
    move: dt.date,
    span: str,
    direct: bool,
    as_today: bool,
) -> None:
    with instance.writing(admin, door="web") as work:
        try:
            bodies = [organisations.create(work, name=f"Body {number}").id for number in range(4)]
            top, unit, old, _apart = bodies
            organisations.place(work, unit, top, last=move)
            organisations.place(work, old, top)
            organisations.succeed(work, old, [unit], on=dt.date(2026, 1, 1))
            for first, last, kind, met in log:
                when = When(first, last, Precision.DAY if first == last else Precision.BETWEEN, "as typed")
                engagements.log(
                    work, kind=kind, status="held", when=when, parties=[Party(bodies[place]) for place in met]
                )
            for body in bodies:
                check_figures(work, Scope(bodies=(body,), direct=direct, as_today=as_today), body, span)
        finally:
            work.rollback()


def check_figures(work: Work, scope: Scope, body: int, span: str) -> None:
    found = reads.figures(work, scope, span)
    by, _ = reads.SPANS[span]
    assert found.total == counts.total(work, found.scope)
    kinds = counts.table(work, found.scope, by="kind", only=[body]).rows
    assert found.by_kind == (kinds[0].cells if kinds else {})
    if not found.spans:
        return
    periods = counts.table(work, found.scope, by=by, only=[body])
    assert [period.label for period in found.spans] == [label for _, label in periods.columns]
    assert found.by_period == periods.rows[0].cells
    for kind in found.kinds:
        of_kind = counts.table(work, reads.of_kind(found.scope, kind), by=by, only=[body])
        own = {found.spans[place].label: cell for (of, place), cell in found.cells.items() if of == kind}
        assert own == {of_kind.spans[place].label: cell for place, cell in of_kind.rows[0].cells.items()}


def test_no_engagement_makes_no_figures(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("DSIT")
    for span in reads.SPANS:
        found = reads.figures(work, Scope(bodies=(body.id,)), span)
        assert found.is_empty
        assert found.total == counts.NOTHING
        assert len(found.spans) == (reads.SPANS[span][1] or 0)


# --- the place in the tree


def tree_of_ai_office(work: Work, make_organisation: MakeOrganisation) -> dict[str, Organisation]:
    made = {name: make_organisation(name) for name in ("Commission", "DG CNECT", "DG INFSO", "AI Office", "Unit A")}
    organisations.place(work, made["DG INFSO"].id, made["Commission"].id, last=dt.date(2012, 6, 30))
    organisations.place(work, made["DG CNECT"].id, made["Commission"].id, first=dt.date(2012, 7, 1))
    organisations.place(work, made["Unit A"].id, made["DG INFSO"].id, last=dt.date(2012, 6, 30))
    organisations.place(work, made["Unit A"].id, made["DG CNECT"].id, first=dt.date(2012, 7, 1))
    organisations.place(work, made["AI Office"].id, made["DG CNECT"].id, first=dt.date(2024, 2, 21))
    organisations.succeed(work, made["DG INFSO"].id, [made["DG CNECT"].id], on=dt.date(2012, 7, 1))
    return made


def test_place_in_the_tree_then_and_now(work: Work, make_organisation: MakeOrganisation) -> None:
    made = tree_of_ai_office(work, make_organisation)
    unit = made["Unit A"].id
    now, then = reads.place_on(work, unit, TODAY), reads.place_on(work, unit, dt.date(2011, 5, 4))
    assert [body.label for body in now.above] == ["Commission", "DG CNECT"]
    assert [body.label for body in then.above] == ["Commission", "DG INFSO"]
    assert [link.body.label for link in reads.links(work, unit, TODAY).parents] == ["DG CNECT", "DG INFSO"]


def test_second_place_stands_beside_the_first(work: Work, make_organisation: MakeOrganisation) -> None:
    one, other, body = make_organisation("One"), make_organisation("Other"), make_organisation("Body")
    organisations.place(work, body.id, one.id)
    organisations.place(work, body.id, other.id, first=dt.date(2020, 1, 1), beside=True)
    place = reads.place_on(work, body.id, TODAY)
    assert ([b.label for b in place.above], [b.label for b in place.also]) == (["One"], ["Other"])


def test_children_now_and_before(work: Work, make_organisation: MakeOrganisation) -> None:
    made = tree_of_ai_office(work, make_organisation)
    top = made["Commission"].id
    assert [(child.label, child.below) for child in reads.children(work, top, TODAY)] == [("DG CNECT", 2)]
    assert [link.body.label for link in reads.links(work, top, TODAY).former_children] == ["DG INFSO"]
    assert [child.label for child in reads.children(work, top, dt.date(2011, 5, 4))] == ["DG INFSO"]
    assert set(reads.branch(work, made["DG CNECT"].id, TODAY)) == {
        made[name].id for name in ("DG CNECT", "AI Office", "Unit A")
    }


def test_closed_child_is_no_child_any_more(work: Work, make_organisation: MakeOrganisation) -> None:
    top, child = make_organisation("Top"), make_organisation("Child", closed=dt.date(2020, 1, 1))
    organisations.place(work, child.id, top.id)
    assert reads.children(work, top.id, TODAY) == []


def test_what_came_before_and_after(work: Work, make_organisation: MakeOrganisation) -> None:
    made = tree_of_ai_office(work, make_organisation)
    before, after = reads.successions(work, made["DG CNECT"].id)
    assert [step.body.label for step in before] == ["DG INFSO"]
    assert after == []
    _, after = reads.successions(work, made["DG INFSO"].id)
    assert [(step.body.label, step.on, step.joins_history) for step in after] == [
        ("DG CNECT", dt.date(2012, 7, 1), True)
    ]


# --- people


def test_people_of_a_body_by_seniority_now_and_before(work: Work, make_organisation: MakeOrganisation) -> None:
    top, unit = make_organisation("DG"), make_organisation("Unit")
    organisations.place(work, unit.id, top.id)
    for name, body, seniority, last in (
        ("Zoe Head", unit, "head_of_unit", None),
        ("Adam Desk", unit, "desk", None),
        ("Dora General", top, "director_general", None),
        ("Former General", top, "director_general", dt.date(2024, 12, 31)),
    ):
        person = people.create(work, name=name)
        people.appoint(work, person.id, body.id, seniority=seniority, last=last)
    present, former = reads.holders(work, reads.branch(work, top.id, TODAY), TODAY)
    assert [holder.person for holder in present] == ["Dora General", "Zoe Head", "Adam Desk"]
    assert [holder.person for holder in former] == ["Former General"]
    present, _ = reads.holders(work, [top.id], TODAY)
    assert [holder.person for holder in present] == ["Dora General"]
