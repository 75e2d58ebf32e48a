"""What is handed out: the log as CSV and XLSX, and a calendar of ten thousand entries."""

from __future__ import annotations

import csv
import gc
import http.client
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response
from waitress.server import create_server
from werkzeug.test import EnvironBuilder

from benchmarks.measuring import Line, ask, growth, seconds, seen, together
from benchmarks.places import NOW, Place, opened
from benchmarks.workload import Size
from crm.feeds import views
from crm.feeds.shelf import Brake
from crm.models import Member
from crm.queries import engagements
from crm.queries import exports as sheets
from crm.services import calendar, exports, feeds
from crm.services.exports import Sheet
from crm.testing.fixtures import persona

CSV = "/export/engagements.csv"
ENTRIES = 10_000


def lines(place: Place) -> Iterator[Line]:
    """Every line about files."""
    yield from _csv(place)
    yield from _xlsx(place)


def _csv(place: Place) -> Iterator[Line]:
    with seen(place.app, place.instance.engine) as found:
        start = time.perf_counter()
        chunks = _stream(place, CSV)
        first = next(chunks)
        began = time.perf_counter() - start
        text = (first + b"".join(chunks)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    raw, statements = place.raw(), found.own
    # A hundred thousand rows that are ready, kept from the garbage collector: they are the floor's, not the product's.
    gc.freeze()

    def floor() -> None:
        cursor = raw.cursor()
        for statement, values in statements:
            cursor.execute(statement, values)
            cursor.fetchall()
        csv.writer(io.StringIO()).writerows(rows)

    took = together({"ours": lambda: ask(place.app, CSV, place.cookie), "floor": floor}, times=2)
    note = f"{len(rows) / took['ours']:,.0f} rows/s; floor: the same statements raw, Python's csv over ready rows"
    cause = "who took part, topics, points and promises of each row are joined in Python"
    yield Line("CSV of the log", took["floor"] / took["ours"], 0.4, more=True, note=note, cause=cause)
    yield Line("CSV: first byte", began * 1000, 100, unit="ms")
    yield Line("CSV: growth of memory", growth(lambda: ask(place.app, CSV, place.cookie)), 20, unit="MB")


def _stream(place: Place, path: str) -> Iterator[bytes]:
    environ = EnvironBuilder(path=path, headers={"Cookie": place.cookie}).get_environ()
    body = place.app(environ, lambda *_: None)  # type: ignore[arg-type, return-value]
    # The first part is the answer's own, before any of the sheet.
    yield from (part for part in body if part)


def _xlsx(place: Place) -> Iterator[Line]:
    with place.instance.reading(door="cli", trusted=True) as work:
        made = sheets.engagements(work, engagements.Filter())
        rows = [row for row, _ in zip(made.rows, range(20_000), strict=False)]
        sheet = made._replace(rows=rows)
    written = exports.format_named(place.instance.plugins, "xlsx")
    calls: dict[str, Callable[[], Any]] = {"ours": lambda: sum(map(len, exports.write(written, sheet)))}
    other = _xlsxwriter(sheet)
    if other is not None:
        calls["peer"] = other
    took = together(calls, times=2)
    rate = f"{len(rows) / took['ours']:,.0f} rows/s"
    if "peer" in took:
        yield Line("XLSX of the log", took["peer"] / took["ours"], 1.0, more=True, note=f"{rate}; of xlsxwriter")
    else:
        yield Line("XLSX of the log", len(rows) / took["ours"], None, unit="rows/s", note="xlsxwriter is not installed")
    yield Line("XLSX: growth of memory", growth(calls["ours"]), 60, unit="MB")


def _xlsxwriter(sheet: Sheet) -> Callable[[], None] | None:
    try:
        import xlsxwriter
    except ImportError:
        return None

    def write() -> None:
        book = xlsxwriter.Workbook(
            io.BytesIO(), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        page = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(sheet.rows, 1):
            for place, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
                if value is None:
                    continue
                if column.kind in ("date", "datetime"):
                    plain = value.replace(tzinfo=None) if column.kind == "datetime" else value
                    page.write_datetime(number, place, plain, day)
                elif column.kind == "int":
                    page.write_number(number, place, value)
                else:
                    page.write_string(number, place, str(value))
        book.close()

    return write


def feed_lines(name: str) -> Iterator[Line]:
    """A calendar of ten thousand entries: served again, not changed, and read anew."""
    size = Size(ENTRIES, 0, first_day=NOW.date(), days=600, planned=True)
    with opened(name, size) as place:
        instance = place.instance
        owner: Member = persona(instance, "owner")
        while True:
            with instance.writing(door="feed", trusted=True) as work:
                if calendar.refresh(work, base_url=instance.settings.base_url) < calendar.BATCH:
                    break
        with instance.writing(owner, door="cli") as work:
            _, secret = feeds.create(work, scope="team")
        views._brakes[instance] = Brake(burst=10**9)
        path = f"/calendar/{secret}.ics"
        kept = place.app.test_client().get(path).data
        plain = Flask("plain")
        plain.add_url_rule("/", "bytes", lambda: Response(kept, content_type="text/calendar"))
        tag = ask(place.app, path).headers["ETag"]

        # Over a socket, as a calendar program fetches it: in one process the bytes would only change hands.
        with serving(place.app) as ours, serving(plain) as floor:
            memory = seconds(lambda: fetch(floor, "/"), 30)
            yield from _feed(ours, path, tag, memory, len(kept), lambda: views._shelves.pop(instance, None))


def _feed(port: int, path: str, tag: str, memory: float, size: int, forget: Callable[[], Any]) -> Iterator[Line]:
    def cold() -> None:
        forget()
        fetch(port, path)

    for what, call, aim in (
        ("cached", lambda: fetch(port, path), 2.0),
        ("not changed (304)", lambda: fetch(port, path, **{"If-None-Match": tag}), 1.0),
        ("cold", cold, 20.0),
    ):
        took = seconds(call, 12)
        note = f"{took * 1000:.1f} ms; of the same {size / 1e6:.1f} MB from memory"
        yield Line(f"feed of 10,000 entries, {what}", took / memory, aim, note=note)


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """Serves an application on a free port of loopback, as ``crm serve`` does; gives the port."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield int(server.effective_port)
    server.close()


def fetch(port: int, path: str, **headers: str) -> int:
    """Fetches a file over a socket; gives its size."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Host": "localhost", **headers})
    size = len(connection.getresponse().read())
    connection.close()
    return size
