"""The facts before the rows: as seen by whom, at what moment, with which filter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from crm.models import InstanceSetting, Member, Organisation, Topic
from crm.models.engagements import KINDS, STATUSES
from crm.models.members import MEMBER_ROLES
from crm.queries.facets import NOBODY
from crm.queries.scope import Scope
from crm.text import join_listed
from crm.work import Work

EVERYTHING = tuple(STATUSES)
"""every status: the log itself, not what counts in it"""
COUNTED = "what counts: held, sent or received"


def head(work: Work, what: str, told: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The facts of a sheet.

    :param what: what the rows are
    :param told: more facts, the filter first
    """
    now = work.now().astimezone(ZoneInfo(work.zone))
    facts = [("export", what), ("as seen by", seen_by(work)), ("at", f"{now:%Y-%m-%d %H:%M} ({work.zone})"), *told]
    ours = work.session.scalar(select(InstanceSetting.value).where(InstanceSetting.key == "organisation_name"))
    if ours:
        facts.insert(1, ("log of", str(ours)))
    for fact, flag in (("ours", Organisation.is_ours), ("clients", Organisation.is_client)):
        named = select(Organisation.name).where(flag.is_(True), Organisation.binned_at.is_(None))
        if found := join_listed(work.session.scalars(named.order_by(Organisation.sort))):
            facts.append((fact, found))
    return tuple(facts)


def seen_by(work: Work) -> str:
    """Through whose eyes the sheet sees: two members may see different totals."""
    if work.member is None:
        return "the administrator’s command line, which sees everything" if work.trusted else "nobody"
    role = MEMBER_ROLES[work.member.role].lower()
    more = ", seeing everything" if work.trusted else ""
    return f"{work.member.name} ({role}{more})"


def _iso(day: dt.date) -> str:
    return day.isoformat()


def filter_words(work: Work, scope: Scope, *, day: Callable[[dt.date], str] = _iso) -> str:
    """What a scope means, in words that a reader understands without the program.

    :param day: how days are written; in a file, so that programs read them as well
    """
    parts = [_whose(work, scope)]
    if scope.bodies:
        parts.append(whom_words(work, scope))
    if scope.kinds:
        parts.append("only " + ", ".join(KINDS[kind].lower() for kind in scope.kinds))
    if scope.topics:
        parts.append(f"about {names(work, Topic, scope.topics)}")
    if span := span_words(scope.since, scope.until, day=day):
        parts.append(span)
    if not scope.statuses:
        parts.append(COUNTED)
    elif set(scope.statuses) == set(EVERYTHING):
        parts.append("every status")
    else:
        parts.append("only " + ", ".join(STATUSES[status].lower() for status in scope.statuses))
    if scope.as_today:
        parts.append("as organised today")
    return "; ".join(parts)


def whom_words(work: Work, scope: Scope) -> str:
    """The bodies of a scope in words, empty for all."""
    if not scope.bodies:
        return ""
    below = "" if scope.direct else " with what is below"
    return f"with {names(work, Organisation, scope.bodies)}{below}"


def span_words(since: dt.date | None, until: dt.date | None, *, day: Callable[[dt.date], str] = _iso) -> str:
    """A span of days in words, empty when it has no bound."""
    words = [f"from {day(since)}" if since else "", f"to {day(until)}" if until else ""]
    return " ".join(word for word in words if word)


def _whose(work: Work, scope: Scope) -> str:
    if scope.anybody:
        return "contact made by anybody"
    if scope.actors:
        return f"contact made by {names(work, Organisation, scope.actors)}"
    return "contact made by us and our clients"


def names(work: Work, record: Any, ids: Sequence[int]) -> str:
    """The names of records, in the order asked for."""
    statement = select(record.id, record.name).where(record.id.in_(ids))
    found: dict[int, str] = dict(work.session.execute(statement).all())
    return ", ".join(found.get(wanted, f"number {wanted}") for wanted in ids)


def owner_words(work: Work, owner_id: int) -> str:
    """The name of a member, or that it is nobody."""
    return "nobody" if owner_id == NOBODY else names(work, Member, [owner_id])


def number(work: Work, statement: Any) -> int:
    """How many rows a statement gives."""
    return int(work.session.scalar(select(func.count()).select_from(statement.subquery())) or 0)
