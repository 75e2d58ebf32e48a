"""Pages of the history: what everybody did, for administrators; and the states of one record."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid
from crm.http import read, undoable, write
from crm.http.guards import is_own_path
from crm.services import history as verbs
from crm.services import looking, members
from crm.web.parsing import ID, number
from crm.work import Work

bp = Blueprint("history", __name__, url_prefix="/history")

#: Class of a record → kind in an address and endpoint of its page.
ROOMS = {
    "Engagement": ("engagement", "crm.engagements.show"),
    "Organisation": ("organisation", "crm.organisations.show"),
    "Person": ("person", "crm.people.show"),
    "Commitment": ("commitment", "crm.commitments.show"),
    "FollowUp": ("follow_up", "crm.follow_ups.show"),
    "Topic": ("topic", "crm.topics.show"),
    "Milestone": ("milestone", "crm.milestones.show"),
    "OrganisationList": ("list", "crm.lists.show"),
}
DOORS = {
    "web": "in the browser",
    "cli": "on the command line",
    "feed": "by a calendar",
    "job": "in the background",
    "import": "by an import",
}


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """What everybody did, the latest first."""
    member_id = number(request.args.get("member"))
    rows, following = looking.all_acts(work, before=number(request.args.get("before")), member_id=member_id)
    return render_template(
        "crm/history/index.html",
        rows=rows,
        members=members.everybody(work),
        member_id=member_id,
        rooms=ROOMS,
        doors=DOORS,
        said=said,
        next=url_for("crm.history.index", before=following, member=member_id) if following else None,
    )


@bp.get(f"/<kind>/{ID}")
@read
def record(work: Work, kind: str, id: int) -> ResponseReturnValue:
    """The states one record went through."""
    found, steps = looking.record_history(work, kind, id)
    endpoint = next(endpoint for name, endpoint in ROOMS.values() if name == kind)
    title = getattr(found, "name", "") or getattr(found, "title", "") or getattr(found, "subject", "")
    title = title or getattr(found, "wording", "")[:120] or f"{kind.replace('_', ' ').capitalize()} {id}"
    return render_template(
        "crm/history/record.html",
        title=title,
        address=url_for(endpoint, id=id),
        steps=steps,
        doors=DOORS,
        said=said,
    )


@bp.post("/<int(max=9223372036854775807):number>/undo")
@write
def undo(work: Work, number: int) -> ResponseReturnValue:
    """Takes one transaction back, and returns to where the button was."""
    try:
        undone = verbs.undo(work, number)
    except Invalid as problem:
        work.rollback()
        flash(problem.reason, "error")
        return redirect(_back(work, None), 303)
    if undone.is_new:
        undoable(work, "Taken back." if undone.verb != "history.undo" else "Done again.", label="Do it again")
    else:
        flash("That is taken back already.", "success")
    return redirect(_back(work, undone.target), 303)


def _back(work: Work, target: tuple[str, int | None] | None) -> str:
    """The page that the button was on; the room's list, if that was the page of a record that is no more."""
    kind, record_id = target or ("", None)
    room = ROOMS.get(kind)
    address = url_for(room[1], id=record_id) if room is not None and record_id is not None else None
    back = request.form.get("back")
    if (
        address is not None
        and room is not None
        and record_id is not None
        and not looking.is_there(work, room[0], record_id)
    ):
        return url_for(room[1].removesuffix("show") + "index")
    if is_own_path(back):
        return str(back)
    return address or url_for("crm.home.index")


def said(verb: str) -> str:
    """A verb's key in words: ``engagement.amend`` → “engagement: amend”."""
    concept, _, act = verb.partition(".")
    return f"{concept.replace('_', ' ')}: {act.replace('_', ' ')}" if act else verb
