"""Carries an installation's log from one database to another, in either direction."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from crm.database import replace, snapshot
from crm.database.engine import make_engine, sqlite_path
from crm.database.transfer import Sum, holds_anything
from crm.errors import ConfigError
from crm.services import setup
from crm.settings import Settings, database_address


class Moved(NamedTuple):
    """What arrived."""

    to: str
    """address, without its password"""
    tables: int
    rows: int


def move(settings: Settings, address: str) -> Moved:
    """Writes the whole log into another database, and holds counts and checksums of every table against each other.

    The database it came from is left as it is. Attachments stay where they are.

    :param address: of an empty database, ``postgresql://…`` or ``sqlite:///…``
    :raises ConfigError: the target is not empty or cannot be used, the source must be upgraded first or is in use
    :raises Unavailable: one of the two does not answer, or a disk is full
    """
    to = database_address(address, "URL")
    setup.check(settings)
    source, target = make_engine(settings.database_url), make_engine(to)
    path = sqlite_path(target)
    try:
        if _is_taken(target, path):
            raise ConfigError("URL: that database holds tables of this program already; give an empty one")
        with replace.still(source):
            sent = _into_file(source, path.absolute()) if path else replace.fill_postgresql(target, source)
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise setup.unreachable(error) from error
    finally:
        source.dispose()
        target.dispose()
    told = make_url(to).set(drivername=make_url(to).get_backend_name()).render_as_string(hide_password=True)
    return Moved(told, len(sent), sum(found.rows for found in sent.values()))


def _is_taken(target: Engine, path: Path | None) -> bool:
    if path is not None and not path.exists():
        return False
    with target.connect() as connection:
        return holds_anything(connection)


def _into_file(source: Engine, path: Path) -> dict[str, Sum]:
    if not path.parent.is_dir():
        raise ConfigError(f"URL: there is no folder {path.parent}")
    with tempfile.TemporaryDirectory(prefix=".antechamber-", dir=path.parent) as folder:
        staged = Path(folder) / path.name
        sent = snapshot.take(source, staged).tables
        with staged.open("rb") as written:
            os.fsync(written.fileno())
        replace.replace_sqlite(staged, path, Path(folder))
    return sent
