"""Organisations and topics named in a file: each distinct name held against the log once, the missing ones added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from crm.errors import Invalid
from crm.models import Organisation, OrganisationClosure, Topic
from crm.models.organisations import ALWAYS, STILL
from crm.services import topics
from crm.services.imports.lines import Report
from crm.services.values import short
from crm.text import fold, sort_key
from crm.work import Work

_AT_ONCE = 5000


class _Known(NamedTuple):
    id: int
    name: str
    own: frozenset[str]
    """folded name and short name"""
    is_open: bool


class Organisations:
    """The organisations of the log by every name they bear, read once.

    :param source: where a body comes from that is added
    """

    def __init__(self, work: Work, report: Report, *, create: bool, source: str) -> None:
        self._work, self._report, self._create, self._source = work, report, create, source
        self._by_name: dict[str, list[_Known]] = defaultdict(list)
        self._meant: dict[str, int | Invalid] = {}
        self._names: dict[int, str] = {}
        self._folded: dict[str, str] = {}
        self.begin()
        statement = select(
            Organisation.id, Organisation.name, Organisation.short_name, Organisation.names_folded, Organisation.closed
        ).where(Organisation.binned_at.is_(None))
        for number, name, short_name, folded, closed in work.session.execute(statement):
            known = _Known(number, name, frozenset((fold(name), fold(short_name))), closed is None)
            self._names[number] = name
            for alias in {part.strip() for part in folded.split("|")}:
                if alias:
                    self._by_name[alias].append(known)

    def find(self, names: Iterable[str], field: str) -> None:
        """Holds names against the log, and adds those it does not know, if that is wanted, all at once."""
        new: dict[str, str] = {}
        for name in names:
            if name in self._meant:
                continue
            try:
                plain = short(field, name, 300)
                folded = fold(plain)
                found = self._resolve(plain, folded)
            except Invalid as problem:
                self._meant[name] = problem
                continue
            if found is not None:
                self._meant[name] = found
            elif self._create:
                new.setdefault(folded, plain)
            else:
                self._meant[name] = Invalid(field, f"No body is called “{plain}”; add it first, or let the import do.")
        if new:
            self._add(list(new.values()))
            self.find([name for name in names if name not in self._meant], field)

    def begin(self) -> None:
        """Begins to note which organisations are added, for :meth:`keep`."""
        self._fresh: list[Organisation] = []

    def keep(self, named: Collection[int]) -> None:
        """Takes back what was added since :meth:`begin` and that no row names which can be read."""
        unnamed = [one for one in self._fresh if one.id not in named]
        for one in unnamed:
            self._report.take_back_new("organisations", one.name)
            self._names.pop(one.id)
            self._by_name[fold(one.name)] = [known for known in self._by_name[fold(one.name)] if known.id != one.id]
            self._work.session.delete(one)
        if unnamed:
            gone = {one.id for one in unnamed}
            self._meant = {name: meant for name, meant in self._meant.items() if meant not in gone}
            self._work.session.execute(delete(OrganisationClosure).where(OrganisationClosure.descendant_id.in_(gone)))
            self._work.session.flush()
            self._report.made["organisations"] -= len(unnamed)

    def id(self, name: str, field: str) -> int:
        """The organisation that a name means, once :meth:`find` has seen it.

        :raises Invalid: (``field``) it means none, or one of several
        """
        found = self._meant[name]
        if isinstance(found, Invalid):
            raise Invalid(field, found.reason)
        return found

    def look(self, name: str, field: str) -> int | None:
        """The organisation that a name means, none if the log knows none of that name; nothing is added.

        :raises Invalid: (``field``) it means one of several
        """
        plain = short(field, name, 300)
        try:
            return self._resolve(plain, fold(plain))
        except Invalid as problem:
            raise Invalid(field, problem.reason) from problem

    def learn(self, organisation: Organisation) -> None:
        """Takes note of an organisation that was added by other means."""
        self._names[organisation.id] = organisation.name
        own = frozenset((fold(organisation.name), fold(organisation.short_name)))
        for alias in {part.strip() for part in organisation.names_folded.split("|")} - {""}:
            self._by_name[alias].append(_Known(organisation.id, organisation.name, own, organisation.closed is None))
        self._meant.clear()

    def name(self, organisation_id: int) -> str:
        """The name of an organisation."""
        return self._names[organisation_id]

    def knows(self, name: str) -> bool:
        """Whether some organisation bears a name."""
        return bool(self._by_name.get(fold(name)))

    def bears(self, organisation_id: int, name: str) -> bool:
        """Whether an organisation bears a name."""
        folded = self._folded.get(name)
        if folded is None:
            folded = self._folded[name] = fold(name)
        return any(known.id == organisation_id for known in self._by_name.get(folded, ()))

    def _resolve(self, name: str, folded: str) -> int | None:
        exact = self._by_name.get(folded, [])
        own = [known for known in exact if folded in known.own]
        for candidates in (own, exact, [known for known in exact if known.is_open]):
            if len(candidates) == 1:
                return candidates[0].id
        if exact:
            listed = "; ".join(f"{known.name} [#{known.id}]" for known in exact[:5])
            raise Invalid("bodies", f"“{name}” is the name of several bodies: {listed}. Write which one is meant.")
        return None

    def _add(self, names: list[str]) -> None:
        made = []
        for name in names:
            organisation = Organisation(
                name=name, kind="other", source=self._source[:300], names=[], identifiers=[], parents=[]
            )
            organisation.fold_names([])
            made.append(organisation)
        self._work.session.add_all(made)
        self._work.session.flush()
        rows = [{"ancestor_id": one.id, "descendant_id": one.id, "first": ALWAYS, "last": STILL} for one in made]
        self._work.session.execute(insert(OrganisationClosure.__table__), rows)  # type: ignore[arg-type]
        for one in made:
            self._report.tell_new("organisations", one.name)
            self._names[one.id] = one.name
            known = _Known(one.id, one.name, frozenset((fold(one.name),)), True)
            self._by_name[fold(one.name)].append(known)
        self._fresh += made
        self._report.made["organisations"] += len(made)


class Topics:
    """The topics of the log by name; the missing ones are added."""

    def __init__(self, work: Work, report: Report, *, create: bool) -> None:
        self._work, self._report, self._create = work, report, create
        statement = select(Topic.sort, Topic.id).where(Topic.binned_at.is_(None))
        self._known: dict[str, int] = dict(work.session.execute(statement).all())

    def id(self, name: str) -> int:
        """The topic of a name.

        :raises Invalid: (field ``topics``) there is none, and none may be added
        """
        key = sort_key(name)[:200]
        if key not in self._known:
            if not self._create:
                raise Invalid("topics", f"There is no topic “{name}”; add it first, or let the import do.")
            self._known[key] = topics.create(self._work, name=name).id
            self._report.made["topics"] += 1
        return self._known[key]
