"""``crm export``."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models.history import Transaction
from crm.services import engagements, followups, organisations
from crm.services.engagements import Party
from tests.cli.conftest import Run, answered


@pytest.fixture(autouse=True)
def logged(instance: Instance) -> None:
    """A meeting that was held with two bodies, one that is planned, and something to do."""
    with instance.writing(door="cli", trusted=True) as work:
        bodies = [organisations.create(work, name=name) for name in ("Ministry", "Regulator")]
        for typed, status in (("11 May 2026", "held"), ("1 July 2026", "planned")):
            engagements.log(
                work,
                kind="meeting",
                status=status,
                when=parse_when(typed, today=work.today(), past=status == "held"),
                parties=[Party(body.id) for body in bodies],
                subject=f"Subject {status}",
            )
        followups.add(work, title="Call back")


def table(text: str) -> list[dict[str, str]]:
    lines = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if not row[0].startswith("# ")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_log_holds_whatever_came_of_it_unless_options_choose(run: Run) -> None:
    assert [row["Status"] for row in table(run("export", "engagements").stdout)] == ["Held", "Planned"]
    assert [row["Status"] for row in table(run("export", "engagements", "--counted").stdout)] == ["Held"]
    assert [row["Status"] for row in table(run("export", "engagements", "--status", "planned").stdout)] == ["Planned"]


def test_rows_per_contact_are_those_that_count(run: Run) -> None:
    contacts = table(run("export", "engagements", "--per", "contact").stdout)

    assert [row["Body"] for row in contacts] == ["Ministry", "Regulator"]


def test_row_leads_to_its_page(run: Run) -> None:
    told = json.loads(run("export", "engagements", "--format", "json").stdout)

    row = told["rows"][0]
    assert row["url"] == f"http://localhost/engagements/{row['id']}"
    assert told["head"]["as seen by"].startswith("the administrator’s command line")


def test_file_is_whole_and_for_its_owner_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"

    result = run("export", "engagements", "--output", str(path))

    assert result.exit_code == 0
    assert result.stdout == ""
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(table(path.read_text(encoding="utf-8"))) == 2
    assert list(tmp_path.glob("*.part")) == []


def test_file_that_cannot_be_written_is_a_mistake(run: Run, tmp_path: Path) -> None:
    result = run("export", "engagements", "--output", str(tmp_path / "no" / "log.csv"))

    assert result.exit_code == 2
    assert "--output" in result.stderr


def test_plugins_give_more_formats(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"

    assert run("export", "engagements", "--format", "xlsx", "-o", str(path)).exit_code == 0
    assert openpyxl.load_workbook(path).worksheets[0].max_row >= 3


def test_unknown_format_is_a_mistake_that_names_the_others(run: Run) -> None:
    result = run("export", "counts", "--format", "pdf")

    assert result.exit_code == 2
    assert "csv, json, xlsx" in result.stderr


def test_counts_commitments_and_follow_ups_are_exported_too(run: Run) -> None:
    counted = table(run("export", "counts", "--by", "month").stdout)
    assert counted[-1]["Engagements"] == "1"
    assert answered(run("export", "commitments", "--format", "json"))["rows"] == []
    assert answered(run("export", "followups", "--format", "json"))["rows"][0]["title"] == "Call back"


def test_export_is_in_the_history_before_a_byte_leaves(run: Run, instance: Instance) -> None:
    run("export", "followups")

    with instance.reading(door="cli", trusted=True) as work:
        told = work.session.scalars(select(Transaction).where(Transaction.verb == "export.followups")).one()
        assert (told.door, told.detail["format"], told.detail["rows"]) == ("cli", "csv", "1")


def test_mistake_leaves_nothing_on_standard_output(run: Run) -> None:
    result = run("export", "engagements", "--body", "Nobody at all")

    assert (result.exit_code, result.stdout) == (2, "")


def test_pipe_is_written_to_and_stays_what_it_is(run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    assert run("export", "engagements", "--output", str(pipe)).exit_code == 0

    assert len(table(os.read(reading, 60_000).decode())) == 2
    os.close(reading)
    assert pipe.is_fifo()


def test_full_device_is_a_mistake_that_is_told(run: Run, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")

    result = run("export", "engagements", "--output", str(full))

    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--output: {full} cannot be written: No space left on device" in result.stderr
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_link_keeps_leading_to_the_file_that_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("old")
    link = tmp_path / "newest.csv"
    link.symlink_to("log.csv")

    run("export", "engagements", "--output", str(link))

    assert link.is_symlink()
    assert len(table((tmp_path / "log.csv").read_text(encoding="utf-8"))) == 2


def test_mistake_names_the_option_or_argument_as_it_is_typed(run: Run) -> None:
    for arguments, told in (
        (("export", "engagements", "--format", "xls"), "crm: --format: “xls” is not one of"),
        (("export", "history", "--member", "nobody@example.org"), "crm: --member: Nobody here has"),
        (("member", "role", "nobody@example.org", "admin"), "crm: EMAIL: Nobody here has"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith(told)
