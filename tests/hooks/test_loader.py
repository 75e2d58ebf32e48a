from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import pytest

from crm.hooks.loader import PluginStatus, Registry, available, load
from crm.hooks.specs import hookimpl

GROUP = "crm.tests.plugins"
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package of one module, offering it in the entry-point group of these tests."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def package(name: str, source: str, *, module: str = "", value: str = "") -> None:
        module = module or f"plugin_of_tests_{name}"
        (tmp_path / f"{module}.py").write_text(dedent(source))
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value or module}\n")

    yield package
    for name in set(sys.modules) - before:
        if name.startswith("plugin_of_tests_"):
            del sys.modules[name]


GOOD = """
    from crm.plugin import hookimpl

    @hookimpl
    def export_formats():
        return [{name!r}]
"""


def states(registry: Registry) -> dict[str, str]:
    return {status.name: status.state for status in registry.plugins}


def error(registry: Registry, name: str) -> str:
    return next(status.error for status in registry.plugins if status.name == name)


def test_a_named_plugin_is_active_and_heard(install: Install) -> None:
    install("good", GOOD.format(name="good"))
    registry = load(["good"], group=GROUP)
    assert registry.plugins == [PluginStatus("good", "plugin_of_tests_good", "1.2", "active")]
    assert registry.collect("export_formats") == ["good"]
    assert available(GROUP) == ["good"]


def test_an_installed_plugin_that_is_not_named_stays_unloaded(install: Install) -> None:
    install("good", GOOD.format(name="good"))
    assert load([], group=GROUP).plugins == []
    assert "plugin_of_tests_good" not in sys.modules


@pytest.mark.parametrize("order", [["a", "b", "c"], ["c", "a", "b"]])
def test_plugins_are_heard_in_the_order_in_which_they_are_named(install: Install, order: list[str]) -> None:
    for name in "abc":
        install(name, GOOD.format(name=name))
    registry = load(order, group=GROUP)
    assert list(states(registry)) == order
    assert registry.collect("export_formats") == order
    assert registry.hook.export_formats() == [[name] for name in order]


def test_a_name_that_nothing_has_is_reported_with_the_nearest(install: Install) -> None:
    install("xlsx", GOOD.format(name="xlsx"))
    registry = load(["xlxs", "xlsx"], group=GROUP)
    assert states(registry) == {"xlxs": "broken", "xlsx": "active"}
    assert error(registry, "xlxs") == "not installed; did you mean xlsx?"


def test_a_name_unlike_any_is_reported_with_what_there_is(install: Install) -> None:
    install("xlsx", GOOD.format(name="xlsx"))
    assert error(load(["calendar"], group=GROUP), "calendar") == "not installed; there are: xlsx"
    assert error(load(["calendar"], group="crm.tests.none"), "calendar") == "not installed; there are none"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("raise RuntimeError('no\\nlicence')", "RuntimeError: no licence"),
        ("import a_module_nobody_has", "a_module_nobody_has"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("this is no Python", "SyntaxError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_reported_and_the_others_work(
    install: Install, source: str, words: str
) -> None:
    install("bad", source)
    install("good", GOOD.format(name="good"))
    registry = load(["bad", "good"], group=GROUP)
    assert states(registry) == {"bad": "broken", "good": "active"}
    assert error(registry, "bad").startswith("cannot be imported: ")
    assert words in error(registry, "bad")
    assert registry.collect("export_formats") == ["good"]


def test_an_entry_point_without_its_object_is_reported(install: Install) -> None:
    install("bad", GOOD.format(name="x"), value="plugin_of_tests_bad:missing")
    assert "missing" in error(load(["bad"], group=GROUP), "bad")


def test_a_misspelt_hook_is_refused_with_the_right_name(install: Install) -> None:
    install("bad", GOOD.format(name="x") + GOOD.format(name="y").replace("export_formats", "export_formatz"))
    registry = load(["bad"], group=GROUP)
    assert error(registry, "bad") == "there is no hook “export_formatz”; did you mean export_formats?"
    assert registry.collect("export_formats") == []


def test_a_wrong_argument_is_refused(install: Install) -> None:
    install("bad", GOOD.format(name="x").replace("export_formats()", "export_formats(session)"))
    registry = load(["bad"], group=GROUP)
    assert states(registry) == {"bad": "broken"}
    assert "session" in error(registry, "bad")


def test_a_plugin_without_any_hook_is_refused(install: Install) -> None:
    install("bad", "def export_formats():\n    return []\n")
    assert error(load(["bad"], group=GROUP), "bad").startswith("implements no hook; mark one with crm.plugin.hookimpl")


def test_a_name_offered_by_two_packages_is_refused(install: Install) -> None:
    install("twin", GOOD.format(name="1"), module="plugin_of_tests_twin_a")
    install("twin", GOOD.format(name="2"), module="plugin_of_tests_twin_b")
    assert "offered twice" in error(load(["twin"], group=GROUP), "twin")


def test_a_plugin_that_fails_when_called_is_broken_from_then_on() -> None:
    calls = []

    class Failing:
        @hookimpl
        def export_formats(self) -> list[str]:
            calls.append(1)
            raise KeyError("gone")

    class Good:
        @hookimpl
        def export_formats(self) -> list[str]:
            return ["good"]

    active = PluginStatus("bad", "m", "1", "active")
    registry = Registry([(active, Failing()), (active._replace(name="good"), Good())])
    assert registry.collect("export_formats") == ["good"]
    assert registry.collect("export_formats") == ["good"]
    assert len(calls) == 1
    assert states(registry) == {"bad": "broken", "good": "active"}
    assert error(registry, "bad") == "export_formats failed: KeyError: 'gone'"


def test_a_plugin_can_be_an_object_of_any_kind() -> None:
    status = PluginStatus("odd", "m", "1", "active")
    assert states(Registry([(status, SimpleNamespace())])) == {"odd": "broken"}
    assert states(Registry([(status, None)])) == {"odd": "broken"}


def test_two_registries_know_nothing_of_each_other(install: Install) -> None:
    install("good", GOOD.format(name="good"))
    load(["good"], group=GROUP)
    assert Registry().collect("export_formats") == []


def test_a_hook_there_is_none_of_cannot_be_called() -> None:
    with pytest.raises(AttributeError):
        Registry().collect("export_formatz")
