"""A file that a plugin refuses is stored nowhere, and the form it came with keeps everything else."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from crm.hooks.checks import FileCheck, Gate, IncomingFile
from crm.instance import Instance
from crm.models import Attachment, Engagement, ImportRun
from crm.testing.browsing import Browser
from tests.web.test_files import attached

Visit = Callable[..., Browser]
FORM = {"kind": "meeting", "when": "4 May 2026", "bodies": "Us", "subject": "Typed long", "visibility": "team"}


@pytest.fixture
def seen(instance: Instance) -> list[str]:
    names: list[str] = []

    def refusal(file: IncomingFile) -> str:
        names.append(file.name)
        return "the virus scanner found Eicar-Signature in it" if b"EICAR" in file.content.read() else ""

    instance.gate = Gate([FileCheck("scanner", refusal)])
    return names


def files(*contents: bytes) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(content), f"file{number}.txt") for number, content in enumerate(contents)]


def count(instance: Instance, model: type) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return int(work.session.scalar(select(func.count()).select_from(model)) or 0)


def stored(instance: Instance) -> list[str]:
    return sorted(path.name for path in instance.settings.attachments.rglob("*") if path.is_file())


def test_refused_file_is_stored_nowhere_and_the_form_keeps_the_rest(
    browser: Visit, instance: Instance, seen: list[str]
) -> None:
    owner = browser("owner")
    sent = {**FORM, "files": files(b"minutes", b"EICAR")}
    answer = owner.post("/engagements/new", sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "“file1.txt”: the virus scanner found Eicar-Signature in it." in answer.text
    assert "Typed long" in answer.text
    assert 'file0.txt" checked' in answer.text
    assert len(stored(instance)) == 1
    assert count(instance, Engagement) == count(instance, Attachment) == 0
    assert sorted(seen) == ["file0.txt", "file1.txt"]


def test_clean_file_is_kept_whole(browser: Visit, instance: Instance, seen: list[str]) -> None:
    answer = browser("owner").post(
        "/engagements/new", {**FORM, "files": files(b"minutes")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 303
    assert count(instance, Attachment) == len(stored(instance)) == len(seen) == 1
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalar(select(Attachment.size)) == len(b"minutes")


def test_refused_file_leaves_a_record_as_it_was(browser: Visit, instance: Instance, seen: list[str]) -> None:
    met, _ = attached(instance, "note.txt", b"first")
    owner = browser("owner")
    answer = owner.post(f"/engagements/{met}/files", {"files": files(b"EICAR")}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Eicar-Signature" in answer.text
    assert count(instance, Attachment) == len(stored(instance)) == 1


def test_import_of_a_refused_file_keeps_nothing(browser: Visit, instance: Instance, seen: list[str]) -> None:
    sent = {"profile": "antechamber-log", "file": (io.BytesIO(b"Date,Subject\n4 May 2026,EICAR\n"), "log.csv")}
    answer = browser("owner").post("/imports/", sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Eicar-Signature" in answer.text
    assert count(instance, ImportRun) == 0


def test_file_is_refused_while_a_needed_check_is_missing(browser: Visit, instance: Instance) -> None:
    instance.settings = replace(instance.settings, file_checks=("scanner",))
    instance.gate = Gate([], instance.settings.file_checks)
    sent = {**FORM, "files": files(b"minutes")}
    answer = browser("owner").post("/engagements/new", sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "scanner is missing" in answer.text
    assert stored(instance) == []
