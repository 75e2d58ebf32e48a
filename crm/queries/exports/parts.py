"""What hangs on a batch of engagements, each fetched once for all of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select

from crm.dates import Precision, When
from crm.dates.told import tell
from crm.models import (
    Commitment,
    CommitmentRecipient,
    DiscussionPoint,
    EngagementTopic,
    FollowUp,
    Organisation,
    Participation,
    Person,
    Post,
    Topic,
)
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES, DELIVERY_STATES
from crm.models.engagements import ACCEPTANCES
from crm.queries import visibility
from crm.queries.among import among, numbers
from crm.queries.exports.copies import Copy, copies_of
from crm.queries.prepared import Statement, prepared
from crm.text import join_listed, named_body
from crm.work import Work

JOIN = "; "
AWAY = ("declined", "absent")
NO_DATE = "no date"
"""in a list of deadlines, what has none"""


class Party(NamedTuple):
    """One participation."""

    id: int
    organisation_id: int
    key: str
    organisation: str
    side: str
    role: str
    acceptance: str
    is_contact: bool
    person: str
    copy: Copy | None


class Present(NamedTuple):
    """Who took part, in cells: copies apart, and who stayed away apart."""

    bodies: str
    people: str
    contacts: int
    actors: str
    colleagues: str
    third_parties: str
    copies: str
    away: str


@dataclass(slots=True)
class Parts:
    """What hangs on one engagement."""

    parties: list[Party] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    commitments: list[str] = field(default_factory=list)
    made_to: list[str] = field(default_factory=list)
    dues: list[str] = field(default_factory=list)
    follow_ups: list[str] = field(default_factory=list)

    def present(self, *, with_people: bool) -> Present:
        """Organisations and people of every side, each once, people with the post each held that day."""
        bodies: dict[str, list[str]] = {"counterpart": [], "actor": [], "third": []}
        people: dict[str, list[str]] = {"counterpart": [], "actor": [], "third": []}
        copies: list[str] = []
        away: list[str] = []
        contacts = 0
        for _, _, _, organisation, side, role, acceptance, is_contact, person, _ in self.parties:
            if is_contact:
                # Organisations named directly as counterparts.
                contacts += 1
            if role == "copy":
                copies.append(organisation)
            if acceptance in AWAY:
                who = (with_people and person) or named_body(organisation)
                away.append(f"{who} ({ACCEPTANCES[acceptance].lower()})")
                continue
            if role != "copy":
                bodies[side].append(organisation)
            if person:
                people[side].append(person)
        return Present(
            _each_once(bodies["counterpart"]),
            _each_once(people["counterpart"]),
            contacts,
            _each_once(bodies["actor"]),
            _each_once(people["actor"]),
            _each_once(bodies["third"]),
            _each_once(copies),
            _each_once(away),
        )

    def organisations(self, side: str) -> str:
        """The organisations that took part on a side, each once; copies and those who stayed away not."""
        return _each_once(
            [
                party.organisation
                for party in self.parties
                if party.side == side and party.role != "copy" and party.acceptance not in AWAY
            ]
        )

    def people(self, side: str, organisation_id: int | None = None) -> str:
        """The people that took part on a side, all or one organisation's, with the post each held that day."""
        return _each_once(
            [
                party.person
                for party in self.parties
                if party.person
                and party.side == side
                and party.acceptance not in AWAY
                and (organisation_id is None or party.organisation_id == organisation_id)
            ]
        )

    def not_sent(self) -> str:
        """Whose copies of a letter of ours were held back when it was sent to the others."""
        copies = [party for party in self.parties if party.copy]
        sent = {party.organisation_id for party in copies if party.copy and party.copy.was_sent}
        # Where others of a body had theirs, only who did not is named.
        return _each_once(
            [
                (party.organisation_id in sent and party.person) or named_body(party.organisation)
                for party in copies
                if party.copy and not party.copy.was_sent
            ]
        )


