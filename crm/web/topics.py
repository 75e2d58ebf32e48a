"""Pages of topics: the policy files, and what happened on each."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import read, undoable, write
from crm.models.engagements import STATUSES
from crm.models.topics import MILESTONE_KINDS
from crm.queries import commitments, counts, engagements, followups
from crm.queries import topics as reads
from crm.queries.scope import Scope
from crm.services import topics
from crm.web.forms.topics import TopicForm
from crm.web.parsing import ID
from crm.work import Work

bp = Blueprint("topics", __name__, url_prefix="/topics")

RECENT = 10


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Every topic, those below another indented under it."""
    return render_template("crm/topics/index.html", rows=reads.topics(work))


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """An empty form, below the topic that the link to it names."""
    form = _filled(work, TopicForm(request.args))
    return render_template("crm/topics/form.html", form=form, topic=None)


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Opens a topic."""
    form = _filled(work, TopicForm(request.form))
    if form.validate():
        with form.saving(work):
            topic = topics.create(work, submission=form.submission.data, **form.values())
    if not form.saved:
        return render_template("crm/topics/form.html", form=form, topic=None), 422
    undoable(work, f"“{topic.name}” is opened.")
    return redirect(url_for("crm.topics.show", id=topic.id), 303)


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One topic with everything about it and the topics below it."""
    topic = topics.get(work, id)
    branch = reads.branch(work, id)
    counted = Scope(anybody=True, topics=(id,))
    every = Scope(anybody=True, topics=(id,), statuses=tuple(STATUSES))
    return render_template(
        "crm/topics/show.html",
        topic=topic,
        path=reads.path(work, id),
        below=[row for row in reads.topics(work) if row.parent_id == id],
        total=counts.total(work, counted),
        engagements=engagements.listed(work, engagements.Filter(scope=every)).rows[:RECENT],
        milestones=reads.milestones(work, topic_ids=branch, latest_first=True),
        milestone_kinds=MILESTONE_KINDS,
        commitments=commitments.commitments(work, commitments.Filter(topic_id=id))[0],
        follow_ups=followups.follow_ups(work, followups.Filter(topic_id=id))[0],
        today=work.today(),
    )


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    topic = topics.get(work, id)
    form = _filled(work, TopicForm(data=TopicForm.stored(topic)), but=id)
    return render_template("crm/topics/form.html", form=form, topic=topic)


@bp.post(f"/{ID}")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Saves the form."""
    topic = topics.get(work, id)
    form = _filled(work, TopicForm(request.form), but=id)
    if form.validate():
        with form.saving(
            work,
            stored=lambda: TopicForm.stored(topics.get(work, id)),
            take_out=lambda: topics.restore(work, id),
            once=("topic", id),
        ):
            topics.amend(work, id, version=form.opened_version, **form.values())
    if not form.saved:
        return render_template("crm/topics/form.html", form=form, topic=topic), form.refusal
    undoable(work, "Saved.")
    return redirect(url_for("crm.topics.show", id=id), 303)


@bp.post(f"/{ID}/bin")
@write
def bin(work: Work, id: int) -> ResponseReturnValue:
    """Puts a topic into the bin."""
    topic = topics.bin(work, id)
    undoable(work, f"“{topic.name}” is in the bin.")
    return redirect(url_for("crm.topics.index"), 303)


@bp.post(f"/{ID}/restore")
@write
def restore(work: Work, id: int) -> ResponseReturnValue:
    """Takes a topic out of the bin."""
    undoable(work, f"“{topics.restore(work, id).name}” is out of the bin again.")
    return redirect(url_for("crm.topics.show", id=id), 303)


def _filled(work: Work, form: TopicForm, but: int | None = None) -> TopicForm:
    below = set(reads.branch(work, but)) if but is not None else set()
    offered = [(number, label) for number, label in reads.choices(work) if number not in below]
    form.parent_id.choices = [("", "Nothing: it stands at the top"), *offered]
    return form
