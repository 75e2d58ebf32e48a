"""Engagements: log and amend them, say what came of them, and read who took part from lines as people type them."""

from __future__ import annotations

from crm.services.engagements.outcomes import OUTCOMES, bin, decline, postpone, reopen, restore, settle, settle_all
from crm.services.engagements.parties import Party
from crm.services.engagements.recording import (
    PARTS,
    PossibleDuplicates,
    Understood,
    amend,
    get,
    likely_status,
    log,
    read_when,
)
from crm.services.engagements.substance import Point

__all__ = [
    "OUTCOMES",
    "PARTS",
    "Party",
    "Point",
    "PossibleDuplicates",
    "Understood",
    "amend",
    "bin",
    "decline",
    "get",
    "likely_status",
    "log",
    "postpone",
    "read_when",
    "reopen",
    "restore",
    "settle",
    "settle_all",
]
