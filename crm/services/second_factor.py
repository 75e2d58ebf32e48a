"""Verbs on the second factor: set up, turn on, use, turn off; and the recovery codes that stand in for it."""

from __future__ import annotations

import base64
import re
import secrets
from typing import cast
from urllib.parse import quote

from sqlalchemy import CursorResult, delete, func, select, update

from crm.errors import Invalid
from crm.models import Member, RecoveryCode, SecondFactor, SignInAttempt
from crm.models.second_factor import DIGITS
from crm.services.members import end_sessions, get, needs_code, secret_hash
from crm.services.permissions import ADMINISTER, READ, authorise
from crm.services.sessions import limit
from crm.work import Work

ISSUER = "Antechamber"
CODES = 10
WRONG = "This code is wrong or was used already. Take the one that the app shows now, or a recovery code."
# 80 bits each, as RFC 4648 writes them: no 0, 1 or 8 to be mistaken.
_CODE_OCTETS = 10
_GROUPS = re.compile("....")


def of_member(work: Work, member_id: int) -> SecondFactor | None:
    """The second factor of a member: on, or being set up."""
    return work.session.get(SecondFactor, member_id)


def codes_left(work: Work, member_id: int) -> int:
    """How many recovery codes were not used yet."""
    unused = select(func.count()).where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
    return work.session.scalar(unused) or 0


def begin(work: Work) -> SecondFactor:
    """Makes the secret that the member's telephone is to share; nothing changes until :func:`turn_on`."""
    authorise(work, READ)
    member = get(work, work.member_id or 0)
    found = of_member(work, member.id)
    if found is None:
        secret = base64.b32encode(secrets.token_bytes(20)).decode()
        found = SecondFactor(member_id=member.id, secret=secret, created_at=work.now(), last_step=0)
        work.act("member.second_factor_begin", member)
        work.session.add(found)
        work.session.flush()
    return found


def turn_on(work: Work, code: str, *, keep_session: int) -> list[str]:
    """Turns it on, once the telephone shows the right code; every other session ends.

    :return: the recovery codes, which nobody can read again
    :raises Invalid: (field ``code``) wrong, or there is nothing to turn on
    """
    authorise(work, READ)
    member = get(work, work.member_id or 0)
    found = of_member(work, member.id)
    if found is None or found.confirmed_at is not None:
        raise Invalid("code", "There is nothing to confirm any more; look at how it stands now.")
    if not _took(work, member, code):
        raise Invalid("code", "This is not the code that the app shows now; check the clock of the telephone.")
    found.confirmed_at = work.now()
    work.act("member.second_factor_on", member)
    end_sessions(work, member.id, but=keep_session)
    return _new_codes(work, member)


def renew_codes(work: Work) -> list[str]:
    """New recovery codes, for all the old ones.

    :raises Invalid: the second factor is off
    """
    authorise(work, READ)
    member = get(work, work.member_id or 0)
    if not needs_code(work, member):
        raise Invalid("current", "The second factor is off, so there is nothing to recover.")
    work.act("member.recovery_codes", member)
    return _new_codes(work, member)


def turn_off(work: Work, member_id: int) -> bool:
    """Turns it off, one's own or, for an administrator, somebody's who lost telephone and codes.

    :return: whether it was on
    """
    member = get(work, member_id)
    authorise(work, READ if work.member_id == member_id else ADMINISTER)
    was_on = needs_code(work, member)
    if of_member(work, member_id) is not None:
        work.act("member.second_factor_off", member)
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    work.session.execute(delete(SecondFactor).where(SecondFactor.member_id == member_id))
    return was_on


def check(work: Work, member: Member, code: str, *, address: str) -> bool:
    """Whether a code lets a member in who gave the right password: the telephone's, or a recovery code, each once.

    The attempt is recorded and counts like one with a wrong password; commit it even when it failed.

    :raises Invalid: (field ``code``) too many attempts for the account or from the address
    """
    account = secret_hash(member.email)
    limit(work, account, address, "code")
    by_phone = _took(work, member, code)
    by_code = not by_phone and _recovered(work, member, code)
    passed = member.is_active and (by_phone or by_code)
    work.session.add(SignInAttempt(account=account, address=address[:60], at=work.now(), succeeded=passed))
    verbs = {True: "member.sign_in_recovered" if by_code else "member.sign_in", False: "member.code_failed"}
    work.act(verbs[passed], member)
    return passed


def link(member: Member, factor: SecondFactor) -> str:
    """The address that an app reads from the QR code."""
    label = quote(f"{ISSUER}:{member.email}", safe="")
    return f"otpauth://totp/{label}?secret={factor.secret}&issuer={ISSUER}"


def _took(work: Work, member: Member, code: str) -> bool:
    """Uses a code of the telephone up, if it is the one of now and was not used yet."""
    plain = re.sub(r"\s", "", code)
    found = of_member(work, member.id)
    if found is None or not (plain.isascii() and plain.isdigit() and len(plain) == DIGITS):
        return False
    step = found.step_of(plain, work.now())
    if step is None:
        return False
    # Two who send the same code at once: the database lets one of them have it.
    newer = update(SecondFactor).where(SecondFactor.member_id == member.id, SecondFactor.last_step < step)
    return cast("CursorResult[None]", work.session.execute(newer.values(last_step=step))).rowcount == 1


def _recovered(work: Work, member: Member, code: str) -> bool:
    """Uses a recovery code up."""
    unused = update(RecoveryCode).where(
        RecoveryCode.member_id == member.id,
        RecoveryCode.code_hash == _hash(code),
        RecoveryCode.used_at.is_(None),
    )
    return cast("CursorResult[None]", work.session.execute(unused.values(used_at=work.now()))).rowcount == 1


def _new_codes(work: Work, member: Member) -> list[str]:
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    plain = [base64.b32encode(secrets.token_bytes(_CODE_OCTETS)).decode().lower() for _ in range(CODES)]
    work.session.add_all(RecoveryCode(member_id=member.id, code_hash=_hash(code)) for code in plain)
    work.session.flush()
    return ["-".join(_GROUPS.findall(code)) for code in plain]


def _hash(code: str) -> str:
    return secret_hash(re.sub(r"[\s-]", "", code).lower())
