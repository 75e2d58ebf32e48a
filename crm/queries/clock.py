"""Instants as the team's clock showed them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from crm.dates.wording import day
from crm.work import Work


def in_words(work: Work, moment: dt.datetime) -> str:
    """“5 May 2026 10:12”, in the zone of the work."""
    local = moment.astimezone(ZoneInfo(work.zone))
    return f"{day(local.date())} {local:%H:%M}"
