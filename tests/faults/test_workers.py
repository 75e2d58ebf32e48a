"""``crm serve --workers``: several processes, one of which is killed, on either database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crm.clock import SystemClock
from crm.instance import Instance
from crm.services import feeds, organisations
from crm.settings import Settings
from crm.testing.fixtures import persona
from tests.faults.conftest import PATIENCE, TOP, environ_of, refuse_half_done
from tests.faults.test_at_once import Client, counted

pytestmark = pytest.mark.slow


@pytest.fixture
def served_by_two(settings: Settings) -> Iterator[tuple[Instance, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = replace(settings, port=port, base_url=f"http://127.0.0.1:{port}")
    instance = Instance(settings, clock=SystemClock())
    with instance.writing(door="cli", trusted=True) as work:
        organisations.create(work, name="DG CNECT", kind="commission_dg")
    environ = {**environ_of(settings), "CRM_PORT": str(port), "CRM_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen([sys.executable, "-m", "crm", "serve", "--workers", "2"], cwd=TOP, env=environ)
    until = time.monotonic() + PATIENCE
    while not is_ready(settings.base_url):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    yield instance, process
    if process.poll() is None:
        process.terminate()
        process.wait(PATIENCE)
    instance.engine.dispose()


def is_ready(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for the processes in /proc")
def test_one_that_is_killed_loses_nothing_and_is_replaced(
    served_by_two: tuple[Instance, subprocess.Popen[bytes]],
) -> None:
    instance, process = served_by_two
    base = instance.settings.base_url
    client = Client(base, instance, "owner")
    with instance.writing(persona(instance, "owner"), door="web") as work:
        feed = feeds.address(base, feeds.create(work, scope="team")[1])
    first = children(process)
    assert len(first) == 2
    saved = 0
    for number in range(12):
        if number == 5:
            os.kill(first[0], signal.SIGKILL)
        form = {"bodies": "DG CNECT", "when": f"{number + 2} days ago", "subject": f"Number {number}"}
        for _ in range(20):
            try:
                status, _, page = client.ask("/engagements/new", {**form, "submission": f"workers-{number:010}"})
            except OSError:
                # The process died with the request in its hands: the browser sends it once more.
                time.sleep(0.1)
                continue
            assert status == 303, page[:300]
            saved += 1
            break
        # Whichever process answers, what was just saved is in the calendar.
        for _ in range(4):
            assert f"Number {number}" in fetched(feed)
    assert saved == counted(instance) == 12
    until = time.monotonic() + PATIENCE
    while len(children(process)) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    second = children(process)
    assert len(second) == 2
    assert first[0] not in second
    refuse_half_done(instance)
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert not [pid for pid in second if Path(f"/proc/{pid}").exists()]


def fetched(address: str) -> str:
    for _ in range(20):
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                text: str = answer.read().decode()
                return text.replace("\r\n ", "")
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
    raise AssertionError("no process answers")
