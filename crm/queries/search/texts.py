"""The words of records for the search index, read for many at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, CompoundSelect, bindparam, select, union_all

from crm.models import (
    Attachment,
    Commitment,
    CommitmentRecipient,
    DiscussionPoint,
    Engagement,
    EngagementTopic,
    FollowUp,
    Milestone,
    Organisation,
    OrganisationIdentifier,
    Participation,
    Person,
    Post,
    Topic,
)
from crm.models.search import FACE, LETTER_MARK, WHOLE, place
from crm.queries.matching import LONGEST_WORD
from crm.text import tokens
from crm.work import Work

#: Far more than a long note has; PostgreSQL's index of one record ends at a megabyte.
WORDS_AT_MOST = 20_000

_IDS: BindParameter[list[int]] = bindparam("ids", expanding=True)


class Text(NamedTuple):
    """One entry of the index, with the columns of :class:`crm.models.SearchEntry`."""

    id: int
    kind: str
    record_id: int
    face: int
    label: str
    words: str


def texts(work: Work, kind: str, ids: Sequence[int]) -> list[Text]:
    """The entries that records must have; what is in the bin, merged or gone has none."""
    return _READERS[kind](work, ids)


def _joined(*parts: Iterable[str]) -> str:
    words = dict.fromkeys(chain.from_iterable(parts))
    if max(map(len, words), default=0) > LONGEST_WORD:
        words = dict.fromkeys(word[:LONGEST_WORD] for word in words)
    return " ".join(words if len(words) <= WORDS_AT_MOST else islice(words, WORDS_AT_MOST))


def _entry(
    kind: str,
    record_id: int,
    words: str,
    *,
    day: dt.date | None = None,
    time: dt.time | None = None,
    label: str = "",
    face: int = WHOLE,
) -> Text:
    return Text(place(kind, record_id, day, time, face), kind, record_id, face, label, words)


_CONTENT = select(
    Engagement.id,
    Engagement.kind,
    Engagement.visibility,
    Engagement.first_day,
    Engagement.start_time,
    Engagement.search,
    Engagement.intended_result,
    Engagement.decline_reason,
).where(Engagement.id.in_(_IDS), Engagement.binned_at.is_(None))
_PRESENT = (
    select(
        Participation.engagement_id,
        Participation.organisation_id,
        Organisation.names_folded,
        Participation.person_id,
        Person.name,
    )
    .join(Organisation, Organisation.id == Participation.organisation_id)
    .outerjoin(Person, Person.id == Participation.person_id)
    .where(Participation.engagement_id.in_(_IDS))
)
_ABOUT: CompoundSelect[Any] = union_all(
    select(EngagementTopic.engagement_id, Topic.name + "\n" + Topic.procedure_reference)
    .join(Topic, Topic.id == EngagementTopic.topic_id)
    .where(EngagementTopic.engagement_id.in_(_IDS)),
    select(
        DiscussionPoint.engagement_id,
        DiscussionPoint.point + "\n" + DiscussionPoint.positions + "\n" + DiscussionPoint.conclusion,
    ).where(DiscussionPoint.engagement_id.in_(_IDS)),
    select(Attachment.engagement_id, Attachment.name).where(
        Attachment.engagement_id.in_(_IDS), Attachment.binned_at.is_(None)
    ),
)


def _engagements(work: Work, ids: Sequence[int]) -> list[Text]:
    asked = {"ids": list(ids)}
    bodies: dict[int, list[str]] = {}
    people: dict[int, list[str]] = {}
    met: defaultdict[int, list[str]] = defaultdict(list)
    content: defaultdict[int, list[str]] = defaultdict(list)
    for engagement, body, names, person, name in work.session.execute(_PRESENT, asked):
        if body not in bodies:
            bodies[body] = tokens(names)
        met[engagement] += bodies[body]
        if person is not None:
            if person not in people:
                people[person] = tokens(name)
            content[engagement] += people[person]
    for engagement, text in work.session.execute(_ABOUT, asked):
        content[engagement] += tokens(text)
    result = []
    for row in work.session.execute(_CONTENT, asked):
        mark = [LETTER_MARK] if row.kind == "letter" else []
        words = _joined(
            row.search.split(),
            met[row.id],
            content[row.id],
            tokens(row.intended_result),
            tokens(row.decline_reason),
            mark,
        )
        when = {"day": row.first_day, "time": row.start_time}
        result.append(_entry("engagement", row.id, words, **when))
        if row.visibility == "hidden":
            result.append(_entry("engagement", row.id, _joined(met[row.id], mark), face=FACE, **when))
    return result


def _organisations(work: Work, ids: Sequence[int]) -> list[Text]:
    rows = work.session.execute(
        select(
            Organisation.id, Organisation.names_folded, Organisation.notes, Organisation.website, Organisation.source
        ).where(Organisation.id.in_(ids), Organisation.binned_at.is_(None), Organisation.merged_into_id.is_(None))
    ).all()
    registered = _grouped(
        work,
        select(OrganisationIdentifier.organisation_id, OrganisationIdentifier.value).where(
            OrganisationIdentifier.organisation_id.in_(ids)
        ),
    )
    result = []
    for row in rows:
        names = tokens(row.names_folded)
        numbers = (word for one in registered[row.id] for word in tokens(one[1]))
        words = _joined(names, numbers, tokens(row.notes), tokens(row.website))
        result.append(_entry("organisation", row.id, words, label=_joined(names)))
    return result


def _people(work: Work, ids: Sequence[int]) -> list[Text]:
    rows = work.session.execute(
        select(Person.id, Person.name, Person.email, Person.phone, Person.notes).where(
            Person.id.in_(ids), Person.binned_at.is_(None)
        )
    ).all()
    posts = _grouped(work, select(Post.person_id, Post.title, Post.organisation_id).where(Post.person_id.in_(ids)))
    bodies = _organisation_names(work, {post[2] for held in posts.values() for post in held})
    result = []
    for row in rows:
        names = tokens(row.name)
        held = posts[row.id]
        words = _joined(
            names,
            tokens(row.email),
            tokens(row.phone),
            (word for post in held for word in tokens(post[1])),
            (word for post in held for word in bodies.get(post[2], ())),
            tokens(row.notes),
        )
        result.append(_entry("person", row.id, words, label=_joined(names)))
    return result


def _topics(work: Work, ids: Sequence[int]) -> list[Text]:
    rows = work.session.execute(
        select(Topic.id, Topic.name, Topic.procedure_reference, Topic.description).where(
            Topic.id.in_(ids), Topic.binned_at.is_(None)
        )
    )
    result = []
    for row in rows:
        names = [*tokens(row.name), *tokens(row.procedure_reference)]
        words = _joined(names, tokens(row.description))
        result.append(_entry("topic", row.id, words, label=_joined(names)))
    return result


def _commitments(work: Work, ids: Sequence[int]) -> list[Text]:
    rows = work.session.execute(
        select(
            Commitment.id,
            Commitment.first_day,
            Commitment.made_by_id,
            Commitment.topic_id,
            Commitment.wording,
            Commitment.condition,
            Commitment.evidence,
        ).where(Commitment.id.in_(ids), Commitment.binned_at.is_(None))
    ).all()
    to = _grouped(
        work,
        select(CommitmentRecipient.commitment_id, CommitmentRecipient.organisation_id).where(
            CommitmentRecipient.commitment_id.in_(ids)
        ),
    )
    named = {row.made_by_id for row in rows} | {one[1] for found in to.values() for one in found}
    bodies = _organisation_names(work, named)
    topics = _topic_names(work, {row.topic_id for row in rows if row.topic_id is not None})
    return [
        _entry(
            "commitment",
            row.id,
            _joined(
                *(tokens(text) for text in (row.wording, row.condition, row.evidence)),
                bodies.get(row.made_by_id, ()),
                (word for one in to[row.id] for word in bodies.get(one[1], ())),
                topics.get(row.topic_id, ()),
            ),
            day=row.first_day,
        )
        for row in rows
    ]


def _follow_ups(work: Work, ids: Sequence[int]) -> list[Text]:
    rows = work.session.execute(
        select(
            FollowUp.id,
            FollowUp.title,
            FollowUp.note,
            FollowUp.due_last,
            FollowUp.created_at,
            FollowUp.organisation_id,
            FollowUp.topic_id,
        ).where(FollowUp.id.in_(ids), FollowUp.binned_at.is_(None))
    ).all()
    bodies = _organisation_names(work, {row.organisation_id for row in rows if row.organisation_id is not None})
    topics = _topic_names(work, {row.topic_id for row in rows if row.topic_id is not None})
    return [
        _entry(
            "follow_up",
            row.id,
            _joined(
                tokens(row.title),
                tokens(row.note),
                bodies.get(row.organisation_id, ()),
                topics.get(row.topic_id, ()),
            ),
            day=row.due_last or row.created_at.date(),
        )
        for row in rows
    ]


def _milestones(work: Work, ids: Sequence[int]) -> list[Text]:
    rows = work.session.execute(
        select(
            Milestone.id,
            Milestone.first_day,
            Milestone.title,
            Milestone.note,
            Milestone.source,
            Milestone.organisation_id,
            Milestone.topic_id,
        ).where(Milestone.id.in_(ids), Milestone.binned_at.is_(None))
    ).all()
    bodies = _organisation_names(work, {row.organisation_id for row in rows if row.organisation_id is not None})
    topics = _topic_names(work, {row.topic_id for row in rows if row.topic_id is not None})
    return [
        _entry(
            "milestone",
            row.id,
            _joined(
                *(tokens(text) for text in (row.title, row.note, row.source)),
                bodies.get(row.organisation_id, ()),
                topics.get(row.topic_id, ()),
            ),
            day=row.first_day,
        )
        for row in rows
    ]


def _grouped(work: Work, statement: Any) -> defaultdict[int, list[Any]]:
    """Rows by their first column."""
    result: defaultdict[int, list[Any]] = defaultdict(list)
    for row in work.session.execute(statement):
        result[row[0]].append(row)
    return result


def _organisation_names(work: Work, ids: Iterable[int]) -> dict[int, list[str]]:
    found = select(Organisation.id, Organisation.names_folded).where(Organisation.id.in_(list(ids)))
    return {record_id: tokens(names) for record_id, names in work.session.execute(found)}


def _person_names(work: Work, ids: Iterable[int]) -> dict[int, list[str]]:
    found = select(Person.id, Person.name).where(Person.id.in_(list(ids)))
    return {record_id: tokens(name) for record_id, name in work.session.execute(found)}


def _topic_names(work: Work, ids: Iterable[int]) -> dict[int, list[str]]:
    found = select(Topic.id, Topic.name, Topic.procedure_reference).where(Topic.id.in_(list(ids)))
    return {row[0]: [*tokens(row[1]), *tokens(row[2])] for row in work.session.execute(found)}


_READERS: dict[str, Callable[[Work, Sequence[int]], list[Text]]] = {
    "engagement": _engagements,
    "organisation": _organisations,
    "person": _people,
    "commitment": _commitments,
    "follow_up": _follow_ups,
    "topic": _topics,
    "milestone": _milestones,
}
