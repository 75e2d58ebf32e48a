"""Brings the shipped directory into the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.errors import Invalid
from crm.models import (
    InstanceSetting,
    Organisation,
    OrganisationIdentifier,
    OrganisationList,
    OrganisationListEntry,
    OrganisationName,
    OrganisationParent,
    Succession,
)
from crm.models.history import DELETED, Twins
from crm.services import organisations, tree
from crm.services.directory import files
from crm.services.directory.files import Body, Directory, Group, ParentLink
from crm.services.permissions import ADMINISTER, authorise
from crm.text import fold, sort_key
from crm.work import Work

SETTING = "directory"
"""the instance setting that remembers which files were loaded, and the lists as they were last written"""


class Report(NamedTuple):
    """What an update did."""

    added: int = 0
    """bodies that are new in the log"""
    changed: int = 0
    """bodies that were there and read differently now"""
    kept: tuple[str, ...] = ()
    """bodies of which a value differs from the directory's because the team changed it"""
    doubles: tuple[str, ...] = ()
    """new bodies whose name another one in the log bears already"""


def update(work: Work, place: Path | None = None) -> Report:
    """Adds what is missing, and corrects what the team left as it was shipped.

    :param place: folder of the files; the shipped one unless given
    :raises Invalid: naming the file and line that cannot be read
    """
    authorise(work, ADMINISTER)
    directory = files.read(place)
    setting = work.session.get(InstanceSetting, SETTING)
    if setting is not None and setting.value["digest"] == directory.digest:
        return Report()
    work.act("directory.update")
    tree.hold(work)
    loading = _Loading(work, directory)
    loading.bodies()
    loading.places()
    loading.successions()
    lists = _Lists(work, loading.ids, setting.value["lists"] if setting is not None else {})
    for group in directory.groups.values():
        lists.update(group)
    value = {"digest": directory.digest, "lists": lists.shipped}
    if setting is None:
        work.session.add(InstanceSetting(key=SETTING, value=value))
    else:
        setting.value = value
    work.session.flush()
    tree.rebuild(work)
    return Report(len(loading.new), len(loading.changed), tuple(sorted(loading.kept)), tuple(loading.doubles))


