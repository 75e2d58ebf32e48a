"""The shipped directory of public bodies: brings it into the log, and up to date, without touching what a team changed.

``Organisation.shipped`` holds what the directory last wrote. A value is the directory's as long as it still equals
that; a row (name, identifier, succession) that was written and is gone, or reads differently, was changed by the team
and is left alone for good. The place of a body in the tree counts as one value.
"""

from __future__ import annotations

from crm.services.directory.files import read
from crm.services.directory.loading import Report, update

__all__ = ["Report", "read", "update"]
