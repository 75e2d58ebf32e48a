"""One letter: its recipients, and how far each copy has come."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, Several
from crm.http import read, undoable, write
from crm.models.letters import CHANNELS, STEPS
from crm.queries import engagements as engagement_reads
from crm.queries import followups
from crm.queries import letters as reads
from crm.services import letters
from crm.text import plural
from crm.web.forms.letters import SendForm
from crm.web.letters.blueprint import bp
from crm.web.parsing import ID, numbers, optional_when
from crm.work import Work

#: Letter keys of the steps, on the page of one letter.
KEYS = {"sent": "s", "delivered": "d", "acknowledged": "a", "replied": "r", "declined": "n"}


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One letter: its recipients and how far each copy has come."""
    return _matrix_page(work, id, SendForm())


@bp.post(f"/{ID}/send")
@write
def send(work: Work, id: int) -> ResponseReturnValue:
    """A draft goes out, to all or to those chosen; from now on its recipients stand."""
    form = SendForm(request.form)
    chosen = numbers(request.form.getlist("ids"))
    if form.validate():
        with form.saving(work, once=("letter", id)):
            letters.send(
                work,
                id,
                optional_when(work, "when", form.when.data, past=True),
                dispatch_ids=chosen or None,
                answer_by=optional_when(work, "answer_by", form.answer_by.data, past=False),
                channel=form.channel.data or "",
                version=form.opened_version,
            )
    if not form.saved:
        return _matrix_page(work, id, form), 422
    summary = reads.summarise(row.state for row in reads.matrix(work, id))
    undoable(work, f"Sent to {plural(summary.sent, 'recipient')}. They stand from now on.")
    return redirect(url_for("crm.letters.show", id=id), 303)


@bp.post(f"/{ID}/withdraw")
@write
def withdraw(work: Work, id: int) -> ResponseReturnValue:
    """Takes it back to draft, as if it had not been sent."""
    letters.withdraw(work, id)
    undoable(work, "The letter is a draft again; nothing of it counts.")
    return redirect(url_for("crm.letters.show", id=id), 303)


@bp.post(f"/{ID}/mark")
@write
def mark(work: Work, id: int) -> ResponseReturnValue:
    """Notes one step, with one date, for all recipients chosen."""
    chosen, step = numbers(request.form.getlist("ids")), request.form.get("step", "")
    taken_before = any(step in row.steps for row in reads.matrix(work, id) if row.dispatch_id in chosen)
    problem = _tried(
        work,
        lambda: letters.mark(work, id, chosen, step, optional_when(work, "when", _typed("when"), past=True)),
    )
    if problem:
        return _matrix_page(work, id, SendForm(), problem=problem, chosen=chosen), 422
    text = f"{STEPS[step]}: {plural(len(chosen), 'recipient')}."
    undoable(work, f"{text} Earlier dates of that step were replaced." if taken_before else text)
    return _back(id)


@bp.post(f"/{ID}/clear")
@write
def clear(work: Work, id: int) -> ResponseReturnValue:
    """Takes a step back for all recipients chosen."""
    chosen = numbers(request.form.getlist("ids") or request.args.getlist("ids"))
    step = request.form.get("undo_step") or request.args.get("step", "")
    problem = _tried(work, lambda: letters.clear(work, id, chosen, step))
    if problem:
        return _matrix_page(work, id, SendForm(), problem=problem, chosen=chosen), 422
    undoable(work, f"“{STEPS[step]}” is taken back for {plural(len(chosen), 'recipient')}.")
    return _back(id)


@bp.post(f"/{ID}/arrange")
@write
def arrange(work: Work, id: int) -> ResponseReturnValue:
    """Sets channel, answer-by or a note for all recipients chosen; what is left empty stays."""
    chosen = numbers(request.form.getlist("ids"))
    is_dropped, note = request.form.get("no_answer_by") == "1", _typed("note")
    noted = any(row.note not in ("", note) for row in reads.matrix(work, id) if row.dispatch_id in chosen)
    problem = _tried(
        work,
        lambda: letters.arrange(
            work,
            id,
            chosen,
            channel=_typed("channel") or None,
            answer_by=None if is_dropped else optional_when(work, "answer_by", _typed("answer_by"), past=False),
            no_answer_by=is_dropped,
            note=note or None,
        ),
    )
    if problem:
        return _matrix_page(work, id, SendForm(), problem=problem, chosen=chosen), 422
    text = f"Set for {plural(len(chosen), 'recipient')}."
    undoable(work, f"{text} Earlier notes were replaced." if note and noted else text)
    return _back(id)


@bp.post(f"/{ID}/remind")
@write
def remind(work: Work, id: int) -> ResponseReturnValue:
    """Makes follow-ups to chase those whose answer is missing."""
    problem = _tried(
        work,
        lambda: letters.remind(
            work,
            id,
            due=optional_when(work, "due", _typed("due"), past=False),
            each=_typed("each") == "1",
            dispatch_ids=numbers(request.form.getlist("ids")) or None,
            submission=_typed("submission") or None,
        ),
    )
    if problem:
        return _matrix_page(work, id, SendForm(), problem=problem), 422
    undoable(work, "The follow-up stands on your list and in your calendar.")
    return redirect(url_for("crm.letters.show", id=id, _anchor="follow-ups"), 303)


def _tried(work: Work, act: Any) -> str:
    """What is wrong with an act on the matrix, empty if it is done."""
    try:
        act()
    except (Invalid, Several) as error:
        work.rollback()
        problems = error.problems if isinstance(error, Several) else [error]
        return " ".join(problem.reason for problem in problems)
    return ""


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()


def _shown() -> str | None:
    """The state by which the matrix is filtered, to come back to."""
    state = request.form.get("state") or request.args.get("state", "")
    return state if state in reads.STATE_LABELS else None


def _back(id: int) -> ResponseReturnValue:
    return redirect(url_for("crm.letters.show", id=id, state=_shown()), 303)


def _matrix_page(
    work: Work, id: int, send_form: SendForm, *, problem: str = "", chosen: list[int] | None = None
) -> str:
    letter = letters.get(work, id)
    every = reads.matrix(work, id)
    state = _shown() or ""
    if not send_form.version.data:
        send_form.version.data = str(letter.version)
    return render_template(
        "crm/letters/show.html",
        letter=letter,
        sheet=engagement_reads.sheet(work, id),
        every=every,
        rows=[row for row in every if not state or row.state == state],
        state=state,
        states=reads.STATE_LABELS,
        summary=reads.summarise(row.state for row in every),
        steps={key: label for key, label in STEPS.items() if key != "prepared"},
        keys=KEYS,
        channels=CHANNELS,
        send_form=send_form,
        follow_ups=followups.follow_ups(work, followups.Filter(tab="", engagement_id=id))[0],
        problem=problem,
        chosen=set(chosen or ()),
        may_write=work.member is not None and work.member.may_write,
        today=work.today(),
    )
