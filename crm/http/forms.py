"""The base of every form: typed values kept, a verb's errors put on the field they name."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import wtforms
from wtforms import HiddenField

from crm.errors import Conflict, Invalid, Several
from crm.work import Work


class Form(wtforms.Form):
    """A form whose CSRF token is checked centrally, and whose errors a verb may add.

    ``submission`` is the key that makes a second click find the first one's record; ``version`` is the version of the
    record the form was opened with. Both are optional in a subclass's page.
    """

    submission = HiddenField()
    version = HiddenField()

    #: Rows of (label, stored value, typed value) when somebody else saved meanwhile.
    conflict: list[tuple[str, str, str]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflict = []
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
            self._show_conflict(error, stored())

    def _show_conflict(self, error: Conflict, stored: Mapping[str, Any]) -> None:
        self.version.data = str(error.found)
        for name, value in stored.items():
            field = self._fields.get(name)
            if field is None or name in ("version", "submission"):
                continue
            typed, held = _shown(field.data), _shown(value)
            if typed != held:
                self.conflict.append((str(field.label.text), held, typed))
        self.form_errors.append(
            "Somebody else saved this after you had opened it. Both versions are shown; nothing of yours is lost."
        )


def _shown(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list | tuple):
        return "\n".join(_shown(item) for item in value)
    if isinstance(value, Mapping):
        return " · ".join(_shown(item) for item in value.values() if item)
    return str(value).strip()
