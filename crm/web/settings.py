"""Settings that an administrator edits while the product runs."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import current_instance, read, undoable, write
from crm.models import Organisation
from crm.services import instance_settings, organisations
from crm.services.permissions import ADMINISTER, authorise
from crm.web.forms.members import SettingsForm
from crm.work import Work

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The form with what holds now."""
    authorise(work, ADMINISTER)
    known = instance_settings.ours(work)
    form = SettingsForm(
        data={
            "zone": work.zone,
            "ours": _lines([body for body in known if body.is_ours]),
            "clients": _lines([body for body in known if body.is_client]),
        }
    )
    return _page(form)


@bp.post("/")
@write
def update(work: Work) -> ResponseReturnValue:
    """Saves the form."""
    authorise(work, ADMINISTER)
    form = SettingsForm(request.form)
    if form.validate():
        with form.saving(work):
            ours = organisations.resolve(work, (form.ours.data or "").splitlines(), field="ours", may_create=True)
            clients = organisations.resolve(
                work, (form.clients.data or "").splitlines(), field="clients", may_create=True
            )
            instance_settings.amend(
                work,
                zone=(form.zone.data or "").strip(),
                our_ids=[body.id for body in ours],
                client_ids=[body.id for body in clients],
            )
    if not form.saved:
        return _page(form), 422
    undoable(work, "Saved. Counts read it from now on.")
    return redirect(url_for("crm.settings.index"), 303)


def _lines(bodies: list[Organisation]) -> str:
    return "\n".join(f"{body.name} [#{body.id}]" for body in bodies)


def _page(form: SettingsForm) -> str:
    return render_template(
        "crm/settings/index.html",
        form=form,
        organisations_url=url_for("crm.suggest.organisations"),
        plugins=current_instance().plugins.plugins,
    )
