"""Which column means what: by the profile, else guessed from headers and from what stands below them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from crm.errors import Invalid
from crm.imports.fields import FIELDS, NEEDED, Field
from crm.imports.profiles import Column, Profile
from crm.imports.tables import Row, header_key, is_empty, worded

Mapped = dict[str, list[int]]
"""field → places of the columns it is read from, in their order"""

_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}([-./]\d{1,4})?|(?:\d{1,2} )?[a-z]{3,9},? \d{4}", re.IGNORECASE)
LEAST_SHARE = 0.3
"""of a header that the words of a field must explain: "report" in "Completion (progress report)" is chance"""
NEAR_SHARE = 0.4
"""the same, where a profile knows what kind of file it is"""
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
    for column in profile.columns:
        if column.required and column.field not in found:
            place = _nearest(column, keys, taken)
            if place is None:
                raise Invalid(
                    "columns",
                    f"The profile “{profile.key}” needs a column “{column.names[0]}”; the file has: "
                    f"{', '.join(key for key in keys if key) or 'none'}.",
                )
            found[column.field] = [place]
            taken.add(place)
    return found


def _nearest(column: Column, keys: Sequence[str], taken: Collection[int]) -> int | None:
    """The free column whose header says more than a name of the field, but nothing else: "Date of meeting (DD/MM)"."""
    shares = [(_share(column.names, key), -place) for place, key in enumerate(keys) if key and place not in taken]
    share, place = max(shares, default=(0.0, 0))
    return -place if share >= NEAR_SHARE else None


def suits(profile: Profile, keys: Sequence[str]) -> bool:
    """Whether a row of header keys has every column that the profile needs."""
    required = [column for column in profile.columns if column.required]
    if not required:
        return False
    taken: set[int] = set()
    for column in required:
        place = next((keys.index(name) for name in column.names if name in keys), None)
        place = _nearest(column, keys, taken) if place is None else place
        if place is None:
            return False
        taken.add(place)
    return True


def guessed(kind: str, headers: Sequence[str], sample: Sequence[Row] = ()) -> Mapped:
    """What the columns of a file likely mean: the same words, then words within, then their cells' looks."""
    known = FIELDS[kind]
    keys = [header_key(header) for header in headers]
    found: Mapped = {}
    free = [place for place, key in enumerate(keys) if key]
    for name, field in known.items():
        place = next(
            (keys.index(told) for wanted in field.names for told in (wanted, f"{wanted} 1") if told in keys), None
        )
        if place is not None and place in free:
            found[name] = [place]
            free.remove(place)
    for name in [one for one in found if known[one].form in ("names", "person")]:
        # "Organisation 1", "Organisation 2", and headers that stand there twice.
        base = keys[found[name][0]].rstrip("0123456789 ")
        found[name] += [place for place in free if keys[place].removeprefix(base).strip().isdigit()]
        free = [place for place in free if place not in found[name]]
    # Of two fields that both find themselves in a header, the one that explains more of it is meant.
    likely = sorted(
        (
            (-_share(field.names, keys[place]), order, place)
            for order, field in enumerate(known.values())
            for place in free
        )
    )
    names = list(known)
    for share, order, place in likely:
        if -share >= LEAST_SHARE and names[order] not in found and place in free:
            found[names[order]] = [place]
            free.remove(place)
    _by_samples(known, found, free, sample)
    return found


def _share(names: Sequence[str], key: str) -> float:
    """How much of a header the words of a field explain; twice that where it begins with them."""
    best = 0.0
    for wanted in names:
        if len(wanted) > 3 and f" {wanted} " in f" {key} ":
            share = len(wanted) / len(key)
            best = max(best, 2 * share if key.startswith(f"{wanted} ") else share)
    return best


