"""The page of counts: organisations by period, kind or actor, each number a link to exactly the rows it counts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from crm.http import current_instance, read
from crm.http.pages import day
from crm.models.engagements import KINDS, STATUSES
from crm.queries import counts, names
from crm.queries.exports.head import filter_words, seen_by
from crm.queries.published import published
from crm.queries.scope import Scope
from crm.services import exports
from crm.web.counting import Links
from crm.web.forms.scope import ANY, ANYBODY, COUNTED, OURS, parse_scope, scope_args, with_numbers
from crm.work import Work

bp = Blueprint("counts", __name__, url_prefix="/counts")

LARGEST = 40
COLUMNS_AT_MOST = 120
#: More than that, and the page is larger than anybody reads.
CELLS_AT_MOST = 8000
COLUMNS = {
    "month": "Month",
    "quarter": "Quarter",
    "half": "Half-year",
    "year": "Year",
    "kind": "Kind",
    "actor": "On behalf of",
}
ROWS = {
    "": "The largest, in their tree",
    "all": "All, in their tree",
    "top": "Only the highest",
    "count": "All, by number",
}
#: In an address without days: all of them, instead of the days usually shown.
ALL_DAYS = "all"

_BESIDE = {
    "planned": "planned",
    "declined": "declined",
    "cancelled": "cancelled",
    "absent": "absent",
    "copies": "as a copy",
    "third": "as a third party",
}


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Counts by organisation."""
    arguments, problems = with_numbers(work, _arguments(work))
    wanted = parse_scope(arguments, today=work.today())
    problems += wanted.problems
    by, rows = _one("by", COLUMNS, "quarter"), _one("rows", ROWS, "")
    scope = wanted.scope
    if "sent" in request.args and not problems:
        # What a form sends is said again the short way, so that the address can be passed on.
        return redirect(_address(scope, by, rows), 303)
    shown = names.of(work, organisations=(*scope.actors, *scope.bodies), topics=scope.topics)
    found: dict[str, Any] = {"table": None} if problems else _counted(work, scope, by, rows)
    return render_template(
        "crm/counts/index.html",
        scope=scope,
        by=by,
        rows=rows,
        problems=problems,
        typed=wanted.typed,
        names=shown,
        words=filter_words(work, scope, day=day),
        seen_by=seen_by(work),
        now=work.now(),
        columns_by=[(key, label, _address(scope, key, rows)) for key, label in COLUMNS.items()],
        spans=_spans(work, scope, by, rows),
        all_url=_address(scope, by, "all"),
        reset_url=url_for(".index"),
        **_choices(scope, shown),
        **found,
    )


def _arguments(work: Work) -> MultiDict[str, str]:
    """What was asked for; without any days, this year and the one before."""
    asked = request.args.copy()
    whose = asked.pop("whose", None)
    if whose in (OURS, ANYBODY) and not any(asked.getlist("actor")):
        asked.setlist("actor", [whose])
    if not {"since", "until", "span"} & set(asked):
        year = work.today().year
        asked["since"], asked["until"] = dt.date(year - 1, 1, 1).isoformat(), dt.date(year, 12, 31).isoformat()
    return asked


def _one(name: str, allowed: dict[str, str], default: str) -> str:
    value = request.args.get(name, default)
    return value if value in allowed else default


def _address(scope: Scope, by: str, rows: str) -> str:
    said = {name: value for name, value in scope_args(scope).items() if value not in ([OURS], [COUNTED])}
    span = ALL_DAYS if scope.since is None and scope.until is None else None
    return url_for(".index", by=by, rows=rows or None, span=span, **said)


def _spans(work: Work, scope: Scope, by: str, rows: str) -> list[tuple[str, str, bool]]:
    """Spans in one click: label, address, and whether it is the one shown."""
    year = work.today().year
    found: list[tuple[str, dt.date | None, dt.date | None]] = [
        ("This year", dt.date(year, 1, 1), dt.date(year, 12, 31)),
        ("Last year", dt.date(year - 1, 1, 1), dt.date(year - 1, 12, 31)),
        ("Both", dt.date(year - 1, 1, 1), dt.date(year, 12, 31)),
        ("All days", None, None),
    ]
    return [
        (label, _address(scope.within(since, until), by, rows), (scope.since, scope.until) == (since, until))
        for label, since, until in found
    ]


