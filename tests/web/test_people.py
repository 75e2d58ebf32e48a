"""People in the browser: the list, one person's posts and engagements, the forms."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable

from sqlalchemy import select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Organisation, Person, Post
from crm.services import engagements, organisations, people
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona
from crm.work import Work

Visit = Callable[..., Browser]


def enter(instance: Instance, make: Callable[[Work], int], name: str = "owner") -> int:
    """Runs ``make`` in a unit of work of a persona."""
    with instance.writing(persona(instance, name), door="web") as work:
        return make(work)


def ada(work: Work) -> int:
    """A person in a post at DSIT."""
    person = people.create(work, name="Ada Example", email="ada@example.org")
    body = organisations.create(work, name="DSIT")
    people.appoint(work, person.id, body.id, title="Director", first=dt.date(2023, 2, 7))
    return person.id


def posts(instance: Instance) -> list[Post]:
    with instance.reading(door="cli", trusted=True) as work:
        return list(work.session.scalars(select(Post).order_by(Post.id)))


def words(text: str) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_list_finds_people_by_name_post_and_body(browser: Visit, instance: Instance) -> None:
    enter(instance, ada)
    visitor = browser("reader")
    for query in ("ada", "director", "dsit"):
        assert "Ada Example" in visitor.get(f"/people/?q={query}").text
    assert "Nobody fits" in visitor.get("/people/?q=nobody").text
    assert visitor.get("/people/?body=999&below=x&seniority=x&after=x").status_code == 200


def test_people_of_a_body_are_listed_with_its_name(browser: Visit, instance: Instance) -> None:
    enter(instance, ada)
    body = posts(instance)[0].organisation_id
    page = browser("reader").get(f"/people/?body={body}").text
    assert "Of DSIT" in words(page)
    assert "Ada Example" in page


def test_new_person_comes_with_the_post_and_an_unknown_body_is_added(browser: Visit, instance: Instance) -> None:
    typed = {
        "name": "Grace Sample",
        "email": "grace@example.org",
        "organisation": "Brand-new body",
        "title": "Head of Unit",
        "seniority": "head_of_unit",
        "first": "2024",
    }
    answer = browser("owner").post("/people/", typed)
    assert answer.status_code == 303
    (post,) = posts(instance)
    assert (post.title, post.first) == ("Head of Unit", dt.date(2024, 1, 1))
    assert (post.first_until, post.first_text) == (dt.date(2024, 12, 31), "2024")
    page = words(browser("reader").get(answer.headers["Location"]).text)
    assert "Head of Unit" in page
    assert "Brand-new body" in page
    assert "since 2024" in page


def test_refused_form_saves_nothing_and_keeps_what_was_typed(browser: Visit, instance: Instance) -> None:
    typed = {"name": "Grace Sample", "email": "grace", "organisation": "Brand-new body", "notes": "typed at length"}
    answer = browser("owner").post("/people/", typed)
    assert answer.status_code == 422
    assert "typed at length" in answer.text
    assert "name@example.org" in answer.text
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalars(select(Person)).all() == []
        assert work.session.scalars(select(Organisation).where(Organisation.name == "Brand-new body")).all() == []


def test_double_click_makes_one_person(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    typed = {"name": "Grace Sample", "submission": "the-same-form"}
    first, second = visitor.post("/people/", typed), visitor.post("/people/", typed)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]


def test_post_is_ended_corrected_and_removed(browser: Visit, instance: Instance) -> None:
    number = enter(instance, ada)
    (post,) = posts(instance)
    visitor = browser("owner")
    wrong = visitor.post(f"/people/posts/{post.id}/leave", {f"leave{post.id}-last": "2020"})
    assert wrong.status_code == 422
    assert "lies before the beginning" in words(wrong.text)
    assert visitor.post(f"/people/posts/{post.id}/leave", {f"leave{post.id}-last": ""}).status_code == 303
    assert posts(instance)[0].last == dt.date(2026, 5, 20)
    typed = {
        "organisation": f"DSIT [#{post.organisation_id}]",
        "title": "Director-General",
        "first": "2023",
        "last": "",
    }
    assert visitor.post(f"/people/posts/{post.id}", typed).status_code == 303
    assert (posts(instance)[0].title, posts(instance)[0].last) == ("Director-General", None)
    assert visitor.post(f"/people/{number}/posts", {"post-organisation": ""}).status_code == 422
    assert (
        visitor.post(f"/people/{number}/posts", {"post-organisation": "DSIT", "post-title": "Adviser"}).status_code
        == 303
    )
    assert visitor.post(f"/people/posts/{post.id}/remove").status_code == 303
    assert [row.title for row in posts(instance)] == ["Adviser"]


def test_two_editors_meet_with_both_versions_shown(browser: Visit, instance: Instance) -> None:
    number = enter(instance, ada)
    one, other = browser("owner"), browser("colleague")
    opened = re.findall(r'name="version"[^>]*value="(\d+)"', one.get(f"/people/{number}/edit").text)[0]
    assert one.post(f"/people/{number}", {"name": "Ada First", "version": opened}).status_code == 303
    answer = other.post(f"/people/{number}", {"name": "Ada Second", "version": opened})
    assert answer.status_code == 409
    assert "Ada First" in answer.text
    assert "Ada Second" in answer.text


def test_engagements_of_a_person_are_those_the_member_may_read(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> int:
        number = ada(work)
        body = people.get(work, number).posts[0].organisation_id
        for visibility in ("team", "hidden", "members"):
            engagements.log(
                work,
                kind="meeting",
                status="held",
                when=parse_when("4 May 2026", today=work.today(), past=True),
                parties=[Party(body, number)],
                subject=f"Seen by {visibility}",
                visibility=visibility,
            )
        return number

    number = enter(instance, make)
    mine, theirs = (browser(name).get(f"/people/{number}").text for name in ("owner", "colleague"))
    assert all(f"Seen by {word}" in mine for word in ("team", "hidden", "members"))
    assert "Seen by team" in theirs
    assert "as Director, DSIT" in words(theirs)
    assert "Seen by hidden" not in theirs
    assert "Seen by members" not in theirs


def test_person_goes_to_the_bin_and_back(browser: Visit, instance: Instance) -> None:
    number = enter(instance, lambda work: people.create(work, name="Mistake").id)
    visitor = browser("owner")
    assert visitor.post(f"/people/{number}/bin").status_code == 303
    assert "In the bin" in visitor.get(f"/people/{number}").text
    assert visitor.post(f"/people/{number}/restore").status_code == 303
    assert "In the bin" not in visitor.get(f"/people/{number}").text


def test_reader_is_offered_no_change(browser: Visit, instance: Instance) -> None:
    number = enter(instance, ada)
    visitor = browser("reader")
    page = visitor.get(f"/people/{number}").text
    assert "Add a post" not in page
    assert "/edit" not in page
    for path in (f"{number}/edit", "new", f"posts/{posts(instance)[0].id}/edit"):
        assert visitor.get(f"/people/{path}").status_code == 403


def test_month_and_about_are_kept_as_typed_and_offered_again(browser: Visit, instance: Instance) -> None:
    number = enter(instance, ada)
    visitor = browser("owner")
    typed = {"post-organisation": "DSIT", "post-title": "Adviser", "post-first": "December 2025"}
    assert visitor.post(f"/people/{number}/posts", {**typed, "post-last": "about March 2026"}).status_code == 303
    assert "December 2025 – about March 2026" in words(visitor.get(f"/people/{number}").text)
    post = posts(instance)[1]
    form = visitor.get(f"/people/posts/{post.id}/edit").text
    assert 'value="December 2025"' in form
    assert 'value="about March 2026"' in form
    refused = visitor.post(f"/people/{number}/posts", {**typed, "post-first": "some day"})
    assert refused.status_code == 422
    assert "cannot be read as a date" in refused.text