class Known:
    """Names of organisations met so far: a log names the same bodies over and over."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[str, str]] = {}

    def of(self, work: Work, ids: set[int]) -> dict[int, tuple[str, str]]:
        """Number → directory key and name; at least those asked for."""
        missing = ids - self._found.keys()
        if missing:
            for number, key, name in _names(work, ids=numbers(work, sorted(missing))):
                self._found[number] = (key or "", name)
        return self._found


@prepared
def _names(work: Work) -> Statement:
    return select(Organisation.id, Organisation.key, Organisation.name).where(among(work, Organisation.id))


def _each_once(names: list[str]) -> str:
    if len(names) == 1:
        # Most lists of a log: no more than a look at what would have to be escaped.
        (only,) = names
        return join_listed(names) if ";" in only or "\\" in only else only
    return join_listed(dict.fromkeys(names)) if names else ""


def parts_of(work: Work, ids: Sequence[int], known: Known) -> dict[int, Parts]:
    """What hangs on each engagement, in a number of statements that does not depend on how many there are."""
    found: dict[int, Parts] = {number: Parts() for number in ids}
    asked = numbers(work, ids)
    _add_parties(work, asked, found, known)
    for engagement_id, name in _topics(work, ids=asked):
        found[engagement_id].topics.append(name)
    for engagement_id, raised_by, point, positions, conclusion in _points(work, ids=asked):
        told = [f"{raised_by}: {point}" if raised_by else point]
        told += [f"Positions: {positions}"] if positions else []
        told += [f"Conclusion: {conclusion}"] if conclusion else []
        found[engagement_id].points.append(" – ".join(told))
    _add_commitments(work, asked, found)
    for engagement_id, title, done_on, *due in _follow_ups(work, ids=asked):
        when = due_of(*due)
        state = f"done {done_on:%Y-%m-%d}" if done_on else f"due {when.deadline()}" if when else "to do"
        found[engagement_id].follow_ups.append(f"{title} ({state})")
    return found


def _add_commitments(work: Work, asked: Any, found: dict[int, Parts]) -> None:
    rows = _commitments(work, ids=asked)
    if not rows:
        return
    made_to: dict[int, list[str]] = defaultdict(list)
    for commitment_id, name in _recipients(work, ids=asked):
        made_to[commitment_id].append(name)
    for number, engagement_id, kind, promised, wording, maker, *due in rows:
        own, deadline = found[engagement_id], due_of(*due)
        word = (DELIVERY_STATES if kind == "delivery" else COMMITMENT_STATES)[promised].lower()
        own.commitments.append(f"{COMMITMENT_KINDS[kind]} of {maker}: {wording} ({word})")
        own.made_to.append(join_listed(made_to[number]))
        own.dues.append(tell(deadline) if deadline is not None else NO_DATE)


def _add_parties(work: Work, asked: Any, found: dict[int, Parts], known: Known) -> None:
    copies = copies_of(work, asked)
    rows = _parties(work, ids=asked)
    bodies = known.of(work, {row[2] for row in rows})
    for engagement_id, number, body, side, role, acceptance, is_contact, name, title in rows:
        key, organisation = bodies[body]
        # The whole name of the organisation: a short one means nothing to whoever reads it elsewhere.
        person = f"{name} ({title}, {organisation})" if title else f"{name} ({organisation})" if name else ""
        copy = copies.get(number) if copies else None
        found[engagement_id].parties.append(
            Party(number, body, key, organisation, side, role, acceptance, is_contact, person, copy)
        )


@prepared
def _parties(work: Work) -> Statement:
    return (
        select(
            Participation.engagement_id,
            Participation.id,
            Participation.organisation_id,
            Participation.side,
            Participation.role,
            Participation.acceptance,
            Participation.is_contact,
            Person.name,
            Post.title,
        )
        .outerjoin(Person, Person.id == Participation.person_id)
        .outerjoin(Post, Post.id == Participation.post_id)
        .where(among(work, Participation.engagement_id))
        .order_by(Participation.engagement_id, Participation.position, Participation.id)
    )


@prepared
def _topics(work: Work) -> Statement:
    return (
        select(EngagementTopic.engagement_id, Topic.name)
        .join(Topic, Topic.id == EngagementTopic.topic_id)
        .where(among(work, EngagementTopic.engagement_id))
        .order_by(Topic.sort)
    )


@prepared
def _points(work: Work) -> Statement:
    return (
        select(
            DiscussionPoint.engagement_id,
            label_of(Organisation),
            DiscussionPoint.point,
            DiscussionPoint.positions,
            DiscussionPoint.conclusion,
        )
        .outerjoin(Organisation, Organisation.id == DiscussionPoint.raised_by_id)
        .where(among(work, DiscussionPoint.engagement_id))
        .order_by(DiscussionPoint.engagement_id, DiscussionPoint.position, DiscussionPoint.id)
    )


@prepared
def _commitments(work: Work) -> Statement:
    return (
        select(
            Commitment.id,
            Commitment.engagement_id,
            Commitment.kind,
            Commitment.state,
            Commitment.wording,
            Organisation.name,
            *due_columns(Commitment),
        )
        .join(Organisation, Organisation.id == Commitment.made_by_id)
        .where(among(work, Commitment.engagement_id), Commitment.binned_at.is_(None))
        .order_by(Commitment.id)
    )


@prepared
def _recipients(work: Work) -> Statement:
    return (
        select(CommitmentRecipient.commitment_id, Organisation.name)
        .join(Commitment, Commitment.id == CommitmentRecipient.commitment_id)
        .join(Organisation, Organisation.id == CommitmentRecipient.organisation_id)
        .where(among(work, Commitment.engagement_id), Commitment.binned_at.is_(None))
        .order_by(Organisation.sort, Organisation.name)
    )


@prepared
def _follow_ups(work: Work) -> Statement:
    return (
        select(FollowUp.engagement_id, FollowUp.title, FollowUp.done_on, *due_columns(FollowUp))
        .where(among(work, FollowUp.engagement_id), FollowUp.binned_at.is_(None), visibility.follow_up_visible(work))
        .order_by(FollowUp.id)
    )


def due_columns(record: Any) -> tuple[Any, ...]:
    """The columns from which :func:`due_of` makes a deadline."""
    return record.due_first, record.due_last, record.due_precision, record.due_text


def due_of(first: dt.date | None, last: dt.date | None, precision: str | None, text: str | None) -> When | None:
    """A deadline, if there is one."""
    if first is None or last is None:
        return None
    return When(first, last, Precision(precision or Precision.DAY), text or "")


def label_of(organisation: Any) -> Any:
    """The short name where there is one, else the name, in SQL."""
    return func.coalesce(func.nullif(organisation.short_name, ""), organisation.name)
