"""Takes transactions back, as far as nothing was built on them since."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select

from crm.errors import Forbidden, Invalid, NotFound
from crm.models.history import Transaction
from crm.queries import twins
from crm.queries.clock import in_words
from crm.queries.titles import title
from crm.services import leaving, rewinding
from crm.services.permissions import ADMINISTER, WRITE, authorise
from crm.services.rewinding import FIELD
from crm.work import Work

NAMED_AT_MOST = 3


class Undone(NamedTuple):
    """A transaction that was taken back.

    :param transaction_id: of the one that took it back, which can be taken back too
    :param verb: of what was taken back
    :param target: class and number of the record it was done to, where it names one
    :param rows: how many rows were brought back, parts included
    :param is_new: whether this call did it, and no earlier click
    :param is_redo: whether what was taken back was itself a taking back, so that the work stands again now
    :param left: records that stay because somebody built on them: class, number, and what they are called
    """

    transaction_id: int
    verb: str
    target: tuple[str, int | None]
    rows: int
    is_new: bool
    is_redo: bool
    left: tuple[tuple[type[Any], int, str], ...] = ()


def undo(work: Work, transaction_id: int, *, leave_changed: bool = False) -> Undone:
    """Takes back everything that one transaction wrote, in a transaction of its own.

    Records come back with the parts they had, counts and calendars follow, and the history keeps both. A second call
    does nothing: what is taken back is taken back once. Taking that back in its turn does it again.

    :param leave_changed: leave what somebody changed or built on since, with what that needs; else it keeps all
    :raises NotFound: there is no such transaction, or it wrote a record that the member may not see
    :raises Forbidden: the member is a reader, or it was work of an administrator
    :raises Invalid: (field ``history``) it wrote nothing, or a record was changed since: the sentence says which, by
        whom and when
    """
    authorise(work, WRITE)
    act = work.session.scalar(select(Transaction).where(Transaction.id == transaction_id).with_for_update())
    if act is None:
        raise NotFound
    if act.member_id is None:
        authorise(work, ADMINISTER)
    target = (act.target_kind, act.target_id)
    is_redo = len(twins.undone_by(work, transaction_id)) % 2 == 1
    chain = twins.undoing(work, transaction_id)
    if len(chain) % 2:
        return Undone(chain[-1], act.verb, target, 0, is_new=False, is_redo=is_redo)
    if chain:
        # It was done again since: what did that is what is to be taken back.
        return undo(work, chain[-1])._replace(verb=act.verb, target=target)
    moves, lost = twins.moves_back(work, transaction_id)
    rewinding.allow(work, moves)
    if not moves:
        raise Invalid(FIELD, "That changed no record, so there is nothing to take back.")
    if lost:
        named = title(lost[0].record_class, lost[0].values)
        raise Invalid(FIELD, f"How {named} was before is not in the history, so this cannot be taken back.")
    rewinding.hold_tree(work, moves)
    twins.hold(work, moves)
    left: list[tuple[type[Any], int, str]] = []
    if leave_changed:
        stay = leaving.staying(work, transaction_id, moves)
        now = {(move.record_class, move.key): move.now or move.then or {} for move in moves}
        left = [(row[0], row[1][0], title(row[0], now[row])) for row in leaving.wholes(stay)]
        moves = [move for move in moves if (move.record_class, move.key) not in stay]
        if not moves:
            raise Invalid(FIELD, "Somebody built on all of it since, so there is nothing left to take back.")
    else:
        _refuse_changed(work, transaction_id)
    work.act("history.undo", None, of=act.verb, transaction=transaction_id)
    work.undoes, work.target = transaction_id, target
    rewinding.carry_out(work, moves)
    return Undone(work.transaction_id(), act.verb, target, len(moves), is_new=True, is_redo=is_redo, left=tuple(left))


def _refuse_changed(work: Work, transaction_id: int) -> None:
    """Refuses to write over what somebody did since.

    :raises Invalid: (field ``history``) naming the records, who changed them and when
    """
    later = twins.changed_since(work, transaction_id, limit=NAMED_AT_MOST + 1)
    if not later:
        return
    told = [
        f"{title(one.record_class, one.values)} by {one.member or 'the program'} on {in_words(work, one.at)}"
        for one in later[:NAMED_AT_MOST]
    ]
    more = " and others" if len(later) > NAMED_AT_MOST else ""
    raise Invalid(
        FIELD,
        f"This was changed since: {'; '.join(told)}{more}. Take those changes back first, or restore single values "
        "from the history of the record.",
    )


def may_undo(work: Work, transaction_id: int) -> bool:
    """Whether to offer it: the member may write everything in it, and nothing was written on top of it."""
    moves, lost = twins.moves_back(work, transaction_id)
    if not moves or lost or len(twins.undoing(work, transaction_id)) % 2:
        return False
    try:
        rewinding.allow(work, moves)
        _refuse_changed(work, transaction_id)
    except (Forbidden, Invalid, NotFound):
        return False
    return True
