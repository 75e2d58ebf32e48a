"""Pages of milestones: decisions, votes, publications and deadlines on the files we follow."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import read, undoable, write
from crm.models.topics import MILESTONE_KINDS
from crm.queries import milestones as reads
from crm.queries import topics as topic_reads
from crm.services import calendar, organisations, topics
from crm.web.filters import tools
from crm.web.forms.topics import MilestoneForm
from crm.web.narrowing import ORGANISATION, TOPIC, Listing, Part, chips
from crm.web.parsing import ID, number, page_number, words, year_asked
from crm.web.sorting import heads, sort_asked
from crm.work import Work

PER_PAGE = 50

bp = Blueprint("milestones", __name__, url_prefix="/milestones")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """What is ahead, or what has been."""
    wanted, kept = filter_of(work)
    page = page_number()
    rows, more = reads.milestones(work, wanted, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    return render_template(
        "crm/topics/milestones.html",
        rows=rows,
        more=more,
        page=page,
        per_page=PER_PAGE,
        wanted=wanted,
        kept=kept,
        tabs=reads.TABS,
        numbers=reads.tab_counts(work, wanted),
        heads=heads("crm.milestones.index", kept, reads.SORTS, wanted.sort, default_sort(wanted.tab)),
        chips=chips(work, "crm.milestones.index", [*PARTS, Part("q", "Words")], kept),
        kinds=MILESTONE_KINDS,
        **tools(work, "milestones"),
    )


def default_sort(tab: str) -> str:
    """What comes next, or what was last."""
    return "-when" if tab == "past" else "when"


def filter_of(_work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The filter in the address, and what of it to keep in links; what cannot be read filters nothing."""
    tab, kind = request.args.get("show", "ahead"), request.args.get("kind", "")
    wanted = reads.Filter(
        tab=tab if tab in reads.TABS else "ahead",
        kind=kind if kind in MILESTONE_KINDS else "",
        topic_id=number(request.args.get("topic")),
        organisation_id=number(request.args.get("organisation")),
        year=year_asked(),
        text=words(),
        sort=sort_asked(reads.SORTS, default_sort(tab)),
    )
    said = {
        "show": "" if wanted.tab == "ahead" else wanted.tab,
        "kind": wanted.kind,
        "topic": wanted.topic_id,
        "organisation": wanted.organisation_id,
        "year": wanted.year,
        "q": wanted.text,
        "sort": wanted.sort,
    }
    return wanted, {name: value for name, value in said.items() if value not in ("", None)}


PARTS = (
    Part("kind", "Kind", MILESTONE_KINDS),
    Part("topic", "Topic", record=TOPIC),
    Part("organisation", "Body", record=ORGANISATION),
    Part("year", "Year", by_value=True),
)
LISTING = Listing("crm.milestones.index", "Milestones", PARTS, filter_of, reads.facets_of)


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """An empty form, on the topic that the link to it names."""
    return _page(_filled(work, MilestoneForm(request.args)))


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Records a milestone."""
    form = _filled(work, MilestoneForm(request.form))
    if form.validate():
        with form.saving(work):
            milestone = topics.add_milestone(work, submission=form.submission.data, **_values(work, form))
    if not form.saved:
        return _page(form), 422
    undoable(work, f"The milestone is recorded; {calendar.place_words(milestone.when)}.")
    return _back(form)


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One milestone with its source."""
    milestone = topics.get_milestone(work, id)
    return render_template("crm/topics/milestone.html", milestone=milestone, kinds=MILESTONE_KINDS)


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    milestone = topics.get_milestone(work, id)
    return _page(_filled(work, MilestoneForm(data=MilestoneForm.stored(milestone))), milestone)


@bp.post(f"/{ID}")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Saves the form."""
    milestone = topics.get_milestone(work, id)
    form = _filled(work, MilestoneForm(request.form))
    if form.validate():
        with form.saving(
            work,
            stored=lambda: MilestoneForm.stored(topics.get_milestone(work, id)),
            take_out=lambda: topics.restore_milestone(work, id),
            once=("milestone", id),
        ):
            values = _values(work, form)
            if form.when.data == milestone.when_text:
                # Words such as “yesterday” meant a day when they were typed; read again they would mean another.
                values["when"] = milestone.when
            topics.amend_milestone(work, id, version=form.opened_version, **values)
    if not form.saved:
        return _page(form, milestone), form.refusal
    undoable(work, "Saved.")
    return redirect(url_for("crm.milestones.show", id=id), 303)


@bp.post(f"/{ID}/bin")
@write
def bin(work: Work, id: int) -> ResponseReturnValue:
    """Puts a milestone into the bin."""
    milestone = topics.bin_milestone(work, id)
    undoable(work, f"“{milestone.title}” is in the bin.")
    return redirect(url_for("crm.milestones.index"), 303)


@bp.post(f"/{ID}/restore")
@write
def restore(work: Work, id: int) -> ResponseReturnValue:
    """Takes a milestone out of the bin."""
    undoable(work, f"“{topics.restore_milestone(work, id).title}” is out of the bin again.")
    return redirect(url_for("crm.milestones.show", id=id), 303)


def _values(work: Work, form: MilestoneForm) -> dict[str, Any]:
    body = organisations.resolve(work, [form.organisation.data or ""], field="organisation")
    when = topics.parse_day_of(form.kind.data, form.when.data or "", today=work.today(), zone=work.zone)
    return {**form.values(), "when": when, "organisation_id": body[0].id if body else None}


def _filled(work: Work, form: MilestoneForm) -> MilestoneForm:
    form.topic_id.choices = [("", "None"), *topic_reads.choices(work)]
    return form


def _page(form: MilestoneForm, milestone: Any = None) -> str:
    return render_template(
        "crm/topics/milestone_form.html",
        form=form,
        milestone=milestone,
        organisations_url=url_for("crm.suggest.organisations"),
    )


def _back(form: MilestoneForm) -> ResponseReturnValue:
    topic_id = form.topic_id.data
    if topic_id is not None:
        return redirect(url_for("crm.topics.show", id=topic_id), 303)
    return redirect(url_for("crm.milestones.index"), 303)
