"""Verbs on people and their posts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import selectinload

from crm.dates import Precision, When
from crm.dates.wording import day as in_words
from crm.errors import Invalid, NotFound
from crm.models import Engagement, Member, Participation, Person, Post
from crm.models.people import SENIORITIES, folded_name
from crm.services import references
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice, day_order, line, short, text
from crm.work import Work

_REFERENCE = re.compile(r"\[#(\d{1,9})\]\s*$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def get(work: Work, person_id: int) -> Person:
    """One person with posts and their organisations.

    :raises NotFound: there is none
    """
    found: Person | None = work.session.scalar(
        select(Person).where(Person.id == person_id).options(selectinload(Person.posts).selectinload(Post.organisation))
    )
    if found is None:
        raise NotFound
    return found


def create(
    work: Work,
    *,
    name: str,
    email: str = "",
    phone: str = "",
    notes: str = "",
    post: Mapping[str, Any] | None = None,
    submission: str | None = None,
) -> Person:
    """Adds a person.

    :param post: held from the outset: ``organisation_id`` and what :func:`appoint` may be told
    :raises Invalid: no name, an address that is none, or a post that cannot be
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    person = Person(name="", posts=[])
    work.act("person.create", person)
    _apply(person, {"name": name, "email": email, "phone": phone, "notes": notes})
    person.fold_names()
    if post is not None:
        references.organisations(work, "organisation", [post["organisation_id"]])
        held = Post(organisation_id=post["organisation_id"])
        _apply_post(held, post.get("title", ""), post.get("seniority", ""), post.get("first"), post.get("last"))
        person.posts.append(held)
    work.session.add(person)
    work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "person", "id": person.id}
    return person


def amend(work: Work, person_id: int, *, version: int | None = None, **values: Any) -> Person:
    """Changes fields of a person.

    :raises Conflict: somebody else saved it since ``version``
    """
    person = _opened(work, person_id, "person.amend", version)
    _apply(person, values)
    person.fold_names()
    work.session.flush()
    return person


def bin(work: Work, person_id: int, *, version: int | None = None) -> Person:
    """Puts a person who was entered by mistake into the bin.

    :raises Conflict: somebody else saved it since ``version``
    :raises Invalid: the log still names the person
    """
    person = get(work, person_id)
    authorise(work, WRITE, person)
    work.expect(person, version)
    named = or_(exists().where(Participation.person_id == person_id), exists().where(Member.person_id == person_id))
    if work.session.scalar(select(named)):
        # Which engagement is not said: the member may not know of it.
        raise Invalid("person", f"{person.name} is named in the log as somebody who took part, so the entry stays.")
    work.act("person.bin", person)
    person.binned_at = work.now()
    work.session.flush()
    return person


def restore(work: Work, person_id: int) -> Person:
    """Takes a person out of the bin."""
    person = _opened(work, person_id, "person.restore", None)
    person.binned_at = None
    work.session.flush()
    return person


def appoint(
    work: Work,
    person_id: int,
    organisation_id: int,
    *,
    title: str = "",
    seniority: str = "",
    first: When | dt.date | None = None,
    last: When | dt.date | None = None,
    version: int | None = None,
) -> Post:
    """Gives a person a post, dated where that is known.

    Engagements in which the person took part for that body in that time show the post from now on.

    :param first: when it began; a plain date is that day
    :param last: when it ended
    :raises Invalid: there is no such body, or the days contradict each other
    :raises Conflict: somebody else saved the person since ``version``
    """
    person = _opened(work, person_id, "person.appoint", version)
    references.organisations(work, "organisation", [organisation_id])
    post = Post(person_id=person.id, organisation_id=organisation_id)
    _apply_post(post, title, seniority, first, last)
    person.posts.append(post)
    work.session.flush()
    _link_posts(work, person_id)
    return post


def amend_post(
    work: Work,
    post_id: int,
    *,
    organisation_id: int,
    title: str = "",
    seniority: str = "",
    first: When | dt.date | None = None,
    last: When | dt.date | None = None,
    version: int | None = None,
) -> Post:
    """Corrects a post.

    :raises NotFound: there is none
    :raises Invalid: there is no such body, or the days contradict each other
    :raises Conflict: somebody else saved the person since ``version``
    """
    post = get_post(work, post_id)
    _opened(work, post.person_id, "person.appoint", version)
    if organisation_id != post.organisation_id:
        references.organisations(work, "organisation", [organisation_id])
    _apply_post(post, title, seniority, first, last)
    post.organisation_id = organisation_id
    work.session.flush()
    _link_posts(work, post.person_id)
    return post


