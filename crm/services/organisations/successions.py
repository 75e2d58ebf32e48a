"""Which body followed which, and whether its history joins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from crm.errors import Invalid, NotFound
from crm.models import Organisation, Succession
from crm.models.organisations import SUCCESSION_KINDS
from crm.services import references
from crm.services.organisations.basics import get
from crm.services.permissions import WRITE, authorise
from crm.services.values import choice, day_order, line
from crm.work import Work

LEAVING = ("renamed", "merged", "split")
"""kinds of succession that end the former body; transferred tasks leave it behind"""
JOINING = ("renamed", "merged")


def succeed(
    work: Work,
    predecessor_id: int,
    successor_ids: Sequence[int],
    *,
    on: dt.date | None = None,
    kind: str = "renamed",
    joins_history: bool | None = None,
    source: str = "",
    version: int | None = None,
) -> None:
    """Says which body or bodies followed another, and closes the former one the day before.

    A one-to-one succession joins the histories in “as organised today”; a split body's history joins a successor only
    when ``joins_history`` says so. Transferred tasks leave the former body open, and its history with it.

    :raises Invalid: a body would follow itself or is named already, or the days contradict each other
    :raises Conflict: somebody else saved the former body since ``version``
    """
    predecessor = _opened(work, predecessor_id, version)
    choice("kind", kind, SUCCESSION_KINDS)
    wanted = references.organisations(work, "successor", successor_ids)
    if not wanted or predecessor_id in wanted:
        raise Invalid("successor", "Choose at least one body, other than the one that ended.")
    known = _all(work)
    followers = [row for row in known if row.predecessor_id == predecessor_id]
    for body in wanted:
        if any(row.successor_id == body for row in followers):
            raise Invalid("successor", f"{get(work, body).label} follows {predecessor.label} already.")
        _refuse_circle(work, known, predecessor, body)
    joins = joins_history
    if joins is None:
        joins = len(wanted) == 1 and not followers and kind in JOINING
    _refuse_two_heirs(predecessor, followers, len(wanted) if joins else 0)
    closed = on - dt.timedelta(days=1) if on is not None and kind in LEAVING else None
    if predecessor.closed is None and closed is not None:
        day_order("on", predecessor.founded, closed)
        predecessor.closed = closed
    work.act("organisation.succeed", predecessor)
    work.session.add_all(
        Succession(
            predecessor_id=predecessor_id,
            successor_id=body,
            on=on,
            kind=kind,
            joins_history=joins,
            source=line("source", source, 300),
        )
        for body in wanted
    )
    work.session.flush()


def amend_succession(
    work: Work,
    predecessor_id: int,
    succession_id: int,
    *,
    on: dt.date | None = None,
    kind: str = "renamed",
    joins_history: bool = False,
    version: int | None = None,
) -> Succession:
    """Corrects the day and kind of a succession, and decides whether the history joins.

    :raises Invalid: the history joins another successor already
    :raises Conflict: somebody else saved the former body since ``version``
    """
    predecessor = _opened(work, predecessor_id, version)
    row = _one(work, predecessor_id, succession_id)
    choice("kind", kind, SUCCESSION_KINDS)
    others = [other for other in _all(work) if other.predecessor_id == predecessor_id and other is not row]
    _refuse_two_heirs(predecessor, others, int(joins_history))
    work.act("organisation.succeed", predecessor)
    row.on, row.kind, row.joins_history = on, kind, joins_history
    work.session.flush()
    return row


def unsucceed(work: Work, predecessor_id: int, succession_id: int, *, version: int | None = None) -> None:
    """Removes a succession that was never true; the former body's day of closing stays as it is.

    :raises NotFound: there is none
    """
    predecessor = _opened(work, predecessor_id, version)
    row = _one(work, predecessor_id, succession_id)
    work.act("organisation.unsucceed", predecessor)
    work.session.delete(row)
    work.session.flush()


def _opened(work: Work, predecessor_id: int, version: int | None) -> Organisation:
    predecessor = get(work, predecessor_id)
    authorise(work, WRITE, predecessor)
    work.expect(predecessor, version)
    return predecessor


def _one(work: Work, predecessor_id: int, succession_id: int) -> Succession:
    row = work.session.get(Succession, succession_id)
    if row is None or row.predecessor_id != predecessor_id:
        raise NotFound
    return row


def _all(work: Work) -> list[Succession]:
    return list(work.session.scalars(select(Succession)))


def _refuse_circle(work: Work, known: Sequence[Succession], predecessor: Organisation, successor_id: int) -> None:
    """Refuses that a body follows one that came after it."""
    reached, waiting = {successor_id}, [successor_id]
    while waiting:
        body = waiting.pop()
        for row in known:
            if row.predecessor_id == body and row.successor_id not in reached:
                reached.add(row.successor_id)
                waiting.append(row.successor_id)
    if predecessor.id in reached:
        raise Invalid(
            "successor",
            f"{predecessor.label} came after {get(work, successor_id).label} itself, so it cannot have gone before it.",
        )


def _refuse_two_heirs(predecessor: Organisation, others: Sequence[Succession], more: int) -> None:
    if more and more + sum(row.joins_history for row in others) > 1:
        raise Invalid(
            "joins_history",
            f"The history of {predecessor.label} can join one successor only; take it from the other one first.",
        )
