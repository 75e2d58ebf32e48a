"""Files are shown only as far as that is safe, for those who may read the engagement, and say what room there is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from crm.dates import parse_when
from crm.instance import Instance
from crm.services import attachments, engagements, organisations
from crm.services.attachments import Upload
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000"
    "000049454e44ae426082"
)


def attached(instance: Instance, name: str, content: bytes, visibility: str = "team") -> tuple[int, int]:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="DSIT")
        when = parse_when("4 May 2026", today=work.today(), past=True)
        met = engagements.log(work, kind="meeting", when=when, parties=[Party(body.id)], visibility=visibility)
        [file] = attachments.add(work, instance.settings, met, [Upload(name, io.BytesIO(content))])
        return met.id, file.id


def test_picture_is_painted_without_rights_of_its_own(browser: Visit, instance: Instance) -> None:
    met, file = attached(instance, "plan.png", PNG)
    owner = browser("owner")
    assert f'src="/engagements/{met}/files/{file}/picture"' in owner.get(f"/engagements/{met}/files/{file}/look").text
    answer = owner.get(f"/engagements/{met}/files/{file}/picture")
    assert (answer.status_code, answer.data) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_text_is_shown_and_never_run(browser: Visit, instance: Instance) -> None:
    met, file = attached(instance, "note.html", b"<script>alert(1)</script> h\xc3\xa9llo")
    owner = browser("owner")
    page = owner.get(f"/engagements/{met}/files/{file}/look").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; h\u00e9llo" in page
    assert "<script>alert" not in page
    assert owner.get(f"/engagements/{met}/files/{file}/picture").headers["Content-Disposition"].startswith("attachment")


def test_long_text_is_cut_and_says_so(browser: Visit, instance: Instance) -> None:
    met, file = attached(instance, "long.txt", b"word " * 50_000)
    assert "The text goes on" in browser("owner").get(f"/engagements/{met}/files/{file}/look").text


def test_documents_are_downloads_only(browser: Visit, instance: Instance) -> None:
    for name, content in (("paper.pdf", b"%PDF-1.7 /JavaScript"), ("drawing.bin", b"\x00\x01\x02")):
        met, file = attached(instance, name, content)
        page = browser("owner").get(f"/engagements/{met}/files/{file}/look").text
        assert "Nothing is shown of this file here" in page
        answer = browser("owner").get(f"/engagements/{met}/files/{file}/picture")
        assert answer.headers["Content-Disposition"].startswith("attachment")


def test_files_of_hidden_engagements_and_of_the_bin_are_shown_to_nobody_else(
    browser: Visit, instance: Instance
) -> None:
    met, file = attached(instance, "plan.png", PNG, "hidden")
    for what in ("look", "picture"):
        assert browser("owner").get(f"/engagements/{met}/files/{file}/{what}").status_code == 200
        assert browser("colleague").get(f"/engagements/{met}/files/{file}/{what}").status_code == 404
    with instance.writing(persona(instance, "owner"), door="web") as work:
        attachments.bin(work, met, file)
    for what in ("look", "picture"):
        assert browser("owner").get(f"/engagements/{met}/files/{file}/{what}").status_code == 404


def test_page_says_what_room_there_is(browser: Visit, instance: Instance) -> None:
    met, _ = attached(instance, "note.txt", b"x" * 2048)
    page = browser("owner").get(f"/engagements/{met}").text
    assert "All files together take less than 1 MB of 2000.0 MB." in page


def test_form_with_a_file_that_is_too_large_comes_back_with_all_that_was_typed(
    browser: Visit, instance: Instance
) -> None:
    owner = browser("owner")
    large = io.BytesIO(b"x" * (instance.settings.max_upload_mb * 1024 * 1024 + 1))
    sent = {"kind": "meeting", "when": "4 May 2026", "bodies": "Us", "subject": "Typed long", "visibility": "team"}
    files = [(large, "film.mp4"), (io.BytesIO(b"minutes"), "minutes.txt")]
    answer = owner.post("/engagements/new", {**sent, "files": files}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "“film.mp4”: the file is larger than 25 MB" in answer.text
    assert "Typed long" in answer.text
    assert re.search(r'name="held" value="[0-9a-f]{32} minutes.txt" checked', answer.text)
    assert "film.mp4" not in re.findall(r'name="held" value="([^"]*)"', answer.text)[0]


def test_name_and_content_of_a_file_do_nothing_on_the_pages_that_show_it(browser: Visit, instance: Instance) -> None:
    met, file = attached(instance, '"><img src=x onerror=alert(1)>\u202egpj.exe', b"\x00MZ")
    owner = browser("owner")
    for address in (f"/engagements/{met}", f"/engagements/{met}/files/{file}/look", "/bin/", "/history/"):
        assert "<img src=x" not in owner.get(address).text
        assert "\u202e" not in owner.get(address).text
    answer = owner.get(f"/engagements/{met}/files/{file}")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "\n" not in answer.headers["Content-Disposition"]
