"""Downloads in the browser."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.models.history import Transaction
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser

Visit = Callable[..., Browser]


@pytest.fixture
def ministry(instance: Instance, owner: Member) -> int:
    """A body that was met in the open and in confidence."""
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        for typed, seen in (("11 May 2026", "team"), ("12 May 2026", "hidden"), ("13 May 2026", "members")):
            engagements.log(
                work,
                kind="meeting",
                when=parse_when(typed, today=work.today(), past=True),
                parties=[Party(body.id)],
                subject=f"Quokka {seen}",
                visibility=seen,
            )
        return body.id


def table(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    head = {line[0].removeprefix("# "): line[1] for line in lines if line[0].startswith("# ")}
    titles, *rows = lines[len(head) :]
    return head, [dict(zip(titles, row, strict=True)) for row in rows]


def test_log_is_a_file_that_nobody_keeps(browser: Visit, ministry: int) -> None:
    answer = browser("owner").get("/export/engagements.csv")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=engagements-2026-05-20.csv"
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.is_streamed


def test_each_member_gets_what_they_may_see(browser: Visit, ministry: int) -> None:
    ours_head, ours = table(browser("owner").get("/export/engagements.csv").text)
    theirs_head, theirs = table(browser("colleague").get("/export/engagements.csv").text)

    assert [row["Subject"] for row in ours] == ["Quokka team", "Quokka hidden", "Quokka members"]
    assert [row["Subject"] for row in theirs] == ["Quokka team", "content hidden"]
    assert (ours_head["as seen by"], theirs_head["as seen by"]) == ("Owner (member)", "Colleague (member)")


def test_reader_may_take_the_log_along(browser: Visit, ministry: int) -> None:
    assert browser("reader").get("/export/engagements.json").status_code == 200


def test_stranger_is_sent_to_the_sign_in(browser: Visit, ministry: int, instance: Instance) -> None:
    assert browser().get("/export/engagements.csv").status_code == 303
    assert exported(instance) == 0


def test_file_has_the_rows_of_the_list_with_the_same_arguments(browser: Visit, ministry: int) -> None:
    visitor = browser("owner")
    for arguments, number in (
        (f"body={ministry}&since=2026-05-12", 2),
        (f"body={ministry}&status=counted&actor=ours&per=contact", 3),
        ("q=hidden", 1),
        ("kind=letter", 0),
    ):
        found = json.loads(visitor.get(f"/export/engagements.json?{arguments}").text)
        assert len(found["rows"]) == number, arguments


def test_row_leads_to_its_page(browser: Visit, ministry: int) -> None:
    row = json.loads(browser("owner").get("/export/engagements.json").text)["rows"][0]

    assert row["url"] == f"http://localhost/engagements/{row['id']}"


@pytest.mark.parametrize("what", ["counts", "commitments", "followups"])
@pytest.mark.parametrize("key", ["csv", "json", "xlsx"])
def test_other_sheets_come_in_every_format(browser: Visit, ministry: int, what: str, key: str) -> None:
    answer = browser("owner").get(f"/export/{what}.{key}")

    assert answer.status_code == 200
    assert answer.data


def test_counts_are_those_of_the_page(browser: Visit, ministry: int) -> None:
    found = json.loads(browser("owner").get(f"/export/counts.json?body={ministry}&by=month").text)

    assert next((row["organisation"], row["engagements"]) for row in found["rows"]) == ("Ministry", 3)


def test_export_is_recorded_with_who_and_what(
    browser: Visit, ministry: int, instance: Instance, reader: Member
) -> None:
    browser("reader").get(f"/export/engagements.csv?body={ministry}")

    with instance.reading(door="cli", trusted=True) as work:
        told = work.session.scalars(select(Transaction).where(Transaction.verb == "export.engagements")).one()
        assert (told.member_id, told.door, told.detail["format"]) == (reader.id, "web", "csv")
        assert "with Ministry" in told.detail["filter"]


def test_question_for_the_head_alone_exports_nothing(browser: Visit, ministry: int, instance: Instance) -> None:
    answer = browser("owner").client.head("/export/engagements.csv")

    assert answer.status_code == 200
    assert exported(instance) == 0


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/export/engagements.pdf", 404),
        ("/export/engagements.csv?body=abc", 422),
        ("/export/engagements.csv?since=sometime", 422),
        ("/export/counts.csv?by=fortnight", 422),
        ("/export/members.csv", 404),
    ],
)
def test_what_cannot_be_exported_says_so_and_records_nothing(
    browser: Visit, instance: Instance, ministry: int, address: str, code: int
) -> None:
    assert browser("owner").get(address).status_code == code
    assert exported(instance) == 0


def exported(instance: Instance) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        found = select(func.count()).select_from(Transaction).where(Transaction.verb.startswith("export."))
        return int(work.session.scalar(found) or 0)


def test_long_download_shows_one_moment(instance: Instance, owner: Member) -> None:
    with instance.reading(owner, door="web", steady=True) as reading:
        before = reading.session.scalar(select(func.count(Organisation.id)))
        with instance.writing(owner, door="web") as work:
            organisations.create(work, name="Meanwhile")
        assert reading.session.scalar(select(func.count(Organisation.id))) == before
    with instance.reading(owner, door="web") as reading:
        assert reading.session.scalar(select(func.count(Organisation.id))) == (before or 0) + 1
