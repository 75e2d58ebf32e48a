"""Pages of engagements: the list, one engagement, the form that logs one, what came of it, its files."""

from __future__ import annotations

from crm.web.engagements import actions, entry, files, hints, listing, pages
from crm.web.engagements.blueprint import bp

__all__ = ["actions", "bp", "entry", "files", "hints", "listing", "pages"]
