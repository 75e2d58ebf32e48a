"""The second factor of a sign-in: codes by time (RFC 6238) from an application of the member's, and recovery codes.

An application and this program hold the same key, and each works out from it and the time a code of six digits. The key
is stored nowhere here: it follows from the installation's secret and a number of the member's own.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, delete, func, select, update

from crm.errors import Invalid
from crm.models import Member, RecoveryCode, SecondFactor
from crm.services import members
from crm.services.permissions import ADMINISTER, READ, authorise
from crm.work import Work

ISSUER = "Antechamber"
RECOVERY_CODES = 10
SET_UP_WITHIN = dt.timedelta(hours=1)
STEP = 30
"""seconds for which a code is good"""
_STEPS_APART = 1
"""how many steps the clock of a telephone may be ahead or behind"""
_KEY_BYTES = 20
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _IN_GROUP = 4, 5


class State(NamedTuple):
    """How a member's second factor stands.

    :param since: when it was switched on; none while it is off
    :param codes_left: recovery codes that were not used yet
    """

    since: dt.datetime | None
    codes_left: int


class Enrolment(NamedTuple):
    """What goes into the application.

    :param key: in Base32, in groups of four, for those who type it
    :param uri: the same as an ``otpauth`` address, for those who scan it
    """

    key: str
    uri: str


def state(work: Work) -> State:
    """How the member's own second factor stands."""
    authorise(work, READ)
    factor = _factor(work, work.member_id or 0)
    unused = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.member_id == work.member_id, RecoveryCode.used_at.is_(None)
    )
    return State(factor.confirmed_at if factor is not None else None, int(work.session.scalar(unused) or 0))


def is_on(work: Work, member_id: int) -> bool:
    """Whether the member is asked for a code."""
    factor = _factor(work, member_id)
    return factor is not None and factor.confirmed_at is not None


def holders(work: Work) -> set[int]:
    """The numbers of the members who are asked for a code."""
    return set(work.session.scalars(select(SecondFactor.member_id).where(SecondFactor.confirmed_at.is_not(None))))


def lost(work: Work, secret: str) -> list[str]:
    """The addresses of members whose second factor was set up under another secret: no code of theirs is good."""
    found = select(Member.email).join(SecondFactor, SecondFactor.member_id == Member.id)
    others = found.where(SecondFactor.confirmed_at.is_not(None), SecondFactor.made_under != _print(secret))
    return list(work.session.scalars(others.order_by(Member.email)))


def begin(work: Work, secret: str) -> None:
    """Makes a key for the member; it is not asked for before a code has proved that their application holds it.

    :param secret: the installation's
    :raises Invalid: they have a second factor already
    """
    member = _oneself(work)
    factor = _factor(work, member.id)
    if factor is None:
        factor = SecondFactor(member_id=member.id)
        work.session.add(factor)
    elif factor.confirmed_at is not None:
        raise Invalid("current", "You have a second factor already; switch it off first.")
    work.act("member.factor_begun", member)
    factor.nonce, factor.made_under = secrets.token_hex(32), _print(secret)
    factor.begun_at, factor.last_step = work.now(), 0
    work.session.flush()


def enrolment(work: Work, secret: str) -> Enrolment | None:
    """What goes into the application while the member is setting it up; none otherwise, or when it took too long.

    :param secret: the installation's
    """
    member = _oneself(work)
    factor = _begun(work, member)
    if factor is None:
        return None
    key = _key(secret, factor)
    groups = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    return Enrolment(groups, _totp(key).provisioning_uri(name=member.email, issuer_name=ISSUER))


def confirm(work: Work, secret: str, code: str, *, keep_session: int | None = None) -> list[str]:
    """Switches the second factor on, ends every other session of the member, and gives their recovery codes, which
    nobody can show again.

    :raises Invalid: (field ``code``) the application shows another code, or setting up took too long
    """
    member = _oneself(work)
    factor = _begun(work, member)
    if factor is None:
        raise Invalid("code", "Setting this up took too long; begin once more.")
    step = _step_of(work, _key(secret, factor), code)
    if step is None:
        raise Invalid("code", "This is not the code that the application shows now. Is the telephone's clock right?")
    work.act("member.factor_on", member)
    factor.confirmed_at, factor.last_step = work.now(), step
    members.end_sessions(work, member.id, but=keep_session)
    return _new_codes(work, member.id)


