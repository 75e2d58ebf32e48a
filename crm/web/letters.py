"""Pages of letters: one letter to many, and the matrix in which each copy is followed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, Several
from crm.http import read, undoable, write
from crm.models import Engagement
from crm.models.engagements import STATUSES, VISIBILITIES
from crm.models.letters import CHANNELS, STEPS
from crm.queries import followups, lists
from crm.queries import letters as reads
from crm.services import engagements, letters, organisations, people
from crm.services.engagements import lines
from crm.services.permissions import WRITE, authorise
from crm.text import plural
from crm.web.filters import tools
from crm.web.forms.letters import LetterForm, RecipientsForm, ReplyForm, SendForm
from crm.web.narrowing import MEMBER, ORGANISATION, TOPIC, Listing, Part, chips
from crm.web.parsing import ID, number, numbers, optional_when, owner_asked, page_number, words, year_asked
from crm.web.sorting import heads, sort_asked
from crm.work import Work

bp = Blueprint("letters", __name__, url_prefix="/letters")

PER_PAGE = 50
DEFAULT_SORT = "-when"
#: Letter keys of the steps, on the page of one letter.
KEYS = {"sent": "s", "delivered": "d", "acknowledged": "a", "replied": "r", "declined": "n"}


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Letters of ours, by how far they have come."""
    wanted, kept = filter_of(work)
    page = page_number()
    rows, more = reads.letters(work, wanted, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    return render_template(
        "crm/letters/index.html",
        rows=rows,
        more=more,
        page=page,
        per_page=PER_PAGE,
        wanted=wanted,
        kept=kept,
        tabs=reads.TABS,
        numbers=reads.tab_counts(work, wanted),
        heads=heads("crm.letters.index", kept, reads.SORTS, wanted.sort, DEFAULT_SORT),
        chips=chips(work, "crm.letters.index", [*PARTS, Part("q", "Words")], kept),
        visibilities=VISIBILITIES,
        **tools(work, "letters"),
        today=work.today(),
    )


def filter_of(work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The filter in the address, and what of it to keep in links; what cannot be read filters nothing."""
    tab, status = request.args.get("show", "all"), request.args.get("status", "")
    wanted = reads.Filter(
        tab=tab if tab in reads.TABS else "all",
        text=words(),
        status=status if status in reads.LETTER_STATUSES else "",
        year=year_asked(),
        owner_id=owner_asked(work),
        topic_id=number(request.args.get("topic")),
        organisation_id=number(request.args.get("organisation")),
        sort=sort_asked(reads.SORTS, DEFAULT_SORT),
    )
    said = {
        "show": "" if wanted.tab == "all" else wanted.tab,
        "q": wanted.text,
        "status": wanted.status,
        "year": wanted.year,
        "owner": wanted.owner_id,
        "topic": wanted.topic_id,
        "organisation": wanted.organisation_id,
        "sort": wanted.sort,
    }
    return wanted, {name: value for name, value in said.items() if value not in ("", None)}


PARTS = (
    Part("status", "Status", {status: STATUSES[status] for status in reads.LETTER_STATUSES}),
    Part("year", "Year", by_value=True),
    Part("owner", "Responsible", record=MEMBER),
    Part("topic", "Topic", record=TOPIC),
    Part("organisation", "Written to", record=ORGANISATION),
)
LISTING = Listing("crm.letters.index", "Letters", PARTS, filter_of, reads.facets_of)


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


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One letter: its recipients and how far each copy has come."""
    return _matrix_page(work, id, SendForm())


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
    values = {
        "organisation_ids": [body.id for body in named],
        "list_ids": form.list_ids(),
        "actor_ids": [actor.id for actor in actors],
        "sent": understood(lambda: optional_when(work, "sent", form.sent.data, past=True)),
        "answer_by": understood(lambda: optional_when(work, "answer_by", form.answer_by.data, past=False)),
        "channel": form.channel.data or "",
        "subject": form.subject.data or "",
        "summary": form.summary.data or "",
        "intended_result": form.intended_result.data or "",
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


def _form_page(work: Work, form: LetterForm) -> str:
    form.offer_lists(lists.lists(work))
    return render_template("crm/letters/form.html", form=form)


def _recipients_page(work: Work, form: RecipientsForm, letter: Engagement) -> str:
    form.offer_lists(lists.lists(work))
    return render_template("crm/letters/recipients.html", form=form, letter=letter)


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


def _reply_page(work: Work, form: ReplyForm, letter: Engagement, dispatch_id: int) -> str:
    row = reads.copy(work, letter.id, dispatch_id)
    known = reads.possible_replies(work, dispatch_id)
    form.linked.choices = [
        ("", "Not logged yet: log it now"),
        *((found[0], f"{found[3].short()} · {found[2] or found[1]}") for found in known),
    ]
    return render_template("crm/letters/reply.html", form=form, letter=letter, row=row)
