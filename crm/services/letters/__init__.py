"""Letters: write to many, send, follow each copy step by step, log replies, chase the silent."""

from __future__ import annotations

from crm.services.letters.copies import get
from crm.services.letters.replies import REPLY_KINDS, link_reply, remind, reply
from crm.services.letters.steps import arrange, clear, mark
from crm.services.letters.writing import choose_recipients, send, withdraw, write

__all__ = [
    "REPLY_KINDS",
    "arrange",
    "choose_recipients",
    "clear",
    "get",
    "link_reply",
    "mark",
    "remind",
    "reply",
    "send",
    "withdraw",
    "write",
]
