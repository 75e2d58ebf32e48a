"""Fixtures of every test come from the package, where plugin authors find them too."""

from __future__ import annotations

pytest_plugins = ["crm.testing.fixtures"]
