"""One search box over everything: the page of what was found, and suggestions while somebody types."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from crm.http import current_instance, read
from crm.queries import matching
from crm.queries import search as reads
from crm.queries.search import FACETS, NAMED, Hit
from crm.web.parsing import LARGEST_ID, words
from crm.work import Work

bp = Blueprint("search", __name__, url_prefix="/search")

SHOWN_OF_EACH = 5
PER_PAGE = 30
_SUGGESTED_OF_EACH = 4
_SUGGESTED = 12
_LARGEST_PLACE = 2**63 - 1

#: Where each kind of record has its page; a letter's own page is for those of ours, so that the engagement is shown.
ROOMS = {
    "organisation": "organisations",
    "person": "people",
    "engagement": "engagements",
    "letter": "engagements",
    "commitment": "commitments",
    "follow_up": "follow_ups",
    "topic": "topics",
    "milestone": "milestones",
}
#: The drawing beside a hit, where it is not called as the kind is.
SIGNS = {"person": "people", "organisation": "organisations", "topic": "topics"}
#: Pages that list everything of a kind with more filters, and take the words along.
LISTS = {
    "organisation": "organisations.index",
    "person": "people.index",
    "engagement": "engagements.index",
    "letter": "letters.index",
    "commitment": "commitments.index",
    "follow_up": "follow_ups.index",
}


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """What was found: some of each kind, or all of one."""
    text = words()
    if (address := record_meant(text)) is not None:
        return redirect(address, 303)
    typed = matching.typed(work, text)
    facet = request.args.get("kind", "")
    facet = facet if facet in FACETS else ""
    numbers = reads.numbers(work, typed)
    if facet:
        pages = {facet: reads.hits(work, facet, typed, after=_after(), limit=PER_PAGE)}
    else:
        pages = reads.first_hits(work, [one for one in FACETS if numbers[one]], typed, limit=SHOWN_OF_EACH)
    page = pages[facet] if facet else None
    return render_template(
        "crm/search/index.html",
        search_q=text,
        facet=facet,
        facets=FACETS,
        numbers=numbers,
        most=reads.COUNTED_AT_MOST,
        pages=pages,
        direct=[] if _after() else reads.direct(work, text),
        address=address_of,
        signs=SIGNS,
        title=lambda hit: reads.marked(hit.label, typed),
        said=lambda hit: _said(hit, typed),
        lists={one: url_for(f"crm.{endpoint}", q=text, **_whole(one)) for one, endpoint in LISTS.items()},
        next_url=url_for(".index", q=text, kind=facet, after=page.next) if page and page.next else None,
        first_url=url_for(".index", q=text, kind=facet) if facet and _after() else None,
    )


@bp.get("/suggest")
@read
def suggest(work: Work) -> ResponseReturnValue:
    """The likeliest records as JSON: what a number means, then names, then what was last."""
    text = words()
    typed = matching.typed(work, text)
    found = [(one.hit, one.why) for one in reads.direct(work, text)]
    if len(text) > 1:
        for facet in FACETS:
            if len(found) < _SUGGESTED:
                found += [(hit, hit.detail) for hit in reads.hits(work, facet, typed, limit=_SUGGESTED_OF_EACH).hits]
    known = {(hit.facet, hit.id): (hit, detail) for hit, detail in reversed(found[:_SUGGESTED])}
    items = [
        {"label": hit.label, "detail": detail, "hint": hit.when, "kind": hit.facet, "url": address_of(hit)}
        for hit, detail in reversed(known.values())
    ]
    meant = record_meant(text)
    return jsonify({"items": items, "url": meant or url_for(".index", q=text)})


def address_of(hit: Hit) -> str:
    """The page of a record that was found."""
    return url_for(f"crm.{ROOMS[hit.facet]}.show", id=hit.id)


def record_meant(text: str) -> str | None:
    """The page of the record whose address on this site was pasted, none for anything else."""
    if not text.startswith(("http://", "https://", "/")):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    own = urlsplit(current_instance().settings.base_url).netloc
    if parts.netloc not in ("", request.host, own):
        return None
    path = parts.path.removeprefix(request.script_root)
    try:
        adapter = current_app.create_url_adapter(request)
        assert adapter is not None
        endpoint, arguments = adapter.match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    show = f"{endpoint.rpartition('.')[0]}.show"
    if not endpoint.startswith("crm.") or show not in current_app.view_functions or "id" not in arguments:
        return None
    return url_for(show, id=arguments["id"])


def _after() -> int | None:
    typed = request.args.get("after", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 20):
        return None
    largest = LARGEST_ID if request.args.get("kind") in NAMED else _LARGEST_PLACE
    return min(int(typed), largest)


def _said(hit: Hit, typed: matching.Typed) -> list[reads.Piece]:
    """The first text that holds a word, unless the title shows every one of them already."""
    if hit.facet in NAMED and matching.says(hit.label, typed):
        return []
    return next((found for text in hit.texts if (found := reads.excerpt(text, typed))), [])


def _whole(facet: str) -> dict[str, Any]:
    """What makes a list show all of a kind, as the search does."""
    return {
        "organisation": {"closed": "yes"},
        "person": {"former": "1"},
        "letter": {"show": "all"},
        "follow_up": {"whose": "team", "tab": ""},
    }.get(facet, {})
