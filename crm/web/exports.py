"""Downloads: the engagement log, counts, commitments and follow-ups, as the pages with the same arguments show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, NotFound, Several
from crm.http import current_instance, current_member, read
from crm.queries import counts as counting
from crm.queries import exports as sheets
from crm.services import exports
from crm.services.exports import Sheet
from crm.web.forms.scope import ANY, ANYBODY, COUNTED, OURS, Read, parse_scope, with_numbers
from crm.work import Work

bp = Blueprint("exports", __name__, url_prefix="/export")

Make = Callable[[Work], Sheet]


@bp.get("/engagements.<format>")
@read
def engagements(work: Work, format: str) -> ResponseReturnValue:
    """The rows of the list of engagements with the same arguments."""
    wanted = _wanted(work, ANYBODY, ANY)
    page = url_for("crm.engagements.show", id=1, _external=True).removesuffix("1")
    return _answer(work, "engagements", format, lambda work: sheets.engagements(work, wanted.filter, page=page))


@bp.get("/counts.<format>")
@read
def counts(work: Work, format: str) -> ResponseReturnValue:
    """The table of counts with the same arguments."""
    wanted = _wanted(work, OURS, COUNTED)
    by = request.args.get("by", "quarter")
    if by and by not in counting.BY:
        raise Invalid("by", f"“{by[:80]}” is not one of: {', '.join(counting.BY)}.")
    scope = wanted.scope
    return _answer(work, "counts", format, lambda work: sheets.counts(work, scope, by=by))


@bp.get("/commitments.<format>")
@read
def commitments(work: Work, format: str) -> ResponseReturnValue:
    """Commitments with the same parties, topics and days."""
    scope = _wanted(work, ANYBODY, ANY).scope
    return _answer(work, "commitments", format, lambda work: sheets.commitments(work, scope))


@bp.get("/followups.<format>")
@read
def follow_ups(work: Work, format: str) -> ResponseReturnValue:
    """Follow-ups with the same bodies, topics and days."""
    scope = _wanted(work, ANYBODY, ANY).scope
    return _answer(work, "followups", format, lambda work: sheets.follow_ups(work, scope))


def _wanted(work: Work, default_actor: str, default_status: str) -> Read:
    """What the address asks for.

    :raises Several: what could not be read, argument by argument
    """
    arguments, problems = with_numbers(work, request.args)
    wanted = parse_scope(arguments, today=work.today(), default_actor=default_actor, default_status=default_status)
    problems += wanted.problems
    if problems:
        raise Several(problems)
    return wanted


def _answer(work: Work, what: str, format_key: str, make: Make) -> Response:
    try:
        chosen = exports.format_named(current_instance().plugins, format_key)
    except Invalid as error:
        raise NotFound from error
    instance, member = current_instance(), current_member()
    assert member is not None
    with ExitStack() as opened:
        # A unit of work of its own, that stays open as long as somebody reads on.
        reading = opened.enter_context(instance.reading(member, door="web", steady=True))
        sheet = make(reading)
        pieces: Iterator[bytes] = iter(())
        if request.method != "HEAD":
            # Recorded before the first byte leaves.
            with instance.writing(member, door="web") as recording:
                exports.record(recording, what, chosen, dict(sheet.head))
            pieces = _begun(_stream(exports.write(chosen, sheet), opened.pop_all()))
    response = Response(pieces, mimetype=None, content_type=chosen.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=exports.file_name(sheet, chosen, work.today()))
    response.headers["Cache-Control"] = "no-store"
    return response


def _stream(pieces: Iterator[bytes], opened: ExitStack) -> Iterator[bytes]:
    with opened:
        yield from pieces


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """``pieces`` with the first one fetched, so that a fault is answered by a page and not by a cut file."""
    first = next(pieces, b"")

    def all_of_them() -> Iterator[bytes]:
        yield first
        yield from pieces

    return all_of_them()
