"""The people of a body: who holds a post there, and who held one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from crm.models import Organisation, Person, Post
from crm.models.people import SENIORITIES
from crm.queries.days import POST_DAYS, PostDays
from crm.queries.organisations.listing import label
from crm.queries.prepared import Statement, given, prepared
from crm.work import Work

SHOWN_AT_MOST = 300


class Holder(NamedTuple):
    """A person in a post."""

    post_id: int
    person_id: int
    person: str
    organisation_id: int
    organisation: str
    title: str
    seniority: str
    held: PostDays

    @property
    def seniority_label(self) -> str:
        return SENIORITIES.get(self.seniority, "")


def holders(work: Work, organisation_ids: Sequence[int], day: dt.date) -> tuple[list[Holder], list[Holder]]:
    """Who holds a post in one of the bodies on a day, by seniority and name, and who held one before, the latest first.

    At most :data:`SHOWN_AT_MOST` together, those who hold one first.
    """
    ranks = {seniority: place for place, seniority in enumerate(SENIORITIES)}
    all_of_them = [
        Holder(*(*row[: -len(POST_DAYS)], PostDays(*row[-len(POST_DAYS) :])))
        for row in _holders(work, bodies=organisation_ids)
    ]
    present = [holder for holder in all_of_them if not holder.held.is_over(day)]
    present.sort(key=lambda holder: ranks.get(holder.seniority, len(ranks)))
    return present, [holder for holder in all_of_them if holder.held.is_over(day)]


@prepared
def _holders(_work: Work) -> Statement:
    return (
        select(
            Post.id,
            Person.id,
            Person.name,
            Organisation.id,
            label(Organisation),
            Post.title,
            Post.seniority,
            *POST_DAYS,
        )
        .join(Person, Person.id == Post.person_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.organisation_id.in_(given("bodies", many=True)), Person.binned_at.is_(None))
        .order_by(Post.last.is_not(None), Post.last.desc(), Person.sort, Post.id)
        .limit(SHOWN_AT_MOST)
    )
