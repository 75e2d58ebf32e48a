"""Files kept in memory between fetches: a calendar is fetched often and changes seldom."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Hashable

from crm.services.calendar import File

MOST_BYTES = 64 * 1024 * 1024


class Shelf:
    """The newest file of each feed, those fetched longest ago making room.

    :param most_bytes: room for all files together
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._files: OrderedDict[Hashable, tuple[Hashable, File]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable, version: Hashable) -> File | None:
        """The file kept under ``key`` if it is of ``version``."""
        with self._lock:
            kept = self._files.get(key)
            if kept is None or kept[0] != version:
                return None
            self._files.move_to_end(key)
            return kept[1]

    def keep(self, key: Hashable, version: Hashable, file: File) -> None:
        """Keeps ``file`` in the place of any other version of it, unless it would fill half the shelf alone."""
        with self._lock:
            self._drop(key)
            if len(file.data) * 2 > self._most_bytes:
                return
            self._files[key] = version, file
            self._bytes += len(file.data)
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._files)))

    def _drop(self, key: Hashable) -> None:
        kept = self._files.pop(key, None)
        if kept is not None:
            self._bytes -= len(kept[1].data)


class Brake:
    """Slows down a program that fetches one feed over and over: so many at once, then so many a second.

    Each process counts for itself. It is no guard against guessing, which a secret of 256 bits needs none against.

    :param burst: fetches at once
    :param each_second: fetches a second after that
    """

    def __init__(self, burst: int = 300, each_second: float = 2.0) -> None:
        self._burst = burst
        self._rate = each_second
        self._left: OrderedDict[int, tuple[float, dt.datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def lets_pass(self, feed_id: int, now: dt.datetime) -> bool:
        """Counts a fetch, and says whether it may be answered."""
        with self._lock:
            left, at = self._left.pop(feed_id, (float(self._burst), now))
            left = min(self._burst, left + max(0.0, (now - at).total_seconds()) * self._rate)
            passes = left >= 1
            self._left[feed_id] = left - 1 if passes else left, now
            if len(self._left) > 10_000:
                self._left.popitem(last=False)
            return passes
