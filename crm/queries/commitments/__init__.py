"""Commitments: the list and the board by direction and lateness, what fulfils what, and how a state came to be."""

from __future__ import annotations

from crm.queries.commitments.chains import (
    StateChange,
    commitment,
    deliveries_of,
    fulfilled_by,
    fulfils,
    history,
    standing,
)
from crm.queries.commitments.listing import SORTS, Filter, commitments, cut, facets_of, numbers, promises
from crm.queries.commitments.rows import BUCKETS, CLOSED, LATENESS, Body, CommitmentRow, bucket, horizons

__all__ = [
    "BUCKETS",
    "CLOSED",
    "LATENESS",
    "SORTS",
    "Body",
    "CommitmentRow",
    "Filter",
    "StateChange",
    "bucket",
    "commitment",
    "commitments",
    "cut",
    "deliveries_of",
    "facets_of",
    "fulfilled_by",
    "fulfils",
    "history",
    "horizons",
    "numbers",
    "promises",
    "standing",
]
