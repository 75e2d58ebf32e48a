"""What a hit says of its record, read for a page of hits at once and only as far as the member may read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from crm.models import (
    Commitment,
    Engagement,
    FollowUp,
    Member,
    Milestone,
    Organisation,
    OrganisationName,
    Person,
    Topic,
)
from crm.models.engagements import KINDS
from crm.models.topics import MILESTONE_KINDS
from crm.queries import commitments, kinds, people, visibility
from crm.queries.commitments import rows as commitment_rows
from crm.queries.days import due_columns, due_of, when_columns, when_of
from crm.queries.engagements.rows import bodies, columns, present, readable, title
from crm.queries.engagements.rows import people as people_in
from crm.queries.prepared import Statement, given, prepared
from crm.text import plural
from crm.work import Work

_NAMED_AT_MOST = 4


class Hit(NamedTuple):
    """One record that was found.

    :param facet: a key of :data:`crm.queries.search.FACETS`
    :param kind: what kind of engagement or commitment it is, for its sign; else the facet
    :param when: its date in words
    :param texts: what may hold the words, for an excerpt
    """

    facet: str
    id: int
    label: str
    kind: str = ""
    detail: str = ""
    when: str = ""
    status: str = ""
    texts: tuple[str, ...] = ()
    is_readable: bool = True


def rows(work: Work, facet: str, ids: Sequence[int]) -> list[Hit]:
    """The records in the order of ``ids``, without those that the member may not see."""
    if not ids:
        return []
    found = {hit.id: hit for hit in _READERS[facet](work, ids)}
    return [found[number] for number in ids if number in found]


def rows_of(work: Work, wanted: Mapping[str, Sequence[int]]) -> dict[str, list[Hit]]:
    """The same for several facets at once; letters are read along with engagements."""
    letters = wanted.get("letter", ())
    found = {facet: rows(work, facet, ids) for facet, ids in wanted.items() if facet not in ("engagement", "letter")}
    both = {hit.id: hit for hit in rows(work, "engagement", [*wanted.get("engagement", ()), *letters])}
    found["engagement"] = [both[number] for number in wanted.get("engagement", ()) if number in both]
    found["letter"] = [both[number]._replace(facet="letter") for number in letters if number in both]
    return found


def _engagements(work: Work, ids: Sequence[int], facet: str = "engagement") -> Iterable[Hit]:
    found = _of_engagements(work, ids=ids)
    parties = present(work, (row.id for row in found))
    for row in found:
        took_part = parties.get(row.id, [])
        met = bodies(took_part, "counterpart")
        named = [body.label for body in met[:_NAMED_AT_MOST]]
        if len(met) > _NAMED_AT_MOST:
            named.append(plural(len(met) - _NAMED_AT_MOST, "more body", "more bodies"))
        said = [", ".join(named), ", ".join(people_in(took_part, "counterpart")[:_NAMED_AT_MOST])]
        yield Hit(
            facet,
            row.id,
            title(row.kind, row.subject, met),
            row.kind,
            " · ".join(part for part in (KINDS[row.kind], *said) if part),
            when_of(row).short(),
            row.status,
            (row.summary, row.notes, row.result, row.reference, row.place),
            row.is_readable,
        )


@prepared
def _of_engagements(work: Work) -> Statement:
    texts = {
        "summary": Engagement.summary,
        "notes": Engagement.notes,
        "result": Engagement.intended_result,
        "reference": Engagement.file_reference,
        "place": Engagement.place,
    }
    return (
        columns(work)
        .add_columns(*(readable(work, text).label(name) for name, text in texts.items()))
        .where(Engagement.id.in_(given("ids", many=True)), Engagement.binned_at.is_(None))
    )


def _letters(work: Work, ids: Sequence[int]) -> Iterable[Hit]:
    return _engagements(work, ids, "letter")


def _organisations(work: Work, ids: Sequence[int]) -> Iterable[Hit]:
    bodies_found = _of_organisations(work, ids=ids)
    others: dict[int, list[str]] = {row.id: [] for row in bodies_found}
    for body, name in _other_names(work, ids=ids):
        if body in others:
            others[body].append(name)
    for row in bodies_found:
        short = row.short_name if row.short_name != row.name else ""
        closed = f"until {row.closed.year}" if row.closed is not None else ""
        detail = " · ".join(part for part in (short, kinds.label(row.kind), closed) if part)
        yield Hit("organisation", row.id, row.name, "organisation", detail, texts=(*others[row.id], row.notes))


@prepared
def _of_organisations(_work: Work) -> Statement:
    return select(
        Organisation.id,
        Organisation.name,
        Organisation.short_name,
        Organisation.kind,
        Organisation.closed,
        Organisation.notes,
    ).where(
        Organisation.id.in_(given("ids", many=True)),
        Organisation.binned_at.is_(None),
        Organisation.merged_into_id.is_(None),
    )


@prepared
def _other_names(_work: Work) -> Statement:
    return (
        select(OrganisationName.organisation_id, OrganisationName.name)
        .where(OrganisationName.organisation_id.in_(given("ids", many=True)))
        .order_by(OrganisationName.id)
    )


def _people(work: Work, ids: Sequence[int]) -> Iterable[Hit]:
    found = _of_people(work, ids=ids)
    posts = people.posts(work, [row.id for row in found])
    for row in found:
        held = posts.get(row.id, [])
        said = [", ".join(part for part in (post.title, post.organisation) if part) for post in held[:2]]
        earlier = "; ".join(f"{post.title}, {post.organisation_name}" for post in held)
        yield Hit(
            "person", row.id, row.name, "person", "; ".join(said), texts=(row.email, row.phone, row.notes, earlier)
        )


@prepared
def _of_people(_work: Work) -> Statement:
    return select(Person.id, Person.name, Person.email, Person.phone, Person.notes).where(
        Person.id.in_(given("ids", many=True)), Person.binned_at.is_(None)
    )


def _commitments(work: Work, ids: Sequence[int]) -> Iterable[Hit]:
    for row in commitment_rows.built(work, _of_commitments(work, ids=ids)):
        to = ", ".join(body.label for body in row.made_to[:_NAMED_AT_MOST])
        yield Hit(
            "commitment",
            row.id,
            commitments.cut(row.wording, 160),
            "commitment",
            f"{row.kind_label} · {row.made_by.label}{f' to {to}' if to else ''} · {row.state_label}",
            f"due {row.due.deadline()}" if row.due else row.when.short(),
            texts=(row.wording, row.condition, row.evidence),
        )


@prepared
def _of_commitments(work: Work) -> Statement:
    wanted = Commitment.id.in_(given("ids", many=True))
    return commitment_rows.rows().where(wanted, *commitment_rows.visible(work), *commitment_rows.kept())


def _follow_ups(work: Work, ids: Sequence[int]) -> Iterable[Hit]:
    for row in _of_follow_ups(work, ids=ids):
        due = due_of(row)
        detail = " · ".join(part for part in ("Done" if row.done_on else "To do", row.owner) if part)
        when = f"due {due.deadline()}" if due else ""
        yield Hit("follow_up", row.id, row.title, "follow_up", detail, when, texts=(row.note,))


@prepared
def _of_follow_ups(work: Work) -> Statement:
    return (
        select(
            FollowUp.id,
            FollowUp.title,
            FollowUp.note,
            FollowUp.done_on,
            *due_columns(FollowUp),
            Member.name.label("owner"),
        )
        .outerjoin(Member, Member.id == FollowUp.owner_id)
        .where(
            FollowUp.id.in_(given("ids", many=True)), FollowUp.binned_at.is_(None), visibility.follow_up_visible(work)
        )
    )


def _topics(work: Work, ids: Sequence[int]) -> Iterable[Hit]:
    for row in _of_topics(work, ids=ids):
        detail = " · ".join(part for part in (row.above, row.procedure_reference) if part)
        yield Hit("topic", row.id, row.name, "topic", detail, texts=(row.description,))


@prepared
def _of_topics(_work: Work) -> Statement:
    above = Topic.__table__.alias("above")
    return (
        select(Topic.id, Topic.name, Topic.procedure_reference, Topic.description, above.c.name.label("above"))
        .outerjoin(above, above.c.id == Topic.parent_id)
        .where(Topic.id.in_(given("ids", many=True)), Topic.binned_at.is_(None))
    )


def _milestones(work: Work, ids: Sequence[int]) -> Iterable[Hit]:
    for row in _of_milestones(work, ids=ids):
        detail = " · ".join(part for part in (MILESTONE_KINDS.get(row.kind), row.body, row.topic) if part)
        when = when_of(row).short()
        yield Hit("milestone", row.id, row.title, "milestone", detail, when, texts=(row.note, row.source))


@prepared
def _of_milestones(_work: Work) -> Statement:
    return (
        select(
            Milestone.id,
            Milestone.kind,
            Milestone.title,
            Milestone.note,
            Milestone.source,
            *when_columns(Milestone),
            Topic.name.label("topic"),
            func.coalesce(func.nullif(Organisation.short_name, ""), Organisation.name).label("body"),
        )
        .outerjoin(Topic, Topic.id == Milestone.topic_id)
        .outerjoin(Organisation, Organisation.id == Milestone.organisation_id)
        .where(Milestone.id.in_(given("ids", many=True)), Milestone.binned_at.is_(None))
    )


_READERS: dict[str, Callable[[Work, Sequence[int]], Iterable[Hit]]] = {
    "engagement": _engagements,
    "letter": _letters,
    "organisation": _organisations,
    "person": _people,
    "commitment": _commitments,
    "follow_up": _follow_ups,
    "topic": _topics,
    "milestone": _milestones,
}
