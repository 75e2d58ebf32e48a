"""scripts/lint_templates.py finds what it promises to find, and our templates are clean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent


def lint(folder: Path) -> str:
    command = [sys.executable, str(TOP / "scripts/lint_templates.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True).stdout


def test_our_templates_are_clean() -> None:
    assert lint(TOP / "templates") == ""


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{% if x %}", "Unexpected end of template"),
        ("{% extends 'crm/none.html' %}", "no template crm/none.html"),
        ("{{ note|safe }}", "unescaped"),
        ("{{ Markup(note) }}", "unescaped"),
        ("{% autoescape false %}{{ x }}{% endautoescape %}", "autoescape stays on"),
        ('<p style="color: red">', "style="),
        ('<a href="#" onclick="go()">', "onclick="),
        ("<div hx-on:click='go()'>", "hx-on:click="),
        ('<div hx-trigger="click[ctrlKey]">', "hx-trigger"),
        ('<a href="javascript:go()">', "not to a script"),
        ("<script>go()</script>", "inline script"),
        ("<style>p {}</style>", "inline style sheet"),
        ('<img src="{{ x }}">', "alt"),
        ("<button>Save</button>", "type"),
        ('<form method="post"><p></p></form>', "CSRF"),
    ],
)
def test_fault_is_found_on_its_line(tmp_path: Path, source: str, problem: str) -> None:
    (tmp_path / "page.html").write_text(f"<h1>Page</h1>\n\n{source}\n")
    found = lint(tmp_path)
    assert problem in found
    assert found.startswith(("page.html:3:", "page.html:4:", "page.html:1: there is no"))


@pytest.mark.parametrize(
    "source",
    [
        '<form method="post">{{ form.csrf_token }}<button type="submit">Save</button></form>',
        "<form method='get'></form>",
        '<script src="{{ url }}" defer></script>',
        '<img alt="" src="x.svg">',
        '<a href="{{ url_for(\'x\', a="b>c") }}" {% if x > 1 %}aria-current="page"{% endif %}>x</a>',
        '<button {{ attributes }}>x</button><p title="on the way">only</p>',
        "<!-- <p style='x'> --> {# <script>x</script> #}",
        '<div data-only="x" hx-trigger="input changed delay:300ms">',
    ],
)
def test_sound_markup_is_left_alone(tmp_path: Path, source: str) -> None:
    (tmp_path / "page.html").write_text(source)
    assert lint(tmp_path) == ""
