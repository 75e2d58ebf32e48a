"""The one field that is edited where it stands, and what may be edited so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Length

from crm.http.forms import Form
from crm.models.commitments import COMMITMENT_STATES, DELIVERY_STATES
from crm.web.parsing import number

#: How a field is typed.
LINE, TEXT, PAST, AHEAD, MEMBER, NUMBER, STATE = "line", "text", "past", "ahead", "member", "number", "state"
_HINTS = {
    PAST: "As you would say it: 11 May, 12 or 13 May, about March.",
    AHEAD: "As you would say it: Friday, end of June, 11 May 2026. Empty for none.",
}


class Editable(NamedTuple):
    """One field of a record.

    :param label: as the record's page calls it
    :param sort: how it is typed
    :param argument: what the verb calls it
    :param stored: attribute that holds it as it was typed
    """

    label: str
    sort: str
    argument: str
    stored: str


def _one(label: str, sort: str, argument: str, stored: str = "") -> Editable:
    return Editable(label, sort, argument, stored or argument)


#: Kind of record → name in the address → field.
EDITABLE: dict[str, dict[str, Editable]] = {
    "engagement": {
        "subject": _one("Subject", LINE, "subject"),
        "when": _one("When", PAST, "when", "when_text"),
        "place": _one("Place", LINE, "place"),
        "owner": _one("Responsible", MEMBER, "owner_id"),
        "file": _one("File", LINE, "file_reference"),
        "summary": _one("Summary", TEXT, "summary"),
        "notes": _one("Notes", TEXT, "notes"),
    },
    "organisation": {
        "website": _one("Website", LINE, "website"),
        "owner": _one("Relationship", MEMBER, "owner_id"),
        "goal": _one("Contact at least every … days", NUMBER, "goal_days"),
        "notes": _one("Notes", TEXT, "notes"),
    },
    "person": {
        "email": _one("E-mail", LINE, "email"),
        "phone": _one("Telephone", LINE, "phone"),
        "notes": _one("Notes", TEXT, "notes"),
    },
    "commitment": {
        "due": _one("Due", AHEAD, "due", "due_text"),
        "owner": _one("Who sees to it", MEMBER, "owner_id"),
        "state": _one("State", STATE, "state"),
        "evidence": _one("Evidence", TEXT, "evidence"),
    },
    "follow_up": {
        "title": _one("What is to be done", LINE, "title"),
        "due": _one("By when", AHEAD, "due", "due_text"),
        "owner": _one("Who sees to it", MEMBER, "owner_id"),
        "note": _one("Note", TEXT, "note"),
    },
    "milestone": {
        "title": _one("Title", LINE, "title"),
        "when": _one("When", PAST, "when", "when_text"),
        "source": _one("Source", LINE, "source"),
        "note": _one("Note", TEXT, "note"),
    },
}


class InlineForm(Form):
    """One field; ``value`` is made for it."""

    def field_of(self, name: str) -> str:
        return "value"


def form_class(field: Editable, kind: str, record: Any, owners: Sequence[tuple[Any, str]]) -> type[InlineForm]:
    """The form of one field of one record.

    :param owners: the members to choose from
    """
    made: Any
    if field.sort == MEMBER:
        made = SelectField(field.label, coerce=number, choices=[("", "Nobody"), *owners], default="")
    elif field.sort == STATE:
        states = DELIVERY_STATES if record.kind == "delivery" else COMMITMENT_STATES
        made = SelectField(field.label, choices=list(states.items()))
    elif field.sort == TEXT:
        made = TextAreaField(field.label, [Length(max=100_000, message="At most 100,000 characters.")])
    else:
        made = StringField(field.label, description=_HINTS.get(field.sort, ""))
    return type("InlineFormOfOne", (InlineForm,), {"value": made, "__module__": __name__, "__doc__": kind})
