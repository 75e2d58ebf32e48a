"""One unit of work: a session, who is working, the time, and the history written beside every change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection, Table, bindparam, event, inspect
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import flag_modified

from crm.clock import Clock
from crm.errors import Conflict, InBin
from crm.models.base import Base, Binnable, Recorded, Tracked
from crm.models.history import DELETED, INSERTED, UPDATED, Transaction, Twins
from crm.models.members import Member

Touched = dict[Any, str]
_TRANSACTION = cast(Table, Transaction.__table__)
_AT_THE_SAME_MOMENT = dt.timedelta(seconds=1)


class Work:
    """What a verb or a query is given.

    :param session: open session; verbs never commit it themselves
    :param member: who is working, None for the command line and background work
    :param clock: where the present comes from
    :param door: ``web``, ``cli``, ``feed``, ``job``, ``import``…: from where the work is done
    :param zone: gives the IANA key of the zone in which days are read, asked when it is first needed
    :param settle: called before the commit with the records that changed, to keep derived rows right
    :param examine: says why a file, given its name and content, is not to be kept, or nothing
    :ivar moved: bodies whose place in the tree changed, then or now
    :ivar undoes: number of the transaction that this one takes back, for the history
    :ivar target: kind and number of the record that was, for the history
    """

    def __init__(
        self,
        session: Session,
        *,
        member: Member | None,
        clock: Clock,
        door: str,
        zone: Callable[[], str],
        trusted: bool = False,
        settle: Callable[[Work, Touched], None] | None = None,
        examine: Callable[[str, BinaryIO], str] | None = None,
    ) -> None:
        self.session = session
        self.member = member
        self.clock = clock
        self.door = door
        self._ask_zone = zone
        self.trusted = trusted
        self.touched: Touched = {}
        self.moved: set[int] = set()
        self.is_committing = False
        self.undoes: int | None = None
        self.target: tuple[str, int | None] | None = None
        self._transaction_id: int | None = None
        self._told: dict[str, Any] = {}
        self._held: set[Any] = set()
        self._settle = settle
        self._examine = examine
        self._acts: list[tuple[str, Any, dict[str, Any]]] = []
        self._after: list[Callable[[], None]] = []
        self._undo: list[Callable[[], None]] = []
        session.info["work"] = self

    @property
    def member_id(self) -> int | None:
        return self.member.id if self.member is not None else None

    @property
    def database(self) -> str:
        """What kind it is: ``sqlite`` or ``postgresql``."""
        return self.session.get_bind().dialect.name

    @cached_property
    def zone(self) -> str:
        """IANA key of the zone in which days are read."""
        return self._ask_zone()

    @property
    def is_clean(self) -> bool:
        """Whether nothing was written yet, so that what is derived tells the same as what it is derived from."""
        session = self.session
        return not (self.touched or self.moved or session.new or session.dirty or session.deleted)

    def now(self) -> dt.datetime:
        return self.clock.now()

    def today(self) -> dt.date:
        """The present calendar day in the zone of the work."""
        return self.clock.today(self.zone)

    def act(self, verb: str, record: Any = None, **detail: Any) -> None:
        """Names what is being done, for the history; the first act names the transaction."""
        self._acts.append((verb, record, detail))

    def refusal_of(self, name: str, content: BinaryIO) -> str:
        """Why a file is not to be kept, one sentence without a full stop, or nothing.

        :param content: can be sought; its position is left anywhere
        """
        return self._examine(name, content) if self._examine is not None else ""

    def transaction_id(self) -> int:
        """The number that this unit of work will have in the history, for a page that offers to take it back."""
        if self._transaction_id is None:
            self.session.flush()
            self._told = self.transaction_values()
            made = self.session.connection().execute(_TRANSACTION.insert(), self._told).inserted_primary_key
            assert made is not None
            self._transaction_id = int(made[0])
        return self._transaction_id

    def wrote(self, record: Recorded, operation: str) -> None:
        """Says that ``record`` was written past the session, so that its twin and derived rows follow.

        :param record: not of the session, with every column as it stands now
        :param operation: insert, update or delete
        """
        self.touched[record] = operation

    def hold(self, records: Iterable[Any]) -> None:
        """Keeps records that were read, which a session forgets as soon as nobody holds them: whoever asks for them
        again before the commit does not ask the database.
        """
        self._held.update(records)

    def is_new(self, record: Any) -> bool:
        """Whether ``record`` was added in this unit of work: nothing that is derived from it can be there yet.

        One that was brought back may have left something behind, or be named by others.
        """
        return self.touched.get(record) == INSERTED and record in self.session

    def expect(self, record: Tracked, version: int | None) -> None:
        """Holds the version a form was opened with against the stored one.

        :raises InBin: the record lies in the bin by now
        :raises Conflict: somebody else saved the record in between
        """
        if version is not None and isinstance(record, Binnable) and record.is_binned:
            raise InBin(record, version, record.version)
        if version is not None and record.version != version:
            raise Conflict(record, version, record.version)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Has ``call`` made once the work is on disk, never if it is not."""
        self._after.append(call)

    def after_rollback(self, call: Callable[[], None]) -> None:
        """Has ``call`` made if the work is forgotten: takes back what was done outside the database, such as a file."""
        self._undo.append(call)

    def commit(self) -> None:
        """Writes history and derived rows, commits, then announces."""
        self.session.flush()
        if (self.touched or self.moved) and self._settle is not None:
            self._settle(self, self.touched)
            self.session.flush()
        if self.touched or self._acts:
            write_history(self)
        self.is_committing = True
        self.session.commit()
        self.is_committing = False
        self._forget()
        self._undo.clear()
        after, self._after = self._after, []
        for call in after:
            call()

    def rollback(self) -> None:
        """Forgets everything since the last commit."""
        self.session.rollback()
        self._forget()
        self._after.clear()
        undo, self._undo = self._undo, []
        for call in reversed(undo):
            call()

    def _forget(self) -> None:
        self.touched.clear()
        self.moved.clear()
        self._acts.clear()
        self._held.clear()
        self.undoes = self._transaction_id = self.target = None

    def transaction_values(self) -> dict[str, Any]:
        """The row of ``crm_transaction`` this work will leave."""
        verb, record, detail = self._acts[0] if self._acts else ("edit", None, {})
        target = self.target or ("" if record is None else type(record).__name__, getattr(record, "id", None))
        more = [{"verb": name, **extra} for name, _, extra in self._acts[1:]]
        return {
            "at": self.now(),
            "member_id": self.member_id,
            "door": self.door,
            "verb": verb,
            "target_kind": target[0],
            "target_id": target[1],
            "detail": {**detail, **({"also": more} if more else {})},
            "undoes_id": self.undoes,
        }


