"""Puts bodies of a file below those they are part of, however far down in the file these stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from crm.errors import Invalid
from crm.models import OrganisationParent
from crm.services import tree
from crm.services.imports.lines import Line, Report
from crm.services.imports.names import Organisations
from crm.text import fold
from crm.work import Work


class Places:
    """Gathers which body is part of which, and writes all of it at the end: the tree is worked out once.

    :param create: whether bodies that the log does not know may be added
    """

    def __init__(self, work: Work, report: Report, *, create: bool) -> None:
        self._work, self._report, self._create = work, report, create
        self._numbers: dict[str, int] = {}
        self._wanted: list[tuple[int, int, Sequence[str]]] = []

    def number(self, line: Line, organisation_id: int) -> None:
        """Takes note of the number under which the file knows a body."""
        if line.values.get("source_id"):
            self._numbers[fold(line.values["source_id"])] = organisation_id

    def below(self, line: Line, organisation_id: int, parents: Sequence[str]) -> None:
        """Takes note of what a body is part of, by name or number."""
        if parents:
            self._wanted.append((line.number, organisation_id, parents))

    def settle(self, bodies: Organisations) -> None:
        """Writes the links; what cannot be one is told as a remark on its row."""
        if not self._wanted:
            return
        tree.hold(self._work)
        above = self._above()
        # Where parents are told by number, a number that nothing bears is no name of a body to be added.
        by_number = any(fold(one) in self._numbers for _, _, parents in self._wanted for one in parents)
        links = []
        for row, child, parents in self._wanted:
            for told in parents:
                parent = self._parent(bodies, told, by_number)
                if isinstance(parent, str):
                    self._report.note(row, parent)
                elif parent == child or _reaches(above, parent, child):
                    self._report.note(row, f"Part of “{told}”: the body would stand under itself, so it does not.")
                elif parent not in above[child]:
                    above[child].add(parent)
                    links.append(OrganisationParent(organisation_id=child, parent_id=parent))
        self._work.session.add_all(links)
        self._work.session.flush()
        tree.rebuild(self._work)

    def _above(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        statement = select(OrganisationParent.organisation_id, OrganisationParent.parent_id)
        for child, parent in self._work.session.execute(statement):
            found[child].add(parent)
        return found

    def _parent(self, bodies: Organisations, told: str, by_number: bool) -> int | str:
        numbered = self._numbers.get(fold(told))
        if numbered is not None:
            return numbered
        try:
            known = bodies.look(told, "parent")
            if known is not None:
                return known
            if by_number or not self._create:
                return f"Part of “{told}”: no row of the file and no body of the log is called so."
            bodies.find([told], "parent")
            return bodies.id(told, "parent")
        except Invalid as problem:
            return f"Part of: {problem.reason}"


def _reaches(above: dict[int, set[int]], start: int, wanted: int) -> bool:
    seen: set[int] = set()
    todo = [start]
    while todo:
        one = todo.pop()
        if one == wanted:
            return True
        if one not in seen:
            seen.add(one)
            todo += above[one]
    return False
