"""What members choose for themselves, on any page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import write
from crm.http.guards import is_own_path
from crm.services import members
from crm.work import Work

bp = Blueprint("preferences", __name__, url_prefix="/preferences")


@bp.post("/shortcuts")
@write
def shortcuts(work: Work) -> ResponseReturnValue:
    """Switches single keys on or off for the member, on every device."""
    on = request.form.get("on") == "1"
    members.prefer_shortcuts(work, on)
    flash("Single keys work on every page." if on else "Single keys are off; Ctrl K still works.", "success")
    back = request.form.get("back", "")
    return redirect(back if is_own_path(back) else url_for("crm.home.index"), 303)
