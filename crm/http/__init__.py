"""What web-facing doors share: the unit of work, who is asking, guards, forms, and errors turned into answers."""

from __future__ import annotations

from crm.http.context import current_instance, current_member, sign_in_address
from crm.http.doors import open_to_all, read, write
from crm.http.undoing import undoable

__all__ = ["current_instance", "current_member", "open_to_all", "read", "sign_in_address", "undoable", "write"]
