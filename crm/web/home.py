"""The first page: what waits, what is ahead, what was logged last."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.dates import Period
from crm.http import read
from crm.queries.home import WEEK, home
from crm.queries.scope import Scope
from crm.web.forms.scope import scope_args
from crm.work import Work

bp = Blueprint("home", __name__)


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The dashboard."""
    return render_template(
        "crm/home/index.html", home=home(work), today=work.today(), week=work.today() + WEEK, rows_of=rows_of
    )


def rows_of(period: Period, certainty: str = "certain", per: str = "") -> str:
    """Address of exactly the engagements, or contacts, that a figure of a period counts."""
    scope = Scope(since=period.start, until=period.end)
    return url_for("crm.engagements.index", **scope_args(scope, certainty=certainty, per=per))