def _by_samples(known: Mapping[str, Field], found: Mapped, free: list[int], sample: Sequence[Row]) -> None:
    for name, pattern in (("when", _DATE), ("email", _EMAIL)):
        if name in known and name not in found:
            for place in list(free):
                cells = [worded(row.cells[place]).strip() for row in sample if not is_empty(row.cells[place])]
                if cells and sum(bool(pattern.fullmatch(cell)) for cell in cells) * 2 > len(cells):
                    found[name] = [place]
                    free.remove(place)
                    break


SEPARATORS = {
    "": ("Semicolons, bars, lines", ""),
    "comma": ("Commas as well", r"\s*[,;\n|]\s*"),
    "slash": ("Slashes as well", r"\s*[/;\n|]\s*"),
    "and": ("“and” and “&” as well", r"\s*[;\n|]\s*|\s+(?:and|&|und|et|en|y|e)\s+"),
    "list": ("Commas, “and” and “&” as well", r"\s*[,;\n|]\s*(?:(?:and|&|und|et)\s+)?|\s+(?:and|&|und|et|en|y|e)\s+"),
}
"""what stands between several names in one cell: label and pattern"""


def between_people(separator: str) -> str:
    """The pattern between several people in one cell, whose titles stand behind commas."""
    return SEPARATORS["and"][1] if separator in ("and", "list") else ""


def separator_in(kind: str, mapped: Mapping[str, Sequence[int]], sample: Sequence[Row]) -> tuple[str, int, str]:
    """A separator by which cells of names likely hold several: its key, the place of the column, and a cell.

    The key is empty where none stands in a third of the cells of any such column, or semicolons and bars do already.
    """
    for name, places in mapped.items():
        for place in places if FIELDS[kind][name].form == "names" else ():
            cells = [worded(row.cells[place]) for row in sample if not is_empty(row.cells[place])]
            if any(sign in cell for cell in cells for sign in ";|\n"):
                continue
            for key, sign in (("comma", ", "), ("slash", "/")):
                held = [cell for cell in cells if sign in cell]
                if held and len(held) * 3 >= len(cells):
                    return key, place, max(held, key=lambda cell: cell.count(sign))
    return "", 0, ""


def named(headers: Mapping[str, Sequence[str]], kind: str, keys: Sequence[str]) -> Mapped:
    """The columns that somebody named for fields.

    :param headers: field → headers, in any spelling
    :raises Invalid: (field ``columns``) there is no such field or header
    """
    found: Mapped = {}
    for name, wanted in headers.items():
        if name not in FIELDS[kind]:
            raise Invalid("columns", f"There is no field “{name}”; the fields are: {', '.join(FIELDS[kind])}.")
        for header in wanted:
            key = header_key(header)
            if key not in keys:
                told = ", ".join(one for one in keys if one) or "none"
                raise Invalid("columns", f"The file has no column “{header}”; it has: {told}.")
            found.setdefault(name, []).append(keys.index(key))
    return found


def check(
    kind: str, mapped: Mapping[str, Sequence[int]], width: int, told: Collection[str] = (), keys: Sequence[str] = ()
) -> Mapped:
    """The mapping, if it can be worked with.

    :param told: fields that need no column, as all rows get the same for them
    :param keys: headers, to be named where none of them is meant
    :raises Invalid: (field ``columns``) an unknown field or column, or a column missing that is needed
    """
    for name, places in mapped.items():
        if name not in FIELDS[kind]:
            raise Invalid("columns", f"There is no field “{name}”.")
        if any(not 0 <= place < width for place in places):
            raise Invalid("columns", f"The file has {width} columns; “{FIELDS[kind][name].label}” asks for another.")
    for group in NEEDED[kind]:
        if not any(mapped.get(name) or name in told for name in group):
            labels = " or ".join(f"“{FIELDS[kind][name].label}” ({name})" for name in group)
            has = f" The file has: {', '.join(key for key in keys if key)}." if keys else ""
            raise Invalid("columns", f"Say which column means {labels}.{has}")
    return {name: list(places) for name, places in mapped.items() if places}
