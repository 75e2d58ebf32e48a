"""What ``crm serve`` needs besides the application: its port, its log, background work, its first words."""

from __future__ import annotations

import datetime as dt
import errno
import json
import logging
import re
import socket
import sys
import threading

from crm.cli.shell import tell
from crm.errors import ConfigError, Unavailable
from crm.http import requests
from crm.instance import Instance
from crm.services import demo, directory, feeds, jobs, members, setup
from crm.settings import Settings

PAUSE = 5.0
"""seconds between two looks into the outbox"""
PAUSE_AFTER_FAULT = 30.0

log = logging.getLogger("crm.serve")


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens, taken before anything slow is done.

    :raises ConfigError: the port is taken, or cannot be had
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} on {host} is taken: stop what uses it, or set CRM_PORT to another port"
            ) from None
        if error.errno == errno.EACCES:
            raise ConfigError(f"port {port} needs more rights: set CRM_PORT to one above 1023") from None
        raise ConfigError(f"CRM_HOST: this machine cannot listen on {host}: {error.strerror or error}") from None


def prepare_demo(settings: Settings) -> None:
    """Makes what is missing of an installation, saying so.

    :raises ConfigError: the folder or the database cannot be used
    """
    made = setup.prepare(settings)
    if made.tables:
        tell("The database is ready.")


def fill_demo(instance: Instance) -> demo.Login:
    """Brings in the directory and, into an empty log, the demonstration; and the login to look at it with.

    :raises ConfigError: the installation could be reached from elsewhere
    """
    with instance.writing(door="cli", trusted=True) as work:
        setup.found(work, zone=instance.settings.zone)
        found = demo.login(work, instance.settings)
        report = directory.update(work)
        is_empty = demo.is_log_empty(work)
    if report.added:
        tell(f"The directory has {report.added} public bodies.")
    if is_empty:
        entered = demo.enter(instance, found.member)
        tell(f"The demonstration is entered: {entered.engagements} engagements.")
    return found


def tell_demo(settings: Settings, found: demo.Login) -> None:
    """Says where it is, how to sign in, and what it is."""
    password = found.password or "(changed by somebody, so it is not known here)"
    tell("")
    tell("  This is a demonstration, for this machine alone.")
    tell(f"  Address   {settings.base_url}/")
    tell(f"  Login     {found.member.email}")
    tell(f"  Password  {password}")
    if found.feed is not None:
        tell(f"  Calendar  {feeds.address(settings.base_url, found.feed)}")
    tell("")
    tell("  Press Ctrl+C to stop.")


def tell_address(instance: Instance) -> None:
    """Says where it is, and by which link the first administrator signs up, as long as there is none."""
    with instance.writing(door="cli", trusted=True) as work:
        demo.refuse_public(work, instance.settings)
        secret = members.first_admin_link(work)
    base = instance.settings.base_url
    tell(f"Antechamber is at {base}/")
    if secret is not None:
        tell(f"The first administrator signs up with this link, once, within a day: {base}/welcome/{secret}")


class Background(threading.Thread):
    """Does what waits in the outbox, as long as the server runs."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(name="crm-jobs", daemon=True)
        self._instance = instance
        self._stopping = threading.Event()

    def run(self) -> None:
        """Looks, works, waits."""
        pause = PAUSE
        while not self._stopping.wait(pause):
            pause = PAUSE
            try:
                jobs.drain(self._instance, should_stop=self._stopping.is_set)
            except Unavailable as fault:
                log.warning("jobs wait", extra={"reason": str(fault)})
                pause = PAUSE_AFTER_FAULT
            except Exception:  # the thread must outlive any one fault
                log.exception("jobs wait")
                pause = PAUSE_AFTER_FAULT

    def stop(self) -> None:
        """Has it end after the job at hand, which is waited for a while."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout=10)


_DETAIL = re.compile(r"(DETAIL:|CONTEXT:).*")


class JsonLines(logging.Formatter):
    """One event a line, as JSON; addresses of feeds are masked."""

    _KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """The line of one event."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        told = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **({"request": asked} if (asked := requests.current_id()) else {}),
            **{name: value for name, value in vars(record).items() if name not in self._KNOWN},
        }
        if record.exc_info:
            # A database says in its details which values it refused.
            told["trace"] = _DETAIL.sub(r"\1 (left out)", self.formatException(record.exc_info))
        return feeds.masked(json.dumps(told, ensure_ascii=False, default=str))


def log_to_stderr(level: str) -> None:
    """Sends every log of the process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Says once a busy second that requests wait, which is what its threads are for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
