"""Logging one engagement over HTTP, with its index, calendar entry and history."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import EnvironBuilder

from benchmarks.measuring import Line, spread
from benchmarks.places import Place
from benchmarks.workload import DAYS, FIRST_DAY, SEED, WORDS
from crm.testing.browsing import Browser

TIMES, WARMING = 300, 10


def lines(place: Place) -> Iterator[Line]:
    """How many a second, and how even."""
    chance = random.Random(SEED)
    browser = Browser(place.app, place.instance, "owner")
    token = browser.token()
    cookie = browser.client.get_cookie(place.app.config["SESSION_COOKIE_NAME"], domain="localhost")
    assert cookie is not None
    bodies = place.labels(200)
    days = chance.sample(range(DAYS), TIMES + WARMING)

    def log() -> None:
        fields: dict[str, Any] = {
            "csrf_token": token,
            "submission": uuid.uuid4().hex,
            "bodies": "\n".join(chance.sample(bodies, 2)),
            # Among all the others; but there is no other visit, so that nothing is asked about possible duplicates.
            "when": (FIRST_DAY + dt.timedelta(days=days.pop())).isoformat(),
            "kind": "site_visit",
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

    for _ in range(WARMING):
        log()
    found = spread(log, TIMES)
    cause = (
        "some twenty statements: names resolved, duplicates looked for, twins, calendar entry and search index written "
        "in the same transaction, and on the clock whoever else works on the machine"
    )
    note = f"{found.on_clock:.0f}/s on the clock, the disk included; median {found.median * 1000:.1f} ms"
    yield Line("create over HTTP", found.rate, 80, unit="/s", more=True, note=note, cause=cause)
    yield Line("create: 99th percentile of the median", found.late / found.median, 8.0)
