"""Several processes behind one port: a parent that starts them, and starts another when one dies."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

log = logging.getLogger("crm.serve")

TOO_SOON = 5.0
PAUSE = 1.0
"""seconds before a process that died within TOO_SOON is started again"""


def supervise(work: Callable[[int], None], number: int) -> None:
    """Runs ``work(0)``, ``work(1)``, … in a process each until this one is told to end (SIGTERM, SIGINT).

    To be called before any thread is started and with no connection open: neither survives a fork.

    :param work: returns or raises SystemExit when its process is told to end
    """
    running: dict[int, tuple[int, float]] = {}
    is_ending = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_ending
        is_ending = True
        for pid in list(running):
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    for place in range(number):
        running[_start(work, place)] = place, time.monotonic()
    while running:
        pid, status = os.wait()
        place, since = running.pop(pid, (-1, 0.0))
        if place < 0 or is_ending:
            continue
        log.error("a worker process ended", extra={"worker": place, "code": os.waitstatus_to_exitcode(status)})
        if time.monotonic() - since < TOO_SOON:
            time.sleep(PAUSE)
        if not is_ending:
            running[_start(work, place)] = place, time.monotonic()


def _start(work: Callable[[int], None], place: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _stop)
        work(place)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except BaseException:  # whatever it is, the parent starts another
        log.exception("a worker process failed", extra={"worker": place})
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Nothing of the parent's may run twice.
        os._exit(code)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
