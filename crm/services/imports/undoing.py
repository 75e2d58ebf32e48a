"""Takes a whole import back: what it made goes, what it changed is as before, unless somebody built on it since."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from sqlalchemy import delete, func, select, update

from crm.errors import Invalid, NotFound
from crm.models import ImportRow, ImportRun, RegisterEarlier, RegisterEntry, RegisterMeeting
from crm.services import history
from crm.services.imports.wizard import get, may_see_rows
from crm.services.permissions import WRITE, authorise
from crm.work import Work

_KINDS = {"Engagement": "engagement", "Organisation": "organisation", "Person": "person", "FollowUp": "follow_up"}
_DAYS = ("first_day", "last_day", "end_day")


def undo(work: Work, run_id: int, *, leave_changed: bool = False) -> tuple[ImportRun, list[str]]:
    """Takes an import back: all of it or nothing, or all but what somebody built on since.

    :return: the import, and what its records that stay are called
    :raises NotFound: there is none, or somebody else did it
    :raises Invalid: it is not done, or somebody changed a record since: the sentence says which, by whom and when
    """
    authorise(work, WRITE)
    run = get(work, run_id)
    if not may_see_rows(work, run):
        raise NotFound
    if run.state == "partly":
        raise Invalid("import", "It was taken back but for what somebody built on; delete that by hand.")
    if run.state != "done":
        raise Invalid("import", "Only an import that is done can be taken back.")
    work.act("import.undo", run, file=run.file_name)
    if run.kind == "register":
        _undo_register(work, run_id)
    left: tuple[tuple[Any, int, str], ...] = ()
    if run.kind != "register" and _wrote(run) and run.transaction_id is not None:
        left = history.undo(work, run.transaction_id, leave_changed=leave_changed).left
    stays: dict[str, set[int]] = defaultdict(set)
    for record_class, number, _ in left:
        stays[_KINDS.get(record_class.__name__, "")].add(number)
    # A row whose record stays is known again; the others may come in anew.
    known = (
        [
            {"id": number, "identity": identity}
            for number, identity, kind, target in work.session.execute(
                select(ImportRow.id, ImportRow.identity, ImportRow.target_kind, ImportRow.target_id).where(
                    ImportRow.run_id == run_id, ImportRow.target_id.is_not(None)
                )
            )
            if target in stays[kind]
        ]
        if stays
        else []
    )
    work.session.execute(update(ImportRow).where(ImportRow.run_id == run_id).values(identity=None))
    if known:
        work.session.execute(update(ImportRow), known)
    run.state, run.undone_at, run.undone_by_id = "partly" if left else "undone", work.now(), work.member_id
    work.session.flush()
    return run, [name for record_class, _, name in left if record_class.__name__ in _KINDS]


def _wrote(run: ImportRun) -> bool:
    return bool(run.counts.get("imported") or run.counts.get("updated") or any(run.counts.get("records", {}).values()))


def _undo_register(work: Work, run_id: int) -> None:
    _refuse_changed(work, run_id)
    earlier = work.session.execute(
        select(RegisterEarlier.entry_id, RegisterEarlier.before).where(RegisterEarlier.run_id == run_id)
    ).all()
    table: Any = RegisterEntry.__table__
    for entry_id, before in earlier:
        values = {name: _day(value) if name in _DAYS else value for name, value in before.items()}
        work.session.execute(update(table).where(table.c.id == entry_id).values(**values))
    work.session.execute(delete(RegisterEarlier).where(RegisterEarlier.run_id == run_id))
    work.session.execute(delete(RegisterEntry).where(RegisterEntry.run_id == run_id))
    work.session.execute(
        delete(RegisterMeeting)
        .where(RegisterMeeting.id.not_in(select(RegisterEntry.meeting_id).where(RegisterEntry.meeting_id.is_not(None))))
        .execution_options(synchronize_session=False)
    )


def _refuse_changed(work: Work, run_id: int) -> None:
    mine = select(RegisterEntry.id).where(RegisterEntry.run_id == run_id)
    theirs = select(RegisterEarlier.entry_id).where(RegisterEarlier.run_id == run_id)
    later = work.session.scalar(
        select(func.count())
        .select_from(RegisterEarlier)
        .where(
            RegisterEarlier.run_id > run_id,
            RegisterEarlier.entry_id.in_(mine) | RegisterEarlier.entry_id.in_(theirs),
        )
    )
    if later:
        raise Invalid("import", f"A later import changed {later} of its rows; take that one back first.")


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
