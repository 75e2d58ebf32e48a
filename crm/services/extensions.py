"""Which plugins there are, and how each fares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crm.hooks.loader import available, load


class PluginRow(NamedTuple):
    """One plugin, named in the settings or merely installed."""

    name: str
    version: str
    state: str
    """``active``, ``broken``, or ``installed`` when the settings do not name it"""
    module: str
    error: str


def listing(names: Sequence[str]) -> list[PluginRow]:
    """The plugins named, in order, then those that are installed without being named.

    :param names: what the settings name
    """
    named = [
        PluginRow(status.name, status.version, status.state, status.module, status.error)
        for status in load(names).plugins
    ]
    others = [PluginRow(name, "", "installed", "", "") for name in available() if name not in names]
    return named + others
