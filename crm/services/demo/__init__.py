"""The demonstration: one case from the news with its source, and the log of an invented observer, so marked.

Everything is entered by the verbs that the pages use, each step in a unit of work of its own, so that the history
reads as a team's would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.services.demo.login import EMAIL, Login, login, refuse_public

if TYPE_CHECKING:
    from crm.models import Member
    from crm.services.demo.entering import Entered, Opener
    from crm.work import Work

__all__ = ["EMAIL", "Login", "enter", "is_log_empty", "login", "refuse_public"]

# What is entered is long, and a server has no need of it.


def enter(opener: Opener, member: Member | None = None) -> Entered:
    """See :func:`crm.services.demo.entering.enter`."""
    from crm.services.demo import entering

    return entering.enter(opener, member)


def is_log_empty(work: Work) -> bool:
    """See :func:`crm.services.demo.entering.is_log_empty`."""
    from crm.services.demo import entering

    return entering.is_log_empty(work)
