"""One change to many records at once: all of them or none, and one step in the history to take back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crm.errors import Invalid
from crm.models.commitments import COMMITMENT_STATES
from crm.models.engagements import VISIBILITIES
from crm.services import commitments, engagements, followups, organisations, people, topics
from crm.services.permissions import WRITE, authorise
from crm.work import Work

AT_MOST = 500

#: What can be done to the chosen records of each kind, with the words for the history.
ACTIONS: dict[str, tuple[str, ...]] = {
    "engagement": ("owner", "topic", "visibility", "bin"),
    "commitment": ("owner", "topic", "state", "bin"),
    "follow_up": ("owner", "bin"),
    "organisation": ("owner", "goal"),
    "person": ("bin",),
    "milestone": ("topic", "bin"),
}


def change(work: Work, kind: str, ids: Sequence[int], action: str, value: Any = None) -> int:
    """Does ``action`` to every chosen record.

    :param kind: a key of :data:`ACTIONS`
    :param value: number of a member (none for nobody), number of a topic, key of a visibility or state, days of a goal
        (none for no goal); nothing for ``bin``
    :return: how many records there were
    :raises Invalid: none was chosen, too many, or the value fits one of them not
    :raises NotFound: one of them does not exist for the member
    """
    authorise(work, WRITE)
    chosen = list(dict.fromkeys(ids))
    if kind not in ACTIONS or action not in ACTIONS[kind]:
        raise Invalid("action", f"Choose what to do with them: {', '.join(ACTIONS.get(kind, ()))}.")
    if not chosen:
        raise Invalid("ids", "Choose at least one row.")
    if len(chosen) > AT_MOST:
        raise Invalid("ids", f"At most {AT_MOST} rows can be changed at once, not {len(chosen)}.")
    work.act(f"{kind}.several", None, action=action, number=len(chosen))
    do = _VERBS[kind]
    # In one order whoever chose them: two who change the same rows then wait one for the other, not each for both.
    for record_id in sorted(chosen):
        do(work, record_id, action, value)
    return len(chosen)


def _engagement(work: Work, record_id: int, action: str, value: Any) -> None:
    if action == "bin":
        engagements.bin(work, record_id)
    elif action == "topic":
        known = [link.topic_id for link in engagements.get(work, record_id).topic_links]
        if value not in known:
            engagements.amend(work, record_id, topic_ids=[*known, value])
    elif action == "visibility":
        if value not in VISIBILITIES:
            raise Invalid("visibility", f"Choose who may see them: {', '.join(VISIBILITIES.values())}.")
        engagements.amend(work, record_id, visibility=value)
    else:
        engagements.amend(work, record_id, owner_id=value)


def _commitment(work: Work, record_id: int, action: str, value: Any) -> None:
    if action == "bin":
        commitments.bin(work, record_id)
    elif action == "state":
        if value not in COMMITMENT_STATES:
            raise Invalid("state", f"Choose a state: {', '.join(COMMITMENT_STATES.values())}.")
        commitments.move(work, record_id, value)
    else:
        commitments.amend(work, record_id, **{f"{action}_id": value})


def _follow_up(work: Work, record_id: int, action: str, value: Any) -> None:
    if action == "bin":
        followups.bin(work, record_id)
    else:
        followups.amend(work, record_id, owner_id=value)


def _organisation(work: Work, record_id: int, action: str, value: Any) -> None:
    organisations.amend(work, record_id, **{"owner_id" if action == "owner" else "goal_days": value})


def _person(work: Work, record_id: int, _action: str, _value: Any) -> None:
    people.bin(work, record_id)


def _milestone(work: Work, record_id: int, action: str, value: Any) -> None:
    if action == "bin":
        topics.bin_milestone(work, record_id)
    else:
        topics.amend_milestone(work, record_id, topic_id=value)


_VERBS: dict[str, Callable[[Work, int, str, Any], None]] = {
    "engagement": _engagement,
    "commitment": _commitment,
    "follow_up": _follow_up,
    "organisation": _organisation,
    "person": _person,
    "milestone": _milestone,
}
