"""What a door may do about a database that cannot answer."""

from __future__ import annotations

from crm.database.faults import is_retryable
from crm.errors import Unavailable


def may_retry(fault: Unavailable) -> bool:
    """Whether the whole unit of work may be tried once more: nothing of it can have been saved."""
    return is_retryable(fault)
