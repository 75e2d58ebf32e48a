"""Runs commands on the instance of a test, or in an environment of their own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crm.cli import Shell, cli
from crm.instance import Instance

Run = Callable[..., Result]


@pytest.fixture
def run(instance: Instance) -> Run:
    """``run("member", "list")``: a command on :func:`instance`; ``given`` is its standard input."""

    def command(*arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(cli, list(arguments), input=given, obj=Shell(instance=instance))

    return command


@pytest.fixture
def run_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run_alone("init")``: a command in an empty environment, with ``tmp_path / "crm-data"`` as its data."""
    for name in list(os.environ):
        if name.startswith("CRM_") and name != "CRM_CI":
            monkeypatch.delenv(name)
    monkeypatch.setenv("CRM_DATA", str(tmp_path / "crm-data"))
    return lambda *arguments, given="": CliRunner().invoke(cli, list(arguments), input=given)


def answered(result: Result) -> Any:
    """What a command told a program."""
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)
