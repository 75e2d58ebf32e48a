"""A folder of files under random names: written whole or not at all, never under a name that somebody chose."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from crm.files.kinds import kind_of

CHUNK = 1024 * 1024

_NAME = re.compile(r"[0-9a-f]{32}")
_PARTIAL = ".part"
_HELD_AT_MOST = 40


class TooLarge(Exception):
    """A file has more bytes than may be kept.

    :param limit: how many there may be
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Kept(NamedTuple):
    """What is known of a file once it is on disk.

    :param stored_as: its random name
    :param sha256: hexadecimal
    """

    stored_as: str
    size: int
    sha256: str
    media_type: str


class Held(NamedTuple):
    """A file put aside for one member until the form it came with is saved."""

    token: str
    size: int


class Store:
    """The folder of the attachments.

    :param folder: made when the first file is kept; only its owner may read it
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, source: BinaryIO, limit: int) -> Kept:
        """Copies a file into the folder and has it on disk before returning.

        :param source: read from its beginning
        :param limit: most bytes it may have
        :raises TooLarge: it has more; nothing stays behind
        :raises OSError: it cannot be written; nothing stays behind
        """
        stored_as = secrets.token_hex(16)
        return self._write(source, limit, self._path(stored_as), stored_as)

    def hold(self, source: BinaryIO, limit: int, holder: int) -> Held:
        """Puts a file aside for ``holder``, so that a form refused for something else need not be given it again.

        :raises TooLarge: it has more than ``limit`` bytes
        """
        token = secrets.token_hex(16)
        kept = self._write(source, limit, self._held(token, holder), token)
        # Nobody fills the disk with forms that are never saved: the oldest of a holder's files make room.
        waiting = sorted(self.folder.glob(f"held/{holder}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for forgotten in waiting[_HELD_AT_MOST:]:
            forgotten.unlink(missing_ok=True)
        return Held(token, kept.size)

    def held(self, token: str, holder: int) -> Held | None:
        """What was put aside for ``holder`` under ``token``, none if there is no such file any more."""
        if not _NAME.fullmatch(token):
            return None
        with suppress(OSError):
            return Held(token, self._held(token, holder).stat().st_size)
        return None

    def take_up(self, token: str, holder: int, limit: int) -> Kept | None:
        """Keeps a copy of what was put aside; :meth:`drop` takes the other away once the form is saved.

        :raises TooLarge: it has more than ``limit`` bytes
        """
        if self.held(token, holder) is None:
            return None
        try:
            with self._held(token, holder).open("rb") as source:
                return self.keep(source, limit)
        except FileNotFoundError:
            return None

    def drop(self, token: str, holder: int) -> None:
        """Takes away what was put aside."""
        if _NAME.fullmatch(token):
            self._held(token, holder).unlink(missing_ok=True)

    def remove(self, stored_as: str) -> None:
        """Takes a kept file away."""
        if _NAME.fullmatch(stored_as):
            self._path(stored_as).unlink(missing_ok=True)

    def path(self, stored_as: str) -> Path | None:
        """Where a kept file lies, none if it does not."""
        if not _NAME.fullmatch(stored_as):
            return None
        path = self._path(stored_as)
        return path if path.is_file() else None

    def sweep(self, known: Collection[str], *, older_than: float) -> list[str]:
        """Takes away files that no record knows, half-written ones, and those put aside and forgotten.

        :param known: names of the files that records know
        :param older_than: seconds; younger ones may belong to a save that is still under way
        """
        limit = time.time() - older_than
        swept = []
        for path in self._every():
            is_known = path.parent.name != "held" and path.name in known
            with suppress(OSError):
                if not is_known and path.stat().st_mtime < limit:
                    path.unlink()
                    swept.append(path.name)
        return swept

    def _every(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (path for path in self.folder.glob("*/*") if path.is_file())

    def _path(self, stored_as: str) -> Path:
        return self.folder / stored_as[:2] / stored_as

    def _held(self, token: str, holder: int) -> Path:
        return self.folder / "held" / f"{holder}-{token}"

    def _write(self, source: BinaryIO, limit: int, path: Path, name: str) -> Kept:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_name(path.name + _PARTIAL)
        try:
            with open(partial, "xb", opener=_private) as target:
                size, digest = _copy(source, target, limit)
                target.flush()
                os.fsync(target.fileno())
            with partial.open("rb") as written:
                media_type = kind_of(written)
            partial.rename(path)
            _sync_folder(path.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        return Kept(name, size, digest, media_type)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _copy(source: BinaryIO, target: BinaryIO, limit: int) -> tuple[int, str]:
    source.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        digest.update(chunk)
        target.write(chunk)
    return size, digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    # The name itself is on disk only when its folder is.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
