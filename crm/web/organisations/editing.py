"""The form of an organisation, the bin, and the saved lists it stands on."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid
from crm.http import read, undoable, write
from crm.models import Organisation
from crm.queries import lists as list_reads
from crm.queries import organisations as reads
from crm.services import lists, members, organisations
from crm.services.permissions import WRITE, authorise
from crm.web.forms.organisations import (
    AmendOrganisationForm,
    ListForm,
    NewOrganisationForm,
    OrganisationForm,
    country_choices,
    kind_choices,
)
from crm.web.organisations.blueprint import bp
from crm.web.parsing import ID
from crm.work import Work

F = TypeVar("F", bound=OrganisationForm)


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """An empty form; ``name``, ``kind``, ``country`` and ``parent`` in the address fill in fields."""
    authorise(work, WRITE)
    return _page(work, _filled(work, NewOrganisationForm(request.args)))


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Adds a body."""
    form = _filled(work, NewOrganisationForm(request.form))
    if form.validate():
        with form.saving(work):
            above = organisations.resolve(work, [form.parent.data or ""], field="parent")
            made = organisations.create(
                work,
                parent_id=above[0].id if above else None,
                may_share_name=form.may_share_name.data,
                submission=form.submission.data,
                **form.values(),
                **form.days(work.today()),
            )
    if not form.saved:
        return _page(work, form), 422
    undoable(work, f"{made.name} is added.")
    return redirect(url_for("crm.organisations.show", id=made.id), 303)


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    organisation = organisations.get(work, id)
    authorise(work, WRITE, organisation)
    form = AmendOrganisationForm(data=AmendOrganisationForm.stored(organisation))
    return _page(work, _filled(work, form, organisation), organisation)


@bp.post(f"/{ID}")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Saves the form."""
    organisation = organisations.get(work, id)
    form = _filled(work, AmendOrganisationForm(request.form), organisation)
    if form.validate():
        with form.saving(
            work,
            stored=lambda: AmendOrganisationForm.stored(organisations.get(work, id)),
            take_out=lambda: organisations.restore(work, id),
            once=("organisation", id),
        ):
            organisations.amend(
                work,
                id,
                version=form.opened_version,
                keeps_name=form.keeps_name.data,
                **form.values(),
                **_days(organisation, form, work.today()),
            )
    if not form.saved:
        return _page(work, form, organisation), form.refusal
    undoable(work, "Saved.")
    return redirect(url_for("crm.organisations.show", id=id), 303)


@bp.post(f"/{ID}/bin")
@write
def bin(work: Work, id: int) -> ResponseReturnValue:
    """Puts a body entered by mistake into the bin."""
    organisation = organisations.bin(work, id)
    undoable(work, f"{organisation.name} is in the bin.")
    return redirect(url_for("crm.organisations.index"), 303)


@bp.post(f"/{ID}/restore")
@write
def restore(work: Work, id: int) -> ResponseReturnValue:
    """Takes a body out of the bin."""
    undoable(work, f"{organisations.restore(work, id).name} is out of the bin again.")
    return redirect(url_for("crm.organisations.show", id=id), 303)


@bp.get(f"/{ID}/lists")
@read
def on_lists(work: Work, id: int) -> ResponseReturnValue:
    """The saved lists that a body stands on, and those it could."""
    organisation = organisations.get(work, id)
    authorise(work, WRITE, organisation)
    return _lists_page(work, organisation, ListForm())


@bp.post(f"/{ID}/lists")
@write
def put_on_list(work: Work, id: int) -> ResponseReturnValue:
    """Puts a body on a list."""
    organisation = organisations.get(work, id)
    authorise(work, WRITE, organisation)
    form = ListForm(request.form)
    form.list_id.choices = _other_lists(work, id)
    if form.validate():
        with form.saving(work, once=("organisation", id)):
            if form.list_id.data is None:
                raise Invalid("list", "Choose a list.")
            saved = lists.get(work, form.list_id.data)
            lists.amend(work, saved.id, organisation_ids=[*(entry.organisation_id for entry in saved.entries), id])
    if not form.saved:
        return _lists_page(work, organisation, form), 422
    undoable(work, f"{organisation.label} is on the list “{saved.name}”.")
    return redirect(url_for("crm.organisations.on_lists", id=id), 303)


@bp.post(f"/{ID}/lists/<int(max=2147483647):organisation_list_id>/remove")
@write
def take_off_list(work: Work, id: int, organisation_list_id: int) -> ResponseReturnValue:
    """Takes a body off a list; letters written to the list keep their recipients."""
    saved = lists.get(work, organisation_list_id)
    kept = [entry.organisation_id for entry in saved.entries if entry.organisation_id != id]
    lists.amend(work, saved.id, organisation_ids=kept)
    undoable(work, f"It is off the list “{saved.name}”.")
    return redirect(url_for("crm.organisations.on_lists", id=id), 303)


def _days(organisation: Organisation, form: AmendOrganisationForm, today: dt.date) -> dict[str, Any]:
    """The days of the form; what was not touched stays as it is, and “yesterday” means the day it was typed."""
    found: dict[str, Any] = form.days(today)
    stored = AmendOrganisationForm.stored(organisation)
    for name in ("founded", "closed"):
        if (form[name].data or "").strip() == stored[name]:
            found[name] = getattr(organisation, name)
    return found


def _filled(work: Work, form: F, organisation: Organisation | None = None) -> F:
    offered = [(member.id, member.name) for member in members.everybody(work) if member.is_active]
    form.owner_id.choices = [("", "Nobody in particular"), *offered]
    owner = organisation.owner_id if organisation is not None else None
    if owner is not None and owner not in dict(offered):
        form.owner_id.choices.append((owner, members.get(work, owner).name))
    form.kind.choices = kind_choices(organisation.kind if organisation is not None else "")
    form.country.choices = country_choices()
    return form


def _page(work: Work, form: OrganisationForm, organisation: Organisation | None = None) -> str:
    return render_template(
        "crm/organisations/form.html",
        form=form,
        organisation=organisation,
        organisations_url=url_for("crm.suggest.organisations"),
    )


def _other_lists(work: Work, organisation_id: int) -> list[tuple[Any, str]]:
    on = {row.id for row in reads.lists_of(work, organisation_id)}
    return [("", "Choose a list"), *((row.id, row.name) for row in list_reads.lists(work) if row.id not in on)]


def _lists_page(work: Work, organisation: Organisation, form: ListForm) -> str:
    form.list_id.choices = _other_lists(work, organisation.id)
    return render_template(
        "crm/organisations/lists.html",
        organisation=organisation,
        rows=reads.lists_of(work, organisation.id),
        form=form,
    )
