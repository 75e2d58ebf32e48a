"""Behind TLS cookies travel over TLS only, and only as many forwarded addresses are believed as proxies are trusted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from crm.app import create_app
from crm.instance import Instance
from crm.models import MemberSession
from crm.services import members
from crm.testing.fixtures import PASSWORD, persona

BASE = "https://crm.example.org"
FORGED = {"X-Forwarded-For": "6.6.6.6, 9.9.9.9", "X-Forwarded-Host": "evil.example", "Referer": f"{BASE}/sign-in"}


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "9.9.9.9"), (2, "6.6.6.6")])
def test_cookie_is_secure_and_the_address_is_that_of_the_last_untrusted_one(
    instance: Instance, proxies: int, address: str
) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        members.set_password(work, persona(instance, "owner").id, PASSWORD)
    instance.settings = replace(instance.settings, base_url=BASE, development=False, proxies=proxies)
    client = create_app(instance=instance).test_client()
    page = client.get("/sign-in", base_url=BASE)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    sent = {"csrf_token": found[1], "email": "owner@example.org", "password": PASSWORD}
    answer = client.post("/sign-in", base_url=BASE, data=sent, headers=FORGED)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-antechamber_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalars(select(MemberSession.address).order_by(MemberSession.id.desc())).first() == address


def test_cookie_of_before_the_sign_in_opens_nothing_after_it(instance: Instance) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        members.set_password(work, persona(instance, "owner").id, PASSWORD)
    app = create_app(instance=instance)
    victim, planted = app.test_client(), app.test_client()
    page = victim.get("/sign-in")
    before = page.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    sent = {"csrf_token": found[1], "email": "owner@example.org", "password": PASSWORD}
    assert victim.post("/sign-in", data=sent).status_code == 303
    assert victim.get("/").status_code == 200
    planted.set_cookie("antechamber_session", before)
    assert planted.get("/").status_code == 303
