"""The whole installation as one file, and back: database and attachments, verified on both ways.

The secret that signs cookies is not in it: nothing stored depends on it, and a copy of it in every backup would be one
more to guard.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crm import __version__
from crm.clock import Clock
from crm.database import migrate, replace, snapshot
from crm.database.engine import make_engine, sqlite_path
from crm.errors import ConfigError, Invalid, Unavailable
from crm.files.archive import FIELD, Archive, create
from crm.files.store import Store
from crm.services import setup
from crm.services.permissions import ADMINISTER, authorise
from crm.settings import Settings, write_secret
from crm.text import plural
from crm.work import Work

FORMAT = "antechamber-backup"
FORMAT_VERSION = 1
SUFFIX = ".backup.zip"

_DATABASE = "database.sqlite3"
_ATTACHMENTS = "attachments/"
_NAME = re.compile(r"antechamber-\d{8}-\d{6}" + re.escape(SUFFIX))
_MEMBER = re.compile(re.escape(_ATTACHMENTS) + "[0-9a-f]{32}")
_STAGE = ".antechamber-"
_A_DAY = 86400.0
_HEADROOM = 50 * 1024 * 1024


class Content(NamedTuple):
    """What a backup holds, as its manifest says.

    :param made_at: ISO 8601, UTC
    :param missing: attachments whose file was lost or damaged when it was made, by number
    """

    path: str
    size: int
    made_at: str
    program: str
    revision: str
    database: str
    tables: int
    rows: int
    attachments: int
    missing: list[int]


class Restored(NamedTuple):
    """What :func:`restore` did.

    :param upgraded: whether the backup was of an older revision
    :param aside: where what was there before is kept, in words; empty if there was nothing
    """

    content: Content
    upgraded: bool
    aside: str
    secret: bool


def write(settings: Settings, path: Path, *, clock: Clock) -> Content:
    """Backs the installation up while it runs.

    :param path: a file that is not there yet, or a folder, in which one named after the moment is made
    :raises Invalid: the file cannot be written
    :raises ConfigError: there is no database, or it is damaged
    :raises Unavailable: the disk is full, or the database does not answer
    """
    now = clock.now()
    path = path.absolute()
    if path.is_dir():
        path = path / f"antechamber-{now:%Y%m%d-%H%M%S}{SUFFIX}"
    if not path.parent.is_dir():
        raise Invalid(FIELD, f"there is no folder {path.parent}")
    if path.exists():
        raise Invalid(FIELD, f"{path} is there already; give another name")
    setup.current(settings)
    with _engine(settings) as engine, _stage(path.parent, clock) as stage:
        _refuse_full(path.parent, _size_of(engine) * 2)
        taken = snapshot.take(engine, stage / _DATABASE)
        kept = _attachments(stage / _DATABASE)
        store = Store(settings.attachments)
        missing: list[int] = []
        about: dict[str, Any] = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "program": __version__,
            "made_at": now.isoformat(timespec="seconds"),
            "database": engine.dialect.name,
            "revision": taken.revision,
            "tables": {name: found._asdict() for name, found in taken.tables.items()},
            "missing": missing,
        }
        _refuse_full(path.parent, (stage / _DATABASE).stat().st_size + sum(one.size for one in kept))
        with create(path, about) as archive:
            with (stage / _DATABASE).open("rb") as stream:
                archive.add(_DATABASE, stream, pack=True)
            for one in kept:
                place = store.path_of(one.name)
                is_there = place.is_file()
                if is_there:
                    with place.open("rb") as stream:
                        is_there = archive.add(_ATTACHMENTS + one.name, stream, pack=False).sha256 == one.sha256
                if not is_there and one.number is not None:
                    missing.append(one.number)
    return inspect(path)


def inspect(path: Path) -> Content:
    """Reads a backup whole and says what it holds.

    :raises Invalid: it is no backup, is cut, damaged, or of a newer program
    """
    with _opened(path) as archive:
        return _content(path, archive)


def restore(settings: Settings, path: Path, *, clock: Clock, replacing: bool = False) -> Restored:
    """Puts the installation back to what a backup holds; until the last moment what is there stays as it is.

    :param replacing: False refuses if there is a database with tables already
    :raises Invalid: the file is no backup, is cut, damaged, or of a newer program
    :raises ConfigError: there is a log already, or somebody has it open
    :raises Unavailable: the disk is full, or the database does not answer
    """
    with _opened(path) as archive:
        content = _content(path, archive)
        there = _is_there(settings)
        if there and not replacing:
            raise ConfigError(
                f"there is a log already in {setup.told_address(settings)}; --replace puts the backup in its place"
                " and keeps it aside"
            )
        setup.make_folder(settings)
        secret = not settings.secret_file.exists() and not setup.given_secret(settings)
        with _engine(settings) as engine:
            target = sqlite_path(engine)
            beside = settings.data if target is None else target.parent
            beside.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_full(beside, 2 * archive.members[_DATABASE].size)
            _refuse_full(settings.data, sum(m.size for name, m in archive.members.items() if name != _DATABASE))
            with _stage(beside, clock) as stage:
                staged = stage / _DATABASE
                archive.extract(_DATABASE, staged)
                upgraded = _prepare(staged, archive)
                _bring_attachments(settings, archive)
                aside = _unused(f"before-restore-{clock.now():%Y%m%d-%H%M%S}", beside, settings.data)
                told = _swap(engine, staged, target, beside, aside, there)
            _set_aside(settings, {name for name in archive.members if name != _DATABASE}, settings.data / aside)
        if secret:
            write_secret(settings.secret_file)
    return Restored(content, upgraded, told, secret)


def note(work: Work, verb: str, content: Content) -> None:
    """Remembers in the history that a backup was made or restored.

    :param verb: ``instance.backup`` or ``instance.restore``
    """
    authorise(work, ADMINISTER)
    work.act(verb, None, made_at=content.made_at, rows=content.rows, attachments=content.attachments)


def forget_old(folder: Path, keep: int) -> list[Path]:
    """Removes the oldest of the backups that :func:`write` named itself.

    :param keep: how many of the newest stay, at least one
    :return: what was removed
    """
    named = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    old = named[: -max(1, keep)]
    for path in old:
        path.unlink(missing_ok=True)
    return old


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = make_engine(settings.database_url)
    try:
        yield engine
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise setup.unreachable(error) from error
    finally:
        engine.dispose()


@contextmanager
def _opened(path: Path) -> Iterator[Archive]:
    with Archive(path) as archive:
        about = archive.about
        if about.get("format") != FORMAT:
            raise Invalid(FIELD, f"{path} is no backup of this program")
        version = about.get("format_version")
        if not isinstance(version, int) or version > FORMAT_VERSION:
            raise Invalid(FIELD, _newer(path, about))
        if not migrate.is_known(str(about.get("revision"))):
            raise Invalid(FIELD, _newer(path, about))
        odd = [name for name in archive.members if name != _DATABASE and not _MEMBER.fullmatch(name)]
        if odd or _DATABASE not in archive.members:
            raise Invalid(FIELD, f"{path} is no backup of this program: its members are other ones")
        archive.check()
        yield archive


def _newer(path: Path, about: Any) -> str:
    return (
        f"{path} was written by Antechamber {about.get('program')} (tables of revision {about.get('revision')}), which"
        f" this one, {__version__}, does not know: install that version, then restore"
    )


def _content(path: Path, archive: Archive) -> Content:
    about = archive.about
    return Content(
        path=str(path),
        size=path.stat().st_size,
        made_at=about["made_at"],
        program=about["program"],
        revision=about["revision"],
        database=about["database"],
        tables=len(about["tables"]),
        rows=sum(table["rows"] for table in about["tables"].values()),
        attachments=len(archive.members) - 1,
        missing=list(about["missing"]),
    )


class _Kept(NamedTuple):
    """An attachment's file; ``number`` is none if only the history knows it, which may bring it back."""

    name: str
    sha256: str
    size: int
    number: int | None


