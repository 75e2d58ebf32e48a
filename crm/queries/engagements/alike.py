"""Engagements of an import that may be in the log already, logged by hand or brought by another file."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from crm.models import Engagement, Participation
from crm.queries import visibility
from crm.work import Work


def alike(work: Work, made: Sequence[int]) -> int:
    """How many of the engagements just made have the kind and the days of one that was there before, and a body met
    in common, as far as the member may know of that one.

    :param made: their numbers, which lie above all that were there before
    """
    if not made:
        return 0
    new, seat, other = aliased(Engagement), aliased(Participation), aliased(Participation)
    found = (
        select(func.count(new.id.distinct()))
        .join(seat, seat.engagement_id == new.id)
        .join(
            Engagement,
            (Engagement.first_day == new.first_day)
            & (Engagement.last_day == new.last_day)
            & (Engagement.kind == new.kind),
        )
        .join(
            other,
            (other.engagement_id == Engagement.id)
            & (other.organisation_id == seat.organisation_id)
            & (other.side == "counterpart"),
        )
        .where(
            new.id.between(min(made), max(made)),
            seat.side == "counterpart",
            Engagement.id < min(made),
            Engagement.binned_at.is_(None),
            visibility.visible(work),
        )
    )
    return int(work.session.scalar(found) or 0)
