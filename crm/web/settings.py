"""Settings that an administrator edits while the product runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    values = _stored(work)
    return _page(SettingsForm(data=values), values)


@bp.post("/")
@write
def update(work: Work) -> ResponseReturnValue:
    """Saves the form."""
    authorise(work, ADMINISTER)
    form = SettingsForm(request.form)
    if form.validate():
        with form.saving(work, stored=lambda: _stored(work), before=_before(), once=("settings", 0)):
            ours = organisations.resolve(work, (form.ours.data or "").splitlines(), field="ours", may_create=True)
            clients = organisations.resolve(
                work, (form.clients.data or "").splitlines(), field="clients", may_create=True
            )
            instance_settings.amend(
                work,
                zone=(form.zone.data or "").strip(),
                our_ids=[body.id for body in ours],
                client_ids=[body.id for body in clients],
                opened=form.opened_version,
            )
    if not form.saved:
        return _page(form, _stored(work) if form.conflict else _before()), form.refusal
    undoable(work, "Saved. Counts read it from now on.")
    return redirect(url_for("crm.settings.index"), 303)


def _stored(work: Work) -> dict[str, Any]:
    known = instance_settings.ours(work)
    return {
        "version": instance_settings.version(work),
        "zone": work.zone,
        "ours": _lines([body for body in known if body.is_ours]),
        "clients": _lines([body for body in known if body.is_client]),
    }


def _before() -> dict[str, str]:
    """The settings as they stood when the form was opened, which it brings along."""
    return {name: request.form.get(f"before:{name}", "") for name in ("zone", "ours", "clients")}


def _lines(bodies: list[Organisation]) -> str:
    return "\n".join(f"{body.name} [#{body.id}]" for body in bodies)


def _page(form: SettingsForm, before: Mapping[str, Any]) -> str:
    return render_template(
        "crm/settings/index.html",
        form=form,
        before={name: before[name] for name in ("zone", "ours", "clients")},
        organisations_url=url_for("crm.suggest.organisations"),
        plugins=current_instance().plugins.plugins,
    )
