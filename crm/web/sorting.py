"""Sorting a list by the heads of its columns: what the address asks for, and where each head leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask import request, url_for


class Head(NamedTuple):
    """The head of a column that sorts.

    :param direction: ``asc`` or ``desc`` where the list is in this order now
    """

    url: str
    direction: str


def sort_asked(columns: Iterable[str], default: str) -> str:
    """The order that the address asks for, empty for the default; what is no column of the list sorts nothing."""
    typed = request.args.get("sort", "")
    return typed if typed.removeprefix("-") in columns and typed != default else ""


def heads(
    endpoint: str, arguments: Mapping[str, Any], columns: Iterable[str], sort: str, default: str
) -> dict[str, Head]:
    """Column → its head; a click on the one that sorts turns the order round.

    :param sort: the order now, empty for the default
    """
    now = sort or default
    others = {name: value for name, value in arguments.items() if name != "sort"}
    found = {}
    for column in columns:
        is_now = now.removeprefix("-") == column
        first = default if default.removeprefix("-") == column else column
        wanted = _turned(now) if is_now else first
        direction = ("desc" if now.startswith("-") else "asc") if is_now else ""
        found[column] = Head(url_for(endpoint, **others, sort=None if wanted == default else wanted), direction)
    return found


def _turned(sort: str) -> str:
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
