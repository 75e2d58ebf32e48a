"""One file for many: a ZIP archive with a manifest, of which every single byte is vouched for.

ZIP, so that anybody can open it with anything; its comment, the last bytes of the file, holds the hash of all bytes
before, so that a file that was cut, or in which one bit is wrong, is known as such wherever that is.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from crm.errors import Invalid, Unavailable

MANIFEST = "manifest.json"
FIELD = "FILE"
"""what errors call the archive"""

_MARK = b"sha256:"
_SEAL = len(_MARK) + 64
_PIECE = 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Member(NamedTuple):
    """One file inside."""

    size: int
    sha256: str


class Writing:
    """An archive being written; see :func:`create`."""

    def __init__(self, zipped: ZipFile) -> None:
        self._zipped = zipped
        self.members: dict[str, Member] = {}

    def add(self, name: str, stream: BinaryIO, *, pack: bool) -> Member:
        """Takes one file in.

        :param pack: whether compressing it is worth the time
        """
        info = ZipInfo(name)
        info.compress_type = ZIP_DEFLATED if pack else ZIP_STORED
        info.external_attr = 0o600 << 16
        digest, size = hashlib.sha256(), 0
        with self._zipped.open(info, "w", force_zip64=True) as into:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                into.write(piece)
        member = self.members[name] = Member(size, digest.hexdigest())
        return member


@contextlib.contextmanager
def create(path: Path, about: dict[str, Any]) -> Iterator[Writing]:
    """Writes an archive. It is at ``path`` when all of it is written, on disk and read back; else nothing is.

    :param about: what the manifest says besides the members; may be filled until the end
    :raises Invalid: there is such a file already, or none can be written there
    :raises Unavailable: the disk is full
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with _writable(path):
            descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w+b") as file:
                with ZipFile(file, "w", compresslevel=1) as zipped:
                    writing = Writing(zipped)
                    yield writing
                    members = {name: member._asdict() for name, member in writing.members.items()}
                    manifest = json.dumps({**about, "members": members}, indent=1, ensure_ascii=False)
                    zipped.writestr(MANIFEST, manifest, ZIP_DEFLATED)
                    zipped.comment = _MARK + b"0" * 64
                _seal(file)
            with Archive(partial) as written:
                written.check()
            try:
                # Unlike a rename, a second name never takes the place of a file that came meanwhile.
                os.link(partial, path)
            except FileExistsError:
                raise Invalid(FIELD, f"{path} is there already; give another name") from None
            except OSError:
                os.rename(partial, path)
            _sync(path.parent)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


class Archive:
    """An archive being read, every byte of which was looked at.

    :raises Invalid: it is no such file, was cut or damaged
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise Invalid(FIELD, f"{path} cannot be read: {error.strerror}") from None
        try:
            _check_seal(self._file, path)
            self._zipped = ZipFile(self._file)
            self.about: Mapping[str, Any] = json.loads(self._zipped.read(MANIFEST))
            self.members = {name: Member(**told) for name, told in self.about["members"].items()}
        except (BadZipFile, KeyError, TypeError, ValueError, AttributeError, NotImplementedError):
            self._file.close()
            raise Invalid(FIELD, f"{path} is no backup of this program") from None
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zipped.close()
        self._file.close()

    def check(self) -> None:
        """Holds every member against the manifest.

        :raises Invalid: one is missing, foreign or damaged
        """
        if {*self._zipped.namelist()} != {*self.members, MANIFEST}:
            raise Invalid(FIELD, "its members are not those that its manifest names")
        for name in self.members:
            self.extract(name, None)

    def extract(self, name: str, to: Path | None) -> None:
        """Writes a member to a new file that only its owner may read; checks it only, if there is none.

        :raises Invalid: it is not what the manifest says
        """
        digest, size = hashlib.sha256(), 0
        with contextlib.ExitStack() as stack:
            into = None
            if to is not None:
                descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                into = stack.enter_context(os.fdopen(descriptor, "wb"))
            try:
                source = stack.enter_context(self._zipped.open(name))
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
                    if into is not None:
                        into.write(piece)
            except (BadZipFile, KeyError, EOFError) as error:
                raise Invalid(FIELD, f"{name} in it is damaged") from error
            if into is not None:
                into.flush()
                os.fsync(into.fileno())
        if Member(size, digest.hexdigest()) != self.members.get(name):
            raise Invalid(FIELD, f"{name} in it is not what its manifest says")


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[None]:
    if path.exists():
        raise Invalid(FIELD, f"{path} is there already; give another name")
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(f"the disk of {path.parent} is full") from error
        raise Invalid(FIELD, f"{path} cannot be written: {error.strerror or error}") from error


def _seal(file: BinaryIO) -> None:
    file.flush()
    file.seek(0, os.SEEK_END)
    place = file.tell() - 64
    digest = _digest(file, place + 64 - _SEAL)
    file.seek(place)
    file.write(digest.encode())
    file.flush()
    os.fsync(file.fileno())


def _check_seal(file: IO[bytes], path: Path) -> None:
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - _SEAL))
    mark = file.read()
    file.seek(0)
    begin = file.read(2)
    if not begin.startswith(b"PK"):
        raise Invalid(FIELD, f"{path} is no backup of this program, or its beginning is damaged")
    if len(mark) < _SEAL or not mark.startswith(_MARK):
        raise Invalid(FIELD, f"{path} is cut: its end is missing or damaged")
    if mark[len(_MARK) :] != _digest(file, length - _SEAL).encode():
        raise Invalid(FIELD, f"{path} is damaged: it is not, byte for byte, what was written")


def _digest(file: IO[bytes], length: int) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while length > 0 and (piece := file.read(min(_PIECE, length))):
        digest.update(piece)
        length -= len(piece)
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
