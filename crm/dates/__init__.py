"""Dates with doubt: what people type when they are not sure of the day, kept as they wrote it and counted rightly."""

from __future__ import annotations

from crm.dates.parsing import parse_day, parse_when
from crm.dates.periods import Period, period_of, periods
from crm.dates.when import OPEN, Precision, When

__all__ = ["OPEN", "Period", "Precision", "When", "parse_day", "parse_when", "period_of", "periods"]
