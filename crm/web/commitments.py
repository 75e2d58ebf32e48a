"""Pages of commitments: offers, requests, undertakings and deliveries, by direction and lateness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, Several
from crm.http import read, undoable, write
from crm.models import Commitment
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES, DELIVERY_STATES, DIRECTIONS
from crm.queries import commitments as reads
from crm.queries import followups
from crm.queries import topics as topic_reads
from crm.services import commitments, engagements, members, organisations
from crm.services.permissions import WRITE, authorise
from crm.web.filters import tools
from crm.web.forms.commitments import CommitmentForm
from crm.web.narrowing import MEMBER, ORGANISATION, TOPIC, Arguments, Listing, Part, chips
from crm.web.parsing import ID, number, optional_when, owner_asked, page_number, version_seen, words, year_asked
from crm.web.sorting import heads, sort_asked
from crm.work import Work

bp = Blueprint("commitments", __name__, url_prefix="/commitments")

PER_PAGE = 50
DEFAULT_SORT = "due"
ON_THE_BOARD = 300
#: What is listed under each tab.
SHOWN = {
    "running": ("Running", tuple(reads.LATENESS)),
    "late": ("Late", ("late",)),
    "delivered": ("Deliveries", ("delivered",)),
    "closed": ("Closed", ("closed",)),
}
#: States offered in one click beside those in the menu.
FIRST_STATES = ("accepted", "declined", "met")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The list under one tab, or the board of what is running."""
    wanted, kept = filter_of(work)
    show = _tab()
    is_board = request.args.get("view") == "board" and show in ("running", "late")
    page = 1 if is_board else page_number()
    limit = ON_THE_BOARD if is_board else PER_PAGE
    narrowed = replace(wanted, buckets=SHOWN[show][1])
    rows, more = reads.commitments(work, narrowed, limit=limit, offset=(page - 1) * limit)
    found = reads.numbers(work, wanted)
    return render_template(
        "crm/commitments/board.html" if is_board else "crm/commitments/index.html",
        rows=rows,
        more=more,
        page=page,
        per_page=PER_PAGE,
        show=show,
        tabs={key: label for key, (label, _) in SHOWN.items()},
        numbers={
            key: sum(number for (_, bucket), number in found.items() if bucket in buckets)
            for key, (_, buckets) in SHOWN.items()
        },
        any_at_all=bool(found),
        kept=kept,
        wanted=wanted,
        directions=DIRECTIONS,
        kinds=COMMITMENT_KINDS,
        columns=reads.LATENESS,
        limit=limit,
        states=COMMITMENT_STATES,
        **tools(work, "commitments"),
        heads=heads("crm.commitments.index", {"show": show, **kept}, reads.SORTS, wanted.sort, DEFAULT_SORT),
        chips=chips(work, "crm.commitments.index", [*PARTS, Part("q", "Words")], {"show": show, **kept}),
    )


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """The form, filled with where the link to it came from: an engagement, a body, a topic, or what is fulfilled."""
    authorise(work, WRITE)
    return _page(work, CommitmentForm(data=_beginning(work)))


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Records a commitment."""
    form = CommitmentForm(request.form)
    _offer(work, form)
    if form.validate():
        with form.saving(work):
            made_in = number(form.engagement.data)
            values = _said(work, form)
            commitment = commitments.make(
                work,
                engagement=engagements.get(work, made_in) if made_in is not None else None,
                submission=form.submission.data,
                **values,
            )
    if not form.saved:
        return _page(work, form), 422
    undoable(work, f"{COMMITMENT_KINDS[commitment.kind]} recorded.")
    return redirect(url_for("crm.commitments.show", id=commitment.id), 303)


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One commitment: its words, what became of it, what was delivered, and how its state came to be."""
    record = commitments.get(work, id)
    row = reads.commitment(work, id)
    labels = DELIVERY_STATES if row.kind == "delivery" else COMMITMENT_STATES
    return render_template(
        "crm/commitments/show.html",
        record=record,
        row=row,
        standing=reads.standing(work, id),
        deliveries=reads.deliveries_of(work, id),
        fulfils=reads.fulfils(work, id),
        fulfilled_by=reads.fulfilled_by(work, id),
        history=reads.history(work, id),
        follow_ups=followups.follow_ups(work, followups.Filter(tab="", commitment_id=id))[0],
        first_states=[(key, label) for key, label in labels.items() if key in FIRST_STATES and key != row.state],
        more_states=[(key, label) for key, label in labels.items() if key not in FIRST_STATES and key != row.state],
    )


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    record = commitments.get(work, id)
    authorise(work, WRITE, record)
    return _page(work, CommitmentForm(data=CommitmentForm.stored(record)), record)


