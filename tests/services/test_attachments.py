"""Files on engagements: on disk exactly when they are in the log, and only for those who may read it."""

from __future__ import annotations

import io
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.clock import FixedClock
from crm.errors import Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import Attachment, Engagement, Member
from crm.services import attachments, engagements, organisations
from crm.services.attachments import Aside, Upload
from crm.settings import Settings
from crm.testing.fixtures import MakeEngagement, MakeOrganisation, persona
from crm.work import Work

PDF = b"%PDF-1.7\nletter"


@pytest.fixture
def meeting(make_engagement: MakeEngagement, make_organisation: MakeOrganisation, work: Work) -> Engagement:
    made = make_engagement("4 May 2026", make_organisation("DG CNECT"))
    work.commit()
    return made


def upload(name: str = "letter.pdf", content: bytes = PDF) -> Upload:
    return Upload(name, io.BytesIO(content))


def on_disk(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.attachments.rglob("*") if path.is_file())


def test_file_comes_back_as_it_was_with_its_type_by_content(
    work: Work, meeting: Engagement, settings: Settings
) -> None:
    (made,) = attachments.add(work, settings, meeting, [upload("..\\..\\etc/pass:wd.exe")])
    work.commit()
    found, content = attachments.read(work, settings, meeting.id, made.id)
    with content:
        assert content.read() == PDF
    assert (found.name, found.media_type, found.size) == ("pass_wd.exe", "application/pdf", len(PDF))


def test_files_go_with_the_save_that_failed(work: Work, meeting: Engagement, settings: Settings) -> None:
    attachments.add(work, settings, meeting, [upload(), upload("second.pdf")])
    assert len(on_disk(settings)) == 2
    work.rollback()
    assert on_disk(settings) == []
    assert work.session.scalar(select(func.count(Attachment.id))) == 0


def test_one_refused_file_takes_the_others_of_its_save_with_it(
    instance: Instance, admin: Member, meeting: Engagement, settings: Settings
) -> None:
    with instance.writing(admin, door="web") as work:
        found = engagements.get(work, meeting.id)
        with pytest.raises(Invalid) as refused:
            attachments.add(work, settings, found, [upload(), upload("empty.txt", b"")])
        work.rollback()
    assert refused.value.field == "files"
    assert "empty.txt" in refused.value.reason
    assert on_disk(settings) == []


def test_size_and_quota_are_limits(work: Work, meeting: Engagement, settings: Settings) -> None:
    small = replace(settings, max_upload_mb=1, attachment_quota_mb=2)
    big = b"x" * (1024 * 1024 + 1)
    with pytest.raises(Invalid, match="larger than 1 MB"):
        attachments.add(work, small, meeting, [upload("big.txt", big)])
    attachments.add(work, small, meeting, [upload("one.txt", big[1:])])
    attachments.add(work, small, meeting, [upload("two.txt", big[2:])])
    with pytest.raises(Invalid, match="no room left for “three"):
        attachments.add(work, small, meeting, [upload("three.txt", b"xy")])
    assert attachments.used(work) == 2 * 1024 * 1024 - 1


def test_too_many_files_at_once_are_refused_before_any_is_written(
    work: Work, meeting: Engagement, settings: Settings
) -> None:
    with pytest.raises(Invalid, match="At most 20"):
        attachments.add(work, settings, meeting, [upload() for _ in range(21)])
    assert on_disk(settings) == []


def test_binned_file_is_not_handed_out_until_it_is_restored(
    work: Work, meeting: Engagement, settings: Settings
) -> None:
    (made,) = attachments.add(work, settings, meeting, [upload()])
    attachments.bin(work, meeting.id, made.id)
    with pytest.raises(NotFound):
        attachments.read(work, settings, meeting.id, made.id)
    attachments.restore(work, meeting.id, made.id)
    attachments.read(work, settings, meeting.id, made.id)[1].close()


def test_file_is_found_under_its_own_engagement_only(
    work: Work, meeting: Engagement, settings: Settings, make_engagement: MakeEngagement
) -> None:
    (made,) = attachments.add(work, settings, meeting, [upload()])
    other = make_engagement("5 May 2026", organisations.create(work, name="Another"))
    with pytest.raises(NotFound):
        attachments.get(work, other.id, made.id)


