"""Antechamber: the stakeholder CRM for public-affairs teams."""

from __future__ import annotations

__version__ = "0.1.0"
