"""What is filled in about a commitment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import HiddenField, SelectField, StringField, TextAreaField, URLField
from wtforms.validators import Length

from crm.http.forms import Form
from crm.models import Commitment
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES
from crm.web.parsing import number

_LINES = Length(max=20_000, message="At most 20,000 characters.")
_LONG = Length(max=100_000, message="At most 100,000 characters; attach the rest as a file.")
#: In the form, where a state is chosen before it is known whether that is a delivery.
_STATES = {**COMMITMENT_STATES, "met": "Met, delivered", "partly": "Partly met, partly delivered"}


class CommitmentForm(Form):
    """Who promises what to whom by when, in exact words."""

    kind = SelectField("Kind", choices=list(COMMITMENT_KINDS.items()), default="offer")
    made_by = StringField("Made by")
    made_to = TextAreaField("Made to", [_LINES])
    wording = TextAreaField("In their exact words", [_LONG])
    condition = TextAreaField("On condition", [_LONG])
    when = StringField("Made or delivered on", default="today")
    due = StringField("Due")
    owner_id = SelectField("Who sees to it", coerce=number, choices=[], default="")
    topic_id = SelectField("Topic", coerce=number, choices=[], default="")
    state = SelectField("State", choices=list(_STATES.items()), default="open")
    fulfils_id = SelectField("Fulfils", coerce=number, choices=[], default="")
    evidence = TextAreaField("Evidence", [_LONG])
    evidence_url = URLField("Address of the evidence")
    engagement = HiddenField()

    def plain_values(self) -> dict[str, Any]:
        """Arguments of the verb but organisations and days, which are read first."""
        return {
            "kind": self.kind.data,
            "wording": self.wording.data or "",
            "condition": self.condition.data or "",
            "owner_id": self.owner_id.data,
            "topic_id": self.topic_id.data,
            "state": self.state.data,
            "fulfils_id": self.fulfils_id.data,
            "evidence": self.evidence.data or "",
            "evidence_url": self.evidence_url.data or "",
        }

    @staticmethod
    def stored(commitment: Commitment) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        to = (recipient.organisation for recipient in commitment.recipients)
        return {
            "version": commitment.version,
            "kind": commitment.kind,
            "made_by": f"{commitment.made_by.name} [#{commitment.made_by_id}]",
            "made_to": "\n".join(f"{body.name} [#{body.id}]" for body in to),
            "wording": commitment.wording,
            "condition": commitment.condition,
            "when": commitment.when_text,
            "due": commitment.due_text or "",
            "owner_id": commitment.owner_id,
            "topic_id": commitment.topic_id,
            "state": commitment.state,
            "fulfils_id": commitment.fulfils_id,
            "evidence": commitment.evidence,
            "evidence_url": commitment.evidence_url,
        }

    def field_of(self, name: str) -> str:
        names = {"owner": "owner_id", "topic": "topic_id", "fulfils": "fulfils_id", "commitment": "fulfils_id"}
        return names.get(name, name)
