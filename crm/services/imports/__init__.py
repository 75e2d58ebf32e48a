"""Import of what a team already has, and of what others publish: files into the log, or into register entries."""

from __future__ import annotations

from crm.services.imports.lines import Line, Options, Refused, Report
from crm.services.imports.profiles import known_profiles, profile_at, profile_named
from crm.services.imports.running import import_file, with_period
from crm.services.imports.undoing import undo
from crm.services.imports.wizard import (
    begin,
    carry_out,
    check,
    choices,
    decide,
    fix,
    get,
    give_up,
    look,
    may_see_rows,
    options_of,
    own,
    rejects_csv,
    separators,
    state_of,
    suggested_separator,
)

__all__ = [
    "Line",
    "Options",
    "Refused",
    "Report",
    "begin",
    "carry_out",
    "check",
    "choices",
    "decide",
    "fix",
    "get",
    "give_up",
    "import_file",
    "known_profiles",
    "look",
    "may_see_rows",
    "options_of",
    "own",
    "profile_at",
    "profile_named",
    "rejects_csv",
    "separators",
    "state_of",
    "suggested_separator",
    "undo",
    "with_period",
]
