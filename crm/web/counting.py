"""Addresses of the rows behind the numbers of a table of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from crm.dates import Period
from crm.queries.scope import Scope
from crm.web.forms.scope import scope_args

CERTAIN, POSSIBLE = "certain", "possible"


class Links:
    """Each number's list; a column's part of the address is built once, since a table has thousands of cells.

    :param address: of the list of engagements
    :param by: what the columns are
    :param spans: the days of columns that are periods
    """

    def __init__(self, address: str, scope: Scope, by: str, spans: Mapping[Any, Period]) -> None:
        self._address, self._scope, self._by, self._spans = address, scope, by, spans
        self._columns: dict[tuple[Any, str], str] = {}

    def cell(self, key: Any, body: int | None, certainty: str) -> str:
        """The engagements of a cell, or of the margin where no body is given."""
        column = self._columns.get((key, certainty))
        if column is None:
            column = self._columns[key, certainty] = self._of_column(key, certainty)
        return column if body is None else f"{column}&also={body}"

    def total(self, body: int | None, certainty: str) -> str:
        """The engagements of a row's total, or of the whole table."""
        return self._list(self._scope, certainty=certainty, also=body)

    def contacts(self, body: int | None, certainty: str) -> str:
        """The contacts of a row, or of the whole table."""
        return self._list(self._scope, certainty=certainty, also=body, per="contact")

    def beside(self, body: int, what: str) -> str:
        """What stands beside a body's count."""
        return self._list(replace(self._scope, bodies=()), also=body, beside=what)

    def _of_column(self, key: Any, certainty: str) -> str:
        if key in self._spans:
            span = self._spans[key]
            return self._list(self._scope.within(span.start, span.end), certainty=certainty)
        if self._by == "kind":
            return self._list(replace(self._scope, kinds=(key,)), certainty=certainty)
        if self._scope.anybody:
            return self._list(self._scope, certainty=certainty, acting=key)
        return self._list(replace(self._scope, actors=(key,)), certainty=certainty)

    def _list(self, scope: Scope, **more: Any) -> str:
        return f"{self._address}?{urlencode(scope_args(scope, **more), doseq=True)}"
