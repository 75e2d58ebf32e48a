"""The bin: everything that was put away, by whom and when, and back with one click."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid
from crm.http import read, undoable, write
from crm.queries import bin as reads
from crm.services import bin as verbs
from crm.text import plural
from crm.web.parsing import number, page_number
from crm.work import Work

bp = Blueprint("bin", __name__, url_prefix="/bin")

#: Kind → endpoint of its page; a deleted list has none, a file stands on its engagement's.
PAGES = {
    "engagement": "crm.engagements.show",
    "commitment": "crm.commitments.show",
    "follow_up": "crm.follow_ups.show",
    "organisation": "crm.organisations.show",
    "person": "crm.people.show",
    "topic": "crm.topics.show",
    "milestone": "crm.milestones.show",
}


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """What is in the bin, of one kind or of all."""
    kind = request.args.get("kind", "")
    kind = kind if kind in reads.KINDS else ""
    page = page_number()
    rows, more = reads.binned(work, kind=kind, page=page)
    return render_template(
        "crm/bin/index.html",
        rows=rows,
        numbers=reads.numbers(work),
        kinds={key: label for key, (_, _, label) in reads.KINDS.items()},
        kind=kind,
        pages=PAGES,
        previous_url=url_for(".index", kind=kind or None, page=page - 1) if page > 1 else None,
        next_url=url_for(".index", kind=kind or None, page=page + 1) if more else None,
    )


@bp.post("/restore")
@write
def restore(work: Work) -> ResponseReturnValue:
    """Takes the chosen ones out, or the one whose button was pressed."""
    one = request.form.get("one")
    typed = [one] if one else request.form.getlist("chosen")[: verbs.AT_ONCE + 1]
    parted = [text.partition("-") for text in typed]
    chosen = [(kind, number(digits) or 0) for kind, _, digits in parted]
    try:
        done = verbs.restore_all(work, chosen)
    except Invalid as problem:
        work.rollback()
        flash(problem.reason, "error")
    else:
        undoable(work, f"{plural(done, 'record')} taken out of the bin.")
    return redirect(url_for(".index", kind=request.form.get("kind") or None), 303)
