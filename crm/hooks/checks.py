"""What a plugin that checks files is given, and the gate that every file passes before it is kept."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO, NamedTuple

log = logging.getLogger("crm.plugins")

REMEMBERED = 256
REMEMBERED_SECONDS = 60.0
_PIECE = 256 * 1024


class IncomingFile(NamedTuple):
    """A file that somebody wants to attach or import.

    :param name: as it will be called, harmless; for messages only, the content decides
    :param media_type: by content, as it will be handed out
    :param size: bytes
    :param content: stands at its beginning
    """

    name: str
    media_type: str
    size: int
    content: BinaryIO


class FileCheck(NamedTuple):
    """Looks at a file before it is kept.

    :param key: a word, by which ``CRM_FILE_CHECKS`` asks for it
    :param refusal: gives what is wrong, one sentence without the file's name, or nothing for a file that is well;
        called from many threads at once. If it raises anything, the file is refused as one that could not be checked
    """

    key: str
    refusal: Callable[[IncomingFile], str]


class Gate:
    """Every check of one installation.

    A verdict holds for some seconds, so that a file is looked at before the unit of work is opened in which it is kept:
    whoever waits for a scanner then holds no lock on the database.

    :param needed: keys of the checks without which no file is let through
    """

    def __init__(self, checks: Iterable[FileCheck], needed: Sequence[str] = ()) -> None:
        self._checks = list(checks)
        present = {check.key for check in self._checks}
        self._missing = [key for key in needed if key not in present]
        self._lock = threading.Lock()
        self._verdicts: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    @property
    def missing(self) -> list[str]:
        """Keys of checks that are needed and that no plugin offers."""
        return list(self._missing)

    @property
    def is_open(self) -> bool:
        """Whether there is nothing to ask."""
        return not self._checks and not self._missing

    def refusal(self, name: str, media_type: Callable[[BinaryIO], str], content: BinaryIO) -> str:
        """Why a file is not kept, or nothing.

        :param media_type: tells it by content
        :param content: can be sought; its position is left anywhere
        """
        if self.is_open:
            return ""
        if self._missing:
            return f"it could not be checked ({', '.join(self._missing)} is missing); an administrator has to mend that"
        digest, size = _digest(content)
        with self._lock:
            at, words = self._verdicts.get(digest, (0.0, ""))
        if not at or time.monotonic() - at > REMEMBERED_SECONDS:
            words = self._asked(IncomingFile(name, media_type(content), size, content))
            with self._lock:
                self._verdicts[digest] = (time.monotonic(), words)
                while len(self._verdicts) > REMEMBERED:
                    self._verdicts.popitem(last=False)
        return words

    def _asked(self, file: IncomingFile) -> str:
        for check in self._checks:
            file.content.seek(0)
            try:
                words = check.refusal(file)
            except Exception:  # whatever is wrong with a check, what it did not look at is not let through
                log.exception("a check of files failed", extra={"check": check.key})
                return "it could not be checked; try again in a moment, or tell an administrator"
            if words:
                return " ".join(str(words).split()).rstrip(".")
        return ""


def _digest(content: BinaryIO) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    content.seek(0)
    while piece := content.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return digest.digest(), size
