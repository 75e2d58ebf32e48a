"""Import of what a team already has, and of what others publish: files into the log, or into register entries."""

from __future__ import annotations

from crm.services.imports.lines import Line, Options, Refused, Report
from crm.services.imports.profiles import known_profiles, profile_named
from crm.services.imports.running import import_file, with_period

__all__ = ["Line", "Options", "Refused", "Report", "import_file", "known_profiles", "profile_named", "with_period"]
