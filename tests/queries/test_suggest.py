"""Suggestions: any name a body has or had, the most met first, nothing that the member may not know."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event

from crm.instance import Instance
from crm.models import Member, Organisation
from crm.queries import counts, suggest
from crm.queries.scope import Scope
from crm.queries.suggest import Place
from crm.services import engagements, organisations, people, topics
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


def names(found: list[suggest.Suggestion]) -> list[str]:
    return [one.label for one in found]


@pytest.fixture
def bodies(make_organisation: MakeOrganisation, work: Work) -> dict[str, Organisation]:
    found = {
        "commission": make_organisation("European Commission", short_name="Commission"),
        "parliament": make_organisation("European Parliament", short_name="EP"),
        "cnect": make_organisation("DG Communications Networks", short_name="DG CNECT"),
        "ecb": make_organisation("Bank of Europe", short_name="Europe"),
        "old": make_organisation("Commissariat of old", closed=dt.date(2001, 1, 1)),
    }
    organisations.add_name(work, found["cnect"].id, "DG INFSO", "former")
    organisations.add_name(work, found["cnect"].id, "Connect", "alias")
    organisations.place(work, found["cnect"].id, found["commission"].id)
    return found


def test_every_word_typed_begins_a_word_of_one_of_the_names(work: Work, bodies: dict[str, Organisation]) -> None:
    assert names(suggest.organisations(work, "parl")) == ["European Parliament"]
    assert names(suggest.organisations(work, "euro comm")) == ["European Commission"]
    assert names(suggest.organisations(work, "PARLIAMÉNT eur")) == ["European Parliament"]
    assert names(suggest.organisations(work, "ommission")) == []
    assert suggest.organisations(work, "   ") == []


def test_exact_name_comes_first_then_beginnings_then_the_rest(work: Work, bodies: dict[str, Organisation]) -> None:
    assert names(suggest.organisations(work, "europe"))[0] == "Bank of Europe"
    assert names(suggest.organisations(work, "commission"))[0] == "European Commission"
    assert names(suggest.organisations(work, "comm"))[-2:] == ["Commissariat of old", "DG Communications Networks"]


def test_former_name_finds_the_body_and_says_so(work: Work, bodies: dict[str, Organisation]) -> None:
    (found,) = suggest.organisations(work, "infso")
    assert (found.label, found.detail) == ("DG Communications Networks", "DG CNECT · Commission · formerly DG INFSO")
    (found,) = suggest.organisations(work, "connect")
    assert "also Connect" in found.detail
    assert "until 2001" in suggest.organisations(work, "commissariat")[0].detail


def test_most_met_comes_first_and_the_number_is_that_of_the_counts(
    work: Work, bodies: dict[str, Organisation], make_engagement: MakeEngagement
) -> None:
    for text in ("4 May", "5 May", "June 2025", "May 2025", "1 March 2024"):
        make_engagement(text, bodies["parliament"])
    make_engagement("4 May", bodies["cnect"])
    assert names(suggest.organisations(work, "euro"))[:2] == ["European Parliament", "European Commission"]
    scope = Scope(since=dt.date(2025, 5, 20), until=dt.date(2026, 5, 20))
    counted = {row.organisation_id: row.total.engagements for row in counts.table(work, scope, by="").rows}
    for one in suggest.organisations(work, "e"):
        number = counted.get(int(one.value), 0)
        assert one.hint == (f"{number} in 12 months" if number else "")
    assert suggest.organisations(work, "european comm")[0].hint == "1 in 12 months"


def test_what_a_member_may_not_know_of_is_not_counted_for_them(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        jane = people.create(work, name="Jane Doe")
        people.appoint(work, jane.id, body.id)
        for visibility in ("team", "hidden", "members"):
            engagements.log(
                work,
                kind="meeting",
                when=engagements.read_when(work, "4 May", kind="meeting").when,
                parties=[Party(body.id, jane.id)],
                visibility=visibility,
            )
    for member, bodies_met, people_met in ((owner, 3, 3), (colleague, 2, 1)):
        with instance.reading(member, door="web") as work:
            assert suggest.organisations(work, "ministry")[0].hint == f"{bodies_met} in 12 months"
            assert suggest.people(work, "jane", [])[0].hint == f"{people_met} in 12 months"


def test_binned_bodies_are_not_suggested(work: Work, bodies: dict[str, Organisation]) -> None:
    organisations.bin(work, bodies["old"].id)
    assert suggest.organisations(work, "commissariat") == []


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'", "| ", "a" * 5000, "e " * 500])
def test_signs_of_the_database_find_nothing_special(work: Work, bodies: dict[str, Organisation], typed: str) -> None:
    assert len(suggest.organisations(work, typed)) <= 5
    assert suggest.people(work, typed, []) == []
    assert suggest.topics(work, typed) == []


def test_percent_sign_means_itself(work: Work, make_organisation: MakeOrganisation) -> None:
    make_organisation("100% Renewable")
    make_organisation("100 Percent")
    assert names(suggest.organisations(work, "100%")) == ["100% Renewable"]


def test_suggestions_take_three_statements(
    work: Work, bodies: dict[str, Organisation], make_engagement: MakeEngagement
) -> None:
    make_engagement("4 May", bodies["cnect"])
    work.session.flush()
    said: list[str] = []
    listen = lambda *arguments: said.append(arguments[2])  # noqa: E731
    engine = work.session.get_bind()
    event.listen(engine, "before_cursor_execute", listen)
    suggest.organisations(work, "infso")
    event.remove(engine, "before_cursor_execute", listen)
    assert len(said) == 3


# People


def test_people_of_the_bodies_met_come_first_with_the_post_they_hold(
    work: Work, bodies: dict[str, Organisation]
) -> None:
    here, elsewhere, gone = (people.create(work, name=f"Jane {name}") for name in ("Doe", "Adams", "Gone"))
    people.appoint(work, here.id, bodies["cnect"].id, title="Head of Unit")
    people.appoint(work, elsewhere.id, bodies["parliament"].id, title="Adviser")
    people.appoint(work, gone.id, bodies["cnect"].id, title="Clerk", last=dt.date(2020, 1, 1))
    cnect, commission = Place(bodies["cnect"].id, "DG CNECT"), Place(bodies["commission"].id, "Commission")
    found = suggest.people(work, "jane", [cnect])
    assert names(found) == ["Jane Doe, Head of Unit", "Jane Adams", "Jane Gone"]
    assert found[1].detail == "Adviser, EP"
    # Below the body met, and with several bodies, the line says which.
    assert names(suggest.people(work, "jane d", [commission])) == ["Jane Doe"]
    parliament = Place(bodies["parliament"].id, "EP")
    assert names(suggest.people(work, "jane", [cnect, parliament]))[:2] == [
        "Jane Adams, Adviser @ EP",
        "Jane Doe, Head of Unit @ DG CNECT",
    ]


def test_post_and_body_already_typed_do_not_hide_the_person(work: Work, bodies: dict[str, Organisation]) -> None:
    people.create(work, name="Jane Doe")
    for typed in ("Jane Doe, Head of", "Jane Doe @ DG", "jane, director @ dg"):
        assert names(suggest.people(work, typed, [])) == ["Jane Doe"]


def test_members_are_suggested_on_our_side(work: Work, owner: Member) -> None:
    (found,) = suggest.colleagues(work, "own", [])
    assert (found.value, found.label) == (f"m{owner.id}", "Owner")
    person = people.create(work, name="Owner")
    work.session.get_one(Member, owner.id).person_id = person.id
    work.session.flush()
    (found,) = suggest.colleagues(work, "own", [])
    assert (found.value, found.detail) == (str(person.id), "Member")


def test_topics_are_found_by_name_or_procedure_reference(work: Work) -> None:
    parent = topics.create(work, name="Digital")
    act = topics.create(work, name="AI Act", procedure_reference="2021/0106(COD)", parent_id=parent.id)
    topics.create(work, name="Agriculture")
    for typed in ("act", "ai a", "2021/0106", "0106(cod)"):
        (found,) = suggest.topics(work, typed)
        assert (found.value, found.detail) == (str(act.id), "Digital · 2021/0106(COD)")
    topics.bin(work, act.id)
    assert suggest.topics(work, "act") == []
