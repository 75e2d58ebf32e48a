"""``crm directory``, ``crm demo``, ``crm plugins``, ``crm jobs``, and what all commands share."""

from __future__ import annotations

import click
import pytest

from crm import __version__
from crm.cli import Shell, cli
from crm.cli.shell import FAULT
from crm.errors import Unavailable
from crm.instance import Instance
from crm.services import jobs
from tests.cli.conftest import Run, answered


def test_directory_is_brought_in_and_then_up_to_date(run: Run) -> None:
    first, second = run("directory", "update"), run("directory", "update")

    assert first.exit_code == 0
    assert "bodies added" in first.stderr
    assert "up to date" in second.stderr
    assert (first.stdout, second.stdout) == ("", "")


def test_demonstration_is_for_an_empty_log(run: Run) -> None:
    first, second = run("demo"), run("demo")

    assert first.exit_code == 0
    assert "engagements" in first.stderr
    assert second.exit_code == 2
    assert "already" in second.stderr


def test_seed_case_is_answered_by_the_command_line(run: Run) -> None:
    run("demo")

    letter = answered(run("counts", "--actor", "OpenAI", "--since", "2026", "--until", "2026", "--json"))
    meetings = answered(run("counts", "--actor", "Anthropic", "--body", "European Commission", "--json"))
    offers = answered(run("export", "commitments", "--actor", "OpenAI", "--format", "json"))

    assert (letter["totals"]["engagements"], letter["totals"]["contacts"]) == (1, 28)
    assert (meetings["totals"]["engagements"], meetings["totals"]["contacts"]) == (0, 0)
    assert [(row["kind"], row["state"], row["deliveries"]) for row in offers["rows"]] == [("Offer", "Open", 0)]


def test_plugins_are_listed_with_how_they_fare(run: Run) -> None:
    listed = answered(run("plugins", "list", "--json"))

    assert [(row["name"], row["state"]) for row in listed if row["name"] == "xlsx"] == [("xlsx", "active")]
    assert "xlsx" in run("plugins", "list").stdout


def test_broken_plugin_is_told_and_not_fatal(run_alone: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PLUGINS", "xlsx,nowhere")

    listed = {row["name"]: row for row in answered(run_alone("plugins", "list", "--json"))}

    assert listed["nowhere"]["state"] == "broken"
    assert "not installed" in listed["nowhere"]["error"]
    assert listed["xlsx"]["state"] == "active"


def test_jobs_are_done_and_those_left_are_listed(run: Run, instance: Instance) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        jobs.promise(work, "of_a_plugin", {})

    result = run("jobs", "run")

    assert result.exit_code == 0
    assert "1 job done, 1 to be tried again" in result.stderr
    assert [(row["kind"], row["attempts"]) for row in answered(run("jobs", "list", "--json"))] == [("of_a_plugin", 1)]


def test_fault_of_the_database_is_no_mistake_of_the_user(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise Unavailable("the database is gone")

    monkeypatch.setattr(jobs, "drain", gone)

    result = run("jobs", "run")

    assert result.exit_code == FAULT
    assert result.stderr == "crm: the database is gone; nothing was saved\n"


def test_version_is_told(run: Run) -> None:
    assert run("--version").stdout == f"Antechamber, version {__version__}\n"


def every_command(group: click.Group, *names: str) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        found += every_command(command, *names, name) if isinstance(command, click.Group) else [(*names, name)]
    return found


@pytest.mark.parametrize("names", every_command(cli), ids=" ".join)
def test_every_command_explains_itself_without_an_installation(names: tuple[str, ...]) -> None:
    from click.testing import CliRunner

    result = CliRunner().invoke(cli, [*names, "--help"], obj=Shell({"CRM_DATA": "/nowhere"}))

    assert result.exit_code == 0
    assert result.stdout.splitlines()[2].strip()
