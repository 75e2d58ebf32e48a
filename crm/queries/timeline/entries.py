"""Entries of a timeline: what each of its records says in one line."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from crm.dates import Precision, When
from crm.models import Commitment, FollowUp, Member, Milestone
from crm.models.commitments import COMMITMENT_KINDS
from crm.models.topics import MILESTONE_KINDS
from crm.queries.commitments import CommitmentRow, cut
from crm.queries.commitments.rows import built as built_commitments
from crm.queries.commitments.rows import rows as commitment_rows
from crm.queries.days import when_of
from crm.queries.engagements.rows import Body, Present, bodies, numbered, people, present, title
from crm.queries.letters.progress import progress
from crm.queries.prepared import Statement, given, prepared
from crm.queries.scope import own_side
from crm.work import Work

ENGAGEMENT, COMMITMENT, FOLLOW_UP, MILESTONE = range(4)
_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{4}-\d{2}-\d{2})\.(\d{4})\.([0-3])\.(\d{1,18})")


class Cursor(NamedTuple):
    """A place in the timeline: first and last possible day, time of day, source and number of an entry."""

    day: dt.date
    last: dt.date
    time: str
    source: int
    id: int

    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.last.isoformat()}.{self.time}.{self.source}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """The place that an address names, none if it names none."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            return None
        try:
            first, last = dt.date.fromisoformat(found[1]), dt.date.fromisoformat(found[2])
            return cls(first, last, found[3], int(found[4]), int(found[5]))
        except ValueError:
            return None


@dataclass(slots=True)
class Entry:
    """One thing that happened, or will.

    :ivar source: one of :data:`ENGAGEMENT`, :data:`COMMITMENT`, :data:`FOLLOW_UP`, :data:`MILESTONE`
    :ivar kind: kind of engagement, or ``commitment``, ``follow_up``, ``milestone``
    :ivar status: of an engagement
    :ivar state: of a commitment; ``late``, ``done`` or ``open`` of a follow-up
    :ivar is_readable: whether the member may read what it was about
    """

    source: int
    id: int
    cursor: Cursor
    kind: str
    when: str
    title: str
    status: str = ""
    state: str = ""
    organisations: tuple[Body, ...] = ()
    people: tuple[str, ...] = ()
    detail: str = ""
    note: str = ""
    is_readable: bool = True


def told(work: Work, places: Sequence[Cursor], branch: Container[int] = ()) -> list[Entry]:
    """What stands at each place, in that order.

    :param branch: the bodies whose timeline it is; where they were but a third party, or got a copy, the note says so,
        and of a letter to them how far their copy has come
    """
    found: dict[tuple[int, int], Entry] = {}
    for source, tell in (
        (ENGAGEMENT, _tell_engagements),
        (COMMITMENT, _tell_commitments),
        (FOLLOW_UP, _tell_follow_ups),
        (MILESTONE, _tell_milestones),
    ):
        those = {place.id: place for place in places if place.source == source}
        if those:
            found.update({(source, entry.id): entry for entry in tell(work, those, branch)})
    return [found[place.source, place.id] for place in places if (place.source, place.id) in found]


def _tell_engagements(work: Work, places: dict[int, Cursor], branch: Container[int]) -> Iterable[Entry]:
    parties = present(work, places)
    ours = {body for (body,) in _ours(work)}
    rows = numbered(work, places)
    sent = [row.id for row in rows if row.kind == "letter" and row.status == "sent" and row.is_readable]
    written_to = {one.body.id for letter in sent for one in parties.get(letter, ()) if one.body.id in branch}
    came = progress(work, sent, written_to)
    for row in rows:
        those = parties.get(row.id, [])
        met = bodies(those, "counterpart")
        yield Entry(
            ENGAGEMENT,
            row.id,
            places[row.id],
            kind=row.kind,
            when=when_of(row).short(),
            title=title(row.kind, row.subject, met),
            status=row.status,
            organisations=met,
            people=people(those, "counterpart"),
            detail=_on_behalf(those, ours, row.status),
            note=came.get(row.id) or _capacity([one for one in those if one.body.id in branch]),
            is_readable=row.is_readable,
        )


@prepared
def _ours(_work: Work) -> Statement:
    return own_side()


def _on_behalf(parties: Sequence[Present], ours: Container[int], status: str) -> str:
    """On whose behalf, or to whom, where it was not simply ours."""
    actors = bodies(parties, "actor")
    if all(body.id in ours for body in actors):
        return ""
    return ("to " if status == "received" else "by ") + ", ".join(body.label for body in actors)


def _capacity(own: Sequence[Present]) -> str:
    """In what capacity the bodies of the timeline took part, where it was not simply that."""
    if not own or any(_is_plain(one) for one in own):
        return ""
    one = own[0]
    if one.acceptance in ("declined", "absent"):
        return one.acceptance
    return "copy" if one.role == "copy" else "third party"


def _is_plain(one: Present) -> bool:
    return one.side != "third" and one.role != "copy" and one.acceptance not in ("declined", "absent")


def _tell_commitments(work: Work, places: dict[int, Cursor], _branch: Container[int]) -> Iterable[Entry]:
    for row in built_commitments(work, _commitments(work, ids=list(places))):
        yield Entry(
            COMMITMENT,
            row.id,
            places[row.id],
            kind="commitment",
            when=row.when.short(),
            title=cut(row.wording, 160),
            state="late" if row.is_late else row.state,
            detail=_promise(row),
        )


@prepared
def _commitments(_work: Work) -> Statement:
    return commitment_rows().where(Commitment.id.in_(given("ids", many=True)))


def _promise(row: CommitmentRow) -> str:
    to = ", ".join(body.label for body in row.made_to)
    due = f", due {row.due.deadline()}" if row.due is not None else ""
    return f"{COMMITMENT_KINDS[row.kind]}: {row.made_by.label} → {to}{due}"


def _tell_follow_ups(work: Work, places: dict[int, Cursor], _branch: Container[int]) -> Iterable[Entry]:
    found = work.session.execute(
        select(FollowUp, Member.name.label("owner"))
        .outerjoin(Member, Member.id == FollowUp.owner_id)
        .where(FollowUp.id.in_(places))
    )
    today = work.today()
    for record, owner in found:
        due = record.due.short() if record.due is not None else ""
        yield Entry(
            FOLLOW_UP,
            record.id,
            places[record.id],
            kind="follow_up",
            when=_day(record.done_on) if record.done_on is not None else due or "no date",
            title=record.title,
            state="done" if record.is_done else "late" if record.is_late(today) else "open",
            detail=owner or "nobody’s",
            note=f"due {due}" if record.is_done and due else "",
        )


def _tell_milestones(work: Work, places: dict[int, Cursor], _branch: Container[int]) -> Iterable[Entry]:
    for record in work.session.scalars(select(Milestone).where(Milestone.id.in_(places))):
        yield Entry(
            MILESTONE,
            record.id,
            places[record.id],
            kind="milestone",
            when=record.when.short(),
            title=record.title,
            detail=MILESTONE_KINDS[record.kind],
        )


def _day(day: dt.date) -> str:
    return When(day, day, Precision.DAY, "").short()
