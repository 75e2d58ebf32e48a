"""What is filled in about an organisation: the body itself, and small forms for its structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, SelectField, StringField, TextAreaField, URLField

from crm.errors import Invalid
from crm.http.forms import Form
from crm.models import Organisation, OrganisationParent
from crm.queries import countries, kinds, registers
from crm.queries.organisations import Step
from crm.web.forms.days import HINT, DayField, DaysForm, typed_day
from crm.web.parsing import number

NAME_KINDS = {
    "alias": "Also known as",
    "abbreviation": "Abbreviation",
    "short": "Short name",
    "translation": "In another language",
    "former": "Former name",
}
SUCCESSION_KINDS = {"renamed": "Renamed", "merged": "Merged", "split": "Split", "transferred": "Tasks transferred"}
LINES_AT_MOST = 200


class OrganisationForm(DaysForm):
    """One body."""

    name = StringField("Name")
    short_name = StringField("Short name", description="As it stands in tables: DG CNECT.")
    kind = SelectField("Kind", choices=[], validate_choice=False, default="other")
    country = SelectField("Country", choices=[], validate_choice=False, default="")
    website = URLField("Website")
    aliases = TextAreaField(
        "Other names", description="One per line. Searches and forms find the body by each of them."
    )
    founded = DayField("Founded", description=HINT)
    closed = DayField(
        "Closed", is_end=True, description="The last day it was there. A body that ended is closed, not deleted."
    )
    owner_id = SelectField("Who keeps the relationship", coerce=number, choices=[], default="")
    goal_days = StringField("Contact goal, days", description="A contact at least every so many days, such as 90.")
    is_ours = BooleanField(
        "This is us", description="Contact made on its behalf is ours; counts, goals and last contact start from it."
    )
    is_client = BooleanField("This is a client of ours", description="Contact made on its behalf counts as ours, too.")
    notes = TextAreaField("Notes")

    def values(self) -> dict[str, Any]:
        """Arguments of the verb but the days.

        :raises Invalid: the goal is no number
        """
        return {
            "name": self.name.data or "",
            "short_name": self.short_name.data or "",
            "kind": self.kind.data or "",
            "country": self.country.data or "",
            "website": self.website.data or "",
            "aliases": lines(self.aliases.data),
            "owner_id": self.owner_id.data,
            "goal_days": _whole("goal_days", self.goal_days.data),
            "is_ours": self.is_ours.data,
            "is_client": self.is_client.data,
            "notes": self.notes.data or "",
        }

    def field_of(self, name: str) -> str:
        return {"owner": "owner_id"}.get(name, name)


class NewOrganisationForm(OrganisationForm):
    """A body that is not in the log yet."""

    parent = StringField("Part of", description="The body above it.")
    parent_since = DayField("Part of it since", description="Leave empty if always.")
    may_share_name = BooleanField("This is another body of the same name")


class AmendOrganisationForm(OrganisationForm):
    """A body that is stored."""

    keeps_name = BooleanField(
        "Keep the old name as a former name",
        description="If the body was renamed. Leave it out if the old name was a mistake.",
    )
    renamed_on = DayField("Renamed on", description="The first day of the new name, where it is known.")

    @staticmethod
    def stored(organisation: Organisation) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        return {
            "version": organisation.version,
            "name": organisation.name,
            "short_name": organisation.short_name,
            "kind": organisation.kind,
            "country": organisation.country,
            "website": organisation.website,
            "aliases": "\n".join(row.name for row in organisation.names if row.kind == "alias"),
            "founded": typed_day(organisation.founded),
            "closed": typed_day(organisation.closed),
            "owner_id": organisation.owner_id,
            "goal_days": organisation.goal_days or "",
            "is_ours": organisation.is_ours,
            "is_client": organisation.is_client,
            "notes": organisation.notes,
        }


class PlaceForm(DaysForm):
    """A place in the tree."""

    parent = StringField("Part of")
    first = DayField("From", description="Leave empty if always.")
    last = DayField("To", is_end=True, description="Leave empty if still.")
    beside = BooleanField("It stands in both places at once")


class PlaceDaysForm(DaysForm):
    """The days of a place in the tree."""

    first = DayField("From")
    last = DayField("To", is_end=True)

    @staticmethod
    def stored(link: OrganisationParent) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        return {"first": typed_day(link.first), "last": typed_day(link.last)}

    def field_of(self, name: str) -> str:
        return {"parent": "first"}.get(name, name)


class NameForm(DaysForm):
    """Another name."""

    name = StringField("Name")
    kind = SelectField("Kind", choices=list(NAME_KINDS.items()), default="former")
    first = DayField("From")
    last = DayField("To", is_end=True)


class IdentifierForm(Form):
    """A register identifier."""

    scheme = SelectField("Register", choices=[(key, register.label) for key, register in registers.REGISTERS.items()])
    identifier = StringField("Identifier")


class SuccessionForm(DaysForm):
    """What followed a body."""

    successors = TextAreaField("Followed by", description="Several if it was split.")
    kind = SelectField("How", choices=list(SUCCESSION_KINDS.items()), default="renamed")
    on = DayField("On", description="The first day of what followed; the former body closes the day before.")

    def field_of(self, name: str) -> str:
        return {"successor": "successors", "joins_history": "successors"}.get(name, name)


class SuccessionDaysForm(DaysForm):
    """A succession that is stored."""

    kind = SelectField("How", choices=list(SUCCESSION_KINDS.items()))
    on = DayField("On")
    joins_history = BooleanField("Its history joins")

    @staticmethod
    def stored(step: Step) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        return {"kind": step.kind, "on": typed_day(step.on), "joins_history": step.joins_history}


class ListForm(Form):
    """A saved list to put a body on."""

    list_id = SelectField("List", coerce=number, choices=[], default="")

    def field_of(self, name: str) -> str:
        return "list_id"


def kind_choices(stored: str = "") -> dict[str, list[tuple[str, str]]]:
    """Kinds under their headings; one that is stored but not listed stands alone.

    :param stored: the kind the body has
    """
    found = {group: [(kind.key, kind.label) for kind in those] for group, those in kinds.groups().items()}
    if stored and stored not in kinds.kinds():
        found = {"As it is": [(stored, kinds.label(stored))], **found}
    return found


def country_choices() -> list[tuple[str, str]]:
    """Countries by name, none first."""
    return [
        ("", "None"),
        ("EU", countries.name("EU")),
        *((c, n) for c, n in countries.countries().items() if c != "EU"),
    ]


def chosen(field: str, found: list[Organisation]) -> int:
    """The body that a field names.

    :raises Invalid: it names none
    """
    if not found:
        raise Invalid(field, "Choose a body.")
    return found[0].id


def lines(text: str | None, field: str = "aliases") -> list[str]:
    """The lines of a text area that hold something.

    :raises Invalid: there are too many
    """
    found = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if len(found) > LINES_AT_MOST:
        raise Invalid(field, f"At most {LINES_AT_MOST} lines; this has {len(found)}.")
    return found


def _whole(field: str, typed: str | None) -> int | None:
    plain = (typed or "").strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        raise Invalid(field, "Give a whole number of days, such as 90, or leave it empty.")
    return int(plain)
