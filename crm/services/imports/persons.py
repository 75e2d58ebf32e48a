"""People named in a file, for the bodies they came for; the missing ones are added with their posts."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, cast

from sqlalchemy import select

from crm.errors import Invalid
from crm.models import Person, Post
from crm.models.organisations import ALWAYS, STILL
from crm.models.people import folded_name
from crm.queries.officials import Officials
from crm.services.imports import bulk
from crm.services.imports.lines import Report
from crm.services.imports.names import Organisations
from crm.services.values import line, short
from crm.text import fold, sort_key
from crm.work import Work

_AT = re.compile(r"\s+@\s*(?=\S)")
_SURNAME_FIRST = re.compile(
    r"((?:(?:van|von|de|der|den|del|da|di|du|la|le|ter|ten|zu) )*[^\W\d_][\w’'-]*), "
    r"([A-ZÀ-Þ][\w’'.-]*[a-zà-ÿ.](?: [A-ZÀ-Þ][\w’'.-]*)?)"
)


class Said(NamedTuple):
    """What a cell says about one person."""

    name: str
    title: str
    organisation_id: int


class Held(NamedTuple):
    """A post, as far as it is asked for here."""

    id: int
    organisation_id: int
    title: str
    first: dt.date | None
    last: dt.date | None

    def held_on(self, day: dt.date) -> bool:
        """As :meth:`crm.models.Post.held_on`."""
        return (self.first or ALWAYS) <= day <= (self.last or STILL)


class People:
    """The people of the log with their posts, by name; read as they are asked for, new ones written in batches.

    :param exact: no title means that there was none, as in our own exports; else the post is the one known
    """

    def __init__(self, work: Work, report: Report, *, exact: bool = False) -> None:
        self._work, self._report, self._exact = work, report, exact
        self._by_name: dict[str, dict[int, list[Held]]] = {}
        self.made: list[int] = []
        self._numbers: dict[type[Any], list[int]] = {Person: [], Post: []}
        self._people: list[dict[str, Any]] = []
        self._posts: list[dict[str, Any]] = []

    def find(self, names: Iterable[str]) -> None:
        """Reads whoever bears one of the names."""
        keys = sorted({folded_name(name) for name in names} - self._by_name.keys())
        for key in keys:
            self._by_name[key] = {}
        for start in range(0, len(keys), 500):
            statement = (
                select(Person.names_folded, Person.id, Post.id, Post.organisation_id, Post.title, Post.first, Post.last)
                .outerjoin(Post, Post.person_id == Person.id)
                .where(Person.names_folded.in_(keys[start : start + 500]), Person.binned_at.is_(None))
                .order_by(Person.id, Post.id)
            )
            for key, person_id, *post in self._work.session.execute(statement):
                posts = self._by_name[key].setdefault(person_id, [])
                if post[0] is not None:
                    posts.append(Held(*cast(Any, post)))

    def seat(self, said: Said, day: dt.date, field: str) -> tuple[int | None, int | None]:
        """The person meant, and the post held that day; whoever is new is added with :meth:`write`.

        A cell may name a post, or a person with a title: whoever held that post there that day is meant. Nobody is made
        up for a post: if it is not known who held it, there is no person.

        :raises Invalid: (``field``) several people of that name hold posts there
        """
        name, title = short(field, said.name, 200), line(field, said.title, 200)
        known = self._by_name.setdefault(folded_name(name), {})
        there = [
            person_id
            for person_id, posts in known.items()
            if any(post.organisation_id == said.organisation_id and (post.last or STILL) >= day for post in posts)
        ]
        if len(there) > 1:
            raise Invalid(field, f"Several people are called “{name}” there; write which one is meant into the log.")
        if there:
            return there[0], self._post(there[0], known[there[0]], said.organisation_id, title, day)
        if not self._exact:
            told = [said.name, said.title] if said.title else [said.name]
            held = self._officials.held(told, day, {said.organisation_id})
            if held is not None:
                return held.person_id, held.post_id
            if self._officials.knows_office(said.name):
                return None, None
        number = self._number(Person)
        self._report.tell_new("people", f"{name}, {title}" if title else name)
        self._people.append({"id": number, "name": name, **folded(name)})
        known[number] = []
        self._report.made["people"] += 1
        return number, self._appoint(number, known[number], said.organisation_id, title)

    def said(self, text: str, bodies: Sequence[int], organisations: Organisations, field: str, day: dt.date) -> Said:
        """As :func:`said_in`; for which of several bodies somebody came, the post held that day may tell.

        :raises Invalid: (``field``) nobody can say for which of them the person came
        """
        try:
            return said_in(text, bodies, organisations, field)
        except Invalid:
            home = self.home(text, day)
            if home is None or home not in bodies:
                raise
            name, _, title = (part.strip() for part in text.partition(","))
            return Said(name, title, home)

    def home(self, text: str, day: dt.date) -> int | None:
        """The organisation for which a person comes who is named without one: where they held their post that day."""
        held = None if self._exact else self._officials.held([text, *text.split(",")], day)
        return held.organisation_id if held is not None else None

    @cached_property
    def _officials(self) -> Officials:
        return Officials(self._work)

    def write(self, named: Collection[int | None] | None = None) -> None:
        """Writes whoever is new, with their posts.

        :param named: who is named by rows that can be read, and nobody else is written; none: everybody is
        """
        if named is not None:
            unnamed = {row["id"] for row in self._people if row["id"] not in named}
            for row in [row for row in self._people if row["id"] in unnamed]:
                self._by_name[row["names_folded"]].pop(row["id"], None)
                self._report.made["people"] -= 1
                self._report.take_back_new("people", row["name"])
            self._people = [row for row in self._people if row["id"] not in unnamed]
            self._posts = [row for row in self._posts if row["person_id"] not in unnamed]
        now, member = self._work.now(), self._work.member_id
        tracked = {"version": 1, "created_at": now, "changed_at": now, "created_by_id": member,
                   "changed_by_id": member, "binned_at": None}  # fmt: skip
        for record_class, rows in ((Person, [{**row, **tracked} for row in self._people]), (Post, self._posts)):
            bulk.write(self._work, record_class, rows)
            if rows:
                column = bulk.table_of(record_class).c.id
                bulk.keep_twins(self._work, record_class, column.in_([row["id"] for row in rows]))
        self.made += [row["id"] for row in self._people]
        self._people, self._posts = [], []

    def _post(self, person_id: int, posts: list[Held], organisation_id: int, title: str, day: dt.date) -> int | None:
        held = [post for post in posts if post.organisation_id == organisation_id and post.held_on(day)]
        if not title and not self._exact:
            return held[0].id if held else None
        for post in held:
            if fold(post.title) == fold(title):
                return post.id
        if not title:
            return None
        return self._appoint(person_id, posts, organisation_id, title)

    def _appoint(self, person_id: int, posts: list[Held], organisation_id: int, title: str) -> int:
        number = self._number(Post)
        row = {"id": number, "person_id": person_id, "organisation_id": organisation_id, "title": title}
        self._posts.append(row)
        posts.append(Held(number, organisation_id, title, None, None))
        return number

    def _number(self, record_class: type[Any]) -> int:
        numbers = self._numbers[record_class]
        if not numbers:
            # Numbers that were handed out but not written yet are not in the table: go on behind them.
            waiting = self._people if record_class is Person else self._posts
            self.write() if waiting else None
            numbers += reversed(bulk.numbers(self._work, record_class, 200))
        return numbers.pop()


def folded(name: str) -> dict[str, str]:
    """The columns by which a person is found and sorted."""
    return {"sort": sort_key(name)[:200], "names_folded": folded_name(name)}


def said_in(text: str, bodies: Sequence[int], organisations: Organisations, field: str) -> Said:
    """Reads “Jane Doe, Head of Unit @ DG CNECT” and “Jane Doe (Head of Unit, DG CNECT)”.

    :param bodies: those on that side
    :raises Invalid: (``field``) nobody can say for which of them the person came
    """
    at = list(_AT.finditer(text))
    if at:
        name, place = text[: at[-1].start()], text[at[-1].end() :]
        name, _, title = (part.strip() for part in name.partition(","))
        return Said(name, title, _place(place, bodies, organisations, field, text))
    if text.endswith(")") and " (" in text:
        name, _, inside = text[:-1].partition(" (")
        for body in sorted(bodies, key=lambda one: -len(organisations.name(one))):
            known = organisations.name(body)
            if inside == known:
                return Said(name.strip(), "", body)
            if inside.endswith(f", {known}"):
                return Said(name.strip(), inside[: -len(known) - 2].strip(), body)
        title, _, place = inside.rpartition(", ")
        for told, post in ((inside, ""), (place, title)):
            for body in bodies:
                if told and organisations.bears(body, told):
                    return Said(name.strip(), post.strip(), body)
        return Said(name.strip(), inside.strip(), _only(bodies, field, text))
    name, _, title = (part.strip() for part in text.partition(","))
    return Said(name, title, _only(bodies, field, text))


def _place(place: str, bodies: Sequence[int], organisations: Organisations, field: str, text: str) -> int:
    found = [body for body in bodies if organisations.bears(body, place)]
    if len(found) != 1:
        raise Invalid(field, f"“{text}”: {place} is not among the organisations of this side; name it there as well.")
    return found[0]


def _only(bodies: Sequence[int], field: str, text: str) -> int:
    if len(bodies) != 1:
        raise Invalid(field, f"Say for which organisation {text.partition(',')[0]} came: “{text} @ …”.")
    return bodies[0]


def by_body(said: Iterable[Said]) -> dict[int, list[Said]]:
    """People by the organisation they came for."""
    found: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        found[one.organisation_id].append(one)
    return found


def surname_last(name: str) -> str:
    """“Jane Doe” of “Doe, Jane”; “Jane Doe, Director” and “Doe, MEP” stay as they are."""
    turned = _SURNAME_FIRST.fullmatch(name)
    return f"{turned[2]} {turned[1]}" if turned else name


def away_in(items: Iterable[str]) -> list[tuple[str, str]]:
    """Who declined or stayed away, and which: “DG GROW (declined)”, “Jane Doe (Director, DG GROW) (absent)”."""
    found = []
    for item in items:
        word = next((word for word in ("declined", "absent") if item.lower().endswith(f" ({word})")), "")
        found.append((item[: -len(word) - 3].strip(), word) if word else (item, "absent"))
    return found


def place_of(name: str) -> str:
    """The organisation of an absent person."""
    return name[:-1].partition(" (")[2].rpartition(", ")[2]
