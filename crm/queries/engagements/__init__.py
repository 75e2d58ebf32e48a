"""Engagements: the list behind every number, what awaits an answer, one record's page, and what may be the same."""

from __future__ import annotations

from crm.queries.engagements.facets import facets_of
from crm.queries.engagements.listing import (
    COUNTED_AT_MOST,
    Cursor,
    EngagementRow,
    Filter,
    Page,
    listed,
    logged_last,
    numbers,
    numbers_of,
    place_before,
    places,
    unsettled,
    unsettled_number,
)
from crm.queries.engagements.neighbours import (
    Neighbour,
    actors_named_last,
    meetings_nearby,
    possible_duplicates,
    recent,
)
from crm.queries.engagements.sheet import Sheet, sheet
from crm.queries.engagements.sorted import COLUMNS, listed_by

__all__ = [
    "COLUMNS",
    "COUNTED_AT_MOST",
    "Cursor",
    "EngagementRow",
    "Filter",
    "Neighbour",
    "Page",
    "Sheet",
    "actors_named_last",
    "facets_of",
    "listed",
    "listed_by",
    "logged_last",
    "meetings_nearby",
    "numbers",
    "numbers_of",
    "place_before",
    "places",
    "possible_duplicates",
    "recent",
    "sheet",
    "unsettled",
    "unsettled_number",
]