class _Loading:
    """One update: the shipped bodies beside the stored ones."""

    def __init__(self, work: Work, directory: Directory) -> None:
        self.work = work
        self.directory = directory
        found = work.session.scalars(
            select(Organisation)
            .where(Organisation.key.is_not(None))
            .options(
                selectinload(Organisation.names),
                selectinload(Organisation.identifiers),
                selectinload(Organisation.parents),
            )
        ).all()
        self.stored = {body.key: body for body in found if body.key is not None}
        self.new: set[str] = set()
        self.ids: dict[str, int] = {}
        self.changed: set[str] = set()
        self.kept: set[str] = set()
        self.doubles: list[str] = []

    def bodies(self) -> None:
        """The bodies themselves, with names and identifiers; afterwards every body has an id."""
        named = {fold(name) for name in self.work.session.scalars(select(Organisation.name))}
        removed = _deleted(self.work, Organisation, "key")
        for key, body in self.directory.bodies.items():
            if key not in self.stored and key not in removed:
                name = str(body.fields["name"])
                if fold(name) in named:
                    self.doubles.append(name)
                self.new.add(key)
                self.stored[key] = Organisation(key=key, name="", kind="", names=[], identifiers=[], parents=[])
        for key, body in self._living():
            organisation = self.stored[key]
            shipped = dict(organisation.shipped or {})
            fresh = self._fields(organisation, body, shipped)
            fresh = self._names(organisation, body, shipped) or fresh
            fresh = self._identifiers(organisation, body, shipped) or fresh
            if key in self.new:
                self._place_new(organisation, body, shipped)
            if fresh:
                organisation.shipped = shipped
                organisations.refold(organisation)
                self._count(key)
        self.work.session.add_all(self.stored[key] for key in self.new)
        self.work.session.flush()
        self.ids = {key: body.merged_into_id or body.id for key, body in self.stored.items()}

    def _place_new(self, organisation: Organisation, body: Body, shipped: dict[str, Any]) -> None:
        # Before the first flush: a part that is added later would raise the version of its whole.
        for link in body.parents:
            parent = self.stored.get(link.parent_key)
            if parent is not None and parent.merged_into_id is not None:
                parent = self.work.session.get(Organisation, parent.merged_into_id)
            if parent is not None:
                organisation.parents.append(
                    OrganisationParent(
                        parent=parent, first=link.first, last=link.last, source=link.source, from_directory=True
                    )
                )
        shipped["parents"] = [_place(link) for link in body.parents if link.parent_key in self.stored]
        shipped["successions"] = self._followers(body)

    def places(self) -> None:
        """The place of each body in the tree, as one value: a team's own tree is left as it is."""
        keys = {body_id: key for key, body_id in self.ids.items()}
        for key, body in self._living():
            organisation = self.stored[key]
            was = [tuple(link) for link in (organisation.shipped or {}).get("parents", [])]
            wanted = {tuple(_place(link)): link for link in body.parents if link.parent_key in self.ids}
            if key in self.new or set(was) == set(wanted):
                continue
            stands = {
                (keys.get(link.parent_id), _iso(link.first), _iso(link.last)): link for link in organisation.parents
            }
            own = set(stands) == set(was) and all(link.from_directory for link in organisation.parents)
            if not own or not self._move(organisation, wanted, stands):
                self.kept.add(organisation.name)
                continue
            organisation.shipped = {**(organisation.shipped or {}), "parents": [list(place) for place in wanted]}
            self.changed.add(key)
        self.work.session.flush()

    def _move(
        self,
        organisation: Organisation,
        wanted: Mapping[tuple[Any, ...], ParentLink],
        stands: Mapping[tuple[Any, ...], OrganisationParent],
    ) -> bool:
        """Changes the place in the tree, unless bodies that the team placed would then stand under themselves."""
        links = [
            OrganisationParent(
                parent_id=self.ids[link.parent_key],
                first=link.first,
                last=link.last,
                source=link.source,
                from_directory=True,
            )
            for place, link in wanted.items()
            if place not in stands
        ]
        self.work.session.flush()
        try:
            for link in links:
                tree.refuse_cycle(self.work, organisation.id, link.parent_id, link.span())
        except Invalid:
            return False
        for place, old in stands.items():
            if place not in wanted:
                organisation.parents.remove(old)
        organisation.parents.extend(links)
        return True

    def successions(self) -> None:
        """Which body followed which; the team's word on joined histories stays."""
        stored = {(row.predecessor_id, row.successor_id): row for row in self.work.session.scalars(select(Succession))}
        for key, body in self._living():
            organisation = self.stored[key]
            listed = (organisation.shipped or {}).get("successions", [])
            was = {} if key in self.new else {row[0]: row for row in listed}
            wanted = {row[0]: row for row in self._followers(body)}
            if was == wanted:
                continue
            sources = {follower.successor_key: follower.source for follower in body.followers}
            for successor in {**was, **wanted}:
                row = stored.get((organisation.id, self.ids.get(successor, 0)))
                if row is not None and (not row.from_directory or _told(row, successor) != was.get(successor)):
                    self.kept.add(organisation.name)
                elif row is not None and successor in wanted:
                    _, on, row.kind, row.joins_history = wanted[successor]
                    row.on = _day(on)
                elif row is not None:
                    self.work.session.delete(row)
                elif successor in wanted and successor not in was:
                    self._follow(organisation, wanted[successor], sources[successor])
            if key not in self.new:
                organisation.shipped = {**(organisation.shipped or {}), "successions": list(wanted.values())}
                self.changed.add(key)
        self.work.session.flush()

    def _followers(self, body: Body) -> list[list[Any]]:
        return [
            [follower.successor_key, _iso(follower.on), follower.kind, follower.joins_history]
            for follower in body.followers
            if follower.successor_key in self.stored
        ]

    def _follow(self, organisation: Organisation, told: list[Any], source: str) -> None:
        successor_id = self.ids[told[0]]
        if successor_id == organisation.id:
            return
        self.work.session.add(
            Succession(
                predecessor_id=organisation.id,
                successor_id=successor_id,
                on=_day(told[1]),
                kind=told[2],
                joins_history=told[3],
                source=source,
                from_directory=True,
            )
        )

    def _living(self) -> Iterable[tuple[str, Body]]:
        for key, body in self.directory.bodies.items():
            organisation = self.stored.get(key)
            if organisation is not None and not organisation.is_binned and organisation.merged_into_id is None:
                yield key, body

    def _fields(self, organisation: Organisation, body: Body, shipped: dict[str, Any]) -> bool:
        was: dict[str, Any] = dict(shipped.get("fields", {}))
        now = {name: _iso(value) if isinstance(value, dt.date) else value for name, value in body.fields.items()}
        if was == now:
            return False
        for name, value in body.fields.items():
            current = getattr(organisation, name)
            current = _iso(current) if isinstance(current, dt.date) else current
            # A value that was never shipped is the directory's to fill in while it is empty.
            if (current or None) == (was.get(name) or None):
                setattr(organisation, name, value)
                was[name] = now[name]
            elif current != now[name]:
                self.kept.add(organisation.name)
        changed = shipped.get("fields") != was
        shipped["fields"] = was
        return changed

    def _names(self, organisation: Organisation, body: Body, shipped: dict[str, Any]) -> bool:
        was = {tuple(row) for row in shipped.get("names", [])}
        wanted = {(row.name, row.kind, _iso(row.first), _iso(row.last)): row for row in body.names}
        if was == set(wanted):
            return False
        for row in list(organisation.names):
            told = (row.name, row.kind, _iso(row.first), _iso(row.last))
            if row.from_directory and told in was and told not in wanted:
                organisation.names.remove(row)
        borne = {fold(row.name) for row in organisation.names}
        organisation.names.extend(
            OrganisationName(name=row.name, kind=row.kind, first=row.first, last=row.last, from_directory=True)
            for told, row in wanted.items()
            if told not in was and fold(row.name) not in borne
        )
        shipped["names"] = [list(told) for told in wanted]
        return True

    def _identifiers(self, organisation: Organisation, body: Body, shipped: dict[str, Any]) -> bool:
        was = {tuple(row) for row in shipped.get("identifiers", [])}
        wanted = set(body.identifiers)
        if was == wanted:
            return False
        for row in list(organisation.identifiers):
            if (row.scheme, row.value) in was - wanted:
                organisation.identifiers.remove(row)
        known = {(row.scheme, row.value) for row in organisation.identifiers}
        organisation.identifiers.extend(
            OrganisationIdentifier(scheme=scheme, value=value)
            for scheme, value in body.identifiers
            if (scheme, value) not in was | known
        )
        shipped["identifiers"] = [list(row) for row in body.identifiers]
        return True

    def _count(self, key: str) -> None:
        if key not in self.new:
            self.changed.add(key)


