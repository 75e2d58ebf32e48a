"""Importing in steps: upload, say what the columns mean, look what would happen, done; and the history of imports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, NotFound
from crm.http import current_instance, read, write
from crm.models.imports import OUTCOMES, RUN_STATES
from crm.queries import imports as reads
from crm.services import imports
from crm.services.imports import Refused
from crm.services.permissions import WRITE, authorise
from crm.text import defuse, plural
from crm.web.parsing import ID, number, page_number
from crm.work import Work

bp = Blueprint("imports", __name__, url_prefix="/imports")

ENCODINGS = [
    ("", "Found out"), ("utf-8", "UTF-8"), ("cp1252", "Western European (Windows)"), ("utf-16", "UTF-16"),
    ("cp1250", "Central European (Windows)"), ("cp1251", "Cyrillic (Windows)"), ("cp1253", "Greek (Windows)"),
    ("mac-roman", "Western European (old Mac)"),
]  # fmt: skip
DELIMITERS = [("", "Found out"), (",", "Comma"), (";", "Semicolon"), ("tab", "Tab"), ("|", "Vertical bar")]
NAMED = 5
"""records that a message names"""
SHOWN = 3
"""rows of the file beside what its columns mean"""
DEFAULTS = 3
"""fields for which all rows may get the same"""
TABLES = ("engagements", "organisations", "people", "follow-ups", "register")
DAY_ORDERS = [("", "Found out"), ("day", "Day first: 31/12/2026"), ("month", "Month first: 12/31/2026")]


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """What was imported, the latest first."""
    page = page_number()
    rows, more = reads.runs(work, page=page)
    mine = {row.id for row in rows if work.member and (work.member.is_admin or row.member_id == work.member.id)}
    return render_template("crm/imports/index.html", rows=rows, more=more, page=page, mine=mine, states=RUN_STATES)


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """Choose a file, and say what it is."""
    authorise(work, WRITE)
    return _upload_page()


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Keeps the file for the next step."""
    authorise(work, WRITE)
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid("file", "Choose a file first.")
        run = imports.begin(
            work,
            _data(),
            sent.filename,
            sent.stream.read(),
            request.form.get("profile", ""),
            submission=request.form.get("submission"),
        )
    except Invalid as problem:
        return _upload_page(problem), 422
    return redirect(url_for(".columns", id=run.id), 303)


@bp.get(f"/{ID}/columns")
@read
def columns(work: Work, id: int) -> ResponseReturnValue:
    """What the columns mean."""
    try:
        return _columns_page(work, id)
    except Invalid as problem:
        return _gone(id, problem)


@bp.post(f"/{ID}/columns")
@write
def decide(work: Work, id: int) -> ResponseReturnValue:
    """Keeps what the columns mean, and checks every row."""
    form = request.form
    chosen = {place: form[name] for name in form if name.startswith("column-") and (place := _place(name)) is not None}
    decided = {
        "encoding": form.get("encoding", ""),
        "delimiter": {"tab": "\t"}.get(form.get("delimiter", ""), form.get("delimiter", "")),
        "sheet": form.get("sheet", ""),
        "header_row": number(form.get("header_row")) or 0,
        "day_order": form.get("day_order", "") if form.get("day_order", "") in ("day", "month") else "",
        "separator": form.get("separator", "") if form.get("separator", "") in dict(imports.separators()) else "",
        "period": form.get("period", "").strip(),
        "create_missing": bool(form.get("create_missing")),
        "defaults": _defaults(),
    }
    try:
        imports.decide(work, _data(), id, None if form.get("again") else chosen, decided, seen=form.get("seen"))
        if form.get("again"):
            return redirect(url_for(".columns", id=id), 303)
        imports.check(work, _data(), id)
    except Invalid as problem:
        work.rollback()
        return _refused(work, id, problem)
    return redirect(url_for(".check", id=id), 303)


@bp.get(f"/{ID}/check")
@read
def check(work: Work, id: int) -> ResponseReturnValue:
    """What would become of each row."""
    try:
        return _check_page(work, id)
    except Invalid as problem:
        return _gone(id, problem)


@bp.post(f"/{ID}/fix")
@write
def fix(work: Work, id: int) -> ResponseReturnValue:
    """Corrects cells, leaves rows out, and checks again."""
    cells: dict[int, dict[int, str]] = {}
    for name, text in request.form.items():
        row, _, place = name.removeprefix("cell-").partition("-")
        if name.startswith("cell-") and row.isdigit() and place.isdigit() and len(row) < 9 and len(place) < 4:
            cells.setdefault(int(row), {})[int(place)] = text[:10_000]
    left_out = [int(one) for one in request.form.getlist("out") if one.isdigit() and len(one) < 9]
    try:
        imports.fix(work, _data(), id, cells, left_out, seen=request.form.get("seen"))
    except Invalid as problem:
        work.rollback()
        return _refused(work, id, problem)
    return redirect(url_for(".check", id=id), 303)


@bp.post(f"/{ID}/run")
@write
def run(work: Work, id: int) -> ResponseReturnValue:
    """Imports for good."""
    try:
        report = imports.carry_out(
            work, _data(), id, skip_rejected=bool(request.form.get("skip")), seen=request.form.get("seen")
        )
    except Refused as refused:
        work.rollback()
        return _check_page(work, id, str(refused)), 422
    except Invalid as problem:
        work.rollback()
        return _refused(work, id, problem)
    told = report.told()
    flash(f"{plural(told['imported'] + told['updated'], 'row')} imported.", "success")
    return redirect(url_for(".show", id=id), 303)


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """What an import did."""
    found = imports.get(work, id)
    if found.is_open and imports.may_see_rows(work, found):
        return redirect(url_for(".check" if found.counts else ".columns", id=id), 303)
    may = imports.may_see_rows(work, found)
    rows = reads.rows(work, id) if may else []
    return render_template(
        "crm/imports/show.html",
        run=found,
        rows=rows,
        may=may,
        changed="changed" in request.args,
        states=RUN_STATES,
        outcomes=OUTCOMES,
    )


