"""The list of engagements, what awaits an answer, and one engagement."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.dates.wording import day
from crm.http import current_instance, read
from crm.models.engagements import ENCOUNTERS, INITIATORS, KINDS, ROLES, STATUSES, VISIBILITIES, WRITINGS
from crm.queries import commitments, engagements, followups, names
from crm.queries.engagements import COUNTED_AT_MOST, Cursor, Filter
from crm.services import attachments, members
from crm.web.engagements.blueprint import bp
from crm.web.filters import tools
from crm.web.forms.engagements import DeclineForm, FilesForm, PostponeForm, QuickFollowUpForm
from crm.web.forms.scope import ANY, ANYBODY, COUNTED, OURS, filter_args, parse_scope, with_numbers
from crm.web.parsing import ID, page_number
from crm.work import Work

PER_PAGE = 50

_ASIDE = {
    "planned": "Planned with",
    "declined": "Declined by",
    "cancelled": "Cancelled with",
    "absent": "Absent:",
    "copies": "Copied to",
    "third": "In the presence of",
}


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The list: every number of the counts leads here, to exactly the rows it counts."""
    arguments, problems = with_numbers(work, request.args)
    wanted = parse_scope(arguments, today=work.today(), default_actor=ANYBODY, default_status=ANY)
    problems += wanted.problems
    is_plain = all(request.args.values()) and arguments.to_dict(flat=False) == request.args.to_dict(flat=False)
    if not is_plain and not problems:
        # What a form sends is said again the short way, so that the address can be passed on.
        return redirect(url_for(".index", sort=_sort(), **_short(wanted.filter)), 303)
    page = None if problems else _page(work, wanted.filter)
    shown = names.of(work, organisations=_organisations(wanted.filter), topics=wanted.scope.topics)
    return render_template(
        "crm/engagements/index.html",
        page=page,
        number=engagements.number(work, wanted.filter) if page is not None else 0,
        most=COUNTED_AT_MOST,
        filter=wanted.filter,
        typed=wanted.typed,
        problems=problems,
        names=shown,
        arguments=_short(wanted.filter),
        oldest_first=_oldest_first(),
        is_filtered=bool(_short(wanted.filter)) or bool(problems),
        waiting=engagements.unsettled_number(work),
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


def _page(work: Work, wanted: Filter) -> engagements.Page:
    after = Cursor.read(request.args.get("after", ""))
    number = page_number()
    if after is None and number > 1:
        after = engagements.place_before(work, wanted, (number - 1) * PER_PAGE, newest_first=not _oldest_first())
        if after is None:
            return engagements.Page([], None, None)
    return engagements.listed(
        work,
        wanted,
        newest_first=not _oldest_first(),
        after=after,
        before=Cursor.read(request.args.get("before", "")),
        limit=PER_PAGE,
    )


def _place(wanted: Filter, **place: Cursor) -> str:
    arguments = {**_short(wanted), **{name: str(cursor) for name, cursor in place.items()}}
    return url_for(".index", sort=_sort(), **arguments)


def _oldest_first() -> bool:
    return request.args.get("sort") == "oldest"


def _sort() -> str | None:
    return "oldest" if _oldest_first() else None


def _short(wanted: Filter) -> dict[str, Any]:
    """The arguments that differ from what this list takes for granted."""
    said = filter_args(wanted)
    for name, default in (("actor", [ANYBODY]), ("status", [ANY])):
        if said.get(name) == default:
            del said[name]
    return said


def _choices(wanted: Filter, shown: names.Names) -> dict[str, Any]:
    """What the filter's lists offer, what is chosen, and what else limits the list, each with a way to take it away."""
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
    bodies = shown.organisations
    certainties = {"certain": "Certain in that span", "possible": "Only possible in that span"}
    limits = {
        "certainty": certainties.get(wanted.certainty),
        "per": "One row for each contact" if wanted.per == "contact" else None,
        "also": f"{_ASIDE.get(wanted.beside, 'With')} {bodies.get(wanted.also, '')}" if wanted.also else None,
        "acting": f"Acting: {bodies.get(wanted.acting, '')}" if wanted.acting is not None else None,
        "tree": "As organised today" if scope.as_today else None,
        "direct": "Named directly" if scope.direct else None,
    }
    kept = ("certainty", "per", "also", "acting", "beside", "tree", "direct")
    return {
        "kind_options": kinds,
        "status_options": statuses,
        "status_value": ",".join(chosen),
        "actor_options": actors,
        "actor_value": str(next(iter(said.get("actor", [""])))),
        "kept": {name: said[name] for name in kept if name in said} | ({"sort": "oldest"} if _oldest_first() else {}),
        "limits": [
            (text, url_for(".index", sort=_sort(), **{name: value for name, value in said.items() if name not in gone}))
            for text, gone in ((text, (name, "beside") if name == "also" else (name,)) for name, text in limits.items())
            if text
        ],
    }


def _organisations(wanted: Filter) -> set[int]:
    scope = wanted.scope
    return {*scope.bodies, *scope.actors, *(one for one in (wanted.also, wanted.acting) if one is not None)}


@bp.get("/unsettled")
@read
def unsettled(work: Work) -> ResponseReturnValue:
    """Did it take place? What was planned for days that are over."""
    is_mine = request.args.get("whose") == "mine"
    rows = engagements.unsettled(work, owner_id=work.member_id if is_mine else None)
    return render_template(
        "crm/engagements/unsettled.html",
        rows=rows,
        is_mine=is_mine,
        mine=engagements.unsettled_number(work, owner_id=work.member_id),
        everybodys=engagements.unsettled_number(work),
        today=work.today(),
    )


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One engagement, everything on it."""
    return sheet_page(work, id)


def sheet_page(work: Work, engagement_id: int, **forms: Any) -> str:
    """The page of one engagement.

    :param forms: small forms of the page that were refused: ``postpone``, ``decline``, ``follow_up``, ``files``
    """
    sheet = engagements.sheet(work, engagement_id)
    may_write = sheet.record is not None and work.member is not None and work.member.may_write
    made: dict[str, Any] = {
        "postpone": PostponeForm(data={}),
        "decline": DeclineForm(data={}),
        "follow_up": QuickFollowUpForm(data={}),
        "files": FilesForm(data={}),
        **forms,
    }
    if may_write:
        _offer(work, sheet, made)
    return render_template(
        "crm/engagements/show.html",
        sheet=sheet,
        record=sheet.record,
        may_write=may_write,
        forms=made,
        commitments=_commitments(work, sheet),
        follow_ups=_follow_ups(work, sheet),
        is_writing=sheet.kind in WRITINGS,
        is_encounter=sheet.kind in ENCOUNTERS,
        is_over=(sheet.when.end or sheet.when.last) < work.today(),
        is_ahead=sheet.when.first > work.today(),
        is_letter_of_ours=sheet.record is not None and sheet.record.is_outgoing_letter,
        kinds=KINDS,
        roles=ROLES,
        initiators=INITIATORS,
        visibilities=VISIBILITIES,
        statuses=STATUSES,
        size=file_size,
        room=attachments.room(work, current_instance().settings) if may_write else None,
    )


def _offer(work: Work, sheet: engagements.Sheet, made: dict[str, Any]) -> None:
    for name in ("postpone", "decline"):
        if not made[name].version.data:
            made[name].version.data = str(sheet.version)
    made["decline"].by.choices = [(body.id, body.label) for body in sheet.bodies]
    owners = [(one.id, one.name) for one in members.everybody(work) if one.is_active]
    made["follow_up"].owner.choices = owners
    if made["follow_up"].owner.data is None:
        made["follow_up"].owner.data = work.member_id


def _commitments(work: Work, sheet: engagements.Sheet) -> list[Any]:
    if sheet.record is None:
        return []
    return commitments.commitments(work, commitments.Filter(engagement_id=sheet.id), limit=200)[0]


def _follow_ups(work: Work, sheet: engagements.Sheet) -> list[Any]:
    if sheet.record is None:
        return []
    return followups.follow_ups(work, followups.Filter(tab="", engagement_id=sheet.id), limit=200)[0]


def file_size(size: int) -> str:
    """A size in words: “120 KB”."""
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"
