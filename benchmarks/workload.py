"""The seeded log that is measured: as large as a big team's, the same in every run."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import insert, select, text

from crm.models import (
    CalendarEntry,
    Commitment,
    CommitmentRecipient,
    Engagement,
    EngagementTopic,
    Member,
    Organisation,
    OrganisationParent,
    Participation,
    Person,
    Post,
    Topic,
)
from crm.models.engagements import listed
from crm.models.people import folded_name
from crm.services import search, tally, tree
from crm.text import fold, sort_key
from crm.work import Work

SEED = 20260511
ORGANISATIONS, PEOPLE, TOPICS = 500, 5_000, 60
ENGAGEMENTS, COMMITMENTS = 100_000, 10_000
FIRST_DAY, DAYS = dt.date(2020, 11, 24), 6 * 365
AT_ONCE = 10_000
RARE = "quincunx"
"""a word that stands in a handful of engagements"""
COMMON = "evaluation"
"""a word that stands in most of them"""

WORDS = [
    "access",
    "act",
    "action",
    "agency",
    "annex",
    "article",
    "audit",
    "authority",
    "capability",
    "code",
    "committee",
    "compliance",
    "consultation",
    "council",
    "cyber",
    "data",
    "deadline",
    "delegation",
    "deployment",
    "directive",
    "draft",
    "duty",
    "enforcement",
    "evaluation",
    "evidence",
    "framework",
    "guidance",
    "harmonised",
    "impact",
    "incident",
    "innovation",
    "institute",
    "letter",
    "mandate",
    "market",
    "measure",
    "member",
    "mitigation",
    "model",
    "monitoring",
    "negotiation",
    "network",
    "note",
    "office",
    "opinion",
    "oversight",
    "parliament",
    "plan",
    "policy",
    "position",
    "practice",
    "procedure",
    "proposal",
    "provider",
    "regulation",
    "report",
    "request",
    "research",
    "risk",
    "safety",
    "security",
    "service",
    "standard",
    "state",
    "statement",
    "strategy",
    "systemic",
    "template",
    "text",
    "threshold",
    "timetable",
    "transparency",
    "trilogue",
    "union",
    "unit",
    "update",
    "working",
]
_KINDS = ("meeting",) * 50 + ("call",) * 15 + ("email",) * 15 + ("letter",) * 8 + ("event",) * 7 + ("hearing",) * 3
_DONE = {"email": "received", "letter": "received"}


class Size(NamedTuple):
    """How much there is, and when: held or sent in the past, unless it is all planned."""

    engagements: int = ENGAGEMENTS
    commitments: int = COMMITMENTS
    first_day: dt.date = FIRST_DAY
    days: int = DAYS
    planned: bool = False

    def times(self, factor: float) -> Size:
        return self._replace(engagements=int(self.engagements * factor), commitments=int(self.commitments * factor))


def enter(work: Work, size: Size) -> None:
    """Puts the log into an empty, migrated database that has members."""
    chance = random.Random(SEED)
    ours, rivals, bodies = _organisations(work, chance)
    people = _people(work, chance, bodies)
    topics = _topics(work, chance)
    owners = list(work.session.scalars(select(Member.id).order_by(Member.id)))
    for rows in _engagements(chance, size, ours, rivals, bodies, people, topics, owners, work.now()):
        for record, values in rows.items():
            work.session.execute(insert(record), values)
    _commitments(work, chance, size, ours, rivals, bodies, owners)
    search.rebuild(work)
    tally.rebuild(work)
    work.session.flush()
    if work.session.get_bind().dialect.name == "postgresql":
        _go_on_behind(work)


def _go_on_behind(work: Work) -> None:
    """Has PostgreSQL count on behind the numbers that were given here."""
    for record in (Organisation, Person, Post, Topic, Engagement, Participation, Commitment, CalendarEntry):
        work.session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{record.__tablename__}', 'id'), max(id)) "
                 f"FROM {record.__tablename__}")
        )  # fmt: skip


def _stamped(now: dt.datetime, **values: Any) -> dict[str, Any]:
    return {**values, "version": 1, "created_at": now, "changed_at": now}


def _organisations(work: Work, chance: random.Random) -> tuple[int, list[int], list[int]]:
    """Our organisation, rivals, and public bodies in a tree four levels deep in which every tenth unit moved once."""
    start = (work.session.scalar(select(Organisation.id).order_by(Organisation.id.desc()).limit(1)) or 0) + 1
    ids = list(range(start, start + ORGANISATIONS))
    rows = []
    for place, number in enumerate(ids):
        name = f"{chance.choice(WORDS).title()} {chance.choice(WORDS)} {place}"
        rows.append(
            _stamped(
                work.now(),
                id=number,
                name=name,
                short_name=f"B{place}" if place % 3 else "",
                kind="company" if place < 10 else "agency",
                country="EU",
                is_ours=place == 0,
                sort=sort_key(name),
                names_folded=f"| {fold(name)} " + (f"| b{place} " if place % 3 else ""),
            )
        )
    work.session.execute(insert(Organisation), rows)
    bodies, links, moved = ids[10:], [], dt.date(2023, 6, 1)
    for place, number in enumerate(bodies):
        if place < 40:
            continue
        parent = bodies[chance.randrange(max(40, place // 4))]
        if place % 10:
            links.append({"organisation_id": number, "parent_id": parent})
            continue
        other = bodies[chance.randrange(40)]
        links.append({"organisation_id": number, "parent_id": parent, "last": moved - dt.timedelta(days=1)})
        links.append({"organisation_id": number, "parent_id": other, "first": moved})
    defaults = {"first": None, "last": None}
    work.session.execute(insert(OrganisationParent), [defaults | link for link in links])
    tree.rebuild(work)
    return ids[0], ids[1:10], bodies


def _people(work: Work, chance: random.Random, bodies: list[int]) -> dict[int, list[int]]:
    """People with one post each, by body."""
    rows, posts, found = [], [], {body: [] for body in bodies}
    for number in range(1, PEOPLE + 1):
        name = f"{chance.choice(WORDS).title()} {chance.choice(WORDS).title()} {number}"
        rows.append(_stamped(work.now(), id=number, name=name, sort=sort_key(name), names_folded=folded_name(name)))
        body = chance.choice(bodies)
        posts.append(
            {"person_id": number, "organisation_id": body, "title": "Head of unit", "first": None, "last": None}
        )
        found[body].append(number)
    work.session.execute(insert(Person), rows)
    work.session.execute(insert(Post), posts)
    return found


def _topics(work: Work, chance: random.Random) -> list[int]:
    names = [f"{chance.choice(WORDS).title()} {place}" for place in range(TOPICS)]
    work.session.execute(
        insert(Topic),
        [_stamped(work.now(), id=place + 1, name=name, sort=sort_key(name)) for place, name in enumerate(names)],
    )
    return list(range(1, TOPICS + 1))


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def _engagements(
    chance: random.Random,
    size: Size,
    ours: int,
    rivals: list[int],
    bodies: list[int],
    people: dict[int, list[int]],
    topics: list[int],
    owners: list[int],
    now: dt.datetime,
) -> Iterator[dict[type[Any], list[dict[str, Any]]]]:
    # Some bodies are met far more often than others.
    weights = [1 / (place + 3) for place in range(len(bodies))]
    for start in range(0, size.engagements, AT_ONCE):
        engagements, parties, links = [], [], []
        for place in range(start, min(start + AT_ONCE, size.engagements)):
            one = place + 1
            kind = "meeting" if size.planned else chance.choice(_KINDS)
            counts = not size.planned and chance.random() < 0.94
            status = "planned" if size.planned else _DONE.get(kind, "held") if counts else "cancelled"
            day = size.first_day + dt.timedelta(days=chance.randrange(size.days))
            last, precision = day, "day"
            if chance.random() < 0.04:
                last, precision = day + dt.timedelta(days=chance.choice([1, 6, 27])), "between"
            subject, summary = _text(chance, 6), _text(chance, 45)
            if place % 9973 == 0:
                summary = f"{summary} {RARE}"
            acting = [ours] if chance.random() < 0.7 else [chance.choice(rivals)]
            met = list(dict.fromkeys(chance.choices(bodies, weights, k=chance.choice([1, 1, 2, 2, 2, 3, 3]))))
            engagements.append(
                _stamped(
                    now,
                    id=one,
                    kind=kind,
                    status=status,
                    subject=subject,
                    summary=summary,
                    search=f" {subject} {summary}",
                    visibility=chance.choices(("team", "members", "hidden"), (94, 3, 3))[0],
                    owner_id=chance.choice(owners),
                    first_day=day,
                    last_day=last,
                    precision=precision,
                    when_text=day.isoformat(),
                    counts=counts,
                    acting=listed(acting),
                    met=listed(met),
                )
            )
            sides = [("actor", body) for body in acting] + [("counterpart", body) for body in met]
            for position, (side, body) in enumerate(sides):
                there = people.get(body) or [None]
                parties.append(
                    {
                        "engagement_id": one,
                        "organisation_id": body,
                        "person_id": chance.choice(there) if side == "counterpart" else None,
                        "side": side,
                        "position": position,
                        "counts": True,
                        "is_contact": side == "counterpart",
                    }
                )
            links.append({"engagement_id": one, "topic_id": chance.choice(topics)})
        entries = [
            {"uid": f"{one['id']}@antechamber", "kind": "engagement", "record_id": one["id"], "changed_at": now}
            for one in engagements
        ]
        yield {Engagement: engagements, Participation: parties, EngagementTopic: links, CalendarEntry: entries}


def _commitments(
    work: Work, chance: random.Random, size: Size, ours: int, rivals: list[int], bodies: list[int], owners: list[int]
) -> None:
    rows: list[dict[str, Any]] = []
    recipients = []
    for number in range(1, size.commitments + 1):
        # Every tenth is the delivery of what was promised before.
        is_delivery = number % 10 == 0
        day = FIRST_DAY + dt.timedelta(days=chance.randrange(DAYS))
        due = day + dt.timedelta(days=chance.randrange(20, 300))
        rows.append(
            _stamped(
                work.now(),
                id=number,
                made_by_id=ours if chance.random() < 0.5 else chance.choice([*rivals, *bodies]),
                kind="delivery" if is_delivery else chance.choice(("offer", "request", "undertaking")),
                fulfils_id=number - chance.randrange(1, 10) if is_delivery else None,
                wording=_text(chance, 12),
                owner_id=chance.choice(owners),
                state=chance.choice(("met", "met", "partly") if is_delivery else ("open", "open", "met", "lapsed")),
                first_day=day,
                last_day=day,
                precision="day",
                when_text=day.isoformat(),
                due_first=due,
                due_last=due,
                due_precision="day",
                due_text=due.isoformat(),
                engagement_id=chance.randrange(1, size.engagements + 1) if chance.random() < 0.5 else None,
            )
        )
        recipients.append({"commitment_id": number, "organisation_id": chance.choice(bodies)})
    if rows:
        work.session.execute(insert(Commitment), rows)
        work.session.execute(insert(CommitmentRecipient), recipients)
