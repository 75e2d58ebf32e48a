"""What fulfils what, whether it was delivered, and how a state came to be."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased

from crm.errors import NotFound
from crm.models import Commitment, Member
from crm.models.commitments import COMMITMENT_STATES, DELIVERY_STATES
from crm.models.history import Transaction, Twins
from crm.queries.commitments.rows import CommitmentRow, built, kept, rows, visible
from crm.text import plural
from crm.work import Work


class StateChange(NamedTuple):
    """A state and since when it has been recorded."""

    state: str
    label: str
    at: dt.datetime
    by: str | None


def commitment(work: Work, commitment_id: int) -> CommitmentRow:
    """One commitment.

    :raises NotFound: there is none, as far as the member may know
    """
    found = work.session.execute(rows().where(Commitment.id == commitment_id, *visible(work))).first()
    if found is None:
        raise NotFound
    return built(work, [found])[0]


def fulfilled_by(work: Work, commitment_id: int) -> list[CommitmentRow]:
    """What directly fulfils a commitment, the earliest first."""
    statement = rows().where(Commitment.fulfils_id == commitment_id, *visible(work), *kept())
    found = work.session.execute(statement.order_by(Commitment.first_day, Commitment.id)).all()
    return built(work, found)


def fulfils(work: Work, commitment_id: int) -> list[CommitmentRow]:
    """What a commitment fulfils, the nearest first, up to the one that fulfils nothing."""
    result: list[CommitmentRow] = []
    seen = {commitment_id}
    above = work.session.scalar(select(Commitment.fulfils_id).where(Commitment.id == commitment_id))
    while above is not None and above not in seen:
        seen.add(above)
        try:
            result.append(commitment(work, above))
        except NotFound:
            break
        above = result[-1].fulfils_id
    return result


def deliveries_of(work: Work, commitment_id: int) -> list[CommitmentRow]:
    """Every recorded delivery of what was offered, asked for or undertaken, over as many steps as lie between.

    An empty list says that none is recorded.
    """
    branch = select(Commitment.id).where(Commitment.fulfils_id == commitment_id, *kept()).cte("branch", recursive=True)
    below = aliased(Commitment)
    branch = branch.union(
        select(below.id).join(branch, below.fulfils_id == branch.c.id).where(below.binned_at.is_(None))
    )
    statement = rows().where(
        Commitment.id.in_(select(branch.c.id)),
        Commitment.kind == "delivery",
        Commitment.state != "withdrawn",
        *visible(work),
    )
    found = work.session.execute(statement.order_by(Commitment.first_day, Commitment.id)).all()
    return built(work, found)


def standing(work: Work, commitment_id: int) -> str:
    """Where a commitment stands in one line: “Offer open, no delivery recorded”."""
    row = commitment(work, commitment_id)
    if row.kind == "delivery":
        return f"{row.state_label} on {row.when.short()}"
    deliveries = deliveries_of(work, commitment_id)
    if not deliveries:
        return f"{row.kind_label} {row.state_label.lower()}, no delivery recorded"
    partial = all(delivery.state == "partly" for delivery in deliveries)
    word = plural(len(deliveries), "partial delivery" if partial else "delivery")
    return f"{row.kind_label} {row.state_label.lower()}, {word} recorded, the last on {deliveries[-1].when.short()}"


def history(work: Work, commitment_id: int) -> list[StateChange]:
    """The states a commitment was recorded in, the earliest first.

    :raises NotFound: there is none, as far as the member may know
    """
    row = commitment(work, commitment_id)
    twin = Twins.of(Commitment)
    found = work.session.execute(
        select(twin.c.state, twin.c.kind, Transaction.at, Member.name)
        .join(Transaction, Transaction.id == twin.c.transaction_id)
        .outerjoin(Member, Member.id == Transaction.member_id)
        .where(twin.c.id == row.id)
        .order_by(twin.c.transaction_id)
    )
    result: list[StateChange] = []
    for state, kind, at, by in found:
        if not result or result[-1].state != state:
            labels = DELIVERY_STATES if kind == "delivery" else COMMITMENT_STATES
            result.append(StateChange(state, labels.get(state, COMMITMENT_STATES[state]), at, by))
    return result
