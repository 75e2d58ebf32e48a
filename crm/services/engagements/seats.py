"""People at the table, read from the lines that name them; the lines are described in :mod:`.lines`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import select

from crm.errors import Invalid
from crm.models import Member, Organisation, Person, Post
from crm.models.people import folded_name
from crm.services import people
from crm.services.engagements.unsure import ask_about_person
from crm.text import fold
from crm.work import Work

REFERENCE = re.compile(r"\s*\[#(@|m)?(\d{1,9})\]\s*$")
_AT = re.compile(r"\s+@\s*(?=\S)|@\s+")
_NUMBER = re.compile(r"\s*#(\d{1,9})\s*$")


class Seat(NamedTuple):
    """A person at the table, for an organisation."""

    organisation_id: int
    person_id: int
    post_id: int | None
    name: str


def seat(
    work: Work,
    line: str,
    among: Sequence[Organisation],
    day: dt.date,
    name: str,
    said_new: Collection[str] | None = None,
    beside: Sequence[Organisation] = (),
) -> Seat:
    """The person that one line means, and for which of ``among`` they came; whoever is new is added to the log.

    :param said_new: see :func:`crm.services.engagements.lines.parties`
    :param beside: the organisations of the other side: whoever is known to hold a post there, and none with ``among``,
        came for them
    :raises Invalid: (field ``name``) it means nobody, or one of several
    :raises Unsure: it is a new name, but others there have such a one
    """
    reference = REFERENCE.search(line)
    said = line[: reference.start()] if reference else line
    who, at = _split_place(said)
    every = [*among, *beside]
    place = _place(at, among, beside, name, line) if at else (among[0] if len(every) == len(among) == 1 else None)
    is_said_new = False
    if reference is not None and reference[1] == "@":
        place = next((one for one in every if one.id == int(reference[2])), None) or place
        reference, is_said_new = None, True
    person = _referenced(work, reference, line, name) if reference is not None else None
    title = _title(who, person.name) if person is not None else who.partition(",")[2].strip()
    if place is None:
        is_member = reference is not None and reference[1] == "m"
        place = _place_by_posts(work, person, who, title, among, beside, day, is_member=is_member)
    if place is None:
        raise _unplaced(who, among, line, name)
    if person is None:
        person = people.resolve(work, who, place.id, day, field=name)
        if said_new is not None and not is_said_new:
            ask_about_person(work, person, place.id, name, said_new)
    post_id = _post(work, person, place.id, title, day) if title else None
    return Seat(place.id, person.id, post_id, person.name)


def _split_place(said: str) -> tuple[str, str]:
    found = list(_AT.finditer(said))
    if not found:
        return said.strip(), ""
    return said[: found[-1].start()].strip(), said[found[-1].end() :].strip()


def _place(
    at: str, among: Sequence[Organisation], beside: Sequence[Organisation], name: str, line: str
) -> Organisation:
    found = by_name(at, among) or by_name(at, beside)
    if found is None:
        raise Invalid(name, f"“{line}”: {at} is not among the organisations of this side; name it there as well.")
    return found


def _referenced(work: Work, reference: re.Match[str], line: str, name: str) -> Person:
    if reference[1] == "m":
        return _person_of_member(work, int(reference[2]), line, name)
    person = work.session.get(Person, int(reference[2]))
    if person is None or person.is_binned:
        raise Invalid(name, f"“{line}” is no longer in the log; choose the person again.")
    return person


def _person_of_member(work: Work, member_id: int, line: str, name: str) -> Person:
    """The person that a member is in the log, who is added when the member is first said to have taken part."""
    member = work.session.get(Member, member_id)
    if member is None:
        raise Invalid(name, f"“{line}” is no member here; choose again.")
    person = work.session.get(Person, member.person_id) if member.person_id is not None else None
    if person is None or person.is_binned:
        person = people.create(work, name=member.name)
        member.person_id = person.id
        work.session.flush()
    return person


def _title(who: str, name: str) -> str:
    """The post in ``who``, as far as it begins with the person's name, which may have a comma of its own."""
    if not fold(who).startswith(fold(name)):
        return ""
    return who[len(name) :].lstrip(" ,").strip() if len(who) > len(name) else ""


def _post(work: Work, person: Person, organisation_id: int, title: str, day: dt.date) -> int:
    """The post of that title held there that day, added where the log does not know of it."""
    posts = work.session.scalars(
        select(Post).where(Post.person_id == person.id, Post.organisation_id == organisation_id).order_by(Post.id)
    ).all()
    held = [post for post in posts if post.held_on(day)]
    for post in held:
        if fold(post.title) == fold(title):
            return post.id
    return people.appoint(work, person.id, organisation_id, title=title).id


def _place_by_posts(
    work: Work,
    person: Person | None,
    who: str,
    title: str,
    among: Sequence[Organisation],
    beside: Sequence[Organisation],
    day: dt.date,
    *,
    is_member: bool,
) -> Organisation | None:
    """The one organisation in which somebody of that name is known to hold a post, none if that leaves a choice."""
    whose = (
        Post.person_id == person.id
        if person is not None
        else Person.names_folded == folded_name(who.partition(",")[0].strip())
    )
    posts = work.session.scalars(
        select(Post)
        .join(Person, Person.id == Post.person_id)
        .where(whose, Post.organisation_id.in_([one.id for one in (*among, *beside)]), Person.binned_at.is_(None))
    ).all()
    held = [post for post in posts if post.held_on(day)]
    here = [one for one in among if any(post.organisation_id == one.id for post in held)]
    if len(here) == 1:
        return here[0]
    if not here:
        # Another post than the known one may be a namesake's.
        same = {post.organisation_id for post in held if not title or fold(post.title) == fold(title)}
        there = [one for one in beside if one.id in same]
        if is_member and not there and len(beside) == 1:
            return beside[0]
        if len(there) == 1:
            return there[0]
    return among[0] if len(among) == 1 else None


def _unplaced(who: str, among: Sequence[Organisation], line: str, name: str) -> Invalid:
    if not among:
        return Invalid(name, f"“{line}”: name the organisation first.")
    plain = who.strip()
    example = f"{plain} @ {place_names(among)[among[0].id]}"
    return Invalid(name, f"Say for which organisation {plain.partition(',')[0]} came, for example “{example}”.")


def by_name(text: str, among: Sequence[Organisation]) -> Organisation | None:
    """The one of ``among`` that bears the name, or ends in its number: “DG CNECT”, “Cabinet #34”."""
    numbered = _NUMBER.search(text)
    if numbered is not None:
        return next((one for one in among if one.id == int(numbered[1])), None)
    folded = fold(text)
    found = [one for one in among if f"| {folded} |" in f"{one.names_folded}|"]
    return found[0] if len(found) == 1 else None


def person_line(name: str, post: str = "", at: str = "", reference: str = "") -> str:
    """The line of one person; see the head of this module."""
    said = name + (f", {post}" if post else "") + (f" @ {at}" if at else "")
    return f"{said} [#{reference}]" if reference else said


def place_names(among: Sequence[Organisation]) -> dict[int, str]:
    """What stands after “@”: the short name of each organisation, the whole one where two share it, else its number."""
    labels = [fold(one.label) for one in among]
    names = [fold(one.name) for one in among]
    return {
        one.id: one.label
        if labels.count(fold(one.label)) == 1
        else one.name
        if names.count(fold(one.name)) == 1
        else f"{one.label} #{one.id}"
        for one in among
    }
