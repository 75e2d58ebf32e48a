"""Connections of the embedded database."""

from __future__ import annotations

import stat
from pathlib import Path

from sqlalchemy import func, select, text

from crm.database.engine import make_engine
from crm.instance import Instance
from crm.models import Organisation
from crm.services import organisations


def test_reading_that_was_given_up_leaves_no_old_state_behind(instance: Instance) -> None:
    kept = []
    with instance.reading(door="cli", trusted=True) as work:
        streamed = select(Organisation.id).union_all(select(Organisation.id)).execution_options(yield_per=1)
        rows = work.session.execute(streamed)
        kept.append((rows, next(iter(rows))))
    for number in range(3):
        with instance.writing(door="cli", trusted=True) as work:
            organisations.create(work, name=f"Later {number}", kind="other")
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalar(select(func.count(Organisation.id))) == 4
    assert kept


def test_new_database_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE one (id INTEGER)"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    engine.dispose()
    assert modes.keys() >= {"new.sqlite3", "new.sqlite3-wal"}
    assert set(modes.values()) == {0o600}
