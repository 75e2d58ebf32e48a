"""Pages of organisations: the list, one body, the form, its structure, the lists it stands on."""

from __future__ import annotations

from crm.web.organisations import editing, listing, page, structure
from crm.web.organisations.blueprint import bp

__all__ = ["bp", "editing", "listing", "page", "structure"]
