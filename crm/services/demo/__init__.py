"""The demonstration: one case from the news with its source, and the log of an invented observer, so marked.

Everything is entered by the verbs that the pages use, each step in a unit of work of its own, so that the history
reads as a team's would.
"""

from __future__ import annotations

from crm.services.demo.entering import Entered, enter, is_log_empty
from crm.services.demo.login import EMAIL, Login, login, refuse_public

__all__ = ["EMAIL", "Entered", "Login", "enter", "is_log_empty", "login", "refuse_public"]
