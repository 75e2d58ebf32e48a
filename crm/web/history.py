"""Pages of the history: what everybody did, for administrators; and the states of one record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.dates import parse_day
from crm.errors import Conflict, Invalid, Several
from crm.http import current_instance, read, undoable, write
from crm.http.guards import is_own_path
from crm.queries.history import Wanted
from crm.services import exports, looking, members, restoring
from crm.services import history as verbs
from crm.web.history_words import detail, said
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
    "Member": ("member", "crm.members.index"),
    "InstanceSetting": ("settings", "crm.settings.index"),
}
#: Records without a page of their own.
PAGELESS = frozenset({"crm.members.index", "crm.settings.index"})
#: What a verb begins with → what it is called where the history is narrowed.
ACTS = {
    "member.sign_in_failed": "Failed sign-ins",
    "member.confirm_failed": "Wrong current passwords",
    "member.code_failed": "Wrong codes",
    "member.": "Accounts, roles, sign-ins",
    "export.": "Hand-outs",
    "import.": "Imports",
    "history.": "What was taken back or restored",
    "settings.": "Settings",
    "feed.": "Calendar addresses",
}
BRIEFLY = 3
DOORS = {
    "web": "from the web",
    "cli": "from the command line",
    "feed": "by a calendar",
    "job": "in the background",
    "import": "by an import",
}


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """What everybody did, the latest first."""
    wanted, kept = filter_of(work)
    rows, following = looking.all_acts(work, wanted, before=number(request.args.get("before")))
    return render_template(
        "crm/history/index.html",
        rows=rows,
        members=members.everybody(work),
        kept=kept,
        rooms=ROOMS,
        doors=DOORS,
        said=said,
        detail=detail,
        acts=ACTS,
        formats=[(key, one.label) for key, one in exports.formats(current_instance().plugins).items()],
        next=url_for("crm.history.index", before=following, **kept) if following else None,
    )


def filter_of(work: Work) -> tuple[Wanted, dict[str, Any]]:
    """What the address asks for, and the arguments to keep in links from the page.

    :raises Several: a day cannot be read
    """
    said_of = {name: request.args.get(name, "").strip()[:40] for name in ("since", "until", "kind", "act")}
    problems: list[Invalid] = []
    days: dict[str, dt.date | None] = {"since": None, "until": None}
    for name in days:
        try:
            days[name] = parse_day(said_of[name], today=work.today(), past=True) if said_of[name] else None
        except Invalid as problem:
            problems.append(Invalid(name, problem.reason))
    if problems:
        raise Several(problems)
    member_id, record_id = number(request.args.get("member")), number(request.args.get("id"))
    target = next(((name, record_id) for name, (kind, _) in ROOMS.items() if kind == said_of["kind"]), None)
    verb = said_of["act"] if said_of["act"] in ACTS else ""
    wanted = Wanted(member_id, days["since"], days["until"], target, verb)
    kept = {**said_of, "member": member_id, "id": record_id if target is not None else None}
    return wanted, {name: value for name, value in kept.items() if value}


@bp.get(f"/<kind>/{ID}")
@read
def record(work: Work, kind: str, id: int) -> ResponseReturnValue:
    """Every state that one record went through, in words."""
    found, steps = looking.record_history(work, kind, id)
    return render_template(
        "crm/history/record.html",
        title=_title(found, kind, id),
        address=_address(kind, id),
        version=getattr(found, "version", ""),
        may_write=work.member is not None and work.member.may_write,
        **_told(kind, id, steps),
    )


@bp.get(f"/<kind>/{ID}/latest")
@read
def latest(work: Work, kind: str, id: int) -> ResponseReturnValue:
    """The latest of them, as a part of the record's page."""
    _, steps = looking.record_history(work, kind, id, limit=BRIEFLY)
    return render_template("crm/history/latest.html", **_told(kind, id, steps))


@bp.post(f"/<kind>/{ID}/restore")
@write
def restore(work: Work, kind: str, id: int) -> ResponseReturnValue:
    """Brings back one value, or a whole state."""
    form = request.form
    transaction, version = number(form.get("transaction")) or 0, number(form.get("version"))
    try:
        if form.get("part"):
            part, key, field = (form.get(name, "")[:80] for name in ("part", "key", "field"))
            restoring.restore_value(work, kind, id, transaction, part=part, key=key, field=field, version=version)
        else:
            restoring.restore_state(work, kind, id, transaction, version=version)
    except Conflict:
        work.rollback()
        flash("Somebody saved it after you had opened this page. Look at what changed, then choose again.", "error")
        return redirect(url_for(".record", kind=kind, id=id), 303)
    except (Invalid, Several) as problem:
        work.rollback()
        problems = problem.problems if isinstance(problem, Several) else [problem]
        flash(" ".join(one.reason for one in problems), "error")
        return redirect(url_for(".record", kind=kind, id=id), 303)
    undoable(work, "That state is back." if not form.get("part") else "Restored.")
    return redirect(url_for(".record", kind=kind, id=id), 303)


def _told(kind: str, id: int, steps: list[Any]) -> dict[str, Any]:
    return {"kind": kind, "id": id, "steps": steps, "doors": DOORS, "said_verb": said_verb}


def _title(found: Any, kind: str, id: int) -> str:
    if kind == "settings":
        return "Settings"
    title = getattr(found, "name", "") or getattr(found, "title", "") or getattr(found, "subject", "")
    return title or getattr(found, "wording", "")[:120] or f"{kind.replace('_', ' ').capitalize()} {id}"


def _address(kind: str, id: int) -> str:
    endpoint = next(endpoint for name, endpoint in ROOMS.values() if name == kind)
    return url_for(endpoint) if endpoint in PAGELESS else url_for(endpoint, id=id)


def said_verb(act: Any) -> str:
    """What was done, for a step with more than one change: “amended it”, “changed it by an import”."""
    return _VERBS.get(act.verb.partition(".")[2], "changed it")


_VERBS = {
    "log": "logged it",
    "create": "entered it",
    "add": "entered it",
    "make": "recorded it",
    "amend": "changed it",
    "bin": "put it into the bin",
    "restore": "brought an earlier state back",
    "undo": "took a change back",
    "held": "said that it took place",
    "cancelled": "said that it was cancelled",
    "postpone": "put it off",
    "decline": "recorded a refusal",
    "reopen": "opened it again",
    "sent": "sent it",
    "attach": "added files",
    "detach": "put a file into the bin",
    "mark": "noted a step of its copies",
    "clear": "took a step of its copies back",
    "move": "moved it",
    "snooze": "put it off",
    "do": "marked it done",
}


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
        text, label = ("Done again.", "Undo") if undone.is_redo else ("Taken back.", "Do it again")
        undoable(work, text, label=label)
    else:
        flash(f"That is {'done again' if undone.is_redo else 'taken back'} already.", "success")
    return redirect(_back(work, undone.target), 303)


def _back(work: Work, target: tuple[str, int | None] | None) -> str:
    """The page that the button was on; the room's list, if that was the page of a record that is no more."""
    name, record_id = target or ("", None)
    kind, endpoint = ROOMS.get(name, ("", ""))
    back = request.form.get("back")
    address = None
    if endpoint in PAGELESS:
        address = url_for(endpoint)
    elif endpoint and record_id is not None:
        if not looking.is_there(work, kind, record_id):
            return url_for(endpoint.removesuffix("show") + "index")
        address = url_for(endpoint, id=record_id)
    if is_own_path(back):
        return str(back)
    return address or url_for("crm.home.index")