@bp.post(f"/{ID}")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Saves the form."""
    record = commitments.get(work, id)
    form = CommitmentForm(request.form)
    _offer(work, form, record)
    if form.validate():
        with form.saving(
            work,
            stored=lambda: CommitmentForm.stored(commitments.get(work, id)),
            take_out=lambda: commitments.restore(work, id),
            once=("commitment", id),
        ):
            commitments.amend(work, id, version=form.opened_version, **_said(work, form, record))
    if not form.saved:
        return _page(work, form, commitments.get(work, id)), form.refusal
    undoable(work, "Saved.")
    return redirect(url_for("crm.commitments.show", id=id), 303)


@bp.post(f"/{ID}/state")
@write
def move(work: Work, id: int) -> ResponseReturnValue:
    """Moves it to another state, in one click."""
    state = request.form.get("state") or request.args.get("state", "")
    try:
        moved = commitments.move(work, id, state, was=request.form.get("was", ""), version=version_seen())
    except Invalid as problem:
        if problem.field != "was":
            raise
        work.rollback()
        flash(problem.reason, "error")
    else:
        undoable(work, f"It is now {moved.state_label.lower()}.")
    return redirect(url_for("crm.commitments.show", id=id), 303)


@bp.post(f"/{ID}/bin")
@write
def bin(work: Work, id: int) -> ResponseReturnValue:
    """Puts it into the bin."""
    commitments.bin(work, id)
    undoable(work, "The commitment is in the bin.")
    return redirect(url_for("crm.commitments.index"), 303)


@bp.post(f"/{ID}/restore")
@write
def restore(work: Work, id: int) -> ResponseReturnValue:
    """Takes it out of the bin."""
    commitments.restore(work, id)
    undoable(work, "The commitment is out of the bin again.")
    return redirect(url_for("crm.commitments.show", id=id), 303)


def filter_of(work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The filter in the address but for the tab, and the arguments to keep in links from the page."""
    direction, kind = request.args.get("direction", ""), request.args.get("kind", "")
    state = request.args.get("state", "")
    is_mine = request.args.get("whose") == "mine"
    body, topic = number(request.args.get("organisation")), number(request.args.get("topic"))
    wanted = reads.Filter(
        directions=(direction,) if direction in DIRECTIONS else (),
        kinds=(kind,) if kind in COMMITMENT_KINDS else (),
        states=(state,) if state in COMMITMENT_STATES else (),
        owner_id=work.member_id if is_mine else owner_asked(work),
        organisation_ids=(body,) if body is not None else (),
        topic_id=topic,
        text=words(),
        year=year_asked(),
        sort=sort_asked(reads.SORTS, DEFAULT_SORT),
    )
    kept = {
        "direction": direction if wanted.directions else None,
        "kind": kind if wanted.kinds else None,
        "state": state if wanted.states else None,
        "owner": wanted.owner_id,
        "organisation": body,
        "topic": topic,
        "year": wanted.year,
        "q": wanted.text or None,
        "sort": wanted.sort or None,
        "view": "board" if request.args.get("view") == "board" else None,
    }
    return wanted, kept


