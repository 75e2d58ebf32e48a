"""The letterbox: the one module that plugins import.

What stands here keeps its meaning from release to release; everything else in :mod:`crm` may move.
"""

from __future__ import annotations

from crm.errors import Conflict, CrmError, Forbidden, Invalid, NotFound, Several, Unavailable
from crm.exports.cells import defused, defused_columns, defused_head
from crm.exports.columns import Column, ExportFormat, Sheet, check
from crm.hooks.checks import FileCheck, IncomingFile
from crm.hooks.specs import hookimpl
from crm.hooks.watchers import Answered, Watcher
from crm.text import defuse, undefuse

__all__ = [
    "Answered",
    "Column",
    "Conflict",
    "CrmError",
    "ExportFormat",
    "FileCheck",
    "Forbidden",
    "IncomingFile",
    "Invalid",
    "NotFound",
    "Several",
    "Sheet",
    "Unavailable",
    "Watcher",
    "check",
    "defuse",
    "defused",
    "defused_columns",
    "defused_head",
    "hookimpl",
    "undefuse",
]
