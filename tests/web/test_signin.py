"""Signing in and out, and what ends a session."""

from __future__ import annotations

from collections.abc import Callable

from crm.instance import Instance
from crm.services import members
from crm.testing.browsing import Browser
from crm.testing.fixtures import PASSWORD, persona

Visit = Callable[..., Browser]


def give_password(instance: Instance, name: str = "owner") -> None:
    member = persona(instance, name)
    with instance.writing(door="cli", trusted=True) as work:
        members.set_password(work, member.id, PASSWORD)


def sign_in(visitor: Browser, name: str = "owner", password: str = PASSWORD, back: str = "") -> int:
    address = f"/sign-in?next={back}" if back else "/sign-in"
    return visitor.post(address, {"email": f"{name}@example.org", "password": password}).status_code


def test_stranger_is_sent_to_sign_in_and_back(browser: Visit, instance: Instance) -> None:
    stranger = browser()
    answer = stranger.get("/")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_right_password_opens_a_session_and_signing_out_ends_it_for_good(browser: Visit, instance: Instance) -> None:
    give_password(instance)
    visitor = browser()
    assert sign_in(visitor) == 303
    assert visitor.get("/").status_code == 200
    with visitor.client.session_transaction() as stored:
        kept = dict(stored)
    assert visitor.post("/sign-out").status_code == 303
    with visitor.client.session_transaction() as stored:
        stored.update(kept)
    assert visitor.get("/").status_code == 303


def test_wrong_password_and_unknown_account_are_answered_alike(browser: Visit, instance: Instance) -> None:
    give_password(instance)
    wrong = browser().post("/sign-in", {"email": "owner@example.org", "password": "wrong"})
    unknown = browser().post("/sign-in", {"email": "nobody@example.org", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 422
    for answer in (wrong, unknown):
        assert "The address or the password is wrong." in answer.text
        assert "You are not signed in yet" in answer.text
        assert "saved" not in answer.text


def test_tenth_failure_shuts_the_account_for_a_while(browser: Visit, instance: Instance) -> None:
    give_password(instance)
    visitor = browser()
    for _ in range(10):
        sign_in(visitor, password="wrong")
    assert "Too many attempts" in visitor.post("/sign-in", {"email": "owner@example.org", "password": PASSWORD}).text


def test_guessing_the_current_password_is_limited_with_the_sign_ins(browser: Visit, instance: Instance) -> None:
    give_password(instance)
    visitor, new = browser("owner"), "another long password"
    for _ in range(10):
        answer = visitor.post("/account/password", {"current": "wrong", "password": new})
        assert answer.status_code == 422
        assert "not the password you have now" in answer.text
    shut = visitor.post("/account/password", {"current": PASSWORD, "password": new})
    assert shut.status_code == 422
    assert "Too many attempts" in shut.text
    assert "Too many attempts" in browser().post("/sign-in", {"email": "owner@example.org", "password": PASSWORD}).text


def test_right_current_password_changes_it(browser: Visit, instance: Instance) -> None:
    give_password(instance)
    changed = browser("owner").post("/account/password", {"current": PASSWORD, "password": "another long password"})
    assert changed.status_code == 303
    assert sign_in(browser(), password="another long password") == 303


def test_disabled_member_is_out_at_the_next_request(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    assert visitor.get("/").status_code == 200
    with instance.writing(door="cli", trusted=True) as work:
        members.disable(work, persona(instance, "owner").id)
    assert visitor.get("/").status_code == 303


def test_next_leads_only_to_own_paths(browser: Visit, instance: Instance) -> None:
    give_password(instance)
    for evil in ("//evil.example", "/\\evil.example", "https://evil.example", "/%0d%0aX: y", "javascript:1"):
        visitor = browser()
        answer = visitor.post(f"/sign-in?next={evil}", {"email": "owner@example.org", "password": PASSWORD})
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/"


def test_write_without_token_is_refused(browser: Visit) -> None:
    visitor = browser("owner")
    assert visitor.client.post("/sign-out").status_code == 400
    assert visitor.get("/").status_code == 200


def test_first_administrator_link_works_once(browser: Visit, instance: Instance) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        for member in members.everybody(work):
            member.role = "member"
        secret = members.first_admin_link(work)
    visitor = browser()
    typed = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    assert visitor.post(f"/welcome/{secret}", typed).status_code == 303
    assert visitor.get("/").status_code == 200
    assert browser().get(f"/welcome/{secret}").status_code == 404


def test_pages_carry_a_strict_policy_and_are_not_stored(browser: Visit) -> None:
    answer = browser("owner").get("/")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_foreign_host_is_refused(browser: Visit) -> None:
    assert browser().get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_link_of_a_member_who_was_shut_out_or_changed_the_password_is_void(browser: Visit, instance: Instance) -> None:
    member = persona(instance, "owner").id
    with instance.writing(door="cli", trusted=True) as work:
        secrets = [members.password_link(work, member) for _ in range(3)]
        members.disable(work, member)
    assert browser().post(f"/welcome/{secrets[0]}", {"password": "another long password"}).status_code == 404
    with instance.writing(door="cli", trusted=True) as work:
        members.enable(work, member)
    assert browser().post(f"/welcome/{secrets[1]}", {"password": "another long password"}).status_code == 303
    assert browser().get(f"/welcome/{secrets[2]}").status_code == 404


def test_page_that_changes_nothing_of_the_session_sends_no_cookie(browser: Visit) -> None:
    visitor = browser("owner")
    visitor.get("/")
    assert "Set-Cookie" not in visitor.get("/history/latest/engagement/1").headers
    assert "Set-Cookie" not in visitor.get("/people/").headers
