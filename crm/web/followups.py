"""Pages of follow-ups: mine and the team's, to do, late and done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.dates import parse_day, parse_when
from crm.errors import Invalid
from crm.http import read, undoable, write
from crm.http.guards import is_own_path
from crm.models import FollowUp
from crm.queries import followups as reads
from crm.services import calendar, followups, members
from crm.services.several import as_seen
from crm.text import plural
from crm.web.filters import tools
from crm.web.forms.followups import ORIGINS, FollowUpForm
from crm.web.narrowing import MEMBER, ORGANISATION, TOPIC, Listing, Part, chips
from crm.web.parsing import ID, number, owner_asked, seen, version_seen, words
from crm.web.sorting import heads, sort_asked
from crm.work import Work

bp = Blueprint("follow_ups", __name__, url_prefix="/follow-ups")

SNOOZES = {"1": "1 day", "7": "1 week", "30": "1 month"}
PAGE_SIZE = 50
DEFAULT_SORT = "due"
FARTHEST_PAGE = 1000


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The list under one tab."""
    wanted, kept = filter_of(work)
    page = min(number(request.args.get("page")) or 1, FARTHEST_PAGE)
    rows, has_more = reads.follow_ups(work, wanted, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return render_template(
        "crm/follow_ups/index.html",
        rows=rows,
        wanted=wanted,
        kept=kept,
        tabs=reads.TABS,
        numbers=reads.numbers(work, wanted),
        is_mine=kept["whose"] == "mine",
        heads=heads("crm.follow_ups.index", kept, reads.SORTS, wanted.sort, DEFAULT_SORT),
        chips=chips(work, "crm.follow_ups.index", [*PARTS, *_MORE_PARTS], kept),
        previous=_address(kept, page - 1) if page > 1 else None,
        next=_address(kept, page + 1) if has_more else None,
        first=(page - 1) * PAGE_SIZE + 1,
        snoozes=SNOOZES,
        **tools(work, "follow_ups"),
    )


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """An empty form that remembers where the follow-up arose."""
    return _page(_filled(work, FollowUpForm(request.args, data={"owner_id": work.member_id})))


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Adds a follow-up."""
    form = _filled(work, FollowUpForm(request.form))
    if form.validate():
        with form.saving(work):
            follow_up = followups.add(work, submission=form.submission.data, **form.origins(), **_values(work, form))
    if not form.saved:
        return _page(form), 422
    undoable(work, f"The follow-up is added; {calendar.place_words(follow_up.due)}.")
    return redirect(_came_from() or url_for("crm.follow_ups.show", id=follow_up.id), 303)


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One follow-up with where it arose."""
    record = followups.get(work, id)
    row = None if record.is_binned else reads.follow_up(work, id)
    return render_template("crm/follow_ups/show.html", record=record, row=row, snoozes=SNOOZES)


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    follow_up = followups.get(work, id)
    return _page(_filled(work, FollowUpForm(data=FollowUpForm.stored(follow_up))), follow_up)


@bp.post(f"/{ID}")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Saves the form."""
    follow_up = followups.get(work, id)
    form = _filled(work, FollowUpForm(request.form))
    if form.validate():
        with form.saving(
            work,
            stored=lambda: FollowUpForm.stored(followups.get(work, id)),
            take_out=lambda: followups.restore(work, id),
            once=("follow_up", id),
        ):
            values = _values(work, form)
            if form.due.data == (follow_up.due_text or ""):
                # Words such as “Friday” meant a day when they were typed; read again they would mean another.
                values["due"] = follow_up.due
            followups.amend(work, id, version=form.opened_version, **values)
    if not form.saved:
        return _page(form, follow_up), form.refusal
    undoable(work, "Saved.")
    return redirect(url_for("crm.follow_ups.show", id=id), 303)


@bp.post(f"/{ID}/do")
@write
def do(work: Work, id: int) -> ResponseReturnValue:
    """Marks it done today."""
    follow_up = followups.do(work, id, version=version_seen())
    undoable(work, f"Done: {follow_up.title}")
    return redirect(_came_from() or url_for("crm.follow_ups.index"), 303)


@bp.post(f"/{ID}/undo")
@write
def undo(work: Work, id: int) -> ResponseReturnValue:
    """Opens it again."""
    followups.undo(work, id, version=version_seen())
    undoable(work, "It is to be done again.")
    return redirect(_came_from() or url_for("crm.follow_ups.show", id=id), 303)


@bp.post(f"/{ID}/snooze")
@write
def snooze(work: Work, id: int) -> ResponseReturnValue:
    """Moves its deadline."""
    follow_up = followups.snooze(work, id, days=_days(), version=version_seen())
    assert follow_up.due is not None
    undoable(work, f"Moved to {follow_up.due.deadline()}.")
    return redirect(_came_from() or url_for("crm.follow_ups.index"), 303)


@bp.post("/several")
@write
def several(work: Work) -> ResponseReturnValue:
    """Does, reopens or snoozes the chosen ones, all or none."""
    chosen = as_seen(work, "follow_up", seen(request.form.getlist("ids")))
    action = request.form.get("action")
    if action == "do":
        said = f"{plural(len(followups.do_all(work, chosen.ids)), 'follow-up')} done."
    elif action == "undo":
        said = f"{plural(len(followups.undo_all(work, chosen.ids)), 'follow-up')} to be done again."
    elif action == "snooze":
        said = f"{plural(len(followups.snooze_all(work, chosen.ids, days=_days())), 'follow-up')} moved."
    else:
        raise Invalid("action", "Choose what to do with them: done, again, or snooze.")
    undoable(work, said + chosen.told())
    return redirect(_came_from() or url_for("crm.follow_ups.index"), 303)


@bp.post(f"/{ID}/bin")
@write
def bin(work: Work, id: int) -> ResponseReturnValue:
    """Puts it into the bin."""
    follow_up = followups.bin(work, id)
    undoable(work, f"“{follow_up.title}” is in the bin.")
    return redirect(url_for("crm.follow_ups.index"), 303)


@bp.post(f"/{ID}/restore")
@write
def restore(work: Work, id: int) -> ResponseReturnValue:
    """Takes it out of the bin."""
    undoable(work, f"“{followups.restore(work, id).title}” is out of the bin again.")
    return redirect(url_for("crm.follow_ups.show", id=id), 303)


def filter_of(work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The filter in the address, and the arguments to keep in links from the page."""
    origins = {name: number(request.args.get(name)) for name in ("organisation", "engagement", "topic")}
    owner, due = owner_asked(work), request.args.get("due", "")
    hangs = owner is not None or any(value is not None for value in origins.values())
    whose = request.args.get("whose") or ("team" if hangs or work.member is None else "mine")
    tab = request.args.get("tab", "due")
    wanted = reads.Filter(
        tab=tab if tab in (*reads.TABS, "") else "due",
        owner_id=work.member_id if whose == "mine" and owner is None else owner,
        organisation_id=origins["organisation"],
        engagement_id=origins["engagement"],
        topic_id=origins["topic"],
        text=words(),
        due=due if due in reads.DUE else "",
        sort=sort_asked(reads.SORTS, DEFAULT_SORT),
    )
    said = {**origins, "owner": owner, "due": wanted.due}
    kept = {name: value for name, value in said.items() if value not in ("", None)}
    return wanted, {
        **kept,
        "whose": "team" if owner is not None else whose,
        "tab": wanted.tab,
        "q": wanted.text or None,
        "sort": wanted.sort or None,
    }


PARTS = (
    Part("due", "Due", reads.DUE),
    Part("owner", "Who", record=MEMBER, names=("owner", "whose"), said=lambda owner: {"owner": owner, "whose": "team"}),
    Part("topic", "Topic", record=TOPIC),
    Part("organisation", "Organisation", record=ORGANISATION),
)
LISTING = Listing("crm.follow_ups.index", "Follow-ups", PARTS, filter_of, reads.facets_of)
_MORE_PARTS = (Part("engagement", "From engagement"), Part("q", "Words"))


def _address(kept: dict[str, Any], page: int) -> str:
    return url_for("crm.follow_ups.index", **{**kept, "page": page})


def _values(work: Work, form: FollowUpForm) -> dict[str, Any]:
    due, remind = (form.due.data or "").strip(), (form.remind_on.data or "").strip()
    values: dict[str, Any] = {
        "title": form.title.data or "",
        "note": form.note.data or "",
        "owner_id": form.owner_id.data,
        "due": parse_when(due, today=work.today(), past=False, zone=work.zone) if due else None,
    }
    try:
        values["remind_on"] = parse_day(remind, today=work.today()) if remind else None
    except Invalid as problem:
        raise Invalid("remind_on", problem.reason) from problem
    return values


def _filled(work: Work, form: FollowUpForm) -> FollowUpForm:
    offered = [(member.id, member.name) for member in members.everybody(work) if member.is_active]
    form.owner_id.choices = [("", "Whoever adds it"), *offered]
    return form


def _days() -> int:
    days = number(request.form.get("days"))
    if days is None:
        raise Invalid("days", "Snooze by 1 to 366 days.")
    return days


def _came_from() -> str | None:
    back = request.form.get("back")
    return back if is_own_path(back) else None


def _page(form: FollowUpForm, follow_up: FollowUp | None = None) -> str:
    back = request.values.get("back")
    return render_template(
        "crm/follow_ups/form.html",
        form=form,
        follow_up=follow_up,
        origins=list(ORIGINS),
        back=back if is_own_path(back) else None,
    )
