"""Rows into engagements: names found once, rows written in batches, what hangs on them after."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from crm.dates import When
from crm.errors import CrmError, Invalid, Several
from crm.imports.days import DayReader
from crm.imports.fields import FIELDS
from crm.imports.mapping import SEPARATORS, between_people
from crm.imports.profiles import Profile
from crm.imports.values import names_in
from crm.models import (
    CalendarEntry,
    DiscussionPoint,
    Engagement,
    EngagementTopic,
    ImportRun,
    Member,
    Participation,
)
from crm.queries.engagements.alike import alike
from crm.services import derived
from crm.services.engagements.parties import our_organisations
from crm.services.imports import bulk
from crm.services.imports.after import Hangings, mark_ours
from crm.services.imports.copies import addressee_in, follow, read_copy
from crm.services.imports.drafts import Draft, Seat, rebuilt, status_of, with_times
from crm.services.imports.identity import Earlier
from crm.services.imports.lines import IMPORTED, Line, Options, Report
from crm.services.imports.names import Organisations, Topics
from crm.services.imports.persons import People, Said, away_in, by_body, place_of, said_in
from crm.services.imports.seats import write_seats
from crm.services.imports.words import key_of
from crm.services.values import line as one_line
from crm.services.values import text as cleaned
from crm.services.values import web_address
from crm.text import body_named, fold, reads_like_person, split_listed
from crm.work import Work

KIND = "engagement"
_SIDES = {"bodies": "counterpart", "third_parties": "third", "copies": "counterpart", "actors": "actor"}
_LINES = {"place": 300, "subject": 300, "file_reference": 120}
_TEXTS = ("summary", "notes", "intended_result")
_HIDDEN = "content hidden"


class EngagementWriter:
    """Writes engagements into the log."""

    def __init__(
        self, work: Work, run: ImportRun, profile: Profile, days: DayReader, options: Options, report: Report
    ) -> None:
        self._work, self._run, self._profile, self._days, self._report = work, run, profile, days, report
        self._usual = {
            name: SEPARATORS[options.separator][1] if field.form == "names" else between_people(options.separator)
            for name, field in FIELDS["engagements"].items()
            if field.form == "names" or name in ("people", "colleagues")
        }
        self._organisations = Organisations(
            work, report, create=options.create_missing, source=f"Import of {run.file_name}"
        )
        self._topics = Topics(work, report, create=options.create_missing)
        self._people = People(work, report, exact=profile.defused)
        self._earlier = Earlier(work, run, profile)
        self._hangings = Hangings(work, report, self._organisations)
        self._ours = [one.id for one in our_organisations(work)]
        self._actors: set[int] = set()
        self._members = {
            key: number
            for number, name, email in work.session.execute(select(Member.id, Member.name, Member.email))
            for key in (fold(name), fold(email))
        }
        self._numbers: dict[str, int] = {}
        self._follows: list[tuple[int, str]] = []
        self._made: list[int] = []

    def take(self, lines: Sequence[Line]) -> None:
        """Adds rows that are new, and settles the others."""
        self._earlier.settle(lines, self._change)
        fresh = [line for line in lines if not line.outcome]
        drafts = self._each(fresh, self._draft)
        # Names are looked at only where the rest can be read, so that a rejected row adds nobody to the log.
        self._organisations.begin()
        self._find_names([draft.line for draft in drafts])
        drafts = self._each(drafts, self._with_names)
        self._organisations.keep({seat.organisation_id for draft in drafts for seat in draft.participations})
        self._people.write({seat.person_id for draft in drafts for seat in draft.participations})
        self._write(drafts)

    def _each(self, found: Sequence[Any], call: Callable[[Any], Draft]) -> list[Draft]:
        made = []
        for one in found:
            try:
                made.append(call(one))
            except (Invalid, Several) as problem:
                (one if isinstance(one, Line) else one.line).reject(problem)
        return made

    def finish(self) -> None:
        """Ties engagements to those they follow, and marks ours where the file leaves no doubt who we are."""
        elsewhere = self._earlier.targets(source for _, source in self._follows if source not in self._numbers)
        targets = elsewhere | self._numbers
        follows = {number: targets[source] for number, source in self._follows if source in targets}
        bulk.point(self._work, Engagement, "follows_id", {one: other for one, other in follows.items() if one != other})
        if not self._ours:
            facts = self._run.options.get("facts", {})
            mark_ours(self._work, facts, self._actors, self._organisations)
        if self._made:
            derived.entered(self._work, KIND, self._made)
            derived.entered(self._work, "person", self._people.made)
            self._report.alike = alike(self._work, self._made)

    # -- what a row says --

    def _names(self, line: Line, field: str) -> list[str]:
        text = line.values.get(field, "")
        if not text:
            return []
        if self._profile.defused:
            return split_listed(text)
        column = self._profile.column(field)
        return names_in(text, (column.split if column else "") or self._usual.get(field, ""))

    def _in_order(self, line: Line, field: str) -> list[str]:
        """The items of a cell that go with those of another, the equal ones too."""
        text = line.values.get(field, "")
        if self._profile.defused:
            return split_listed(text)
        return [one.strip() for one in re.split(r"[;|\n]", text)] if text else []

    def _find_names(self, lines: Sequence[Line]) -> None:
        wanted: dict[str, None] = {}
        people: dict[str, None] = {}
        for line in lines:
            wanted.update(dict.fromkeys(self._told_bodies(line)))
            for field in _SIDES:
                wanted.update(dict.fromkeys(self._names(line, field)))
            for name, _ in self._away(line):
                if name in wanted or not self._is_person(name):
                    wanted[name] = None
                else:
                    wanted[place_of(name)] = None
                    people[name.partition(" (")[0].strip()] = None
            for field in ("people", "colleagues"):
                for text in self._names(line, field):
                    people[text.partition(" (")[0].partition(",")[0].partition("@")[0].strip()] = None
        self._organisations.find(wanted, "bodies")
        self._people.find(people)

    def _draft(self, line: Line) -> Draft:
        values = line.values
        if not values.get("actors") and len(self._ours) != 1:
            said = "Nobody is marked as ours yet" if not self._ours else "Several organisations are ours"
            raise Invalid("actors", f"{said}: say on whose behalf contact was made.")
        kind = key_of("kind", values.get("kind", ""), "meeting")
        when = self._when(values)
        status = status_of(self._work, kind, key_of("status", values.get("status", "")), when)
        return Draft(line, kind, status, when, self._columns(line))

    def _with_names(self, draft: Draft) -> Draft:
        line = draft.line
        self._seats(draft)
        draft.topics = list(dict.fromkeys(self._topics.id(name) for name in self._names(line, "topics")))
        draft.points = [{"point": cleaned("points", point)} for point in self._names(line, "points")]
        for field in ("commitments", "follow_ups"):
            if line.values.get(field):
                self._hangings.check(field, self._names(line, field))
        return draft

    def _when(self, values: dict[str, str]) -> When:
        typed = values.get("when", "")
        if self._profile.defused and values.get("first_day"):
            return rebuilt(values, typed or values["first_day"])
        if not typed and values.get("first_day"):
            typed = values["first_day"]
        if not typed:
            raise Invalid("when", "The row says no date.")
        past = values.get("status", "").lower() not in ("planned", "scheduled", "upcoming")
        when = self._days.when(typed, past=past)
        if values.get("until") and when.first == when.last and when.end is None:
            until = self._days.day(values["until"], field="until")
            if until < when.first:
                raise Invalid("until", f"“{values['until']}” lies before “{typed}”.")
            if until > when.first:
                when = When(when.first, when.last, when.precision, when.text, end=until, time=when.time, zone=when.zone)
        return with_times(when, values, self._work.zone)

    def _columns(self, line: Line) -> dict[str, Any]:
        values = line.values
        begun = values.get("initiated_by", "")
        # An export names a rival that began it, as it names it among those who act.
        begun = "us" if begun and begun == values.get("actors") else begun
        hidden = self._profile.defused and values.get("subject") == _HIDDEN
        found: dict[str, Any] = {
            name: one_line(name, values[name], limit) if name in values else "" for name, limit in _LINES.items()
        }
        found |= {name: cleaned(name, values[name]) if name in values else "" for name in _TEXTS}
        owner = self._members.get(fold(values["owner"])) if values.get("owner") else None
        if values.get("owner") and owner is None:
            line.reasons.append(f"owner: {values['owner']} is no member here, so nobody is responsible.")
        if hidden:
            found["subject"] = ""
            line.reasons.append("subject: the content was hidden from whoever made the export.")
        return {
            **found,
            "link": web_address("link", values.get("link"), 1000),
            "initiated_by": key_of("initiated_by", begun),
            "visibility": key_of("visibility", values.get("visibility", ""), "team"),
            "owner_id": owner,
            "follows_id": None,
        }

    def _seats(self, draft: Draft) -> None:
        line = draft.line
        ids = {
            field: list(dict.fromkeys(self._organisations.id(name, field) for name in self._names(line, field)))
            for field in _SIDES
        }
        away = self._away(line)
        absent = {self._organisations.id(name, "away"): word for name, word in away if not self._is_person(name)}
        missing_people = [(name, word) for name, word in away if self._is_person(name)]
        known = {one for found in ids.values() for one in found}
        # A body all of whose people declined is told by them alone.
        ids["bodies"] += [one for one in absent if one not in known]
        for name, _ in missing_people:
            body = self._organisations.id(place_of(name), "away")
            if body not in known and body not in ids["bodies"]:
                ids["bodies"].append(body)
        if not ids["bodies"]:
            ids["bodies"] = self._homes(line, draft.when.first)
        if not ids["bodies"]:
            raise Invalid("bodies", "The row names no body that was met or written to.")
        actors = ids["actors"] or self._ours
        self._actors.update(actors)
        guests = [*ids["bodies"], *ids["third_parties"], *ids["copies"]]
        day = draft.when.first
        came = self._said(line, "people", guests, day)
        ours = self._said(line, "colleagues", actors, day)
        missing = {
            (*self._people.seat(said_in(name, guests + actors, self._organisations, "away"), day, "away"), word): (
                said_in(name, guests + actors, self._organisations, "away").organisation_id
            )
            for name, word in missing_people
        }
        for field, bodies in (("actors", actors), ("bodies", ids["bodies"]), ("third_parties", ids["third_parties"]),
                              ("copies", ids["copies"])):  # fmt: skip
            here = by_body(ours if field == "actors" else came)
            for body in bodies:
                seated = [(*self._seat(line, said, day, field), "") for said in here.get(body, ())]
                seated = [seat for seat in dict.fromkeys(seated) if seat[0] is not None]
                seated += [seat for seat, place in missing.items() if place == body]
                rows: list[tuple[int | None, int | None, str]] = [*seated]
                if not rows or (body in known and all(word for _, _, word in rows)):
                    rows.append((None, None, absent.get(body, "")))
                draft.participations += [
                    Seat(body, _SIDES[field], "copy" if field == "copies" else "", person, post, word)
                    for person, post, word in rows
                ]
        draft.settle({self._written_to(name, guests, day, "not_sent") for name in self._names(line, "not_sent")})
        for item in self._names(line, "copy_steps"):
            told = read_copy(item, self._days)
            follow(draft, self._written_to(told.who, guests, day, "copy_steps"), told, today=self._work.today())

    def _homes(self, line: Line, day: dt.date) -> list[int]:
        """Where the people of a row that names no body held their posts that day; none if one of them is not known."""
        found = [self._people.home(text, day) for text in self._names(line, "people")]
        return list(dict.fromkeys(one for one in found if one is not None)) if None not in found else []

    def _seat(self, line: Line, said: Said, day: dt.date, field: str) -> tuple[int | None, int | None]:
        person, post = self._people.seat(said, day, field)
        if person is None:
            line.reasons.append(
                f"{'colleagues' if field == 'actors' else 'people'}: who held the post “{said.name}” that day is not "
                "known, so the body alone is named."
            )
        return person, post

    def _away(self, line: Line) -> list[tuple[str, str]]:
        return [(body_named(name) or name, word) for name, word in away_in(self._names(line, "away"))]

    def _told_bodies(self, line: Line) -> list[str]:
        """Those of which a list that names people as well says that they are organisations."""
        items = [*(name for name, _ in away_in(self._names(line, "away"))), *self._names(line, "not_sent")]
        items += [addressee_in(item) for item in self._names(line, "copy_steps")]
        return [body for item in items if (body := body_named(item)) is not None]

    def _is_person(self, name: str) -> bool:
        return reads_like_person(name) and not self._organisations.knows(name)

    def _written_to(self, name: str, guests: Sequence[int], day: dt.date, field: str) -> tuple[int, int | None]:
        name = body_named(name) or name
        if not self._is_person(name):
            body = self._organisations.look(name, field)
            if body is None or body not in guests:
                raise Invalid(field, f"“{name}” is not among those written to.")
            return body, None
        said = said_in(name, guests, self._organisations, field)
        return said.organisation_id, self._people.seat(said, day, field)[0]

    def _said(self, line: Line, field: str, among: Sequence[int], day: dt.date) -> list[Said]:
        return [self._people.said(text, among, self._organisations, field, day) for text in self._names(line, field)]

    # -- writing --

    def _change(self, line: Line, engagement_id: int) -> None:
        """A row that was imported before says something else now: the texts follow it, who took part does not.

        :raises CrmError: somebody changed the engagement since, or a value is refused
        """
        from crm.services import engagements

        values, told = line.values, {*_LINES, *_TEXTS} & line.values.keys()
        given = {name: value for name, value in self._columns(line).items() if name in told}
        status = key_of("status", values.get("status", ""))
        engagements.amend(self._work, engagement_id, when=self._when(values), status=status or None, **given)

    def _write(self, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        work, now = self._work, self._work.now()
        for draft, number in zip(drafts, bulk.numbers(work, Engagement, len(drafts)), strict=True):
            draft.id = number
            self._follow(draft)
        bulk.write(work, Engagement, [draft.columns(now, work.member_id) for draft in drafts])
        write_seats(work, drafts)
        bulk.write(
            work,
            EngagementTopic,
            [{"engagement_id": draft.id, "topic_id": topic} for draft in drafts for topic in draft.topics],
        )
        bulk.write(
            work,
            DiscussionPoint,
            [
                {"engagement_id": draft.id, "position": position, **point}
                for draft in drafts
                for position, point in enumerate(draft.points)
            ],
        )
        ids = [draft.id for draft in drafts]
        bulk.keep_twins(work, Engagement, bulk.table_of(Engagement).c.id.in_(ids))
        for part in (Participation, EngagementTopic, DiscussionPoint):
            bulk.keep_twins(work, part, bulk.table_of(part).c.engagement_id.in_(ids))
        entries = [
            {"uid": f"{uuid.uuid4()}@antechamber", "kind": KIND, "record_id": number, "changed_at": now}
            for number in ids
        ]
        bulk.write(work, CalendarEntry, entries)
        for draft in drafts:
            draft.line.settle(IMPORTED, kind=KIND, record_id=draft.id)
            values = draft.line.values
            if values.get("commitments") or values.get("follow_ups"):
                self._hang(draft)
        self._made += ids
        self._report.made["engagements"] += len(drafts)

    def _follow(self, draft: Draft) -> None:
        source = draft.line.values.get("source_id", "")
        if source:
            self._numbers[source] = draft.id
        follows = draft.line.values.get("follows", "")
        if follows:
            self._follows.append((draft.id, follows.lstrip("#").strip()))

    def _hang(self, draft: Draft) -> None:
        actors, bodies = draft.bodies("actor"), draft.bodies("counterpart")
        for field in ("commitments", "follow_ups"):
            try:
                made_to, dues = (self._in_order(draft.line, f"commitments_{part}") for part in ("to", "due"))
                self._hangings.add(field, self._names(draft.line, field), draft.id, actors, bodies, made_to, dues)
            except CrmError as problem:
                draft.line.reasons.append(str(problem))
