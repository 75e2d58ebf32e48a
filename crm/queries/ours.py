"""Whether the side that acts is ours, and how it is named where it is not."""

from __future__ import annotations

from collections.abc import Iterable

from crm.models.engagements import INITIATORS
from crm.queries.scope import own_side
from crm.work import Work


def is_ours(work: Work, actor_ids: Iterable[int]) -> bool:
    """Whether every one of the actors is us or a client of ours."""
    return set(actor_ids) <= set(work.session.scalars(own_side()))


def initiator(key: str, actors: str, *, ours: bool) -> str:
    """Who began an engagement, in words: “Us” only where the actors are ours; a rival's is begun by its name.

    :param key: a key of :data:`crm.models.engagements.INITIATORS`
    :param actors: names of those who act, as they are listed there
    """
    if key == "us" and actors and not ours:
        return actors
    return INITIATORS[key]
