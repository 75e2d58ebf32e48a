"""The bytes of attachments: one folder of files under random names, each whole or not there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from crm.errors import Invalid, NotFound, Unavailable
from crm.files.kinds import media_type

_NAME = re.compile("[0-9a-f]{32}")
_INCOMING = "incoming"
_PIECE = 256 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


class Stored(NamedTuple):
    """What became of a file that was taken in."""

    name: str
    """random, 128 bits in hexadecimal"""
    size: int
    sha256: str
    media_type: str
    """by content"""


class Store:
    """Keeps files in one folder, which must not be one that a web server hands out.

    :param folder: made when the first file comes, readable by this user only
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Takes a file in. When this returns, it is on disk; if it does not, there is nothing.

        :param stream: read to its end, or to the limit
        :param limit: most bytes
        :raises Invalid: (field ``attachments``) for a file that is empty or larger than ``limit``
        :raises Unavailable: if the disk is full or read-only
        """
        name = secrets.token_hex(16)
        incoming = self.folder / _INCOMING / name
        target = self._path(name)
        try:
            self._make(incoming.parent)
            with _exclusive(incoming) as file:
                size, digest = _copy(stream, file, limit)
                kind = media_type(file)
                os.fsync(file.fileno())
            self._make(target.parent)
            incoming.rename(target)
            _sync_folder(target.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)
            if error.errno in _FULL:
                raise _no_room() from error
            raise
        finally:
            with contextlib.suppress(OSError):
                incoming.unlink(missing_ok=True)
        return Stored(name, size, digest, kind)

    def open(self, name: str) -> BinaryIO:
        """Opens a file for reading; the caller closes it.

        :raises NotFound: if there is none of that name
        """
        try:
            return self._path(name).open("rb")
        except OSError:
            raise NotFound(f"there is no file {name}") from None

    def restore(self, name: str, write: Callable[[Path], None]) -> None:
        """Puts a file back under the name it had, in the place of whatever bears it.

        :param write: writes the file to the path it is given, which is not there yet
        :raises NotFound: for what is no name of a file here
        """
        target = self._path(name)
        incoming = self.folder / _INCOMING / secrets.token_hex(16)
        self._make(incoming.parent)
        self._make(target.parent)
        try:
            write(incoming)
            incoming.replace(target)
            _sync_folder(target.parent)
        finally:
            incoming.unlink(missing_ok=True)

    def size_of(self, name: str) -> int:
        """Bytes of a file, 0 where there is none of that name."""
        try:
            return self._path(name).stat().st_size
        except OSError:
            return 0

    def path_of(self, name: str) -> Path:
        """Where a file is, or would be.

        :raises NotFound: for what is no name of a file here
        """
        return self._path(name)

    def remove(self, name: str) -> None:
        """Removes a file; one that is gone already is no error.

        :raises NotFound: for what is no name of a file here
        :raises Unavailable: if the disk is read-only
        """
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync_folder(path.parent)
        except OSError as error:
            if error.errno in _FULL:
                raise _no_room() from error
            raise

    def names(self, before: float | None = None) -> Iterator[str]:
        """Gives the name of every file, in no order: for backups, and to find files that nothing refers to.

        :param before: seconds since 1970; only those that came in earlier
        """
        for folder in self.folder.glob("[0-9a-f][0-9a-f]"):
            for path in folder.iterdir():
                if _NAME.fullmatch(path.name) and (before is None or path.stat().st_mtime < before):
                    yield path.name

    def sweep(self, before: float) -> int:
        """Removes what interrupted uploads left behind.

        :param before: seconds since 1970; younger remains may be uploads still running
        :return: how many were removed
        """
        removed = 0
        for path in (self.folder / _INCOMING).glob("*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFound(f"{name[:40]!r} names no file")
        return self.folder / name[:2] / name

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(self.folder)


def _exclusive(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _copy(stream: BinaryIO, file: BinaryIO, limit: int) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > limit:
            raise Invalid(
                "attachments", f"the file is larger than {_words(limit)}; attach a smaller one or a link to it"
            )
        digest.update(piece)
        file.write(piece)
    if not size:
        raise Invalid("attachments", "the file is empty; choose it again")
    file.flush()
    return size, digest.hexdigest()


def _words(size: int) -> str:
    for unit, length in (("MB", 1024**2), ("kB", 1024)):
        if size >= length:
            return f"{size / length:.4g} {unit}"
    return f"{size} bytes"


def _sync_folder(folder: Path) -> None:
    """A file that was renamed is safe only when its folder is (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _no_room() -> Unavailable:
    return Unavailable("the disk with the attachments is full or read-only; nothing was saved")
