"""The same work side by side with other programs over the same rows, as multiples of what ours takes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.files import CSV
from benchmarks.measuring import Line, ask, seconds
from benchmarks.pages import LIST, PAGE
from benchmarks.places import Place
from benchmarks.workload import COMMON, RARE
from crm.models import Engagement

DEEP = 1001


def lines(place: Place, interpreter: str) -> Iterator[Line]:
    """Each program that ``interpreter`` has; only an embedded database can be opened by all of them.

    :raises SystemExit: there is none, or one of them failed
    """
    deep = min(DEEP, _pages(place))
    addresses = {
        "first page": LIST,
        "a page far down": place.deep_address((deep - 1) * PAGE),
        "search, rare word": f"/search/?q={RARE}",
        "search, common word": f"/search/?q={COMMON}",
        "CSV": CSV,
    }
    ours = {
        work: seconds(lambda path=path: ask(place.app, path, place.cookie), 1 if path == CSV else 3)  # type: ignore[misc]
        for work, path in addresses.items()
    }
    found = 0
    for told in _told(place, interpreter, deep):
        found += 1
        took, mine = told["seconds"], ours[told["work"]]
        note = f"of ours; {took * 1000:,.0f} ms against {mine * 1000:,.0f} ms"
        yield Line(f"{told['peer']}: {told['work']}", took / mine, None, note=note)
    if not found:
        raise SystemExit(f"{interpreter} has neither Datasette nor Flask-Admin nor Django: install one of them there")


def _pages(place: Place) -> int:
    with place.instance.reading(door="cli", trusted=True) as work:
        return int(work.session.scalar(select(func.count(Engagement.id))) or 0) // PAGE


def _told(place: Place, interpreter: str, deep: int) -> Iterator[dict]:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory(prefix="crm-bench") as folder:
        copy, asked = Path(folder, "log.sqlite3"), Path(folder, "asked.json")
        with sqlite3.connect(place.instance.engine.url.database or "") as original:
            original.execute("VACUUM INTO ?", (str(copy),))
        questions = {"page": deep, "rows": (deep - 1) * PAGE, "rare": RARE, "common": COMMON}
        asked.write_text(json.dumps(questions), encoding="utf-8")
        peers = Path(__file__).with_name("peers.py")
        with subprocess.Popen(
            [interpreter, "-W", "ignore", str(peers), str(copy), str(asked)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                yield json.loads(line)
        if process.returncode:
            raise SystemExit(f"{peers.name} failed in {interpreter}; its message stands above")
