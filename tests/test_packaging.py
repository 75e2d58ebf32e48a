"""A source archive, the wheel built from it, and that wheel in a folder of its own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the source archive and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(TOP)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked by pip, without the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(folder),
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def run(installed: Path, here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in an empty folder with the installed wheel in front of the checkout, and no setting."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    environ["PYTHONPATH"] = str(installed)
    return subprocess.run([sys.executable, *arguments], cwd=here, env=environ, capture_output=True, text=True)


def tracked(folder: str) -> set[str]:
    """Files of the checkout in a folder at its top, without what Python leaves behind."""
    paths = (path for path in (TOP / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(TOP).as_posix() for path in paths}


def test_wheel_holds_everything_it_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("templates", "static", "migrations"):
        assert {f"crm/{name}" for name in tracked(folder)} <= names
    assert tracked("crm/data") <= names
    assert {"crm/static/vendor/htmx.min.js", "crm/py.typed", "crm_xlsx/__init__.py"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_holds_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "crm",
        "crm_clamav",
        "crm_metrics",
        "crm_xlsx",
    }
    assert not [name for name in names if "axe" in name or "__pycache__" in name or "/." in name]


def test_source_archive_holds_no_front_end_library(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = archive.getnames()
    assert not [name for name in names if "/vendor/" in name or "node_modules" in name or "crm-data" in name]
    assert any(name.endswith("/package-lock.json") for name in names)


def test_installed_wheel_finds_its_own_files(installed: Path, tmp_path: Path) -> None:
    code = (
        "from crm.resources import templates_dir, static_dir, migrations_dir, data_dir\n"
        "for place in (templates_dir(), static_dir(), migrations_dir(), data_dir()): print(place)"
    )
    done = run(installed, tmp_path, "-c", code)
    places = [Path(line) for line in done.stdout.splitlines()]
    assert places == [installed / "crm" / name for name in ("templates", "static", "migrations", "data")], done.stderr
    assert all(place.is_dir() for place in places)


def test_installed_wheel_starts_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "-m", "crm", "init")
    assert done.returncode == 0, done.stderr
    data = tmp_path / "crm-data"
    assert stat.S_IMODE((data / "secret-key").stat().st_mode) == 0o600
    assert (data / "crm.sqlite3").is_file()
    listed = run(installed, tmp_path, "-m", "crm", "member", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.strip() == "[]"
