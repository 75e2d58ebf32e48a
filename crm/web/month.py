"""The printed page of one month."""

from __future__ import annotations

import datetime as dt
import re

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.dates import Period
from crm.dates.periods import FIRST_YEAR, LAST_YEAR
from crm.http import read
from crm.queries import month as reads
from crm.queries.scope import Scope
from crm.web.forms.scope import scope_args
from crm.work import Work

bp = Blueprint("month", __name__, url_prefix="/month")

_MONTH = re.compile(r"(\d{4})-(\d{1,2})")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """What we did in a month beside the one before, what was promised, and what is due: ``?of=2026-05``."""
    shown = reads.month(work, _day(work))
    return render_template(
        "crm/home/month.html",
        month=shown,
        today=work.today(),
        rows_of=rows_of,
        previous_url=url_for(".index", of=f"{shown.before.start:%Y-%m}"),
        next_url=url_for(".index", of=f"{shown.following.start:%Y-%m}") if shown.period.end < work.today() else None,
    )


def rows_of(
    period: Period, *, kind: str = "", body: int | None = None, certainty: str = "certain", per: str = ""
) -> str:
    """Address of exactly the engagements, or contacts, that a figure counts."""
    scope = Scope(
        kinds=(kind,) if kind else (),
        bodies=(body,) if body is not None else (),
        since=period.start,
        until=period.end,
    )
    return url_for("crm.engagements.index", **scope_args(scope, certainty=certainty, per=per))


def _day(work: Work) -> dt.date:
    """A day of the month that the address names, today where it names none that a table can show."""
    found = _MONTH.fullmatch(request.args.get("of", "").strip())
    if found is None:
        return work.today()
    year, number = int(found[1]), int(found[2])
    if not (FIRST_YEAR < year < LAST_YEAR and 1 <= number <= 12):
        return work.today()
    return dt.date(year, number, 1)
