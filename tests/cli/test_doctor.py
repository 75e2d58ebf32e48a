"""``crm doctor``: what it says, and its exit codes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answered


def test_sound_installation_exits_with_nothing(run_alone: Run) -> None:
    run_alone("init")
    found = answered(run_alone("doctor", "--json"))
    assert {finding["state"] for finding in found} <= {"ok", "warning"}
    assert "revision" in run_alone("doctor").stdout


def test_error_exits_with_one_and_says_what_to_do(run_alone: Run, tmp_path: Path) -> None:
    nothing = run_alone("doctor")
    assert nothing.exit_code == 1
    assert "crm init" in nothing.stdout
    assert not (tmp_path / "crm-data").exists()

    run_alone("init")
    (tmp_path / "crm-data" / "secret-key").chmod(0o644)
    wrong = run_alone("doctor")
    assert wrong.exit_code == 1
    assert "chmod 600" in wrong.stdout


def test_mending_a_sound_log_changes_nothing(run_alone: Run) -> None:
    run_alone("init")
    run_alone("demo")
    assert "worked out anew" in run_alone("doctor", "--mend").stderr
    found = answered(run_alone("doctor", "--json"))
    assert next(one for one in found if one["check"] == "derived")["state"] == "ok"
