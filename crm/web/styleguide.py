"""Every part of a page with an example in each of its states, for those who write pages."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.http import read
from crm.models.commitments import COMMITMENT_STATES
from crm.models.engagements import KINDS, STATUSES
from crm.services.permissions import ADMINISTER, authorise
from crm.web.forms.styleguide import ExampleForm, PointPart
from crm.work import Work

bp = Blueprint("styleguide", __name__)

FLASHES = (
    ("success", "Saved."),
    ("message", "A colleague meets them on Thursday."),
    ("warning", "Nothing was sent yet."),
    ("error", "This could not be read."),
)


@bp.get("/_styleguide")
@read
def index(work: Work) -> ResponseReturnValue:
    """The style guide."""
    authorise(work, ADMINISTER)
    here = url_for("crm.styleguide.index")
    for category, text in FLASHES:
        flash(text, category)
    undo: Any = {"text": "Moved to the bin.", "url": here, "label": "Undo"}
    flash(undo, "undo")
    return render_template(
        "crm/styleguide.html",
        action_url=here,
        kinds=KINDS,
        statuses=STATUSES,
        states=COMMITMENT_STATES,
        form=ExampleForm.example(),
        refused=ExampleForm.refused(),
        point_template=PointPart(prefix="example-points-__index__-"),
        typeahead_url=url_for("crm.suggest.organisations"),
        preview_url=url_for("crm.engagements.understood"),
        doors={"web": "from the web", "import": "by an import"},
        said_verb=lambda act: "changed it",
        steps=_steps(),
    )


def _steps() -> list[SimpleNamespace]:
    """A history with one change, several changes, a long one, one taken back and one that is kept back."""

    def act(number: int, verb: str, **more: object) -> SimpleNamespace:
        at = dt.datetime(2026, 5, 20 - number, 9, 30, tzinfo=dt.UTC)
        plain = {"member": "Ana Example", "door": "web", "undoes": None, "is_undone": False}
        return SimpleNamespace(id=9 - number, at=at, verb=verb, **{**plain, **more})

    def change(lead: str, before: str = "", after: str = "", field: str = "subject") -> SimpleNamespace:
        is_long = len(before) + len(after) > 120
        return SimpleNamespace(
            lead=lead, before=before, after=after, part="Engagement", key="1", field=field, is_long=is_long
        )

    long = "The unit asked how audits are paid for, and by whom; we answered that operators pay, as in aviation."
    return [
        SimpleNamespace(
            act=act(0, "engagement.amend"),
            changes=[change("changed the subject", "Audit", "Audits")],
            is_kept_back=False,
        ),
        SimpleNamespace(
            act=act(1, "engagement.amend", door="import"),
            changes=[change("set the place", "", "Brussels", "place"), change("changed the summary", "Short.", long)],
            is_kept_back=False,
        ),
        SimpleNamespace(act=act(2, "engagement.amend", member=None), changes=[], is_kept_back=True),
        SimpleNamespace(
            act=act(3, "engagement.log", is_undone=True, undoes=1),
            changes=[change("entered it", field="")],
            is_kept_back=False,
        ),
    ]
