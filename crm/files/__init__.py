"""Attachments' bytes: a folder of files under random names, and what kind of file some bytes are."""

from __future__ import annotations

from crm.files.kinds import kind_of
from crm.files.store import Held, Kept, Store, TooLarge

__all__ = ["Held", "Kept", "Store", "TooLarge", "kind_of"]
