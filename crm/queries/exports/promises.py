"""Commitments and follow-ups as sheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, exists, literal, or_, select
from sqlalchemy.orm import aliased

from crm.dates import OPEN
from crm.exports.columns import Column, Sheet
from crm.models import (
    Commitment,
    CommitmentRecipient,
    Engagement,
    EngagementTopic,
    FollowUp,
    Member,
    Organisation,
    OrganisationClosure,
    Participation,
    Topic,
)
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES, DIRECTIONS
from crm.queries import followups as follow_up_list
from crm.queries.commitments import CommitmentRow
from crm.queries.commitments import listing as commitment_list
from crm.queries.commitments import rows as commitment_rows
from crm.queries.commitments.rows import BUCKETS
from crm.queries.exports.head import head, names, number, owner_words, span_words
from crm.queries.exports.parts import JOIN, due_columns, due_of, label_of
from crm.queries.followups import DUE, TABS
from crm.queries.scope import Scope
from crm.queries.topics import branch
from crm.work import Work

CHUNK = 500

_DUE = (
    Column("due", "Due"),
    Column("due_first", "Due on or after", "date"),
    Column("due_last", "Due by", "date"),
    Column("is_late", "Late", "flag"),
)
_COMMITMENTS = (
    Column("id", "Commitment", "int"),
    Column("direction", "Whose"),
    Column("kind", "Kind"),
    Column("state", "State"),
    Column("made_by", "Made by"),
    Column("made_to", "Made to"),
    Column("wording", "Wording"),
    Column("condition", "Condition"),
    Column("date", "Made on"),
    Column("first_day", "First possible day", "date"),
    Column("last_day", "Last possible day", "date"),
    *_DUE,
    Column("owner", "Responsible"),
    Column("topic", "Topic"),
    Column("engagement", "Engagement"),
    Column("engagement_id", "Engagement number", "int"),
    Column("fulfils", "Fulfils commitment", "int"),
    Column("deliveries", "Deliveries recorded", "int"),
    Column("evidence", "Evidence"),
    Column("evidence_url", "Evidence on the web"),
)
_FOLLOW_UPS = (
    Column("id", "Follow-up", "int"),
    Column("title", "What to do"),
    Column("note", "Note"),
    *_DUE,
    Column("remind_on", "Remind on", "date"),
    Column("done_on", "Done on", "date"),
    Column("done_by", "Done by"),
    Column("owner", "Responsible"),
    Column("organisation", "Organisation"),
    Column("topic", "Topic"),
    Column("engagement", "Engagement"),
    Column("engagement_id", "Engagement number", "int"),
    Column("commitment_id", "Commitment number", "int"),
    Column("logged_at", "Logged at", "datetime"),
)


def commitments(work: Work, scope: Scope, page: commitment_list.Filter | None = None) -> Sheet:
    """Commitments by the day they were made.

    Of the scope count the actors and bodies (each must have made it or been made it, themselves or by what stood below
    them that day), the topics, and the span in which it was made.

    :param page: the filter of the list of commitments, where its rows are meant
    """
    matched = [*commitment_list.conditions(work, page or commitment_list.Filter()), *_made(work, scope)]
    facts = [
        ("filter", _all_words(_words(work, scope, "made"), _page_words(work, page))),
        ("rows", str(number(work, commitment_rows.rows().where(*matched).with_only_columns(Commitment.id)))),
    ]
    return Sheet("Commitments", _COMMITMENTS, head(work, "commitments", facts), _commitments(work, matched))


def follow_ups(work: Work, scope: Scope, page: follow_up_list.Filter | None = None) -> Sheet:
    """Follow-ups in the order in which they were added.

    Of the scope count the actors and bodies (each must be what it is about, or have taken part where it arose), the
    topics, and the span in which it is due.

    :param page: the filter of the list of follow-ups, where its rows are meant
    """
    matched = [*follow_up_list.conditions(work, page or follow_up_list.Filter(tab="")), *_asked(work, scope)]
    facts = [
        ("filter", _all_words(_words(work, scope, "due"), _tab_words(work, page))),
        ("rows", str(number(work, select(FollowUp.id).where(*matched)))),
    ]
    return Sheet("Follow-ups", _FOLLOW_UPS, head(work, "follow-ups", facts), _follow_ups(work, matched))


def commitment_numbers(work: Work, scope: Scope, page: commitment_list.Filter) -> Select[Any]:
    """The numbers of the rows of :func:`commitments`."""
    matched = [*commitment_list.conditions(work, page), *_made(work, scope)]
    return commitment_rows.rows().where(*matched).with_only_columns(Commitment.id)


def follow_up_numbers(work: Work, scope: Scope, page: follow_up_list.Filter) -> Select[Any]:
    """The numbers of the rows of :func:`follow_ups`."""
    return select(FollowUp.id).where(*follow_up_list.conditions(work, page), *_asked(work, scope))


def _commitments(work: Work, matched: list[ColumnElement[bool]]) -> Iterator[tuple[Any, ...]]:
    statement = commitment_rows.rows().where(*matched).order_by(Commitment.first_day, Commitment.id).limit(CHUNK)
    page, last = statement, None
    while True:
        if last is not None:
            later = and_(Commitment.first_day == last.first_day, Commitment.id > last.id)
            page = statement.where(or_(Commitment.first_day > last.first_day, later))
        found = work.session.execute(page).all()
        for row in commitment_rows.built(work, found):
            yield _commitment(row)
        if len(found) < CHUNK:
            return
        last = found[-1]


def _commitment(row: CommitmentRow) -> tuple[Any, ...]:
    return (
        row.id,
        row.direction_label,
        row.kind_label,
        row.state_label,
        row.made_by.label,
        JOIN.join(body.label for body in row.made_to),
        row.wording,
        row.condition,
        row.when.text,
        row.when.first,
        None if row.when.last == OPEN else row.when.last,
        *_due(row.due),
        row.is_late,
        row.owner,
        row.topic.label if row.topic else None,
        row.engagement,
        row.engagement_id,
        row.fulfils_id,
        row.deliveries,
        row.evidence,
        row.evidence_url,
    )


def _follow_ups(work: Work, matched: list[ColumnElement[bool]]) -> Iterator[tuple[Any, ...]]:
    # Under a name of its own: whether a follow-up may be seen is asked of the engagements too.
    owner, doer, arose = aliased(Member), aliased(Member), aliased(Engagement)
    statement = (
        select(
            FollowUp.id,
            FollowUp.title,
            FollowUp.note,
            *due_columns(FollowUp),
            FollowUp.remind_on,
            FollowUp.done_on,
            doer.name.label("doer"),
            owner.name.label("owner"),
            label_of(Organisation).label("organisation"),
            Topic.name.label("topic"),
            arose.subject,
            FollowUp.engagement_id,
            FollowUp.commitment_id,
            FollowUp.created_at,
        )
        .outerjoin(owner, owner.id == FollowUp.owner_id)
        .outerjoin(doer, doer.id == FollowUp.done_by_id)
        .outerjoin(Organisation, Organisation.id == FollowUp.organisation_id)
        .outerjoin(Topic, Topic.id == FollowUp.topic_id)
        .outerjoin(arose, arose.id == FollowUp.engagement_id)
        .where(*matched)
        .order_by(FollowUp.id)
        .limit(CHUNK)
    )
    today, last_id = work.today(), 0
    while True:
        found = work.session.execute(statement.where(FollowUp.id > last_id)).all()
        for row in found:
            due = due_of(row.due_first, row.due_last, row.due_precision, row.due_text)
            late = row.done_on is None and due is not None and due.last < today
            rest = (row.doer, row.owner, row.organisation, row.topic, row.subject, row.engagement_id, row.commitment_id)
            yield (row.id, row.title, row.note, *_due(due), late, row.remind_on, row.done_on, *rest, row.created_at)
        if len(found) < CHUNK:
            return
        last_id = found[-1].id


def _due(due: Any) -> tuple[Any, ...]:
    if due is None:
        return None, None, None
    return due.text, due.first, None if due.last == OPEN else due.last


def _made(work: Work, scope: Scope) -> list[ColumnElement[bool]]:
    found = _span(scope, Commitment.first_day, Commitment.last_day)
    if scope.topics:
        found.append(Commitment.topic_id.in_(_branches(work, scope)))
    for bodies in (scope.actors, scope.bodies):
        if bodies:
            to = exists().where(
                CommitmentRecipient.commitment_id == Commitment.id,
                _below(CommitmentRecipient.organisation_id, bodies, Commitment.first_day),
            )
            found.append(or_(_below(Commitment.made_by_id, bodies, Commitment.first_day), to))
    return found


def _asked(work: Work, scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if scope.since is not None or scope.until is not None:
        found = [FollowUp.due_last.is_not(None), *_span(scope, FollowUp.due_first, FollowUp.due_last)]
    if scope.topics:
        topics = _branches(work, scope)
        about = exists().where(
            EngagementTopic.engagement_id == FollowUp.engagement_id, EngagementTopic.topic_id.in_(topics)
        )
        found.append(or_(FollowUp.topic_id.in_(topics), about))
    today = literal(work.today(), Date)
    for bodies in (scope.actors, scope.bodies):
        if bodies:
            there = exists().where(
                Participation.engagement_id == FollowUp.engagement_id,
                Engagement.id == Participation.engagement_id,
                _below(Participation.organisation_id, bodies, Engagement.first_day),
            )
            found.append(or_(_below(FollowUp.organisation_id, bodies, today), there))
    return found


def _branches(work: Work, scope: Scope) -> list[int]:
    """The topics asked for, with all below them."""
    return sorted({below for topic in scope.topics for below in branch(work, topic)})


def _below(column: Any, bodies: tuple[int, ...], day: Any) -> ColumnElement[bool]:
    """``column`` is one of ``bodies``, or stood below one of them on ``day``."""
    return exists().where(
        OrganisationClosure.descendant_id == column,
        OrganisationClosure.ancestor_id.in_(bodies),
        OrganisationClosure.first <= day,
        OrganisationClosure.last >= day,
    )


def _span(scope: Scope, first: Any, last: Any) -> list[ColumnElement[bool]]:
    """What may lie in the span; the sheet tells first and last possible day, so that doubt can be seen."""
    found: list[ColumnElement[bool]] = []
    if scope.until is not None:
        found.append(first <= scope.until)
    if scope.since is not None:
        found.append(or_(and_(last >= scope.since, last < OPEN), and_(last == OPEN, first >= scope.since)))
    return found


def _all_words(*said: str) -> str:
    return "; ".join(words for words in said if words and words != "all") or "all"


def _page_words(work: Work, page: commitment_list.Filter | None) -> str:
    """The filter of the page in words; what is about records is said by their names."""
    if page is None:
        return ""
    labels = (
        [DIRECTIONS[key] for key in page.directions],
        [BUCKETS[key] for key in page.buckets],
        [COMMITMENT_KINDS[key] for key in page.kinds],
        [COMMITMENT_STATES[key] for key in page.states],
    )
    parts = [", ".join(those).lower() for those in labels if those]
    if page.owner_id is not None:
        parts.append(f"seen to by {owner_words(work, page.owner_id)}")
    if page.organisation_ids:
        parts.append(f"by or to {names(work, Organisation, page.organisation_ids)}")
    if page.topic_id is not None:
        parts.append(f"on {names(work, Topic, [page.topic_id])}")
    if page.year is not None:
        parts.append(f"due in {page.year}")
    return "; ".join([*parts, *([f"with “{page.text}”"] if page.text else [])])


def _tab_words(work: Work, page: follow_up_list.Filter | None) -> str:
    if page is None:
        return ""
    parts = [TABS[page.tab].lower()] if page.tab else []
    if page.owner_id is not None:
        parts.append(f"of {owner_words(work, page.owner_id)}")
    if page.due:
        parts.append(f"due: {DUE[page.due].lower()}")
    if page.organisation_id is not None:
        parts.append(f"about {names(work, Organisation, [page.organisation_id])}")
    if page.topic_id is not None:
        parts.append(f"on {names(work, Topic, [page.topic_id])}")
    if page.engagement_id is not None:
        parts.append(f"from engagement {page.engagement_id}")
    return "; ".join([*parts, *([f"with “{page.text}”"] if page.text else [])])


def _words(work: Work, scope: Scope, verb: str) -> str:
    parts = []
    for word, bodies in (("with", scope.actors), ("with", scope.bodies)):
        if bodies:
            parts.append(f"{word} {names(work, Organisation, bodies)}")
    if scope.topics:
        parts.append(f"about {names(work, Topic, scope.topics)}")
    if span := span_words(scope.since, scope.until):
        parts.append(f"{verb} {span}")
    return "; ".join(parts) or "all"
