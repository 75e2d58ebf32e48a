"""Looks an installation over: what is broken, what will break, and what to do about it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import shutil
import sqlite3
import stat
import zoneinfo
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, cast

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from crm.clock import Clock
from crm.database import checks, migrate
from crm.database.engine import make_engine, sqlite_path
from crm.errors import CrmError, NotFound
from crm.files.store import Store
from crm.models import Attachment, Engagement, Job, Member
from crm.models.history import Transaction
from crm.services import attachments, drift, second_factor, setup
from crm.services.jobs import Opener
from crm.services.permissions import ADMINISTER, authorise
from crm.settings import LOOPBACK_NAMES, Settings
from crm.text import plural
from crm.work import Work

State = Literal["ok", "warning", "error"]

MEGABYTE = 1_000_000
SCARCE, TOO_SCARCE = 1000 * MEGABYTE, 100 * MEGABYTE
"""free bytes of a disk"""
SKEW = dt.timedelta(minutes=2)
BACKUP_EVERY = dt.timedelta(days=8)
WAITING = dt.timedelta(hours=2)

_SOUND = {
    "journal_mode": ("wal",),
    "synchronous": ("2", "3"),
    "foreign_keys": ("1",),
    "fsync": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "full_page_writes": ("on",),
}


class Finding(NamedTuple):
    """What one look found.

    :param message: what is wrong and what would put it right, or how it stands
    """

    check: str
    state: State
    message: str


class Running(Opener, Protocol):
    """An installation: opens units of work and knows the time."""

    clock: Clock


def examine_ground(settings: Settings, clock: Clock) -> list[Finding]:
    """Looks at what must be right before the log can be opened: settings, files, disk, time zones, the database."""
    found = [*_settings(settings), *_secret(settings), *_folders(settings), *_disk(settings), *_zones(settings)]
    return [*found, *_database(settings, clock)]


def examine_log(instance: Running, broken_plugins: list[str]) -> list[Finding]:
    """Looks at what the log holds; the tables must be what this program needs."""
    settings = instance.settings
    found: list[Finding] = []
    looks: list[tuple[str, str, Callable[[Work], Iterator[Finding]]]] = [
        ("clock", "", _clock),
        ("members", "there is an administrator", _members),
        ("second factors", "codes work for whoever is asked for one", lambda work: _second_factors(work, settings)),
        ("jobs", "nothing waits long", _jobs),
        ("backup", "", _backup),
        ("attachments", "", lambda work: _attachments(work, settings)),
        ("time zones", "every zone in the log is known", _zones_used),
        ("derived", "as a fresh working-out would have it", lambda work: _derived(work, settings)),
    ]
    for name, sound, look in looks:
        try:
            with instance.reading(door="cli", trusted=True) as work:
                authorise(work, ADMINISTER)
                found += list(look(work)) or [Finding(name, "ok", sound)]
        except (CrmError, SQLAlchemyError, OSError) as fault:
            found.append(Finding(name, "error", f"could not be looked at: {' '.join(str(fault).split())[:300]}"))
    found += [Finding("plugins", "error", f"{said}; “crm plugins list” says more") for said in broken_plugins]
    return found


def _settings(settings: Settings) -> Iterator[Finding]:
    told = len(settings.host_names & LOOPBACK_NAMES) > 0
    if settings.development:
        yield Finding("settings", "warning", "CRM_DEVELOPMENT is 1: fine for looking at it, not for a team")
    if not told and not settings.secure:
        yield Finding("settings", "warning", "CRM_BASE_URL is http: passwords travel readable; put TLS in front")
    if settings.secure and settings.proxies == 0:
        yield Finding("settings", "warning", "CRM_PROXIES is 0: behind a proxy, all sign-ins seem to come from it")
    if not settings.development and (told or settings.secure):
        yield Finding("settings", "ok", f"{settings.base_url}, plugins: {', '.join(settings.plugins) or 'none'}")


def _secret(settings: Settings) -> Iterator[Finding]:
    path = settings.secret_file
    if setup.given_secret(settings) and not path.exists():
        yield Finding("secret", "ok", "given by a variable")
    elif not path.exists():
        state: State = "warning" if settings.development else "error"
        yield Finding("secret", state, f"there is no {path}: “crm init” writes one")
    elif path.stat().st_mode & 0o077:
        yield Finding("secret", "error", f"others may read {path}: chmod 600 {path}")
    else:
        yield Finding("secret", "ok", f"{path}, readable by its owner alone")


def _folders(settings: Settings) -> Iterator[Finding]:
    path = settings.data
    if not path.is_dir():
        yield Finding("data folder", "error", f"there is no {path}: “crm init” makes it")
        return
    if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Finding("data folder", "warning", f"others may look into {path}: chmod 700 {path}")
    else:
        yield Finding("data folder", "ok", str(path))
    kept = sorted(left.name for left in path.glob("before-restore-*"))
    if kept:
        yield Finding("data folder", "warning", f"{', '.join(kept)}: kept by a restore; remove it when all is well")


def _disk(settings: Settings) -> Iterator[Finding]:
    places = [settings.data]
    path = _sqlite_file(settings)
    if path is not None and path.parent != settings.data:
        places.append(path.parent)
    for place in places:
        if not place.is_dir():
            continue
        free = shutil.disk_usage(place).free
        state: State = "error" if free < TOO_SCARCE else "warning" if free < SCARCE else "ok"
        yield Finding("disk", state, f"{free // MEGABYTE:,} MB free at {place}")


def _zones(settings: Settings) -> Iterator[Finding]:
    known = len(zoneinfo.available_timezones())
    data = metadata.version("tzdata")
    if known < 300:
        yield Finding("time zones", "error", f"only {known} zones are known: pip install --upgrade tzdata")
    else:
        yield Finding("time zones", "ok", f"{known} zones, data of {data} at hand; {settings.zone}")


def _database(settings: Settings, clock: Clock) -> Iterator[Finding]:
    path = _sqlite_file(settings)
    if path is not None and not path.exists():
        yield Finding("database", "error", f"there is no database at {path}: run “crm init”")
        return
    engine = make_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            yield from _version(checks.version(connection), is_sqlite=path is not None)
            for name, value in checks.settings(connection).items():
                if value not in _SOUND[name]:
                    yield Finding("database", "error", f"{name} is {value}: a power cut may lose acknowledged saves")
            faults = [*checks.integrity(connection), *checks.foreign_keys(connection)]
            yield from (Finding("integrity", "error", f"{fault}; restore a backup") for fault in faults)
            if not faults:
                yield Finding("integrity", "ok", "every page and every reference")
            there = checks.now(connection)
            if there is not None and abs(there - clock.now()) > SKEW:
                yield Finding("clock", "warning", f"this machine and the database's differ by {there - clock.now()}")
            revision = migrate.revision_of(connection)
        if revision == migrate.head():
            yield Finding("tables", "ok", f"revision {revision}, as this program needs them")
        elif revision is not None and not migrate.is_known(revision):
            yield Finding("tables", "error", f"revision {revision} is of a newer program: install that version")
        else:
            yield Finding("tables", "error", f"revision {revision or 'none'}: run “crm db upgrade”")
    except (SQLAlchemyError, sqlite3.Error) as error:
        yield Finding("database", "error", str(setup.unreachable(error)))
    finally:
        engine.dispose()


def _version(told: str, *, is_sqlite: bool) -> Iterator[Finding]:
    if is_sqlite and not checks.is_sound_sqlite():
        wanted = ".".join(str(part) for part in checks.SOUND_SQLITE)
        yield Finding(
            "database",
            "warning",
            f"{told}: before {wanted} a rare race may damage a database that is written and checkpointed at the same"
            " moment; use a Python with a newer SQLite when you can, and keep backups",
        )
    else:
        yield Finding("database", "ok", told)


def _clock(work: Work) -> Iterator[Finding]:
    latest = work.session.scalar(select(func.max(Transaction.at)))
    if latest is not None and latest > work.now() + SKEW:
        yield Finding("clock", "error", f"the log holds an entry of {latest:%d %B %Y %H:%M} UTC: the clock went back")
    else:
        yield Finding("clock", "ok", f"{work.now():%d %B %Y %H:%M} UTC")


def _members(work: Work) -> Iterator[Finding]:
    admins = work.session.scalar(
        select(func.count()).select_from(Member).where(Member.role == "admin", Member.disabled_at.is_(None))
    )
    if not admins:
        yield Finding(
            "members", "warning", "there is no administrator: “crm init --if-missing” prints a link for the first one"
        )


def _second_factors(work: Work, settings: Settings) -> Iterator[Finding]:
    for address in second_factor.lost(work, settings.secret_key):
        message = f"the secret is another one since {address} set theirs up: “crm member reset-factor {address}”"
        yield Finding("second factors", "warning", message)


def _jobs(work: Work) -> Iterator[Finding]:
    late = select(func.count()).select_from(Job).where(Job.done_at.is_(None), Job.run_after < work.now() - WAITING)
    if number := work.session.scalar(late):
        yield Finding("jobs", "warning", f"{plural(number, 'job')} wait: does “crm serve” or “crm jobs run” run?")
    failed = select(func.count()).select_from(Job).where(Job.done_at.is_not(None), Job.error != "")
    if number := work.session.scalar(failed):
        yield Finding("jobs", "warning", f"{plural(number, 'job')} given up lately; the log of the program says why")


def _backup(work: Work) -> Iterator[Finding]:
    made = work.session.scalar(select(func.max(Transaction.at)).where(Transaction.verb == "instance.backup"))
    if made is None:
        yield Finding("backup", "warning", "“crm backup” never ran; have a timer run it every night")
    elif made < work.now() - BACKUP_EVERY:
        yield Finding("backup", "warning", f"the last one by “crm backup” is of {made:%d %B %Y}")
    else:
        yield Finding("backup", "ok", f"{made:%d %B %Y %H:%M} UTC")


def _attachments(work: Work, settings: Settings) -> Iterator[Finding]:
    store = Store(settings.attachments)
    number = 0
    for attachment in work.session.scalars(select(Attachment).order_by(Attachment.id)):
        number += 1
        try:
            with store.open(attachment.stored_as) as file:
                digest = hashlib.file_digest(cast(io.BufferedReader, file), "sha256")
        except NotFound:
            yield Finding("attachments", "error", f"the file of attachment {attachment.id} is gone: restore a backup")
            continue
        if digest.hexdigest() != attachment.sha256:
            yield Finding("attachments", "error", f"the file of attachment {attachment.id} is damaged")
    if orphans := attachments.orphans(work, settings):
        yield Finding("attachments", "warning", f"{plural(len(orphans), 'file')} that no attachment knows; swept daily")
    else:
        yield Finding("attachments", "ok", f"{plural(number, 'attachment')}, {attachments.used(work) // MEGABYTE} MB")


def _zones_used(work: Work) -> Iterator[Finding]:
    known = zoneinfo.available_timezones()
    used = work.session.scalars(select(Engagement.zone).where(Engagement.zone.is_not(None)).distinct())
    for zone in sorted({str(zone) for zone in used} | {work.zone}):
        if zone not in known:
            yield Finding("time zones", "error", f"{zone} is used but not known here: pip install --upgrade tzdata")


def _derived(work: Work, settings: Settings) -> Iterator[Finding]:
    for fault in drift.faults(work, base_url=settings.base_url):
        yield Finding("derived", "error", f"{fault}: “crm doctor --mend” works it out anew")


def _sqlite_file(settings: Settings) -> Path | None:
    engine = make_engine(settings.database_url)
    path = sqlite_path(engine)
    engine.dispose()
    return path
