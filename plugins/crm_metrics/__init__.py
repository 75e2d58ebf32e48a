"""Figures for Prometheus: requests by route and status, how long they took, and what waits.

Written by hand in the text format (https://prometheus.io/docs/instrumenting/exposition_formats/, 0.0.4): two kinds of
series need no library. Each process counts for itself and bears its number as a label.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping

from crm.plugin import Answered, Watcher, hookimpl

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""upper ends of the classes of duration, seconds"""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class Tally:
    """What one process answered since it was started; for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._classes: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._seconds: Counter[str] = Counter()

    def add(self, answered: Answered) -> None:
        """Counts one request. Whoever invents methods makes no new series."""
        method = answered.method if answered.method in METHODS else "other"
        place = next((n for n, bound in enumerate(BOUNDS) if answered.seconds <= bound), len(BOUNDS))
        with self._lock:
            self._requests[method, answered.route, answered.status] += 1
            self._classes[answered.route][place] += 1
            self._seconds[answered.route] += answered.seconds  # type: ignore[assignment]

    def text(self, standing: Mapping[str, float]) -> str:
        """Everything in the text format."""
        process = f'process="{os.getpid()}"'
        with self._lock:
            requests = sorted(self._requests.items())
            classes = {route: list(counts) for route, counts in sorted(self._classes.items())}
            seconds = dict(self._seconds)
        lines = ["# HELP crm_requests_total Requests answered.", "# TYPE crm_requests_total counter"]
        for (method, route, status), number in requests:
            labels = f'{process},method="{method}",route="{_escaped(route)}",status="{status}"'
            lines.append(f"crm_requests_total{{{labels}}} {number}")
        lines += ["# HELP crm_request_seconds Time to answer.", "# TYPE crm_request_seconds histogram"]
        for route, counts in classes.items():
            labels, below = f'{process},route="{_escaped(route)}"', 0
            for bound, number in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
                below += number
                lines.append(f'crm_request_seconds_bucket{{{labels},le="{bound}"}} {below}')
            lines.append(f"crm_request_seconds_sum{{{labels}}} {seconds[route]:.6f}")
            lines.append(f"crm_request_seconds_count{{{labels}}} {below}")
        for name, value in sorted(standing.items()):
            lines += [f"# TYPE crm_{name} gauge", f"crm_{name} {value:g}"]
        return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@hookimpl
def watchers() -> list[Watcher]:
    """Offers one, with a tally of its own."""
    tally = Tally()
    return [Watcher("metrics", "text/plain; version=0.0.4; charset=utf-8", tally.add, tally.text)]