def leave(work: Work, post_id: int, last: When | dt.date, *, version: int | None = None) -> None:
    """Ends a post on ``last``, the last day it was held, as exactly as that is known.

    :raises NotFound: there is none
    :raises Invalid: the post began later
    :raises Conflict: somebody else saved the person since ``version``
    """
    post = get_post(work, post_id)
    _opened(work, post.person_id, "person.leave", version)
    _apply_days(post, post.began, last)
    work.session.flush()
    _link_posts(work, post.person_id)


def remove_post(work: Work, post_id: int, *, version: int | None = None) -> None:
    """Removes a post that was never held; engagements keep the person, without the post.

    :raises NotFound: there is none
    :raises Conflict: somebody else saved the person since ``version``
    """
    post = get_post(work, post_id)
    person = _opened(work, post.person_id, "person.unpost", version)
    _link_posts(work, post.person_id, but=post_id)
    person.posts.remove(post)
    work.session.flush()


def get_post(work: Work, post_id: int) -> Post:
    """One post.

    :raises NotFound: there is none
    """
    post = work.session.get(Post, post_id)
    if post is None:
        raise NotFound
    return post


def resolve(work: Work, typed: str, organisation_id: int, day: dt.date, *, field: str) -> Person:
    """The person that ``typed`` means at a body, created there when unknown.

    ``typed`` is a name, a name and a post (“Jane Doe, Head of Unit”), or a label ending in ``[#id]``.

    :raises Invalid: several people of that name hold posts there
    """
    typed = text(field, typed)
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
            Person.names_folded == folded_name(name),
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
    return _held(_posts(work, person_id), organisation_id, day)


def _opened(work: Work, person_id: int, verb: str, version: int | None) -> Person:
    person = get(work, person_id)
    authorise(work, WRITE, person)
    work.expect(person, version)
    work.act(verb, person)
    return person


def _posts(work: Work, person_id: int) -> list[Post]:
    return list(work.session.scalars(select(Post).where(Post.person_id == person_id).order_by(Post.id)))


def _held(posts: list[Post], organisation_id: int, day: dt.date) -> int | None:
    found = [post for post in posts if post.organisation_id == organisation_id and post.held_on(day)]
    # Where one post ended and the next began in the same month or year, the one that was surely held goes first.
    found.sort(key=lambda post: not post.surely_held_on(day))
    return found[0].id if found else None


def _link_posts(work: Work, person_id: int, *, but: int | None = None) -> None:
    """Has every participation of a person name the post held that day, as the posts stand now."""
    posts = {post.id: post for post in _posts(work, person_id) if post.id != but}
    found = work.session.execute(
        select(Participation, Engagement.first_day)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .where(Participation.person_id == person_id)
    ).all()
    for participation, day in found:
        named = None if participation.post_id is None else posts.get(participation.post_id)
        # Of two posts held there that day, whoever logged it may have said which.
        if named is None or named.organisation_id != participation.organisation_id or not named.held_on(day):
            participation.post_id = _held(list(posts.values()), participation.organisation_id, day)
    work.session.flush()


def address(typed: Any) -> str:
    """An e-mail address as it is stored.

    :raises Invalid: (field ``email``) it is none
    """
    found = line("email", typed, 254)
    if found and not _EMAIL.fullmatch(found):
        raise Invalid("email", "Give an e-mail address such as name@example.org, or leave it empty.")
    return found


def _apply_post(
    post: Post, title: str, seniority: str, first: When | dt.date | None, last: When | dt.date | None
) -> None:
    title, seniority = line("title", title, 200), choice("seniority", seniority, ["", *SENIORITIES])
    _apply_days(post, first, last)
    post.title, post.seniority = title, seniority


def _apply_days(post: Post, first: When | dt.date | None, last: When | dt.date | None) -> None:
    """Says when a post was held; only what contradicts itself however it is read is refused."""
    began, ended = _edge("first", first), _edge("last", last)
    if began is not None and ended is not None:
        day_order("last", began.first, ended.last)
    post.began, post.ended = began, ended


def _edge(field: str, said: When | dt.date | None) -> When | None:
    """A beginning or end: a day in doubt perhaps, but no time, and nothing that lasts."""
    if isinstance(said, dt.date):
        return When(said, said, Precision.DAY, in_words(said))
    if said is None:
        return None
    if said.end is not None:
        raise Invalid(field, f"“{said.text}” lasts some days: a post begins and ends on one, as far as it is known.")
    precision = Precision.DAY if said.precision is Precision.MINUTE else said.precision
    return When(said.first, said.last, precision, said.text, assumed=said.assumed)


def _apply(person: Person, values: dict[str, Any]) -> None:
    checked = {field: _checked(field, value) for field, value in values.items()}
    for field, value in checked.items():
        setattr(person, field, value)


def _checked(field: str, value: Any) -> str:
    if field == "name":
        return short(field, value, 200)
    if field == "email":
        return address(value)
    if field == "phone":
        return line(field, value, 60)
    if field == "notes":
        return text(field, value)
    raise Invalid(field, "There is no such field on a person.")
