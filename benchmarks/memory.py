"""Memory that a page takes at its peak, over a log and over one five times as large: none may grow with the rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

from benchmarks.measuring import Line, ask
from benchmarks.pages import COUNTS, LIST
from benchmarks.places import Place
from benchmarks.workload import COMMON

FACTOR = 5
_CAUSE = "more of what the page sums up is read at once where there is more of it"
#: What tables of organisations × periods take more where more of their cells are filled, and what chance adds.
MAY_GROW = 2.0
ADDRESSES: dict[str, Callable[[Place], str]] = {
    "first page": lambda _: "/",
    "list": lambda _: LIST,
    "engagement": lambda _: "/engagements/1",
    "organisation with its timeline": lambda place: f"/organisations/{place.busiest}",
    "list of organisations": lambda _: "/organisations/",
    "people": lambda _: "/people/",
    "person": lambda _: "/people/1",
    "commitments": lambda _: "/commitments/",
    "follow-ups": lambda _: "/follow-ups/",
    "letters": lambda _: "/letters/",
    "milestones": lambda _: "/milestones/",
    "topics": lambda _: "/topics/",
    "topic": lambda _: "/topics/1",
    "counts": lambda _: COUNTS,
    "counts by kind, all rows": lambda _: "/counts/?by=kind&span=all&rows=all",
    "our month": lambda _: "/month/",
    "bin": lambda _: "/bin/",
    "search": lambda _: f"/search/?q={COMMON}",
    "typeahead of organisations": lambda _: "/suggest/organisations?q=comm",
    "typeahead of people": lambda _: "/suggest/people?q=comm",
    "commitments as CSV": lambda _: "/export/commitments.csv",
    "counts as CSV": lambda _: "/export/counts.csv?by=quarter",
}


def peaks(place: Place) -> dict[str, float]:
    """Megabytes that each page takes at its peak, beyond what it needs once; those that are not there are left out."""
    found = {}
    for what, address in ADDRESSES.items():
        path = address(place)
        # The first call brings in what is needed once: modules, templates, compiled statements.
        status = ask(place.app, path, place.cookie).status
        if status != 200:
            raise SystemExit(f"{path} answered {status}: nothing to measure")
        tracemalloc.start()
        ask(place.app, path, place.cookie)
        found[what] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    return found


def lines(small: dict[str, float], large: dict[str, float]) -> Iterator[Line]:
    """How many megabytes more each page takes over five times the rows."""
    for what, peak in large.items():
        note = f"at its peak {small[what]:.1f} MB, then {peak:.1f} MB"
        yield Line(f"memory, {what}", max(0.0, peak - small[what]), MAY_GROW, unit="MB", note=note, cause=_CAUSE)
