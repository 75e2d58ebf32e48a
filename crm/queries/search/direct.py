"""What somebody means who types a number instead of words: of a record, in a register, of a procedure."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import String, func, select

from crm.models import OrganisationIdentifier, Topic
from crm.queries import registers
from crm.queries.prepared import Statement, given, prepared
from crm.queries.search.rows import Hit, rows
from crm.work import Work

_AT_MOST = 10
_NUMBER = re.compile(r"(?:(?P<word>[a-z -]{3,20}?)\s*)?(?:#|no\.?|nr\.?|№)?\s*(?P<number>\d{1,9})", re.IGNORECASE)
_WORDS = {
    "engagement": "engagement",
    "meeting": "engagement",
    "letter": "engagement",
    "commitment": "commitment",
    "follow-up": "follow_up",
    "organisation": "organisation",
    "body": "organisation",
    "person": "person",
    "topic": "topic",
    "milestone": "milestone",
}
_NUMBERED = ("engagement", "commitment", "follow_up", "organisation", "person", "topic", "milestone")


class Direct(NamedTuple):
    """A record meant by a number.

    :param why: what the number is
    """

    hit: Hit
    why: str


def direct(work: Work, text: str) -> list[Direct]:
    """The records that ``text`` as a whole is the number of, as far as the member may see them."""
    typed = " ".join(text.split())
    if not typed or len(typed) > 200:
        return []
    return [*_by_register(work, typed), *_by_procedure(work, typed), *_by_number(work, typed)][:_AT_MOST]


def _by_number(work: Work, typed: str) -> list[Direct]:
    found = _NUMBER.fullmatch(typed)
    if found is None or not (found["word"] or "#" in typed):
        return []
    word = (found["word"] or "").strip().lower().replace("follow up", "follow-up")
    facets = (_WORDS[word],) if word in _WORDS else () if word else _NUMBERED
    number = int(found["number"])
    return [Direct(hit, f"number {number}") for facet in facets for hit in rows(work, facet, [number])]


def _by_register(work: Work, typed: str) -> list[Direct]:
    value = typed.replace(" ", "")
    if len(value) < 4:
        return []
    known = _registered(work, values=list({value, value.upper(), value.lower(), typed}))
    schemes = {row.organisation_id: row.scheme for row in known}
    return [Direct(hit, registers.label(schemes[hit.id])) for hit in rows(work, "organisation", list(schemes))]


@prepared
def _registered(_work: Work) -> Statement:
    return (
        select(OrganisationIdentifier.organisation_id, OrganisationIdentifier.scheme)
        .where(OrganisationIdentifier.value.in_(given("values", String, many=True)))
        .limit(_AT_MOST)
    )


def _by_procedure(work: Work, typed: str) -> list[Direct]:
    if not any(char.isdigit() for char in typed):
        return []
    value = typed.replace(" ", "").lower()
    plain = func.replace(func.lower(Topic.procedure_reference), " ", "")
    ids = list(work.session.scalars(select(Topic.id).where(plain == value, Topic.binned_at.is_(None)).limit(_AT_MOST)))
    return [Direct(hit, "procedure reference") for hit in rows(work, "topic", ids)]
