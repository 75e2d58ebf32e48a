"""The worked cases of counting, each as a fact about numbers."""

from __future__ import annotations

import datetime as dt

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