def write_history(work: Work) -> None:
    """Adds the transaction and the new state of every touched record to the version twins."""
    connection = work.session.connection()
    transaction_id = work.transaction_id()
    told = work.transaction_values()
    if told["at"] - work._told["at"] < _AT_THE_SAME_MOMENT:
        told["at"] = work._told["at"]
    if told != work._told:
        # The number was asked for before everything was done.
        connection.execute(_TRANSACTION.update().values(told).where(_TRANSACTION.c.id == transaction_id))
    by_class: dict[tuple[type[Any], str], list[Any]] = {}
    for record, operation in _once(work.touched).items():
        by_class.setdefault((type(record), operation), []).append(record)
    for (record_class, operation), records in by_class.items():
        _write_twins(connection, record_class, operation, records, transaction_id)


def _once(touched: Touched) -> Touched:
    """Each row once: one that was written past the session may have been loaded and changed after."""
    known: dict[tuple[type[Any], tuple[Any, ...]], Any] = {}
    found: Touched = {}
    for record, operation in touched.items():
        row = (type(record), tuple(inspect(type(record)).primary_key_from_instance(record)))
        earlier = known.get(row)
        if earlier is not None:
            before = found.pop(earlier)
            operation = INSERTED if before == INSERTED and operation == UPDATED else operation
        known[row] = record
        found[record] = operation
    return found


