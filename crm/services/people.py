"""Verbs on people and their posts."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from crm.errors import Invalid, NotFound
from crm.models import Person, Post
from crm.models.people import SENIORITIES
from crm.services.permissions import WRITE, authorise
from crm.services.values import choice, day_order, line, short, text
from crm.text import fold
from crm.work import Work

_REFERENCE = re.compile(r"\[#(\d{1,18})\]\s*$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def get(work: Work, person_id: int) -> Person:
    """One person with posts and their organisations.

    :raises NotFound: there is none
    """
    found = work.session.scalar(
        select(Person)
        .where(Person.id == person_id)
        .options(selectinload(Person.posts).selectinload(Post.organisation))
    )
    if found is None:
        raise NotFound
    return found


def create(work: Work, *, name: str, email: str = "", phone: str = "", notes: str = "") -> Person:
    """Adds a person.

    :raises Invalid: no name, or an address that is none
    """
    authorise(work, WRITE)
    work.act("person.create")
    person = Person(name=short("name", name, 200), posts=[])
    _apply(person, {"email": email, "phone": phone, "notes": notes})
    person.fold_names()
    work.session.add(person)
    work.session.flush()
    return person


def amend(work: Work, person_id: int, *, version: int | None = None, **values: Any) -> Person:
    """Changes fields of a person.

    :raises Conflict: somebody else saved it since ``version``
    """
    person = get(work, person_id)
    authorise(work, WRITE, person)
    work.expect(person, version)
    work.act("person.amend", person)
    _apply(person, values)
    person.fold_names()
    work.session.flush()
    return person


def appoint(
    work: Work,
    person_id: int,
    organisation_id: int,
    *,
    title: str = "",
    seniority: str = "",
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> Post:
    """Gives a person a post, dated where that is known."""
    person = get(work, person_id)
    authorise(work, WRITE, person)
    work.act("person.appoint", person)
    day_order("post", first, last)
    post = Post(
        person_id=person.id,
        organisation_id=organisation_id,
        title=line("title", title, 200),
        seniority=choice("seniority", seniority, ["", *SENIORITIES]),
        first=first,
        last=last,
    )
    work.session.add(post)
    work.session.flush()
    return post


def leave(work: Work, post_id: int, last: dt.date) -> None:
    """Ends a post on ``last``, the last day it was held."""
    post = work.session.get(Post, post_id)
    if post is None:
        raise NotFound
    authorise(work, WRITE, work.session.get(Person, post.person_id))
    day_order("last", post.first, last)
    work.act("person.leave", work.session.get(Person, post.person_id))
    post.last = last


def resolve(work: Work, typed: str, organisation_id: int, day: dt.date, *, field: str) -> Person:
    """The person that ``typed`` means at a body, created there when unknown.

    ``typed`` is a name, a name and a post (“Jane Doe, Head of Unit”), or a label ending in ``[#id]``.

    :raises Invalid: several people of that name hold posts there
    """
    reference = _REFERENCE.search(typed)
    if reference:
        person = work.session.get(Person, int(reference.group(1)))
        if person is None or person.is_binned:
            raise Invalid(field, f"“{typed}” is no longer in the log; choose the person again.")
        return person
    name, _, title = (part.strip() for part in typed.partition(","))
    holders = work.session.scalars(
        select(Person)
        .join(Post)
        .where(
            Person.names_folded.contains(f"| {fold(name)} ", autoescape=True),
            Post.organisation_id == organisation_id,
            or_(Post.last.is_(None), Post.last >= day),
            Person.binned_at.is_(None),
        )
        .distinct()
    ).all()
    if len(holders) > 1:
        listed = "; ".join(f"{person.name} [#{person.id}]" for person in holders)
        raise Invalid(field, f"Several people are called “{name}” there: {listed}. Choose one of them.")
    if holders:
        return holders[0]
    person = create(work, name=name)
    appoint(work, person.id, organisation_id, title=title)
    return person


def post_on(work: Work, person_id: int, organisation_id: int, day: dt.date) -> int | None:
    """Id of the post that a person held in a body on ``day``, if one is known."""
    posts = work.session.scalars(
        select(Post).where(Post.person_id == person_id, Post.organisation_id == organisation_id).order_by(Post.id)
    ).all()
    return next((post.id for post in posts if post.held_on(day)), None)


def _apply(person: Person, values: dict[str, Any]) -> None:
    for field, value in values.items():
        if field == "name":
            person.name = short(field, value, 200)
        elif field == "email":
            address = line(field, value, 254)
            if address and not _EMAIL.fullmatch(address):
                raise Invalid(field, "Give an e-mail address such as name@example.org, or leave it empty.")
            person.email = address
        elif field == "phone":
            person.phone = line(field, value, 60)
        elif field == "notes":
            person.notes = text(field, value)
        else:
            raise Invalid(field, "There is no such field on a person.")
