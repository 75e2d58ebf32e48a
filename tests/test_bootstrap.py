"""scripts/bootstrap.py, as far as it can be tried without installing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "bootstrap.py"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module whose checkout is an empty folder."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in [*module.PROJECT_FILES, "requirements/run.txt", "requirements/test.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(module, "ROOT", str(tmp_path))
    monkeypatch.setattr(module, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(module, "STAMP", str(tmp_path / ".venv" / "installed.json"))
    return module


@pytest.fixture
def installs(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What pip and venv were asked to do, instead of doing it."""
    asked: list[str] = []

    def create() -> None:
        asked.append("venv")
        (tmp_path / ".venv").mkdir(exist_ok=True)

    def pip(arguments: list[str]) -> None:
        asked.append(arguments[-1])
        for folder in bootstrap.VENDORED if arguments[-1] == "." else ():
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(bootstrap, "create_venv", create)
    monkeypatch.setattr(bootstrap, "usable", lambda: (tmp_path / ".venv").is_dir())
    monkeypatch.setattr(bootstrap, "pip", pip)
    return asked


def test_first_run_installs_everything(bootstrap: ModuleType, installs: list[str]) -> None:
    bootstrap.install("run")
    assert installs == ["venv", "requirements/run.txt", "."]


def test_later_runs_install_nothing(bootstrap: ModuleType, installs: list[str]) -> None:
    bootstrap.install("test")
    installs.clear()
    bootstrap.install("run")
    bootstrap.install("test")
    assert installs == []


def test_tests_add_what_they_need(bootstrap: ModuleType, installs: list[str]) -> None:
    bootstrap.install("run")
    installs.clear()
    bootstrap.install("test")
    assert installs == ["requirements/test.txt"]


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ("requirements/run.txt", ["requirements/run.txt"]),
        ("requirements/test.txt", []),
        ("package-lock.json", ["."]),
        ("pyproject.toml", ["."]),
    ],
)
def test_only_what_changed_is_installed_again(
    bootstrap: ModuleType, installs: list[str], tmp_path: Path, changed: str, asked: list[str]
) -> None:
    bootstrap.install("run")
    installs.clear()
    (tmp_path / changed).write_text("changed")
    bootstrap.install("run")
    assert installs == asked


def test_lost_front_end_libraries_come_back(bootstrap: ModuleType, installs: list[str], tmp_path: Path) -> None:
    bootstrap.install("run")
    installs.clear()
    (tmp_path / "static/vendor").rmdir()
    bootstrap.install("run")
    assert installs == ["."]


def test_moved_checkout_is_installed_again(
    bootstrap: ModuleType, installs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.install("run")
    installs.clear()
    stamp = tmp_path / ".venv" / "installed.json"
    stamp.write_text(stamp.read_text().replace(str(tmp_path), "/elsewhere"))
    bootstrap.install("run")
    assert installs == ["venv", "requirements/run.txt", "."]


def test_damaged_stamp_is_no_stamp(bootstrap: ModuleType, installs: list[str], tmp_path: Path) -> None:
    bootstrap.install("run")
    installs.clear()
    (tmp_path / ".venv" / "installed.json").write_text("{")
    bootstrap.install("run")
    assert installs == ["requirements/run.txt", "."]


def test_failed_installation_is_tried_again(
    bootstrap: ModuleType, installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(arguments: list[str]) -> None:
        raise bootstrap.Problem("no")

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "pip", fail)
        assert bootstrap.main(["run"]) == 1
    installs.clear()
    assert bootstrap.main(["run"]) == 0
    assert installs == ["requirements/run.txt", "."]


def test_old_python_is_told_so_in_one_sentence(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 10))
    assert bootstrap.main(["run"]) == 1
    error = capsys.readouterr().err
    assert "needs Python 3.11 or newer" in error
    assert "is 3.8;" in error
    assert error.count("\n") == 1


def test_missing_ensurepip_is_told_with_the_package_that_has_it(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(bootstrap.Problem, match=r"apt-get install python3\.\d+-venv"):
        bootstrap.create_venv()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("WARNING: Retrying … NewConnectionError('<…>: Failed to establish a new connection')", "cannot be reached"),
        ("      Antechamber: the npm registry cannot be reached; connect", "the npm registry cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "differs from the hash"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: something else", "something else"),
    ],
)
def test_failure_is_told_by_its_cause(bootstrap: ModuleType, said: str, reason: str) -> None:
    assert reason in bootstrap.reason(["Looking in indexes", said])


def test_wrong_purpose_is_a_mistake_of_the_caller() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "play"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "run|test" in done.stderr
