"""The history says who changed what, and tells nobody more than the record does."""

from __future__ import annotations

from collections.abc import Callable

from crm.dates import parse_when
from crm.instance import Instance
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Visit = Callable[..., Browser]


def logged(instance: Instance, visibility: str) -> int:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="DSIT")
        made = engagements.log(
            work,
            kind="meeting",
            when=parse_when("4 May 2026", today=work.today(), past=True),
            parties=[Party(body.id)],
            subject="first wording",
            visibility=visibility,
        )
    with instance.writing(persona(instance, "owner"), door="web") as work:
        engagements.amend(work, made.id, subject="second wording")
    return made.id


def test_record_history_shows_each_field_before_and_after(browser: Visit, instance: Instance) -> None:
    page = browser("owner").get(f"/history/engagement/{logged(instance, 'team')}").text
    assert "<del>first wording</del>" in page
    assert "<ins>second wording</ins>" in page
    assert "Owner" in page


def test_history_of_what_one_may_not_read_does_not_exist(browser: Visit, instance: Instance) -> None:
    for visibility in ("members", "hidden"):
        number = logged(instance, visibility)
        assert browser("owner").get(f"/history/engagement/{number}").status_code == 200
        assert browser("colleague").get(f"/history/engagement/{number}").status_code == 404


def test_history_of_everybody_is_for_administrators(browser: Visit, instance: Instance) -> None:
    logged(instance, "team")
    assert browser("owner").get("/history/").status_code == 403
    page = browser("admin").get("/history/").text
    assert "engagement: amend" in page
    assert "organisation: create" in page


def test_unknown_kind_or_number_is_not_there(browser: Visit, instance: Instance) -> None:
    for address in ("/history/secret/1", "/history/engagement/999999", "/history/engagement/99999999999999999999"):
        assert browser("admin").get(address).status_code == 404
