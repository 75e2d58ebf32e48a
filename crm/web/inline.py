"""Single fields edited on a record's page: a small form in its place, or, without JavaScript, on a page of its own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.dates import When
from crm.errors import Invalid, NotFound
from crm.http import read, undoable, write
from crm.services import looking, members, restoring
from crm.services.bin import restore_one
from crm.services.permissions import WRITE, authorise
from crm.web.forms.inline import AHEAD, EDITABLE, MEMBER, NUMBER, PAST, Editable, InlineForm, form_class
from crm.web.parsing import ID, number, optional_when
from crm.work import Work

bp = Blueprint("inline", __name__, url_prefix="/inline")

PAGES = {
    "engagement": "crm.engagements.show",
    "organisation": "crm.organisations.show",
    "person": "crm.people.show",
    "commitment": "crm.commitments.show",
    "follow_up": "crm.follow_ups.show",
    "milestone": "crm.milestones.show",
}


@bp.get(f"/<kind>/{ID}/<field>")
@read
def edit(work: Work, kind: str, id: int, field: str) -> ResponseReturnValue:
    """The form of one field, with what is stored."""
    record, editable = _opened(work, kind, id, field)
    form = _class(work, editable, kind, record)(data=_stored(record, editable))
    form.version.data = str(record.version)
    return _page(form, kind, id, field, editable)


@bp.post(f"/<kind>/{ID}/<field>")
@write
def update(work: Work, kind: str, id: int, field: str) -> ResponseReturnValue:
    """Saves one field; where somebody else changed that field meanwhile, both versions are shown."""
    record, editable = _opened(work, kind, id, field)
    form = _class(work, editable, kind, record)(request.form)
    # Others may have changed other fields: that is no conflict here.
    is_as_opened = request.form.get("was") == _was(record, editable)
    if form.validate():
        with form.saving(
            work,
            stored=lambda: _stored(looking.opened(work, kind, id), editable),
            take_out=lambda: restore_one(work, kind, id),
            once=(kind, id),
        ):
            value = _said(work, form, record, editable)
            version = record.version if is_as_opened else form.opened_version
            restoring.SAVE[kind](work, id, version=version, **{editable.argument: value})
    if not form.saved:
        answer = _page(form, kind, id, field, editable)
        return answer, 422 if _is_part() else form.refusal
    undoable(work, f"{editable.label}: saved.")
    if _is_part():
        return Response(status=204, headers={"HX-Refresh": "true"})
    return redirect(url_for(PAGES[kind], id=id), 303)


def _opened(work: Work, kind: str, id: int, field: str) -> tuple[Any, Editable]:
    editable = EDITABLE.get(kind, {}).get(field)
    if editable is None:
        raise NotFound
    record = looking.opened(work, kind, id)
    authorise(work, WRITE, record)
    return record, editable


def _class(work: Work, editable: Editable, kind: str, record: Any) -> type[InlineForm]:
    owners: list[tuple[Any, str]] = []
    if editable.sort == MEMBER:
        kept = getattr(record, editable.stored)
        owners = [(one.id, one.name) for one in members.everybody(work) if one.is_active or one.id == kept]
    return form_class(editable, kind, record, owners)


def _stored(record: Any, editable: Editable) -> dict[str, Any]:
    value = getattr(record, editable.stored)
    return {"value": value if editable.sort == MEMBER else "" if value is None else str(value)}


def _was(record: Any, editable: Editable) -> str:
    value = getattr(record, editable.stored)
    return "" if value is None else str(value)


def _said(work: Work, form: InlineForm, record: Any, editable: Editable) -> Any:
    """The value as the verb takes it.

    :raises Invalid: (field ``value``) it cannot be read
    """
    typed = form["value"].data
    if editable.sort in (PAST, AHEAD):
        is_past = editable.sort == PAST and getattr(record, "status", "held") not in ("planned", "drafted")
        kept: When | None = getattr(record, editable.argument)
        when = optional_when(work, "value", typed, past=is_past, kept=kept)
        if when is None and editable.sort == PAST:
            raise Invalid("value", "Say when, as exactly as you know it.")
        return when
    if editable.sort == NUMBER:
        text = str(typed or "").strip()
        found = number(text)
        if text and found is None:
            raise Invalid("value", "Give a whole number of days, or leave it empty.")
        return found
    return typed if editable.sort == MEMBER else str(typed or "")


def _is_part() -> bool:
    return request.headers.get("HX-Request") == "true"


def _page(form: InlineForm, kind: str, id: int, field: str, editable: Editable) -> str:
    return render_template(
        "crm/inline/field.html" if _is_part() else "crm/inline/page.html",
        form=form,
        was=_was_of(form),
        label=editable.label,
        address=url_for(".update", kind=kind, id=id, field=field),
        back=url_for(PAGES[kind], id=id),
    )


def _was_of(form: InlineForm) -> str:
    """What stood there when this form was made, to be held against what stands there when it comes back."""
    if form.conflict:
        return next((text for name, text in form.theirs if name.endswith("value")), "")
    if "was" in request.form:
        return request.form["was"]
    data = form["value"].data
    return "" if data is None else str(data)
