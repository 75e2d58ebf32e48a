"""Handing sheets out: the formats there are, and the record that somebody took something with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from crm.errors import Invalid
from crm.exports.columns import ExportFormat, Sheet
from crm.exports.csv_writer import CSV
from crm.exports.json_writer import JSON
from crm.services.permissions import ADMINISTER, READ, authorise
from crm.work import Work

__all__ = [
    "SHEETS",
    "ExportFormat",
    "Plugins",
    "Sheet",
    "file_name",
    "format_named",
    "formats",
    "may_have",
    "record",
    "write",
]

SHEETS = (
    "engagements",
    "counts",
    "commitments",
    "followups",
    "organisations",
    "people",
    "letters",
    "milestones",
    "history",
)
"""what can be exported"""
_ADMINISTRATORS_ONLY = frozenset({"history"})


class Plugins(Protocol):
    """The part of a plugin registry that is asked for formats."""

    def collect(self, hook: str, /, **arguments: Any) -> list[Any]:
        """Joins what every plugin gives."""


def formats(plugins: Plugins) -> dict[str, ExportFormat]:
    """Every format by its key: those of the core, then those of plugins, which cannot take a key that is there."""
    found: dict[str, ExportFormat] = {}
    for offered in (CSV, JSON, *plugins.collect("export_formats")):
        found.setdefault(offered.key, offered)
    return found


def format_named(plugins: Plugins, key: str) -> ExportFormat:
    """The format that ``key`` asks for.

    :raises Invalid: there is none
    """
    known = formats(plugins)
    if key not in known:
        raise Invalid("format", f"“{key}” is not one of: {', '.join(known)}.")
    return known[key]


def record(work: Work, what: str, export_format: ExportFormat, facts: Mapping[str, str]) -> None:
    """Writes into the history that the member takes a sheet along, before its first byte leaves.

    :param what: one of :data:`SHEETS`
    :param facts: the head of the sheet: it says which rows there were
    """
    may_have(work, what)
    kept = {name: value for name, value in facts.items() if name in ("export", "filter", "counted", "rows")}
    work.act(f"export.{what}", None, format=export_format.key, **kept)


def may_have(work: Work, what: str) -> None:
    """Lets the member take a sheet along, or not.

    :raises Forbidden: the member may not
    """
    authorise(work, ADMINISTER if what in _ADMINISTRATORS_ONLY else READ)


def write(export_format: ExportFormat, sheet: Sheet) -> Iterator[bytes]:
    """Streams a sheet; the unit of work it comes from must stay open meanwhile."""
    return export_format.write(sheet)


def file_name(sheet: Sheet, export_format: ExportFormat, day: dt.date) -> str:
    """What the file is called: what it holds, and the day it was made."""
    return f"{sheet.name.lower().replace(' ', '-')}-{day.isoformat()}{export_format.extension}"
