"""The list of engagements: every number of the counts leads here, to exactly the rows it counts."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from crm.dates.wording import day
from crm.errors import Invalid, Several
from crm.http import read
from crm.models.engagements import KINDS, STATUSES, VISIBILITIES
from crm.queries import engagements, names
from crm.queries.engagements import COUNTED_AT_MOST, Cursor, Filter
from crm.web.engagements.blueprint import bp
from crm.web.filters import tools
from crm.web.forms.scope import ANY, ANYBODY, COUNTED, OURS, Read, filter_args, parse_scope, with_numbers
from crm.web.narrowing import MEMBER, ORGANISATION, TOPIC, Listing, Part, chips, year_of
from crm.web.parsing import page_number
from crm.web.sorting import heads, sort_asked
from crm.work import Work

PER_PAGE = 50
OLDEST, NEWEST = "when", "-when"
SORTS = ("when", *engagements.COLUMNS)

_ASIDE = {
    "planned": "Planned with",
    "declined": "Declined by",
    "cancelled": "Cancelled with",
    "absent": "Absent",
    "copies": "Copied to",
    "third": "In the presence of",
}


def filter_of(work: Work) -> tuple[Filter, dict[str, Any]]:
    """The filter in the address, and the arguments that say it the short way.

    :raises Several: what could not be read, argument by argument
    """
    wanted, problems, _ = _asked(work)
    if problems:
        raise Several(problems)
    return wanted.filter, _arguments(wanted.filter)


PARTS = (
    Part("kind", "Kind", KINDS),
    Part("status", "Status", {**STATUSES, COUNTED: "held, sent or received"}),
    Part(
        "year",
        "Year",
        names=("since", "until", "certainty"),
        said=lambda year: {"since": f"{year}-01-01", "until": f"{year}-12-31"},
        chosen=year_of,
        by_value=True,
    ),
    Part("owner", "Responsible", record=MEMBER),
    Part("visibility", "Visible to", VISIBILITIES),
    Part("topic", "Topic", record=TOPIC),
    Part("body", "Body", record=ORGANISATION),
    Part("actor", "On behalf of", {OURS: "us and our clients"}, ORGANISATION),
)
LISTING = Listing("crm.engagements.index", "Engagements", PARTS, filter_of, engagements.facets_of)


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The list."""
    wanted, problems, arguments = _asked(work)
    is_plain = all(request.args.values()) and arguments.to_dict(flat=False) == request.args.to_dict(flat=False)
    said = _arguments(wanted.filter)
    if not is_plain and not problems:
        # What a form sends is said again the short way, so that the address can be passed on.
        return redirect(url_for(".index", **said), 303)
    page = None if problems else _page(work, wanted.filter)
    numbers = engagements.numbers_of(work, wanted.filter)
    shown = names.of(work, organisations=_organisations(wanted.filter), topics=wanted.scope.topics)
    return render_template(
        "crm/engagements/index.html",
        page=page,
        number=numbers.listed if page is not None else 0,
        most=COUNTED_AT_MOST,
        filter=wanted.filter,
        typed=wanted.typed,
        problems=problems,
        names=shown,
        arguments=said,
        heads=heads(".index", said, SORTS, _sort(), NEWEST),
        is_filtered=bool(_short(wanted.filter)) or bool(problems),
        chips=[] if problems else chips(work, ".index", [*PARTS, *_more_parts(wanted.filter)], said),
        waiting=numbers.unsettled,
        kinds=KINDS,
        statuses=STATUSES,
        day=day,
        visibilities=VISIBILITIES,
        **tools(work, "engagements"),
        previous_url=_place(wanted.filter, before=page.previous) if page and page.previous else None,
        next_url=_place(wanted.filter, after=page.next) if page and page.next else None,
        # Literal beginnings: building an address for each of 150 links costs more than the rest of the page.
        engagement_url=url_for(".show", id=0).removesuffix("0"),
        organisation_url=url_for("crm.organisations.show", id=0).removesuffix("0"),
        **_choices(wanted.filter, shown),
    )


