"""``crm serve``, as its own process: what it prints, whom it lets in, how it ends."""

from __future__ import annotations

import http.cookiejar
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from crm.cli import serving
from crm.errors import ConfigError
from crm.instance import Instance
from crm.models.instance import InstanceSetting
from crm.services import jobs

PATIENCE = 60

Start = Callable[..., "Server"]


class Server:
    """A running ``crm serve``.

    :ivar told: what it printed so far
    """

    def __init__(self, environ: dict[str, str], *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crm", "serve", *options],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.told = ""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told += line

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Waits until something was printed."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = re.search(pattern, self.told)
            if found:
                return found
            if self.process.poll() is not None:
                time.sleep(0.2)
                break
            time.sleep(0.05)
        raise AssertionError(f"{pattern} was not printed:\n{self.told}")

    def stop(self) -> int:
        """Ends it as a service manager does, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with data of its own and a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    return {**kept, "CRM_DATA": str(tmp_path / "crm-data"), "CRM_PORT": str(port)}


@pytest.fixture
def start(environ: dict[str, str]) -> Iterator[Start]:
    """``start("--demo", CRM_HOST="…")``; what still runs is ended."""
    running: list[Server] = []

    def begin(*options: str, **more: str) -> Server:
        running.append(Server({**environ, **more}, *options))
        return running[-1]

    yield begin
    for server in running:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def crm(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crm", *arguments], env=environ, capture_output=True, text=True, timeout=PATIENCE
    )


def fetched(address: str, opener: urllib.request.OpenerDirector | None = None, **form: str) -> str:
    """A page; waits for a server that is still starting."""
    data = urllib.parse.urlencode(form).encode() if form else None
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with (opener or urllib.request.build_opener()).open(address, data, timeout=10) as answer:
                text: str = answer.read().decode()
                return text
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_demonstration_prints_address_login_and_password_that_let_in(start: Start, environ: dict[str, str]) -> None:
    server = start("--demo")
    password = server.wait_for(r"Password  (\S+)").group(1)
    address = server.wait_for(r"Address   (\S+)/").group(1)
    calendar = server.wait_for(r"Calendar  (\S+)").group(1)
    login = server.wait_for(r"Login     (\S+)").group(1)

    assert "demonstration" in server.told
    assert (Path(environ["CRM_DATA"]) / "demo-login").stat().st_mode & 0o777 == 0o600
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', fetched(f"{address}/sign-in", opener))
    assert token is not None
    fetched(f"{address}/sign-in", opener, csrf_token=token.group(1), email=login, password=password)
    assert "DEMO-21" in fetched(f"{address}/export/engagements.csv", opener)
    assert fetched(calendar).startswith("BEGIN:VCALENDAR")

    second = crm({**environ, "CRM_DATA": environ["CRM_DATA"]}, "serve", "--demo")
    assert second.returncode == 2
    assert second.stderr.strip().endswith("is taken: stop what uses it, or set CRM_PORT to another port")
    assert len(second.stderr.strip().splitlines()) == 1

    assert server.stop() == 0
    again = start("--demo")
    assert again.wait_for(r"Password  (\S+)").group(1) == password
    assert "entered" not in again.told
    again.stop()

    public = crm({**environ, "CRM_HOST": "0.0.0.0", "CRM_BASE_URL": "http://crm.example.org"}, "serve")
    assert public.returncode == 2
    assert "member disable demo@example.org" in public.stderr


@pytest.mark.parametrize("more", [{"CRM_HOST": "0.0.0.0"}, {"CRM_BASE_URL": "https://crm.example.org"}])
def test_demonstration_is_refused_where_others_could_reach_it(environ: dict[str, str], more: dict[str, str]) -> None:
    result = crm({**environ, **more}, "serve", "--demo")

    assert result.returncode == 2
    assert next(iter(more)) in result.stderr
    assert result.stdout == ""


def test_installation_prints_a_link_until_there_is_an_administrator(start: Start, environ: dict[str, str]) -> None:
    assert crm(environ, "init").returncode == 0
    server = start()
    link = server.wait_for(r"(http://127\.0\.0\.1:\d+/welcome/\S+)").group(1)

    assert "Choose" in fetched(link) or "password" in fetched(link)
    assert server.stop() == 0

    subprocess.run(
        [sys.executable, "-m", "crm", "member", "add", "ada@example.org", "--name", "Ada", "--role", "admin"],
        env=environ,
        input="four words do it\n",
        text=True,
        check=True,
    )
    later = start()
    later.wait_for(r"Antechamber is at")
    fetched(later.wait_for(r"(http://\S+)/").group(1) + "/sign-in")
    assert "welcome" not in later.told


def test_without_an_installation_it_says_what_to_do(environ: dict[str, str]) -> None:
    result = crm(environ, "serve")

    assert result.returncode == 2
    assert "crm init" in result.stderr
    assert not Path(environ["CRM_DATA"]).exists()


def test_address_that_is_not_this_machines_is_named() -> None:
    with pytest.raises(ConfigError, match="CRM_HOST"):
        serving.bind("192.0.2.1", 8600)


def test_background_does_what_waits(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PAUSE", 0.01)
    with instance.writing(door="cli", trusted=True) as work:
        jobs.promise(work, jobs.HOUSEKEEPING, {})
    thread = serving.Background(instance)

    thread.start()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with instance.reading(door="cli", trusted=True) as work:
            if not jobs.waiting(work):
                break
        time.sleep(0.05)
    thread.stop()

    assert not thread.is_alive()
    with instance.reading(door="cli", trusted=True) as work:
        assert jobs.waiting(work) == []


def test_background_survives_a_fault(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PAUSE", 0.01)
    monkeypatch.setattr(serving, "PAUSE_AFTER_FAULT", 0.01)
    calls = []

    def fail(*_: object, **__: object) -> None:
        calls.append(1)
        raise RuntimeError("of some kind")

    monkeypatch.setattr(jobs, "drain", fail)
    thread = serving.Background(instance)
    thread.start()
    until = time.monotonic() + PATIENCE
    while len(calls) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    thread.stop()

    assert len(calls) >= 3


def test_log_is_one_json_object_a_line_without_secrets_of_feeds() -> None:
    record = logging.makeLogRecord(
        {
            "name": "crm.http",
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": "cannot answer %s",
            "args": ("/calendar/abcdefghijklmnopqrstuvwxyz.ics",),
            "reference": "ab12",
        }
    )

    line = serving.JsonLines().format(record)

    told = json.loads(line)
    assert (told["level"], told["logger"], told["reference"]) == ("WARNING", "crm.http", "ab12")
    assert "abcdefghijklmnop" not in line
    assert "\n" not in line


def test_failed_statement_is_logged_without_what_somebody_wrote(instance: Instance) -> None:
    row = {"key": "Jane Doe of Paris", "value": {"said": "in confidence"}}
    statement = insert(InstanceSetting.__table__)  # type: ignore[arg-type]
    with instance.engine.connect() as connection:
        connection.execute(statement, row)
        with pytest.raises(IntegrityError) as caught:
            connection.execute(statement, row)
    record = logging.makeLogRecord({"msg": "failed", "exc_info": (IntegrityError, caught.value, caught.tb)})

    line = serving.JsonLines().format(record)

    assert "crm_instance_setting" in json.loads(line)["trace"]
    assert "Jane Doe" not in line
    assert "in confidence" not in line
