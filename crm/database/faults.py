"""Tells a database that cannot answer now from a mistake of ours."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from crm.errors import Unavailable

# SQLSTATE classes and codes: connection lost, serialization failure, deadlock, lock not available, server going away.
_PASSING_STATES = ("08", "40001", "40P01", "55P03", "57P", "53")
_PASSING_WORDS = ("locked", "disk i/o", "disk is full", "readonly", "unable to open", "full")


def unavailable(error: SQLAlchemyError | sqlite3.Error) -> Unavailable | None:
    """The :class:`~crm.errors.Unavailable` that ``error`` amounts to, or None when it is a fault of the program."""
    if isinstance(error, PoolTimeout):
        return Unavailable("every connection to the database is busy")
    if isinstance(error, StaleDataError):
        return Unavailable("somebody else saved the same record at this moment")
    if isinstance(error, sqlite3.Error):
        words = str(error).lower()
        is_passing = isinstance(error, sqlite3.OperationalError) and any(word in words for word in _PASSING_WORDS)
        return Unavailable("the database is locked, full or gone") if is_passing else None
    if not isinstance(error, DBAPIError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return Unavailable(f"the database answered {state}") if state.startswith(_PASSING_STATES) else None
    words = str(error.orig).lower()
    # A server that refuses, or is gone in the middle, gives no code; SQLite never does.
    is_server = not isinstance(error.orig, sqlite3.Error)
    if is_server and isinstance(error, OperationalError | InterfaceError):
        return Unavailable("the database server does not answer")
    if error.connection_invalidated or (
        isinstance(error, OperationalError) and any(w in words for w in _PASSING_WORDS)
    ):
        return Unavailable("the database is locked, full or gone")
    return None


def is_retryable(error: Unavailable) -> bool:
    """Whether the whole unit of work may be tried once more: nothing of it can have been saved."""
    cause = error.__cause__
    if isinstance(cause, StaleDataError):
        return True
    state = getattr(getattr(cause, "orig", None), "sqlstate", None)
    return state in ("40001", "40P01")
