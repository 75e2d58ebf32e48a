"""The second factor: a code of now, once, or a recovery code, once; and no way in around it."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from crm.clock import FixedClock
from crm.instance import Instance
from crm.models import RecoveryCode, SecondFactor
from crm.models.history import Transaction
from crm.models.second_factor import STEP_SECONDS, code_at
from crm.services import members, second_factor
from crm.testing.browsing import Browser
from crm.testing.fixtures import PASSWORD, persona

Visit = Callable[..., Browser]


# RFC 6238, appendix B, for SHA-1, its last six digits.
@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", seconds // STEP_SECONDS) == code


@pytest.mark.parametrize(("late", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_clock_of_a_telephone_may_be_half_a_minute_wrong(late: int, taken: bool) -> None:
    now = dt.datetime(2026, 11, 28, 12, 0, 15, tzinfo=dt.UTC)
    factor = SecondFactor(secret="GEZDGNBVGY3TQOJQ")
    shown = code_at(factor.secret, (int(now.timestamp()) + late) // STEP_SECONDS)
    assert (factor.step_of(shown, now) is not None) is taken


class Phone:
    """What the member holds: the secret of their account, and a clock."""

    def __init__(self, instance: Instance, name: str = "owner") -> None:
        self.instance = instance
        self.id = persona(instance, name).id

    def code(self, steps: int = 0) -> str:
        with self.instance.reading(door="cli", trusted=True) as work:
            found = second_factor.of_member(work, self.id)
            assert found is not None
            return code_at(found.secret, int(work.now().timestamp()) // STEP_SECONDS + steps)


@pytest.fixture
def phone(instance: Instance) -> Phone:
    with instance.writing(door="cli", trusted=True) as work:
        members.set_password(work, persona(instance, "owner").id, PASSWORD)
    return Phone(instance)


@pytest.fixture
def codes(browser: Visit, phone: Phone) -> list[str]:
    """The recovery codes of somebody who has just turned it on, at a desk where they are signed in."""
    desk = browser("owner")
    assert desk.post("/account/second-factor").status_code == 303
    assert "otpauth" not in desk.get("/account/second-factor").text
    answer = desk.post("/account/second-factor/on", {"code": phone.code(-1), "current": PASSWORD})
    assert answer.status_code == 200
    found = re.findall(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>", answer.text)
    assert len(set(found)) == 10
    return found


def give_password(visitor: Browser, password: str = PASSWORD, back: str = "") -> str:
    address = f"/sign-in?next={back}" if back else "/sign-in"
    answer = visitor.post(address, {"email": "owner@example.org", "password": password})
    return answer.headers.get("Location", "")


def is_in(visitor: Browser) -> bool:
    return visitor.get("/").status_code == 200


def test_password_alone_does_not_let_in_and_the_code_does(browser: Visit, phone: Phone, codes: list[str]) -> None:
    visitor = browser()
    assert give_password(visitor, back="/people/") == "/sign-in/code?next=/people/"
    assert not is_in(visitor)
    assert visitor.get("/sign-in/code").status_code == 200
    wrong = visitor.post("/sign-in/code", {"code": "000000"})
    assert wrong.status_code == 422
    assert second_factor.WRONG in html.unescape(wrong.text)
    assert not is_in(visitor)
    answer = visitor.post("/sign-in/code?next=/people/", {"code": f" {phone.code()[:3]} {phone.code()[3:]} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/people/")
    assert is_in(visitor)


def test_code_is_taken_once(browser: Visit, phone: Phone, codes: list[str]) -> None:
    first, second = browser(), browser()
    give_password(first)
    give_password(second)
    code = phone.code()
    assert first.post("/sign-in/code", {"code": code}).status_code == 303
    assert second.post("/sign-in/code", {"code": code}).status_code == 422
    assert second.post("/sign-in/code", {"code": phone.code(-1)}).status_code == 422
    assert second.post("/sign-in/code", {"code": phone.code(1)}).status_code == 303


def test_recovery_code_is_taken_once_however_it_is_typed(browser: Visit, instance: Instance, codes: list[str]) -> None:
    first, second = browser(), browser()
    give_password(first)
    give_password(second)
    assert first.post("/sign-in/code", {"code": codes[3].upper().replace("-", " ")}).status_code == 303
    assert second.post("/sign-in/code", {"code": codes[3]}).status_code == 422
    assert "9 recovery codes are left" in first.get("/account/second-factor").text
    with instance.reading(door="cli", trusted=True) as work:
        verbs = list(work.session.scalars(select(Transaction.verb).order_by(Transaction.id)))
        stored = set(work.session.scalars(select(RecoveryCode.code_hash)))
    assert verbs[-2:] == ["member.sign_in_recovered", "member.code_failed"]
    assert not any(code in text for code in codes for text in stored)


def test_wrong_codes_are_limited_with_the_wrong_passwords(browser: Visit, phone: Phone, codes: list[str]) -> None:
    visitor = browser()
    give_password(visitor)
    for _ in range(10):
        visitor.post("/sign-in/code", {"code": "000000"})
    for code in (phone.code(), codes[0]):
        answer = visitor.post("/sign-in/code", {"code": code})
        assert answer.status_code == 422
        assert "Too many attempts" in answer.text
    assert give_password(browser()) == ""


@pytest.mark.parametrize("code", ["", "0" * 10_000, "١٢٣٤٥٦", "12345\x00", "-" * 16, "1e5\n67"])
def test_nonsense_is_no_code(browser: Visit, codes: list[str], code: str) -> None:
    visitor = browser()
    give_password(visitor)
    assert visitor.post("/sign-in/code", {"code": code}).status_code == 422
    assert not is_in(visitor)


def test_code_page_is_for_those_who_gave_the_password_a_moment_ago(
    browser: Visit, phone: Phone, instance: Instance, codes: list[str]
) -> None:
    stranger = browser()
    assert stranger.get("/sign-in/code").headers["Location"].startswith("/sign-in")
    assert stranger.post("/sign-in/code", {"code": phone.code()}).headers["Location"].startswith("/sign-in")
    late, old = browser(), browser()
    for visitor in (late, old):
        give_password(visitor)
    clock = instance.clock
    instance.clock = FixedClock(clock.now() + dt.timedelta(minutes=6))
    assert late.post("/sign-in/code", {"code": phone.code()}).headers["Location"].startswith("/sign-in")
    instance.clock = clock
    with instance.writing(door="cli", trusted=True) as work:
        members.set_password(work, phone.id, "another long password")
    assert old.post("/sign-in/code", {"code": phone.code()}).headers["Location"].startswith("/sign-in")
    assert not is_in(late)
    assert not is_in(old)


def test_link_for_a_new_password_does_not_lead_around_it(
    browser: Visit, phone: Phone, instance: Instance, codes: list[str]
) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        secret = members.password_link(work, phone.id)
    visitor = browser()
    answer = visitor.post(f"/welcome/{secret}", {"password": "another long password"})
    assert answer.headers["Location"] == "/sign-in/code"
    assert not is_in(visitor)
    assert visitor.post("/sign-in/code", {"code": codes[0]}).status_code == 303
    assert is_in(visitor)


def test_turning_on_needs_password_and_code_and_ends_the_other_sessions(browser: Visit, phone: Phone) -> None:
    desk, forgotten = browser("owner"), browser("owner")
    desk.post("/account/second-factor")
    for sent in ({"code": phone.code(), "current": "wrong"}, {"code": "000000", "current": PASSWORD}):
        assert desk.post("/account/second-factor/on", sent).status_code == 422
    assert give_password(browser()) == "/"
    assert desk.post("/account/second-factor/on", {"code": phone.code(), "current": PASSWORD}).status_code == 200
    assert is_in(desk)
    assert not is_in(forgotten)
    again = desk.post("/account/second-factor/on", {"code": phone.code(1), "current": PASSWORD})
    assert again.status_code == 422
    assert "nothing to confirm" in again.text
    assert phone.code()[:4] not in desk.get("/account/second-factor").text


def test_new_recovery_codes_replace_the_old_and_turning_off_needs_the_password(
    browser: Visit, phone: Phone, codes: list[str]
) -> None:
    visitor = browser()
    give_password(visitor)
    visitor.post("/sign-in/code", {"code": codes[0]})
    assert visitor.post("/account/second-factor/codes", {"current": "wrong"}).status_code == 422
    renewed = visitor.post("/account/second-factor/codes", {"current": PASSWORD})
    assert codes[1] not in renewed.text
    stranger = browser()
    give_password(stranger)
    assert stranger.post("/sign-in/code", {"code": codes[1]}).status_code == 422
    assert visitor.post("/account/second-factor/off", {"current": "wrong"}).status_code == 422
    assert visitor.post("/account/second-factor/off", {"current": PASSWORD}).status_code == 303
    assert give_password(browser()) == "/"


def test_secret_is_nowhere_in_history_or_log(
    instance: Instance, codes: list[str], phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    with instance.reading(door="cli", trusted=True) as work:
        found = second_factor.of_member(work, phone.id)
        assert found is not None
        told = [repr(row.detail) for row in work.session.scalars(select(Transaction))]
        assert not any(found.secret in text for text in [*told, caplog.text])


def test_link_of_a_member_who_was_shut_out_or_changed_the_password_is_void(
    browser: Visit, instance: Instance, phone: Phone
) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        links = [members.password_link(work, phone.id) for _ in range(3)]
        members.disable(work, phone.id)
    answer = browser().post(f"/welcome/{links[0]}", {"password": "another long password"})
    assert answer.status_code == 404
    with instance.writing(door="cli", trusted=True) as work:
        members.enable(work, phone.id)
    assert browser().post(f"/welcome/{links[1]}", {"password": "another long password"}).status_code == 303
    assert browser().get(f"/welcome/{links[2]}").status_code == 404
