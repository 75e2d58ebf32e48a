"""Answers calendar programs: from memory where nothing has changed, with nothing at all where they hold it already."""

from __future__ import annotations

import datetime as dt
from weakref import WeakKeyDictionary

from flask import Response, request
from flask.typing import ResponseReturnValue

from crm.errors import NotFound, Unavailable
from crm.feeds.shelf import Brake, Shelf
from crm.http import current_instance, open_to_all, read
from crm.http.calendars import freshen
from crm.instance import Instance
from crm.queries.feeds import Subscription
from crm.services import calendar, feeds
from crm.services.calendar import File
from crm.work import Work

DOOR = "feed"
CONTENT_TYPE = "text/calendar; charset=utf-8"
# Asking each time costs a few milliseconds; a stored copy that is not asked about would show cancelled meetings.
CACHE_CONTROL = "private, max-age=0, must-revalidate"

_shelves: WeakKeyDictionary[Instance, Shelf] = WeakKeyDictionary()
_brakes: WeakKeyDictionary[Instance, Brake] = WeakKeyDictionary()


@open_to_all
def subscription(secret: str) -> ResponseReturnValue:
    """A feed as its member may see it now. Unknown, revoked and disabled are one and the same answer."""
    instance = current_instance()
    try:
        with instance.reading(door=DOOR, trusted=True) as work:
            found = feeds.open_with(work, secret)
            today = work.today()
            is_to_be_noted = feeds.is_to_be_noted(work, found.fetched_at)
        if not _brakes.setdefault(instance, Brake()).lets_pass(found.feed.id, instance.clock.now()):
            return _said(429, "This calendar is being fetched too often; once an hour is plenty.", retry_after=60)
        file, encoding = _file(instance, found, today)
    except NotFound:
        return _said(404, "There is no such calendar.")
    except Unavailable:
        return _said(503, "The calendar cannot be read at the moment.", retry_after=120)
    if is_to_be_noted:
        _note(instance, found.feed.id)
    return _answer(file, encoding)


@read
def engagement(work: Work, id: int) -> ResponseReturnValue:
    """One engagement, to be opened once in a calendar program."""
    file = calendar.download(work, id, base_url=current_instance().settings.base_url)
    response = Response(file.data, content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="engagement-{id}.ics"'
    return response


def _file(instance: Instance, found: Subscription, today: dt.date) -> tuple[File, str]:
    """The file in the encoding asked for, and that encoding's name."""
    encoding = "gzip" if _takes_gzip() else ""
    feed, member = found.feed, found.member
    scope = feed.scope, feed.organisation_id, feed.topic_id, feed.detail, feed.label
    key = member.id, member.person_id, *scope
    version = found.revision, today
    shelf = _shelves.setdefault(instance, Shelf())
    file = shelf.find((encoding, *key), version)
    if file is not None:
        return file, encoding
    plain = shelf.find(("", *key), version)
    if plain is None:
        freshen(instance, door=DOOR)
        with instance.reading(member, door=DOOR) as work:
            plain = calendar.publish(work, feed)
        shelf.keep(("", *key), version, plain)
    if not encoding:
        return plain, encoding
    file = calendar.packed(plain)
    shelf.keep((encoding, *key), version, file)
    return file, encoding


def _note(instance: Instance, feed_id: int) -> None:
    """Notes the fetch; a database that cannot take the note is no reason to refuse the calendar."""
    try:
        with instance.writing(door=DOOR, trusted=True) as work:
            feeds.note_fetch(work, feed_id, request.user_agent.string)
    except Unavailable:
        return


def _takes_gzip() -> bool:
    accepted = request.accept_encodings
    return accepted.quality("gzip") > 0 and accepted.quality("gzip") >= accepted.quality("identity")


def _answer(file: File, encoding: str) -> Response:
    held = request.if_none_match
    # If-Modified-Since is not looked at: whole seconds once froze a calendar that had changed twice in one.
    if held.contains_weak(file.etag.strip('"')):
        response = Response(status=304)
    else:
        response = Response(file.data, content_type=CONTENT_TYPE)
        if encoding:
            response.headers["Content-Encoding"] = encoding
    response.headers["ETag"] = file.etag
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = CACHE_CONTROL
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _said(code: int, message: str, *, retry_after: int = 0) -> Response:
    response = Response(f"{message}\n", code, content_type="text/plain; charset=utf-8")
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
