from __future__ import annotations

import errno
import hashlib
import io
import os
import re
from pathlib import Path
from typing import Any

import pytest

from crm.errors import Invalid, NotFound, Unavailable
from crm.files.store import Store

LETTER = b"%PDF-1.7\n" + b"x" * 5000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "attachments")


def files(store: Store) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_a_file_comes_back_as_it_was(store: Store) -> None:
    stored = store.add(io.BytesIO(LETTER), limit=10_000)
    assert re.fullmatch("[0-9a-f]{32}", stored.name)
    assert (stored.size, stored.sha256) == (len(LETTER), hashlib.sha256(LETTER).hexdigest())
    assert stored.media_type == "application/pdf"
    with store.open(stored.name) as file:
        assert file.read() == LETTER


def test_two_equal_files_have_two_names(store: Store) -> None:
    first, second = (store.add(io.BytesIO(LETTER), limit=10_000) for _ in range(2))
    assert first.name != second.name
    assert set(store.names()) == {first.name, second.name}
    store.remove(first.name)
    assert list(store.names()) == [second.name]


def test_only_this_user_reads_the_files(store: Store) -> None:
    stored = store.add(io.BytesIO(LETTER), limit=10_000)
    assert store.folder.stat().st_mode & 0o077 == 0
    assert (store.folder / stored.name[:2] / stored.name).stat().st_mode & 0o177 == 0


def test_a_file_of_exactly_the_limit_is_taken(store: Store) -> None:
    assert store.add(io.BytesIO(b"x" * 300_000), limit=300_000).size == 300_000


@pytest.mark.parametrize(
    ("limit", "words"), [(299_999, "293 kB"), (10, "10 bytes"), (1024**2, "1 MB"), (int(2.5 * 1024**2), "2.5 MB")]
)
def test_a_file_over_the_limit_is_refused_and_nothing_stays(store: Store, limit: int, words: str) -> None:
    with pytest.raises(Invalid, match=f"larger than {words}") as caught:
        store.add(io.BytesIO(b"x" * 3_000_000), limit=limit)
    assert caught.value.field == "attachments"
    assert files(store) == []


def test_reading_stops_at_the_limit(store: Store) -> None:
    class Endless(io.RawIOBase):
        pieces = 0

        def read(self, size: int = -1) -> bytes:
            self.pieces += 1
            return b"x" * size

    endless: Any = Endless()
    with pytest.raises(Invalid, match="larger"):
        store.add(endless, limit=1_000_000)
    assert endless.pieces < 10


def test_an_empty_file_is_refused(store: Store) -> None:
    with pytest.raises(Invalid, match="empty"):
        store.add(io.BytesIO(), limit=10)
    assert files(store) == []


def test_an_upload_that_breaks_off_leaves_nothing(store: Store) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError("gone")

    broken: Any = Broken()
    with pytest.raises(ConnectionResetError):
        store.add(broken, limit=10)
    assert files(store) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_or_read_only_disk_says_that_nothing_was_saved(
    store: Store, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="nothing was saved"):
            store.add(io.BytesIO(LETTER), limit=10_000)
    assert files(store) == []


def test_a_file_whose_folder_cannot_be_written_is_taken_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(folder: Path) -> None:
        if folder != store.folder:
            assert len(files(store)) == 2
            raise OSError(errno.EIO, "broken disk")

    store.add(io.BytesIO(LETTER), limit=10_000)
    before = files(store)
    with monkeypatch.context() as patched:
        patched.setattr("crm.files.store._sync_folder", failing)
        with pytest.raises(OSError, match="broken disk"):
            store.add(io.BytesIO(LETTER), limit=10_000)
    assert files(store) == before


@pytest.mark.parametrize("name", ["", "..", "../secret", "a" * 31, "A" * 32, "a" * 32 + "\n", "incoming", "0" * 32])
def test_what_is_no_name_of_a_file_here_is_not_found(store: Store, name: str) -> None:
    with pytest.raises(NotFound):
        store.open(name)


def test_removing_twice_is_no_error_but_a_wrong_name_is(store: Store) -> None:
    stored = store.add(io.BytesIO(LETTER), limit=10_000)
    store.remove(stored.name)
    store.remove(stored.name)
    with pytest.raises(NotFound):
        store.open(stored.name)
    with pytest.raises(NotFound):
        store.remove("../secret")


def test_remains_of_interrupted_uploads_are_swept_and_running_ones_stay(store: Store) -> None:
    stored = store.add(io.BytesIO(LETTER), limit=10_000)
    incoming = store.folder / "incoming"
    for name, age in (("old", 100.0), ("young", 900.0)):
        (incoming / name).write_bytes(b"x")
        os.utime(incoming / name, (age, age))
    assert store.sweep(before=500.0) == 1
    assert [path.name for path in incoming.iterdir()] == ["young"]
    assert list(store.names()) == [stored.name]


def test_an_empty_store_holds_nothing(store: Store) -> None:
    assert list(store.names()) == []
    assert store.sweep(before=1e12) == 0
