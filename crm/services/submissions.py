"""The same form sent twice makes one record."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import make_transient_to_detached

from crm.errors import AlreadyDone, SavedAlready
from crm.models import Commitment, FollowUp, Milestone, Person, Submission
from crm.services.values import short
from crm.work import Work

#: Key of a reference under which the digest of what was sent stands.
CONTENT = "content"
#: Kinds of records of which a second one that says the same is asked about first. Engagements have a question of
#: their own; organisations, topics and lists are refused by their names.
ASKED_ABOUT: dict[str, type[Any]] = {
    "person": Person,
    "follow_up": FollowUp,
    "commitment": Commitment,
    "milestone": Milestone,
}
#: For so long whoever adds the same once more is asked.
ASKED_FOR = dt.timedelta(days=1)
_CLAIMED = "crm_claimed"
_ADDING = "crm_adding"
_TABLE = cast(Table, Submission.__table__)


def claim(work: Work, key: str | None, record: tuple[str, int] | None = None) -> Submission | None:
    """Claims the key a form was served with; the verb fills in ``reference`` with what it made.

    :param record: kind and number of the record, where there is one already
    :raises AlreadyDone: the form was sent before, with what that made
    """
    if not key or work.member is None:
        return None
    key = short("submission", key, 64)
    reference = {"kind": record[0], "id": record[1]} if record is not None else {}
    values: dict[str, Any] = {"member_id": work.member.id, "key": key, "at": work.now(), "reference": reference}
    claimed = work.session.scalar(_claim(work.database), values)
    if claimed is None:
        first = select(Submission.reference).where(Submission.member_id == work.member.id, Submission.key == key)
        raise AlreadyDone(work.session.scalars(first).one())
    submission = Submission(id=claimed, **values)
    make_transient_to_detached(submission)
    work.session.add(submission)
    # A session itself holds on to nothing that is written.
    held = work.session.info.setdefault(_CLAIMED, [])
    held.append(submission)
    work.after_rollback(held.clear)
    if record is None:
        adding = work.session.info.setdefault(_ADDING, set())
        adding.add(claimed)
        work.after_rollback(adding.clear)
    return submission


@cache
def _claim(database: str) -> Any:
    # Where another click is just being committed, the database waits for it and then does nothing.
    return _insert(database).on_conflict_do_nothing(index_elements=["member_id", "key"]).returning(_TABLE.c.id)


def _insert(database: str) -> Any:
    # Megabytes each, and an installation needs one of them.
    if database == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(_TABLE)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(_TABLE)


def keep_content(work: Work, digest: str, *, may_repeat: bool = False) -> None:
    """Notes what the form said whose key this unit of work has claimed, so that another one with that key is known.

    :param digest: of the fields as they were sent
    :param may_repeat: whether the member means to add a record that says the same as one before
    :raises SavedAlready: the member added such a record a short while ago, and it still stands
    """
    for one in work.session.info.get(_CLAIMED, ()):
        if not may_repeat and one.id in work.session.info.get(_ADDING, ()):
            _refuse_repetition(work, one, digest)
        one.reference = {**one.reference, CONTENT: digest}


def _refuse_repetition(work: Work, submission: Submission, digest: str) -> None:
    record_class = ASKED_ABOUT.get(submission.reference.get("kind", ""))
    if record_class is None:
        return
    earlier = work.session.scalars(
        select(Submission.reference)
        .where(
            Submission.member_id == submission.member_id,
            Submission.id != submission.id,
            Submission.at > work.now() - ASKED_FOR,
            Submission.reference["kind"].as_string() == submission.reference["kind"],
            Submission.reference[CONTENT].as_string() == digest,
        )
        .order_by(Submission.id.desc())
    ).all()
    for reference in earlier:
        record = work.session.get(record_class, reference["id"])
        if record is not None and not record.is_binned:
            raise SavedAlready(reference)
