"""What a member fills in to subscribe."""

from __future__ import annotations

from wtforms import RadioField, SelectField, StringField

from crm.http.forms import Form
from crm.models.feeds import DETAILS, SCOPES
from crm.web.parsing import number


class FeedForm(Form):
    """A new calendar feed."""

    scope = RadioField("What it holds", choices=list(SCOPES.items()), default="mine")
    organisation = StringField("Organisation", description="With every body below it, as it stood on the day.")
    topic = SelectField("Topic", choices=[], coerce=number, default="", description="With every topic below it.")
    detail = RadioField("How much it says", choices=list(DETAILS.items()), default="full")
    label = StringField("Name", description="What your calendar program will call it; a fitting one if left empty.")
