"""Processor time, memory and statements of one piece of work."""

from __future__ import annotations

import multiprocessing
import re
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask, template_rendered
from sqlalchemy import Engine, event
from werkzeug.test import EnvironBuilder

#: What reads the time; see :func:`measure_on`.
_CLOCKS: dict[str, Callable[[], float]] = {"sqlite": time.process_time, "postgresql": time.perf_counter}
_now = [time.process_time]

_OF_SESSION = re.compile(r"FROM crm_(member_session|instance_setting)\b")


def measure_on(database: str) -> None:
    """Reads the clock that is right for a database from now on.

    SQLite works in this process, so that its processor time says it all; PostgreSQL works in processes of its own, so
    that only the clock on the wall knows.
    """
    _now[0] = _CLOCKS[database]


class Answer(NamedTuple):
    """What an application answered."""

    status: int
    headers: dict[str, str]
    size: int


@dataclass
class Line:
    """One line of the report.

    :param figure: the ratio, or the figure itself where there is no floor
    :param aim: what it is held against
    :param more: whether more is better
    """

    what: str
    figure: float
    aim: float | None
    unit: str = "×"
    more: bool = False
    note: str = ""
    cause: str = ""
    where: str = field(default="", kw_only=True)

    @property
    def is_reached(self) -> bool | None:
        if self.aim is None:
            return None
        return self.figure >= self.aim if self.more else self.figure <= self.aim


def seconds(call: Callable[[], Any], times: int = 7) -> float:
    """The least time of several calls, in seconds: what disturbs only ever adds."""
    found = []
    for _ in range(times):
        start = _now[0]()
        call()
        found.append(_now[0]() - start)
    return min(found)


def together(calls: dict[str, Callable[[], Any]], times: int = 7) -> dict[str, float]:
    """The least time of several calls, measured in turns, so that a change of the machine meets them all."""
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(times):
        for name, call in calls.items():
            start = _now[0]()
            call()
            found[name] = min(found[name], _now[0]() - start)
    return found


class Spread(NamedTuple):
    """How one call after the other went.

    :ivar rate: calls a second, by the clock that is right for the database
    :ivar on_clock: calls a second by the clock on the wall, waits for the disk and for neighbours included
    :ivar median: seconds on the wall, as ``late``, the 99th percentile
    """

    rate: float
    on_clock: float
    median: float
    late: float


def spread(call: Callable[[], Any], times: int) -> Spread:
    """Makes a call many times, one after the other."""
    found = []
    worked = _now[0]()
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    worked = _now[0]() - worked
    cuts = statistics.quantiles(found, n=100)
    return Spread(times / worked, times / sum(found), cuts[49], cuts[98])


def once(call: Callable[[], Any]) -> float:
    """Seconds of a call that can be made only once."""
    start = _now[0]()
    call()
    return _now[0]() - start


def ask(app: Flask, path: str, cookie: str = "", **headers: str) -> Answer:
    """One request straight into the application, its answer read to the end."""
    if cookie:
        headers["Cookie"] = cookie
    environ = EnvironBuilder(path=path.partition("?")[0], query_string=path.partition("?")[2], headers=headers)
    said: list[tuple[str, list[tuple[str, str]]]] = []
    body = app(environ.get_environ(), lambda status, given, _=None: said.append((status, given)))  # type: ignore[arg-type, return-value, func-returns-value]
    size = sum(len(part) for part in body)
    if hasattr(body, "close"):
        body.close()
    status, given = said[0]
    return Answer(int(status[:3]), dict(given), size)


@dataclass
class Seen:
    """The statements and templates of one request."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    templates: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    @property
    def own(self) -> list[tuple[str, Any]]:
        """Statements besides those that ask who is there, and what they may do."""
        return [(text, values) for text, values in self.statements if not _OF_SESSION.search(text)]


@contextmanager
def seen(app: Flask, engine: Engine) -> Iterator[Seen]:
    """Notes the statements and templates of what is asked meanwhile."""
    found = Seen()

    def note(_connection: Any, _cursor: Any, text: str, values: Any, _context: Any, _many: bool) -> None:
        if text.lstrip().upper().startswith(("SELECT", "WITH")):
            found.statements.append((text, values))

    def rendered(_sender: Any, template: Any, context: dict[str, Any], **_: Any) -> None:
        found.templates.append((template, context))

    event.listen(engine, "before_cursor_execute", note)
    template_rendered.connect(rendered, app)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
        template_rendered.disconnect(rendered, app)


def growth(call: Callable[[], Any]) -> float:
    """How many megabytes a process of its own grows by, at its peak, while it makes the call a second time.

    The first call brings in what is needed once: modules, templates, compiled statements.
    """
    parent, child = multiprocessing.Pipe(duplex=False)

    def measure() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        call()
        child.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)

    process = multiprocessing.get_context("fork").Process(target=measure)
    process.start()
    process.join()
    return float(parent.recv()) if parent.poll() else float("nan")
