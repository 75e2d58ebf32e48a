"""The form that logs an engagement, and corrects it."""

from __future__ import annotations

import re
from typing import Any, BinaryIO, cast

import wtforms
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Several
from crm.http import current_instance, read, undoable, write
from crm.models import Engagement
from crm.models.engagements import KINDS, VISIBILITIES
from crm.queries import engagements as reads
from crm.services import attachments, engagements, members
from crm.services.attachments import Aside, Upload
from crm.services.engagements import PossibleDuplicates
from crm.services.permissions import WRITE, authorise
from crm.web.engagements.blueprint import bp
from crm.web.engagements.hints import meaning
from crm.web.engagements.saying import said, stored
from crm.web.engagements.starting import beginning, readable
from crm.web.forms.engagements import CommitmentForm, EngagementForm, FollowUpForm, PointForm, RoleForm
from crm.web.parsing import ID, numbers
from crm.work import Work

_TOKEN = re.compile(r"([0-9a-f]{32}) (.{1,255})")


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """The empty form, with good defaults."""
    authorise(work, WRITE)
    form = EngagementForm(data=beginning(work, request.args))
    return _page(work, form)


@bp.post("/new")
@write
def create(work: Work) -> ResponseReturnValue:
    """Logs it; asks once when it may be in the log already."""
    authorise(work, WRITE)
    form = EngagementForm(request.form, said_new=request.form.getlist("new"))
    duplicates: list[reads.Neighbour] = []
    if _is_complete(work, form):
        try:
            with form.saving(work):
                known = numbers(request.form.getlist("known"))
                values = said(work, form)
                logged = engagements.log(work, **values, submission=form.submission.data, known_duplicates=known)
                attachments.add(work, current_instance().settings, logged, uploads(), aside())
        except PossibleDuplicates as possible:
            work.rollback()
            duplicates = possible.found
    if not form.saved:
        return _page(work, form, duplicates=duplicates), 422
    undoable(work, "Logged.")
    if request.form.get("then") == "another":
        return redirect(url_for("crm.engagements.new"), 303)
    return redirect(url_for("crm.engagements.show", id=logged.id), 303)


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form, filled with what is stored."""
    engagement = readable(work, id)
    authorise(work, WRITE, engagement)
    values, earlier = stored(engagement), reads.sheet(work, id).follows
    if earlier is not None:
        values["follows"] = f"{earlier.when.short()} · {earlier.title} [#{earlier.id}]"
    form = EngagementForm(data=values)
    form.version.data = str(engagement.version)
    return _page(work, form, engagement)


@bp.post(f"/{ID}/edit")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Corrects it; where somebody else saved it meanwhile, both versions are shown."""
    engagement = readable(work, id)
    form = EngagementForm(request.form, said_new=request.form.getlist("new"))
    if _is_complete(work, form):
        with form.saving(
            work,
            stored=lambda: stored(readable(work, id)),
            take_out=lambda: engagements.restore(work, id),
        ):
            values = said(work, form, kept=engagement)
            saved = engagements.amend(work, id, version=form.opened_version, submission=form.submission.data, **values)
            attachments.add(work, current_instance().settings, saved, uploads(), aside())
    if not form.saved:
        return _page(work, form, readable(work, id)), form.refusal
    undoable(work, "Saved.")
    return redirect(url_for("crm.engagements.show", id=id), 303)


def _is_complete(work: Work, form: EngagementForm) -> bool:
    """Whether the fields hold what they must; if not, everything else that is wrong is told as well, at once."""
    if form.validate():
        return True
    try:
        said(work, form)
    except Several as error:
        known = set(form.errors)
        form.take(Several(problem for problem in error.problems if form.field_of(problem.field) not in known))
    work.rollback()
    return False


def uploads() -> list[Upload]:
    """The files that came with the form."""
    return [
        Upload(file.filename or "", cast(BinaryIO, file.stream))
        for file in request.files.getlist("files")
        if file.filename
    ]


def aside() -> list[Aside]:
    """The files that came with an earlier sending of the form, as far as their boxes are still ticked."""
    found = (_TOKEN.fullmatch(value) for value in request.form.getlist("held")[: attachments.AT_ONCE])
    return [Aside(one[1], one[2]) for one in found if one is not None]


def _page(
    work: Work, form: EngagementForm, engagement: Engagement | None = None, *, duplicates: list[Any] | None = None
) -> str:
    held = attachments.hold(work, current_instance().settings, uploads(), aside())
    choices = [(one.id, one.name) for one in members.everybody(work) if one.is_active or one.id == form.owner.data]
    form.offer_members(choices, first_owner=work.member_id)
    form.gather_row_errors()
    form.spare_rows(follow_ups=1, points=1, commitments=1, roles=1)
    form.offer_members(choices, first_owner=work.member_id)
    ok, understood = meaning(work, form.when.data or "", form.kind.data or "", form.status.data or "")
    return render_template(
        "crm/engagements/form.html",
        form=form,
        engagement=engagement,
        duplicates=duplicates or [],
        held=held,
        understood=understood if ok else "",
        limit_mb=current_instance().settings.max_upload_mb,
        templates=_templates(choices, work.member_id),
        existing=reads.sheet(work, engagement.id) if engagement is not None else None,
        icons={kind: kind for kind in KINDS},
        visibilities=VISIBILITIES,
    )


def _templates(choices: list[tuple[int, str]], owner: int | None) -> dict[str, Any]:
    """An unbound row of each list, from which new ones are made in the browser."""
    kinds: dict[str, type[wtforms.Form]] = {
        "follow_ups": FollowUpForm,
        "roles": RoleForm,
        "points": PointForm,
        "commitments": CommitmentForm,
    }
    made: dict[str, Any] = {name: kind(prefix=f"{name}-__index__-") for name, kind in kinds.items()}
    made["follow_ups"].owner.choices = choices
    made["follow_ups"].owner.data = owner
    return made
