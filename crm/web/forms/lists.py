"""What is filled in about a saved list."""

from __future__ import annotations

from wtforms import StringField, TextAreaField

from crm.http.forms import Form


class ListForm(Form):
    """A name and the organisations on the list, one a line."""

    name = StringField("Name", description="Such as “Commission and the 27”.")
    organisations = TextAreaField("Organisations")

    def lines(self) -> list[str]:
        """The organisations as typed."""
        return (self.organisations.data or "").splitlines()
