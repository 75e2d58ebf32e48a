"""``python -m benchmarks``: measures, says what is reached, and writes the page of the documentation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "plugins")]

from benchmarks import against, files, importing, memory, pages, report, running, writing  # noqa: E402
from benchmarks.measuring import Line, ask, seconds  # noqa: E402
from benchmarks.places import Place, opened  # noqa: E402
from benchmarks.workload import COMMITMENTS, COMMON, ENGAGEMENTS, RARE, Size  # noqa: E402

DATABASES = ("sqlite", "postgresql")
#: What is asked → its address, how much more it may take over ten times the log, and why if it takes more.
GROWN: dict[str, tuple[Callable[[Place], str], float, str]] = {
    "list": (lambda _: pages.LIST, 1.3, "the index of the days is one level deeper"),
    "page of an organisation": (
        lambda place: f"/organisations/{place.busiest}",
        1.3,
        "what months do not say is read engagement by engagement: the months that the last year cuts through, what "
        "only named members may see, the last month's contact with each body below, what stands beside the counts",
    ),
    "page 1,001": (
        lambda place: place.deep_address(1000 * pages.PAGE),
        1.3,
        "the index of the days is one level deeper",
    ),
    "search, common word": (
        lambda _: f"/search/?q={COMMON}",
        1.3,
        "names of bodies and people that have the word are put in order of likeness, all of them",
    ),
    "search, rare word": (lambda _: f"/search/?q={RARE}", 2.0, "ten times as many records have it"),
    "counts": (
        lambda _: pages.COUNTS,
        2.5,
        "sums of months grow with months and bodies alone, but what only named members may see is read one by one",
    ),
}
_SHEET = "ten times the rows are more than the machine's caches hold"


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and size as ratios of one run.")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both", help="on which database (both)")
    parser.add_argument("--engagements", type=int, default=ENGAGEMENTS, metavar="N", help=f"rows ({ENGAGEMENTS:,})")
    parser.add_argument("--grow", action="store_true", help="measure ten times as much too, and how times grow")
    parser.add_argument("--only", metavar="WORD", default="", help="lines of which the group's name has this word")
    parser.add_argument(
        "--against",
        metavar="PYTHON",
        nargs="?",
        const=sys.executable,
        help="run Datasette, Flask-Admin and Django admin beside it, as far as this interpreter has them (our own)",
    )
    parser.add_argument("--write", action="store_true", help="write docs/reference/performance.md")
    arguments = parser.parse_args()
    size = Size(arguments.engagements, max(1, arguments.engagements * COMMITMENTS // ENGAGEMENTS))
    found: list[Line] = []
    for line in _lines(arguments, size):
        print(report.tell(line), flush=True)
        found.append(line)
    reached = sum(line.is_reached is True for line in found)
    print(f"\n{reached} of {sum(line.is_reached is not None for line in found)} aims reached")
    if arguments.write:
        report.write(found, size.engagements, size.commitments)


def _lines(arguments: argparse.Namespace, size: Size) -> Iterator[Line]:
    wanted = DATABASES if arguments.database == "both" else (arguments.database,)
    for name in wanted:
        yield from _at(name, _of_log(arguments, name, size))
        if "feed" in (arguments.only or "feed"):
            yield from _at(name, files.feed_lines(name))
    if "running" in (arguments.only or "running"):
        yield from running.lines()


def _of_log(arguments: argparse.Namespace, name: str, size: Size) -> Iterator[Line]:
    groups = {"pages": pages.lines, "files": files.lines, "writing": writing.lines, "importing": importing.lines}
    chosen = [lines for group, lines in groups.items() if arguments.only in group]
    of_memory = name == "sqlite" and arguments.only in "memory"
    if not chosen and not of_memory and not arguments.grow and not arguments.against:
        return
    little: dict[str, float] = {}
    if of_memory:
        with opened(name, size.times(1 / memory.FACTOR)) as place:
            little = memory.peaks(place)
    with opened(name, size) as place:
        # Before anything is added to the log.
        small = _times(place) if arguments.grow else {}
        if of_memory:
            yield from memory.lines(little, memory.peaks(place))
        if arguments.against and name == "sqlite":
            yield from against.lines(place, arguments.against)
        for lines in chosen:
            yield from lines(place)
    if arguments.grow:
        with opened(name, size.times(10)) as place:
            for what, took in _times(place).items():
                if what == files.CSV:
                    yield Line(
                        "growth to ten times: CSV, rows/s", 10 * small[what] / took, 0.8, more=True, cause=_SHEET
                    )
                    continue
                _, aim, cause = GROWN[what]
                yield Line(f"growth to ten times: {what}", took / small[what], aim, cause=cause)


def _times(place: Place) -> dict[str, float]:
    addresses = {what: address(place) for what, (address, _, _) in GROWN.items()}
    found = {
        what: seconds(lambda path=path: ask(place.app, path, place.cookie), 5)  # type: ignore[misc]
        for what, path in addresses.items()
    }
    return {**found, files.CSV: seconds(lambda: ask(place.app, files.CSV, place.cookie), 1)}


def _at(name: str, lines: Iterator[Line]) -> Iterator[Line]:
    for line in lines:
        line.where = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[name]
        yield line


if __name__ == "__main__":
    main()
