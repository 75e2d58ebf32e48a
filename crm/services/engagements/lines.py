"""Who took part, read from lines as people type them: the same text with and without JavaScript.

An organisation is a line with any name it has or had, or a name that ends in its number, ``European Commission [#12]``.

A person is a line ``Name, Post @ Organisation [#7]``, of which only the name is needed:

* the post is what follows the first comma: “Jane Doe, Head of Unit”;
* the organisation is what follows the last “ @ ”; without it, it is found by the posts the person is known to hold,
  those with an actor included; if that leaves a choice, it is the only one on that side, or asked for;
* the number in brackets at the end says which person is meant; ``[#m3]`` means member 3, ``[#@12]`` a new person of
  organisation 12.

A role is a name from these lines with what it took part as: a key of :data:`AS`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from crm.errors import Invalid, Several
from crm.models import Organisation, Topic
from crm.models.engagements import ACCEPTANCES, ROLES
from crm.services import organisations
from crm.services import topics as topic_verbs
from crm.services.engagements.parties import Party, our_organisations
from crm.services.engagements.seats import REFERENCE, Seat, by_name, seat
from crm.services.engagements.unsure import Unsure, ask_about_organisation, ask_about_topic
from crm.services.values import text
from crm.text import fold, sort_key
from crm.work import Work

#: What somebody can be said to have taken part as, beyond the usual role of their side.
AS = {
    "host": "Host",
    "speaker": "Speaker",
    "attendee": "Attendee",
    "signatory": "Signatory",
    "addressee": "Addressee",
    "accepted": "Accepted the invitation",
    "declined": "Declined the invitation",
    "absent": "Did not come",
}

_PERSON = re.compile(r"\[#p(\d{1,9})\]\s*$")


class Role(NamedTuple):
    """One line of the roles: whose, and which."""

    who: str
    taken: str


@dataclass(slots=True)
class Typed:
    """The fields of who took part, each a text with one name a line."""

    bodies: str = ""
    people: str = ""
    third: str = ""
    copies: str = ""
    actors: str = ""
    colleagues: str = ""
    roles: Sequence[Role] = ()


@dataclass(slots=True)
class _Reader:
    """Collects every problem, so that all are shown at once."""

    work: Work
    day: dt.date
    said_new: Collection[str] | None
    problems: list[Invalid] = field(default_factory=list)

    def organisations(self, text: str, name: str) -> list[Organisation]:
        try:
            found = organisations.resolve(self.work, text.splitlines(), field=name, may_create=True)
        except Several as error:
            self.problems += error.problems
            return []
        for one in found if self.said_new is not None else ():
            try:
                ask_about_organisation(self.work, one, name, self.said_new or ())
            except Unsure as error:
                self.problems.append(error)
        return found

    def seats(
        self, text: str, among: Sequence[Organisation], name: str, beside: Sequence[Organisation] = ()
    ) -> list[Seat]:
        found: dict[tuple[int, int], Seat] = {}
        for typed in text.splitlines():
            if not typed.strip():
                continue
            try:
                one = seat(self.work, typed.strip(), among, self.day, name, self.said_new, beside)
                found.setdefault((one.organisation_id, one.person_id), one)
            except Invalid as error:
                self.problems.append(error)
            except Several as error:
                self.problems += error.problems
        return list(found.values())


def parties(work: Work, typed: Typed, day: dt.date, said_new: Collection[str] | None = None) -> list[Party]:
    """Who took part, in the order typed; organisations, people and posts that are new are added to the log.

    Where nobody is marked as ours yet, the actors named here are from now on.

    :param day: the first possible day, on which posts are read
    :param said_new: folded names said to be new; others that only look new are asked about. None to ask nothing
    :raises Several: every line that cannot be read, each on its field; :class:`Unsure` for what is asked about
    """
    reader = _Reader(work, day, said_new)
    met = reader.organisations(typed.bodies, "bodies")
    third = reader.organisations(typed.third, "third")
    copies = reader.organisations(typed.copies, "copies")
    actors = reader.organisations(typed.actors, "actors")
    if not met and not reader.problems:
        reader.problems.append(Invalid("bodies", "Name at least one body that was met or written to."))
    _refuse_twice(reader, met, third, copies, actors)
    _mark_ours(work, actors)
    ours = actors or (our_organisations(work) if (typed.people + typed.colleagues).strip() else [])
    seated = reader.seats(typed.people, [*met, *third, *copies], "people", ours) if met else []
    acting = {one.id for one in ours}
    guests = [seat for seat in seated if seat.organisation_id not in acting]
    colleagues = [seat for seat in seated if seat.organisation_id in acting]
    if ours and not reader.problems:
        colleagues = _each_once([*reader.seats(typed.colleagues, ours, "colleagues"), *colleagues])
    rows = [
        *_rows(actors, colleagues, "actor"),
        *_rows(met, guests, "counterpart"),
        *_rows(third, guests, "third"),
        *_rows(copies, guests, "counterpart", role="copy"),
    ]
    named = {one.id: one for one in (*met, *third, *copies, *actors)}
    rows = _with_roles(reader, rows, typed.roles, named, {seat.person_id: seat.name for seat in (*guests, *colleagues)})
    if reader.problems:
        raise Several(reader.problems)
    return rows


def our_side(work: Work, actors: Sequence[Organisation], colleagues: str, day: dt.date, *, field: str) -> list[Party]:
    """Who acts: the organisations with those of their people that lines name; our own for people alone.

    :param actors: empty for our own organisation
    :param day: the day on which posts are read
    :raises Several: every line that cannot be read
    """
    reader = _Reader(work, day, None)
    ours = list(actors) or (our_organisations(work) if colleagues.strip() else [])
    seats = reader.seats(colleagues, ours, field)
    if reader.problems:
        raise Several(reader.problems)
    return _rows(actors, seats, "actor")


def organisation(
    work: Work, text: str, *, name: str, may_create: bool = True, said_new: Collection[str] | None = None
) -> int | None:
    """The one organisation that a field means, none if it is empty.

    :raises Several: it means none, or one of several
    :raises Unsure: it is new, but may be a short way of saying another
    """
    found = organisations.resolve(work, text.splitlines(), field=name, may_create=may_create)
    if found and said_new is not None:
        ask_about_organisation(work, found[0], name, said_new)
    return found[0].id if found else None


def topics(
    work: Work,
    lines: Iterable[str],
    *,
    field: str = "topics",
    may_create: bool = True,
    said_new: Collection[str] | None = None,
) -> list[int]:
    """The topics that lines mean, each once; new ones are added.

    :raises Invalid: one is gone
    :raises Unsure: one is new, but may be a short way of saying another
    """
    found: dict[int, None] = {}
    for line in lines:
        typed = text(field, line)
        if not typed:
            continue
        reference = REFERENCE.search(typed)
        condition = Topic.id == int(reference[2]) if reference else Topic.sort == sort_key(typed)[:200]
        topic = work.session.scalar(select(Topic).where(condition, Topic.binned_at.is_(None)))
        if topic is None and (reference or not may_create):
            raise Invalid(field, f"There is no topic “{typed}” any more; choose another.")
        topic = topic or topic_verbs.create(work, name=typed)
        if said_new is not None:
            ask_about_topic(work, topic, field, said_new)
        found[topic.id] = None
    return list(found)


def engagement(work: Work, text: str, *, field: str = "follows") -> int | None:
    """The engagement that a field means by its number, none if it is empty.

    :raises Invalid: there is no number in it
    """
    if not text.strip():
        return None
    found = REFERENCE.search(text) or re.fullmatch(r"\s*(#)?(\d{1,9})\s*", text)
    if found is None:
        raise Invalid(field, "Choose an engagement from the list, or give its number, such as 12.")
    return int(found[2])


def _refuse_twice(
    reader: _Reader,
    met: Sequence[Organisation],
    third: Sequence[Organisation],
    copies: Sequence[Organisation],
    actors: Sequence[Organisation],
) -> None:
    seen = {one.id for one in met}
    for found, name in ((third, "third"), (copies, "copies"), (actors, "actors")):
        for one in found:
            if one.id in seen:
                reader.problems.append(Invalid(name, f"{one.label} is named in two places; leave it where it belongs."))
            seen.add(one.id)


def _mark_ours(work: Work, actors: Sequence[Organisation]) -> None:
    if actors and not our_organisations(work):
        for one in actors:
            organisations.amend(work, one.id, is_ours=True)


def _each_once(seats: Sequence[Seat]) -> list[Seat]:
    return list({(seat.organisation_id, seat.person_id): seat for seat in reversed(seats)}.values())[::-1]


def _rows(found: Sequence[Organisation], seats: Sequence[Seat], side: str, role: str = "") -> list[Party]:
    rows: list[Party] = []
    for one in found:
        mine = [seat for seat in seats if seat.organisation_id == one.id]
        rows += [Party(one.id, seat.person_id, side, role, post_id=seat.post_id) for seat in mine]
        if not mine:
            rows.append(Party(one.id, side=side, role=role))
    if side == "actor" and not found:
        # Our own organisation is taken by the verb; its people say for which of ours they came.
        rows = [Party(seat.organisation_id, seat.person_id, side, role, post_id=seat.post_id) for seat in seats]
    return rows


def _with_roles(
    reader: _Reader,
    rows: list[Party],
    roles: Sequence[Role],
    named: dict[int, Organisation],
    persons: dict[int, str],
) -> list[Party]:
    for role in roles:
        if not role.who.strip() or not role.taken:
            continue
        if role.taken not in AS:
            reader.problems.append(Invalid("roles", f"“{role.taken}” is not one of: {', '.join(AS)}."))
            continue
        mine = _meant(role.who, named, persons)
        if mine is None:
            reader.problems.append(
                Invalid("roles", f"“{role.who.strip()}” is not among those who took part; name it there as well.")
            )
            continue
        rows = [_in_role(row, role.taken) if (row.person_id if mine[0] else row.organisation_id) == mine[1] else row
                for row in rows]  # fmt: skip
    return _still_there(rows, roles, named)


def _still_there(rows: list[Party], roles: Sequence[Role], named: dict[int, Organisation]) -> list[Party]:
    """A body all of whose people declined or stayed away, without having done so itself, was there nevertheless."""
    away = {row.organisation_id for row in rows if row.acceptance in ("declined", "absent")}
    itself = {
        found[1]
        for role in roles
        if role.taken in ("declined", "absent") and (found := _meant(role.who, named, {})) is not None
    }
    for body in away - itself:
        mine = [row for row in rows if row.organisation_id == body]
        if all(row.acceptance in ("declined", "absent") and row.person_id is not None for row in mine):
            rows = [*rows, mine[0]._replace(person_id=None, post_id=None, acceptance="")]
    return rows


def _in_role(row: Party, taken: str) -> Party:
    return row._replace(role=taken) if taken in ROLES else row._replace(acceptance=taken)


def _meant(who: str, named: dict[int, Organisation], persons: dict[int, str]) -> tuple[bool, int] | None:
    """Whether a person is meant, and the number of the person or organisation; none if neither."""
    person = _PERSON.search(who)
    if person is not None:
        return (True, int(person[1])) if int(person[1]) in persons else None
    reference = REFERENCE.search(who)
    if reference is not None and not reference[1]:
        return (False, int(reference[2])) if int(reference[2]) in named else None
    found = by_name(who, list(named.values()))
    if found is not None:
        return False, found.id
    people_meant = [number for number, name in persons.items() if fold(name) == fold(who)]
    return (True, people_meant[0]) if len(people_meant) == 1 else None


assert set(AS) == {*(role for role in ROLES if role != "copy"), *(one for one in ACCEPTANCES if one)}
