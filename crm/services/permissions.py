"""The one place that says who may do what."""

from __future__ import annotations

from typing import Any

from crm.errors import Forbidden, NotFound
from crm.models import Commitment, Engagement, Feed, FollowUp, SavedFilter
from crm.queries import visibility
from crm.work import Work

READ = "read"
WRITE = "write"
ADMINISTER = "administer"


def authorise(work: Work, action: str, record: Any = None) -> None:
    """Lets the work go on, or not; called before anything is written.

    The command line and background work are trusted: whoever can run them holds the database anyway.

    :param action: :data:`READ`, :data:`WRITE` or :data:`ADMINISTER`
    :raises NotFound: the member may not know of the record
    :raises Forbidden: the member may see the record but not do this with it
    """
    if work.trusted:
        return
    member = work.member
    if member is None or not member.is_active:
        raise Forbidden("Sign in first.")
    if record is not None and not _may_see(work, record):
        raise NotFound
    if action == WRITE and not member.may_write:
        raise Forbidden(
            "Readers may look at everything here but change nothing; ask an administrator for the role “member”."
        )
    if action == ADMINISTER and not member.is_admin:
        raise Forbidden("Only an administrator may do this.")


def _may_see(work: Work, record: Any) -> bool:
    """Whether the member may see the whole of ``record``, its content included."""
    if isinstance(record, Engagement):
        return record.id is None or visibility.may_read_content(work, record.id)
    if isinstance(record, FollowUp):
        return record.id is None or visibility.may_read_follow_up(work, record.id)
    if isinstance(record, Commitment):
        return record.engagement_id is None or visibility.may_read_content(work, record.engagement_id)
    if isinstance(record, Feed | SavedFilter):
        return record.member_id == work.member_id or getattr(record, "shared", False)
    return True
