"""The base of every form: typed values kept, a verb's errors put on the field they name."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import wtforms
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from crm.errors import Conflict, Invalid, Several
from crm.http.choosing import Side, chosen, sides
from crm.services import restoring
from crm.work import Work


class Form(wtforms.Form):
    """A form whose CSRF token is checked centrally, and whose errors a verb may add.

    ``submission`` is the key that makes a second click find the first one's record; ``version`` is the version of the
    record the form was opened with. Both are optional in a subclass's page.
    """

    submission = HiddenField()
    version = HiddenField()

    #: The fields that differ when somebody else saved meanwhile, who that was, and their version as it would be sent.
    conflict: list[Side]
    conflict_by: str
    theirs: list[tuple[str, str]]

    def __init__(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(chosen(formdata) if isinstance(formdata, MultiDict) else formdata, *args, **kwargs)
        self.conflict, self.theirs, self.conflict_by = [], [], ""
        self.saved = False
        if not self.submission.data:
            self.submission.data = secrets.token_urlsafe(16)

    @property
    def opened_version(self) -> int | None:
        """The version the form was opened with, if it edits a record."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def take(self, error: Invalid | Several) -> None:
        """Puts each problem on the field it names, or on the form where it names none of its fields."""
        problems = error.problems if isinstance(error, Several) else [error]
        for problem in problems:
            field = self._fields.get(self.field_of(problem.field))
            if field is None:
                self.form_errors.append(problem.reason)
            else:
                field.errors = [*field.errors, problem.reason]

    def field_of(self, name: str) -> str:
        """The form's own field for a verb's field ``name``; subclasses map where they differ."""
        return name

    @contextmanager
    def saving(self, work: Work, stored: Callable[[], Mapping[str, Any]] | None = None) -> Iterator[None]:
        """Runs a verb: its problems come back as errors of the form, with nothing saved.

        :param stored: the form's values as they stand in the database, to be shown after a conflict
        """
        try:
            yield
            self.saved = True
        except (Invalid, Several) as error:
            work.rollback()
            self.take(error)
        except Conflict as error:
            work.rollback()
            if stored is None:
                raise
            self._show_conflict(work, error, stored)

    def _show_conflict(self, work: Work, error: Conflict, stored: Callable[[], Mapping[str, Any]]) -> None:
        self.version.data = str(error.found)
        before = restoring.as_opened(work, error.record, error.expected, stored)
        for side, sent in sides(self._fields, stored(), before):
            self.conflict.append(side)
            self.theirs += sent
        self.conflict_by = restoring.saved_by(work, error.record)
        both = "Both versions are shown" if self.conflict else "What stands in the log now is on this page"
        self.form_errors.append(
            f"{self.conflict_by} saved this after you had opened it. {both}; nothing of yours is lost."
        )
