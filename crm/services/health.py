"""Whether an installation can answer."""

from __future__ import annotations

from sqlalchemy import func, select

from crm.database import migrate
from crm.models import Engagement, Job, MemberSession
from crm.work import Work


def is_ready(work: Work) -> bool:
    """Whether the database answers and its tables are what this program needs.

    :raises Unavailable: the database does not answer
    """
    return migrate.revision_of(work.session.connection()) == migrate.head()


def standing(work: Work) -> dict[str, float]:
    """What monitoring may know of the log: how much waits and how much there is, never what."""
    waiting = select(func.count()).select_from(Job).where(Job.done_at.is_(None))
    late = waiting.where(Job.run_after < work.now())
    return {
        "jobs_waiting": work.session.scalar(waiting) or 0,
        "jobs_late": work.session.scalar(late) or 0,
        "engagements": work.session.scalar(select(func.count()).select_from(Engagement)) or 0,
        "sessions_open": work.session.scalar(
            select(func.count()).select_from(MemberSession).where(MemberSession.ended_at.is_(None))
        )
        or 0,
    }