def _write_twins(
    connection: Connection, record_class: type[Any], operation: str, records: Iterable[Any], transaction_id: int
) -> None:
    twin = Twins.of(record_class)
    attributes, keys = _columns(record_class)  # type: ignore[arg-type]
    states = [{name: getattr(record, attribute) for name, attribute in attributes} for record in records]
    if operation != INSERTED:
        ended = twin.update().values(until_id=transaction_id).where(twin.c.until_id.is_(None))
        for key in keys:
            ended = ended.where(twin.c[key] == bindparam(f"at_{key}"))
        connection.execute(ended, [{f"at_{key}": state[key] for key in keys} for state in states])
    until = transaction_id if operation == DELETED else None
    rows = [{**state, "transaction_id": transaction_id, "until_id": until, "operation": operation} for state in states]
    connection.execute(twin.insert(), rows)


@cache
def _columns(record_class: type[Any]) -> tuple[list[tuple[str, str]], list[str]]:
    """Columns of a class with their attributes, and the columns of its key."""
    mapper: Mapper[Any] = inspect(record_class)
    table = cast(Table, mapper.local_table)
    columns = table.columns
    attributes = [(column.name, mapper.get_property_by_column(column).key) for column in columns]
    return attributes, [column.name for column in table.primary_key.columns]


def watch(session_class: type[Session]) -> None:
    """Has every session of ``session_class`` stamp and collect what its work changes."""
    event.listen(session_class, "before_flush", _before_flush)
    event.listen(session_class, "after_flush", _after_flush)
    event.listen(session_class, "persistent_to_deleted", _deleted)


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    work: Work | None = session.info.get("work")
    if work is None:
        return
    now = work.now()
    with session.no_autoflush:
        for record in list(session.new):
            if isinstance(record, Tracked):
                record.created_at = record.created_at or now
                record.changed_at = now
                record.created_by_id = record.created_by_id or work.member_id
                record.changed_by_id = work.member_id
        changed = [record for record in session.dirty if session.is_modified(record)]
        parts = [record for record in (*session.new, *changed, *session.deleted) if isinstance(record, Recorded)]
        wholes = {whole for part in parts for whole in _wholes(session, part)}
        for record in {*changed, *wholes}:
            if isinstance(record, Tracked) and record not in session.deleted:
                record.changed_at = now
                record.changed_by_id = work.member_id
                # An unmoved clock would leave the column equal, and the version where it was.
                flag_modified(record, "changed_at")


def _wholes(session: Session, part: Recorded) -> list[Any]:
    """The records of which ``part`` is a part, inner ones first, as far as they are already stored."""
    found: list[Any] = []
    while part.__whole__ is not None:
        attribute, class_name = part.__whole__
        whole_id = getattr(part, attribute)
        if whole_id is None:
            return found
        whole = session.get(_class_named(class_name), whole_id)
        if whole is None:
            return found
        found.append(whole)
        part = whole
    return found


def _class_named(name: str) -> type[Any]:
    found: type[Any] = Base.registry._class_registry[name]  # type: ignore[assignment]
    return found


def _after_flush(session: Session, _context: Any) -> None:
    work: Work | None = session.info.get("work")
    if work is None:
        return
    for record in session.new:
        if isinstance(record, Recorded):
            work.touched[record] = INSERTED
    for record in session.dirty:
        if isinstance(record, Recorded) and session.is_modified(record):
            work.touched.setdefault(record, UPDATED)


def _deleted(session: Session, record: Any) -> None:
    # ``Session.deleted`` does not list parts that went with a collection they were taken out of.
    work: Work | None = session.info.get("work")
    if work is None or not isinstance(record, Recorded):
        return
    if work.touched.get(record) == INSERTED:
        del work.touched[record]
    else:
        work.touched[record] = DELETED
