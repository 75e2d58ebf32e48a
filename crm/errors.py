"""The one tree of errors that verbs raise and doors answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class CrmError(Exception):
    """Base of every error this package raises on purpose."""


class Invalid(CrmError):
    """One value that cannot be accepted.

    :param field: name of the field, row or option at fault, as the person who gave it knows it
    :param reason: what is wrong and what would be right, one sentence
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Several(CrmError):
    """More than one :class:`Invalid` at once, in the order in which they were found."""

    def __init__(self, problems: Iterable[Invalid]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Forbidden(CrmError):
    """The member may see the record but not do this with it."""


class NotFound(CrmError):
    """There is no such record, or the member may not know of it: the answer is the same."""


class Conflict(CrmError):
    """Somebody else saved the record after the member had opened it.

    :param record: the record as it stands now
    :param expected: version the member had opened
    :param found: version stored now
    """

    def __init__(self, record: Any, expected: int, found: int) -> None:
        super().__init__(f"changed by somebody else meanwhile (version {found}, opened as version {expected})")
        self.record = record
        # The record itself knows nothing any more once the work is forgotten.
        self.record_id: int | None = getattr(record, "id", None)
        self.expected = expected
        self.found = found


class InBin(Conflict):
    """The record lies in the bin by now, where nobody would see what is saved."""


class AlreadyDone(CrmError):
    """The same submission arrived twice; the first one stands.

    :param reference: what the first one made, as the verb described it
    """

    def __init__(self, reference: Mapping[str, Any]) -> None:
        super().__init__("this was already saved")
        self.reference = dict(reference)


class SavedAlready(CrmError):
    """Somebody adds just what they added a short while ago, with a form that was drawn anew.

    :param reference: what the first one made, as the verb described it
    """

    def __init__(self, reference: Mapping[str, Any]) -> None:
        super().__init__("the same was saved a short while ago")
        self.reference = dict(reference)


class ConfigError(CrmError):
    """A setting is missing, malformed or unsafe."""


class Unavailable(CrmError):
    """The database cannot answer now; nothing was saved.

    :ivar may_be_saved: the connection was lost while the work was committed, so that nobody can tell
    """

    may_be_saved = False
