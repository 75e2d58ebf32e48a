"""What a member fills in about an engagement: one form for a whole meeting, and small ones for what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

import wtforms
from wtforms import (
    FieldList,
    FormField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length

from crm.http.forms import Form
from crm.models.commitments import COMMITMENT_KINDS
from crm.models.engagements import (
    INITIATORS,
    KINDS,
    STATUSES,
    STATUSES_OF_ENCOUNTERS,
    STATUSES_OF_WRITINGS,
    VISIBILITIES,
)
from crm.services.engagements.lines import AS
from crm.text import fold, plural

ROWS_AT_MOST = 50
DIRECTIONS = {"theirs": "They promise us", "ours": "We promise them"}

_NUMBER = re.compile(r"\s*\[#[@m]?\d+\]\s*$")
_LINES = Length(max=20_000, message="At most 20,000 characters; put the rest into a file.")
_LONG = Length(max=100_000, message="At most 100,000 characters; put the rest into a file.")


def whole_number(text: Any) -> int | None:
    """A number chosen from a list, none where nothing was chosen."""
    plain = str(text or "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) < 11):
        raise ValueError("Choose one from the list.")
    return int(plain)


class PointForm(wtforms.Form):
    """One point raised."""

    number = HiddenField()
    point = TextAreaField("What was raised", [_LONG])
    raised_by = StringField("Raised by")
    positions = TextAreaField("Positions taken", [_LONG])
    conclusion = TextAreaField("Conclusion", [_LONG])


class CommitmentForm(wtforms.Form):
    """One promise made on the occasion."""

    direction = SelectField("Who promises", choices=list(DIRECTIONS.items()))
    kind = SelectField("What it is", choices=[(key, label) for key, label in COMMITMENT_KINDS.items()])
    wording = TextAreaField("In their exact words", [_LONG])
    body = StringField("Which body", description="Only needed with several.")
    due = StringField("By when")


class FollowUpForm(wtforms.Form):
    """One thing to do afterwards."""

    title = StringField("What is to be done")
    due = StringField("By when")
    owner = SelectField("By whom", coerce=whole_number, validate_choice=False)


class RoleForm(wtforms.Form):
    """What somebody took part as, where it is not the usual."""

    who = StringField("Who")
    taken = SelectField("Took part as", choices=[("", "Choose"), *AS.items()])


class EngagementForm(Form):
    """One contact or attempt, with everything that belongs to it. Only one body is required."""

    bodies = TextAreaField("Bodies met or written to", [InputRequired("Name at least one body."), _LINES])
    when = StringField("When")
    kind = RadioField("Kind", choices=list(KINDS.items()), default="meeting")
    status = SelectField(
        "Status",
        choices={
            "": [("", "As the date says")],
            "Meetings": [(status, STATUSES[status]) for status in STATUSES_OF_ENCOUNTERS],
            "Letters and replies": [
                (status, STATUSES[status]) for status in STATUSES_OF_WRITINGS if status != "cancelled"
            ],
        },
        default="",
    )
    people = TextAreaField("People", [_LINES])
    subject = StringField("Subject")
    summary = TextAreaField("Summary", [_LONG])
    follow_ups = FieldList(FormField(FollowUpForm), "Follow-up", max_entries=ROWS_AT_MOST)

    actors = TextAreaField("On whose behalf", [_LINES])
    colleagues = TextAreaField("Our people", [_LINES])
    owner = SelectField("Responsible", coerce=whole_number, validate_choice=False)
    initiated_by = SelectField("Initiated by", choices=list(INITIATORS.items()), default="")

    third = TextAreaField("Third parties present", [_LINES])
    copies = TextAreaField("Copies to", [_LINES])
    roles = FieldList(FormField(RoleForm), "Role", max_entries=ROWS_AT_MOST)

    topics = TextAreaField("Topics", [_LINES])
    points = FieldList(FormField(PointForm), "Point", max_entries=ROWS_AT_MOST)
    commitments = FieldList(FormField(CommitmentForm), "Commitment", max_entries=ROWS_AT_MOST)

    place = StringField("Place")
    link = StringField("Link")
    file_reference = StringField("File reference")
    follows = StringField("Follows")
    intended_result = TextAreaField("Intended result", [_LONG])
    notes = TextAreaField("Notes", [_LONG])

    declined_by = StringField("Declined by")
    declined_on = StringField("Declined on")
    decline_notice = StringField("Notice given")
    decline_reason = TextAreaField("Reason given", [_LONG])

    visibility = RadioField("Who may see it", choices=list(VISIBILITIES.items()), default="team")
    viewers = SelectMultipleField("Named members", coerce=whole_number, validate_choice=False)
    files = MultipleFileField("Files")

    ROWS = ("follow_ups", "roles", "points", "commitments")
    _FIELDS: ClassVar[dict[str, str]] = {
        "due": "commitments",
        "wording": "commitments",
        "made_to": "commitments",
        "made_by": "commitments",
        "title": "follow_ups",
        "remind_on": "follow_ups",
        "positions": "points",
        "conclusion": "points",
        "role": "roles",
        "acceptance": "roles",
        "side": "roles",
        "zone": "when",
        "organisation": "bodies",
        "recipients": "bodies",
    }

    def __init__(self, *args: Any, said_new: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Names that look new and were asked about; sent again with the form, they are said to be new.
        self.asked: list[str] = list(dict.fromkeys(name[:300] for name in said_new))[:ROWS_AT_MOST]

    def said_new(self) -> set[str]:
        """The names, folded, that whoever filled in the form says are new."""
        return {fold(name) for name in self.asked}

    def field_of(self, name: str) -> str:
        """Where the verb speaks of a part, its rows are meant."""
        return self._FIELDS.get(name, name)

    def offer_members(self, members: list[tuple[int, str]], *, first_owner: int | None = None) -> None:
        """Fills the lists of members.

        :param first_owner: who is responsible unless somebody else is chosen
        """
        named: list[tuple[Any, str]] = [(number, name) for number, name in members]
        self.owner.choices = named
        self.viewers.choices = named
        if self.owner.data is None:
            self.owner.data = first_owner
        for row in self.follow_ups:
            row.form.owner.choices = named
            if row.form.owner.data is None:
                row.form.owner.data = first_owner

    def spare_rows(self, **numbers: int) -> None:
        """Adds empty rows, so that there are some to write into without JavaScript."""
        for name, number in numbers.items():
            rows = self._fields[name]
            assert isinstance(rows, FieldList)
            for _ in range(max(number - len(rows.entries), 0)):
                rows.append_entry()

    def gather_row_errors(self) -> None:
        """Has the lists of rows say what is wrong in their rows, once something was put there after validation."""
        for name in self.ROWS:
            rows = self._fields[name]
            assert isinstance(rows, FieldList)
            inside = [entry.errors for entry in rows.entries if entry.errors]
            own = [error for error in rows.errors if isinstance(error, str)]
            rows.errors = [*own, *inside]

    def filled(self, name: str, part: str) -> int:
        """How many rows of a list have something in their field ``part``."""
        rows = self._fields[name]
        assert isinstance(rows, FieldList)
        return sum(1 for entry in rows.entries if str(entry.form[part].data or "").strip())

    def names(self, name: str) -> str:
        """The names in a field of lines, without their numbers."""
        found = (_NUMBER.sub("", line).strip() for line in str(self._fields[name].data or "").splitlines())
        return ", ".join(one for one in found if one)

    def said_of_our_side(self) -> list[str]:
        """What the folded part about status and our side holds."""
        status = STATUSES.get(self.status.data or "", "Status as the date says")
        return [status, self.names("actors") or "nobody named", self.names("colleagues")]

    def said_of_others(self) -> list[str]:
        """What the folded part about others present holds."""
        roles = self.filled("roles", "who")
        return [self.names("third"), self.names("copies"), plural(roles, "role") if roles else ""]

    def said_of_details(self) -> list[str]:
        """What the folded part about place and references holds."""
        notes = "notes" if str(self.notes.data or "").strip() else ""
        return [self.place.data or "", self.file_reference.data or "", self.names("follows"), notes]

    def said_of_rows(self, name: str, part: str, noun: str) -> list[str]:
        """How many rows a list has."""
        number = self.filled(name, part)
        return [plural(number, noun)] if number else []

    def is_wrong(self, *names: str) -> bool:
        """Whether one of the fields has an error, so that the part that holds it is shown."""
        return any(self._fields[name].errors for name in names)


class PostponeForm(Form):
    """A planned meeting is put off."""

    to = StringField("New date", description="Leave it empty while there is none.")
    reason = StringField("Reason")

    def field_of(self, name: str) -> str:
        """The new date is the verb's ``when``."""
        return "to" if name == "when" else name


class DeclineForm(Form):
    """A meeting was refused."""

    by = SelectField("By whom", coerce=whole_number)
    on = StringField("On")
    notice = StringField("Notice given", description="Such as “two hours before”, or “by telephone”.")
    reason = TextAreaField("Reason given", [_LONG])

    _FIELDS: ClassVar[dict[str, str]] = {
        "declined_by": "by",
        "declined_on": "on",
        "decline_notice": "notice",
        "decline_reason": "reason",
    }

    def field_of(self, name: str) -> str:
        """The verb names its fields after the engagement's."""
        return self._FIELDS.get(name, name)


class QuickFollowUpForm(Form):
    """One thing to do, added on the page of an engagement."""

    title = StringField("What is to be done", [InputRequired("Say what is to be done.")])
    due = StringField("By when")
    owner = SelectField("By whom", coerce=whole_number, validate_choice=False)


class FilesForm(Form):
    """Files added on the page of an engagement."""

    files = MultipleFileField("Files", id="new-files")