@pytest.mark.parametrize("visibility", ["members", "hidden"])
def test_file_is_for_those_who_may_read_its_engagement(
    instance: Instance, admin: Member, colleague: Member, meeting: Engagement, settings: Settings, visibility: str
) -> None:
    with instance.writing(admin, door="web") as work:
        found = engagements.amend(work, meeting.id, visibility=visibility)
        (made,) = attachments.add(work, settings, found, [upload()])
    with instance.writing(colleague, door="web") as work:
        for call in (attachments.get, attachments.bin, attachments.restore):
            with pytest.raises(NotFound):
                call(work, meeting.id, made.id)
        with pytest.raises(NotFound):
            attachments.read(work, settings, meeting.id, made.id)
        with pytest.raises(NotFound):
            attachments.add(work, settings, engagements.get(work, meeting.id), [upload()])


def test_reader_adds_and_removes_no_file(
    instance: Instance, reader: Member, work: Work, meeting: Engagement, settings: Settings
) -> None:
    (made,) = attachments.add(work, settings, meeting, [upload()])
    work.commit()
    with instance.writing(reader, door="web") as theirs:
        with pytest.raises(Forbidden):
            attachments.add(theirs, settings, engagements.get(theirs, meeting.id), [upload()])
        with pytest.raises(Forbidden):
            attachments.bin(theirs, meeting.id, made.id)
        with pytest.raises(Forbidden):
            attachments.hold(theirs, settings, [upload()])
    assert len(on_disk(settings)) == 1


# Files of a form that was refused


def test_file_of_a_refused_form_waits_for_the_next_one(work: Work, meeting: Engagement, settings: Settings) -> None:
    held = attachments.hold(work, settings, [upload("My letter.pdf")])
    assert [one.name for one in held] == ["My letter.pdf"]
    assert attachments.hold(work, settings, [], held) == held
    (made,) = attachments.add(work, settings, meeting, [], held)
    assert len(on_disk(settings)) == 2
    work.commit()
    assert on_disk(settings) == [made.stored_as]
    with attachments.read(work, settings, meeting.id, made.id)[1] as content:
        assert content.read() == PDF


def test_waiting_file_still_waits_when_the_next_form_is_refused_too(
    work: Work, meeting: Engagement, settings: Settings
) -> None:
    held = attachments.hold(work, settings, [upload()])
    attachments.add(work, settings, meeting, [], held)
    work.rollback()
    assert on_disk(settings) == [held[0].token]


def test_waiting_file_is_nobody_elses(
    instance: Instance, colleague: Member, work: Work, meeting: Engagement, settings: Settings
) -> None:
    held = attachments.hold(work, settings, [upload()])
    work.commit()
    with instance.writing(colleague, door="web") as theirs:
        assert attachments.hold(theirs, settings, [], held) == []
        with pytest.raises(Invalid, match="not kept any more"):
            attachments.add(theirs, settings, engagements.get(theirs, meeting.id), [], held)


def test_token_that_is_none_finds_nothing(work: Work, meeting: Engagement, settings: Settings) -> None:
    for token in ("", "../../x", "0" * 32):
        with pytest.raises(Invalid, match="not kept any more"):
            attachments.add(work, settings, meeting, [], [Aside(token, "x.pdf")])


def test_forms_that_are_never_saved_do_not_fill_the_disk(work: Work, settings: Settings) -> None:
    for _ in range(attachments.ASIDE_AT_MOST + 5):
        attachments.hold(work, settings, [upload()])
    assert len(on_disk(settings)) == attachments.ASIDE_AT_MOST


