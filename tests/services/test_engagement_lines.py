"""Who took part, as people type it: names they know, people of one body or of several, roles, and what comes back."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from crm.errors import Several
from crm.models import Engagement, Member, Organisation, Person, Post, Topic
from crm.services import engagements, organisations, people, topics
from crm.services.engagements import Party, lines
from crm.services.engagements.lines import Role, Typed
from crm.services.engagements.parties import our_organisations
from crm.services.engagements.unsure import Unsure
from crm.services.engagements.written import typed
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work

DAY = dt.date(2026, 5, 11)


@pytest.fixture
def cnect(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(
        "Directorate-General for Communications Networks", short_name="DG CNECT", aliases=["DG INFSO"]
    )


@pytest.fixture
def dsit(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation("Department for Science", short_name="DSIT")


@pytest.fixture
def jane(work: Work, cnect: Organisation) -> Person:
    jane = people.create(work, name="Jane Doe")
    people.appoint(work, jane.id, cnect.id, title="Head of Unit")
    return jane


def read(work: Work, **fields: object) -> list[Party]:
    return lines.parties(work, Typed(**fields), DAY)  # type: ignore[arg-type]


def refused(work: Work, **fields: object) -> list[tuple[str, str]]:
    with pytest.raises(Several) as error:
        read(work, **fields)
    return [(problem.field, problem.reason) for problem in error.value.problems]


def seats(parties: list[Party], side: str = "counterpart") -> list[tuple[int, int | None]]:
    return [(party.organisation_id, party.person_id) for party in parties if party.side == side]


def test_any_name_a_body_has_or_had_means_it(work: Work, cnect: Organisation) -> None:
    for name in ("DG CNECT", "dg cnect", "DG INFSO", f"Whatever [#{cnect.id}]"):
        assert seats(read(work, bodies=name)) == [(cnect.id, None)]


def test_beginning_of_a_name_means_nobody_yet(work: Work, cnect: Organisation) -> None:
    (party,) = read(work, bodies="Directorate-General")
    assert party.organisation_id != cnect.id
    assert work.session.get_one(Organisation, party.organisation_id).name == "Directorate-General"


def asked(work: Work, said_new: set[str], **fields: object) -> list[str]:
    try:
        lines.parties(work, Typed(**fields), DAY, said_new)  # type: ignore[arg-type]
    except Several as error:
        return [problem.name for problem in error.problems if isinstance(problem, Unsure)]
    return []


def test_new_name_that_known_ones_begin_like_is_asked_about_once(
    work: Work, cnect: Organisation, dsit: Organisation, jane: Person
) -> None:
    work.commit()
    assert asked(work, set(), bodies="DG CN") == ["DG CN"]
    work.rollback()
    assert asked(work, {"dg cn"}, bodies="DG CN") == []
    work.rollback()
    assert asked(work, set(), bodies="Ministry of Nothing Alike") == []
    assert asked(work, set(), bodies="DG CNECT", people="Jan") == ["Jan"]
    work.rollback()
    assert asked(work, {"jan"}, bodies="DG CNECT", people="Jan") == []
    assert asked(work, set(), bodies="DSIT", people="Jan D") == []
    assert asked(work, set(), bodies="DG CNECT", people=f"Jan @ DG CNECT [#@{cnect.id}]") == []


def test_new_topic_that_known_ones_begin_like_is_asked_about_once(work: Work) -> None:
    topics.create(work, name="AI Act")
    work.commit()
    with pytest.raises(Unsure, match="Did you mean “AI Act”"):
        lines.topics(work, ["AI"], said_new=set())
    work.rollback()
    assert len(lines.topics(work, ["AI"], said_new={"ai"})) == 1
    assert len(lines.topics(work, ["Fisheries"], said_new=set())) == 1


def test_person_is_of_the_one_body(work: Work, cnect: Organisation, jane: Person) -> None:
    for line in ("Jane Doe", "jane doe", "Jane Doe, Head of Unit", f"Jane Doe [#{jane.id}]", "Jane Doe @ DG CNECT"):
        assert seats(read(work, bodies="DG CNECT", people=line)) == [(cnect.id, jane.id)]


def test_unknown_person_is_added_with_the_post(work: Work, cnect: Organisation) -> None:
    (party,) = read(work, bodies="DG CNECT", people="Ana López, Director")
    person = work.session.get_one(Person, party.person_id)
    post = work.session.scalars(select(Post).where(Post.person_id == person.id)).one()
    assert (person.name, post.organisation_id, post.title) == ("Ana López", cnect.id, "Director")


def test_with_several_bodies_the_line_says_which(work: Work, cnect: Organisation, dsit: Organisation) -> None:
    found = read(work, bodies="DG CNECT\nDSIT", people="Ana López, Director @ DSIT\nBo Ek @ dg infso")
    by_body = {party.organisation_id: party.person_id for party in found}
    assert work.session.get_one(Person, by_body[dsit.id]).name == "Ana López"
    assert work.session.get_one(Person, by_body[cnect.id]).name == "Bo Ek"


def test_with_several_bodies_a_known_person_is_of_the_one_where_a_post_is_held(
    work: Work, cnect: Organisation, dsit: Organisation, jane: Person
) -> None:
    for line in ("Jane Doe", f"Jane Doe, Head of Unit [#{jane.id}]"):
        found = read(work, bodies="DSIT\nDG CNECT", people=line)
        assert seats(found) == [(dsit.id, None), (cnect.id, jane.id)]


def test_person_known_to_be_of_an_actor_came_for_the_actor(
    work: Work, cnect: Organisation, dsit: Organisation, make_organisation: MakeOrganisation
) -> None:
    rival = make_organisation("Rival Lab")
    kim = people.create(work, name="Kim Smith")
    people.appoint(work, kim.id, rival.id, title="Head of Policy")
    for bodies in ("DG CNECT\nDSIT", "DG CNECT"):
        for line in ("Kim Smith", "Kim Smith, head of policy", f"Kim Smith [#{kim.id}]", "Kim Smith @ Rival Lab"):
            found = read(work, bodies=bodies, people=line, actors="Us\nRival Lab")
            assert (rival.id, kim.id) in seats(found, "actor"), line
            assert all(person is None for _, person in seats(found))
    twice = read(work, bodies="DG CNECT", people="Kim Smith", actors="Rival Lab", colleagues="Kim Smith")
    assert seats(twice, "actor") == [(rival.id, kim.id)]


def test_namesake_of_an_actor_s_person_in_another_post_is_of_the_body(
    work: Work, cnect: Organisation, make_organisation: MakeOrganisation
) -> None:
    us = read(work, bodies="DG CNECT", colleagues="Kim Smith, Adviser")[0]
    [(_, namesake)] = seats(read(work, bodies="DG CNECT", people="Kim Smith, Director"))
    assert namesake not in (None, us.person_id)
    # From now on the body has one of that name as well.
    assert seats(read(work, bodies="DG CNECT", people="Kim Smith")) == [(cnect.id, namesake)]


def test_member_named_among_the_people_met_came_for_us(work: Work, owner: Member, cnect: Organisation) -> None:
    found = read(work, bodies="DG CNECT", people=f"{owner.name} [#m{owner.id}]")
    assert [person for _, person in seats(found)] == [None]
    assert [party.person_id for party in found if party.side == "actor"] == [
        work.session.get_one(Member, owner.id).person_id
    ]


def test_person_logged_with_a_body_stays_there_though_a_post_is_held_with_us(work: Work, cnect: Organisation) -> None:
    us = read(work, bodies="DG CNECT", colleagues="Kim Smith, Adviser")[0]
    made = engagements.log(
        work,
        kind="meeting",
        when=engagements.read_when(work, "11 May 2026", kind="meeting").when,
        parties=[Party(cnect.id, us.person_id)],
    )
    work.commit()
    before, number = facts(made), made.id
    work.session.expire_all()
    again = lines.parties(work, typed(engagements.get(work, number)), DAY)
    assert facts(engagements.amend(work, number, parties=again)) == before


def test_with_several_bodies_an_unknown_person_is_asked_about_with_an_example(
    work: Work, cnect: Organisation, dsit: Organisation
) -> None:
    ((field, reason),) = refused(work, bodies="DG CNECT\nDSIT", people="Ana López, Director")
    assert field == "people"
    assert "“Ana López, Director @ DG CNECT”" in reason


def test_person_of_a_body_that_is_not_named_is_refused(work: Work, cnect: Organisation, dsit: Organisation) -> None:
    ((field, reason),) = refused(work, bodies="DG CNECT", people="Ana López @ DSIT")
    assert (field, "DSIT is not among" in reason) == ("people", True)


def test_new_person_chosen_from_the_suggestions_carries_the_body_s_number(work: Work, dsit: Organisation) -> None:
    found = read(work, bodies="DG CNECT\nDSIT", people=f"Ana López, Adviser @ DSIT [#@{dsit.id}]")
    (seat,) = [party for party in found if party.person_id is not None]
    assert seat.organisation_id == dsit.id
    assert work.session.get_one(Person, seat.person_id).name == "Ana López"


def test_same_name_in_two_people_of_one_body_is_asked_about(work: Work, cnect: Organisation, jane: Person) -> None:
    other = people.create(work, name="Jane Doe")
    people.appoint(work, other.id, cnect.id, title="Adviser")
    ((field, reason),) = refused(work, bodies="DG CNECT", people="Jane Doe")
    assert field == "people"
    assert f"[#{jane.id}]" in reason
    assert f"[#{other.id}]" in reason


def test_title_typed_for_a_known_person_is_not_lost(work: Work, cnect: Organisation, jane: Person) -> None:
    (party,) = read(work, bodies="DG CNECT", people=f"Jane Doe, Director [#{jane.id}]")
    assert work.session.get_one(Post, party.post_id).title == "Director"
    (again,) = read(work, bodies="DG CNECT", people="Jane Doe, director")
    assert again.post_id == party.post_id


def test_name_with_a_comma_of_its_own_is_no_title(work: Work, cnect: Organisation) -> None:
    king = people.create(work, name="Martin King, Jr.")
    (party,) = read(work, bodies="DG CNECT", people=f"Martin King, Jr. [#{king.id}]")
    assert (party.person_id, party.post_id) == (king.id, None)
    (party,) = read(work, bodies="DG CNECT", people=f"Martin King, Jr., Adviser [#{king.id}]")
    assert work.session.get_one(Post, party.post_id).title == "Adviser"


def test_title_with_an_at_sign_is_split_at_the_last_one(work: Work, cnect: Organisation, dsit: Organisation) -> None:
    found = read(work, bodies="DG CNECT\nDSIT", people="Ana López, Head @ large @ DSIT")
    (seat,) = [party for party in found if party.person_id is not None]
    posts = work.session.scalars(select(Post.title).where(Post.person_id == seat.person_id)).all()
    assert (seat.organisation_id, posts) == (dsit.id, ["Head @ large"])


def test_member_named_on_our_side_becomes_a_person_once(work: Work, owner: Member, cnect: Organisation) -> None:
    us = our_organisations(work)[0]
    first = read(work, bodies="DG CNECT", actors="Us", colleagues=f"Owner [#m{owner.id}]")
    again = read(work, bodies="DG CNECT", actors="Us", colleagues=f"Owner [#m{owner.id}]\nOwner [#m{owner.id}]")
    assert seats(first, "actor") == seats(again, "actor")
    assert seats(first, "actor")[0][0] == us.id
    member = work.session.get_one(Member, owner.id)
    assert member.person_id == seats(first, "actor")[0][1]


def test_colleagues_without_an_actor_are_of_our_own_organisation(work: Work, cnect: Organisation) -> None:
    found = read(work, bodies="DG CNECT", colleagues="Kim Smith")
    assert seats(found, "actor")[0][0] == our_organisations(work)[0].id


def test_who_is_named_as_actor_while_nobody_is_ours_is_ours_from_then_on(work: Work, cnect: Organisation) -> None:
    organisations.amend(work, our_organisations(work)[0].id, is_ours=False)
    read(work, bodies="DG CNECT", actors="Consultancy of Examples")
    assert [one.name for one in our_organisations(work)] == ["Consultancy of Examples"]
    read(work, bodies="DG CNECT", actors="A rival")
    assert [one.name for one in our_organisations(work)] == ["Consultancy of Examples"]


def test_body_named_in_two_places_is_refused(work: Work, cnect: Organisation) -> None:
    assert refused(work, bodies="DG CNECT", third="DG INFSO")[0][0] == "third"
    assert refused(work, bodies="DG CNECT", copies="DG CNECT")[0][0] == "copies"


def test_third_parties_and_copies_stand_apart_with_their_people(work: Work, cnect: Organisation) -> None:
    found = read(work, bodies="DG CNECT", third="Observer Ltd", copies="Registry", people="Ana @ Observer Ltd")
    assert [(party.side, party.role) for party in found] == [
        ("counterpart", ""),
        ("third", ""),
        ("counterpart", "copy"),
    ]
    assert found[1].person_id is not None


def test_every_problem_is_told_at_once(work: Work, cnect: Organisation, dsit: Organisation) -> None:
    found = refused(
        work,
        bodies="DG CNECT\nDSIT",
        people="One\nTwo @ Nowhere",
        actors="Us [#999999]",
        roles=[Role("Nobody", "host")],
    )
    assert {field for field, _ in found} == {"people", "actors", "roles"}


def test_no_body_at_all_is_refused(work: Work) -> None:
    assert refused(work, bodies="  \n ")[0][0] == "bodies"


# Roles


def test_role_of_a_body_is_that_of_all_its_people(work: Work, cnect: Organisation, jane: Person) -> None:
    found = read(work, bodies="DG CNECT", people="Jane Doe\nAna López", roles=[Role("DG CNECT", "host")])
    assert [party.role for party in found] == ["host", "host"]


def test_role_of_a_person_is_theirs_alone(work: Work, cnect: Organisation, jane: Person) -> None:
    found = read(work, bodies="DG CNECT", people="Jane Doe\nAna López", roles=[Role("Jane Doe", "speaker")])
    assert [party.role for party in found] == ["speaker", ""]


def test_rival_who_declined_the_hearing_is_said_so(work: Work, cnect: Organisation) -> None:
    found = read(work, bodies="DG CNECT", actors="OpenAI\nAnthropic", roles=[Role("Anthropic", "declined")])
    assert [(party.side, party.acceptance) for party in found] == [
        ("actor", ""),
        ("actor", "declined"),
        ("counterpart", ""),
    ]


def test_body_whose_one_person_stayed_away_was_met_nevertheless(work: Work, cnect: Organisation, jane: Person) -> None:
    found = read(work, bodies="DG CNECT", people="Jane Doe", roles=[Role("Jane Doe", "absent")])
    assert [(party.person_id, party.acceptance) for party in found] == [(jane.id, "absent"), (None, "")]
    found = read(work, bodies="DG CNECT", people="Jane Doe", roles=[Role("DG CNECT", "absent")])
    assert [(party.person_id, party.acceptance) for party in found] == [(jane.id, "absent")]


def test_role_that_there_is_not_is_refused(work: Work, cnect: Organisation) -> None:
    assert refused(work, bodies="DG CNECT", roles=[Role("DG CNECT", "queen")])[0][0] == "roles"


# There and back


def everything(work: Work, jane: Person, dsit: Organisation) -> Engagement:
    who = Typed(
        bodies="DG CNECT\nDSIT",
        people="Jane Doe @ DG CNECT\nAna López, Director @ DSIT",
        third="Observer Ltd",
        copies="Registry",
        actors="Us\nA client",
        colleagues="Kim Smith @ Us",
        roles=[Role("DSIT", "host"), Role("Jane Doe", "speaker"), Role("Observer Ltd", "absent")],
    )
    when = engagements.read_when(work, "11 May 2026", kind="event").when
    return engagements.log(work, kind="event", when=when, parties=lines.parties(work, who, DAY))


def facts(engagement: Engagement) -> list[tuple[object, ...]]:
    return [
        (p.organisation_id, p.person_id, p.post_id, p.side, p.role, p.acceptance) for p in engagement.participations
    ]


def test_what_was_stored_is_written_as_lines_that_mean_the_same(
    work: Work, cnect: Organisation, dsit: Organisation, jane: Person
) -> None:
    made = everything(work, jane, dsit)
    work.commit()
    before, number = facts(made), made.id
    numbers = [party.id for party in made.participations]
    work.session.expire_all()
    written = typed(engagements.get(work, number))
    saved = engagements.amend(work, number, parties=lines.parties(work, written, DAY))
    assert facts(saved) == before
    assert [party.id for party in saved.participations] == numbers


def test_two_bodies_of_one_short_name_are_told_apart(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    first, second = (make_organisation(f"Cabinet of {name}", short_name="Cabinet") for name in ("A", "B"))
    third = make_organisation("Cabinet of A", short_name="Cabinet")
    jane = people.create(work, name="Jane Doe")
    made = engagements.log(
        work,
        kind="meeting",
        when=engagements.read_when(work, "11 May", kind="meeting").when,
        parties=[Party(first.id), Party(second.id, jane.id), Party(third.id)],
    )
    number = made.id
    work.session.expire_all()
    written = typed(engagements.get(work, number))
    assert written.people == f"Jane Doe @ Cabinet of B [#{jane.id}]"
    again = lines.parties(work, written, DAY)
    assert [(p.organisation_id, p.person_id) for p in again if p.side == "counterpart"] == [
        (first.id, None),
        (second.id, jane.id),
        (third.id, None),
    ]


# Topics and engagements


def test_topic_is_found_by_name_whatever_its_case_or_added(work: Work) -> None:
    act = topics.create(work, name="AI Act")
    found = lines.topics(work, ["ai act", f"Anything [#{act.id}]", "Cyber Action Plan", ""])
    assert found[0] == act.id
    assert len(found) == 2
    assert work.session.scalar(select(func.count(Topic.id))) == 2


def test_engagement_is_meant_by_its_number(work: Work) -> None:
    assert lines.engagement(work, "11 May 2026 · DG CNECT [#12]") == 12
    assert lines.engagement(work, " #12 ") == lines.engagement(work, "12") == 12
    assert lines.engagement(work, "  ") is None