@bp.get(f"/{ID}/rejects.csv")
@read
def rejects(work: Work, id: int) -> ResponseReturnValue:
    """The rows that cannot be read, with the reasons, to be mended and imported by themselves."""
    found = imports.get(work, id)
    if not imports.may_see_rows(work, found):
        raise NotFound
    rows = reads.rows(work, id, ("rejected",), limit=100_000)

    def lines() -> Iterator[bytes]:
        yield b"\xef\xbb\xbf"
        for cells in imports.rejects_csv(found, rows):
            buffer = io.StringIO(newline="")
            csv.writer(buffer).writerow([defuse(cell) for cell in cells])
            yield buffer.getvalue().encode("utf-8", "replace")

    response = Response(b"".join(lines()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="rejected-{id}.csv"'
    return response


@bp.post(f"/{ID}/undo")
@write
def undo(work: Work, id: int) -> ResponseReturnValue:
    """Takes a whole import back."""
    try:
        _, left = imports.undo(work, id, leave_changed=bool(request.form.get("keep")))
    except Invalid as problem:
        work.rollback()
        flash(f"Nothing was taken back. {problem.reason}", "error")
        return redirect(url_for(".show", id=id, changed=1), 303)
    if left:
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        flash(f"The import is taken back, but for what somebody built on: {'; '.join(left[:NAMED])}{more}.", "warning")
        return redirect(url_for(".show", id=id), 303)
    flash("The import is taken back.", "success")
    return redirect(url_for(".index"), 303)


@bp.post(f"/{ID}/give-up")
@write
def give_up(work: Work, id: int) -> ResponseReturnValue:
    """Lets go of a file."""
    try:
        imports.give_up(work, id)
    except Invalid as problem:
        return _gone(id, problem)
    flash("The file is let go of; nothing was imported.", "success")
    return redirect(url_for(".index"), 303)


def _upload_page(problem: Invalid | None = None) -> str:
    wrong: list[Invalid] = []
    known = imports.known_profiles(_data(), wrong).values()
    return render_template(
        "crm/imports/new.html",
        wrong=[one.reason.rpartition("/")[2] for one in wrong],
        problem=problem,
        profile=request.form.get("profile", "engagements"),
        tables=[one for one in known if one.key in TABLES],
        kept=[one for one in known if one.key not in TABLES],
        largest=current_instance().settings.max_upload_mb,
    )


def _columns_page(work: Work, id: int, problem: Invalid | None = None) -> str:
    found = imports.own(work, id)
    sample: list[Any] = []
    table = None
    try:
        table, sample = imports.look(work, _data(), found)
    except Invalid as unreadable:
        problem = problem or unreadable
    options = found.options | (request.form.to_dict() if problem is not None and request.form else {})
    separator, column, cell = imports.suggested_separator(found, sample)
    means = {place: name for name, places in found.mapping.items() for place in places}
    if problem is not None:
        means |= {place: request.form[key] for key in request.form if (place := _place(key)) is not None}
    return render_template(
        "crm/imports/columns.html",
        run=found,
        seen=imports.state_of(found),
        table=table,
        sample=sample[:SHOWN],
        separators=imports.separators(),
        suggested=(dict(imports.separators())[separator], found.headers[column], cell[:120]) if separator else None,
        problem=problem,
        means=means,
        fields_of=imports.choices(found.kind),
        sheets_of=[(name, name) for name in table.sheets] if table else [],
        encodings=ENCODINGS,
        delimiters=DELIMITERS,
        day_orders=DAY_ORDERS,
        options=options,
        defaults=_default_rows(found.kind, _defaults() or found.options.get("defaults", {})),
        again=reads.same_file(work, found),
    )


def _default_rows(kind: str, told: dict[str, str]) -> list[tuple[str, str]]:
    likely = {"register": "body", "engagements": "actors"}.get(kind, "")
    rows = list(told.items()) or [(likely, "")]
    return (rows + [("", "")] * DEFAULTS)[:DEFAULTS]


def _check_page(work: Work, id: int, problem: str = "") -> str:
    found = imports.own(work, id)
    rows = reads.rows(work, id)
    means = {place: dict(imports.choices(found.kind))[name] for name, ps in found.mapping.items() for place in ps}
    return render_template(
        "crm/imports/check.html",
        run=found,
        seen=imports.state_of(found),
        counts=found.counts,
        rejected=[row for row in rows if row.outcome == "rejected"],
        others=[row for row in rows if row.outcome != "rejected"],
        outcomes=OUTCOMES,
        problem=problem,
        means=means,
        again=reads.same_file(work, found),
    )


def _refused(work: Work, id: int, problem: Invalid) -> ResponseReturnValue:
    try:
        return _columns_page(work, id, problem), 422
    except Invalid as finished:
        return _gone(id, finished)


def _gone(id: int, problem: Invalid) -> ResponseReturnValue:
    flash(problem.reason, "warning")
    return redirect(url_for(".show", id=id), 303)


def _defaults() -> dict[str, str]:
    """What rows get that say nothing about a field: field → text."""
    pairs = (
        (request.form.get(f"default-field-{one}", ""), request.form.get(f"default-text-{one}", "").strip()[:300])
        for one in range(DEFAULTS)
    )
    return {field: text for field, text in pairs if field and text}


def _place(name: str) -> int | None:
    told = name.removeprefix("column-")
    return int(told) if name.startswith("column-") and told.isdigit() and len(told) < 4 else None


def _data() -> Any:
    return current_instance().settings.data
