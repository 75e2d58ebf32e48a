"""Saved filters: a list's filter under a name, one's own or given to the team."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import current_instance, read, undoable, write
from crm.http.guards import is_own_path
from crm.models import SavedFilter
from crm.services import calendar, exports, filters
from crm.web.parsing import ID
from crm.work import Work

#: Lists whose rows stand in calendars.
IN_CALENDARS = ("engagements", "commitments", "follow_ups", "milestones")

bp = Blueprint("filters", __name__, url_prefix="/filters")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """One's own filters and the team's."""
    return render_template("crm/lists/filters.html", rows=filters.listed(work), pages=filters.PAGES, address=address_of)


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Saves the filter of the page that the form stands on."""
    back = request.form.get("back", "")
    saved = filters.save(
        work,
        page=request.form.get("page", ""),
        name=request.form.get("name", ""),
        query=urlsplit(back).query if is_own_path(back) else "",
        shared=request.form.get("shared") == "1",
    )
    undoable(work, f"The filter “{saved.name}” is saved.")
    return redirect(address_of(saved), 303)


@bp.post(f"/{ID}/share")
@write
def share(work: Work, id: int) -> ResponseReturnValue:
    """Gives it to the team, or takes it back."""
    shared = request.form.get("shared") == "1"
    saved = filters.share(work, id, shared)
    undoable(work, f"“{saved.name}” is {'the team’s' if shared else 'yours alone'} now.")
    return redirect(url_for(".index"), 303)


@bp.post(f"/{ID}/delete")
@write
def delete(work: Work, id: int) -> ResponseReturnValue:
    """Deletes it."""
    name = filters.delete(work, id)
    undoable(work, f"The filter “{name}” is deleted.")
    return redirect(url_for(".index"), 303)


def address_of(saved: SavedFilter | filters.Saved) -> str:
    """The list with that filter."""
    return f"{url_for(f'crm.{saved.page}.index')}?{saved.query}"


def tools(work: Work, page: str) -> dict[str, Any]:
    """What stands around a list: saved filters, formats to take it along in, and whom rows can be given to."""
    around = filters.around(work, page)
    return {
        "saved": [(address_of(one), one.name, owner, one.shared) for one, owner in around.saved],
        "saved_page": page,
        "formats": [
            *((key, one.label) for key, one in exports.formats(current_instance().plugins).items()),
            *([(calendar.FORMAT.key, calendar.FORMAT.label)] if page in IN_CALENDARS else []),
        ],
        "owners": around.members,
    }
