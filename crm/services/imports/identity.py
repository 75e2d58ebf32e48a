"""Rows that were imported before: duplicates if they say the same, else updates of what they made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select

from crm.errors import CrmError, Invalid, Several
from crm.imports.profiles import Profile
from crm.imports.values import digest
from crm.models import ImportRow, ImportRun
from crm.models.imports import STANDING
from crm.services.imports.lines import DUPLICATE, UPDATED, Line
from crm.work import Work

_AT_ONCE = 500
KEPT = ("imported", "updated", "duplicate")


class Made(NamedTuple):
    """What a row made when it was imported last."""

    content: str
    kind: str
    record_id: int | None


class Earlier:
    """The rows that imports with this profile brought, and that were not taken back."""

    def __init__(self, work: Work, run: ImportRun, profile: Profile) -> None:
        self._work, self._run, self._profile = work, run, profile

    def settle(self, lines: Sequence[Line], change: Callable[[Line, int], None]) -> None:
        """Settles rows that stand twice in the file or were imported before.

        :param change: changes the record that a row made, where the row says something else now
        """
        known = self._known([line.identity for line in lines if not line.outcome])
        for line in lines:
            if line.outcome:
                continue
            if line.repeated:
                line.settle(DUPLICATE, "The same row stands further up in this file.")
            elif (made := known.get(line.identity)) is not None:
                if made.content == line.content or made.record_id is None:
                    line.settle(DUPLICATE, "This row was imported before.", made.kind, made.record_id)
                else:
                    self._update(line, made, change)

    def targets(self, sources: Iterable[str]) -> dict[str, int]:
        """The records that rows made earlier, by the source's numbers of those rows."""
        identities = {source: digest("id", source) for source in sources}
        known = self._known(list(identities.values()))
        found = ((source, known.get(identity)) for source, identity in identities.items())
        return {source: made.record_id for source, made in found if made is not None and made.record_id is not None}

    def _update(self, line: Line, made: Made, change: Callable[[Line, int], None]) -> None:
        assert made.record_id is not None
        try:
            change(line, made.record_id)
        except (Invalid, Several) as problem:
            line.reject(problem)
        except CrmError:
            line.reject("The record this row made is in the bin, or somebody changed it; correct it by hand.")
        else:
            line.settle(UPDATED, "The file says something new about it.", made.kind, made.record_id)

    def _known(self, identities: Sequence[str]) -> dict[str, Made]:
        found: dict[str, Made] = {}
        for start in range(0, len(identities), _AT_ONCE):
            statement = (
                select(ImportRow.identity, ImportRow.content, ImportRow.target_kind, ImportRow.target_id)
                .join(ImportRun, ImportRun.id == ImportRow.run_id)
                .where(
                    ImportRow.profile == self._profile.key,
                    ImportRow.identity.in_(identities[start : start + _AT_ONCE]),
                    ImportRow.outcome.in_(KEPT),
                    ImportRun.state.in_(STANDING),
                )
                .order_by(ImportRow.id)
            )
            for identity, content, kind, record_id in self._work.session.execute(statement):
                found[str(identity)] = Made(content or "", kind, record_id)
        return found
