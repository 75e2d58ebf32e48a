"""The worked cases of counting, each as a fact about numbers."""

from __future__ import annotations

import datetime as dt

from crm.dates import Precision, When
from crm.models import Organisation
from crm.queries import counts
from crm.queries.scope import Scope
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work

YEAR = Scope(since=dt.date(2026, 1, 1), until=dt.date(2026, 12, 31))


def cells(work: Work, body: Organisation, by: str, scope: Scope = YEAR) -> dict[str, counts.Cell]:
    table = counts.table(work, scope, by=by, only=[body.id])
    (row,) = table.rows
    return {label: row.cells[key] for key, label in table.columns if key in row.cells}


def test_letter_to_28_is_one_engagement_and_28_contacts_once_sent(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    bodies = [make_organisation(f"Member state {n}", "member_state") for n in range(28)]
    letter = make_engagement("on or before 11 May 2026", *bodies, kind="letter", status="drafted")
    assert counts.total(work, YEAR) == counts.Total(0, 0, 0, 0)
    engagements.settle(work, letter.id, "sent")
    assert counts.total(work, YEAR) == counts.Total(1, 28, 0, 0)


def test_conference_over_a_month_end_counts_on_its_first_day(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("Council")
    make_engagement("31 March – 1 April 2026", body, kind="event")
    assert cells(work, body, "month") == {"Mar 2026": counts.Cell(1, 0)}
    assert cells(work, body, "quarter") == {"Q1 2026": counts.Cell(1, 0)}


def test_about_march_is_possible_in_march_and_certain_in_the_year(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("Council")
    make_engagement("about March 2026", body)
    assert cells(work, body, "month")["Mar 2026"] == counts.Cell(0, 1)
    assert cells(work, body, "year") == {"2026": counts.Cell(1, 0)}


def test_quarter_meeting_is_possible_in_each_month_and_one_in_total(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("Council")
    make_engagement("Q1 2026", body)
    found = cells(work, body, "month")
    assert found == {label: counts.Cell(0, 1) for label in ("Jan 2026", "Feb 2026", "Mar 2026")}
    assert counts.total(work, YEAR).engagements == 1


def test_rival_who_declined_the_hearing_was_not_there(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    commission = make_organisation("European Commission")
    openai, anthropic = make_organisation("OpenAI"), make_organisation("Anthropic")
    engagements.log(
        work,
        kind="hearing",
        when=make_engagement("4 May 2026", commission, actors=(openai,), status="held", kind="call").when,
        status="held",
        parties=[
            Party(openai.id, side="actor"),
            Party(anthropic.id, side="actor", acceptance="declined"),
            Party(commission.id),
        ],
    )
    only_hearings = {"kinds": ("hearing",), "since": YEAR.since, "until": YEAR.until}
    assert counts.total(work, Scope(actors=(openai.id,), **only_hearings)).engagements == 1
    assert counts.total(work, Scope(actors=(anthropic.id,), **only_hearings)).engagements == 0
    assert counts.beside(work, Scope(anybody=True, **only_hearings), anthropic.id)["declined"] == 1


def test_two_rivals_in_one_room_are_one_engagement_and_two_units_two_contacts(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    dg = make_organisation("DG CNECT")
    units = [make_organisation("Unit A"), make_organisation("Unit B")]
    for unit in units:
        organisations.place(work, unit.id, dg.id)
    rivals = make_organisation("OpenAI"), make_organisation("Anthropic")
    make_engagement("4 May 2026", *units, actors=rivals)
    scope = Scope(anybody=True, since=YEAR.since, until=YEAR.until)
    assert counts.total(work, scope) == counts.Total(1, 2, 0, 0)
    table = counts.table(work, scope, by="actor", only=[dg.id])
    assert [table.rows[0].cells[key] for key, _ in table.columns] == [counts.Cell(1, 0), counts.Cell(1, 0)]
    assert table.rows[0].total == counts.Total(1, 2, 0, 0)


def test_former_dg_keeps_its_meetings_and_its_successor_has_them_as_organised_today(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    commission = make_organisation("European Commission")
    infso, cnect = make_organisation("DG INFSO"), make_organisation("DG CNECT")
    organisations.place(work, infso.id, commission.id, last=dt.date(2012, 6, 30))
    organisations.place(work, cnect.id, commission.id, first=dt.date(2012, 7, 1))
    organisations.succeed(work, infso.id, [cnect.id], on=dt.date(2012, 7, 1))
    make_engagement("4 May 2011", infso)
    then = counts.table(work, Scope(), by="", only=[infso.id, cnect.id, commission.id])
    today = counts.table(work, Scope(as_today=True), by="", only=[infso.id, cnect.id, commission.id])
    assert {row.label: row.total.engagements for row in then.rows} == {
        "DG INFSO": 1,
        "DG CNECT": 0,
        "European Commission": 1,
    }
    assert {row.label: row.total.engagements for row in today.rows} == {
        "DG INFSO": 0,
        "DG CNECT": 1,
        "European Commission": 1,
    }


def test_refused_meeting_stays_beside_the_later_one_that_follows_it(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    asked = make_engagement("3 March 2026", body, status="planned")
    engagements.decline(work, asked.id, by_id=body.id, on=dt.date(2026, 3, 5), reason="diary")
    met = make_engagement("10 April 2026", body, follows_id=asked.id)
    assert counts.total(work, YEAR).engagements == 1
    assert counts.beside(work, YEAR, body.id)["declined"] == 1
    assert met.follows_id == asked.id


def test_binned_engagement_leaves_every_count_at_once_and_restoring_brings_it_back(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    met = make_engagement("10 April 2026", body)
    engagements.bin(work, met.id)
    assert counts.total(work, YEAR).engagements == 0
    engagements.restore(work, met.id)
    assert counts.total(work, YEAR).engagements == 1


def test_letter_to_more_bodies_than_can_be_listed_counts_like_any_other(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    above = make_organisation("Council")
    bodies = [make_organisation(f"Body {n}") for n in range(90)]
    for body in bodies[:3]:
        organisations.place(work, body.id, above.id)
    letter = make_engagement("11 May 2026", *bodies, kind="letter", status="sent")
    assert letter.met is None
    assert counts.total(work, YEAR) == counts.Total(1, 90, 0, 0)
    (row,) = counts.table(work, YEAR, by="month", only=[above.id]).rows
    assert row.total == counts.Total(1, 3, 0, 0)
    assert list(row.cells.values()) == [counts.Cell(1, 0)]


def test_body_that_declined_is_not_counted_under_a_status_filter_either(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    body, other = make_organisation("DSIT"), make_organisation("AISI")
    engagements.log(
        work,
        kind="meeting",
        status="held",
        when=When(dt.date(2026, 5, 4), dt.date(2026, 5, 4), Precision.DAY, "4 May 2026"),
        parties=[Party(body.id), Party(other.id, acceptance="declined")],
    )
    for statuses in (("held",), ("held", "planned")):
        scope = Scope(statuses=statuses, since=YEAR.since, until=YEAR.until)
        found = {row.label: row.total for row in counts.table(work, scope, only=[body.id, other.id]).rows}
        assert found == {"DSIT": counts.Total(1, 1, 0, 0), "AISI": counts.NOTHING}


def test_event_to_which_no_body_came_is_one_engagement_without_a_contact_in_the_total_and_in_the_table(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    us, body = make_organisation("Us Ltd", is_ours=True), make_organisation("Council")
    parties = [Party(us.id, side="actor"), Party(body.id, acceptance="declined")]
    when = make_engagement("4 May 2026", body, actors=(us,)).when
    engagements.log(work, kind="event", when=when, parties=parties)
    work.commit()
    for scope in (YEAR, Scope(since=dt.date(2026, 1, 2), until=dt.date(2026, 5, 4))):
        found = counts.table(work, scope, by="quarter")
        assert counts.total(work, scope) == found.total == counts.Total(2, 1, 0, 0)
        assert [cell.certain for cell in found.margin.values()] == [2]


def test_planned_engagements_are_counted_as_such_without_contacts(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    make_engagement("4 June 2026", body, status="planned")
    scope = Scope(statuses=("planned",), since=YEAR.since, until=YEAR.until)
    assert counts.total(work, scope) == counts.Total(1, 0, 0, 0)
    assert counts.table(work, scope, only=[body.id]).rows[0].total == counts.Total(1, 0, 0, 0)


def test_succession_that_lies_ahead_is_not_followed_yet(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    old, new = make_organisation("DG OLD"), make_organisation("DG NEW")
    organisations.succeed(work, old.id, [new.id], on=dt.date(2027, 1, 1))
    make_engagement("4 May 2026", old)
    found = counts.table(work, Scope(as_today=True), by="", only=[old.id, new.id])
    assert {row.label: row.total.engagements for row in found.rows} == {"DG OLD": 1, "DG NEW": 0}


def test_former_body_is_its_successor_as_organised_today_when_named_directly_too(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    old, new = make_organisation("DG INFSO"), make_organisation("DG CNECT")
    organisations.succeed(work, old.id, [new.id], on=dt.date(2012, 7, 1))
    make_engagement("4 May 2011", old)
    found = counts.table(work, Scope(as_today=True, direct=True), by="", only=[old.id, new.id])
    assert {row.label: row.total.engagements for row in found.rows} == {"DG INFSO": 0, "DG CNECT": 1}


def test_our_actors_are_columns_side_by_side_with_all_below_them(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, client = make_organisation("Council"), make_organisation("Client", is_client=True)
    branch, rival = make_organisation("Client Brussels"), make_organisation("Rival")
    organisations.place(work, branch.id, client.id)
    make_engagement("4 May 2026", body, actors=(branch, rival))
    table = counts.table(work, YEAR, by="actor")
    assert [label for _, label in table.columns] == ["Client"]
    assert table.rows[0].cells[client.id] == counts.Cell(1, 0)


def test_days_since_a_body_moved_count_under_its_new_place(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    before, after, unit = make_organisation("DG A"), make_organisation("DG B"), make_organisation("Unit")
    organisations.place(work, unit.id, before.id)
    organisations.place(work, unit.id, after.id, first=dt.date(2026, 2, 15))
    for day in ("14 February 2026", "15 February 2026", "16 February 2026"):
        make_engagement(day, unit)
    found = counts.table(work, YEAR, by="quarter", only=[before.id, after.id, unit.id])
    assert {row.label: row.total.engagements for row in found.rows} == {"DG A": 1, "DG B": 2, "Unit": 3}
