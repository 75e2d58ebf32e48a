"""The list of letters, by how far they have come."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from crm.http import read
from crm.models.engagements import STATUSES, VISIBILITIES
from crm.queries import letters as reads
from crm.web.filters import tools
from crm.web.letters.blueprint import bp
from crm.web.narrowing import MEMBER, ORGANISATION, TOPIC, Listing, Part, chips
from crm.web.parsing import number, owner_asked, page_number, words, year_asked
from crm.web.sorting import heads, sort_asked
from crm.work import Work

PER_PAGE = 50


DEFAULT_SORT = "-when"


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Letters of ours, by how far they have come."""
    wanted, kept = filter_of(work)
    page = page_number()
    rows, more = reads.letters(work, wanted, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    return render_template(
        "crm/letters/index.html",
        rows=rows,
        more=more,
        page=page,
        per_page=PER_PAGE,
        wanted=wanted,
        kept=kept,
        tabs=reads.TABS,
        numbers=reads.tab_counts(work, wanted),
        heads=heads("crm.letters.index", kept, reads.SORTS, wanted.sort, DEFAULT_SORT),
        chips=chips(work, "crm.letters.index", [*PARTS, Part("q", "Words")], kept),
        visibilities=VISIBILITIES,
        **tools(work, "letters"),
        today=work.today(),
    )


def filter_of(work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The filter in the address, and what of it to keep in links; what cannot be read filters nothing."""
    tab, status = request.args.get("show", "all"), request.args.get("status", "")
    wanted = reads.Filter(
        tab=tab if tab in reads.TABS else "all",
        text=words(),
        status=status if status in reads.LETTER_STATUSES else "",
        year=year_asked(),
        owner_id=owner_asked(work),
        topic_id=number(request.args.get("topic")),
        organisation_id=number(request.args.get("organisation")),
        sort=sort_asked(reads.SORTS, DEFAULT_SORT),
    )
    said = {
        "show": "" if wanted.tab == "all" else wanted.tab,
        "q": wanted.text,
        "status": wanted.status,
        "year": wanted.year,
        "owner": wanted.owner_id,
        "topic": wanted.topic_id,
        "organisation": wanted.organisation_id,
        "sort": wanted.sort,
    }
    return wanted, {name: value for name, value in said.items() if value not in ("", None)}


PARTS = (
    Part("status", "Status", {status: STATUSES[status] for status in reads.LETTER_STATUSES}),
    Part("year", "Year", by_value=True),
    Part("owner", "Responsible", record=MEMBER),
    Part("topic", "Topic", record=TOPIC),
    Part("organisation", "Written to", record=ORGANISATION),
)


LISTING = Listing("crm.letters.index", "Letters", PARTS, filter_of, reads.facets_of)
