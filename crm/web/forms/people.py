"""What is filled in about a person and the posts they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import EmailField, SelectField, StringField, TelField, TextAreaField

from crm.http.forms import Form
from crm.models import Organisation, Person, Post
from crm.models.people import SENIORITIES
from crm.web.forms.days import EDGE_HINT, DaysForm, EdgeField

SENIORITY_CHOICES = [("", "Not recorded"), *SENIORITIES.items()]


class PersonForm(Form):
    """A person."""

    name = StringField("Name")
    email = EmailField("E-mail")
    phone = TelField("Telephone")
    notes = TextAreaField("Notes", description="What the work needs, no more: the person may ask to read it.")

    def values(self) -> dict[str, Any]:
        """Arguments of the verb."""
        return {name: self[name].data or "" for name in ("name", "email", "phone", "notes")}

    @staticmethod
    def stored(person: Person) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        return {
            "version": person.version,
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "notes": person.notes,
        }


class NewPersonForm(PersonForm, DaysForm):
    """A person who is not in the log yet, with the post they hold."""

    organisation = StringField("Works at")
    title = StringField("Post", description="As the body calls it: Head of Unit.")
    seniority = SelectField("Seniority", choices=SENIORITY_CHOICES, default="")
    first = EdgeField("In this post since", description=EDGE_HINT)

    def field_of(self, name: str) -> str:
        return {"last": "first"}.get(name, name)


class PostForm(DaysForm):
    """A dated post."""

    organisation = StringField("Works at")
    title = StringField("Post", description="As the body calls it: Head of Unit.")
    seniority = SelectField("Seniority", choices=SENIORITY_CHOICES, default="")
    first = EdgeField("From", description="Leave empty if not known.")
    last = EdgeField("To", description="Leave empty if still held.")

    @staticmethod
    def stored(post: Post, organisation: Organisation, version: int) -> Mapping[str, Any]:
        """The form's values as they stand in the database.

        :param version: of the person, of whom the post is a part
        """
        return {
            "version": version,
            "organisation": f"{organisation.name} [#{organisation.id}]",
            "title": post.title,
            "seniority": post.seniority,
            "first": post.first_text or "",
            "last": post.last_text or "",
        }


class LeaveForm(DaysForm):
    """The last day of a post."""

    last = EdgeField("Last day", description="The last day the post was held.")
