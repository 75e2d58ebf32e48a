"""The plugin ``metrics``: figures for Prometheus, for whoever brings the token, without a word about people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

import crm_metrics
from crm.app import create_app
from crm.errors import ConfigError
from crm.hooks.loader import PluginStatus, Registry
from crm.instance import Instance
from crm.plugin import Answered
from crm.settings import Settings
from crm.testing.browsing import Browser

TOKEN = "0123456789abcdef0123456789abcdef"
LINE = re.compile(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+')


@pytest.fixture
def watched(settings: Settings) -> Iterator[Flask]:
    instance = Instance(replace(settings, metrics_token=TOKEN, plugins=()))
    registry = Registry([(PluginStatus("metrics", "crm_metrics", "", "active"), crm_metrics)])
    instance.watchers = {one.key: one for one in registry.collect("watchers")}
    app = create_app(instance=instance)
    app.testing = True
    yield app
    instance.engine.dispose()


def figures(app: Flask, token: str = TOKEN, host: str = "localhost") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}", "Host": host}
    answer = app.test_client().get("/monitoring/metrics", headers=headers)
    return answer.status_code, answer.text


def test_requests_are_counted_by_route_and_nothing_of_people_is_told(watched: Flask, settings: Settings) -> None:
    browser = Browser(watched, watched.extensions["crm"].instance, "owner")
    browser.get("/people/?q=Ada+Lovelace")
    browser.get("/organisations/987654")
    browser.get("/nowhere/Ada+Lovelace")
    status, text = figures(watched, host="10.0.0.9")
    assert status == 200
    assert re.search(r'crm_requests_total\{process="\d+",method="GET",route="/people/",status="200"\} 1\n', text)
    assert re.search(r'route="/organisations/<[^"]+",status="404"\} 1\n', text)
    assert 'route="",status="404"' in text
    assert "987654" not in text
    assert "Lovelace" not in text
    assert "crm_jobs_waiting 0" in text
    assert all(LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "é"])
def test_without_the_token_there_is_nothing(watched: Flask, token: str) -> None:
    assert figures(watched, token)[0] == 404


def test_without_a_setting_or_a_plugin_there_is_nothing(app: Flask, watched: Flask) -> None:
    assert figures(app)[0] == 404
    instance = watched.extensions["crm"].instance
    instance.settings = replace(instance.settings, metrics_token="")
    assert figures(watched, "")[0] == 404


def test_durations_fall_into_growing_classes() -> None:
    tally = crm_metrics.Tally()
    for seconds in (0.001, 0.2, 99.0):
        tally.add(Answered("BREW", "/x", 200, seconds))
    text = tally.text({})
    counts = [int(number) for number in re.findall(r'_bucket\{.*?le="[^"]+"\} (\d+)', text)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 3)
    assert 'method="other"' in text
    assert "crm_request_seconds_sum" in text


def test_watcher_that_fails_costs_no_answer(watched: Flask) -> None:
    instance = watched.extensions["crm"].instance
    broken = instance.watchers["metrics"]._replace(answered=lambda _: 1 // 0)
    instance.watchers["metrics"] = broken
    assert watched.test_client().get("/healthz").status_code == 200
    assert instance.watchers == {}


def test_short_token_is_refused() -> None:
    with pytest.raises(ConfigError, match="CRM_METRICS_TOKEN"):
        Settings.from_env({"CRM_METRICS_TOKEN": "short", "CRM_DEVELOPMENT": "1"})
