"""Organisations: the list, the place in the tree then and now, their people, counts and contact."""

from __future__ import annotations

from crm.queries.organisations.contact import Contact, Goal, contacts_of, goals_over, last_year
from crm.queries.organisations.figures import SPANS, Figures, figures, of_kind, only_acts
from crm.queries.organisations.listing import (
    CLOSED,
    COUNTED_AT_MOST,
    SIDES,
    SORTS,
    Filter,
    OrganisationRow,
    Page,
    countries_named,
    facets_of,
    listed,
    number,
)
from crm.queries.organisations.lists import OnList, lists_of
from crm.queries.organisations.people import Holder, holders
from crm.queries.organisations.place import (
    Body,
    Child,
    Link,
    Place,
    Step,
    branch,
    children,
    links,
    place_on,
    successions,
)

__all__ = [
    "CLOSED",
    "COUNTED_AT_MOST",
    "SIDES",
    "SORTS",
    "SPANS",
    "Body",
    "Child",
    "Contact",
    "Figures",
    "Filter",
    "Goal",
    "Holder",
    "Link",
    "OnList",
    "OrganisationRow",
    "Page",
    "Place",
    "Step",
    "branch",
    "children",
    "contacts_of",
    "countries_named",
    "facets_of",
    "figures",
    "goals_over",
    "holders",
    "last_year",
    "links",
    "listed",
    "lists_of",
    "number",
    "of_kind",
    "only_acts",
    "place_on",
    "successions",
]
