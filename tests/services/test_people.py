"""People, their posts from day to day, and what engagements say of them."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from crm.dates import When, parse_when
from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import Engagement, Member, Organisation, Participation, Person
from crm.queries import history
from crm.queries import people as reads
from crm.services import engagements, people
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


def refused(field: str, words: str) -> pytest.RaisesExc[Invalid]:
    return pytest.raises(Invalid, match=words, check=lambda error: error.field == field)


def met(work: Work, make_engagement: MakeEngagement, day: str, body: Organisation, person: Person) -> Engagement:
    """An engagement in which ``person`` took part for ``body``."""
    made = make_engagement(day, body)
    engagements.amend(work, made.id, parties=[Party(body.id, person.id)])
    return made


def post_named(work: Work, engagement: Engagement) -> int | None:
    return work.session.scalar(
        select(Participation.post_id).where(
            Participation.engagement_id == engagement.id, Participation.person_id.is_not(None)
        )
    )


def test_same_form_sent_twice_makes_one_person(work: Work) -> None:
    made = people.create(work, name="Ada Example", submission="key-1")
    with pytest.raises(AlreadyDone) as again:
        people.create(work, name="Ada Example", submission="key-1")
    assert again.value.reference["id"] == made.id


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("name", "", "cannot be empty"), ("email", "ada", "name@example.org"), ("phone", "1" * 61, "At most 60")],
)
def test_wrong_value_is_refused_and_nothing_changes(work: Work, field: str, value: str, words: str) -> None:
    person = people.create(work, name="Ada Example")
    with refused(field, words):
        people.amend(work, person.id, **{"notes": "changed", field: value})
    assert (person.name, person.notes) == ("Ada Example", "")


def test_second_editor_meets_the_first_ones_change(work: Work, make_organisation: MakeOrganisation) -> None:
    person, body = people.create(work, name="Ada Example"), make_organisation("DSIT")
    opened = person.version
    people.appoint(work, person.id, body.id, version=opened)
    with pytest.raises(Conflict):
        people.amend(work, person.id, name="Ada Sample", version=opened)


def test_reader_changes_nothing(instance: Instance, reader: Member, work: Work) -> None:
    person = people.create(work, name="Ada Example")
    work.commit()
    with instance.writing(reader, door="web") as reading, pytest.raises(Forbidden):
        people.amend(reading, person.id, name="Somebody else")


def test_post_is_of_a_body_that_exists(work: Work, make_organisation: MakeOrganisation) -> None:
    person, body = people.create(work, name="Ada Example"), make_organisation("DSIT")
    with refused("organisation", "no organisation number 999"):
        people.appoint(work, person.id, 999)
    with refused("last", "before the beginning"):
        people.appoint(work, person.id, body.id, first=dt.date(2026, 1, 2), last=dt.date(2026, 1, 1))
    with refused("seniority", "not one of"):
        people.appoint(work, person.id, body.id, seniority="grand vizier")
    assert people.get(work, person.id).posts == []


def test_person_who_changes_jobs_leaves_the_log_as_it_was(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    treasury, company = make_organisation("HM Treasury"), make_organisation("A company")
    person = people.create(work, name="Ada Example")
    minister = people.appoint(work, person.id, treasury.id, title="Minister", first=dt.date(2010, 5, 11))
    before = met(work, make_engagement, "1 March 2015", treasury, person)
    people.leave(work, minister.id, dt.date(2016, 7, 13))
    head = people.appoint(work, person.id, company.id, title="Head", first=dt.date(2026, 1, 1))
    after = met(work, make_engagement, "1 March 2026", company, person)
    assert post_named(work, before) == minister.id
    assert post_named(work, after) == head.id


def test_post_said_later_is_shown_where_it_was_held(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    person = people.create(work, name="Ada Example")
    inside = met(work, make_engagement, "1 March 2025", body, person)
    outside = met(work, make_engagement, "1 March 2026", body, person)
    post = people.appoint(work, person.id, body.id, title="Director", last=dt.date(2025, 12, 31))
    assert (post_named(work, inside), post_named(work, outside)) == (post.id, None)
    people.amend_post(work, post.id, organisation_id=body.id, title="Director", first=dt.date(2026, 1, 1))
    assert (post_named(work, inside), post_named(work, outside)) == (None, post.id)


def test_of_two_posts_held_that_day_the_one_said_stays(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    person = people.create(work, name="Ada Example")
    people.appoint(work, person.id, body.id, title="Director")
    envoy = people.appoint(work, person.id, body.id, title="Special envoy")
    made = make_engagement("1 March 2026", body)
    engagements.amend(work, made.id, parties=[Party(body.id, person.id, post_id=envoy.id)])
    people.appoint(work, person.id, body.id, title="Chair", first=dt.date(2026, 4, 1))
    assert post_named(work, made) == envoy.id


def test_beginning_of_a_name_is_another_person(work: Work, make_organisation: MakeOrganisation) -> None:
    body, day = make_organisation("DSIT"), dt.date(2026, 3, 1)
    ada = people.resolve(work, "Ada Example, Director", body.id, day, field="people")
    assert people.resolve(work, "ada example", body.id, day, field="people").id == ada.id
    assert people.resolve(work, "Ada", body.id, day, field="people").id != ada.id


def test_post_that_was_never_held_is_removed_from_the_log_too(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    person = people.create(work, name="Ada Example")
    post = people.appoint(work, person.id, body.id, title="Director")
    made = met(work, make_engagement, "1 March 2026", body, person)
    people.remove_post(work, post.id)
    assert post_named(work, made) is None
    with pytest.raises(NotFound):
        people.remove_post(work, post.id)


def test_post_cannot_end_before_it_began(work: Work, make_organisation: MakeOrganisation) -> None:
    person, body = people.create(work, name="Ada Example"), make_organisation("DSIT")
    post = people.appoint(work, person.id, body.id, first=dt.date(2026, 1, 1))
    with refused("last", "before the beginning"):
        people.leave(work, post.id, dt.date(2025, 12, 31))
    assert post.last is None


def test_person_entered_by_mistake_goes_to_the_bin_and_one_who_took_part_stays(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    mistake, present = people.create(work, name="Ada Exmaple"), people.create(work, name="Ada Example")
    met(work, make_engagement, "1 March 2026", make_organisation("DSIT"), present)
    people.bin(work, mistake.id)
    assert mistake.is_binned
    people.restore(work, mistake.id)
    assert not mistake.is_binned
    with refused("person", "took part"):
        people.bin(work, present.id)


def test_typed_person_is_found_at_the_body_or_created_there(work: Work, make_organisation: MakeOrganisation) -> None:
    body, day = make_organisation("DSIT"), dt.date(2026, 5, 1)
    person = people.resolve(work, "Zoë Example, Director", body.id, day, field="people")
    assert [post.title for post in people.get(work, person.id).posts] == ["Director"]
    assert people.resolve(work, "zoe example", body.id, day, field="people") is person
    assert people.resolve(work, f"whoever [#{person.id}]", body.id, day, field="people") is person
    namesake = people.create(work, name="Zoë Example")
    people.appoint(work, namesake.id, body.id)
    with refused("people", "Several people are called “Zoe Example” there"):
        people.resolve(work, "Zoe Example", body.id, day, field="people")


def said(text: str) -> When:
    return parse_when(text, today=dt.date(2026, 5, 20), past=True)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("December 2025", None, "since December 2025"),
        ("2012", "about March 2016", "2012 – about March 2016"),
        ("before 2020", "after 3 May 2026", "31 Dec 2019 or earlier – 4 May 2026 or later"),
        ("3 May 2024", "Q1 2026", "3 May 2024 – Q1 2026"),
        (None, "12 or 13 May 2026", "until 12 or 13 May 2026"),
    ],
)
def test_post_keeps_its_days_as_they_were_said(
    work: Work, make_organisation: MakeOrganisation, first: str | None, last: str | None, words: str
) -> None:
    person, body = people.create(work, name="Ada Example"), make_organisation("DSIT")
    edges = {name: said(text) for name, text in (("first", first), ("last", last)) if text}
    post = people.appoint(work, person.id, body.id, title="Director", **edges)  # type: ignore[arg-type]
    work.session.expire_all()
    assert [(when.text if when else None) for when in (post.began, post.ended)] == [first, last]
    ((row,),) = reads.posts(work, [person.id]).values()
    assert row.held.words == words


def test_history_tells_a_post_with_the_doubt_of_its_days(work: Work, make_organisation: MakeOrganisation) -> None:
    person, body = people.create(work, name="Ada Example"), make_organisation("DSIT")
    work.commit()
    post = people.appoint(work, person.id, body.id, title="Director", first=said("December 2025"))
    work.commit()
    people.leave(work, post.id, said("about March 2026"))
    work.commit()
    ended, appointed, _ = history.steps(work, "person", person.id)
    assert "since December 2025" in appointed.changes[0].after
    (change,) = ended.changes
    assert (change.lead.split(" of ")[0], change.after) == ("set the end", "about March 2026")


def test_only_days_that_contradict_each_other_however_read_are_refused(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    person, body = people.create(work, name="Ada Example"), make_organisation("DSIT")
    people.appoint(work, person.id, body.id, first=said("May 2026"), last=said("2 May 2026"))
    with refused("last", "before the beginning"):
        people.appoint(work, person.id, body.id, first=said("May 2026"), last=said("April 2026"))
    with refused("first", "lasts some days"):
        people.appoint(work, person.id, body.id, first=said("12–13 May 2026"))


def test_where_two_posts_meet_in_one_year_the_one_surely_held_is_named(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    body = make_organisation("DSIT")
    person = people.create(work, name="Ada Example")
    adviser = people.appoint(work, person.id, body.id, title="Adviser", last=said("2025"))
    director = people.appoint(work, person.id, body.id, title="Director", first=said("January 2025"))
    assert people.post_on(work, person.id, body.id, dt.date(2024, 12, 31)) == adviser.id
    assert people.post_on(work, person.id, body.id, dt.date(2025, 3, 1)) == director.id
