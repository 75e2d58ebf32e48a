"""Names of records known by their numbers, for pages whose filter says numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select

from crm.models import Member, Organisation, Topic
from crm.work import Work


class Names(NamedTuple):
    """Names by number; what is gone or was never there has none."""

    organisations: dict[int, str]
    topics: dict[int, str]
    members: dict[int, str]


def of(
    work: Work, *, organisations: Iterable[int] = (), topics: Iterable[int] = (), members: Iterable[int] = ()
) -> Names:
    """The names of organisations (the short one where there is one), topics and members."""
    bodies, files, owners = set(organisations), set(topics), set(members)
    found: dict[int, str] = {}
    about: dict[int, str] = {}
    those: dict[int, str] = {}
    if bodies:
        for number, short, name in work.session.execute(
            select(Organisation.id, Organisation.short_name, Organisation.name).where(Organisation.id.in_(bodies))
        ):
            found[number] = short or name
    if files:
        about = dict(work.session.execute(select(Topic.id, Topic.name).where(Topic.id.in_(files))).all())
    if owners:
        those = dict(work.session.execute(select(Member.id, Member.name).where(Member.id.in_(owners))).all())
    return Names(found, about, those)
