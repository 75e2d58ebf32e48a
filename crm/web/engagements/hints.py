"""What the form says while it is being filled in: what a date means, what may be the same, who else meets them."""

from __future__ import annotations

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, Several
from crm.http import read
from crm.models.engagements import KINDS, STATUSES
from crm.queries import engagements as reads
from crm.services import organisations
from crm.services.engagements import read_when
from crm.web.engagements.blueprint import bp
from crm.web.parsing import number
from crm.work import Work

_LONGEST = 300
_BODIES_AT_MOST = 60


@bp.get("/when")
@read
def understood(work: Work) -> ResponseReturnValue:
    """What a date is understood to mean, with the status it speaks for where none is chosen."""
    ok, text = meaning(work, request.args.get("text", ""), request.args.get("kind", ""), request.args.get("status", ""))
    return jsonify({"ok": ok, "text": text})


@bp.post("/hints")
@read
def hints(work: Work) -> ResponseReturnValue:
    """A fragment: possible duplicates, and planned meetings with the same bodies."""
    found: list[int] = []
    for line in request.form.get("bodies", "").splitlines()[:_BODIES_AT_MOST]:
        try:
            found += [one.id for one in organisations.resolve(work, [line], field="bodies")]
        except (Invalid, Several):
            continue
    kind = _one_of(request.form.get("kind", ""), KINDS) or "meeting"
    status = _one_of(request.form.get("status", ""), STATUSES)
    own = number(request.form.get("but"))
    try:
        when = read_when(work, request.form.get("when", "")[:_LONGEST], kind=kind, status=status).when
    except Invalid:
        when = None
    same = reads.possible_duplicates(work, kind=kind, when=when, organisation_ids=found, but=own) if when else []
    but_these = [one.id for one in same] + ([own] if own is not None else [])
    soon = reads.meetings_nearby(work, organisation_ids=found, when=when, but=but_these)
    return render_template("crm/engagements/hints.html", same=same, soon=soon, chosen=set(found))


def meaning(work: Work, text: str, kind: str, status: str) -> tuple[bool, str]:
    """Whether a date can be read, and what it is understood to mean."""
    if not text.strip():
        return True, ""
    chosen = _one_of(status, STATUSES)
    try:
        found = read_when(work, text[:_LONGEST], kind=_one_of(kind, KINDS) or "meeting", status=chosen)
    except Invalid as problem:
        return False, problem.reason
    said = found.when.describe()
    return True, said if chosen else f"{said} · {STATUSES[found.status].lower()}"


def _one_of(value: str, allowed: dict[str, str]) -> str:
    return value if value in allowed else ""
