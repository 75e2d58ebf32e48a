"""By what a list can be narrowed, with the number of rows behind every value: read when somebody asks for it.

The figures of a hundred thousand engagements cost more than a page of them, so that the list is shown without them.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import NotFound
from crm.http import read
from crm.web import commitments, followups, letters, milestones, people
from crm.web.engagements import listing as engagements
from crm.web.narrowing import Listing, chips, groups
from crm.web.organisations import listing as organisations
from crm.work import Work

bp = Blueprint("facets", __name__, url_prefix="/narrow")

LISTINGS: dict[str, Listing] = {
    "engagements": engagements.LISTING,
    "organisations": organisations.LISTING,
    "people": people.LISTING,
    "letters": letters.LISTING,
    "commitments": commitments.LISTING,
    "follow-ups": followups.LISTING,
    "milestones": milestones.LISTING,
}


@bp.get("/<listing>")
@read
def index(work: Work, listing: str) -> ResponseReturnValue:
    """The values of a list, of the filter in the address: a part of the list's page, or a page of its own."""
    found = LISTINGS.get(listing)
    if found is None:
        raise NotFound
    wanted, arguments = found.read(work)
    shown = groups(work, found, wanted, arguments)
    if request.headers.get("HX-Request") == "true":
        return render_template("crm/facets/groups.html", groups=shown)
    return render_template(
        "crm/facets/index.html",
        listing=found,
        groups=shown,
        chips=chips(work, found.endpoint, found.parts, arguments),
        list_url=url_for(found.endpoint, **arguments),
        clear_url=url_for(found.endpoint),
    )
