"""Which column means what: by the profile, else guessed from headers and from what stands below them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from crm.errors import Invalid
from crm.imports.fields import FIELDS, NEEDED, Field
from crm.imports.profiles import Profile
from crm.imports.tables import Row, header_key, is_empty, worded

Mapped = dict[str, list[int]]
"""field → places of the columns it is read from, in their order"""

_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}([-./]\d{1,4})?|(?:\d{1,2} )?[a-z]{3,9},? \d{4}", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def by_profile(profile: Profile, keys: Sequence[str]) -> Mapped:
    """The columns that the profile names.

    :param keys: headers as :func:`crm.imports.tables.header_key` writes them
    :raises Invalid: (field ``columns``) a column that the profile needs is missing
    """
    found: Mapped = {}
    taken: set[int] = set()
    for column in profile.columns:
        place = next((keys.index(name) for name in column.names if name in keys), None)
        if place is not None and place not in taken:
            found[column.field] = [place]
            taken.add(place)
        elif column.required:
            raise Invalid(
                "columns",
                f"The profile “{profile.key}” needs a column “{column.names[0]}”; the file has: "
                f"{', '.join(key for key in keys if key) or 'none'}.",
            )
    return found


def suits(profile: Profile, keys: Sequence[str]) -> bool:
    """Whether a row of header keys has every column that the profile needs."""
    required = [column for column in profile.columns if column.required]
    return bool(required) and all(any(name in keys for name in column.names) for column in required)


def guessed(kind: str, headers: Sequence[str], sample: Sequence[Row] = ()) -> Mapped:
    """What the columns of a file likely mean: the same words, then words within, then their cells' looks."""
    known = FIELDS[kind]
    keys = [header_key(header) for header in headers]
    found: Mapped = {}
    free = [place for place, key in enumerate(keys) if key]
    for exact in (True, False):
        for name, field in known.items():
            if name in found:
                continue
            place = _place(field, keys, free, exact)
            if place is not None:
                found[name] = [place]
                free.remove(place)
    _by_samples(known, found, free, sample)
    return found


def _place(field: Field, keys: Sequence[str], free: Sequence[int], exact: bool) -> int | None:
    for wanted in field.names:
        for place in free:
            words = keys[place].split()
            if keys[place] == wanted or (not exact and len(wanted) > 3 and _within(wanted.split(), words)):
                return place
    return None


def _within(wanted: Sequence[str], words: Sequence[str]) -> bool:
    size = len(wanted)
    return any(list(words[start : start + size]) == list(wanted) for start in range(len(words) - size + 1))


def _by_samples(known: Mapping[str, Field], found: Mapped, free: list[int], sample: Sequence[Row]) -> None:
    for name, pattern in (("when", _DATE), ("email", _EMAIL)):
        if name in known and name not in found:
            for place in list(free):
                cells = [worded(row.cells[place]).strip() for row in sample if not is_empty(row.cells[place])]
                if cells and sum(bool(pattern.fullmatch(cell)) for cell in cells) * 2 > len(cells):
                    found[name] = [place]
                    free.remove(place)
                    break


def check(kind: str, mapped: Mapping[str, Sequence[int]], width: int) -> Mapped:
    """The mapping, if it can be worked with.

    :raises Invalid: (field ``columns``) an unknown field or column, or a column missing that is needed
    """
    for name, places in mapped.items():
        if name not in FIELDS[kind]:
            raise Invalid("columns", f"There is no field “{name}”.")
        if any(not 0 <= place < width for place in places):
            raise Invalid("columns", f"The file has {width} columns; “{FIELDS[kind][name].label}” asks for another.")
    for group in NEEDED[kind]:
        if not any(mapped.get(name) for name in group):
            labels = " or ".join(f"“{FIELDS[kind][name].label}”" for name in group)
            raise Invalid("columns", f"Say which column means {labels}.")
    return {name: list(places) for name, places in mapped.items() if places}
