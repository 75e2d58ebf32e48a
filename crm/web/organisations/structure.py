"""The structure of an organisation: its places in the tree, other names, identifiers, and what followed it.

Each is a small form of its own on one page; a form that is refused comes back on that page with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import read, undoable, write
from crm.http.forms import Form
from crm.models import Organisation
from crm.queries import organisations as reads
from crm.queries import registers
from crm.services import organisations
from crm.services.permissions import WRITE, authorise
from crm.web.forms.organisations import (
    NAME_KINDS,
    SUCCESSION_KINDS,
    IdentifierForm,
    NameForm,
    PlaceDaysForm,
    PlaceForm,
    SuccessionDaysForm,
    SuccessionForm,
    chosen,
    lines,
)
from crm.web.organisations.blueprint import bp
from crm.web.parsing import ID
from crm.work import Work

PART = "<int(max=2147483647):{}_id>"


@bp.get(f"/{ID}/structure")
@read
def structure(work: Work, id: int) -> ResponseReturnValue:
    """The page with its forms."""
    organisation = organisations.get(work, id)
    authorise(work, WRITE, organisation)
    return _page(work, organisation)


@bp.post(f"/{ID}/places")
@write
def place(work: Work, id: int) -> ResponseReturnValue:
    """Says where the body stands in the tree."""
    form = PlaceForm(request.form, prefix="place-")

    def save() -> None:
        above = organisations.resolve(work, [form.parent.data or ""], field="parent")
        organisations.place(
            work,
            id,
            chosen("parent", above),
            beside=form.beside.data,
            version=form.opened_version,
            **form.days(work.today()),
        )

    return _saved(work, id, form, save, "Its place in the tree is saved.", place=form)


@bp.post(f"/{ID}/places/{PART.format('parent')}")
@write
def amend_place(work: Work, id: int, parent_id: int) -> ResponseReturnValue:
    """Corrects the days of a place."""
    form = PlaceDaysForm(request.form, prefix=f"place{parent_id}-")

    def save() -> None:
        organisations.amend_place(work, id, parent_id, version=form.opened_version, **form.days(work.today()))

    return _saved(work, id, form, save, "The days are saved.", places={parent_id: form})


@bp.post(f"/{ID}/places/{PART.format('parent')}/remove")
@write
def unplace(work: Work, id: int, parent_id: int) -> ResponseReturnValue:
    """Removes a place that was never true."""
    organisations.unplace(work, id, parent_id)
    return _done(work, id, "That place is removed.")


@bp.post(f"/{ID}/names")
@write
def add_name(work: Work, id: int) -> ResponseReturnValue:
    """Adds another name."""
    form = NameForm(request.form, prefix="name-")

    def save() -> None:
        organisations.add_name(
            work,
            id,
            form.name.data or "",
            form.kind.data,
            version=form.opened_version,
            **form.days(work.today()),
        )

    return _saved(work, id, form, save, "The name is added; the body is found under it from now on.", name=form)


@bp.post(f"/{ID}/names/{PART.format('name')}/remove")
@write
def remove_name(work: Work, id: int, name_id: int) -> ResponseReturnValue:
    """Takes another name away."""
    organisations.remove_name(work, id, name_id)
    return _done(work, id, "The name is removed.")


@bp.post(f"/{ID}/identifiers")
@write
def identify(work: Work, id: int) -> ResponseReturnValue:
    """Adds a register identifier."""
    form = IdentifierForm(request.form, prefix="identifier-")

    def save() -> None:
        organisations.identify(work, id, form.scheme.data, form.identifier.data or "", version=form.opened_version)

    return _saved(work, id, form, save, "The identifier is added.", identifier=form)


@bp.post(f"/{ID}/identifiers/{PART.format('identifier')}/remove")
@write
def remove_identifier(work: Work, id: int, identifier_id: int) -> ResponseReturnValue:
    """Takes a register identifier away."""
    organisations.remove_identifier(work, id, identifier_id)
    return _done(work, id, "The identifier is removed.")


@bp.post(f"/{ID}/successions")
@write
def succeed(work: Work, id: int) -> ResponseReturnValue:
    """Says what followed the body."""
    form = SuccessionForm(request.form, prefix="succession-")

    def save() -> None:
        after = organisations.resolve(work, lines(form.successors.data, "successor"), field="successor")
        organisations.succeed(
            work,
            id,
            [body.id for body in after],
            kind=form.kind.data,
            version=form.opened_version,
            **form.days(work.today()),
        )

    return _saved(work, id, form, save, "What followed it is saved.", succession=form)


@bp.post(f"/{ID}/successions/{PART.format('succession')}")
@write
def amend_succession(work: Work, id: int, succession_id: int) -> ResponseReturnValue:
    """Corrects a succession, and decides whether the history joins."""
    form = SuccessionDaysForm(request.form, prefix=f"succession{succession_id}-")

    def save() -> None:
        organisations.amend_succession(
            work,
            id,
            succession_id,
            kind=form.kind.data,
            joins_history=form.joins_history.data,
            version=form.opened_version,
            **form.days(work.today()),
        )

    return _saved(work, id, form, save, "The succession is saved.", successions={succession_id: form})


@bp.post(f"/{ID}/successions/{PART.format('succession')}/remove")
@write
def unsucceed(work: Work, id: int, succession_id: int) -> ResponseReturnValue:
    """Removes a succession that was never true."""
    organisations.unsucceed(work, id, succession_id)
    return _done(work, id, "That succession is removed.")


def _saved(work: Work, id: int, form: Form, save: Callable[[], None], said: str, **shown: Any) -> ResponseReturnValue:
    """Runs one small form; refused, it comes back among the others.

    :param shown: the form where the page looks for it
    """
    organisation = organisations.get(work, id)
    authorise(work, WRITE, organisation)
    if form.validate():
        # What stands in the log now is on the page itself.
        with form.saving(
            work, stored=dict, take_out=lambda: organisations.restore(work, id), once=("organisation", id)
        ):
            save()
    if form.saved:
        return _done(work, id, said)
    return _page(work, organisations.get(work, id), **shown), 422


def _done(work: Work, id: int, said: str) -> ResponseReturnValue:
    undoable(work, said)
    return redirect(url_for("crm.organisations.structure", id=id), 303)


def _page(work: Work, organisation: Organisation, **shown: Any) -> str:
    """The page with empty forms, but those in ``shown``."""
    number = organisation.id
    before, after = reads.successions(work, number)
    refused: dict[str, Form] = {name: form for name, form in shown.items() if isinstance(form, Form)}
    places, successions = shown.get("places", {}), shown.get("successions", {})
    forms: dict[str, Form] = {
        "place": PlaceForm(prefix="place-"),
        "name": NameForm(prefix="name-"),
        "identifier": IdentifierForm(prefix="identifier-"),
        "succession": SuccessionForm(prefix="succession-"),
        **refused,
    }
    days_of_places = {
        link.id: places.get(link.id) or PlaceDaysForm(prefix=f"place{link.id}-", data=PlaceDaysForm.stored(link))
        for link in organisation.parents
    }
    days_of_successions = {
        step.id: successions.get(step.id)
        or SuccessionDaysForm(prefix=f"succession{step.id}-", data=SuccessionDaysForm.stored(step))
        for step in after
    }
    for form in (*forms.values(), *days_of_places.values(), *days_of_successions.values()):
        form.version.data = form.version.data or str(organisation.version)
    return render_template(
        "crm/organisations/structure.html",
        organisation=organisation,
        links=reads.links(work, number, work.today()).parents,
        before=before,
        after=after,
        forms=forms,
        days_of_places=days_of_places,
        days_of_successions=days_of_successions,
        name_kinds=NAME_KINDS,
        succession_kinds=SUCCESSION_KINDS,
        register_label=registers.label,
        register_address=registers.address,
        organisations_url=url_for("crm.suggest.organisations"),
    )
