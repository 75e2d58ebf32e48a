"""Migrations are the only way a table comes to be, and they are complete."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from crm.database.engine import make_engine
from crm.database.migrate import VERSION_TABLE, check, current, head, pending_changes, upgrade
from crm.errors import ConfigError
from crm.models import Base
from crm.resources import migrations_dir
from crm.testing.databases import Template


@pytest.fixture
def empty(template: Template):  # type: ignore[no-untyped-def]
    address = template.empty()
    engine = make_engine(address)
    yield engine
    engine.dispose()
    template.drop(address)


def test_migrated_database_is_what_the_models_say(template: Template) -> None:
    address = template.fresh()
    engine = make_engine(address)
    with engine.connect() as connection:
        assert pending_changes(connection, Base.metadata) == []
    engine.dispose()
    template.drop(address)


def test_index_of_some_rows_holds_those_that_the_models_say(template: Template) -> None:
    address = template.fresh()
    engine = make_engine(address)
    said = {
        index.name: index.info["where"]
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.info
    }
    assert len(said) == 2
    with engine.connect() as connection:
        found = {
            index["name"]: index["dialect_options"][f"{engine.dialect.name}_where"]
            for index in inspect(connection).get_indexes("crm_engagement")
            if f"{engine.dialect.name}_where" in index["dialect_options"]
        }
    assert found.keys() == said.keys()
    if engine.dialect.name == "sqlite":
        # PostgreSQL says them in words of its own.
        assert {name: str(where) for name, where in found.items()} == said
    engine.dispose()
    template.drop(address)


def test_empty_database_is_refused_until_upgraded(empty) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match="crm db upgrade"):
        check(empty)
    upgrade(empty)
    check(empty)
    assert current(empty) == head()


def test_upgrading_twice_changes_nothing(empty) -> None:  # type: ignore[no-untyped-def]
    upgrade(empty)
    upgrade(empty)
    assert current(empty) == head()


def test_database_of_a_newer_program_is_refused_and_left_alone(empty) -> None:  # type: ignore[no-untyped-def]
    upgrade(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for refused in (upgrade, check):
        with pytest.raises(ConfigError, match="newer program"):
            refused(empty)
    assert current(empty) == "9999"


def test_of_two_instances_starting_at_once_one_migrates_and_one_waits(empty) -> None:  # type: ignore[no-untyped-def]
    faults: list[Exception] = []

    def start() -> None:
        try:
            upgrade(empty)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert current(empty) == head()


def test_every_table_carries_the_prefix_that_lets_a_host_share_its_database(empty) -> None:  # type: ignore[no-untyped-def]
    upgrade(empty)
    assert all(name.startswith("crm_") for name in inspect(empty).get_table_names())


def test_file_names_tell_the_revisions_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    assert head() == script.get_current_head()
    assert {Path(one.path).name.partition("_")[0] for one in script.walk_revisions()} == {
        one.revision for one in script.walk_revisions()
    }
