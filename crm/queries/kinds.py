"""The kinds of organisation, as shipped with the directory: the words of the field for what a body is."""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from crm.resources import data_dir


class Kind(NamedTuple):
    """One kind of organisation.

    :param group: the heading it stands under, such as “European Commission”
    :param public: whether its bodies belong to the public side
    """

    key: str
    label: str
    group: str
    public: bool


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its key, by group and label; read once."""
    with (data_dir() / "directory" / "kinds.csv").open(encoding="utf-8", newline="") as file:
        rows = [Kind(row["key"], row["label"], row["group"], row["public"] == "yes") for row in csv.DictReader(file)]
    return {kind.key: kind for kind in sorted(rows, key=lambda kind: (kind.group, kind.label))}


@cache
def groups() -> dict[str, tuple[Kind, ...]]:
    """Kinds by the group they stand under."""
    found: dict[str, list[Kind]] = {}
    for kind in kinds().values():
        found.setdefault(kind.group, []).append(kind)
    return {group: tuple(those) for group, those in found.items()}


def label(key: str) -> str:
    """The words for a kind; of one that is not listed, its key in words."""
    known = kinds().get(key)
    return known.label if known is not None else key.replace("_", " ").capitalize()
