"""What stands in calendars: records as rows for rendering, and which rendered fragments a feed holds."""

from __future__ import annotations

from crm.queries.calendar.entries import WORDING, Described, described
from crm.queries.calendar.selection import Window, fragments, window

__all__ = ["WORDING", "Described", "Window", "described", "fragments", "window"]
