"""What is counted or listed, as it stands in the address: every number's link and the list it opens read the same.

========== ==========================================================================================================
argument   meaning
========== ==========================================================================================================
actor      number of an organisation, several times; ``ours`` or ``anybody``
body       number of a body met, several times
kind       kind of engagement, several times or with commas between
status     status, several times; ``counted`` for what counts, ``any`` for whatever came of it
topic      number of a topic, several times
since      first day, or a period whose first day is meant: ``2026-05-11``, ``May 2026``, ``Q2``
until      last day, or a period whose last day is meant
tree       ``today`` to read the tree as organised today
direct     ``1`` for bodies named directly only
certainty  ``certain`` or ``possible`` in that span
per        ``contact`` for one row for each body met
also       number of a body that took part too: the row of a table
acting     number of an actor that took part too: the column of a table
beside     of ``also``, what is never in its count: planned, declined, cancelled, absent, copies, third
owner      number of the member who is responsible, ``0`` for nobody
visibility ``team``, ``members`` or ``hidden``
q          words
========== ==========================================================================================================
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from crm.dates import OPEN, parse_when
from crm.errors import Invalid, Several
from crm.models.engagements import KINDS, STATUSES, VISIBILITIES
from crm.queries.engagements import Filter
from crm.queries.facets import NOBODY
from crm.queries.scope import Scope
from crm.services import organisations
from crm.services.engagements import lines
from crm.work import Work

OURS, ANYBODY = "ours", "anybody"
COUNTED, ANY = "counted", "any"
BESIDE = ("planned", "declined", "cancelled", "absent", "copies", "third")

_IDS_AT_MOST = 100
_LONGEST_TEXT = 200


Arguments = MultiDict[str, str]


@dataclass(slots=True)
class Read:
    """A filter as read from an address.

    :ivar problems: what could not be read, each on its argument; the filter then finds nothing
    :ivar typed: ``since`` and ``until`` as they were typed
    """

    filter: Filter
    problems: list[Invalid] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        return self.filter.scope

    @property
    def certainty(self) -> str:
        return self.filter.certainty


def with_numbers(work: Work, arguments: Arguments) -> tuple[MultiDict[str, str], list[Invalid]]:
    """``arguments`` with a number in place of every name typed into a filter, and the names that were not found."""
    problems: list[Invalid] = []
    found: MultiDict[str, str] = MultiDict()
    for name in arguments:
        for value in arguments.getlist(name):
            if name not in ("actor", "body", "topic"):
                found.add(name, value)
                continue
            for line in value.splitlines()[:_IDS_AT_MOST]:
                if not line.strip():
                    continue
                number = line.strip()
                if not (number.isascii() and number.isdigit()) and number not in (OURS, ANYBODY):
                    try:
                        number = _number(work, name, number)
                    except (Invalid, Several) as error:
                        problems += error.problems if isinstance(error, Several) else [error]
                        continue
                found.add(name, number)
    return found, problems


def _number(work: Work, name: str, line: str) -> str:
    if name == "topic":
        return str(lines.topics(work, [line], field=name, may_create=False)[0])
    return str(organisations.resolve(work, [line], field=name)[0].id)


def parse_scope(
    arguments: Arguments, *, today: dt.date, default_actor: str = OURS, default_status: str = COUNTED
) -> Read:
    """Reads the arguments of an address; unknown ones are left alone.

    :param today: the day by which “May” or “Q2” are read
    :param default_actor: :data:`OURS` or :data:`ANYBODY`, where the address says nothing
    :param default_status: :data:`COUNTED` or :data:`ANY`
    """
    reader = _Reader(arguments, today)
    actors = reader.values("actor") or [default_actor]
    statuses = reader.values("status") or [default_status]
    scope = Scope(
        actors=() if {OURS, ANYBODY} & set(actors) else reader.numbers("actor"),
        anybody=ANYBODY in actors,
        bodies=reader.numbers("body"),
        kinds=reader.choices("kind", KINDS),
        statuses=reader.statuses(statuses),
        topics=reader.numbers("topic"),
        since=reader.day("since"),
        until=reader.day("until"),
        as_today=reader.one("tree", ("today",)) == "today",
        direct=reader.one("direct", ("1",)) == "1",
    )
    if scope.since and scope.until and scope.until < scope.since:
        reader.problems.append(Invalid("until", "The last day lies before the first one."))
    read = Filter(
        scope=scope,
        certainty=reader.one("certainty", ("certain", "possible")),
        text=(arguments.get("q", "") or "").strip()[:_LONGEST_TEXT],
        per=reader.one("per", ("contact", "engagement")) or "engagement",
        also=next(iter(reader.numbers("also")), None),
        acting=next(iter(reader.numbers("acting")), None),
        beside=reader.one("beside", BESIDE),
        owner_id=reader.owner("owner"),
        visibility=reader.one("visibility", tuple(VISIBILITIES)),
    )
    return Read(read, reader.problems, reader.typed)


def scope_args(
    scope: Scope,
    *,
    certainty: str = "",
    per: str = "",
    also: int | None = None,
    acting: int | None = None,
    beside: str = "",
    text: str = "",
) -> dict[str, Any]:
    """The arguments that say ``scope``, for ``url_for("crm.engagements.index", **scope_args(…))``.

    Everything is said, so that the address means the same on every page, whatever its defaults are.
    """
    said: dict[str, Any] = {
        "actor": [ANYBODY] if scope.anybody else list(scope.actors) or [OURS],
        "status": _statuses_said(scope.statuses),
        "body": list(scope.bodies),
        "kind": list(scope.kinds),
        "topic": list(scope.topics),
        "since": scope.since.isoformat() if scope.since else "",
        "until": scope.until.isoformat() if scope.until else "",
        "tree": "today" if scope.as_today else "",
        "direct": "1" if scope.direct else "",
        "certainty": certainty,
        "per": "" if per == "engagement" else per,
        "also": also,
        "acting": acting,
        "beside": beside,
        "q": text,
    }
    return {name: value for name, value in said.items() if value not in ("", None, [])}


def filter_args(read: Filter) -> dict[str, Any]:
    """The arguments that say a whole filter."""
    said = scope_args(
        read.scope,
        certainty=read.certainty,
        per=read.per,
        also=read.also,
        acting=read.acting,
        beside=read.beside,
        text=read.text,
    )
    more = {"owner": read.owner_id, "visibility": read.visibility}
    return said | {name: value for name, value in more.items() if value not in ("", None)}


def _statuses_said(statuses: tuple[str, ...]) -> list[str]:
    if not statuses:
        return [COUNTED]
    return [ANY] if set(statuses) == set(STATUSES) else list(statuses)


@dataclass(slots=True)
class _Reader:
    arguments: Arguments
    today: dt.date
    problems: list[Invalid] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)

    def values(self, name: str) -> list[str]:
        return [value for text in self.arguments.getlist(name) for value in text.split(",") if value]

    def numbers(self, name: str) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for value in self.values(name)[:_IDS_AT_MOST]:
            if value.isascii() and value.isdigit() and len(value) < 11 and 0 < int(value) < 2**31:
                found[int(value)] = None
            else:
                self.problems.append(Invalid(name, f"“{value[:80]}” was not found; choose it from the list."))
        return tuple(found)

    def owner(self, name: str) -> int | None:
        typed = self.arguments.get(name, "") or ""
        return NOBODY if typed == str(NOBODY) else next(iter(self.numbers(name)), None)

    def choices(self, name: str, allowed: Any) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(self.values(name)))[:_IDS_AT_MOST]
        for value in found:
            if value not in allowed:
                self.problems.append(Invalid(name, f"“{value[:80]}” is not one of: {', '.join(allowed)}."))
        return tuple(value for value in found if value in allowed)

    def statuses(self, values: list[str]) -> tuple[str, ...]:
        if COUNTED in values:
            return ()
        if ANY in values:
            return tuple(STATUSES)
        return self.choices("status", STATUSES) or tuple(STATUSES)

    def one(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.arguments.get(name, "") or ""
        if value and value not in allowed:
            self.problems.append(Invalid(name, f"“{value[:80]}” is not one of: {', '.join(allowed)}."))
            return ""
        return value

    def day(self, name: str) -> dt.date | None:
        typed = (self.arguments.get(name, "") or "").strip()
        self.typed[name] = typed
        if not typed:
            return None
        try:
            when = parse_when(typed, today=self.today, past=True)
        except Invalid as problem:
            self.problems.append(Invalid(name, problem.reason))
            return None
        if name == "since":
            return when.first
        last = max(when.last, when.end or when.last)
        return None if last == OPEN else last
