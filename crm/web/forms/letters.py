"""What is filled in about a letter, its recipients and the replies to it."""

from __future__ import annotations

from typing import Any, ClassVar

from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput

from crm.http.forms import Form
from crm.models.engagements import VISIBILITIES
from crm.models.letters import CHANNELS
from crm.web.parsing import number

REPLY_KINDS = {"letter": "Letter", "email": "E-mail"}

_LINES = Length(max=20_000, message="At most 20,000 characters; make a list of so many bodies first.")
_LONG = Length(max=100_000, message="At most 100,000 characters; attach the rest as a file.")
_CHANNELS = [("", "Not recorded"), *((key, label) for key, label in CHANNELS.items() if key)]


class RecipientsForm(Form):
    """To whom a letter goes."""

    lists = SelectMultipleField("Lists", coerce=number, validate_choice=False, option_widget=CheckboxInput())
    recipients = TextAreaField("Recipients", [_LINES])

    def offer_lists(self, rows: list[Any]) -> None:
        """Fills the lists that can be chosen, each with its size."""
        self.lists.choices = [(row.id, f"{row.name} ({row.size})") for row in rows]

    def list_ids(self) -> list[int]:
        """The lists chosen."""
        return [chosen for chosen in self.lists.data or [] if chosen is not None]

    def lines(self) -> list[str]:
        """The further bodies as typed."""
        return (self.recipients.data or "").splitlines()


class LetterForm(RecipientsForm):
    """One letter to many."""

    recipients = TextAreaField("Further bodies", [_LINES])
    subject = StringField("Subject", [Length(max=300, message="At most 300 characters.")])
    summary = TextAreaField("What it says", [_LONG])
    actors = TextAreaField("On whose behalf", [_LINES])
    colleagues = TextAreaField("Signed by", [_LINES])
    link = StringField("Link")
    topics = TextAreaField("Topics", [_LINES])
    intended_result = TextAreaField("Intended result", [_LONG])
    sent = StringField("Sent on")
    answer_by = StringField("Answer by")
    channel = SelectField("How it goes", choices=_CHANNELS, default="")
    visibility = RadioField("Who may see it", choices=list(VISIBILITIES.items()), default="team")

    _FIELDS: ClassVar[dict[str, str]] = {
        "when": "sent",
        "bodies": "recipients",
        "organisation": "recipients",
        "people": "colleagues",
        "topic": "topics",
    }

    def field_of(self, name: str) -> str:
        return self._FIELDS.get(name, name)


class SendForm(Form):
    """A draft goes out."""

    when = StringField("Sent on", default="today")
    answer_by = StringField("Answer by")
    channel = SelectField("How it goes", choices=_CHANNELS, default="")

    def field_of(self, name: str) -> str:
        return {"status": "when", "recipients": "when"}.get(name, name)


class ReplyForm(Form):
    """One addressee's reply."""

    kind = SelectField("Kind", choices=list(REPLY_KINDS.items()), default="letter")
    when = StringField("Received on", default="today")
    person = StringField("Signed by")
    subject = StringField("Subject", [Length(max=300, message="At most 300 characters.")])
    summary = TextAreaField("What they say", [_LONG])
    linked = SelectField("In the log already", coerce=number, choices=[], validate_choice=False)

    def field_of(self, name: str) -> str:
        return {"reply": "linked", "step": "when", "people": "person"}.get(name, name)
