"""Monitoring learns whether the process lives and can answer, and nothing else; each request has a line in the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from crm.cli.serving import JsonLines
from crm.instance import Instance
from crm.testing.browsing import Browser

Browse = Callable[..., Browser]


def test_anybody_may_ask_by_any_name_and_gets_one_word(app: Flask) -> None:
    for path in ("/healthz", "/readyz"):
        answer = app.test_client().get(path, headers={"Host": "10.0.0.7:8600"})
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert answer.headers["Cache-Control"] == "no-store"


def test_tables_of_another_program_are_not_ready_but_the_process_lives(app: Flask, instance: Instance) -> None:
    with instance.engine.begin() as connection:
        connection.execute(text("UPDATE crm_schema_version SET version_num = '9999'"))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    assert app.test_client().get("/healthz").status_code == 200


def test_database_that_is_gone_is_not_ready(app: Flask, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RuntimeError("secret address of the database")

    monkeypatch.setattr(instance, "reading", gone)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")


def test_request_is_logged_with_its_id_and_nobodys_name(
    browser: Browse, instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="crm.request")
    owner = browser("owner")
    caplog.clear()
    answer = owner.get("/people/?q=Ada+Lovelace")
    [record] = [record for record in caplog.records if record.name == "crm.request"]
    line = JsonLines().format(record)
    told = json.loads(line)
    assert (told["method"], told["route"], told["status"]) == ("GET", "/people/", 200)
    assert isinstance(told["member"], int)
    assert "Lovelace" not in line
    assert "example.org" not in line
    assert len(answer.headers["X-Request-ID"]) == 16


def test_lines_of_one_request_bear_its_id(browser: Browse, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonLines().format(record))

    keeping = Keeping()
    logging.getLogger("crm").addHandler(keeping)
    logging.getLogger("crm").setLevel(logging.INFO)
    member = browser("owner")
    monkeypatch.setitem(member.app.view_functions, "crm.people.index", lambda: 1 // 0)
    answer = member.get("/people/")
    logging.getLogger("crm").removeHandler(keeping)
    assert answer.status_code == 500
    told = [json.loads(line) for line in lines]
    assert [one["event"] for one in told] == ["fault", "answered"]
    assert {one["request"] for one in told} == {answer.headers["X-Request-ID"]}
