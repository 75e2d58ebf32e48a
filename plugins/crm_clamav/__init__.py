"""Has clamd (https://docs.clamav.net/manual/Usage/Scanning.html#clamd) look at every file before it is kept.

The file travels over clamd's own socket, by its command INSTREAM: nothing is written for the scanner to read, and the
two need not run as the same user. What clamd does not call clean is refused, an answer that does not come included.
"""

from __future__ import annotations

import os
import re
import socket
import time
from contextlib import suppress

from crm.plugin import FileCheck, IncomingFile, hookimpl

VARIABLE = "CLAMD_ADDRESS"
DEFAULT = "/run/clamav/clamd.ctl"
SECONDS = 30.0
"""for one file, from the connection to the answer"""

_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
_END = b"\0\0\0\0"
_TCP = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:/\s\[\]]+)):(?P<port>\d{1,5})")


class Unanswered(Exception):
    """clamd cannot be reached, or does not say whether a file is clean."""


@hookimpl
def file_checks() -> list[FileCheck]:
    """Offers one, for the scanner at the address that the environment gives."""
    place = address(os.environ.get(VARIABLE, "").strip() or DEFAULT)
    return [FileCheck("clamav", lambda file: refusal(place, file))]


def address(given: str) -> str | tuple[str, int]:
    """Reads the address of clamd: the path of its socket, or host and port.

    :raises ValueError: it is neither
    """
    if given.startswith("/"):
        return given
    found = _TCP.fullmatch(given)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ValueError(f"{VARIABLE} is {given!r}; it is the path of a socket, such as {DEFAULT}, or host:port")
    return found["six"] or found["host"], int(found["port"])


def refusal(place: str | tuple[str, int], file: IncomingFile) -> str:
    """What the scanner has against a file, or nothing.

    :raises Unanswered: it does not say
    """
    answer = scan(place, file, time.monotonic() + SECONDS)
    if answer == "stream: OK":
        return ""
    if found := re.fullmatch(r"stream: (.+) FOUND", answer):
        return f"the virus scanner found {found[1]} in it"
    if "size limit exceeded" in answer:
        return "it is larger than the virus scanner takes; an administrator can raise its StreamMaxLength"
    raise Unanswered(f"clamd answered {answer[:200]!r}")


def scan(place: str | tuple[str, int], file: IncomingFile, until: float) -> str:
    """Sends a file and gives the answer.

    :param until: by the monotonic clock, seconds
    :raises Unanswered: no connection, or no whole answer in time
    """
    try:
        with _connected(place, until) as line:
            # A scanner that has seen enough answers and hangs up in the middle: what it said counts.
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(b"zINSTREAM\0")
                while piece := file.content.read(_PIECE):
                    line.settimeout(_left(until))
                    line.sendall(len(piece).to_bytes(4, "big") + piece)
                line.sendall(_END)
            answer = b""
            while not answer.endswith(b"\0"):
                line.settimeout(_left(until))
                piece = line.recv(_LONGEST_ANSWER)
                answer += piece
                if not piece or len(answer) > _LONGEST_ANSWER:
                    raise Unanswered("clamd hung up without an answer")
    except OSError as fault:
        raise Unanswered(f"clamd at {place} cannot be asked: {fault}") from fault
    return answer[:-1].decode("utf-8", "replace").strip()


def _connected(place: str | tuple[str, int], until: float) -> socket.socket:
    if isinstance(place, tuple):
        return socket.create_connection(place, timeout=_left(until))
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(_left(until))
        line.connect(place)
    except OSError:
        line.close()
        raise
    return line


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise Unanswered("clamd did not answer in time")
    return left
