"""Lets a member look at the history of a record, as far as they may see the record itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm.errors import Forbidden, NotFound
from crm.queries import history
from crm.services import commitments, engagements, followups, lists, members, organisations, people, topics
from crm.services.permissions import ADMINISTER, READ, authorise
from crm.work import Work

_GET: dict[str, Callable[[Work, int], Any]] = {
    "engagement": engagements.get,
    "organisation": organisations.get,
    "person": people.get,
    "commitment": commitments.get,
    "follow_up": followups.get,
    "topic": topics.get,
    "milestone": topics.get_milestone,
    "list": lists.get,
    "member": members.get,
    "settings": lambda _work, _number: None,
}
_ADMINISTRATORS_ONLY = frozenset({"member", "settings"})


def record_history(
    work: Work, kind: str, record_id: int, *, limit: int | None = None
) -> tuple[Any, list[history.Step]]:
    """A record and every state it went through.

    :raises NotFound: there is none of that kind, or its content is not for the member to see
    :raises Forbidden: only administrators may look
    """
    record = opened(work, kind, record_id)
    return record, history.steps(work, kind, record_id, limit=limit)


def opened(work: Work, kind: str, record_id: int) -> Any:
    """A record whose history the member may read.

    :raises NotFound: there is none of that kind, or its content is not for the member to see
    :raises Forbidden: only administrators may look
    """
    if kind not in _GET:
        raise NotFound
    if kind in _ADMINISTRATORS_ONLY:
        authorise(work, ADMINISTER)
    record = _GET[kind](work, record_id)
    authorise(work, READ, record)
    return record


def is_there(work: Work, kind: str, record_id: int) -> bool:
    """Whether there is such a record, in the bin or not, as far as the member may know."""
    try:
        opened(work, kind, record_id)
    except (Forbidden, NotFound):
        return False
    return True


def all_acts(work: Work, wanted: history.Wanted, *, before: int | None) -> tuple[list[history.Act], int | None]:
    """What everybody did, for administrators.

    :raises Forbidden: the member is none
    """
    authorise(work, ADMINISTER)
    return history.acts(work, wanted, before=before)
