"""Logging one engagement over HTTP, with its index, calendar entry and history."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import EnvironBuilder

from benchmarks.measuring import Line, spread
from benchmarks.places import Place
from benchmarks.workload import SEED, WORDS
from crm.testing.browsing import Browser

TIMES = 300
MONTHS = ("March", "April", "May", "June")


def lines(place: Place) -> Iterator[Line]:
    """How many a second, and how even."""
    chance = random.Random(SEED)
    browser = Browser(place.app, place.instance, "owner")
    token = browser.token()
    cookie = browser.client.get_cookie(place.app.config["SESSION_COOKIE_NAME"], domain="localhost")
    assert cookie is not None
    bodies = place.labels(200)

    def log() -> None:
        fields: dict[str, Any] = {
            "csrf_token": token,
            "submission": uuid.uuid4().hex,
            "bodies": "\n".join(chance.sample(bodies, 2)),
            # Before the log begins, so that nothing is asked about possible duplicates.
            "when": f"{chance.randrange(1, 29)} {chance.choice(MONTHS)} {chance.randrange(2000, 2020)}",
            "kind": chance.choice(("meeting", "call", "event")),
            "subject": " ".join(chance.choices(WORDS, k=6)),
            "summary": " ".join(chance.choices(WORDS, k=45)),
            "visibility": "team",
        }
        environ = EnvironBuilder(
            path="/engagements/new",
            method="POST",
            data=urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            headers={"Cookie": f"{cookie.key}={cookie.value}"},
        ).get_environ()
        said: list[str] = []
        body = place.app(environ, lambda status, *_: said.append(status))  # type: ignore[arg-type, return-value, func-returns-value]
        answer = b"".join(body)
        if not said[0].startswith("303"):
            raise SystemExit(f"logging an engagement answered {said[0]}: {answer[:400]!r}")

    for _ in range(10):
        log()
    rate, median, late = spread(log, TIMES)
    cause = (
        "some thirty statements through the mapper: names resolved, duplicates looked for, rights asked in each verb, "
        "twins, calendar entry and search index written in the same transaction"
    )
    yield Line("create over HTTP", rate, 80, unit="/s", more=True, note=f"median {median * 1000:.1f} ms", cause=cause)
    yield Line("create: 99th percentile of the median", late / median, 8.0)
