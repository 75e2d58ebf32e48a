"""Finds in the templates what the content security policy, the escaping or a screen reader would trip over.

Usage: python scripts/lint_templates.py [FOLDER]

Every template must parse, and every template it extends, includes or imports by name must be there. In its HTML: no
inline style, script or event handler, no `hx-on`, no filter in `hx-trigger`, no `|safe`; a CSRF token in every posting
form; `alt` on images, `type` on buttons. Problems are printed one a line as file:line: problem.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

ROOT = Path(__file__).resolve().parent.parent
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(
    r"<([a-z][a-z0-9-]*)((?:\s+[^\s=>\"']+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?|\s*/)*)\s*>", re.IGNORECASE
)
ATTRIBUTE = re.compile(r"([^\s=>\"'/]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+))?")
FORM = re.compile(r"<form\b(.*?)</form>", re.DOTALL | re.IGNORECASE)
FORBIDDEN_FILTERS = {"safe"}
FORBIDDEN_CALLS = {"Markup"}


def main(arguments: list[str]) -> int:
    """Prints the problems of a folder of templates; the exit code is 1 when there is one."""
    folder = Path(arguments[0]) if arguments else ROOT / "templates"
    problems = [problem for path in sorted(folder.rglob("*")) if path.is_file() for problem in lint(path, folder)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def lint(path: Path, folder: Path) -> Iterator[str]:
    """The problems of one template, as file:line: problem."""
    name = path.relative_to(folder).as_posix()
    source = path.read_text(encoding="utf-8")
    try:
        tree = Environment(autoescape=True, extensions=["jinja2.ext.do"]).parse(source, name)
    except TemplateSyntaxError as error:
        yield f"{name}:{error.lineno}: {error.message}"
        return
    for line, problem in [*references(tree, folder), *unescaped(tree)]:
        yield f"{name}:{line}: {problem}"
    if path.suffix in {".html", ".jinja", ".svg"}:
        for line, problem in markup(source):
            yield f"{name}:{line}: {problem}"


def references(tree: nodes.Template, folder: Path) -> Iterator[tuple[int, str]]:
    """Templates named in the text that are not there."""
    for reference in meta.find_referenced_templates(tree):
        if reference is not None and not (folder / reference).is_file():
            yield 1, f"there is no template {reference}"


def unescaped(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Ways round the escaping."""
    for node in tree.find_all(nodes.Filter):
        if node.name in FORBIDDEN_FILTERS:
            yield node.lineno, f"|{node.name} puts text into the page unescaped"
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in FORBIDDEN_CALLS:
            yield call.lineno, f"{call.node.name}() puts text into the page unescaped"
    for scope in tree.find_all(nodes.ScopedEvalContextModifier):
        yield scope.lineno, "autoescape stays on"


def markup(source: str) -> Iterator[tuple[int, str]]:
    """Faults in the HTML, with the Jinja parts blanked out."""
    for form in FORM.finditer(source):
        posts = re.search(r"method\s*=\s*[\"']?post", form[1], re.IGNORECASE)
        if posts and not re.search(r"csrf|hidden_tag", form[1]):
            yield line_of(source, form.start()), "a posting form holds the CSRF token"
    plain = JINJA.sub(lambda found: re.sub(r"[^\n]", "x", found[0]), source)
    plain = re.sub(r"<!--.*?-->", lambda found: re.sub(r"[^\n]", " ", found[0]), plain, flags=re.DOTALL)
    for tag in TAG.finditer(plain):
        attributes = {name.lower(): value.strip("\"'") for name, value in ATTRIBUTE.findall(tag[2])}
        for problem in element(tag[1].lower(), attributes, raw=source[tag.start() : tag.end()]):
            yield line_of(plain, tag.start()), problem


def element(tag: str, attributes: dict[str, str], raw: str) -> Iterator[str]:
    """Faults of one start tag; ``raw`` is its source, Jinja parts and all."""
    for name, value in attributes.items():
        if name == "style":
            yield "style=… is refused by the content security policy; use a class"
        elif re.fullmatch(r"on[a-z]+|hx-on.*|data-hx-on.*", name):
            yield f"{name}=… is refused by the content security policy; use a script in static/"
        elif name in {"hx-trigger", "data-hx-trigger"} and "[" in value:
            yield "a filter in hx-trigger needs eval, which is off"
        elif name in {"href", "src", "action", "formaction"} and value.lower().startswith("javascript:"):
            yield f"{name} leads to an address, not to a script"
    # An attribute may come out of a Jinja part, which is seen in the source only.
    if tag == "script" and "src" not in attributes:
        yield "an inline script is refused by the content security policy"
    if tag == "style":
        yield "an inline style sheet is refused by the content security policy"
    if tag == "img" and "alt" not in attributes:
        yield "an image has an alt, empty when it only decorates"
    if tag == "button" and "type" not in attributes and "{{" not in raw:
        yield "a button says its type: submit or button"


def line_of(text: str, position: int) -> int:
    """Number of the line at a position."""
    return text.count("\n", 0, position) + 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
