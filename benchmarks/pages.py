"""Pages: against the same statements through the bare driver and the same template with rows that are ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask

from benchmarks.measuring import Line, Seen, ask, seconds, seen, together
from benchmarks.places import Place
from benchmarks.workload import COMMON, RARE

LIST, COUNTS = "/engagements/", "/counts/?by=quarter&span=all"
PAGE = 50
BUILT = "rows become objects, addresses and words between the driver and the template, which are all of the floor"
LARGE = "every number is a link to its rows, and every row of the timeline names who took part, each with its address"


_SEARCHED = {
    "sqlite": "eight kinds of record are counted, up to a thousand each that the reader may see, and five of each told",
    "postgresql": "as on SQLite; and its index of words cannot stop at the newest: each of six statements goes through "
    "every record that has a common word",
}


def floor_of(place: Place, path: str) -> tuple[Callable[[], Any], Seen]:
    """A bare Flask application that runs the statements of a page through the driver and renders its template."""
    with seen(place.app, place.instance.engine) as found:
        answer = ask(place.app, path, place.cookie)
    if answer.status != 200 or not found.templates:
        raise SystemExit(f"{path} answered {answer.status}: nothing to measure")
    template, context = found.templates[-1]
    raw = place.raw()
    bare = Flask("floor")

    @bare.get("/")
    def floor() -> str:
        cursor = raw.cursor()
        for text, values in found.own:
            cursor.execute(text, values)
            cursor.fetchall()
        with place.app.test_request_context(path):
            return str(template.render(context))

    return lambda: ask(bare, "/"), found


def lines(place: Place) -> Iterator[Line]:
    """Every line about pages."""
    cause = (
        "the rows, who took part in them, how many there are and wait, what stands around the list: one statement each"
    )
    yield from _page(place, "list of engagements", LIST, cause)
    cause = (
        "names, places in the tree, people, promises, what is to do and ahead, contact with it and each body below it, "
        "figures and what stands beside them, and what the timeline tells of engagements and promises: one or two "
        "statements each, put together once for a process; put into four, nobody could read them any more"
    )
    yield from _page(place, "page of an organisation", f"/organisations/{place.busiest}", cause)
    yield from _deep(place)
    yield from _search(place)
    yield from _counts(place)


def _page(place: Place, what: str, path: str, cause: str) -> Iterator[Line]:
    floor, found = floor_of(place, path)
    answer = ask(place.app, path, place.cookie)
    took = together({"page": lambda: ask(place.app, path, place.cookie), "floor": floor})
    note = f"{took['page'] * 1000:.1f} ms"
    yield Line(f"{what}: processor time", took["page"] / took["floor"], 3.0, note=note, cause=BUILT)
    yield Line(f"{what}: statements besides session and rights", len(found.own), 4, unit="", cause=cause)
    yield Line(f"{what}: size", answer.size / 1024, 100, unit="KB", cause=LARGE)


def _seconds(place: Place, path: str) -> float:
    answer = ask(place.app, path, place.cookie)
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}: nothing to measure")
    return seconds(lambda: ask(place.app, path, place.cookie))


def _deep(place: Place) -> Iterator[Line]:
    first = _seconds(place, LIST)
    by_key = place.deep_address(1000 * PAGE)
    took = seconds(lambda: ask(place.app, by_key, place.cookie))
    cause = "the page is looked for anew, where page 1 is found prepared"
    yield Line("page 1,001 by key", took / first, 1.2, note="of page 1", cause=cause)
    by_number = place.numbered_address(1001)
    if by_number is not None:
        cause = "the 50,000 rows before it are passed one by one, on an index, since each may be hidden from the reader"
        yield Line("page 1,001 by number", _seconds(place, by_number) / first, 3.0, note="of page 1", cause=cause)


def _search(place: Place) -> Iterator[Line]:
    first = _seconds(place, LIST)
    for name, words in (("rare", RARE), ("common", COMMON), ("prefix", COMMON[:4])):
        took = _seconds(place, f"/search/?q={words}")
        yield Line(f"search, {name} word", took / first, 1.5, note="of the list", cause=_SEARCHED[place.name])
    hint = _seconds(place, "/suggest/organisations?q=comm")
    cause = (
        "beside each suggestion stands how often the body was met in twelve months, with all below it: sums of months, "
        "and what only named members may see read beside them, in five statements; a request that looks nothing up "
        "takes a fourteenth of the list"
    )
    yield Line("typeahead", hint / first, 0.2, note="of the list", cause=cause)


def _counts(place: Place) -> Iterator[Line]:
    took = together({"page": lambda: ask(place.app, COUNTS, place.cookie), "floor": place.grouping()}, times=4)
    yield Line(
        "counts, organisations × quarter",
        took["page"] / took["floor"],
        0.25,
        note=f"of our own plain GROUP BY; {took['page'] * 1000:.0f} ms",
        cause="sums by month are added up over every body, and what only named members may see is read beside them",
    )
