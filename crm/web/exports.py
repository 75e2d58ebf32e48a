"""Downloads: the log, counts and every other list, as the pages with the same arguments show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, NotFound, Several
from crm.http import current_instance, current_member, read
from crm.http.calendars import freshen
from crm.queries import counts as counting
from crm.queries import engagements as engagement_reads
from crm.queries import exports as sheets
from crm.queries import milestones as milestone_reads
from crm.queries.scope import Scope
from crm.services import calendar, exports
from crm.services.exports import ExportFormat, Sheet
from crm.web import commitments as commitment_pages
from crm.web import followups as follow_up_pages
from crm.web import history as history_pages
from crm.web import letters as letter_pages
from crm.web import milestones as milestone_pages
from crm.web import people as people_pages
from crm.web.forms.scope import ANY, ANYBODY, COUNTED, OURS, Read, parse_scope, with_numbers
from crm.web.organisations import listing as organisation_pages
from crm.work import Work

bp = Blueprint("exports", __name__, url_prefix="/export")

Make = Callable[[Work], Sheet]


class _Entries(NamedTuple):
    """What of a list stands in calendars: the kind of record, and the numbers of its rows."""

    kind: str
    numbers: Callable[[Work], Any]


@bp.get("/engagements.<format>")
@read
def engagements(work: Work, format: str) -> ResponseReturnValue:
    """The rows of the list of engagements with the same arguments."""
    wanted = _wanted(work, ANYBODY, ANY)
    page = url_for("crm.engagements.show", id=1, _external=True).removesuffix("1")
    return _answer(
        work,
        "engagements",
        format,
        lambda work: sheets.engagements(work, wanted.filter, page=page),
        _Entries("engagement", lambda work: engagement_reads.numbers(work, wanted.filter)),
    )


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
    """The rows of the list of commitments with the same arguments; those made with other parties or days besides."""
    scope = _parties(work)
    page, _ = commitment_pages.filter_of(work)
    tab = request.args.get("show", "")
    if tab in commitment_pages.SHOWN:
        page = replace(page, buckets=commitment_pages.SHOWN[tab][1])
    return _answer(
        work,
        "commitments",
        format,
        lambda work: sheets.commitments(work, scope, page),
        _Entries("commitment", lambda work: sheets.commitment_numbers(work, scope, page)),
    )


@bp.get("/followups.<format>")
@read
def follow_ups(work: Work, format: str) -> ResponseReturnValue:
    """The rows of the list of follow-ups with the same arguments; without them, everybody's, done or not."""
    scope = _parties(work)
    page, _ = follow_up_pages.filter_of(work)
    if "whose" not in request.args:
        page = replace(page, owner_id=None)
    if "tab" not in request.args:
        page = replace(page, tab="")
    return _answer(
        work,
        "followups",
        format,
        lambda work: sheets.follow_ups(work, scope, page),
        _Entries("follow_up", lambda work: sheets.follow_up_numbers(work, scope, page)),
    )


@bp.get("/organisations.<format>")
@read
def organisations(work: Work, format: str) -> ResponseReturnValue:
    """The rows of the list of organisations with the same arguments."""
    page, said = organisation_pages.filter_of(work)
    return _answer(work, "organisations", format, lambda work: sheets.organisations(work, page, _said(said)))


@bp.get("/people.<format>")
@read
def people(work: Work, format: str) -> ResponseReturnValue:
    """The rows of the list of people with the same arguments."""
    page, said = people_pages.filter_of(work)
    return _answer(work, "people", format, lambda work: sheets.people(work, page, _said(said)))


@bp.get("/letters.<format>")
@read
def letters(work: Work, format: str) -> ResponseReturnValue:
    """The rows of the list of letters with the same arguments."""
    page, said = letter_pages.filter_of(work)
    return _answer(work, "letters", format, lambda work: sheets.letters(work, page, _said(said)))


@bp.get("/milestones.<format>")
@read
def milestones(work: Work, format: str) -> ResponseReturnValue:
    """The rows of the list of milestones with the same arguments."""
    page, said = milestone_pages.filter_of(work)
    return _answer(
        work,
        "milestones",
        format,
        lambda work: sheets.milestones(work, page, _said(said)),
        _Entries("milestone", lambda work: milestone_reads.numbers(work, page)),
    )


@bp.get("/history.<format>")
@read
def history(work: Work, format: str) -> ResponseReturnValue:
    """The acts that the page of the history shows with the same arguments, for administrators."""
    exports.may_have(work, "history")
    wanted, _ = history_pages.filter_of(work)
    return _answer(work, "history", format, lambda work: sheets.history(work, wanted))


def _parties(work: Work) -> Scope:
    """Parties, topics and days; kinds and words in the address are those of the page, not of engagements."""
    arguments, problems = with_numbers(work, request.args)
    for name in ("kind", "q", "status", "owner", "visibility"):
        arguments.poplist(name)
    wanted = parse_scope(arguments, today=work.today(), default_actor=ANYBODY, default_status=ANY)
    problems += wanted.problems
    if problems:
        raise Several(problems)
    return wanted.scope


def _said(arguments: Mapping[str, object]) -> str:
    """A filter in words, as the address says it."""
    return "; ".join(f"{name} {value}" for name, value in arguments.items() if value and name != "sort") or "all"


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


def _answer(work: Work, what: str, format_key: str, make: Make, entries: _Entries | None = None) -> Response:
    if entries is not None and format_key == calendar.FORMAT.key:
        freshen(current_instance(), door="web")
        kind, numbers = entries
        return _file(work, what, calendar.FORMAT, lambda work: calendar.rows_of(work, kind, numbers(work), make(work)))
    try:
        chosen = exports.format_named(current_instance().plugins, format_key)
    except Invalid as error:
        raise NotFound from error
    return _file(work, what, chosen, make)


def _file(work: Work, what: str, chosen: ExportFormat, make: Make) -> Response:
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
