"""The same form sent twice makes one record."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.errors import AlreadyDone
from crm.models import Submission
from crm.services.values import short
from crm.work import Work

#: Key of a reference under which the digest of what was sent stands.
CONTENT = "content"
_CLAIMED = "crm_claimed"


def claim(work: Work, key: str | None, record: tuple[str, int] | None = None) -> Submission | None:
    """Claims the key a form was served with; the verb fills in ``reference`` with what it made.

    :param record: kind and number of the record, where there is one already
    :raises AlreadyDone: the form was sent before, with what that made
    """
    if not key or work.member is None:
        return None
    key = short("submission", key, 64)
    _refuse_second(work, key)
    submission = Submission(member_id=work.member.id, key=key, at=work.now(), reference={})
    if record is not None:
        submission.reference = {"kind": record[0], "id": record[1]}
    try:
        with work.session.begin_nested():
            work.session.add(submission)
    except IntegrityError:
        # The other click was committed between our reading and our writing.
        _refuse_second(work, key)
        raise
    # A session itself holds on to nothing that is written.
    work.session.info.setdefault(_CLAIMED, []).append(submission)
    return submission


def keep_content(work: Work, digest: str) -> None:
    """Notes what the form said whose key this unit of work has claimed, so that another one with that key is known.

    :param digest: of the fields as they were sent
    """
    for one in work.session.info.get(_CLAIMED, ()):
        one.reference = {**one.reference, CONTENT: digest}


def _refuse_second(work: Work, key: str) -> None:
    found = work.session.scalar(select(Submission).where(Submission.member_id == work.member_id, Submission.key == key))
    if found is not None:
        raise AlreadyDone(found.reference)
