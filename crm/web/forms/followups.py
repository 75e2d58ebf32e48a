"""What is filled in about a follow-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import HiddenField, SelectField, StringField, TextAreaField

from crm.http.forms import Form
from crm.models import FollowUp
from crm.web.parsing import number

#: Argument of the link “add follow-up”, and the column it fills.
ORIGINS = {
    "engagement": "engagement_id",
    "commitment": "commitment_id",
    "dispatch": "dispatch_id",
    "organisation": "organisation_id",
    "topic": "topic_id",
}


class FollowUpForm(Form):
    """A dated thing one of us has to do."""

    title = StringField("What is to be done")
    due = StringField("By when", description="As you would say it: “Friday”, “3 June”, “end of June”, “Q3”.")
    owner_id = SelectField("Who sees to it", coerce=number, choices=[], default="")
    remind_on = StringField("Remind on", description="A day before it is due.")
    note = TextAreaField("Note")
    engagement = HiddenField()
    commitment = HiddenField()
    dispatch = HiddenField()
    organisation = HiddenField()
    topic = HiddenField()

    def origins(self) -> dict[str, Any]:
        """Where it arose, as arguments of the verb."""
        return {column: number(self[name].data) for name, column in ORIGINS.items() if self[name].data}

    @staticmethod
    def stored(follow_up: FollowUp) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        return {
            "version": follow_up.version,
            "title": follow_up.title,
            "due": follow_up.due_text or "",
            "owner_id": follow_up.owner_id,
            "remind_on": follow_up.remind_on.isoformat() if follow_up.remind_on is not None else "",
            "note": follow_up.note,
        }

    def field_of(self, name: str) -> str:
        return {"when": "due"}.get(name, name.removesuffix("_id") if name in ORIGINS.values() else name)
