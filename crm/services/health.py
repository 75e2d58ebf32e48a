"""Whether an installation can answer."""

from __future__ import annotations

from crm.database import migrate
from crm.work import Work


def is_ready(work: Work) -> bool:
    """Whether the database answers and its tables are what this program needs.

    :raises Unavailable: the database does not answer
    """
    return migrate.revision_of(work.session.connection()) == migrate.head()
