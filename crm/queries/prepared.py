"""Statements put together once for a process: doing so costs several times what it costs to run them.

A statement is prepared where a page runs it at each request. What differs from request to request is given when it is
run; what changes its text (a list's sort, say) is part of its shape, and each shape is put together once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache, update_wrapper
from typing import Any, cast

from sqlalchemy import Integer, Select, bindparam
from sqlalchemy.sql.selectable import CompoundSelect

from crm.work import Work

Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]

_SHAPES_AT_MOST = 64
_MEMBER = "asking_member_id"


@dataclass(frozen=True, slots=True)
class _Whoever:
    """Stands for the unit of work while a statement is put together, and knows just what a statement may depend on:
    asked for anything else, it fails, so that nothing of one request finds its way into those of others.
    """

    trusted: bool
    database: str
    member_id: Any


def given(name: str, type_: Any = Integer, *, many: bool = False) -> Any:
    """A value that is said when the statement is run.

    :param many: it is a list, for ``in_``
    """
    return bindparam(name, type_=type_, expanding=many)


class Prepared:
    """A statement of columns that is put together once for each shape of it; see :func:`prepared`."""

    def __init__(self, build: Callable[..., Statement]) -> None:
        self._build = build
        self._known = lru_cache(_SHAPES_AT_MOST)(self._put_together)
        update_wrapper(self, build)

    def of(self, work: Work, *shape: Hashable) -> Ready:
        """The statement in one shape, to be run with what it is given."""
        return Ready(work, self._known(work.trusted, work.database, *shape))

    def anew(self, work: Work, *shape: Hashable) -> Ready:
        """The same put together for this unit of work alone, in a shape that has to ask the database for something."""
        return Ready(work, self._build(work, *shape))

    def __call__(self, work: Work, **values: Any) -> Sequence[Any]:
        """The rows of a statement that has but one shape."""
        return self.of(work).rows(**values)

    def _put_together(self, trusted: bool, database: str, *shape: Hashable) -> Statement:
        whoever = _Whoever(trusted, database, bindparam(_MEMBER, type_=Integer))
        return self._build(cast(Work, whoever), *shape)


@dataclass(frozen=True, slots=True)
class Ready:
    """A prepared statement, and the unit of work that runs it."""

    work: Work
    statement: Statement

    def rows(self, **values: Any) -> Sequence[Any]:
        """Its rows, straight from the connection: none of them is a record."""
        session = self.work.session
        if session.autoflush:
            session.flush()
        return session.connection().execute(self.statement, {_MEMBER: self.work.member_id, **values}).all()


def prepared(build: Callable[..., Statement]) -> Prepared:
    """Makes a statement of the function that puts it together.

    The function gets, in the place of the unit of work, something that knows whether it is trusted and on which
    database it works; its member is a value given when the statement is run, so that conditions of visibility are
    written as everywhere. Whatever else differs is named by :func:`given`, or is an argument of the function: a part
    of the shape, which must be hashable.
    """
    return Prepared(build)
