"""The first page: what waits, what is ahead, what was logged last."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from crm.http import read
from crm.work import Work

bp = Blueprint("home", __name__)


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The dashboard."""
    return render_template("crm/home/index.html")
