"""The floors of crm/, proved by import-linter from the contracts in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
LINTER = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


@pytest.mark.parametrize("contract", [contract["id"] for contract in LINTER["contracts"]])
def test_imports_keep_the_contract(contract: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as main; main()",
            "--contract",
            contract,
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_shipped_plugin_is_under_the_contract() -> None:
    shipped = {path.name for path in (TOP / "plugins").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert shipped == set(LINTER["root_packages"]) - {"crm"}
    plugins = next(contract for contract in LINTER["contracts"] if contract["id"] == "plugins")
    assert shipped == set(plugins["source_modules"])