def _attachments(database: Path) -> list[_Kept]:
    with closing(sqlite3.connect(database)) as connection:
        now = connection.execute("SELECT stored_as, sha256, size, id FROM crm_attachment")
        found = {str(row[0]): _Kept(*row) for row in now}
        once = connection.execute("SELECT DISTINCT stored_as, sha256, size, NULL FROM crm_attachment_twin")
        for row in once:
            found.setdefault(str(row[0]), _Kept(*row))
    return sorted(found.values())


def _prepare(staged: Path, archive: Archive) -> bool:
    """Holds the unpacked database against the manifest and brings it up to date."""
    found = snapshot.describe(staged)
    told = {name: (table["rows"], table["sha256"]) for name, table in archive.about["tables"].items()}
    if found.revision != archive.about["revision"] or told != {name: tuple(s) for name, s in found.tables.items()}:
        raise Invalid(FIELD, "its tables do not hold what its manifest says")
    if found.revision == migrate.head():
        return False
    engine = make_engine(f"sqlite:///{staged}")
    try:
        migrate.upgrade(engine)
    finally:
        engine.dispose()
    snapshot.single(staged)
    return True


def _is_there(settings: Settings) -> bool:
    try:
        return setup.current(settings) is not None
    except ConfigError:
        # Damaged or unreadable counts as there: it is kept aside as well.
        with _engine(settings) as engine:
            path = sqlite_path(engine)
        return path is None or path.exists()


