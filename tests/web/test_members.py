"""Members and settings, for administrators."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.instance import Instance
from crm.services import instance_settings
from crm.testing.browsing import Browser
from crm.testing.fixtures import PASSWORD, persona

Visit = Callable[..., Browser]


@pytest.mark.parametrize("name", ["owner", "reader"])
def test_only_administrators_see_members_and_settings(browser: Visit, name: str) -> None:
    visitor = browser(name)
    for address in ("/members/", "/members/new", "/settings/", "/_styleguide"):
        assert visitor.get(address).status_code == 403
    assert visitor.post("/members/", {"name": "X", "email": "x@example.org", "role": "admin"}).status_code == 403
    assert visitor.post("/settings/", {"zone": "Europe/Paris"}).status_code == 403


def test_new_member_chooses_a_password_by_a_link_that_works_once(browser: Visit, instance: Instance) -> None:
    answer = browser("admin").post("/members/", {"name": "Nora", "email": "nora@example.org", "role": "member"})
    link = "/welcome/" + answer.text.split("/welcome/")[1].split('"')[0]
    newcomer = browser()
    assert newcomer.post(link, {"password": PASSWORD}).status_code == 303
    assert newcomer.get("/").status_code == 200
    assert browser().get(link).status_code == 404


def test_role_change_holds_at_the_next_request(browser: Visit, instance: Instance) -> None:
    colleague = browser("colleague")
    assert colleague.get("/members/").status_code == 403
    browser("admin").post(f"/members/{persona(instance, 'colleague').id}/role", {"role": "admin"})
    assert colleague.get("/members/").status_code == 200


def test_last_administrator_stays_one(browser: Visit, instance: Instance) -> None:
    visitor = browser("admin")
    number = persona(instance, "admin").id
    for address, typed in ((f"/members/{number}/role", {"role": "reader"}), (f"/members/{number}/disable", {})):
        visitor.post(address, typed)
        assert persona(instance, "admin").is_admin


def test_settings_say_who_we_are_and_refuse_an_unknown_zone(browser: Visit, instance: Instance) -> None:
    visitor = browser("admin")
    wrong = visitor.post("/settings/", {"zone": "Mars/Olympus", "ours": "Us", "clients": "A Client"})
    assert wrong.status_code == 422
    assert "Europe/Brussels" in wrong.text
    assert visitor.post("/settings/", {"zone": "Europe/Paris", "ours": "Us", "clients": "A Client"}).status_code == 303
    with instance.reading(door="cli", trusted=True) as work:
        assert work.zone == "Europe/Paris"
        assert [(body.name, body.is_ours) for body in instance_settings.ours(work)] == [
            ("Us", True),
            ("A Client", False),
        ]


def test_style_guide_shows_every_part(browser: Visit) -> None:
    assert browser("admin").get("/_styleguide").status_code == 200
