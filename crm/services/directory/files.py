"""Reads the shipped directory of public bodies: CSV files with a header row, in UTF-8, one file a kind of fact."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from crm.dates.periods import month_end
from crm.errors import Invalid
from crm.models.organisations import NAME_KINDS, SUCCESSION_KINDS
from crm.resources import data_dir

COLUMNS = {
    "bodies": ("key", "name", "short_name", "kind", "country", "website", "founded", "closed", "source"),
    "parents": ("key", "parent_key", "from", "to", "source"),
    "names": ("key", "name", "kind", "from", "to"),
    "successions": ("predecessor_key", "successor_key", "on", "kind", "source"),
    "identifiers": ("key", "scheme", "value"),
    "groups": ("group_key", "name", "key"),
}
FIELDS = ("name", "short_name", "kind", "country", "website", "founded", "closed", "source")
DATES = ("founded", "closed")
JOINING = ("renamed", "merged")
"""kinds of succession after which a body with one successor lives on in it; transferred tasks leave the body behind"""


class ParentLink(NamedTuple):
    """A dated place in the tree, both days inclusive."""

    parent_key: str
    first: dt.date | None
    last: dt.date | None
    source: str = ""


class OtherName(NamedTuple):
    """Another name, dated where that is known."""

    name: str
    kind: str
    first: dt.date | None
    last: dt.date | None


class Follower(NamedTuple):
    """A body that followed this one."""

    successor_key: str
    on: dt.date | None
    kind: str
    joins_history: bool
    source: str = ""


@dataclass(slots=True)
class Body:
    """One shipped body with everything that hangs on it.

    :ivar fields: value of each of :data:`FIELDS`; dates are dates
    """

    key: str
    fields: dict[str, str | dt.date | None]
    parents: list[ParentLink] = field(default_factory=list)
    names: list[OtherName] = field(default_factory=list)
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    followers: list[Follower] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """One shipped list of bodies, such as “Commission + 27”."""

    key: str
    name: str
    members: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Directory:
    """Everything that is shipped.

    :ivar digest: changes whenever a file does
    """

    bodies: dict[str, Body]
    groups: dict[str, Group]
    digest: str


def folder() -> Path:
    """Where the shipped files are."""
    return data_dir() / "directory"


def read(place: Path | None = None) -> Directory:
    """Reads the whole directory.

    :param place: folder of the files; the shipped one unless given
    :raises Invalid: naming the file and line whose key, date or kind is wrong
    """
    place = place or folder()
    bodies: dict[str, Body] = {}
    for where, row in _rows(place, "bodies"):
        if row["key"] in bodies:
            raise Invalid(where, f"{row['key']} stands here a second time; a key belongs to one body")
        if not row["key"] or not row["name"]:
            raise Invalid(where, "a body needs a key and a name")
        values: dict[str, str | dt.date | None] = {name: row[name] for name in FIELDS if name not in DATES}
        values["founded"] = _day(where, row["founded"], is_end=False)
        values["closed"] = _day(where, row["closed"], is_end=True)
        bodies[row["key"]] = Body(row["key"], values)
    _read_parts(place, bodies)
    _read_successions(place, bodies)
    groups: dict[str, Group] = {}
    for where, row in _rows(place, "groups"):
        group = groups.setdefault(row["group_key"], Group(row["group_key"], row["name"]))
        group.members.append(_known(where, bodies, row["key"]).key)
    return Directory(bodies, groups, _digest(place))


def _read_parts(place: Path, bodies: dict[str, Body]) -> None:
    for where, row in _rows(place, "parents"):
        parent = _known(where, bodies, row["parent_key"]).key
        link = ParentLink(parent, *_span(where, row), row["source"])
        _known(where, bodies, row["key"]).parents.append(link)
    for where, row in _rows(place, "names"):
        if row["kind"] not in NAME_KINDS:
            raise Invalid(where, f"“{row['kind']}” is not one of: {', '.join(NAME_KINDS)}")
        _known(where, bodies, row["key"]).names.append(OtherName(row["name"], row["kind"], *_span(where, row)))
    for where, row in _rows(place, "identifiers"):
        _known(where, bodies, row["key"]).identifiers.append((row["scheme"], row["value"]))


def _read_successions(place: Path, bodies: dict[str, Body]) -> None:
    listed = list(_rows(place, "successions"))
    for where, row in listed:
        if row["kind"] not in SUCCESSION_KINDS:
            raise Invalid(where, f"“{row['kind']}” is not one of: {', '.join(SUCCESSION_KINDS)}")
        followers = sum(other["predecessor_key"] == row["predecessor_key"] for _, other in listed)
        _known(where, bodies, row["predecessor_key"]).followers.append(
            Follower(
                _known(where, bodies, row["successor_key"]).key,
                _day(where, row["on"], is_end=False),
                row["kind"],
                # A split body's history joins a successor only by a person's decision.
                followers == 1 and row["kind"] in JOINING,
                row["source"],
            )
        )


def _rows(place: Path, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row with the place to name when it is wrong; a file that is not there has no rows."""
    path = place / f"{name}.csv"
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        missing = [column for column in COLUMNS[name] if column not in (reader.fieldnames or ())]
        if missing:
            raise Invalid(path.name, f"the header row lacks {', '.join(missing)}")
        for row in reader:
            where = f"{path.name} line {reader.line_num}"
            if None in row or None in row.values():
                raise Invalid(where, f"this row needs {len(reader.fieldnames or ())} cells, as the header has")
            yield where, {column: value.strip() for column, value in row.items()}


def _known(where: str, bodies: dict[str, Body], key: str) -> Body:
    if key not in bodies:
        raise Invalid(where, f"bodies.csv has no body with the key “{key}”")
    return bodies[key]


def _span(where: str, row: dict[str, str]) -> tuple[dt.date | None, dt.date | None]:
    return _day(where, row["from"], is_end=False), _day(where, row["to"], is_end=True)


def _day(where: str, written: str, *, is_end: bool) -> dt.date | None:
    """A day, or the first or last day of a month or year that is all that is known."""
    if not written:
        return None
    try:
        year, month, day = [int(part) for part in f"{written}-0-0".split("-")[:3]]
        if not day:
            month = month or (12 if is_end else 1)
            return month_end(year, month) if is_end else dt.date(year, month, 1)
        return dt.date.fromisoformat(written)
    except ValueError:
        raise Invalid(where, f"“{written}” is not a date such as 2026-05-11, 2026-05 or 2026") from None


def _digest(place: Path) -> str:
    digest = hashlib.sha256()
    for name in COLUMNS:
        path = place / f"{name}.csv"
        if path.is_file():
            digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()