def _counted(work: Work, scope: Scope, by: str, rows: str) -> dict[str, Any]:
    table = counts.table(work, scope, by=by, only=counts.branch(work, scope))
    links = Links(url_for("crm.engagements.index"), scope, by, table.spans)
    if rows == "count":
        lines = [counts.Line(row, 0, 0) for row in table.rows if any(row.total)]
    else:
        table.rows = [row for row in table.rows if any(row.total)]
        lines = counts.arranged(work, table, largest=None if rows else LARGEST, top_only=rows == "top")
    all_columns = table.columns
    table.columns = all_columns[-COLUMNS_AT_MOST:] if table.spans else all_columns[:COLUMNS_AT_MOST]
    lines = lines[: max(LARGEST, CELLS_AT_MOST // (len(table.columns) or 1))]
    beside: list[tuple[int, str, str]] = []
    if len(scope.bodies) == 1:
        numbers = counts.beside(work, scope, scope.bodies[0])
        beside = [
            (numbers[key], word, links.beside(scope.bodies[0], key)) for key, word in _BESIDE.items() if numbers[key]
        ]
    return {
        "table": table,
        "lines": lines,
        "links": links,
        "not_shown": len(table.rows) - len(lines),
        "columns_left_out": len(all_columns) - len(table.columns),
        "beside": beside,
        "chart": _chart(table, links),
        "published": published(work, scope),
        "branch_url": _branch_url(scope, by, rows),
        "organisation_url": _organisation_url(),
        "downloads": [
            (one.label, url_for("crm.exports.counts", format=key, by=by, **scope_args(scope)))
            for key, one in exports.formats(current_instance().plugins).items()
        ],
    }


def _chart(table: counts.Table, links: Links) -> list[dict[str, Any]]:
    found = []
    for key, label in table.columns:
        cell = table.margin.get(key, counts.Cell())
        url = links.cell(key, None, "certain" if cell.certain else "possible") if any(cell) else None
        found.append({"label": label, "value": cell.certain, "possible": cell.possible, "url": url})
    return found


def _branch_url(scope: Scope, by: str, rows: str) -> str:
    """The same table about one body, whose number stands at the end."""
    said = {name: value for name, value in scope_args(scope).items() if name != "body"}
    return f"{url_for('.index', by=by, rows=rows or None)}&{urlencode(said, doseq=True)}&body="


def _organisation_url() -> str | None:
    if "crm.organisations.show" not in current_app.view_functions:
        return None
    return url_for("crm.organisations.show", id=0).removesuffix("0")


def _choices(scope: Scope, shown: names.Names) -> dict[str, Any]:
    kinds = [("", "All kinds"), *KINDS.items()]
    if len(scope.kinds) > 1:
        kinds.append((",".join(scope.kinds), ", ".join(KINDS[kind] for kind in scope.kinds)))
    statuses = [(COUNTED, "What counts: held, sent, received"), *STATUSES.items(), (ANY, "Whatever came of it")]
    chosen = scope_args(scope)["status"]
    if len(chosen) > 1:
        statuses.append((",".join(chosen), ", ".join(STATUSES[status] for status in chosen)))
    return {
        "kind_options": kinds,
        "status_options": statuses,
        "status_value": ",".join(chosen),
        "row_options": list(ROWS.items()),
        "whose_options": [
            *([("", "Those named beside")] if scope.actors else []),
            (OURS, "Us and our clients"),
            (ANYBODY, "Anybody"),
        ],
        "whose_value": "" if scope.actors else ANYBODY if scope.anybody else OURS,
        "is_special": bool(scope.statuses or scope.as_today or scope.direct),
    }
