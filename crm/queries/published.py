"""What official registers publish about us, body by body: figures beside those of the log, never added to them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from crm.dates import OPEN
from crm.models import Organisation, OrganisationClosure, RegisterEntry
from crm.queries.officials import Officials
from crm.queries.scope import Scope
from crm.text import like_escape
from crm.work import Work

_AT_ONCE = 500


class Source(NamedTuple):
    """What one register says.

    :ivar source: key of the profile by which it was read
    """

    source: str
    publisher: str
    meetings: int
    possible: int


@dataclass(slots=True)
class Published:
    """Published meetings that lie in the days of a scope.

    :ivar certain: organisation → meetings whose doubt lies wholly in those days, its own and those of bodies below it
    :ivar possible: organisation → meetings that may lie in them
    :ivar all_certain: every such meeting, whether or not a body of the log was recognised in it
    """

    certain: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    possible: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    all_certain: set[int] = field(default_factory=set)
    all_possible: set[int] = field(default_factory=set)
    sources: dict[int, tuple[str, str]] = field(default_factory=dict)
    """meeting → profile by which its register was read, and who published it"""

    @property
    def is_empty(self) -> bool:
        return not (self.all_certain or self.all_possible)

    def of(self, organisation_id: int) -> tuple[int, int]:
        """How many certain and how many possible ones with a body and what was below it that day."""
        return len(self.certain.get(organisation_id, ())), len(self.possible.get(organisation_id, ()))

    def by_source(self) -> list[Source]:
        """The same meetings by the register that published them."""
        found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        for place, meetings in enumerate((self.all_certain, self.all_possible)):
            for meeting in meetings:
                found[self.sources[meeting]][place] += 1
        return [Source(*source, *numbers) for source, numbers in sorted(found.items())]

    def narrow(self, bodies: Sequence[int]) -> None:
        """Leaves what was with one of some bodies, or with one below them."""
        self.all_certain = set().union(*(self.certain.get(body, ()) for body in bodies))
        self.all_possible = set().union(*(self.possible.get(body, ()) for body in bodies))
        for table in (self.certain, self.possible):
            for body in list(table):
                table[body] &= self.all_certain | self.all_possible
                if not table[body]:
                    del table[body]


def published(work: Work, scope: Scope) -> Published:
    """The published meetings in which the actors of a scope are named, by the bodies that hosted them.

    A register knows meetings only, and no topics of ours: asked for other kinds or for topics, it says nothing.
    """
    found = Published()
    if (scope.kinds and "meeting" not in scope.kinds) or scope.topics or scope.statuses:
        return found
    named = _actors(work, scope)
    if named is None:
        return found
    entry = RegisterEntry
    statement = select(
        entry.meeting_id,
        entry.first_day,
        entry.last_day,
        entry.bodies_folded,
        entry.officials_folded,
        entry.publisher,
        entry.source,
    ).where(entry.meeting_id.is_not(None), entry.first_day.is_not(None), named)
    if scope.since is not None:
        statement = statement.where(entry.last_day >= scope.since)
    if scope.until is not None:
        statement = statement.where(entry.first_day <= scope.until)
    bodies: dict[tuple[int, dt.date], set[int]] = defaultdict(set)
    sure: dict[int, bool] = {}
    names: dict[str, int] | None = None
    officials: Officials | None = None
    for meeting, first, last, folded, persons, publisher, source in work.session.execute(statement):
        if meeting is None or first is None or last is None:
            continue
        names = _names(work) if names is None else names
        officials = Officials(work) if officials is None else officials
        within = first >= (scope.since or dt.date.min) and last <= (scope.until or OPEN)
        sure[meeting] = sure.get(meeting, True) and within
        found.sources[meeting] = (source, publisher)
        for body in _hosts(names, folded, publisher, officials, persons, first):
            bodies[(body, first)].add(meeting)
    for meeting, within in sure.items():
        (found.all_certain if within else found.all_possible).add(meeting)
    _roll_up(work, bodies, found)
    if scope.bodies:
        found.narrow(scope.bodies)
    return found


def _actors(work: Work, scope: Scope) -> ColumnElement[bool] | None:
    """Entries that name one of the actors, none if there are no names to look for."""
    if scope.anybody:
        return RegisterEntry.meeting_id.is_not(None)
    statement = select(Organisation.names_folded).where(Organisation.binned_at.is_(None))
    if scope.actors:
        statement = statement.where(Organisation.id.in_(scope.actors))
    else:
        statement = statement.where(or_(Organisation.is_ours.is_(True), Organisation.is_client.is_(True)))
    names = {name.strip() for folded in work.session.scalars(statement) for name in folded.split("|")} - {""}
    if not names:
        return None
    # Every name of a cell stands between bars, the last one at the end.
    patterns = [f"%| {like_escape(name)} |%" for name in sorted(names)]
    return or_(*((RegisterEntry.parties_folded + "|").like(pattern, escape="\\") for pattern in patterns))


def _names(work: Work) -> dict[str, int]:
    """Folded name → the one open organisation that bears it, or the one there is."""
    found: dict[str, set[int]] = defaultdict(set)
    still: dict[str, set[int]] = defaultdict(set)
    statement = select(Organisation.id, Organisation.names_folded, Organisation.closed).where(
        Organisation.binned_at.is_(None)
    )
    for number, folded, closed in work.session.execute(statement):
        for name in {part.strip() for part in folded.split("|")} - {""}:
            found[name].add(number)
            if closed is None:
                still[name].add(number)
    return {
        name: next(iter(chosen))
        for name, numbers in found.items()
        if len(chosen := numbers if len(numbers) == 1 else still[name]) == 1
    }


def _hosts(
    names: dict[str, int], folded: str, publisher: str, officials: Officials, persons: str, day: dt.date
) -> Iterable[int]:
    """The bodies that a row names, else those in which its officials held posts that day, else whose list it is."""
    found = {names[piece] for piece in _pieces(folded) if piece in names}
    if not found:
        held = [officials.held([piece], day) for piece in _pieces(persons)]
        found = {one.organisation_id for one in held if one is not None}
    if found or not publisher:
        return found
    whose = names.get(publisher.casefold())
    return {whose} if whose is not None else set()


def _pieces(folded: str) -> set[str]:
    return {part.strip() for part in folded.split("|")} - {""}


def _roll_up(work: Work, bodies: dict[tuple[int, dt.date], set[int]], found: Published) -> None:
    """Gives each meeting to every body above its host as the tree stood that day."""
    closure = OrganisationClosure
    above: dict[int, list[tuple[int, dt.date, dt.date]]] = defaultdict(list)
    ids = sorted({body for body, _ in bodies})
    for start in range(0, len(ids), _AT_ONCE):
        statement = select(closure.descendant_id, closure.ancestor_id, closure.first, closure.last).where(
            closure.descendant_id.in_(ids[start : start + _AT_ONCE])
        )
        for body, ancestor, first, last in work.session.execute(statement):
            above[body].append((ancestor, first, last))
    for (body, day), meetings in bodies.items():
        for ancestor, first, last in above[body]:
            if first <= day <= last:
                found.certain[ancestor] |= meetings & found.all_certain
                found.possible[ancestor] |= meetings & found.all_possible
