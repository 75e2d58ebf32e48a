"""What came of an engagement, in one click each; and the bin."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from crm.dates import parse_day, parse_when
from crm.http import undoable, write
from crm.models.engagements import STATUSES
from crm.services import engagements, followups
from crm.services.several import as_seen
from crm.text import plural
from crm.web.engagements.blueprint import bp
from crm.web.engagements.pages import sheet_page
from crm.web.engagements.starting import readable
from crm.web.forms.engagements import DeclineForm, PostponeForm, QuickFollowUpForm
from crm.web.parsing import ID, seen, version_seen
from crm.work import Work


@bp.post(f"/{ID}/settle")
@write
def settle(work: Work, id: int) -> ResponseReturnValue:
    """Held, cancelled, postponed, sent or received."""
    settled = engagements.settle(work, id, request.form.get("outcome", ""), version=version_seen())
    undoable(work, f"Marked as {STATUSES[settled.status].lower()}.")
    return redirect(_back(id), 303)


@bp.post("/unsettled")
@write
def settle_many(work: Work) -> ResponseReturnValue:
    """Settles one row, or all that are chosen."""
    one = next(((outcome, request.form[outcome]) for outcome in engagements.OUTCOMES if outcome in request.form), None)
    rows = seen([one[1]] if one is not None else request.form.getlist("ids"))
    chosen = as_seen(work, "engagement", rows)
    outcome = one[0] if one is not None else request.form.get("do", "")
    done = engagements.settle_all(work, chosen.ids, outcome)
    word = STATUSES[outcome].lower()
    said = f"Marked as {word}." if len(done) == 1 else f"{plural(len(done), 'engagement')} marked as {word}."
    undoable(work, said + chosen.told())
    whose = "mine" if request.args.get("whose") == "mine" else None
    return redirect(url_for(".unsettled", whose=whose), 303)


@bp.post(f"/{ID}/reopen")
@write
def reopen(work: Work, id: int) -> ResponseReturnValue:
    """Takes an outcome back."""
    reopened = engagements.reopen(work, id, version=version_seen())
    undoable(work, f"It is {STATUSES[reopened.status].lower()} again.")
    return redirect(url_for(".show", id=id), 303)


@bp.post(f"/{ID}/postpone")
@write
def postpone(work: Work, id: int) -> ResponseReturnValue:
    """Puts a planned meeting off, to another date or until there is one."""
    form = PostponeForm(request.form)
    typed = (form.to.data or "").strip()
    if form.validate():
        with form.saving(work, stored=dict, take_out=lambda: engagements.restore(work, id), once=("engagement", id)):
            to = parse_when(typed, today=work.today(), past=False, zone=work.zone) if typed else None
            moved = engagements.postpone(work, id, to=to, reason=form.reason.data or "", version=form.opened_version)
    if not form.saved:
        return sheet_page(work, id, postpone=form), form.refusal
    said = f"Moved to {moved.when.short()}; the earlier date is kept." if to else "Postponed; its date is kept."
    undoable(work, said)
    return redirect(url_for(".show", id=id), 303)


@bp.post(f"/{ID}/decline")
@write
def decline(work: Work, id: int) -> ResponseReturnValue:
    """Records a refusal with its facts."""
    form = DeclineForm(request.form)
    engagement = readable(work, id)
    form.by.choices = [
        (party.organisation_id, party.organisation.label)
        for party in engagement.participations
        if party.side == "counterpart"
    ]
    typed = (form.on.data or "").strip()
    if form.validate():
        with form.saving(work, stored=dict, take_out=lambda: engagements.restore(work, id), once=("engagement", id)):
            engagements.decline(
                work,
                id,
                by_id=form.by.data,
                on=parse_day(typed, today=work.today(), past=True) if typed else None,
                notice=form.notice.data or "",
                reason=form.reason.data or "",
                version=form.opened_version,
            )
    if not form.saved:
        return sheet_page(work, id, decline=form), 422
    undoable(work, "Recorded as declined.")
    return redirect(url_for(".show", id=id), 303)


@bp.post(f"/{ID}/follow-ups")
@write
def follow_up(work: Work, id: int) -> ResponseReturnValue:
    """Adds one thing to do."""
    form = QuickFollowUpForm(request.form)
    typed = (form.due.data or "").strip()
    readable(work, id)
    if form.validate():
        with form.saving(work):
            due = parse_when(typed, today=work.today(), past=False, zone=work.zone) if typed else None
            followups.add(
                work,
                title=form.title.data or "",
                due=due,
                owner_id=form.owner.data,
                engagement_id=id,
                submission=form.submission.data,
            )
    if not form.saved:
        return sheet_page(work, id, follow_up=form), 422
    undoable(work, "Follow-up added.")
    return redirect(url_for(".show", id=id, _anchor="follow-ups"), 303)


@bp.post(f"/{ID}/bin")
@write
def bin(work: Work, id: int) -> ResponseReturnValue:
    """Puts it into the bin; the next page takes it out again."""
    engagements.bin(work, id)
    undoable(work, "In the bin. It left every count at once.")
    return redirect(url_for(".index"), 303)


@bp.post(f"/{ID}/restore")
@write
def restore(work: Work, id: int) -> ResponseReturnValue:
    """Takes it out of the bin."""
    engagements.restore(work, id)
    undoable(work, "It is back, and counted again.")
    return redirect(url_for(".show", id=id), 303)


def _back(engagement_id: int) -> str:
    to_list = request.form.get("back") == "unsettled"
    return url_for(".unsettled") if to_list else url_for(".show", id=engagement_id)
