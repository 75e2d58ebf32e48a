"""What was measured, as a table on the terminal and as a page of the documentation."""

from __future__ import annotations

import datetime as dt
import importlib.metadata as metadata
import platform
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import Line

_UNKNOWN = "it was reached when this was written, so that something has changed since"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "performance.md"
_HEAD = """# Speed and size

Written by `make bench`: do not edit. Every figure is a ratio of one run, in processor time on SQLite and on the
clock on PostgreSQL, whose server works in processes of its own. It stands beside a floor of that run: the same
SQL through the bare driver and the same template with rows that are ready, or the same bytes from memory.

The log that is measured is seeded, the same in every run: 500 organisations in a tree that moved, 5,000 people,
{engagements:,} engagements over six years with about three participations each and texts of about 45 words,
{commitments:,} commitments.

{machine}

## Measuring it yourself

`make bench` does all of it, in half an hour or so. `python -m benchmarks --help` says how to measure less: one
database (`--database sqlite`), fewer rows (`--engagements 60000`), one group of lines (`--only pages`, `files`,
`writing`, `memory`, `feed`, `running`).

`--against` runs other programs beside it, over a copy of the same rows, and prints what they take as multiples of
what ours takes in the same run. They are no dependencies of ours: install those you want to see in an environment of
their own, and name its interpreter.

```
python3 -m venv /tmp/peers
/tmp/peers/bin/pip install datasette flask-admin sqlalchemy django
python -m benchmarks --database sqlite --only nothing --against /tmp/peers/bin/python
```

Flask-Admin and Django admin show the same columns with who took part, and search with LIKE; Datasette shows the one
table of engagements without who took part, and gets a full-text index of its own. Ours shows and hands out who took
part, topics, points and promises, and asks of each row what its reader may see.

## Figures
"""


def verdict(line: Line) -> str:
    """Reached, or not."""
    return "" if line.is_reached is None else "reached" if line.is_reached else "NOT REACHED"


def figure(line: Line) -> str:
    """The figure with its unit."""
    number = f"{line.figure:,.0f}" if line.figure >= 100 else f"{line.figure:.2f}"
    return f"{number} {line.unit}".strip()


def _aim(line: Line) -> str:
    if line.aim is None:
        return ""
    return f"{'≥' if line.more else '≤'} {line.aim:g} {line.unit}".strip()


def tell(line: Line) -> str:
    """One line for the terminal."""
    return f"{line.where:11} {line.what:58} {figure(line):>14}   {_aim(line):>12}  {verdict(line):12} {line.note}"


def machine() -> str:
    """On what it was measured."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("Flask", "SQLAlchemy", "psycopg"))
    cores = next(
        (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine()
    )
    return (
        f"Measured on {dt.date.today():%-d %B %Y}: {cores}, Python {platform.python_version()}, "  # noqa: DTZ011
        f"SQLite {sqlite3.sqlite_version}, {versions}."
    )


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def write(lines: Sequence[Line], engagements: int, commitments: int) -> None:
    """Writes the page."""
    rows = ["| what | where | figure | aim | | |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {line.what} | {line.where} | {figure(line)} | {_aim(line)} | {verdict(line)} | {line.note} |"
        for line in lines
    ]
    missed = [line for line in lines if line.is_reached is False]
    causes = ["", "## Not reached, and why", ""]
    causes += [f"- **{line.what}** ({line.where}): {line.cause or _UNKNOWN}." for line in missed]
    head = _HEAD.format(engagements=engagements, commitments=commitments, machine=machine())
    PAGE.write_text("\n".join([head, *rows, *(causes if missed else []), ""]), encoding="utf-8")