class _Lists:
    """The shipped lists beside the stored ones.

    :param was: what the directory last wrote: key → keys of the bodies on it
    """

    def __init__(self, work: Work, ids: Mapping[str, int], was: Mapping[str, list[str]]) -> None:
        self._work = work
        self._ids = ids
        self._was = was
        found = work.session.scalars(select(OrganisationList).options(selectinload(OrganisationList.entries))).all()
        self._stored = {row.key: row for row in found if row.key is not None}
        self._sorts = {row.sort for row in found}
        self._removed = _deleted(work, OrganisationList, "key")
        self.shipped: dict[str, list[str]] = dict(was)

    def update(self, group: Group) -> None:
        """Adds bodies that are newly on the list, and takes off those that no longer are."""
        if group.key in self._removed:
            return
        row = self._stored.get(group.key)
        if row is None:
            name = group.name if sort_key(group.name)[:200] not in self._sorts else f"{group.name} (directory)"
            row = OrganisationList(key=group.key, name=name, sort=sort_key(name)[:200], entries=[])
            self._work.session.add(row)
        was, wanted = set(self._was.get(group.key, ())), set(group.members)
        gone = {self._ids[key] for key in was - wanted if key in self._ids}
        row.entries = [entry for entry in row.entries if entry.organisation_id not in gone]
        on_it = {entry.organisation_id for entry in row.entries}
        added = dict.fromkeys(self._ids[key] for key in group.members if key in self._ids and key not in was)
        row.entries.extend(OrganisationListEntry(organisation_id=body) for body in added if body not in on_it)
        self.shipped[group.key] = list(group.members)


def _deleted(work: Work, record_class: type[Any], attribute: str) -> set[str]:
    """Keys of records that were stored once and deleted since."""
    twin = Twins.of(record_class)
    ended = select(twin.c[attribute]).where(twin.c.operation == DELETED, twin.c[attribute].is_not(None))
    return set(work.session.scalars(ended))


def _place(link: ParentLink) -> list[str | None]:
    return [link.parent_key, _iso(link.first), _iso(link.last)]


def _told(row: Succession, successor_key: str) -> list[Any]:
    return [successor_key, _iso(row.on), row.kind, row.joins_history]


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _day(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None
