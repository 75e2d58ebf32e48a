"""``crm init`` and ``crm db``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm.database.migrate import head
from tests.cli.conftest import Run


def test_init_makes_secret_database_directory_and_a_link(run_alone: Run, tmp_path: Path) -> None:
    result = run_alone("init")

    assert result.exit_code == 0
    data = tmp_path / "crm-data"
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "secret-key").stat().st_mode & 0o777 == 0o600
    assert len((data / "secret-key").read_text().strip()) >= 48
    assert re.fullmatch(r"http://127\.0\.0\.1:8600/welcome/[\w-]{40,}\n", result.stdout)
    assert re.search(r"The directory has \d{3} public bodies", result.stderr)
    assert run_alone("member", "list").stdout.count("\n") == 1


def test_second_init_is_refused_and_changes_nothing(run_alone: Run, tmp_path: Path) -> None:
    run_alone("init")
    secret = (tmp_path / "crm-data" / "secret-key").read_text()

    again, quietly = run_alone("init"), run_alone("init", "--if-missing")

    assert (again.exit_code, quietly.exit_code) == (2, 0)
    assert "is an installation already" in again.stderr
    assert (tmp_path / "crm-data" / "secret-key").read_text() == secret


def test_init_remembers_the_zone_it_was_made_with(run_alone: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_ZONE", "Europe/London")
    run_alone("init")
    monkeypatch.setenv("CRM_ZONE", "Europe/Vilnius")

    exported = run_alone("export", "followups")

    assert "(Europe/London)" in exported.stdout


def test_commands_without_an_installation_say_what_to_do(run_alone: Run, tmp_path: Path) -> None:
    for arguments in (("counts",), ("member", "list"), ("db", "check"), ("db", "current"), ("jobs", "run")):
        result = run_alone(*arguments)
        assert result.exit_code == 2, arguments
        assert "crm init" in result.stderr
    assert not (tmp_path / "crm-data").exists()


def test_data_folder_that_cannot_be_made_is_named(run_alone: Run, tmp_path: Path) -> None:
    (tmp_path / "crm-data").write_text("a file")

    result = run_alone("init")

    assert result.exit_code == 2
    assert "CRM_DATA" in result.stderr


def test_wrong_setting_is_a_mistake_of_the_user(run_alone: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PROT", "80")

    result = run_alone("init")

    assert result.exit_code == 2
    assert "CRM_PORT" in result.stderr
    assert result.stdout == ""


def test_db_upgrade_current_and_check_agree(run_alone: Run, tmp_path: Path) -> None:
    (tmp_path / "crm-data").mkdir()

    assert "up to date now" in run_alone("db", "upgrade").stderr
    assert "already" in run_alone("db", "upgrade").stderr
    assert run_alone("db", "current").stdout == f"{head()}\n"
    assert run_alone("db", "check").exit_code == 0


def test_database_of_a_newer_program_is_refused(run_alone: Run, tmp_path: Path) -> None:
    import sqlite3

    run_alone("init")
    with sqlite3.connect(tmp_path / "crm-data" / "crm.sqlite3") as connection:
        connection.execute("UPDATE crm_schema_version SET version_num = '9999'")

    result = run_alone("counts")

    assert result.exit_code == 2
    assert "newer program" in result.stderr
