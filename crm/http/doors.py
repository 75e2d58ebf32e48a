"""Decorators of views: each opens the unit of work it needs and passes it first."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, BinaryIO, Concatenate, ParamSpec, cast

from flask import Response, g, make_response, request
from flask.typing import ResponseReturnValue

from crm.errors import Unavailable
from crm.http.context import current_instance, current_member
from crm.http.guards import SignInNeeded
from crm.http.sending import ANOTHER, sent_digest
from crm.services.faults import may_retry
from crm.services.submissions import keep_content
from crm.work import Work

P = ParamSpec("P")
View = Callable[Concatenate[Work, P], ResponseReturnValue]

GUARD = "crm_guard"


class _Refused(Exception):
    """Carries an answer that says nothing was saved out of the unit of work, which is then forgotten."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def read(view: View[P]) -> Callable[P, ResponseReturnValue]:
    """A page for members: the view gets a unit of work that cannot save anything."""

    @functools.wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        member = current_member()
        if member is None:
            raise SignInNeeded
        with current_instance().reading(member, door="web") as work:
            g.crm_work = work
            return make_response(view(work, *args, **kwargs))

    return _marked(wrapped, "read")


def write(view: View[P]) -> Callable[P, ResponseReturnValue]:
    """An action of members: what the view did is committed before the answer, unless the answer is an error."""

    @functools.wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        member = current_member()
        if member is None:
            raise SignInNeeded
        _look_at_files()
        for attempt in (1, 2):
            try:
                with current_instance().writing(member, door="web") as work:
                    g.crm_work = work
                    response = make_response(view(work, *args, **kwargs))
                    if response.status_code >= 400:
                        raise _Refused(response)
                    keep_content(work, sent_digest(), may_repeat=request.form.get(ANOTHER) == "yes")
                return response
            except _Refused as refused:
                return refused.response
            except Unavailable as fault:
                if attempt == 2 or not may_retry(fault):
                    raise
        raise AssertionError("unreachable")

    return _marked(wrapped, "write")


def _look_at_files() -> None:
    """Has the files that came along checked before a unit of work is open: the verb that keeps them finds the verdict
    there, and no writer waits for a scanner."""
    instance = current_instance()
    if not instance.gate.is_open:
        for _, file in request.files.items(multi=True):
            if file.filename:
                instance.examine(file.filename, cast(BinaryIO, file.stream))
                file.stream.seek(0)


def open_to_all(view: Callable[..., Any]) -> Callable[..., Any]:
    """Says on purpose that a view asks nobody who they are: static files, sign-in, secret addresses."""
    return _marked(view, "open")


def _marked(view: Callable[..., Any], guard: str) -> Callable[..., Any]:
    setattr(view, GUARD, guard)
    return view
