"""One change to many records at once: all of them or none, and one step in the history to take back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from crm.errors import Invalid
from crm.models import Commitment, Engagement, FollowUp
from crm.models.commitments import COMMITMENT_STATES
from crm.models.engagements import VISIBILITIES
from crm.queries import visibility
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


class Chosen(NamedTuple):
    """Rows chosen on a page, held against what stands now.

    :param ids: those that are as the page showed them, or of which it showed no version
    :param left: what those are called that somebody saved meanwhile
    """

    ids: list[int]
    left: list[str]

    def told(self) -> str:
        """Which rows were left, as a sentence to be added to what was done; empty if none was."""
        if not self.left:
            return ""
        named = ", ".join(f"“{name}”" for name in self.left[:3])
        more = f" and {len(self.left) - 3} more" if len(self.left) > 3 else ""
        was, are = ("was", "it is left as it is") if len(self.left) == 1 else ("were", "they are left as they are")
        return f" {named}{more} {was} changed by somebody else meanwhile, so {are}."


def as_seen(work: Work, kind: str, seen: Mapping[int, int | None]) -> Chosen:
    """Parts the rows that somebody else saved since the page was drawn from those that stand as it showed them.

    :param seen: number of each record → version that the page showed, none where it showed none
    :raises Invalid: every one of them was changed meanwhile
    """
    versions = {record_id: version for record_id, version in seen.items() if version is not None}
    left: dict[int, str] = {}
    if kind in _SHOWN and versions:
        record_class, name, condition = _SHOWN[kind]
        rows = work.session.execute(
            # Of a record that the member may not read, not even that it was changed is said.
            select(record_class.id, record_class.version, name).where(
                record_class.id.in_(sorted(versions)[:AT_MOST]), condition(work)
            )
        )
        left = {row[0]: row[2] or f"no. {row[0]}" for row in rows if row[1] != versions[row[0]]}
    found = Chosen([one for one in seen if one not in left], [left[one] for one in seen if one in left])
    if seen and not found.ids:
        raise Invalid("ids", f"Nothing was done.{found.told()} Look at the list as it is now, then choose again.")
    return found


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

#: Kinds whose lists show versions → the class, what a record is called, and which ones the member may read.
_SHOWN: dict[str, tuple[Any, Any, Callable[[Work], ColumnElement[bool]]]] = {
    "engagement": (Engagement, Engagement.subject, visibility.content_visible),
    "commitment": (
        Commitment,
        Commitment.wording,
        lambda work: visibility.through_engagement(work, Commitment.engagement_id),  # type: ignore[arg-type]
    ),
    "follow_up": (FollowUp, FollowUp.title, visibility.follow_up_visible),
}
