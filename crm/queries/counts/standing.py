"""The tree of bodies in memory: under whom each stood, in every stretch of time in which nothing moved."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from crm.models.organisations import ALWAYS, STILL
from crm.queries.scope import Scope, tree
from crm.work import Work

_DAY = dt.timedelta(days=1)


class Standing:
    """Who stood above whom, when.

    :param rows: ancestor, descendant, first and last day of each row of the closure
    :ivar moves: the days on which anything moved, in order; between two of them the tree stands still
    """

    def __init__(self, rows: Iterable[tuple[int, int, dt.date, dt.date]]) -> None:
        self._spans: dict[int, list[tuple[int, dt.date, dt.date]]] = defaultdict(list)
        self._known: dict[tuple[int, int], tuple[int, ...]] = {}
        moves: set[dt.date] = set()
        for ancestor, descendant, first, last in rows:
            self._spans[descendant].append((ancestor, first, last))
            if first != ALWAYS:
                moves.add(first)
            if last != STILL:
                moves.add(last + _DAY)
        self.moves = sorted(moves)

    @classmethod
    def read(cls, work: Work, scope: Scope, ancestors: Iterable[int] = ()) -> Standing:
        """The tree that the scope asks for.

        :param ancestors: whose branches are enough; empty for all
        """
        closure = tree(work, scope)
        statement = select(closure.c.ancestor_id, closure.c.descendant_id, closure.c.first, closure.c.last)
        wanted = list(ancestors)
        if wanted:
            statement = statement.where(closure.c.ancestor_id.in_(wanted))
        return cls(tuple(row) for row in work.session.execute(statement))

    def never_moved(self, organisation_id: int) -> bool:
        """Whether the body stood where it stands on every day."""
        spans = self._spans.get(organisation_id, ())
        return all(first == ALWAYS and last == STILL for _, first, last in spans)

    def stretch(self, day: dt.date) -> int:
        """Number of the stretch of time that holds ``day``."""
        return bisect_right(self.moves, day)

    def above(self, organisation_id: int, stretch: int) -> tuple[int, ...]:
        """The body itself and every body over it in that stretch of time."""
        known = self._known.get((organisation_id, stretch))
        if known is None:
            day = self.moves[stretch - 1] if stretch else ALWAYS
            spans = self._spans.get(organisation_id, ())
            known = tuple(ancestor for ancestor, first, last in spans if first <= day <= last)
            self._known[organisation_id, stretch] = known
        return known
