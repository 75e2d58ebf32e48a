"""The list of organisations, which is also where the search at the top of every page leads."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import read
from crm.queries import countries, kinds
from crm.queries import organisations as reads
from crm.queries.facets import NOBODY
from crm.queries.scope import Scope
from crm.services import members
from crm.web.filters import tools
from crm.web.forms.scope import scope_args
from crm.web.narrowing import MEMBER, Listing, Part, chips
from crm.web.organisations.blueprint import bp
from crm.web.parsing import number, owner_asked, page_number
from crm.web.sorting import heads, sort_asked
from crm.work import Work

LONGEST_TEXT = 200
PER_PAGE = 50
DEFAULT_SORT = "name"
_GROUP = "group:"


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Every body that the filter in the address leaves."""
    wanted, arguments = filter_of(work)
    page = reads.listed(
        work,
        wanted,
        after=number(request.args.get("after")),
        before=number(request.args.get("before")),
        skipped=(page_number() - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    since, until = reads.last_year(work.today())
    return render_template(
        "crm/organisations/index.html",
        page=page,
        number=reads.number(work, wanted),
        most=reads.COUNTED_AT_MOST,
        filter=wanted,
        **tools(work, "organisations"),
        is_filtered=bool(arguments),
        heads=heads("crm.organisations.index", arguments, reads.SORTS, wanted.sort, DEFAULT_SORT),
        chips=chips(work, "crm.organisations.index", [*PARTS, *_MORE_PARTS], arguments),
        arguments=arguments,
        kind_label=kinds.label,
        kind_value=arguments.get("kind", ""),
        kind_options=_kind_options(),
        country_name=countries.name,
        country_options=_country_options(work, wanted.country),
        owner_options=_owner_options(work),
        year_args=scope_args(Scope(since=since, until=until), certainty="certain"),
        possible_args=scope_args(Scope(since=since, until=until), certainty="possible"),
        show_url=url_for("crm.organisations.show", id=0).removesuffix("0"),
        previous_url=_address(arguments, before=page.previous) if page.previous else None,
        next_url=_address(arguments, after=page.next) if page.next else None,
    )


def filter_of(work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The filter in the address, and what of it to keep in links; what cannot be read filters nothing."""
    kind = request.args.get("kind", "")
    group = kind.removeprefix(_GROUP) if kind.startswith(_GROUP) else ""
    side, closed = request.args.get("side", ""), request.args.get("closed", "")
    country = request.args.get("country", "")
    wanted = reads.Filter(
        text=request.args.get("q", "").strip()[:LONGEST_TEXT],
        group=group if group in kinds.groups() else "",
        kind=kind if kind in kinds.kinds() else "",
        country=country if country in countries.countries() else "",
        side=side if side in reads.SIDES else "",
        closed=closed if closed in reads.CLOSED else "",
        is_overdue=request.args.get("goal") == "over",
        owner_id=owner_asked(work),
        sort=sort_asked(reads.SORTS, DEFAULT_SORT),
    )
    arguments = {
        "q": wanted.text,
        "kind": f"{_GROUP}{wanted.group}" if wanted.group else wanted.kind,
        "country": wanted.country,
        "side": wanted.side,
        "closed": wanted.closed,
        "goal": "over" if wanted.is_overdue else "",
        "owner": wanted.owner_id,
        "sort": wanted.sort,
    }
    return wanted, {name: value for name, value in arguments.items() if value not in ("", None)}


PARTS = (
    Part(
        "kind",
        "Kind",
        {
            **{key: one.label for key, one in kinds.kinds().items()},
            **{f"{_GROUP}{name}": name for name in kinds.groups()},
        },
    ),
    Part("country", "Country", countries.countries()),
    Part("side", "Side", {"ours": "Us", "client": "Our clients"}),
    Part("owner", "Relationship kept by", record=MEMBER),
    Part("closed", "Closed bodies", {"no": "hidden", "yes": "shown", "only": "only those"}),
)
LISTING = Listing("crm.organisations.index", "Organisations", PARTS, filter_of, reads.facets_of)
_MORE_PARTS = (Part("q", "Name"), Part("goal", "Contact goal missed", {"over": ""}))


def _address(arguments: dict[str, Any], **more: Any) -> str:
    return url_for("crm.organisations.index", **{**arguments, **more})


def _kind_options() -> list[Any]:
    grouped = [
        {"label": group, "options": [(f"{_GROUP}{group}", f"All of {group}"), *((k.key, k.label) for k in those)]}
        for group, those in kinds.groups().items()
    ]
    return [("", "Every kind"), *grouped]


def _country_options(work: Work, chosen: str) -> list[tuple[str, str]]:
    named = {*reads.countries_named(work), *([chosen] if chosen else [])}
    return [("", "Every country"), *sorted(((c, countries.name(c)) for c in named), key=lambda pair: pair[1])]


def _owner_options(work: Work) -> list[tuple[Any, str]]:
    offered = [(member.id, member.name) for member in members.everybody(work) if member.is_active]
    return [("", "Anybody"), (NOBODY, "Nobody"), *offered]
