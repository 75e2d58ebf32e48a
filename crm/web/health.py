"""For monitoring: whether the process lives, and whether it can answer; never more than that."""

from __future__ import annotations

import hmac
import logging

from flask import Blueprint, Response, request

from crm.errors import NotFound
from crm.http.context import current_instance
from crm.http.doors import open_to_all
from crm.services import health

bp = Blueprint("health", __name__)

log = logging.getLogger("crm.http")


@bp.get("/healthz")
@open_to_all
def alive() -> Response:
    """The process is there; asks nothing of the database."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@open_to_all
def ready() -> Response:
    """The database answers and has the tables of this program."""
    try:
        with current_instance().reading(door="web", trusted=True) as work:
            if health.is_ready(work):
                return Response("ok\n", mimetype="text/plain")
        reason = "the tables are not those of this program"
    except Exception as fault:  # whatever it is, the answer is the same
        reason = type(fault).__name__
    log.warning("not ready", extra={"reason": reason})
    return Response("not ready\n", 503, mimetype="text/plain")


@bp.get("/monitoring/<string(maxlength=40):key>")
@open_to_all
def figures(key: str) -> Response:
    """What a plugin that watches shows, to whoever brings the token that an administrator set."""
    instance = current_instance()
    watcher, token = instance.watchers.get(key), instance.settings.metrics_token
    given = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if watcher is None or not token or not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise NotFound
    with instance.reading(door="web", trusted=True) as work:
        standing = health.standing(work)
    return Response(watcher.figures(standing), content_type=watcher.media_type)