def _bring_attachments(settings: Settings, archive: Archive) -> None:
    """Before the swap, so that the database that comes knows of no file that is not there; none is taken away."""
    store = Store(settings.attachments)
    for member, about in archive.members.items():
        if member == _DATABASE:
            continue
        name = member.removeprefix(_ATTACHMENTS)
        if not _is_same(store.path_of(name), about.sha256):
            store.restore(name, lambda path, member=member: archive.extract(member, path))  # type: ignore[misc]


def _is_same(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _swap(engine: Engine, staged: Path, target: Path | None, beside: Path, aside: str, there: bool) -> str:
    if target is None:
        replace.replace_postgresql(engine, staged, aside.replace("-", "_"))
        return f"the schema {aside.replace('-', '_')} of the same database" if there else ""
    engine.dispose()
    (beside / aside).mkdir(mode=0o700)
    try:
        replace.replace_sqlite(staged, target, beside / aside)
    finally:
        with contextlib.suppress(OSError):
            # Nothing was there, or nothing was touched.
            (beside / aside).rmdir()
    return str(beside / aside) if there else ""


def _unused(name: str, *folders: Path) -> str:
    """``name``, with a number if there was another restore in the same second."""
    names = (name if number == 1 else f"{name}-{number}" for number in range(1, 1000))
    return next(name for name in names if not any((folder / name).exists() for folder in folders))


def _set_aside(settings: Settings, members: set[str], aside: Path) -> None:
    """What the restored log does not know would be swept one day; beside the old log it stays as long as that."""
    store = Store(settings.attachments)
    foreign = [name for name in store.names() if _ATTACHMENTS + name not in members]
    other = Store(aside / "attachments")
    for name in foreign:
        place = store.path_of(name)
        other.restore(name, lambda path, place=place: place.rename(path) and None)  # type: ignore[misc]


@contextmanager
def _stage(folder: Path, clock: Clock) -> Iterator[Path]:
    """A folder for what is half done, which nobody else may look into; those left by a power cut are cleared away."""
    for left in folder.glob(f"{_STAGE}*"):
        with contextlib.suppress(OSError):
            if left.is_dir() and left.stat().st_mtime < clock.now().timestamp() - _A_DAY:
                shutil.rmtree(left, ignore_errors=True)
    try:
        stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder))
    except OSError as error:
        raise Invalid(FIELD, f"nothing can be written in {folder}: {error.strerror}") from None
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _size_of(engine: Engine) -> int:
    path = sqlite_path(engine)
    return path.stat().st_size if path is not None and path.exists() else 0


def _refuse_full(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _HEADROOM:
        megabytes = (needed + _HEADROOM) // 1_000_000
        raise Unavailable(f"the disk of {folder} has {free // 1_000_000} MB left, about {megabytes} MB are needed")


def told(content: Content) -> str:
    """What a backup holds, in words."""
    size = f"{content.size / 1_000_000:.1f} MB"
    return (
        f"{content.path}: {size}, {plural(content.rows, 'row')} in {content.tables} tables,"
        f" {plural(content.attachments, 'attachment')}, of {content.made_at}, by Antechamber {content.program}"
    )
