"""What stands in calendars: records as rows for rendering, and which rendered fragments a feed holds."""

from __future__ import annotations

from crm.queries.calendar.entries import WORDING, Described, described
from crm.queries.calendar.selection import Rows, Window, fragments, of_rows, window

__all__ = ["WORDING", "Described", "Rows", "Window", "described", "fragments", "of_rows", "window"]
