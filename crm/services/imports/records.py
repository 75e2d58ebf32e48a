"""Rows into organisations, people and follow-ups: known ones are filled in where they are empty, others added."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.dates import When
from crm.errors import Invalid, Several
from crm.imports.days import DayReader
from crm.imports.mapping import SEPARATORS
from crm.imports.profiles import Profile
from crm.imports.values import names_in
from crm.models import ImportRun, Member, Person
from crm.models.people import folded_name
from crm.queries import countries, kinds
from crm.services import followups, organisations, people, tree
from crm.services.imports.identity import Earlier
from crm.services.imports.lines import DUPLICATE, IMPORTED, UPDATED, Line, Options, Report
from crm.services.imports.names import Organisations, Topics
from crm.services.imports.persons import surname_last
from crm.services.imports.placing import Places
from crm.services.imports.words import is_done
from crm.services.values import web_address
from crm.text import fold
from crm.work import Work

_SCHEMES = {"eu_transparency_register": "eu-transparency-register", "lei": "lei", "wikidata": "wikidata"}
_COUNTRIES = {"uk": "GB", "great britain": "GB", "el": "GR", "usa": "US", "united states of america": "US"}
"""ways of writing countries that are neither their code nor their name here"""
_AT_ONCE = 500
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui"})


class _Writer(ABC):
    """What the three have in common."""

    kind = ""

    def __init__(
        self, work: Work, run: ImportRun, profile: Profile, days: DayReader, options: Options, report: Report
    ) -> None:
        self._work, self._profile, self._days, self._report = work, profile, days, report
        self._options = options
        self._source = f"Import of {run.file_name}"
        self._read_names()
        self._earlier = Earlier(work, run, profile)

    def take(self, lines: Sequence[Line]) -> None:
        """Writes rows one after the other: each may be about what the one before it added."""
        self._earlier.settle(lines, self._change)
        for line in lines:
            if line.outcome:
                continue
            known, made, said = len(self._work.touched), Counter(self._report.made), list(line.reasons)
            new = {kind: len(names) for kind, names in self._report.new.items()}
            acts = len(self._work._acts)
            saved = self._work.session.begin_nested()
            try:
                self._one(line)
            except (Invalid, Several) as problem:
                saved.rollback()
                self._forget(known, acts, made)
                for kind, names in self._report.new.items():
                    del names[new.get(kind, 0) :]
                line.reasons = said
                line.reject(problem)
            else:
                saved.commit()

    def _forget(self, known: int, acts: int, made: Counter[str]) -> None:
        """Makes as if the row had never been looked at."""
        for record in list(self._work.touched)[known:]:
            del self._work.touched[record]
        del self._work._acts[acts:]
        # Names are read anew only where the row added some: that takes as long as the log is large.
        if made != self._report.made:
            self._report.made = made
            self._read_names()

    def _read_names(self) -> None:
        create = self._options.create_missing
        self._bodies = Organisations(self._work, self._report, create=create, source=self._source)
        self._topics = Topics(self._work, self._report, create=create)

    def finish(self) -> None:  # noqa: B027 – some kinds have nothing to do at the end
        """Nothing is left to be done."""

    @abstractmethod
    def _one(self, line: Line) -> None: ...

    @abstractmethod
    def _change(self, line: Line, record_id: int) -> None: ...

    def _body(self, typed: str, field: str) -> int:
        self._bodies.find([typed], field)
        return self._bodies.id(typed, field)

    def _day(self, line: Line, field: str) -> Any:
        text = line.values.get(field)
        return self._days.day(text, field=field) if text else None

    def _names(self, line: Line, field: str) -> list[str]:
        column = self._profile.column(field)
        usual = SEPARATORS[self._options.separator][1]
        return names_in(line.values.get(field, ""), (column.split if column else "") or usual)


class OrganisationWriter(_Writer):
    """Writes organisations."""

    kind = "organisation"

    def __init__(
        self, work: Work, run: ImportRun, profile: Profile, days: DayReader, options: Options, report: Report
    ) -> None:
        super().__init__(work, run, profile, days, options, report)
        self._places = Places(work, report, create=options.create_missing)
        if run.mapping.get("parent"):
            # Before any body is changed: whoever places one holds the tree first, too.
            tree.hold(work)

    def finish(self) -> None:
        """Puts bodies below those they are part of, which may stand further down in the file."""
        self._places.settle(self._bodies)

    def _one(self, line: Line) -> None:
        name = line.values.get("name", "")
        if not name:
            raise Invalid("name", "The row names no organisation.")
        known = self._bodies.look(name, "name")
        if known is None:
            made = organisations.create(self._work, name=name, **self._values(line))
            self._identify(line, made.id)
            self._bodies.learn(made)
            self._report.made["organisations"] += 1
            line.settle(IMPORTED, kind=self.kind, record_id=made.id)
            self._places.number(line, made.id)
            self._places.below(line, made.id, self._names(line, "parent"))
            return
        self._places.number(line, known)
        changed = self._fill(line, known)
        outcome = UPDATED if changed else DUPLICATE
        said = f"Fills in {', '.join(changed)}." if changed else "It is in the log already, with all of this."
        line.settle(outcome, said, self.kind, known)

    def _change(self, line: Line, record_id: int) -> None:
        self._places.number(line, record_id)
        organisations.amend(self._work, record_id, **self._values(line))

    def _fill(self, line: Line, known: int) -> list[str]:
        stored = organisations.get(self._work, known)
        values = self._values(line)
        aliases = values.pop("aliases", [])
        given = {name: value for name, value in values.items() if value and not getattr(stored, name)}
        if stored.kind != "other":
            given.pop("kind", None)
        elif values.get("kind") not in (None, "", "other"):
            given["kind"] = values["kind"]
        borne = {fold(one.name) for one in stored.names} | {fold(stored.name), fold(stored.short_name)}
        new = [alias for alias in aliases if fold(alias) not in borne]
        if new:
            given["aliases"] = [one.name for one in stored.names if one.kind == "alias"] + new
        if given:
            organisations.amend(self._work, known, **given)
        return [*given, *self._identify(line, known)]

    def _identify(self, line: Line, known: int) -> list[str]:
        added = []
        for field, scheme in _SCHEMES.items():
            value = line.values.get(field)
            if not value:
                continue
            stored = organisations.get(self._work, known)
            if not any((one.scheme, one.value) == (scheme, value) for one in stored.identifiers):
                organisations.identify(self._work, known, scheme, value)
                added.append(field)
        return added

    def _values(self, line: Line) -> dict[str, Any]:
        values = line.values
        found: dict[str, Any] = {name: values[name] for name in ("short_name", "notes") if values.get(name)}
        as_written(line, found, "website", lambda text: web_address("website", text))
        if values.get("kind"):
            kind = _kind(values["kind"])
            if kind is None:
                line.reasons.append(f"kind: “{values['kind'][:60]}” is no kind known here, so it is “Other”.")
            else:
                found["kind"] = kind
        if values.get("country"):
            found["country"] = _country(values["country"])
        for name in ("founded", "closed"):
            as_written(line, found, name, lambda text, name=name: self._days.day(text, field=name))  # type: ignore[misc]
        if values.get("goal_days"):
            if not values["goal_days"].isdigit():
                raise Invalid("goal_days", f"“{values['goal_days'][:20]}” is no number of days.")
            found["goal_days"] = int(values["goal_days"])
        for field, flag in (("ours", "is_ours"), ("client", "is_client")):
            if fold(values.get(field, "")) in _YES:
                found[flag] = True
        if aliases := self._names(line, "aliases"):
            found["aliases"] = aliases
        return found


class PersonWriter(_Writer):
    """Writes people with their posts."""

    kind = "person"

    def take(self, lines: Sequence[Line]) -> None:
        """Writes rows, having looked once who of them is in the log by name."""
        names = sorted({folded_name(name) for line in lines if (name := _called(line))})
        self._there: set[str] = set()
        for start in range(0, len(names), _AT_ONCE):
            known = select(Person.names_folded).where(Person.names_folded.in_(names[start : start + _AT_ONCE]))
            self._there.update(self._work.session.scalars(known))
        super().take(lines)

    def _one(self, line: Line) -> None:
        values = line.values
        name = _called(line)
        if not name:
            raise Invalid("name", "The row names nobody.")
        body = self._body(values["organisation"], "organisation") if values.get("organisation") else None
        found = self._known(name, values.get("email", ""), body)
        given = self._given(line)
        if found is None:
            made = people.create(self._work, name=name, post=self._post(line, body), **given)
            self._there.add(made.names_folded)
            self._report.made["people"] += 1
            line.settle(IMPORTED, kind=self.kind, record_id=made.id)
            return
        given = {field: value for field, value in given.items() if not getattr(found, field)}
        if given:
            people.amend(self._work, found.id, **given)
        appointed = body is not None and self._appoint(line, found.id, body)
        if given or appointed:
            line.settle(UPDATED, "Fills in what the log did not know.", self.kind, found.id)
        else:
            line.settle(DUPLICATE, "The person is in the log already, with all of this.", self.kind, found.id)

    def _change(self, line: Line, record_id: int) -> None:
        people.amend(self._work, record_id, **self._given(line))

    def _given(self, line: Line) -> dict[str, Any]:
        values = line.values
        given: dict[str, Any] = {field: values[field] for field in ("phone", "notes") if values.get(field)}
        as_written(line, given, "email", people.address)
        return given

    def _known(self, name: str, email: str, body: int | None) -> Person | None:
        if folded_name(name) not in self._there:
            return None
        alike = self._work.session.scalars(
            select(Person)
            .where(Person.names_folded == folded_name(name), Person.binned_at.is_(None))
            .options(selectinload(Person.posts))
            .execution_options(populate_existing=True)
        ).all()
        by_mail = [one for one in alike if email and fold(one.email) == fold(email)]
        there = [one for one in alike if body is not None and any(p.organisation_id == body for p in one.posts)]
        for candidates in (by_mail, there):
            if len(candidates) == 1:
                return candidates[0]
            if candidates:
                raise Invalid("name", f"Several people are called “{name}” there; correct it by hand.")
        free = [one for one in alike if not one.posts or body is None]
        return free[0] if len(free) == 1 and len(alike) == 1 else None

    def _post(self, line: Line, body: int | None) -> dict[str, Any] | None:
        if body is None:
            return None
        days = {name: self._edge(line, said) for name, said in (("first", "since"), ("last", "until"))}
        return {"organisation_id": body, "title": line.values.get("post", ""), **days}

    def _edge(self, line: Line, field: str) -> When | None:
        """Where the post begins or ends, with its doubt."""
        text = line.values.get(field)
        return self._days.when(text, field=field) if text else None

    def _appoint(self, line: Line, person_id: int, body: int) -> bool:
        post = self._post(line, body) or {}
        held = [one for one in people.get(self._work, person_id).posts if one.organisation_id == body]
        title = post["title"]
        if any(fold(one.title) == fold(title) or not title for one in held):
            return False
        people.appoint(self._work, person_id, post.pop("organisation_id"), **post)
        return True


class FollowUpWriter(_Writer):
    """Writes follow-ups."""

    kind = "follow_up"

    def _one(self, line: Line) -> None:
        done = self._done(line)
        made = followups.add(self._work, **self._values(line))
        if done is not None:
            followups.do(self._work, made.id, on=done)
        self._report.made["follow_ups"] += 1
        line.settle(IMPORTED, kind=self.kind, record_id=made.id)

    def _change(self, line: Line, record_id: int) -> None:
        followups.amend(self._work, record_id, **self._values(line))

    def _values(self, line: Line) -> dict[str, Any]:
        values = line.values
        found: dict[str, Any] = {"title": values.get("title", ""), "note": values.get("note", "")}
        if values.get("due"):
            found["due"] = self._days.when(values["due"], field="due", past=False)
        if values.get("remind_on"):
            found["remind_on"] = self._day(line, "remind_on")
        if values.get("organisation"):
            found["organisation_id"] = self._body(values["organisation"], "organisation")
        if values.get("topic"):
            found["topic_id"] = self._topics.id(values["topic"])
        if values.get("owner"):
            found["owner_id"] = self._member(line, values["owner"])
        return found

    def _done(self, line: Line) -> dt.date | None:
        """The day on which it was done; a word that says that it was, without a day, means today."""
        told = line.values.get("done_on", "")
        stands = is_done(told)
        if told and stands is None:
            return self._days.day(told, field="done_on")
        if not (stands or is_done(line.values.get("state", ""))):
            return None
        line.reasons.append("done_on: on which day it was done is not said, so it is done as of today.")
        return self._work.today()

    def _member(self, line: Line, typed: str) -> int | None:
        rows = self._work.session.execute(select(Member.id, Member.name, Member.email)).all()
        found = next((number for number, *names in rows if fold(typed) in {fold(name) for name in names}), None)
        if found is None:
            line.reasons.append(f"owner: {typed} is no member here, so it is nobody’s, or yours.")
        return found


def as_written(line: Line, found: dict[str, Any], field: str, read: Callable[[str], Any]) -> None:
    """Takes what the cell says, if it can be read; else it goes into the notes: no reason to refuse a record."""
    text = line.values.get(field, "")
    if not text:
        return
    try:
        found[field] = read(text)
    except Invalid as problem:
        line.reasons.append(f"{field}: {problem.reason.rstrip('.')}; it is in the notes as it was written.")
        label = field.replace("_", "-").capitalize()
        found["notes"] = "\n".join(filter(None, (found.get("notes"), f"{label}: {text}")))


def _called(line: Line) -> str:
    values = line.values
    name = values.get("name") or " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
    return surname_last(name)


def _kind(typed: str) -> str | None:
    known = {fold(key): key for key in kinds.kinds()} | {fold(kind.label): key for key, kind in kinds.kinds().items()}
    return known.get(fold(typed)) or known.get(fold(typed).replace(" ", "_"))


def _country(typed: str) -> str:
    told = _COUNTRIES.get(fold(typed), typed)
    if len(told) == 2:
        return told.upper()
    found = next((code for code, name in countries.countries().items() if fold(name) == fold(told)), None)
    if found is None:
        raise Invalid("country", f"“{typed[:60]}” is no country; write its name in English or its two-letter code.")
    return found
