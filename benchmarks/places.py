"""An installation with the log that is measured, somebody signed in, and its database without the mapper."""

from __future__ import annotations

import datetime as dt
import gc
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from sqlalchemy import func, select

from benchmarks.measuring import measure_on
from benchmarks.workload import Size, enter
from crm.app import create_app
from crm.clock import FixedClock
from crm.instance import Instance
from crm.models import Organisation, OrganisationClosure
from crm.queries import engagements
from crm.settings import Settings
from crm.testing.databases import PostgresqlTemplate, SqliteTemplate, Template
from crm.testing.fixtures import SECRET, add_members
from crm.testing.serving import session_cookie

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
WHO = "owner@example.org"

_QUARTER = {
    "sqlite": "strftime('%Y', e.first_day) || '-' || ((strftime('%m', e.first_day) + 2) / 3)",
    "postgresql": "date_trunc('quarter', e.first_day)",
}
_GROUPING = """
SELECT c.ancestor_id, {quarter}, count(DISTINCT e.id)
FROM crm_engagement e
JOIN crm_participation p ON p.engagement_id = e.id
JOIN crm_organisation_closure c ON c.descendant_id = p.organisation_id
WHERE {counts} AND p.side = 'counterpart' AND c.first <= e.first_day AND c.last >= e.first_day
GROUP BY 1, 2
"""


class Place:
    """One installation on one database."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.name = instance.engine.dialect.name
        self.app: Flask = create_app(instance=instance)
        self.app.testing = False
        found = session_cookie(instance, WHO)
        self.cookie = f"{found['name']}={found['value']}"
        self.busiest = self._busiest()

    def raw(self) -> Any:
        """A connection of the bare driver."""
        return self.instance.engine.raw_connection()

    def grouping(self) -> Callable[[], Any]:
        """Engagements by body at every level and quarter, as anybody would write it by hand."""
        connection = self.raw()
        text = _GROUPING.format(
            quarter=_QUARTER[self.name], counts="e.counts = 1" if self.name == "sqlite" else "e.counts"
        )

        def group() -> Any:
            cursor = connection.cursor()
            cursor.execute(text)
            return cursor.fetchall()

        return group

    def deep_address(self, rows: int) -> str:
        """The address of the page of engagements that begins behind ``rows`` rows, by its key."""
        wanted, after = engagements.Filter(), None
        with self.instance.reading(door="cli", trusted=True) as work:
            while rows > 0:
                page = engagements.listed(work, wanted, after=after, limit=min(rows, 5000))
                after, rows = page.next, rows - len(page.rows)
        with self.app.test_request_context():
            return url_for("crm.engagements.index", after=str(after))

    def numbered_address(self, page: int) -> str | None:
        """The address of a page by its number, none where pages have none."""
        with self.app.test_request_context():
            return url_for("crm.engagements.index", page=page)

    def labels(self, number: int) -> list[str]:
        """Bodies as a form names them once they are chosen."""
        with self.instance.reading(door="cli", trusted=True) as work:
            found = work.session.execute(
                select(Organisation.name, Organisation.id)
                .where(Organisation.is_ours.is_(False))
                .order_by(Organisation.id.desc())
                .limit(number)
            )
            return [f"{name} [#{one}]" for name, one in found]

    def _busiest(self) -> int:
        with self.instance.reading(door="cli", trusted=True) as work:
            found = work.session.execute(
                select(OrganisationClosure.ancestor_id)
                .group_by(OrganisationClosure.ancestor_id)
                .order_by(func.count().desc(), OrganisationClosure.ancestor_id)
                .limit(1)
            )
            return int(found.scalar_one())


def template_of(name: str) -> Template:
    """Where databases of one kind come from."""
    return SqliteTemplate() if name == "sqlite" else PostgresqlTemplate()


@contextmanager
def opened(name: str, size: Size) -> Iterator[Place]:
    """An installation on ``sqlite`` or ``postgresql`` with the log in it, gone afterwards."""
    measure_on(name)
    template, folder = template_of(name), Path(tempfile.mkdtemp(prefix="crm-bench"))
    address = template.fresh()
    if name == "sqlite":
        # Tests keep theirs in memory; here what is committed goes to the disk.
        address = f"sqlite:///{shutil.move(address.removeprefix('sqlite:///'), folder)}"
    settings = Settings(
        data=folder, database_url=address, secret_key=SECRET, base_url="http://localhost", development=True
    )
    instance = Instance(settings, clock=FixedClock(NOW))
    try:
        add_members(instance)
        with instance.writing(door="cli", trusted=True) as work:
            enter(work, size)
        with instance.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        place = Place(instance)
        # As crm serve does.
        gc.collect()
        gc.freeze()
        yield place
    finally:
        instance.engine.dispose()
        template.stop()
        shutil.rmtree(folder, ignore_errors=True)
