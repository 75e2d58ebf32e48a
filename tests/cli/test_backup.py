"""``crm backup``, ``crm restore`` and ``crm db move``: what they say, and their exit codes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answered


def test_backup_is_checked_restored_and_remembered(run_alone: Run, tmp_path: Path) -> None:
    run_alone("init")
    run_alone("demo")
    file = str(tmp_path / "it.zip")
    made = answered(run_alone("backup", file, "--json"))
    assert (made["attachments"], made["missing"], made["path"]) == (1, [], file)
    assert answered(run_alone("restore", file, "--check", "--json")) == made

    again, unasked = run_alone("backup", file), run_alone("restore", file)
    assert (again.exit_code, unasked.exit_code) == (2, 2)
    assert "is there already" in again.stderr
    assert "--replace" in unasked.stderr

    done = run_alone("restore", file, "--replace")
    assert done.exit_code == 0, done.stderr
    assert "is kept in" in done.stderr
    assert answered(run_alone("counts", "--actor", "OpenAI", "--json"))["totals"]["contacts"] == 28


def test_folder_gets_a_file_named_after_the_moment(run_alone: Run, tmp_path: Path) -> None:
    run_alone("init")
    (tmp_path / "backups").mkdir()
    result = run_alone("backup", str(tmp_path / "backups"), "--keep", "3")
    assert result.exit_code == 0, result.stderr
    assert [path.suffixes[-2:] for path in (tmp_path / "backups").iterdir()] == [[".backup", ".zip"]]
    assert run_alone("backup", str(tmp_path / "one.zip"), "--keep", "3").exit_code == 2


def test_new_machine_is_set_up_by_a_restore(run_alone: Run, tmp_path: Path) -> None:
    run_alone("init")
    run_alone("backup", str(tmp_path / "it.zip"))
    (tmp_path / "crm-data").rename(tmp_path / "old")
    done = run_alone("restore", str(tmp_path / "it.zip"))
    assert done.exit_code == 0, done.stderr
    assert "new random secret" in done.stderr
    assert (tmp_path / "crm-data" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert run_alone("db", "check").exit_code == 0


def test_nothing_is_made_of_a_file_that_is_no_backup(run_alone: Run, tmp_path: Path) -> None:
    (tmp_path / "it.zip").write_bytes(b"PK of another kind" * 20)
    for name in ("it.zip", "nowhere.zip"):
        result = run_alone("restore", str(tmp_path / name))
        assert result.exit_code == 2
        assert result.stderr.startswith("crm: FILE: ")
    assert not (tmp_path / "crm-data").exists()


def test_log_moves_to_another_file(run_alone: Run, tmp_path: Path) -> None:
    run_alone("init")
    done = run_alone("db", "move", f"sqlite:///{tmp_path / 'other.sqlite3'}")
    assert done.exit_code == 0, done.stderr
    assert "each checksum as before" in done.stderr
    again = run_alone("db", "move", "-", given=f"sqlite:///{tmp_path / 'other.sqlite3'}\n")
    assert (again.exit_code, "empty one" in again.stderr) == (2, True)
    wrong = run_alone("db", "move", "mysql://somewhere")
    assert (wrong.exit_code, "URL" in wrong.stderr) == (2, True)
