"""Gives every request an id, which every line that is logged meanwhile bears, and logs one line when it is answered."""

from __future__ import annotations

import logging
import secrets
import time
from contextvars import ContextVar
from typing import NamedTuple

from flask import Response, g, request

from crm.http.context import current_instance

log = logging.getLogger("crm.request")

HEADER = "X-Request-ID"
#: Asked every few seconds by machines.
QUIET = frozenset({"crm.health.alive", "crm.health.ready", "crm.static"})


class Asked(NamedTuple):
    """A request being answered."""

    id: str
    since: float


_current: ContextVar[Asked | None] = ContextVar("crm_request", default=None)


def current_id() -> str | None:
    """The id of the request that is being answered in this thread."""
    asked = _current.get()
    return asked.id if asked is not None else None


def begin() -> None:
    """Gives the request its id, unless it has one."""
    if "crm_asked" not in g:
        g.crm_asked = Asked(secrets.token_hex(8), time.perf_counter())
        _current.set(g.crm_asked)


def end(response: Response) -> Response:
    """Logs the answer: route, status and time; of people nothing but the member's number."""
    asked: Asked | None = g.get("crm_asked")
    if asked is None or g.get("crm_told"):
        return response
    g.crm_told = True
    response.headers[HEADER] = asked.id
    route = request.url_rule.rule if request.url_rule is not None else ""
    seconds = time.perf_counter() - asked.since
    current_instance().tell_answered(request.method, route, response.status_code, seconds)
    level = logging.DEBUG if request.endpoint in QUIET else logging.INFO
    if log.isEnabledFor(level):
        member = g.get("crm_member")
        extra = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "member": member.id if member is not None else None,
        }
        log.log(level, "answered", extra=extra)
    return response


def forget(_error: BaseException | None = None) -> None:
    """What this thread logs later is not of this request."""
    _current.set(None)
