"""Takes records of any kind out of the bin; nothing leaves it by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crm.errors import Invalid, NotFound
from crm.models import Attachment, OrganisationList, OrganisationListEntry
from crm.queries import bin as reads
from crm.queries import twins
from crm.services import (
    attachments,
    commitments,
    engagements,
    followups,
    organisations,
    people,
    rewinding,
    topics,
)
from crm.services.permissions import WRITE, authorise
from crm.work import Work

AT_ONCE = 200


def restore_all(work: Work, chosen: Sequence[tuple[str, int]]) -> int:
    """Takes what was chosen out of the bin, all of it or nothing.

    :param chosen: kind, a key of :data:`crm.queries.bin.KINDS`, and number of each
    :return: how many there were
    :raises Invalid: nothing was chosen, or something stands in the way of one
    :raises NotFound: one of them does not exist for the member
    :raises Forbidden: the member is a reader
    """
    authorise(work, WRITE)
    wanted = list(dict.fromkeys(chosen))
    if not wanted:
        raise Invalid("chosen", "Choose at least one thing to take out of the bin.")
    if len(wanted) > AT_ONCE:
        raise Invalid("chosen", f"At most {AT_ONCE} at once.")
    for kind, number in wanted:
        restore_one(work, kind, number)
    return len(wanted)


def restore_one(work: Work, kind: str, number: int) -> Any:
    """Takes one record out of the bin, and gives it; one that does not lie there stays as it is.

    :param kind: a key of :data:`crm.queries.bin.KINDS`
    :raises NotFound: it does not exist for the member
    """
    if kind not in _RESTORE:
        raise NotFound
    return _RESTORE[kind](work, number)


def _file(work: Work, number: int) -> Any:
    found = work.session.get(Attachment, number)
    if found is None or found.engagement_id is None:
        raise NotFound
    return attachments.restore(work, found.engagement_id, number)


def _list(work: Work, number: int) -> Any:
    """A deleted list with its entries, as they stood; it has no place of its own while it is away."""
    authorise(work, WRITE)
    deletion = reads.deletion_of(work, number)
    if deletion is None:
        raise NotFound
    lost, _ = twins.moves_back(work, deletion)
    own = [
        move
        for move in lost
        if (move.record_class, move.key) == (OrganisationList, (number,))
        or (move.record_class is OrganisationListEntry and move.key[0] == number)
    ]
    rewinding.allow(work, own)
    work.act("list.restore", None)
    work.target = (OrganisationList.__name__, number)
    rewinding.carry_out(work, own)


_RESTORE: dict[str, Callable[[Work, int], Any]] = {
    "engagement": engagements.restore,
    "commitment": commitments.restore,
    "follow_up": followups.restore,
    "organisation": organisations.restore,
    "person": people.restore,
    "topic": topics.restore,
    "milestone": topics.restore_milestone,
    "attachment": _file,
    "list": _list,
}
