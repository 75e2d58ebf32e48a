"""Every part of a page with an example, for those who write pages."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from crm.http import read
from crm.services.permissions import ADMINISTER, authorise
from crm.work import Work

bp = Blueprint("styleguide", __name__)


@bp.get("/_styleguide")
@read
def index(work: Work) -> ResponseReturnValue:
    """The style guide."""
    authorise(work, ADMINISTER)
    return render_template("crm/styleguide.html")
