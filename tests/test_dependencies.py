"""What requirements/, package.json and docs/dependencies.md promise about each other."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = json.loads((TOP / "package.json").read_text(encoding="utf-8"))
LOCKED = json.loads((TOP / "package-lock.json").read_text(encoding="utf-8"))["packages"]


def named(requirements: list[str]) -> set[str]:
    """Names of the libraries in lines as pip reads them."""
    found = (re.match(r"[a-z][a-z0-9.-]*", line, re.IGNORECASE) for line in requirements)
    return {match[0].lower() for match in found if match}


def lines(name: str) -> list[str]:
    return (TOP / "requirements" / name).read_text(encoding="utf-8").splitlines()


def pinned(name: str) -> dict[str, str]:
    return dict(line.split()[0].split("==") for line in lines(name) if "==" in line)


def test_package_needs_what_the_locked_file_holds() -> None:
    assert named(PROJECT["project"]["dependencies"]) == named(lines("run.in"))


def test_tests_run_with_the_versions_that_run() -> None:
    run, test = pinned("run.txt"), pinned("test.txt")
    assert {name: test.get(name) for name in run} == run


@pytest.mark.parametrize("name", ["run.txt", "test.txt"])
def test_every_library_is_locked_with_hashes_and_without_addresses(name: str) -> None:
    text = (TOP / "requirements" / name).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--index|--find-links|--extra", text)
    entries = re.split(r"\n(?=\S+==)", text)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_front_end_libraries_are_locked_with_integrity_and_without_addresses() -> None:
    assert all("resolved" not in entry for entry in LOCKED.values())
    assert all(entry["integrity"].startswith("sha512-") for path, entry in LOCKED.items() if path)


def test_what_tests_alone_need_is_no_dependency_of_the_front_end() -> None:
    shipped = {path.split("/")[0] for path in hook()["shipped"].values()}
    assert shipped == set(PACKAGES["dependencies"])
    assert {path.split("/")[0] for path in hook()["for-tests"].values()} == set(PACKAGES["devDependencies"])


def hook() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    return found


def test_every_dependency_has_its_reason() -> None:
    rows = re.findall(r"^\| ([a-z][^|]*?) \| [^|]+ \| [^|]+ \|$", (TOP / "docs/dependencies.md").read_text(), re.M)
    reasons = {name.strip() for row in rows for name in row.split(",")} - {"library"}
    wanted = named(lines("run.in")) | named(lines("test.in")) | named(PROJECT["build-system"]["requires"])
    assert reasons == wanted | set(PACKAGES["dependencies"]) | set(PACKAGES["devDependencies"])


def test_nothing_at_run_time_is_under_the_gpl() -> None:
    for name in pinned("run.txt"):
        about = metadata.metadata(name)
        classifiers = [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
        licence = " ".join([about.get("License-Expression", ""), *classifiers])
        assert not re.search(r"(?<!L)GPL|(?<!Lesser )General Public", licence), name


def test_tools_of_the_lock_are_the_ones_of_the_build() -> None:
    script = (TOP / "scripts/lock.py").read_text(encoding="utf-8")
    node = next(line for line in PROJECT["build-system"]["requires"] if line.startswith("nodejs"))
    assert f'"{node}"' in script
