"""The style guide shows every macro, in every state that the log knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import nodes
from jinja2.runtime import Macro

from crm.models.commitments import COMMITMENT_STATES
from crm.models.engagements import KINDS, STATUSES
from crm.resources import templates_dir
from crm.testing.browsing import Browser

Visit = Callable[..., Browser]


def macros(app: Flask) -> Iterator[tuple[str, str]]:
    """File and name of every macro that pages may use."""
    for path in sorted((templates_dir() / "crm" / "macros").glob("*.html")):
        tree = app.jinja_env.parse(path.read_text(encoding="utf-8"))
        yield from ((path.name, node.name) for node in tree.find_all(nodes.Macro) if not node.name.startswith("_"))


def test_every_macro_stands_in_the_style_guide(app: Flask, browser: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[tuple[str, str]] = set()
    call = Macro.__call__

    def noting(macro: Macro, *args: Any, **kwargs: Any) -> str:
        called.add((Path(macro._func.__code__.co_filename).name, macro.name))
        return call(macro, *args, **kwargs)

    monkeypatch.setattr(Macro, "__call__", noting)
    assert browser("admin").get("/_styleguide").status_code == 200
    missing = set(macros(app)) - called
    assert not missing, f"show them in templates/crm/styleguide.html: {sorted(missing)}"
    assert len(called) > 50


def test_every_kind_status_and_state_stands_in_the_style_guide(browser: Visit) -> None:
    page = browser("admin").get("/_styleguide").text
    for word in (*KINDS.values(), *STATUSES.values(), *COMMITMENT_STATES.values()):
        assert word in page, word
