"""Adds groups of engagements up, once for every body above those that were met."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from crm.dates import OPEN, Period
from crm.queries.counts.figures import Cell, Total
from crm.queries.counts.monthly import OPEN_END, Sum
from crm.queries.counts.reading import Group, Piece, ids_of
from crm.queries.counts.standing import Standing

_REMEMBERED = 20_000

# Cells of a body beside those of its columns, which are 2 × column for certain ones and one more for possible ones.
_SPAN, _NO_CONTACT = (-1, -2), (-3, -4)

Cells = dict[int, int]


class Met(NamedTuple):
    """What one list of organisations met means in one stretch of time.

    :param named: the cells of the organisations, each as often as it is listed
    :param twice: the cells of bodies above more than one of them, with how often too many they would be counted
    :param contacts: how many of the organisations are meant: all, or those below the bodies asked for
    :param unmeant: the cells of those that are not
    """

    named: list[Cells]
    twice: list[tuple[Cells, int]]
    contacts: int
    unmeant: list[Cells]


class Tally:
    """Numbers of one table, growing as groups are added.

    An engagement is entered with the organisations named in it and taken up the tree at the end, for all at once; where
    a body stands above several of them, what would be counted twice is noted and taken off.

    :param span: first and last day of the whole table, none for no bound
    :param spans: the days each column stands for, where columns are periods
    :param cut: the pieces that groups of one day name
    :param standing: the tree of the bodies met
    :param within: bodies of which one must have been met; none for all
    :param only: bodies to have a row, of which one must have been met; none for all
    :param columns_of: the columns of a group, from its mark and the stretch of time; none where they are periods
    """

    def __init__(
        self,
        *,
        span: tuple[dt.date | None, dt.date | None],
        spans: Sequence[Period],
        cut: Sequence[Piece],
        standing: Standing,
        within: Iterable[int] = (),
        only: Iterable[int] = (),
        columns_of: Callable[[str, int], Sequence[int]] | None = None,
    ) -> None:
        self._first, self._last = span[0] or dt.date.min, span[1] or OPEN
        self._spans, self._cut, self._standing = spans, cut, standing
        self._starts = [period.start for period in spans]
        self._within, self._only = frozenset(within), frozenset(only)
        self._columns_of = columns_of
        self._met = lru_cache(_REMEMBERED)(self._look_up)
        self._named: dict[tuple[int, int], Cells] = defaultdict(lambda: defaultdict(int))
        self._known: dict[int, Cells] = defaultdict(lambda: defaultdict(int))
        self._twice: dict[int, Cells] = defaultdict(lambda: defaultdict(int))
        self._margin: Cells = defaultdict(int)
        self._whole = [0, 0, 0, 0]

    def add(self, groups: Iterable[Group]) -> None:
        """Counts the engagements of groups wherever they belong."""
        columns_of = self._columns_of
        touched: Sequence[int]
        for piece, first, last, mark, met, is_contact, number in groups:
            shift = 0
            if piece is not None:
                place, stretch, _, _ = self._cut[piece]
                touched = (2 * place,)
            else:
                assert first is not None
                assert last is not None
                stretch = self._standing.stretch(first)
                shift = 0 if self._first <= first and last <= self._last else 1
                touched = self._periods(first, last, shift) if columns_of is None else ()
            if columns_of is not None:
                touched = [*(2 * column + shift for column in columns_of(mark, stretch)), _SPAN[shift]]
            self._enter(self._met(met, stretch), touched, shift, number, is_contact)

    def add_sums(self, sums: Iterable[Sum], top: Container[int]) -> None:
        """Counts what the tally knows already, at every level of the tree.

        :param top: of whom a sum belongs to the margin and the total
        """
        columns_of = self._columns_of
        places = lru_cache(_REMEMBERED)(self._places)
        touched: Sequence[int]
        for body, low, high, is_certain, mark, number, contacts in sums:
            shift = 0 if is_certain else 1
            if columns_of is None:
                touched = places(low, high, shift)
            else:
                touched = [*(2 * column + shift for column in columns_of(mark, 0)), _SPAN[shift]]
            if body in top:
                self._whole[2 * shift] += number
                self._whole[2 * shift + 1] += contacts
                for cell in touched:
                    self._margin[cell] += number
            if body > 0:
                cells = self._known[body]
                for cell in touched:
                    cells[cell] += number
                cells[_NO_CONTACT[shift]] += number - contacts

    def _places(self, low: int, high: int, shift: int) -> list[int]:
        """The cells of what begins in one column and ends in another; see :class:`~crm.queries.counts.monthly.Sum`."""
        if 0 <= low == high:
            return [2 * low]
        last = low if high == OPEN_END else min(high, len(self._spans) - 1)
        return [_SPAN[shift], *(2 * place + 1 for place in range(max(low, 0), last + 1))]

    def _enter(self, met: Met | None, touched: Sequence[int], shift: int, number: int, is_contact: bool) -> None:
        if met is None:
            return
        self._whole[2 * shift] += number
        for cell in touched:
            self._margin[cell] += number
            for cells in met.named:
                cells[cell] += number
            for cells, times in met.twice:
                cells[cell] += number * times
        if is_contact:
            self._whole[2 * shift + 1] += number * met.contacts
        for cells in met.unmeant if is_contact else met.named:
            cells[_NO_CONTACT[shift]] += number

    def _periods(self, first: dt.date, last: dt.date, shift: int) -> list[int]:
        """The cells of what is in doubt: the one column that holds it, or every column it overlaps and the whole."""
        # With an open end it is possible only where it begins.
        reach = first if last == OPEN else last
        low, high = (bisect_right(self._starts, day) - 1 for day in (first, reach))
        if low >= 0 and first <= self._spans[low].end:
            if last <= self._spans[low].end:
                return [2 * low]
        else:
            low += 1
        return [_SPAN[shift], *(2 * place + 1 for place in range(low, high + 1))]

    def _look_up(self, text: str, stretch: int) -> Met | None:
        named = ids_of(text)
        met = [self._standing.above(organisation_id, stretch) for organisation_id in named]
        everybody = [body for above in met for body in above]
        once = set(everybody)
        if not _reaches(self._within, once) or not _reaches(self._only, once):
            return None
        cells = [self._named[organisation_id, stretch] for organisation_id in named]
        contacts, unmeant = len(met), []
        if self._within or self._only:
            contacts = sum(_reaches(self._within, above) and _reaches(self._only, above) for above in met)
            unmeant = [own for own, above in zip(cells, met, strict=True) if not _reaches(self._within, above)]
        twice = []
        if len(once) < len(everybody):
            twice = [(self._twice[body], times - 1) for body, times in Counter(everybody).items() if times > 1]
        return Met(cells, twice, contacts, unmeant)

    def total(self) -> Total:
        """All together, each engagement once."""
        return Total(*self._whole)

    def margin(self) -> dict[int, Cell]:
        """Column → number whatever bodies were met, without the empty ones."""
        return _columns(self._margin)

    def rows(self) -> dict[int, tuple[Total, dict[int, Cell]]]:
        """Body → its own total over the span, and its number by column without the empty ones."""
        sums = self._known
        for (organisation_id, stretch), cells in self._named.items():
            for body in self._standing.above(organisation_id, stretch):
                if not self._only or body in self._only:
                    sum_of = sums[body]
                    for cell, number in cells.items():
                        sum_of[cell] += number
        return {body: self._row(cells, self._twice.get(body, {})) for body, cells in sums.items()}

    def _row(self, cells: Cells, twice: Cells) -> tuple[Total, dict[int, Cell]]:
        # Before what was counted twice is taken off, the sum is that of the organisations named.
        contacts = [self._over_span(cells, shift) - cells.get(none, 0) for shift, none in enumerate(_NO_CONTACT)]
        once = {cell: number - twice.get(cell, 0) for cell, number in cells.items()}
        certain, possible = (self._over_span(once, shift) for shift in (0, 1))
        return Total(certain, contacts[0], possible, contacts[1]), _columns(once)

    def _over_span(self, cells: Cells, shift: int) -> int:
        """What is certain in a period is certain in the span, and entered only there."""
        number = cells.get(_SPAN[shift], 0)
        if shift == 0 and self._columns_of is None:
            number += sum(number for cell, number in cells.items() if cell >= 0 and cell % 2 == 0)
        return number


def _reaches(wanted: frozenset[int], above: Iterable[int]) -> bool:
    return not wanted or not wanted.isdisjoint(above)


def _columns(cells: Cells) -> dict[int, Cell]:
    places = sorted({cell // 2 for cell, number in cells.items() if cell >= 0 and number})
    return {place: Cell(cells.get(2 * place, 0), cells.get(2 * place + 1, 0)) for place in places}
