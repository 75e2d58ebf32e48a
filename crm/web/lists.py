"""Pages of saved lists of organisations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import read, undoable, write
from crm.queries import kinds
from crm.queries import lists as reads
from crm.services import lists, organisations
from crm.web.forms.lists import ListForm
from crm.web.parsing import ID
from crm.work import Work

bp = Blueprint("lists", __name__, url_prefix="/lists")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Every saved list."""
    return render_template("crm/lists/index.html", rows=reads.lists(work, text=request.args.get("q", "")))


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """An empty form."""
    return _page(ListForm(request.args))


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Saves a new list."""
    form = ListForm(request.form)
    if form.validate():
        with form.saving(work):
            chosen = organisations.resolve(work, form.lines(), field="organisations")
            saved = lists.create(
                work,
                name=form.name.data or "",
                organisation_ids=[body.id for body in chosen],
                submission=form.submission.data,
            )
    if not form.saved:
        return _page(form), 422
    undoable(work, f"“{saved.name}” is saved.")
    return redirect(url_for("crm.lists.show", id=saved.id), 303)


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """Who is on the list."""
    saved = lists.get(work, id)
    return render_template("crm/lists/show.html", saved=saved, rows=reads.entries(work, id), kind_label=kinds.label)


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    return _page(ListForm(data=_stored(work, id)), id)


@bp.post(f"/{ID}")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Saves the form."""
    form = ListForm(request.form)
    if form.validate():
        with form.saving(work, stored=lambda: _stored(work, id), once=("list", id)):
            chosen = organisations.resolve(work, form.lines(), field="organisations")
            lists.amend(
                work,
                id,
                name=form.name.data or "",
                organisation_ids=[body.id for body in chosen],
                version=form.opened_version,
            )
    if not form.saved:
        return _page(form, id), form.refusal
    undoable(work, "Saved. Letters written to this list keep the recipients they have.")
    return redirect(url_for("crm.lists.show", id=id), 303)


@bp.post(f"/{ID}/delete")
@write
def delete(work: Work, id: int) -> ResponseReturnValue:
    """Deletes a list; its organisations stay."""
    name = lists.get(work, id).name
    lists.delete(work, id)
    undoable(work, f"The list “{name}” is in the bin; its organisations stay.")
    return redirect(url_for("crm.lists.index"), 303)


def _stored(work: Work, id: int) -> Mapping[str, Any]:
    saved = lists.get(work, id)
    rows = reads.entries(work, id)
    lines = "\n".join(f"{row.name} [#{row.organisation_id}]" for row in rows)
    return {"version": saved.version, "name": saved.name, "organisations": lines}


def _page(form: ListForm, id: int | None = None) -> str:
    return render_template(
        "crm/lists/form.html", form=form, list_id=id, organisations_url=url_for("crm.suggest.organisations")
    )
