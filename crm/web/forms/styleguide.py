"""A form with one field of every sort, for the style guide."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as Part
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from crm.errors import Invalid
from crm.http.choosing import Side
from crm.http.forms import Form
from crm.models.engagements import KINDS, STATUSES


class PointPart(Part):
    """One point of a list that grows."""

    text = StringField("Point")
    by = StringField("Raised by")


class ExampleForm(Form):
    """What a page author may ask for."""

    kind = RadioField("Kind", choices=list(KINDS.items()), default="meeting")
    when = StringField("When", default="11 May 2026 14:30")
    status = SelectField("Status", choices=list(STATUSES.items()), default="held")
    bodies = TextAreaField("Bodies met", [InputRequired()], default="European Commission")
    owner = StringField("Responsible", default="Maria Rossi")
    subject = StringField("Subject", default="Implementation of the AI Act")
    summary = TextAreaField("Summary")
    topics = SelectMultipleField(
        "Topics",
        choices=[("1", "AI Act"), ("2", "Digital Omnibus")],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    visible = BooleanField("Content hidden")
    points = FieldList(FormField(PointPart))

    @classmethod
    def example(cls) -> ExampleForm:
        """The form as it is when it is opened."""
        made = cls(prefix="example-")
        made.points.append_entry({"text": "Who audits", "by": "DG CNECT"})
        return made

    @classmethod
    def refused(cls) -> ExampleForm:
        """The form after a save that was refused, and after which somebody else had saved."""
        made = cls(prefix="refused-")
        made.take(Invalid("subject", "Say what it was about."))
        made.take(Invalid("", "Ana Example saved this after you had opened it. Nothing of yours is lost."))
        made.conflict = [
            Side("Subject", "Audits", "Audits of models", "subject", "mine", "both"),
            Side("Place", "Brussels", "", "place", "theirs", "they"),
        ]
        made.in_bin = True
        return made
