"""Counting, defined once: engagements and contacts, certain and possible, per organisation, period, kind and actor.

The rules are those of the field's registers: an engagement counts once at every level of the tree as it stood that day;
a contact is one organisation named directly; margins are distinct counts, never sums of cells.

The database groups engagements that are alike, by period and by whom they met; the tree is applied to the groups.
"""

from __future__ import annotations

from crm.queries.counts.beside import aside, beside, last_contact, whatever_came
from crm.queries.counts.figures import NOTHING, Cell, Row, Table, Total
from crm.queries.counts.monthly import apart, by_body, by_kind_and_month, edges_given, months, read_beside
from crm.queries.counts.order import Line, arranged
from crm.queries.counts.reading import everything, is_contact, overlap
from crm.queries.counts.tables import BY, PERIODS, branch, table, total

__all__ = [
    "BY",
    "NOTHING",
    "PERIODS",
    "Cell",
    "Line",
    "Row",
    "Table",
    "Total",
    "apart",
    "arranged",
    "aside",
    "beside",
    "branch",
    "by_body",
    "by_kind_and_month",
    "edges_given",
    "everything",
    "is_contact",
    "last_contact",
    "months",
    "overlap",
    "read_beside",
    "table",
    "total",
    "whatever_came",
]
