"""Whom the list of people finds, and which of a person's engagements a member may know of."""

from __future__ import annotations

import datetime as dt

from crm.instance import Instance
from crm.models import Engagement, Member, Organisation, Person
from crm.queries import people as reads
from crm.services import engagements, organisations, people
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


def names(work: Work, **wanted: object) -> list[str]:
    return [row.name for row in reads.listed(work, reads.Filter(**wanted)).rows]  # type: ignore[arg-type]


def in_post(work: Work, name: str, body: Organisation, **post: object) -> Person:
    person = people.create(work, name=name)
    people.appoint(work, person.id, body.id, **post)  # type: ignore[arg-type]
    return person


def met(work: Work, made: Engagement, body: Organisation, person: Person) -> Engagement:
    engagements.amend(work, made.id, parties=[Party(body.id, person.id)])
    return made


def test_person_is_found_by_name_post_and_body(work: Work, make_organisation: MakeOrganisation) -> None:
    treasury = make_organisation("HM Treasury", aliases=["Exchequer"])
    in_post(work, "Zoë Example", treasury, title="Permanent Secretary")
    people.create(work, name="Adam Sample")
    assert names(work) == ["Adam Sample", "Zoë Example"]
    for text in ("zoe", "EXAMPLE zoë", "treasury", "exchequer zoe", "permanent"):
        assert names(work, text=text) == ["Zoë Example"]
    assert names(work, text="zoe adam") == []


def test_people_of_a_body_and_of_all_below_it(work: Work, make_organisation: MakeOrganisation) -> None:
    top, unit = make_organisation("DG"), make_organisation("Unit")
    organisations.place(work, unit.id, top.id)
    in_post(work, "Dora General", top, seniority="director_general")
    in_post(work, "Hugo Head", unit, seniority="head_of_unit")
    in_post(work, "Fred Former", top, last=dt.date(2024, 12, 31))
    assert names(work, organisation_id=top.id) == ["Dora General"]
    assert names(work, organisation_id=top.id, below=True) == ["Dora General", "Hugo Head"]
    assert names(work, organisation_id=top.id, former=True) == ["Dora General", "Fred Former"]
    assert names(work, seniority="head_of_unit") == ["Hugo Head"]


def test_list_shows_present_posts_or_the_last_one(work: Work, make_organisation: MakeOrganisation) -> None:
    one, other = make_organisation("One"), make_organisation("Other")
    person = in_post(work, "Ada", one, title="Old", last=dt.date(2020, 1, 1))
    (row,) = reads.listed(work, reads.Filter()).rows
    assert [post.title for post in row.posts] == ["Old"]
    people.appoint(work, person.id, other.id, title="New", first=dt.date(2021, 1, 1))
    people.appoint(work, person.id, one.id, title="Also")
    (row,) = reads.listed(work, reads.Filter()).rows
    assert [post.title for post in row.posts] == ["New", "Also"]


def test_pages_follow_each_other_both_ways(work: Work) -> None:
    made = [people.create(work, name=f"Person {number % 3}").id for number in range(7)]
    first = reads.listed(work, reads.Filter(), limit=3)
    second = reads.listed(work, reads.Filter(), after=first.next, limit=3)
    third = reads.listed(work, reads.Filter(), after=second.next, limit=3)
    assert third.next is None
    pages = [[row.id for row in page.rows] for page in (first, second, third)]
    assert sorted(id for ids in pages for id in ids) == sorted(made)
    back = reads.listed(work, reads.Filter(), before=third.previous, limit=3)
    assert [row.id for row in back.rows] == pages[1]
    assert reads.number(work, reads.Filter()) == 7


def test_engagements_of_a_person_stand_newest_first_with_the_post_held_that_day(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    treasury, company = make_organisation("HM Treasury"), make_organisation("Company")
    person = in_post(work, "Ada", treasury, title="Minister", last=dt.date(2016, 7, 13))
    met(work, make_engagement("1 March 2015", treasury, subject="Then"), treasury, person)
    met(work, make_engagement("1 March 2026", company, subject="Now"), company, person)
    make_engagement("1 April 2026", company, subject="Without her")
    found = reads.engagements(work, person.id)
    assert [(entry.title, entry.detail) for entry in found.entries] == [
        ("Now", "for Company"),
        ("Then", "as Minister, HM Treasury"),
    ]
    page = reads.engagements(work, person.id, limit=1)
    assert [entry.title for entry in reads.engagements(work, person.id, after=page.next).entries] == ["Then"]


def test_who_took_part_is_content_that_not_every_member_may_read(
    instance: Instance,
    colleague: Member,
    work: Work,
    make_organisation: MakeOrganisation,
    make_engagement: MakeEngagement,
) -> None:
    body = make_organisation("DSIT")
    person = in_post(work, "Ada", body)
    for visibility in ("team", "hidden", "members"):
        made = make_engagement("1 March 2026", body, subject=visibility, visibility=visibility)
        met(work, made, body, person)
    assert len(reads.engagements(work, person.id).entries) == 3
    work.commit()
    with instance.reading(colleague, door="web") as hers:
        assert [entry.title for entry in reads.engagements(hers, person.id).entries] == ["team"]


def test_binned_person_is_not_listed(work: Work) -> None:
    people.bin(work, people.create(work, name="Mistake").id)
    assert names(work) == []