def _asked(work: Work) -> tuple[Read, list[Invalid], MultiDict[str, str]]:
    arguments, problems = with_numbers(work, request.args)
    wanted = parse_scope(arguments, today=work.today(), default_actor=ANYBODY, default_status=ANY)
    return wanted, problems + wanted.problems, arguments


def _page(work: Work, wanted: Filter) -> engagements.Page:
    after, before = Cursor.read(request.args.get("after", "")), Cursor.read(request.args.get("before", ""))
    number = page_number() if after is None and before is None else 1
    sort = _sort()
    skipped = (number - 1) * PER_PAGE
    column = sort.removeprefix("-")
    if column in engagements.COLUMNS and wanted.per != "contact":
        return engagements.listed_by(
            work,
            wanted,
            column,
            descending=sort.startswith("-"),
            after=after,
            before=before,
            skipped=skipped,
            limit=PER_PAGE,
        )
    newest_first = sort != OLDEST
    if skipped:
        after = engagements.place_before(work, wanted, skipped, newest_first=newest_first)
        if after is None:
            return engagements.Page([], None, None)
    return engagements.listed(work, wanted, newest_first=newest_first, after=after, before=before, limit=PER_PAGE)


def _place(wanted: Filter, **place: Cursor) -> str:
    return url_for(".index", **{**_arguments(wanted), **{name: str(cursor) for name, cursor in place.items()}})


def _sort() -> str:
    return sort_asked(SORTS, NEWEST)


def _arguments(wanted: Filter) -> dict[str, Any]:
    return _short(wanted) | ({"sort": sort} if (sort := _sort()) else {})


def _short(wanted: Filter) -> dict[str, Any]:
    """The arguments that differ from what this list takes for granted."""
    said = filter_args(wanted)
    for name, default in (("actor", [ANYBODY]), ("status", [ANY])):
        if said.get(name) == default:
            del said[name]
    return said


def _choices(wanted: Filter, shown: names.Names) -> dict[str, Any]:
    """What the form's lists offer, and what is chosen."""
    scope, said = wanted.scope, _short(wanted)
    kinds = [("", "All kinds"), *KINDS.items()]
    if len(scope.kinds) > 1:
        kinds.append((",".join(scope.kinds), ", ".join(KINDS[kind] for kind in scope.kinds)))
    chosen = said.get("status", [""])
    statuses = [("", "All"), (COUNTED, "Held, sent, received"), *STATUSES.items()]
    if len(chosen) > 1:
        statuses.append((",".join(chosen), ", ".join(STATUSES[status] for status in chosen)))
    actors = [("", "Anybody"), (OURS, "Us and our clients")]
    actors += [(str(number), shown.organisations.get(number, "No longer there")) for number in scope.actors]
    in_form = ("q", "kind", "status", "body", "topic", "since", "until", "actor")
    return {
        "kind_options": kinds,
        "status_options": statuses,
        "status_value": ",".join(chosen),
        "actor_options": actors,
        "actor_value": str(next(iter(said.get("actor", [""])))),
        "kept": {name: value for name, value in _arguments(wanted).items() if name not in in_form},
    }


def _more_parts(wanted: Filter) -> list[Part]:
    """What a list can be limited to besides, mostly by a number of the counts that led to it."""
    scope, is_year = wanted.scope, bool(year_of(_short(wanted)))
    beside = _ASIDE.get(wanted.beside, "With")
    days = [
        Part(name, label, {value.isoformat(): day(value)})
        for name, label, value in (("since", "Since", scope.since), ("until", "Until", scope.until))
        if value is not None and not is_year
    ]
    return [
        Part("q", "Words"),
        *days,
        Part("certainty", "Only", {"certain": "certain in that span", "possible": "possible in that span"}),
        Part("per", "One row for each contact", {"contact": ""}),
        Part("also", beside, record=ORGANISATION, names=("also", "beside")),
        Part("acting", "Acting", record=ORGANISATION),
        Part("tree", "As organised today", {"today": ""}),
        Part("direct", "Named directly", {"1": ""}),
    ]


def _organisations(wanted: Filter) -> set[int]:
    scope = wanted.scope
    return {*scope.bodies, *scope.actors, *(one for one in (wanted.also, wanted.acting) if one is not None)}