def renew_codes(work: Work) -> list[str]:
    """New recovery codes in the place of those there were.

    :raises Invalid: the member has no second factor
    """
    member = _oneself(work)
    if not is_on(work, member.id):
        raise Invalid("current", "You have no second factor; set it up first.")
    work.act("member.recovery_codes", member)
    return _new_codes(work, member.id)


def switch_off(work: Work) -> None:
    """Asks the member for the password alone from now on."""
    _forget(work, _oneself(work))


def reset(work: Work, member_id: int) -> Member:
    """Takes the second factor from somebody who lost telephone and recovery codes.

    :raises NotFound: there is no such member
    """
    authorise(work, ADMINISTER)
    member = members.get(work, member_id)
    _forget(work, member)
    return member


def accept(work: Work, secret: str, member: Member, code: str) -> str:
    """Uses a code up: ``time`` or ``recovery`` says what it was, nothing that it is not good, or not any more.

    :param secret: the installation's
    """
    factor = _factor(work, member.id)
    if factor is None or factor.confirmed_at is None:
        return ""
    step = _step_of(work, _key(secret, factor), code)
    if step is None:
        typed = "".join(sign for sign in code.upper() if sign in _LETTERS)
        used = update(RecoveryCode).where(
            RecoveryCode.member_id == member.id,
            RecoveryCode.code_hash == members.secret_hash(typed),
            RecoveryCode.used_at.is_(None),
        )
        return "recovery" if _changes_one(work, used.values(used_at=work.now())) else ""
    # Two who send the same code at once: one of them moves the step.
    moved = update(SecondFactor).where(SecondFactor.member_id == member.id, SecondFactor.last_step < step)
    return "time" if _changes_one(work, moved.values(last_step=step)) else ""


def _oneself(work: Work) -> Member:
    authorise(work, READ)
    return members.get(work, work.member_id or 0)


def _factor(work: Work, member_id: int) -> SecondFactor | None:
    found: SecondFactor | None = work.session.get(SecondFactor, member_id)
    return found


def _begun(work: Work, member: Member) -> SecondFactor | None:
    factor = _factor(work, member.id)
    if factor is None or factor.confirmed_at is not None or work.now() - factor.begun_at > SET_UP_WITHIN:
        return None
    return factor


def _forget(work: Work, member: Member) -> None:
    factor = _factor(work, member.id)
    if factor is None:
        return
    work.act("member.factor_off", member)
    work.session.delete(factor)
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    work.session.flush()


def _new_codes(work: Work, member_id: int) -> list[str]:
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _IN_GROUP)) for _ in range(RECOVERY_CODES)]
    work.session.add_all(RecoveryCode(member_id=member_id, code_hash=members.secret_hash(code)) for code in codes)
    work.session.flush()
    return ["-".join(code[start : start + _IN_GROUP] for start in range(0, len(code), _IN_GROUP)) for code in codes]


def _key(secret: str, factor: SecondFactor) -> str:
    said = f"second-factor:{factor.member_id}:{factor.nonce}".encode()
    return base64.b32encode(hmac.digest(secret.encode(), said, hashlib.sha256)[:_KEY_BYTES]).decode()


def _print(secret: str) -> str:
    return hmac.digest(secret.encode(), b"second-factor", hashlib.sha256).hex()[:16]


def _step_of(work: Work, key: str, code: str) -> int | None:
    """The step of time to which the code belongs, none if to none of those that are good now."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit()):
        return None
    now = int(work.now().timestamp()) // STEP
    totp = _totp(key)
    good = [
        step
        for step in range(now - _STEPS_APART, now + _STEPS_APART + 1)
        if hmac.compare_digest(totp.generate_otp(step), typed)
    ]
    return max(good, default=None)


def _totp(key: str) -> Any:
    # Needed by few requests.
    from pyotp import TOTP

    return TOTP(key, interval=STEP)


def _changes_one(work: Work, statement: Any) -> bool:
    return cast("CursorResult[Any]", work.session.execute(statement)).rowcount == 1