def listed_of(work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The same with the tab of the list."""
    wanted, kept = filter_of(work)
    show = _tab()
    return replace(wanted, buckets=SHOWN[show][1]), {"show": show, **kept}


def _tab() -> str:
    show = request.args.get("show", "running")
    return show if show in SHOWN else "running"


def _state_words(arguments: Arguments) -> Mapping[str, str]:
    """Under the tab of deliveries, which are delivered and not met, as its rows say."""
    return {**COMMITMENT_STATES, **DELIVERY_STATES} if arguments.get("show") == "delivered" else COMMITMENT_STATES


PARTS = (
    Part("direction", "Direction", DIRECTIONS),
    Part("kind", "Kind", COMMITMENT_KINDS),
    Part("state", "State", worded=_state_words),
    Part("owner", "Who sees to it", record=MEMBER),
    Part("topic", "Topic", record=TOPIC),
    Part("organisation", "By or to", record=ORGANISATION),
    Part("year", "Due in", by_value=True),
)
LISTING = Listing("crm.commitments.index", "Commitments", PARTS, listed_of, reads.facets_of)


def _beginning(work: Work) -> dict[str, Any]:
    """What the link to the empty form says already."""
    values: dict[str, Any] = {"owner_id": work.member_id, "topic_id": number(request.args.get("topic"))}
    kind = request.args.get("kind", "")
    if kind in COMMITMENT_KINDS:
        values["kind"] = kind
    fulfilled = number(request.args.get("fulfils"))
    if fulfilled is not None:
        promise = commitments.get(work, fulfilled)
        values |= CommitmentForm.stored(promise)
        values |= {"kind": "delivery", "fulfils_id": fulfilled, "state": "met", "when": "today", "due": ""}
        values |= {"wording": "", "condition": "", "evidence": "", "evidence_url": "", "owner_id": work.member_id}
        values.pop("version")
    made_in = number(request.args.get("engagement"))
    if made_in is not None:
        engagement = engagements.get(work, made_in)
        authorise(work, WRITE, engagement)
        counterparts = [one.organisation for one in engagement.participations if one.side == "counterpart"]
        values["engagement"] = str(made_in)
        values["when"] = engagement.when_text if engagement.first_day <= work.today() else "today"
        if len(counterparts) == 1:
            values["made_to"] = f"{counterparts[0].name} [#{counterparts[0].id}]"
        if len(engagement.topic_links) == 1:
            values["topic_id"] = engagement.topic_links[0].topic_id
    body = number(request.args.get("organisation"))
    if body is not None:
        values["made_to"] = f"{organisations.get(work, body).name} [#{body}]"
    return values


def _said(work: Work, form: CommitmentForm, record: Commitment | None = None) -> dict[str, Any]:
    """Arguments of the verb; everything that cannot be read is said at once."""
    problems: list[Invalid] = []

    def understood(make: Any) -> Any:
        try:
            return make()
        except (Invalid, Several) as error:
            problems.extend(error.problems if isinstance(error, Several) else [error])
        return None

    by = understood(lambda: organisations.resolve(work, [form.made_by.data or ""], field="made_by", may_create=True))
    lines = (form.made_to.data or "").splitlines()
    to = understood(lambda: organisations.resolve(work, lines, field="made_to", may_create=True))
    if by is not None and not by:
        problems.append(Invalid("made_by", "Say who made it."))
    when = understood(
        lambda: optional_when(work, "when", form.when.data, past=True, kept=record.when if record else None)
    )
    due = understood(lambda: optional_when(work, "due", form.due.data, past=False, kept=record.due if record else None))
    if problems:
        raise Several(problems)
    values = form.plain_values()
    if when is not None:
        values["when"] = when
    return {**values, "made_by_id": by[0].id, "made_to_ids": [body.id for body in to], "due": due}


def _offer(work: Work, form: CommitmentForm, record: Commitment | None = None) -> None:
    """Fills the lists to choose from; what is stored stays among them."""
    owners: list[tuple[Any, str]] = [("", "Nobody")]
    owners += [(one.id, one.name) for one in members.everybody(work) if one.is_active or one.id == form.owner_id.data]
    topics: list[tuple[Any, str]] = [("", "None"), *topic_reads.choices(work)]
    promises: list[tuple[Any, str]] = [("", "Nothing recorded")]
    promises += reads.promises(work, but=record.id if record is not None else None)
    if record is not None:
        _keep(topics, record.topic_id, "Topic in the bin")
        _keep(promises, record.fulfils_id, "Commitment")
    form.owner_id.choices, form.topic_id.choices, form.fulfils_id.choices = owners, topics, promises


def _keep(offered: list[tuple[Any, str]], stored: int | None, label: str) -> None:
    if stored is not None and stored not in {value for value, _ in offered}:
        offered.append((stored, f"{label} {stored}"))


def _page(work: Work, form: CommitmentForm, record: Commitment | None = None) -> str:
    _offer(work, form, record)
    return render_template("crm/commitments/form.html", form=form, record=record)