def test_waiting_files_take_room_and_give_way_after_an_hour(
    work: Work, meeting: Engagement, settings: Settings, clock: FixedClock
) -> None:
    small = replace(settings, max_upload_mb=1, attachment_quota_mb=2)
    big = b"x" * (1024 * 1024)
    held = attachments.hold(work, small, [upload("one.txt", big), upload("two.txt", big)])
    assert attachments.room(work, small).used == 2 * 1024 * 1024
    assert attachments.hold(work, small, [upload("three.txt", b"xy")]) == []
    with pytest.raises(Invalid, match="no room left for “three"):
        attachments.add(work, small, meeting, [upload("three.txt", b"xy")])
    assert [one.name for one in attachments.add(work, small, meeting, [], held[:1])] == ["one.txt"]
    clock.move(days=5000)
    attachments.add(work, small, meeting, [upload("three.txt", b"xy")])
    assert attachments.used(work) == 1024 * 1024 + 2


def test_two_uploads_at_once_do_not_pass_the_quota_together(instance: Instance, meeting: Engagement) -> None:
    small = replace(instance.settings, max_upload_mb=1, attachment_quota_mb=1)
    start = threading.Barrier(2)

    def attach(name: str) -> str:
        start.wait()
        try:
            with instance.writing(persona(instance, name), door="web") as work:
                found = engagements.get(work, meeting.id)
                attachments.add(work, small, found, [upload(f"{name}.txt", b"x" * 600_000)])
        except Invalid as refused:
            return refused.reason
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(attach, ["owner", "colleague"]))
    assert said[0] == ""
    assert "no room left" in said[1]


#: Name as the sender says it, content, name that is kept, type that it is handed out as.
STRANGE = [
    (
        "../../x/../evil.svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "evil.svg",
        "text/plain",
    ),
    ("page.html\x00.pdf", b"<html><script>alert(1)</script>", "page.html.pdf", "text/plain"),
    ("\u202efdp.exe", b"MZ\x90\x00\x03", "fdp.exe", "application/octet-stream"),
    ("a" * 300 + ".pdf", b"%PDF-1.7 <script>", "a" * 146 + ".pdf", "application/pdf"),
    ("picture.png", b"GIF89a/*<script>alert(1)</script>*/=1;", "picture.png", "image/gif"),
    ("note.txt", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "note.txt", "image/png"),
    ("utf16.txt", "<script>".encode("utf-16"), "utf16.txt", "text/plain"),
    ("java.jar", b"PK\x03\x04" + b"\x00" * 40, "java.jar", "application/zip"),
]


@pytest.mark.parametrize(("called", "content", "name", "kind"), STRANGE, ids=[one[2][:12] for one in STRANGE])
def test_strange_file_is_kept_under_a_harmless_name_and_type(
    work: Work, meeting: Engagement, settings: Settings, called: str, content: bytes, name: str, kind: str
) -> None:
    [kept] = attachments.add(work, settings, meeting, [upload(called, content)])
    assert (kept.name, kept.media_type, kept.size) == (name, kind, len(content))
    assert re.fullmatch("[0-9a-f]{32}", kept.stored_as)
    assert on_disk(settings) == [kept.stored_as]


# Disk and database


def test_sweep_takes_what_nobody_knows_and_leaves_what_is_known_or_young(
    work: Work, meeting: Engagement, settings: Settings
) -> None:
    (known,) = attachments.add(work, settings, meeting, [upload()])
    work.commit()
    orphan = settings.attachments / "ab" / ("ab" + "0" * 30)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left by a machine that stopped")
    attachments.hold(work, settings, [upload()])
    young = settings.attachments / "cd" / ("cd" + "0" * 30)
    for path in settings.attachments.rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
    young.parent.mkdir(exist_ok=True)
    young.write_bytes(b"of a save under way")
    os.utime(young, (work.now().timestamp(), work.now().timestamp()))
    assert attachments.sweep(work, settings) == 2
    assert on_disk(settings) == sorted([known.stored_as, young.name])


def test_attachment_whose_bytes_are_lost_is_known(work: Work, meeting: Engagement, settings: Settings) -> None:
    (made,) = attachments.add(work, settings, meeting, [upload()])
    work.commit()
    assert attachments.missing(work, settings) == []
    Path(settings.attachments / made.stored_as[:2] / made.stored_as).unlink()
    assert [one.id for one in attachments.missing(work, settings)] == [made.id]
    with pytest.raises(NotFound):
        attachments.read(work, settings, meeting.id, made.id)
