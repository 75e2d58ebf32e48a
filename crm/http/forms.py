"""The base of every form: typed values kept, a verb's errors put on the field they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import wtforms
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from crm.errors import Conflict, InBin, Invalid, Several
from crm.http.choosing import Side, chosen, sides
from crm.http.pages import submission_key
from crm.services import restoring, submissions
from crm.work import Work

#: Name of the button that takes a record out of the bin and saves the form.
OUT_OF_BIN = "out_of_bin"


class Form(wtforms.Form):
    """A form whose CSRF token is checked centrally, and whose errors a verb may add.

    ``submission`` is the key that makes a second click find the first one's record; ``version`` is the version of the
    record the form was opened with. Both are optional in a subclass's page.
    """

    submission = HiddenField()
    version = HiddenField()

    #: The fields that differ when somebody else saved meanwhile, and their version as it would be sent.
    conflict: list[Side]
    #: Whether the record lies in the bin by now, so that the page offers to take it out and save.
    in_bin: bool
    theirs: list[tuple[str, str]]

    def __init__(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(chosen(formdata) if isinstance(formdata, MultiDict) else formdata, *args, **kwargs)
        self.conflict, self.theirs = [], []
        self.in_bin = self.saved = False
        self._takes_out = isinstance(formdata, MultiDict) and formdata.get(OUT_OF_BIN) == "yes"
        if not self.submission.data:
            self.submission.data = submission_key()

    @property
    def opened_version(self) -> int | None:
        """The version the form was opened with, if it edits a record."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def refusal(self) -> int:
        """The status of the answer that shows this form once more: 409 where somebody else was at the record."""
        return 409 if self.conflict or self.in_bin else 422

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
    def saving(
        self,
        work: Work,
        stored: Callable[[], Mapping[str, Any]] | None = None,
        take_out: Callable[[], Any] | None = None,
        once: tuple[str, int] | None = None,
        before: Mapping[str, Any] | None = None,
    ) -> Iterator[None]:
        """Runs a verb: its problems come back as errors of the form, with nothing saved.

        :param stored: the form's values as they stand in the database, to be shown after a conflict
        :param take_out: takes the record out of the bin and gives it; called where the member chose that
        :param once: kind and number of the record where the verb does not see to it itself that the same form sent
            twice is saved once
        :param before: the form's values when it was opened, where the history cannot say
        :raises AlreadyDone: the same form was saved before
        :raises Invalid: what no page of ours sends along, so that there is no form to show it on
        """
        if once is not None:
            submissions.claim(work, self.submission.data, once)
        if take_out is not None and self._takes_out:
            self._take_out(take_out)
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
            self._show_conflict(work, error, stored, before)

    def _take_out(self, take_out: Callable[[], Any]) -> None:
        record = take_out()
        # Taking it out is one version; one more would be somebody else's, and is noticed as always.
        if self.opened_version is not None and record.version == self.opened_version + 1:
            self.version.data = str(record.version)

    def _show_conflict(
        self,
        work: Work,
        error: Conflict,
        stored: Callable[[], Mapping[str, Any]],
        before: Mapping[str, Any] | None,
    ) -> None:
        self.version.data = str(error.found)
        before = before or restoring.as_opened(work, error.record, error.expected, stored)
        for side, sent in sides(self._fields, stored(), before):
            self.conflict.append(side)
            self.theirs += sent
        if isinstance(error, InBin):
            self.in_bin = True
            self.form_errors.append(
                f"{restoring.binned_by(work, error.record)}. Nothing of yours is lost: it stands in the form."
            )
            if not any(side.who_changed in ("they", "both") for side in self.conflict):
                self.conflict, self.theirs = [], []
            return
        both = "Both versions are shown" if self.conflict else "What stands in the log now is on this page"
        self.form_errors.append(
            f"{restoring.saved_by(work, error.record)} after you had opened it. {both}; nothing of yours is lost."
        )
