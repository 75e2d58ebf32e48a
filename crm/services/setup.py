"""What an installation needs before anybody can work in it: folder, secret, tables, directory."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from crm.database import migrate
from crm.database.engine import make_engine, sqlite_path
from crm.database.faults import unavailable
from crm.errors import ConfigError, CrmError
from crm.models import InstanceSetting
from crm.services.permissions import ADMINISTER, authorise
from crm.settings import Settings, write_secret
from crm.work import Work

Answer = TypeVar("Answer")


class Made(NamedTuple):
    """What :func:`prepare` found missing and made."""

    secret: bool
    tables: bool


def prepare(settings: Settings) -> Made:
    """Makes what is missing: the data folder, the secret unless a variable gives one, and the tables.

    Run twice, it changes nothing the second time.

    :raises ConfigError: the folder cannot be written, or the database belongs to a newer program
    """
    make_folder(settings)
    made_secret = False
    if not settings.secret_file.exists() and not given_secret(settings):
        write_secret(settings.secret_file)
        made_secret = True
    return Made(made_secret, upgrade(settings))


def make_folder(settings: Settings) -> None:
    """Makes the data folder, which nobody else may look into.

    :raises ConfigError: it cannot be made or written
    """
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"CRM_DATA: {settings.data} cannot be made: {error.strerror}") from None
    if not os.access(settings.data, os.W_OK | os.X_OK):
        raise ConfigError(f"CRM_DATA: {settings.data} cannot be written; give its owner that right")


def given_secret(settings: Settings) -> bool:
    """Whether the secret comes from a variable and needs no file."""
    return bool(settings.secret_key) and not settings.development


def is_prepared(settings: Settings) -> bool:
    """Whether there is a secret and a database with tables already."""
    if not given_secret(settings) and not settings.secret_file.exists():
        return False
    try:
        return current(settings) is not None
    except ConfigError:
        return False


def upgrade(settings: Settings) -> bool:
    """Brings the database up to date, and says whether anything had to be done.

    :raises ConfigError: the database cannot be opened, or belongs to a newer program
    """
    engine = make_engine(settings.database_url)
    try:
        if migrate.current(engine) == migrate.head():
            return False
        migrate.upgrade(engine)
        return True
    except SQLAlchemyError as error:
        raise unreachable(error) from error
    finally:
        engine.dispose()


def found(work: Work, *, zone: str) -> None:
    """Writes what a new database is to remember, leaving alone what is there.

    :param zone: IANA key of the zone in which days are read
    """
    authorise(work, ADMINISTER)
    if work.session.get(InstanceSetting, "zone") is None:
        work.act("instance.found", None, zone=zone)
        work.session.add(InstanceSetting(key="zone", value=zone))
        work.session.flush()
        work.zone = zone


def told_address(settings: Settings) -> str:
    """Where the database is, without the password that its address may hold."""
    return make_url(settings.database_url).render_as_string(hide_password=True)


def current(settings: Settings) -> str | None:
    """The revision of the database, none for an empty one.

    :raises ConfigError: there is no database
    """
    return _asked(settings, migrate.current)


def check(settings: Settings) -> str:
    """The revision, if it is the one that this program needs.

    :raises ConfigError: the database must be upgraded, or belongs to a newer program
    """
    _asked(settings, migrate.check)
    return migrate.head()


def _asked(settings: Settings, question: Callable[[Engine], Answer]) -> Answer:
    engine = make_engine(settings.database_url)
    try:
        path = sqlite_path(engine)
        if path is not None and not path.exists():
            # Asking would make an empty file.
            raise ConfigError(f"there is no database at {path}: run “crm init”")
        return question(engine)
    except SQLAlchemyError as error:
        raise unreachable(error) from error
    finally:
        engine.dispose()


def unreachable(error: SQLAlchemyError | sqlite3.Error) -> CrmError:
    """What a fault of the database's amounts to for whoever runs a command."""
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())[:300]
    return unavailable(error) or ConfigError(f"CRM_DATABASE_URL: the database cannot be used: {said}")
