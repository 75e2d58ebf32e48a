"""The outbox: background work, promised in the transaction that asks for it, done later, each piece in one of its own.

Whatever drains it (a thread of ``crm serve``, ``crm jobs run``, a second machine) takes one job at a time under a lock,
so that two never do the same one; what a job writes and that it is done are committed together.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from sqlalchemy import and_, delete, func, or_, select

from crm.errors import Unavailable
from crm.models import Job, MemberSession, OneTimeLink, SignInAttempt, Submission
from crm.services import attachments
from crm.services.permissions import ADMINISTER, authorise
from crm.services.values import short
from crm.settings import Settings
from crm.work import Work

log = logging.getLogger("crm.jobs")

MOST_ATTEMPTS = 8
FIRST_DELAY = dt.timedelta(minutes=1)
LONGEST_DELAY = dt.timedelta(hours=6)
HOUSEKEEPING = "housekeeping"
EVERY = dt.timedelta(days=1)
"""how often housekeeping comes round"""
KEPT = {
    SignInAttempt: (SignInAttempt.at, dt.timedelta(days=30)),
    Submission: (Submission.at, dt.timedelta(days=30)),
    OneTimeLink: (OneTimeLink.expires_at, dt.timedelta(days=30)),
    MemberSession: (MemberSession.last_seen_at, dt.timedelta(days=120)),
    Job: (Job.done_at, dt.timedelta(days=30)),
}
"""how long records are kept that only serve the running of the program"""

Handler = Callable[[Work, Mapping[str, Any]], None]


class Opener(Protocol):
    """What opens units of work: an instance."""

    settings: Settings

    def reading(self, *, door: str, trusted: bool = False) -> AbstractContextManager[Work]:
        """A unit of work that only reads."""

    def writing(self, *, door: str, trusted: bool = False) -> AbstractContextManager[Work]:
        """A unit of work that is committed at its end."""


class Drained(NamedTuple):
    """What one round did."""

    done: int = 0
    failed: int = 0
    """that will be tried again"""
    given_up: int = 0


class Waiting(NamedTuple):
    """One job that is not done."""

    id: int
    kind: str
    run_after: dt.datetime
    attempts: int
    error: str


def promise(work: Work, kind: str, payload: Mapping[str, Any], *, after: dt.timedelta | None = None) -> Job:
    """Writes a job into the outbox; it is done only if the unit of work is committed.

    :param payload: ids and plain values, never records: they may have changed by then
    :param after: not before that much time has passed
    """
    now = work.now()
    job = Job(
        kind=short("kind", kind, 60),
        payload=dict(payload),
        created_at=now,
        run_after=now + (after or dt.timedelta()),
    )
    work.session.add(job)
    work.session.flush()
    return job


def waiting(work: Work, *, limit: int = 200) -> list[Waiting]:
    """Jobs that are not done, the next one first."""
    authorise(work, ADMINISTER)
    statement = (
        select(Job.id, Job.kind, Job.run_after, Job.attempts, Job.error)
        .where(Job.done_at.is_(None))
        .order_by(Job.run_after, Job.id)
        .limit(limit)
    )
    return [Waiting(*row) for row in work.session.execute(statement)]


def drain(
    opener: Opener,
    handlers: Mapping[str, Handler] | None = None,
    *,
    most: int = 1000,
    should_stop: Callable[[], bool] = lambda: False,
) -> Drained:
    """Does the jobs whose time has come.

    :param handlers: kind → what does it, besides housekeeping
    :param most: jobs in one round
    :param should_stop: asked before each job
    :raises Unavailable: the database cannot answer
    """
    known: dict[str, Handler] = {HOUSEKEEPING: lambda work, _: keep_house(work, opener.settings), **(handlers or {})}
    done = failed = given_up = 0
    for _ in range(most):
        if should_stop() or not _has_work(opener):
            break
        outcome = _do_next(opener, known)
        done += outcome == "done"
        failed += outcome == "failed"
        given_up += outcome == "given up"
    return Drained(done, failed, given_up)


def keep_house(work: Work, settings: Settings) -> None:
    """Removes what only served the running of the program and is old; history and log are never touched."""
    for record, (column, kept) in KEPT.items():
        moment: Any = column
        work.session.execute(
            delete(record).where(moment < work.now() - kept).execution_options(synchronize_session=False)
        )
    attachments.sweep(work, settings)


def _has_work(opener: Opener) -> bool:
    """Looks without taking the writer's lock, so that an idle installation disturbs nobody."""
    with opener.reading(door="job", trusted=True) as work:
        if work.session.scalar(select(Job.id).where(_is_due(work)).limit(1)) is not None:
            return True
        recent = or_(Job.done_at.is_(None), Job.created_at > work.now() - EVERY)
        if work.session.scalar(select(func.count()).where(Job.kind == HOUSEKEEPING, recent)):
            return False
    with opener.writing(door="job", trusted=True) as work:
        promise(work, HOUSEKEEPING, {})
    return True


def _is_due(work: Work) -> Any:
    return and_(Job.done_at.is_(None), Job.run_after <= work.now())


def _do_next(opener: Opener, handlers: Mapping[str, Handler]) -> str:
    """Does one job: ``done``, ``failed``, ``given up``, or empty when another worker was faster."""
    job_id: int | None = None
    try:
        with opener.writing(door="job", trusted=True) as work:
            job = work.session.scalar(
                select(Job)
                .where(_is_due(work))
                .order_by(Job.run_after, Job.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if job is None:
                return ""
            job_id = job.id
            if job.kind not in handlers:
                raise LookupError(f"nothing here does jobs of the kind “{job.kind}”; is its plugin enabled?")
            handlers[job.kind](work, job.payload)
            job.attempts += 1
            job.done_at, job.error = work.now(), ""
        return "done"
    except Unavailable:
        raise
    except Exception as error:  # whatever a job's code raises, the others go on
        if job_id is None:
            raise
        log.warning("job failed", exc_info=error, extra={"job": job_id})
        return _note_failure(opener, job_id, error)


def _note_failure(opener: Opener, job_id: int, error: Exception) -> str:
    with opener.writing(door="job", trusted=True) as work:
        job = work.session.get(Job, job_id)
        if job is None or job.done_at is not None:
            return ""
        job.attempts += 1
        job.error = f"{type(error).__name__}: {error}"[:2000]
        if job.attempts >= MOST_ATTEMPTS:
            # Kept with its error until housekeeping, but no longer tried.
            job.done_at = work.now()
            return "given up"
        job.run_after = work.now() + min(FIRST_DELAY * 2 ** (job.attempts - 1), LONGEST_DELAY)
        return "failed"
