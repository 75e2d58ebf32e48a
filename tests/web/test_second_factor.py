"""The second factor: set up, asked for, lost, required."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import func, select

from crm.app import create_app
from crm.clock import FixedClock
from crm.instance import Instance
from crm.models import RecoveryCode, SecondFactor
from crm.models.history import Transaction
from crm.services import members, second_factor
from crm.testing.browsing import Browser
from crm.testing.fixtures import PASSWORD, persona

Visit = Callable[..., Browser]
ADDRESS = "owner@example.org"


@pytest.fixture(autouse=True)
def password(instance: Instance) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        members.set_password(work, persona(instance, "owner").id, PASSWORD)


def code_of(page: str, instance: Instance, *, later: int = 0) -> str:
    """What the application shows that was given the key on a page."""
    key = re.search(r'class="mono">([A-Z2-7 ]+)<', page)
    assert key is not None
    at = instance.clock.now() + dt.timedelta(seconds=later)
    return pyotp.TOTP(key[1].replace(" ", "")).at(at)


def set_up(visitor: Browser, instance: Instance) -> tuple[str, list[str]]:
    """Switches it on: the page with the key, and the recovery codes."""
    assert visitor.post("/account/second-factor/begin", {"current": PASSWORD}).status_code == 303
    page = visitor.get("/account/second-factor").text
    done = visitor.post("/account/second-factor/confirm", {"code": code_of(page, instance)})
    assert done.status_code == 200
    return page, re.findall(r"<li>([A-Z2-9]{5}(?:-[A-Z2-9]{5}){3})</li>", done.text)


def give_password(visitor: Browser, back: str = "") -> str:
    answer = visitor.post(f"/sign-in?next={back}", {"email": ADDRESS, "password": PASSWORD})
    assert answer.status_code == 303
    return answer.headers["Location"]


def wait(instance: Instance, seconds: float) -> None:
    instance.clock = FixedClock(instance.clock.now() + dt.timedelta(seconds=seconds))


def test_password_alone_opens_nothing_and_the_code_leads_where_one_wanted_to_go(
    browser: Visit, instance: Instance
) -> None:
    page, _ = set_up(browser("owner"), instance)
    visitor = browser()
    assert give_password(visitor, "/counts/") == "/sign-in/code?next=/counts/"
    assert visitor.get("/counts/").status_code == 303
    assert "<h1>Second factor" in visitor.get("/sign-in/code").text
    wait(instance, 30)
    entered = visitor.post("/sign-in/code?next=/counts/", {"code": code_of(page, instance)})
    assert entered.headers["Location"] == "/counts/"
    assert visitor.get("/counts/").status_code == 200


def test_code_is_good_once(browser: Visit, instance: Instance) -> None:
    page, _ = set_up(browser("owner"), instance)
    wait(instance, 30)
    for expected in (303, 422):
        visitor = browser()
        give_password(visitor)
        assert visitor.post("/sign-in/code", {"code": code_of(page, instance)}).status_code == expected


def test_code_that_switched_it_on_signs_nobody_in(browser: Visit, instance: Instance) -> None:
    page, _ = set_up(browser("owner"), instance)
    visitor = browser()
    give_password(visitor)
    assert visitor.post("/sign-in/code", {"code": code_of(page, instance)}).status_code == 422


@pytest.mark.parametrize(("apart", "expected"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)])
def test_clock_of_a_telephone_may_be_half_a_minute_off(
    browser: Visit, instance: Instance, apart: int, expected: int
) -> None:
    page, _ = set_up(browser("owner"), instance)
    wait(instance, 300)
    visitor = browser()
    give_password(visitor)
    code = code_of(page, instance, later=apart)
    assert visitor.post("/sign-in/code", {"code": f"{code[:3]} {code[3:]}"}).status_code == expected


def test_recovery_code_signs_in_once_in_any_case_and_without_dashes(browser: Visit, instance: Instance) -> None:
    _, codes = set_up(browser("owner"), instance)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    visitor = browser()
    give_password(visitor)
    assert visitor.post("/sign-in/code", {"code": codes[3].lower().replace("-", " ")}).status_code == 303
    assert "9 not used yet" in visitor.get("/account/second-factor").text
    again = browser()
    give_password(again)
    refused = again.post("/sign-in/code", {"code": codes[3]})
    assert refused.status_code == 422
    assert "not good, or not any more" in refused.text


def test_guessing_codes_is_limited_with_the_sign_ins(browser: Visit, instance: Instance) -> None:
    page, _ = set_up(browser("owner"), instance)
    wait(instance, 30)
    visitor = browser()
    give_password(visitor)
    for _ in range(10):
        visitor.post("/sign-in/code", {"code": "000000"})
    shut = visitor.post("/sign-in/code", {"code": code_of(page, instance)})
    assert shut.status_code == 422
    assert "Too many attempts" in shut.text
    assert "Too many attempts" in browser().post("/sign-in", {"email": ADDRESS, "password": PASSWORD}).text


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "٣٤٥٦٧٨", "abcdef", "x" * 5000, "\x00", "0x1234"])
def test_nonsense_is_refused_on_the_field(browser: Visit, instance: Instance, typed: str) -> None:
    set_up(browser("owner"), instance)
    visitor = browser()
    give_password(visitor)
    assert visitor.post("/sign-in/code", {"code": typed}).status_code == 422


def test_half_sign_in_ends_after_ten_minutes_and_with_the_password(browser: Visit, instance: Instance) -> None:
    page, _ = set_up(browser("owner"), instance)
    late, other = browser(), browser()
    give_password(late)
    wait(instance, 601)
    assert late.post("/sign-in/code", {"code": code_of(page, instance)}).headers["Location"] == "/sign-in"
    give_password(other)
    with instance.writing(door="cli", trusted=True) as work:
        members.set_password(work, persona(instance, "owner").id, "another long password")
    assert other.post("/sign-in/code", {"code": code_of(page, instance)}).headers["Location"] == "/sign-in"
    assert other.get("/").status_code == 303


def test_nobody_gives_a_code_without_a_password(browser: Visit, instance: Instance) -> None:
    page, _ = set_up(browser("owner"), instance)
    wait(instance, 30)
    stranger = browser()
    assert stranger.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert stranger.post("/sign-in/code", {"code": code_of(page, instance)}).headers["Location"] == "/sign-in"
    assert stranger.get("/").status_code == 303


def test_setting_up_takes_the_password_and_the_right_code(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    wrong = visitor.post("/account/second-factor/begin", {"current": "wrong"})
    assert wrong.status_code == 422
    assert "not the password you have now" in wrong.text
    assert visitor.post("/account/second-factor/confirm", {"code": "123456"}).status_code == 422
    visitor.post("/account/second-factor/begin", {"current": PASSWORD})
    refused = visitor.post("/account/second-factor/confirm", {"code": "000000"})
    assert refused.status_code == 422
    assert "not the code that the application shows" in refused.text
    assert give_password(browser()) == "/"
    wait(instance, 3700)
    page = visitor.get("/account/second-factor").text
    assert "Set it up" in page


def test_switching_it_on_ends_the_other_sessions(browser: Visit, instance: Instance) -> None:
    here, elsewhere = browser("owner"), browser("owner")
    assert elsewhere.get("/").status_code == 200
    set_up(here, instance)
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 303


def test_new_recovery_codes_end_the_old_ones(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    _, codes = set_up(visitor, instance)
    assert visitor.post("/account/second-factor/codes", {"codes-current": "wrong"}).status_code == 422
    renewed = visitor.post("/account/second-factor/codes", {"codes-current": PASSWORD})
    assert renewed.status_code == 200
    other = browser()
    give_password(other)
    assert other.post("/sign-in/code", {"code": codes[0]}).status_code == 422


def test_switched_off_the_password_is_enough(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    set_up(visitor, instance)
    assert visitor.post("/account/second-factor/off", {"off-current": "wrong"}).status_code == 422
    assert visitor.post("/account/second-factor/off", {"off-current": PASSWORD}).status_code == 303
    assert give_password(browser()) == "/"
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalar(select(func.count()).select_from(RecoveryCode)) == 0


def test_administrator_takes_it_from_whoever_lost_it_and_nobody_else_can(browser: Visit, instance: Instance) -> None:
    set_up(browser("owner"), instance)
    member = persona(instance, "owner").id
    assert browser("colleague").post(f"/members/{member}/second-factor/reset").status_code == 403
    assert "Reset second factor" in browser("admin").get("/members/").text
    assert browser("admin").post(f"/members/{member}/second-factor/reset").status_code == 303
    assert give_password(browser()) == "/"


def test_link_for_a_new_password_does_not_pass_it_by(browser: Visit, instance: Instance) -> None:
    set_up(browser("owner"), instance)
    with instance.writing(door="cli", trusted=True) as work:
        secret = members.password_link(work, persona(instance, "owner").id)
    visitor = browser()
    answer = visitor.post(f"/welcome/{secret}", {"password": "a brand new password"})
    assert answer.headers["Location"] == "/sign-in/code"
    assert visitor.get("/").status_code == 303


def test_database_alone_makes_no_codes(browser: Visit, instance: Instance) -> None:
    page, codes = set_up(browser("owner"), instance)
    key = re.search(r'class="mono">([A-Z2-7 ]+)<', page)
    assert key is not None
    with instance.reading(door="cli", trusted=True) as work:
        factor = work.session.scalars(select(SecondFactor)).one()
        assert key[1].replace(" ", "") not in factor.nonce
        stored = set(work.session.scalars(select(RecoveryCode.code_hash)))
    assert all(len(code) == 64 for code in stored)
    assert not stored & set(codes)
    other = replace(instance.settings, secret_key="another secret of an installation, long enough")
    with instance.reading(door="cli", trusted=True) as work:
        member = persona(instance, "owner")
        shown = pyotp.TOTP(key[1].replace(" ", "")).at(instance.clock.now())
        assert second_factor.accept(work, other.secret_key, member, shown) == ""


def test_everything_is_in_the_history(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    page, _ = set_up(visitor, instance)
    wait(instance, 30)
    other = browser()
    give_password(other)
    other.post("/sign-in/code", {"code": "000000"})
    other.post("/sign-in/code", {"code": code_of(page, instance)})
    other.post("/account/second-factor/codes", {"codes-current": PASSWORD})
    other.post("/account/second-factor/off", {"off-current": PASSWORD})
    with instance.reading(door="cli", trusted=True) as work:
        verbs = list(work.session.scalars(select(Transaction.verb).order_by(Transaction.id.desc()).limit(7)))
    assert verbs[::-1] == [
        "member.factor_begun",
        "member.factor_on",
        "member.sign_in_begun",
        "member.code_failed",
        "member.sign_in",
        "member.recovery_codes",
        "member.factor_off",
    ]


def test_required_leads_everybody_to_set_it_up_first(instance: Instance) -> None:
    instance.settings = replace(instance.settings, second_factor="required")
    app = create_app(instance=instance)
    app.testing = True
    visitor = Browser(app, instance, "owner")
    for address in ("/", "/counts/", "/people/", "/feeds/"):
        assert visitor.get(address).headers.get("Location", "") == "/account/second-factor", address
    assert visitor.post("/topics/", {"name": "X"}).headers["Location"] == "/account/second-factor"
    assert visitor.get("/account/second-factor").status_code == 200
    set_up(visitor, instance)
    assert visitor.get("/").status_code == 200
