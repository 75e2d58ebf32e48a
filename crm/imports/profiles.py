"""Profiles: data files (TOML) that say what the columns of a kind of file mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from crm.errors import Invalid
from crm.imports.fields import FIELDS, KINDS, Field
from crm.imports.tables import header_key
from crm.resources import data_dir

REPEATED = ("another", "duplicate")
DAY_ORDERS = ("", "day", "month", "year")
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PARTS = {
    "key", "title", "about", "kind", "publisher", "reading", "columns", "dates", "identity", "grouping", "nil",
    "defaults", "defused", "continues", "meetings", "cancelled", "empty", "extract",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """What one field is read from.

    :ivar names: headers that mean it, as :func:`crm.imports.tables.header_key` writes them; the first one found counts
    :ivar required: a file without such a column is refused
    :ivar fill_down: an empty cell means what the cell above says
    :ivar split: pattern between several names in one cell; empty: one name
    """

    field: str
    names: tuple[str, ...]
    required: bool = False
    fill_down: bool = False
    split: str = ""


class Extract(NamedTuple):
    """Where a field is read from that has no cell of its own, or an empty one: out of the words of another."""

    field: str
    source: str
    pattern: re.Pattern[str]
    """its first group is what the field says"""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of file is read.

    :ivar kind: a key of :data:`crm.imports.fields.KINDS`
    :ivar publisher: whose rows these are, for a register whose rows do not say so
    :ivar rewrites: patterns and what they become, tried in turn on a date that cannot be read as it stands
    :ivar identity: fields that tell a row for ever; empty: all that it says, and the how-manieth such row it is
    :ivar repeated: what a row is that says the same as one before it: ``another`` or a ``duplicate``
    :ivar grouping: fields that rows of one published meeting have in common; empty: each row is a meeting
    :ivar nil: pattern of a cell that says that there was nothing to publish
    :ivar cancelled: pattern of a cell that says that the meeting was called off: the row is kept, and is no meeting
    :ivar meetings: whether the rows are meetings; of gifts, say, a register keeps the rows and counts none
    :ivar continues: field that stands alone in a row which goes on with the row above: one more name of the same
        meeting
    :ivar defaults: values of fields for which the file has no column, or an empty cell
    :ivar empty: pattern of a cell that says that nothing is known, as programs write it: ``NA``
    :ivar extracts: what is read out of the words of other fields, in turn
    :ivar defused: text begins with the apostrophe by which our exports make cells harmless
    """

    key: str
    title: str
    kind: str
    about: str = ""
    publisher: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    columns: tuple[Column, ...] = ()
    day_order: str = ""
    rewrites: tuple[tuple[re.Pattern[str], str], ...] = ()
    identity: tuple[str, ...] = ()
    repeated: str = "another"
    grouping: tuple[str, ...] = ()
    nil: re.Pattern[str] | None = None
    cancelled: re.Pattern[str] | None = None
    meetings: bool = True
    defaults: Mapping[str, str] = field(default_factory=dict)
    defused: bool = False
    continues: str = ""
    empty: re.Pattern[str] | None = None
    extracts: tuple[Extract, ...] = ()

    @property
    def is_register(self) -> bool:
        """Whether rows are what somebody published, and never go into our log."""
        return self.kind == "register"

    def column(self, name: str) -> Column | None:
        """What the profile says of a field."""
        return next((column for column in self.columns if column.field == name), None)


def shipped() -> dict[str, Profile]:
    """The profiles that come with the program, by key."""
    return folder(data_dir() / "profiles")


def folder(place: Path, wrong: list[Invalid] | None = None) -> dict[str, Profile]:
    """The profiles in a folder, by key.

    :param wrong: gathers what is wrong with profiles, so that one of them does not hide the others
    :raises Invalid: one of them is wrong, and nobody gathers; the message names the file
    """
    found: dict[str, Profile] = {}
    for path in sorted(place.glob("*.toml")) if place.is_dir() else ():
        try:
            found[path.stem] = at(path)
        except Invalid as problem:
            if wrong is None:
                raise
            wrong.append(problem)
    return found


def at(path: Path) -> Profile:
    """The profile in a file, which is called as the file without ``.toml``.

    :raises Invalid: it cannot be read, or is wrong; the message names the file
    """
    try:
        return parse(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, UnicodeError) as error:
        raise Invalid("profile", f"{path} cannot be read as a file of UTF-8 text.") from error
    except Invalid as error:
        raise Invalid("profile", f"{path}: {error.reason}") from error


