"""What is done to all chosen rows of a list at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, NotFound
from crm.http import undoable, write
from crm.http.guards import is_own_path
from crm.services import several
from crm.services.engagements import lines
from crm.text import plural
from crm.web.parsing import number, seen
from crm.work import Work

bp = Blueprint("several", __name__, url_prefix="/several")

#: One and many of each kind, and where one is sent who came from nowhere.
KINDS = {
    "engagement": ("engagement", "engagements", "engagements.index"),
    "commitment": ("commitment", "commitments", "commitments.index"),
    "follow_up": ("follow-up", "follow-ups", "follow_ups.index"),
    "organisation": ("organisation", "organisations", "organisations.index"),
    "person": ("person", "people", "people.index"),
    "milestone": ("milestone", "milestones", "milestones.index"),
}
DONE = {
    "owner": "has been given on",
    "topic": "is on that topic",
    "visibility": "is visible to others than before",
    "state": "has another state",
    "goal": "has another contact goal",
    "bin": "is in the bin",
}


@bp.post("/<kind>")
@write
def change(work: Work, kind: str) -> ResponseReturnValue:
    """Does to every chosen record what the button says, all of them or none; the next page offers to take it back."""
    if kind not in KINDS:
        raise NotFound
    action = request.form.get("action", "")
    chosen = several.as_seen(work, kind, seen(request.form.getlist("ids")))
    done = several.change(work, kind, chosen.ids, action, _value(work, action))
    one, many, index = KINDS[kind]
    said = DONE[action] if done == 1 else DONE[action].replace("is ", "are ", 1).replace("has ", "have ", 1)
    undoable(work, f"{plural(done, one, many)} {said}.{chosen.told()}")
    back = request.form.get("back", "")
    return redirect(back if is_own_path(back) else url_for(f"crm.{index}"), 303)


def _value(work: Work, action: str) -> Any:
    typed = request.form.get(action, "").strip()
    if action == "topic":
        if not typed:
            raise Invalid("topic", "Name the topic that they are about.")
        return lines.topics(work, [typed], field="topic", may_create=False)[0]
    if action in ("owner", "goal") and typed:
        found = number(typed)
        if found is None:
            raise Invalid(
                action, "Choose a member." if action == "owner" else "A goal is a number of days, such as 90."
            )
        return found
    return typed or None
