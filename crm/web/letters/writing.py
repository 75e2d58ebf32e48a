"""Writing a letter, and choosing to whom a draft goes."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, Several
from crm.http import read, undoable, write
from crm.models import Engagement
from crm.queries import letters as reads
from crm.queries import lists
from crm.services import engagements, letters, organisations
from crm.services.engagements import lines
from crm.services.permissions import WRITE, authorise
from crm.text import plural
from crm.web.forms.letters import LetterForm, RecipientsForm
from crm.web.letters.blueprint import bp
from crm.web.parsing import ID, number, numbers, optional_when
from crm.work import Work


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """The form, with the list or body that the link to it names."""
    authorise(work, WRITE)
    form = LetterForm()
    form.lists.data = numbers(request.args.getlist("list"))
    body = number(request.args.get("organisation"))
    if body is not None:
        form.recipients.data = f"{organisations.get(work, body).name} [#{body}]"
    return _form_page(work, form)


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Writes it: a draft, or a letter that was sent already."""
    form = LetterForm(request.form)
    if form.validate():
        with form.saving(work):
            letter = letters.write(work, submission=form.submission.data, **_said(work, form))
    if not form.saved:
        return _form_page(work, form), 422
    if letter.status == "sent":
        undoable(work, "The letter is logged as sent; each recipient now has a line of its own.")
    else:
        undoable(work, "The draft is saved. Nothing counts until it is sent.")
    return redirect(url_for("crm.letters.show", id=letter.id), 303)


@bp.get(f"/{ID}/recipients")
@read
def recipients(work: Work, id: int) -> ResponseReturnValue:
    """Who a draft goes to."""
    letter = letters.get(work, id)
    authorise(work, WRITE, letter)
    rows = reads.matrix(work, id)
    form = RecipientsForm()
    form.version.data = str(letter.version)
    form.recipients.data = "\n".join(f"{row.name} [#{row.organisation_id}]" for row in rows)
    return _recipients_page(work, form, letter)


@bp.post(f"/{ID}/recipients")
@write
def choose_recipients(work: Work, id: int) -> ResponseReturnValue:
    """Saves who a draft goes to."""
    form = RecipientsForm(request.form)
    if form.validate():
        with form.saving(
            work,
            stored=lambda: _stored_recipients(work, id),
            take_out=lambda: engagements.restore(work, id),
            once=("letter", id),
        ):
            named = organisations.resolve(work, form.lines(), field="recipients")
            listed = reads.recipients_of_lists(work, form.list_ids())
            wanted = [*(body.id for body in named), *listed]
            letters.choose_recipients(work, id, wanted, version=form.opened_version)
    if not form.saved:
        return _recipients_page(work, form, letters.get(work, id)), form.refusal
    undoable(work, f"The draft goes to {plural(len(reads.matrix(work, id)), 'recipient')}.")
    return redirect(url_for("crm.letters.show", id=id), 303)


def _said(work: Work, form: LetterForm) -> dict[str, Any]:
    """Arguments of the verb; everything that cannot be read is said at once."""
    problems: list[Invalid] = []

    def understood(make: Any) -> Any:
        try:
            return make()
        except (Invalid, Several) as error:
            problems.extend(error.problems if isinstance(error, Several) else [error])
        return None

    named = understood(lambda: organisations.resolve(work, form.lines(), field="recipients")) or []
    actor_lines = (form.actors.data or "").splitlines()
    actors = understood(lambda: organisations.resolve(work, actor_lines, field="actors")) or []
    topic_lines = (form.topics.data or "").splitlines()
    sent = understood(lambda: optional_when(work, "sent", form.sent.data, past=True))
    day = work.today() if sent is None else sent.first
    signed = form.colleagues.data or ""
    values = {
        "organisation_ids": [body.id for body in named],
        "list_ids": form.list_ids(),
        "actors": understood(lambda: lines.our_side(work, actors, signed, day, field="colleagues")) or [],
        "sent": sent,
        "answer_by": understood(lambda: optional_when(work, "answer_by", form.answer_by.data, past=False)),
        "channel": form.channel.data or "",
        "subject": form.subject.data or "",
        "summary": form.summary.data or "",
        "intended_result": form.intended_result.data or "",
        "link": form.link.data or "",
        "topic_ids": understood(lambda: lines.topics(work, topic_lines)) or [],
        "visibility": form.visibility.data or "team",
    }
    if problems:
        raise Several(problems)
    return values


def _stored_recipients(work: Work, id: int) -> dict[str, Any]:
    rows = reads.matrix(work, id)
    return {
        "version": letters.get(work, id).version,
        "recipients": "\n".join(f"{row.name} [#{row.organisation_id}]" for row in rows),
    }


def _form_page(work: Work, form: LetterForm) -> str:
    form.offer_lists(lists.lists(work))
    return render_template("crm/letters/form.html", form=form)


def _recipients_page(work: Work, form: RecipientsForm, letter: Engagement) -> str:
    form.offer_lists(lists.lists(work))
    return render_template("crm/letters/recipients.html", form=form, letter=letter)
