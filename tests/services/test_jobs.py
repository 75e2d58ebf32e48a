"""The outbox: promised with the work that asks for it, done once, tried again, given up in the end."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from crm.clock import FixedClock
from crm.errors import Forbidden, Unavailable
from crm.instance import Instance
from crm.models import Job, Member, Organisation, SignInAttempt
from crm.services import jobs, organisations
from crm.services.jobs import Drained
from crm.work import Work


def promised(instance: Instance, kind: str = "note", after: dt.timedelta | None = None, **payload: Any) -> int:
    with instance.writing(door="cli", trusted=True) as work:
        return jobs.promise(work, kind, payload, after=after).id


def job(instance: Instance, job_id: int) -> Job:
    with instance.reading(door="cli", trusted=True) as work:
        found = work.session.get(Job, job_id)
        assert found is not None
        work.session.expunge(found)
        return found


def write_name(work: Work, payload: Mapping[str, Any]) -> None:
    organisations.create(work, name=payload["name"])


def fail(work: Work, payload: Mapping[str, Any]) -> None:
    organisations.create(work, name="Half done")
    raise ValueError("no such luck")


@pytest.fixture(autouse=True)
def house_is_kept(instance: Instance) -> None:
    """Housekeeping has been done, so that each test sees its own jobs only."""
    jobs.drain(instance)


def test_job_is_done_once(instance: Instance) -> None:
    job_id = promised(instance, name="From a job")

    assert jobs.drain(instance, {"note": write_name}) == Drained(done=1)
    assert jobs.drain(instance, {"note": write_name}) == Drained()

    assert job(instance, job_id).done_at == instance.clock.now()
    with instance.reading(door="cli", trusted=True) as work:
        names = work.session.scalars(select(Organisation.name).where(Organisation.name == "From a job")).all()
        assert names == ["From a job"]


def test_job_of_forgotten_work_is_never_done(instance: Instance) -> None:
    def forget() -> None:
        with instance.writing(door="cli", trusted=True) as work:
            jobs.promise(work, "note", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        forget()

    assert jobs.drain(instance, {"note": write_name}) == Drained()


def test_job_waits_for_its_time(instance: Instance, clock: FixedClock) -> None:
    promised(instance, name="Later", after=dt.timedelta(hours=1))

    assert jobs.drain(instance, {"note": write_name}) == Drained()
    clock.move(hours=1)
    assert jobs.drain(instance, {"note": write_name}) == Drained(done=1)


def test_failed_job_leaves_nothing_and_is_tried_later(instance: Instance, clock: FixedClock) -> None:
    job_id = promised(instance)

    assert jobs.drain(instance, {"note": fail}) == Drained(failed=1)

    failed = job(instance, job_id)
    assert (failed.attempts, failed.error) == (1, "ValueError: no such luck")
    assert failed.run_after == clock.now() + jobs.FIRST_DELAY
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalar(select(Organisation.id).where(Organisation.name == "Half done")) is None


def test_job_that_always_fails_is_given_up(instance: Instance, clock: FixedClock) -> None:
    job_id = promised(instance)
    outcomes = []
    for _ in range(jobs.MOST_ATTEMPTS):
        outcomes.append(jobs.drain(instance, {"note": fail}))
        clock.move(seconds=jobs.LONGEST_DELAY.total_seconds())

    assert [outcome.given_up for outcome in outcomes] == [0] * (jobs.MOST_ATTEMPTS - 1) + [1]
    assert job(instance, job_id).error == "ValueError: no such luck"
    assert jobs.drain(instance, {"note": fail}).failed == 0


def test_failing_job_does_not_hold_up_the_others(instance: Instance) -> None:
    promised(instance, "broken")
    promised(instance, "note", name="Still done")

    assert jobs.drain(instance, {"broken": fail, "note": write_name}) == Drained(done=1, failed=1)


def test_job_that_nobody_knows_is_kept_for_when_its_plugin_is_back(instance: Instance) -> None:
    job_id = promised(instance, "of_a_plugin")

    assert jobs.drain(instance) == Drained(failed=1)
    assert "of_a_plugin" in job(instance, job_id).error


def test_two_workers_share_the_jobs(instance: Instance) -> None:
    for number in range(6):
        promised(instance, name=f"Body {number}")
    outcomes: list[Drained] = []

    def work_off() -> None:
        for _ in range(20):
            try:
                outcomes.append(jobs.drain(instance, {"note": write_name}))
                return
            except Unavailable:
                continue

    workers = [threading.Thread(target=work_off) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(outcome.done for outcome in outcomes) == 6
    with instance.reading(door="cli", trusted=True) as work:
        names = work.session.scalars(select(Organisation.name).where(Organisation.name.like("Body %"))).all()
        assert sorted(names) == [f"Body {number}" for number in range(6)]


def test_worker_stops_when_asked(instance: Instance) -> None:
    promised(instance, name="Not now")

    assert jobs.drain(instance, {"note": write_name}, should_stop=lambda: True) == Drained()


def test_housekeeping_comes_round_and_removes_what_is_old(instance: Instance, clock: FixedClock) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        for account, days in (("old", 31), ("new", 1)):
            at = clock.now() - dt.timedelta(days=days)
            work.session.add(SignInAttempt(account=account, address="::1", at=at, succeeded=False))
    clock.move(seconds=jobs.EVERY.total_seconds())

    assert jobs.drain(instance) == Drained(done=1)

    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalars(select(SignInAttempt.account)).all() == ["new"]
        assert jobs.waiting(work) == []


def test_member_may_not_see_what_waits(instance: Instance, owner: Member) -> None:
    with instance.reading(owner, door="web") as work, pytest.raises(Forbidden):
        jobs.waiting(work)
