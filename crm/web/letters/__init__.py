"""Pages of letters: one letter to many, and the matrix in which each copy is followed."""

from __future__ import annotations

from crm.web.letters import listing, matrix, replies, writing
from crm.web.letters.blueprint import bp
from crm.web.letters.listing import LISTING, filter_of

__all__ = ["LISTING", "bp", "filter_of", "listing", "matrix", "replies", "writing"]
