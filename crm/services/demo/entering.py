"""Enters the demonstration into an empty log."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from sqlalchemy import func, select

from crm.errors import Invalid
from crm.models import Commitment, Engagement, FollowUp, InstanceSetting, Member
from crm.services import directory, imports
from crm.services.demo import observer, seed_case
from crm.services.permissions import ADMINISTER, authorise
from crm.settings import Settings
from crm.work import Work

SETTING = "demonstration"

OLD_TABLE = """Contacts of the observatory, before Antechamber,,,
Date,Organisation,Type,Purpose of meeting
14 January 2026,European Commission,Meeting,Introduction
"27 January 2026","AI Security Institute; DSIT",Phone call,Testing before release
some day in March,European Commission,Meeting,Follow-up
"""

STEPS = (
    seed_case.bodies_and_topics,
    *observer.STEPS[:1],
    seed_case.letter_and_offer,
    seed_case.decision,
    *observer.STEPS[1:],
)


class Opener(Protocol):
    """What opens units of work: an instance."""

    settings: Settings

    def writing(
        self, member: Member | None = None, *, door: str, trusted: bool = False
    ) -> AbstractContextManager[Work]:
        """A unit of work that is committed at its end."""


class Entered(NamedTuple):
    """How much there is in the log now."""

    engagements: int
    commitments: int
    follow_ups: int


def enter(opener: Opener, member: Member | None = None) -> Entered:
    """Enters the whole demonstration, with the directory it needs.

    :param member: whose the log is to be; nobody's unless given
    :raises Invalid: there is something in the log already
    """
    with opener.writing(member, door="cli", trusted=True) as work:
        authorise(work, ADMINISTER)
        if not is_log_empty(work):
            raise Invalid("demo", _refusal(work))
        directory.update(work)
        work.session.add(InstanceSetting(key=SETTING, value={"complete": False}))
    for step in STEPS:
        with opener.writing(member, door="cli", trusted=True) as work:
            step(work)
    with opener.writing(member, door="cli", trusted=True) as work:
        observer.papers(work, opener.settings)
    with opener.writing(member, door="cli", trusted=True) as work:
        # A file on its way in, so that there is something to see under “Imports”.
        run = imports.begin(work, opener.settings.data, "contacts-of-old.csv", OLD_TABLE.encode(), "engagements")
        imports.check(work, opener.settings.data, run.id)
    with opener.writing(member, door="cli", trusted=True) as work:
        setting = work.session.get(InstanceSetting, SETTING)
        assert setting is not None
        setting.value = {"complete": True}
        return Entered(*(_number(work, record) for record in (Engagement, Commitment, FollowUp)))


def is_log_empty(work: Work) -> bool:
    """Whether nothing was ever logged, and no demonstration begun."""
    return not _number(work, Engagement) and work.session.get(InstanceSetting, SETTING) is None


def _refusal(work: Work) -> str:
    setting = work.session.get(InstanceSetting, SETTING)
    if setting is not None and not setting.value["complete"]:
        return "An earlier attempt was interrupted half-way; begin again with an empty database."
    if setting is not None:
        return "The demonstration is in this log already."
    return "There are engagements in this log already; the demonstration is for an empty one, such as a new CRM_DATA."


def _number(work: Work, record: type[Engagement] | type[Commitment] | type[FollowUp]) -> int:
    return int(work.session.scalar(select(func.count()).select_from(record)) or 0)
