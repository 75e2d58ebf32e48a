"""What a record is called in a sentence, read from its columns alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from crm.dates.wording import day
from crm.models import (
    Attachment,
    Commitment,
    Engagement,
    FollowUp,
    Member,
    Milestone,
    Organisation,
    OrganisationList,
    Person,
    SavedFilter,
    Topic,
)
from crm.models.engagements import KINDS

LONGEST = 80
#: Class → the word for one, and the column that names it.
_NAMED: dict[type[Any], tuple[str, str]] = {
    Attachment: ("the file", "name"),
    Commitment: ("the commitment", "wording"),
    FollowUp: ("the follow-up", "title"),
    Member: ("the member", "name"),
    Milestone: ("the milestone", "title"),
    Organisation: ("", "name"),
    OrganisationList: ("the list", "name"),
    Person: ("", "name"),
    SavedFilter: ("the saved filter", "name"),
    Topic: ("the topic", "name"),
}


def title(record_class: type[Any], values: Mapping[str, Any]) -> str:
    """“the follow-up “Send the paper””; what has no name of its own is called by kind and day."""
    if record_class is Engagement:
        kind, first = KINDS.get(values["kind"], "Engagement").lower(), values["first_day"]
        assert isinstance(first, dt.date)
        return f"“{cut(values['subject'])}”" if values["subject"] else f"the {kind} of {day(first)}"
    word, column = _NAMED.get(record_class, (f"the {record_class.__name__.lower()}", ""))
    name = f"“{cut(str(values[column]))}”" if column and values.get(column) else str(values.get("id", ""))
    return f"{word} {name}".strip()


def cut(text: str) -> str:
    """``text`` on one line, not longer than a sentence bears."""
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
