"""The reply of one addressee."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import read, undoable, write
from crm.models import Engagement
from crm.queries import letters as reads
from crm.services import letters, people
from crm.services.permissions import WRITE, authorise
from crm.web.forms.letters import ReplyForm
from crm.web.letters.blueprint import bp
from crm.web.parsing import ID, optional_when
from crm.work import Work


@bp.get(f"/{ID}/replies/<int(max=2147483647):dispatch_id>")
@read
def reply(work: Work, id: int, dispatch_id: int) -> ResponseReturnValue:
    """The form for one addressee's reply."""
    letter = letters.get(work, id)
    authorise(work, WRITE, letter)
    form = ReplyForm()
    form.subject.data = f"Re: {letter.subject}"[:300] if letter.subject else ""
    return _reply_page(work, form, letter, dispatch_id)


@bp.post(f"/{ID}/replies/<int(max=2147483647):dispatch_id>")
@write
def log_reply(work: Work, id: int, dispatch_id: int) -> ResponseReturnValue:
    """Logs the reply, or says which engagement of the log it is."""
    row = reads.copy(work, id, dispatch_id)
    form = ReplyForm(request.form)
    if form.validate():
        with form.saving(work):
            if form.linked.data is not None:
                letters.link_reply(work, dispatch_id, form.linked.data)
            else:
                _log_reply(work, form, dispatch_id, row.organisation_id)
    if not form.saved:
        return _reply_page(work, form, letters.get(work, id), dispatch_id), 422
    undoable(work, "The reply is logged.")
    return redirect(url_for("crm.letters.show", id=id, _anchor=f"copy-{dispatch_id}"), 303)


def _log_reply(work: Work, form: ReplyForm, dispatch_id: int, organisation_id: int) -> None:
    when = optional_when(work, "when", form.when.data, past=True)
    person_id = None
    if form.person.data and form.person.data.strip():
        day = when.first if when is not None else work.today()
        person_id = people.resolve(work, form.person.data, organisation_id, day, field="person").id
    letters.reply(
        work,
        dispatch_id,
        when=when,
        kind=form.kind.data,
        person_id=person_id,
        subject=form.subject.data or "",
        summary=form.summary.data or "",
        submission=form.submission.data,
    )


def _reply_page(work: Work, form: ReplyForm, letter: Engagement, dispatch_id: int) -> str:
    row = reads.copy(work, letter.id, dispatch_id)
    known = reads.possible_replies(work, dispatch_id)
    form.linked.choices = [
        ("", "Not logged yet: log it now"),
        *((found[0], f"{found[3].short()} · {found[2] or found[1]}") for found in known),
    ]
    return render_template(
        "crm/letters/reply.html", form=form, letter=letter, row=row, is_ours=reads.is_ours(work, letter.id)
    )