def parse(text: str, key: str) -> Profile:
    """Reads a profile.

    :raises Invalid: (field ``profile``) it is no TOML, or says something that no profile can say
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid("profile", f"this is no TOML: {error}") from error
    if not _KEY.fullmatch(key):
        raise Invalid("profile", f"“{key}” is no name of a profile; use small letters, digits and hyphens")
    _only(told, _PARTS, "the profile")
    kind = _one(told, "kind", KINDS)
    known = FIELDS[kind]
    reading, dates, identity = (_table(told, name) for name in ("reading", "dates", "identity"))
    _only(reading, {"encoding", "delimiter", "sheet"}, "[reading]")
    _only(dates, {"order", "rewrite"}, "[dates]")
    _only(identity, {"fields", "repeated"}, "[identity]")
    grouping = _table(told, "grouping")
    _only(grouping, {"fields"}, "[grouping]")
    defaults = {str(name): str(value) for name, value in _table(told, "defaults").items()}
    _known(defaults, known, "[defaults]")
    return Profile(
        key=key,
        title=str(told.get("title") or key),
        kind=kind,
        about=str(told.get("about", "")),
        publisher=str(told.get("publisher", "")),
        encoding=str(reading.get("encoding", "")),
        delimiter=str(reading.get("delimiter", "")),
        sheet=str(reading.get("sheet", "")),
        columns=_columns(_table(told, "columns"), known),
        day_order=_one(dates, "order", DAY_ORDERS, ""),
        rewrites=tuple(_rewrite(one) for one in _list(dates.get("rewrite", []))),
        identity=_names(identity, "fields", known),
        repeated=_one(identity, "repeated", REPEATED, "another"),
        grouping=_names(grouping, "fields", known),
        nil=_cell(told, "nil"),
        cancelled=_cell(told, "cancelled"),
        meetings=_flag(told, "meetings", True),
        defaults=defaults,
        defused=_flag(told, "defused", False),
        continues=_one(told, "continues", {"", *known}, ""),
        empty=_cell(told, "empty"),
        extracts=tuple(_extract(one, known) for one in _list(told.get("extract", []))),
    )


def _columns(told: Mapping[str, Any], known: Mapping[str, Field]) -> tuple[Column, ...]:
    _known(told, known, "[columns]")
    found = []
    for name, said in told.items():
        if isinstance(said, str | list):
            said = {"names": said}
        if not isinstance(said, Mapping):
            raise Invalid("profile", f"[columns] “{name}” must be a header, a list of headers, or a table")
        _only(said, {"names", "required", "fill_down", "split"}, f"[columns.{name}]")
        names = said.get("names", [])
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise Invalid("profile", f"[columns.{name}] names must be a text, or a list of texts")
        split = str(said.get("split", ""))
        _pattern(split or None, f"[columns.{name}] split")
        keys = tuple(dict.fromkeys(header_key(str(one)) for one in names)) or known[name].names
        required, fill_down = (_flag(said, flag, False, f"[columns.{name}] ") for flag in ("required", "fill_down"))
        found.append(Column(name, keys, required, fill_down, split))
    return tuple(found)


def _list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [told]


def _rewrite(told: Any) -> tuple[re.Pattern[str], str]:
    if not isinstance(told, Mapping) or set(told) != {"match", "as"}:
        raise Invalid("profile", "[[dates.rewrite]] needs “match”, a pattern, and “as”, what it becomes")
    pattern = _pattern(told["match"], "[[dates.rewrite]] match")
    assert pattern is not None
    try:
        pattern.sub(str(told["as"]), "")
        re._parser.parse_template(str(told["as"]), pattern)  # type: ignore[attr-defined]
    except (re.error, IndexError) as error:
        raise Invalid("profile", f"[[dates.rewrite]] “as” asks for what “match” has not: {error}") from error
    return pattern, str(told["as"])


def _extract(told: Any, known: Mapping[str, Field]) -> Extract:
    if not isinstance(told, Mapping) or set(told) != {"field", "from", "match"}:
        raise Invalid(
            "profile", "[[extract]] needs “field”, “from”, another field, and “match”, a pattern with a group"
        )
    field, source = _one(told, "field", known), _one(told, "from", known)
    pattern = _pattern(told["match"], "[[extract]] match")
    if pattern is None or not pattern.groups:
        raise Invalid("profile", "[[extract]] “match” needs a group in brackets: what it finds is what the field says")
    return Extract(field, source, pattern)


def _cell(told: Mapping[str, Any], name: str) -> re.Pattern[str] | None:
    said = _table(told, name)
    _only(said, {"pattern"}, f"[{name}]")
    return _pattern(said.get("pattern"), f"[{name}] pattern")


def _flag(told: Mapping[str, Any], name: str, default: bool, where: str = "") -> bool:
    found = told.get(name, default)
    if not isinstance(found, bool):
        raise Invalid("profile", f"{where}“{name}” must be true or false")
    return found


def _pattern(told: Any, where: str) -> re.Pattern[str] | None:
    if told is None:
        return None
    try:
        return re.compile(str(told), re.IGNORECASE)
    except re.error as error:
        raise Invalid("profile", f"{where} is no regular expression: {error}") from error


def _names(told: Mapping[str, Any], name: str, known: Mapping[str, Field]) -> tuple[str, ...]:
    said = told.get(name, [])
    if not isinstance(said, list):
        raise Invalid("profile", f"“{name}” must be a list of fields")
    found = tuple(str(one) for one in said)
    _known(found, known, name)
    return found


def _table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name, {})
    if not isinstance(found, Mapping):
        raise Invalid("profile", f"[{name}] must be a table")
    return found


def _only(told: Mapping[str, Any], allowed: set[str], where: str) -> None:
    for name in told:
        if name not in allowed:
            raise Invalid("profile", f"{where} cannot say “{name}”; it can say: {', '.join(sorted(allowed))}")


def _known(told: Any, known: Mapping[str, Field], where: str) -> None:
    for name in told:
        if name not in known:
            raise Invalid("profile", f"{where}: there is no field “{name}”; the fields are: {', '.join(known)}")


def _one(told: Mapping[str, Any], name: str, allowed: Any, default: str | None = None) -> str:
    value = told.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise Invalid("profile", f"“{name}” must be one of: {', '.join(one for one in allowed if one)}")
    return str(value)
