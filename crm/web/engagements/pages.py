"""What awaits an answer, and one engagement."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from crm.http import current_instance, read
from crm.models.engagements import ENCOUNTERS, KINDS, ROLES, STATUSES, VISIBILITIES, WRITINGS
from crm.queries import commitments, engagements, followups
from crm.services import attachments, members
from crm.web.engagements.blueprint import bp
from crm.web.forms.engagements import DeclineForm, FilesForm, PostponeForm, QuickFollowUpForm
from crm.web.parsing import ID
from crm.work import Work


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
