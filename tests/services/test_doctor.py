"""``crm doctor`` names what is wrong, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select, text

from crm.clock import FixedClock
from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Engagement, Member
from crm.services import doctor, drift, engagements, history, organisations, second_factor, setup
from crm.services.doctor import Finding
from crm.services.engagements import Party
from crm.settings import Settings
from crm.testing.fixtures import add_members
from tests.database.logs import enter


@pytest.fixture
def sick(settings: Settings, clock: FixedClock) -> Instance:
    """An installation with a log, to be broken."""
    setup.prepare(settings)
    enter(settings, clock)
    return Instance(settings, clock=clock)


def errors(found: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.message for finding in found if finding.state == "error"}


def test_sound_installation_has_no_error(sick: Instance, clock: FixedClock) -> None:
    ground = doctor.examine_ground(sick.settings, clock)
    found = doctor.examine_log(sick, [])
    assert errors(ground).keys() <= {"database", "disk"}, ground  # the test server's fsync is off
    assert errors(found) == {}
    assert {"tables", "integrity", "time zones", "disk"} <= {finding.check for finding in ground}
    assert {"derived", "attachments", "clock", "members", "jobs"} <= {finding.check for finding in found}
    assert "never ran" in next(finding.message for finding in found if finding.check == "backup")


def test_everything_derived_is_held_against_a_fresh_working_out_and_mended(sick: Instance) -> None:
    base = sick.settings.base_url
    with sick.engine.begin() as connection:
        for statement in (
            "UPDATE crm_engagement SET counts = NOT counts WHERE id = 1",
            "UPDATE crm_participation SET is_contact = NOT is_contact WHERE engagement_id = 2",
            "DELETE FROM crm_calendar_entry WHERE kind = 'engagement' AND record_id = 3",
            "UPDATE crm_calendar_entry SET record_id = 999 WHERE kind = 'engagement' AND record_id = 2",
            "DELETE FROM crm_organisation_closure WHERE ancestor_id <> descendant_id",
            "UPDATE crm_tally SET engagements = engagements + 1 WHERE ancestor_id = 0",
        ):
            connection.execute(text(statement))
    with sick.reading(door="cli", trusted=True) as work:
        told = " | ".join(drift.faults(work, base_url=base))
    assert "1 row of the tree" in told
    assert "of the tally differ from the engagements they add up" in told
    assert "2 engagements whose counts or words to search differ from what is logged: 1, 2" in told
    assert "without an entry in the calendar: 2, 3" in told
    assert "whose engagement is gone" in told
    with sick.writing(door="cli", trusted=True) as work:
        drift.mend(work, base_url=base)
    with sick.reading(door="cli", trusted=True) as work:
        assert drift.faults(work, base_url=base) == []


def test_entry_of_what_was_taken_back_is_no_fault_unless_its_record_should_stand(sick: Instance) -> None:
    base = sick.settings.base_url
    with sick.writing(door="cli", trusted=True) as work:
        body = organisations.create(work, name="Body that was met")
        when = parse_when("4 May 2026", today=work.today(), past=True)
        met = engagements.log(work, kind="meeting", when=when, parties=[Party(body.id)]).id
        logged = work.transaction_id()
    with sick.writing(door="cli", trusted=True) as work:
        history.undo(work, logged)
        undone = work.transaction_id()
    with sick.reading(door="cli", trusted=True) as work:
        assert work.session.get(Engagement, met) is None
        assert drift.faults(work, base_url=base) == []
    with sick.writing(door="cli", trusted=True) as work:
        history.undo(work, undone)
    with sick.engine.begin() as connection:
        connection.execute(text(f"DELETE FROM crm_participation WHERE engagement_id = {met}"))
        connection.execute(text(f"DELETE FROM crm_engagement WHERE id = {met}"))
    with sick.reading(door="cli", trusted=True) as work:
        assert "whose engagement is gone" in " | ".join(drift.faults(work, base_url=base))


def test_lost_damaged_and_unknown_files_are_named(sick: Instance) -> None:
    lost, damaged = sorted(sick.settings.attachments.glob("??/*"))
    lost.unlink()
    damaged.write_bytes(b"other")
    found = doctor.examine_log(sick, [])
    told = " ".join(finding.message for finding in found if finding.check == "attachments")
    assert "is gone" in told
    assert "is damaged" in told


def test_clock_that_went_back_is_an_error(sick: Instance, clock: FixedClock) -> None:
    clock.move(hours=-3)
    assert "went back" in errors(doctor.examine_log(sick, []))["clock"]


def test_old_backup_lost_zone_and_broken_plugin_are_named(sick: Instance, clock: FixedClock) -> None:
    with sick.engine.begin() as connection:
        connection.execute(text("UPDATE crm_engagement SET zone = 'Mars/Olympus' WHERE id = 1"))
    with sick.writing(door="cli", trusted=True) as work:
        work.act("instance.backup")
    clock.move(days=9)
    found = doctor.examine_log(sick, ["wiki: not installed"])
    assert "Mars/Olympus" in errors(found)["time zones"]
    assert "wiki" in errors(found)["plugins"]
    assert "20 May 2026" in next(finding.message for finding in found if finding.check == "backup")


def test_rights_and_revision_are_looked_at(sick: Instance, clock: FixedClock) -> None:
    settings = sick.settings
    settings.data.mkdir(exist_ok=True)
    settings.secret_file.write_text("x" * 40)
    settings.secret_file.chmod(0o644)
    settings.data.chmod(0o755)
    with sick.engine.begin() as connection:
        connection.execute(text("UPDATE crm_schema_version SET version_num = '9999'"))
    found = doctor.examine_ground(settings, clock)
    assert "chmod 600" in errors(found)["secret"]
    assert "newer program" in errors(found)["tables"]
    assert any("chmod 700" in finding.message for finding in found)


def test_damaged_database_is_told_to_be_restored(tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "crm.sqlite3"
    settings = Settings(data=tmp_path, database_url=f"sqlite:///{path}", secret_key="x", development=True)
    setup.prepare(settings)
    made = Instance(settings, clock=clock)
    add_members(made)
    made.engine.dispose()
    data = bytearray(path.read_bytes())
    for place in range(8192, len(data), 20000):
        data[place : place + 40] = b"\xff" * 40
    path.write_bytes(data)
    found = errors(doctor.examine_ground(settings, clock))
    assert {"integrity", "database"} & found.keys()


def test_second_factor_that_another_secret_has_made_useless_is_named(sick: Instance) -> None:
    with sick.reading(door="cli", trusted=True) as work:
        member = work.session.scalars(select(Member)).first()
        assert member is not None
        work.session.expunge(member)
    with sick.writing(member, door="web") as work:
        second_factor.begin(work, sick.settings.secret_key)
        enrolment = second_factor.enrolment(work, sick.settings.secret_key)
        assert enrolment is not None
        shown = pyotp.TOTP(enrolment.key.replace(" ", "")).at(work.now())
        second_factor.confirm(work, sick.settings.secret_key, shown)
    assert not [one for one in doctor.examine_log(sick, []) if one.check == "second factors" and one.state != "ok"]
    sick.settings = replace(sick.settings, secret_key="another secret of the installation, long enough")
    (told,) = [one for one in doctor.examine_log(sick, []) if one.check == "second factors"]
    assert told.state == "warning"
    assert f"crm member reset-factor {member.email}" in told.message
