"""One running installation: its settings, engine, plugins and clock, opening units of work for every door."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from crm.clock import Clock, SystemClock
from crm.database.engine import make_engine, writing
from crm.database.faults import unavailable
from crm.files.kinds import media_type
from crm.files.names import download_name
from crm.hooks.checks import Gate
from crm.hooks.loader import Registry, load
from crm.hooks.watchers import Answered, Watcher
from crm.models import InstanceSetting, Member
from crm.services import derived
from crm.settings import Settings
from crm.work import Work, watch

log = logging.getLogger("crm.plugins")

_ZONE = select(InstanceSetting.value).where(InstanceSetting.key == "zone")


class CrmSession(Session):
    """The session of this package alone, so that listeners never meet a host's sessions."""


watch(CrmSession)


class Instance:
    """Opens a :class:`~crm.work.Work` for the web and the command line alike.

    :param settings: what the environment says
    :param clock: where the present comes from; the machine's clock unless a test gives one
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.engine = make_engine(settings.database_url)
        self.plugins: Registry = load(settings.plugins)
        self.watchers: dict[str, Watcher] = {one.key: one for one in self.plugins.collect("watchers")}
        self.gate = Gate(self.plugins.collect("file_checks"), settings.file_checks)
        options = {"expire_on_commit": False, "autoflush": True, "class_": CrmSession}
        self._readers: sessionmaker[CrmSession] = sessionmaker(self.engine, **options)  # type: ignore[call-overload]
        self._writers: sessionmaker[CrmSession] = sessionmaker(writing(self.engine), **options)  # type: ignore[call-overload]

    @contextmanager
    def reading(
        self, member: Member | None = None, *, door: str, trusted: bool = False, steady: bool = False
    ) -> Iterator[Work]:
        """A unit of work that only reads; whatever it changed is forgotten.

        :param steady: everything read is of one moment, however long it takes; SQLite reads so anyway
        :raises Unavailable: the database cannot answer
        """
        with self._open(self._readers, member, door, trusted) as work:
            try:
                if steady and self.engine.dialect.name == "postgresql":
                    work.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                yield work
            finally:
                # Rolling back would expire what was read, and nobody could look at it any more.
                work.session.expunge_all()
                work.rollback()

    @contextmanager
    def writing(self, member: Member | None = None, *, door: str, trusted: bool = False) -> Iterator[Work]:
        """A unit of work that is committed at its end, or leaves the database as it was.

        :raises Unavailable: the database cannot answer; nothing was saved
        """
        with self._open(self._writers, member, door, trusted) as work:
            try:
                yield work
                work.commit()
            except BaseException:
                work.rollback()
                raise

    @contextmanager
    def _open(
        self, sessions: sessionmaker[CrmSession], member: Member | None, door: str, trusted: bool
    ) -> Iterator[Work]:
        with sessions() as session:
            work = Work(
                session,
                member=member,
                clock=self.clock,
                door=door,
                zone=lambda: self._zone(session),
                trusted=trusted,
                settle=derived.settle,
                examine=self.examine,
            )
            try:
                yield work
            except SQLAlchemyError as error:
                fault = unavailable(error)
                if fault is None:
                    raise
                # A server may have committed what it could no longer say; a file either has it or not.
                fault.may_be_saved = work.is_committing and self.engine.dialect.name != "sqlite"
                raise fault from error

    def _zone(self, session: Session) -> str:
        # Asked in the middle of a verb, which must not write what it has not finished yet.
        with session.no_autoflush:
            stored = session.scalar(_ZONE)
        return str(stored) if stored else self.settings.zone

    def tell_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Tells every plugin that watches of a request that was answered."""
        for watcher in list(self.watchers.values()):
            try:
                watcher.answered(Answered(method, route, status, seconds))
            except Exception:  # a plugin's fault of any kind must not cost the answer
                log.exception("a plugin that watches failed", extra={"watcher": watcher.key})
                self.watchers.pop(watcher.key, None)

    def examine(self, name: str, content: BinaryIO) -> str:
        """Why a file is not to be kept, as the checks of plugins say, or nothing.

        :param name: as the sender called it
        :param content: can be sought; its position is left anywhere
        """
        return self.gate.refusal(download_name(name), media_type, content)

    def dispose(self) -> None:
        """Closes every pooled connection: at the end, and in a child after fork."""
        self.engine.dispose(close=False)
