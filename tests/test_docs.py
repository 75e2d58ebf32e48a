"""The documentation is complete and true: what can be set, typed or opened stands there, and examples run."""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from crm.__main__ import cli
from crm.dates import parse_when
from crm.hooks import loader, specs
from crm.hooks.checks import Gate
from crm.instance import Instance
from crm.plugin import Column, Sheet
from crm.settings import SECRET_VARIABLES, VARIABLES, Settings
from tests import routes

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
ALL = [TOP / "README.md", TOP / "CHANGELOG.md", *PAGES]
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```python (tested\S*)(?: plugin=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DATED = re.compile(r"<!-- dates: (past|ahead) -->\n(.*?)\n\n", re.DOTALL)
CELLS = re.compile(r"^\| `(.+?)` \| (.+?) \|$", re.MULTILINE)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def everything() -> str:
    return "\n".join(text_of(path) for path in PAGES)


def code_of(page: str, kind: str = "tested") -> tuple[str, str]:
    """The example of a page marked ``kind``, and the name of its module."""
    [(module, code)] = [(module, code) for found, module, code in FENCE.findall(text_of(DOCS / page)) if found == kind]
    return code, module


def commands(group: click.Command, words: tuple[str, ...] = ("crm",)) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}


def test_every_setting_stands_on_the_settings_page() -> None:
    page = text_of(DOCS / "administrator" / "settings.md")
    for name, (meaning, default) in VARIABLES.items():
        assert f"| `{name}` | {meaning} |" in page
        assert default in page
    assert all(f"`{name}_FILE`" in page for name in SECRET_VARIABLES)


def test_settings_named_in_the_documentation_exist() -> None:
    known = {*VARIABLES, *(f"{name}_FILE" for name in SECRET_VARIABLES), "CRM_CI", "CRM_"}
    assert set(re.findall(r"\bCRM_\w*", everything() + text_of(TOP / "README.md"))) <= known


def test_every_hook_stands_on_the_plugin_page() -> None:
    page = text_of(DOCS / "plugin-author" / "plugins.md")
    hooks = [name for name, value in vars(specs).items() if hasattr(value, f"{specs.PROJECT}_spec")]
    assert hooks
    assert all(f"`{name}()`" in page for name in hooks)


@pytest.mark.parametrize(("words", "command"), list(commands(cli)), ids=lambda value: str(value))
def test_every_command_and_option_stands_on_the_command_line_page(words: str, command: click.Command) -> None:
    page = text_of(DOCS / "administrator" / "command-line.md")
    assert f"\n### `{words}" in page
    section = page.split(f"\n### `{words}", 1)[1].split("\n### ", 1)[0]
    section += page.split("## Choosing what", 1)[1].split("\n## ", 1)[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert any(f"`{name}" in section for name in parameter.opts), f"{words}: {parameter.opts}"


def test_commands_in_the_documentation_exist() -> None:
    known = [words for words, _ in commands(cli)]
    named = re.findall(r"(?:`|^|\| )(?:/\S+/bin/)?(crm(?: [a-z][a-z-]*)+)", everything(), re.MULTILINE)
    wrong = [words for words in named if not any((words + " ").startswith(f"{name} ") for name in known)]
    assert not [words for words in wrong if not any(name.startswith(f"{words} ") for name in known)]


def test_page_of_routes_is_complete(app: Flask) -> None:
    assert text_of(routes.PAGE) == routes.page(app), "write it with: python -m tests.routes"


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(TOP)))
def test_links_and_pictures_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(re.sub(r"```.*?```", "", text_of(path), flags=re.DOTALL)):
        if target.startswith(("https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        if anchor and found.suffix == ".md":
            assert anchor in anchors(text_of(found)), target


def test_every_page_can_be_reached_from_the_index() -> None:
    seen: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        targets = [target.partition("#")[0] for target in LINK.findall(text_of(path)) if "://" not in target]
        waiting += [(path.parent / target).resolve() for target in targets if target]
    assert set(PAGES) <= seen


def test_pictures_are_taken_by_the_script_shown_somewhere_and_small() -> None:
    shown = everything() + text_of(TOP / "README.md")
    names = re.findall(r'Picture\("([^"]+)"', text_of(TOP / "scripts" / "screenshots.py"))
    assert len(names) > 10
    for name in names:
        assert f"images/{name}.png)" in shown, f"no page shows {name}.png"
        assert (DOCS / "images" / f"{name}.png").is_file(), f"take it: make screenshots ({name})"
    for picture in (DOCS / "images").glob("*.png"):
        assert picture.name in shown
        assert picture.stem in names, f"scripts/screenshots.py does not take {picture.name}"
        assert picture.stat().st_size < 250_000, picture.name


def test_readme_shows_the_two_commands() -> None:
    text = text_of(TOP / "README.md")
    assert "\nmake run\n" in text
    assert "\nmake test\n" in text


@pytest.mark.parametrize("past", [True, False])
def test_dates_are_understood_as_the_page_says(past: bool) -> None:
    tables = dict(DATED.findall(text_of(DOCS / "officer" / "dates.md")))
    rows = CELLS.findall(tables["past" if past else "ahead"])
    assert len(rows) > 5
    for typed, meant in rows:
        when = parse_when(typed, today=dt.date(2026, 11, 23), past=past, zone="Europe/Brussels")
        assert when.describe() == meant


def test_host_of_the_example_answers(
    settings: Settings, instance: Instance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "INTRANET_SECRET": "the-hosts-own",
        "CRM_SECRET_KEY": settings.secret_key,
        "CRM_DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "CRM_DATA": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    module: dict[str, Any] = {"__name__": "intranet"}
    exec(compile(code_of("plugin-author/mounting.md")[0], "mounting.md", "exec"), module)
    client = module["app"].test_client()
    assert client.get("/crm/").headers["Location"] == "/sign-in?next=/crm/"
    client.post("/sign-in")
    page = client.get("/crm/")
    assert page.status_code == 200
    assert "Ada Lovelace" in page.text
    module["app"].extensions["crm"].instance.dispose()


def test_plugin_of_the_example_loads_and_writes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, name = code_of("plugin-author/plugins.md")
    (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    about = tmp_path / "crm_wiki-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: crm-wiki\nVersion: 1.0\n", encoding="utf-8")
    [offer] = re.findall(r'^(wiki) = "(\w+)"$', text_of(DOCS / "plugin-author" / "plugins.md"), re.MULTILINE)
    (about / "entry_points.txt").write_text(f"[{loader.GROUP}]\n{offer[0]} = {offer[1]}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = loader.load(["wiki"])
    [status] = registry.plugins
    assert (status.state, status.version) == ("active", "1.0")
    [format_] = registry.collect("export_formats")
    sheet = Sheet("S", (Column("a", "A"), Column("n", "N", "int")), (("at", "11 May 2026"),), [("x|y", 1), (None, 2)])
    written = b"".join(format_.write(sheet)).decode()
    assert written == "at: 11 May 2026\n| A | N |\n| --- | --- |\n| x\\|y | 1 |\n|  | 2 |\n"
    assert sys.modules.pop(name)


def test_check_of_the_example_refuses_what_it_says(instance: Instance) -> None:
    module: dict[str, Any] = {"__name__": "crm_kinds"}
    exec(compile(code_of("plugin-author/plugins.md", "tested-check")[0], "plugins.md", "exec"), module)
    instance.gate = Gate(module["file_checks"](), ["kinds"])
    assert instance.examine("a.pdf", io.BytesIO(b"%PDF-1.7")) == ""
    assert instance.examine("a.pdf", io.BytesIO(b"\0MZ")) == (
        "files of the kind application/octet-stream are not kept here; send a PDF"
    )


@pytest.mark.parametrize("number", [0, 1])
def test_tests_of_the_example_pass(
    instance: Instance, request: pytest.FixtureRequest, tmp_path: Path, number: int
) -> None:
    path = tmp_path / "example_tests.py"
    path.write_text(code_of("plugin-author/testing.md", "tested-by-pytest")[0], encoding="utf-8")
    spec = importlib.util.spec_from_file_location("example_tests", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert len(found) == 2
    names = found[number].__code__.co_varnames[: found[number].__code__.co_argcount]
    found[number](**{name: request.getfixturevalue(name) for name in names})
