"""The lists of organisations, people, letters and milestones as sheets, with exactly the rows of their pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from crm.dates import OPEN, When
from crm.exports.columns import Column, Sheet
from crm.models.engagements import STATUSES
from crm.queries import kinds
from crm.queries import letters as letter_reads
from crm.queries import milestones as milestone_reads
from crm.queries import organisations as organisation_reads
from crm.queries import people as people_reads
from crm.queries.exports.head import head
from crm.queries.exports.parts import JOIN
from crm.work import Work

CHUNK = 500
EVERY_MILESTONE = 100_000

_DATE = (
    Column("date", "Date as recorded"),
    Column("first_day", "First possible day", "date"),
    Column("last_day", "Last possible day", "date"),
)
_ORGANISATIONS = (
    Column("id", "Organisation", "int"),
    Column("name", "Name"),
    Column("short_name", "Short name"),
    Column("kind", "Kind"),
    Column("country", "Country"),
    Column("part_of", "Part of"),
    Column("closed", "Closed", "date"),
    Column("is_ours", "Ours", "flag"),
    Column("is_client", "Client", "flag"),
    Column("last_contact", "Last contact", "date"),
    Column("engagements", "Engagements in 12 months", "int"),
    Column("possible", "Possible in 12 months", "int"),
    Column("goal_days", "Contact goal in days", "int"),
    Column("goal_missed", "Goal missed", "flag"),
)
_PEOPLE = (
    Column("id", "Person", "int"),
    Column("name", "Name"),
    Column("posts", "Posts"),
    Column("organisations", "Organisations"),
    Column("held", "Held"),
    Column("email", "E-mail"),
    Column("phone", "Telephone"),
)
_LETTERS = (
    Column("id", "Letter", "int"),
    Column("subject", "Subject"),
    *_DATE,
    Column("status", "Status"),
    Column("recipients", "Recipients", "int"),
    Column("answered", "Answered", "int"),
    Column("declined", "Declined", "int"),
    Column("awaiting", "Awaiting", "int"),
    Column("no_reply", "No reply", "int"),
    Column("not_sent", "Not sent", "int"),
    Column("answer_by", "Next answer by", "date"),
    Column("owner", "Responsible"),
)
_MILESTONES = (
    Column("id", "Milestone", "int"),
    *_DATE,
    Column("kind", "Kind"),
    Column("title", "Milestone title"),
    Column("topic", "Topic"),
    Column("organisation", "Organisation"),
    Column("note", "Note"),
    Column("source", "Source"),
    Column("source_url", "Source on the web"),
)


def organisations(work: Work, wanted: organisation_reads.Filter, said: str) -> Sheet:
    """Organisations in the order of their list.

    :param said: the filter in words
    """

    def rows() -> Iterator[tuple[Any, ...]]:
        after: int | None = None
        while True:
            page = organisation_reads.listed(work, wanted, after=after, limit=CHUNK)
            for row in page.rows:
                sure, maybe = row.contact.year
                yield (
                    row.id,
                    row.name,
                    row.short_name,
                    kinds.label(row.kind),
                    row.country,
                    row.parent,
                    row.closed,
                    row.is_ours,
                    row.is_client,
                    row.contact.last,
                    sure,
                    maybe,
                    row.goal.days if row.goal else None,
                    row.goal.is_over if row.goal else None,
                )
            after = page.next
            if after is None:
                return

    return Sheet("Organisations", _ORGANISATIONS, head(work, "organisations", [("filter", said)]), rows())


def people(work: Work, wanted: people_reads.Filter, said: str) -> Sheet:
    """People in the order of their list, with the posts that it shows."""

    def rows() -> Iterator[tuple[Any, ...]]:
        after: int | None = None
        while True:
            page = people_reads.listed(work, wanted, after=after, limit=CHUNK)
            for row in page.rows:
                titles = JOIN.join(post.title or post.seniority_label or "–" for post in row.posts)
                bodies = JOIN.join(post.organisation_name for post in row.posts)
                held = JOIN.join(post.held.words or "–" for post in row.posts)
                yield row.id, row.name, titles, bodies, held, row.email, row.phone
            after = page.next
            if after is None:
                return

    return Sheet("People", _PEOPLE, head(work, "people", [("filter", said)]), rows())


def letters(work: Work, wanted: letter_reads.Filter, said: str) -> Sheet:
    """Letters in the order of their list, each with how far it has come."""

    def rows() -> Iterator[tuple[Any, ...]]:
        offset = 0
        while True:
            found, more = letter_reads.letters(work, wanted, limit=CHUNK, offset=offset)
            for row in found:
                far = row.summary
                yield (
                    row.id,
                    row.subject,
                    *_dated(row.when),
                    STATUSES[row.status],
                    far.recipients,
                    far.answered,
                    far.declined,
                    far.awaiting,
                    far.no_reply,
                    far.unsent,
                    row.next_answer_by,
                    row.owner,
                )
            offset += CHUNK
            if not more:
                return

    return Sheet("Letters", _LETTERS, head(work, "letters", [("filter", said)]), rows())


def milestones(work: Work, wanted: milestone_reads.Filter, said: str) -> Sheet:
    """Milestones in the order of their list."""
    found, _ = milestone_reads.milestones(work, wanted, limit=EVERY_MILESTONE)
    rows = (
        (
            row.id,
            *_dated(row.when),
            row.kind_label,
            row.title,
            row.topic,
            row.organisation,
            row.note,
            row.source,
            row.source_url,
        )
        for row in found
    )
    return Sheet("Milestones", _MILESTONES, head(work, "milestones", [("filter", said)]), rows)


def _dated(when: When) -> tuple[str, dt.date, dt.date | None]:
    return when.text, when.first, None if when.last == OPEN else when.last
