"""Runs migrations: the only way a table comes to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, column, inspect, select, table

from crm.database.engine import FULL_TEXT, writing
from crm.errors import ConfigError
from crm.resources import migrations_dir

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "crm_schema_version"
LOCK_KEY = 0x414E5445
FULL_TEXT_PARTS = ("vector", "ix_crm_search_vector", "ix_crm_search_vector_others")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Brings the database to ``revision`` in one transaction; of two instances one migrates and one waits.

    :raises ConfigError: the database was made by a newer program
    """
    with writing(engine).begin() as connection:
        upgrade_within(connection, revision)


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """The same in a transaction of the caller's, in the schema that comes first in the search path.

    :raises ConfigError: the database was made by a newer program
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
    refuse_newer(connection)
    # Alembic takes a third of a second to import, and most starts have nothing to migrate.
    from alembic import command

    command.upgrade(_config(connection), revision)


def current(engine: Engine) -> str | None:
    """The revision of the database, None for an empty one."""
    with engine.connect() as connection:
        return revision_of(connection)


def is_known(revision: str) -> bool:
    """Whether this program can bring a database of that revision up to date."""
    return revision in _revisions()


def head() -> str:
    """The revision this program needs: the last of its files, which are called by their revisions in order."""
    return max(_revisions())


def check(engine: Engine) -> None:
    """Holds the database against the program.

    :raises ConfigError: the database must be upgraded, or needs a newer program
    """
    with engine.connect() as connection:
        refuse_newer(connection)
        found = revision_of(connection)
    if found != head():
        wanted = "is empty" if found is None else f"stands at revision {found}, this program needs {head()}"
        raise ConfigError(f"the database {wanted}: run “crm db upgrade”")


def refuse_newer(connection: Connection) -> None:
    """:raises ConfigError: the stored revision is unknown to this program"""
    found = revision_of(connection)
    if found is not None and not is_known(found):
        raise ConfigError(f"the database was written by a newer program (revision {found}): install that version")


def pending_changes(connection: Connection, metadata: Any) -> list[Any]:
    """What would have to change in the database to match ``metadata``; empty when the migrations are complete."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": VERSION_TABLE,
            "compare_type": True,
            "compare_server_default": False,
            "include_object": _is_said_by_models,
        },
    )
    return list(compare_metadata(context, metadata))


def _is_said_by_models(_object: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    # Full-text indexes differ between the databases, so the migrations alone say them.
    is_index = (kind == "table" and str(name).startswith(FULL_TEXT)) or name in FULL_TEXT_PARTS
    return not (reflected and is_index)


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables that ``connection`` sees, None where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return found


def _revisions() -> set[str]:
    return {file.name.partition("_")[0] for file in (migrations_dir() / "versions").glob("[0-9]*_*.py")}


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config
