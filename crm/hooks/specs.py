"""The hooks that plugins can implement. A hook stands here only if a shipped plugin uses it."""

from __future__ import annotations

from typing import Any

import pluggy

PROJECT = "crm"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's function, named as one of the hooks, as its implementation."""


@hookspec
def export_formats() -> list[Any]:
    """Offers more ways to hand out a sheet.

    :return: a list of :class:`crm.plugin.ExportFormat`
    """
    raise NotImplementedError


@hookspec
def file_checks() -> list[Any]:
    """Offers something that looks at each file before it is kept, such as a virus scanner.

    :return: a list of :class:`crm.plugin.FileCheck`
    """
    raise NotImplementedError


@hookspec
def watchers() -> list[Any]:
    """Offers something that is told of every request that was answered, and shows figures of them.

    :return: a list of :class:`crm.plugin.Watcher`
    """
    raise NotImplementedError
