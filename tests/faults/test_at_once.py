"""Many at once, and clocks that jump: a real server, real threads."""

from __future__ import annotations

import datetime as dt
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from crm.clock import FixedClock
from crm.database.engine import make_engine
from crm.database.migrate import current, head
from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Engagement
from crm.models.history import Twins
from crm.services import engagements, followups, organisations
from crm.services.engagements import Party
from crm.testing.databases import Template
from crm.testing.fixtures import persona
from crm.testing.serving import served, session_cookie
from crm.work import Work
from tests.faults import worker
from tests.faults.conftest import FORKS, environ_of, refuse_half_done

Answer = tuple[int, str, str]
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Stays where it is."""


class Client:
    """A browser of one member that does not follow to the next page."""

    def __init__(self, base: str, instance: Instance, name: str) -> None:
        cookie = session_cookie(instance, f"{name}@example.org")
        self._base = base
        self._headers = {"Cookie": f"{cookie['name']}={cookie['value']}"}
        self._opener = urllib.request.build_opener(_Stay())
        page = self.ask("/engagements/new")
        found = TOKEN.search(page[2])
        assert found is not None, page
        self.token = found[1]

    def ask(self, path: str, form: dict[str, str] | None = None) -> Answer:
        """Status, where it leads, and the page."""
        data = urllib.parse.urlencode({"csrf_token": self.token, **form}).encode() if form else None
        request = urllib.request.Request(self._base + path, data, self._headers)
        try:
            with self._opener.open(request, timeout=60) as answer:
                if answer.headers.get("Set-Cookie"):
                    self._headers["Cookie"] = answer.headers["Set-Cookie"].split(";")[0]
                return answer.status, answer.headers.get("Location", ""), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Location", ""), error.read().decode()


@pytest.fixture
def body(instance: Instance) -> int:
    with instance.writing(door="cli", trusted=True) as work:
        return organisations.create(work, name="DG CNECT", kind="commission_dg").id


def test_five_clicks_at_once_make_one_record(instance: Instance, body: int) -> None:
    with served(instance) as base:
        client = Client(base, instance, "owner")
        form = {
            "bodies": "DG CNECT",
            "when": "yesterday",
            "subject": "Clicked",
            "submission": "one-key-for-five-clicks",
        }
        ready = threading.Barrier(5)

        def click(_: int) -> Answer:
            ready.wait()
            return client.ask("/engagements/new", form)

        with ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(click, range(5)))
    assert {(status, place) for status, place, _ in answers} == {(303, "/engagements/1")}, answers
    assert counted(instance) == 1


def test_twenty_four_writers_at_once_lose_nothing(instance: Instance, body: int) -> None:
    with served(instance) as base:
        clients = [Client(base, instance, name) for name in ("owner", "colleague", "admin")]
        ready = threading.Barrier(24)

        def write(number: int) -> list[Answer]:
            client, answers = clients[number % 3], []
            ready.wait()
            for turn in range(3):
                day = dt.date(2026, 5, 19) - dt.timedelta(days=number * 3 + turn)
                form = {"bodies": "DG CNECT", "when": str(day), "subject": f"{number}/{turn}"}
                answers.append(client.ask("/engagements/new", {**form, "submission": f"writer-{number:08}-{turn:08}"}))
            return answers

        with ThreadPoolExecutor(24) as pool:
            answers = [answer for each in pool.map(write, range(24)) for answer in each]
    outcomes = Counter(status for status, _, _ in answers)
    assert outcomes.keys() <= {303, 503}, outcomes
    assert all("Nothing was saved" in page for status, _, page in answers if status == 503)
    places = {place for status, place, _ in answers if status == 303}
    assert len(places) == outcomes[303] == counted(instance)
    assert outcomes[303] > 60
    refuse_half_done(instance)


def test_two_who_amend_one_record_at_once_meet(instance: Instance, body: int) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        when = parse_when("11 May 2026", today=work.today(), past=True, zone=work.zone)
        engagement = engagements.log(work, kind="meeting", when=when, parties=[Party(body)])
    ready, outcomes = threading.Barrier(6), []

    def amend(number: int) -> None:
        member = persona(instance, "owner")
        ready.wait()
        try:
            with instance.writing(member, door="web") as work:
                engagements.amend(work, engagement.id, version=1, subject=f"by {number}")
            outcomes.append("saved")
        except Exception as fault:
            outcomes.append(type(fault).__name__)

    threads = [threading.Thread(target=amend, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(outcomes)) == ["Conflict", "saved"], outcomes
    assert outcomes.count("saved") == 1


def test_of_four_processes_that_start_at_once_one_migrates(template: Template, instance: Instance) -> None:
    from dataclasses import replace

    address = template.empty()
    environ = environ_of(replace(instance.settings, database_url=address))
    pairs = [FORKS.Pipe(duplex=False) for _ in range(4)]
    processes = [FORKS.Process(target=worker.run, args=(says, environ, "migrate")) for _, says in pairs]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [hears.recv() and hears.recv() for hears, _ in pairs] == ["done"] * 4
    engine = make_engine(address)
    assert current(engine) == head()
    engine.dispose()
    template.drop(address)


def test_wall_time_and_days_stay_where_summer_time_begins_and_ends(work: Work) -> None:
    body = organisations.create(work, name="DG CNECT", kind="commission_dg").id
    for typed, day, time in (
        ("28 March 2026 23:30", "2026-03-28", "23:30"),
        ("29 March 2026 03:30", "2026-03-29", "03:30"),
        ("25 October 2026 02:30", "2026-10-25", "02:30"),
        ("31 December 2026 23:59", "2026-12-31", "23:59"),
    ):
        when = parse_when(typed, today=work.today(), past=False, zone="Europe/Brussels")
        made = engagements.log(work, kind="meeting", status="planned", when=when, parties=[Party(body)])
        work.session.flush()
        work.session.expire_all()
        stored = work.session.get_one(Engagement, made.id)
        assert (str(stored.first_day), str(stored.last_day)) == (day, day)
        assert stored.start_time is not None
        assert stored.start_time.strftime("%H:%M") == time
    due = parse_when("25 October 2026", today=work.today(), past=False, zone="Pacific/Kiritimati")
    assert str(followups.add(work, title="Whole day", due=due).due_last) == "2026-10-25"


@pytest.mark.parametrize("hours", [-26, -1, 1, 24 * 400])
def test_clock_that_jumps_mixes_up_no_history(instance: Instance, clock: FixedClock, body: int, hours: int) -> None:
    member = persona(instance, "owner")
    with instance.writing(member, door="web") as work:
        when = parse_when("11 May 2026", today=work.today(), past=True, zone=work.zone)
        made = engagements.log(work, kind="meeting", when=when, parties=[Party(body)], subject="before")
    clock.move(hours=hours)
    with instance.writing(member, door="web") as work:
        engagements.amend(work, made.id, version=1, subject="after")
    with instance.reading(member, door="web") as work:
        found = engagements.get(work, made.id)
        assert (found.subject, found.version, str(found.first_day)) == ("after", 2, "2026-05-11")
        twin = Twins.of(Engagement)
        states = work.session.execute(
            select(twin.c.subject, twin.c.transaction_id, twin.c.until_id).order_by(twin.c.transaction_id)
        ).all()
        assert [state.subject for state in states] == ["before", "after"]
        assert states[0].until_id == states[1].transaction_id
        assert states[1].until_id is None


def counted(instance: Instance) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalar(select(func.count()).select_from(Engagement)) or 0
