"""Signing in and out: sessions live in the database, attempts are limited there for all workers."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import bindparam, func, select, update

from crm.errors import Invalid, NotFound
from crm.models import Member, MemberSession, SignInAttempt
from crm.services.members import needs_code, secret_hash, verify
from crm.work import Work

IDLE_LIFE = dt.timedelta(days=14)
LONGEST_LIFE = dt.timedelta(days=90)
TOUCH_EVERY = dt.timedelta(minutes=5)
LIMIT_WINDOW = dt.timedelta(minutes=15)
LIMIT_PER_ACCOUNT = 10
LIMIT_PER_ADDRESS = 50
REFUSED = "The address or the password is wrong."


# Asked at every request, so it is put together once.
_OPEN = (
    select(MemberSession, Member)
    .join(Member, Member.id == MemberSession.member_id)
    .where(
        MemberSession.token_hash == bindparam("hash"),
        MemberSession.ended_at.is_(None),
        MemberSession.last_seen_at > bindparam("used_after"),
        MemberSession.created_at > bindparam("opened_after"),
        Member.disabled_at.is_(None),
    )
)


def check_password(work: Work, *, email: str, password: str, address: str) -> Member | None:
    """The member whose address and password these are, or none: the same answer, in the same time, for any mistake.

    The attempt is recorded; commit it even when it failed. Where a code is asked for as well, it has not succeeded yet.

    :raises Invalid: too many attempts for the account or from the address
    """
    account = secret_hash(email.strip().lower())
    limit(work, account, address)
    member = work.session.scalar(select(Member).where(Member.email == email.strip().lower()))
    matches = verify(member, password)
    succeeded = member is not None and matches and member.is_active
    if succeeded and member is not None and needs_code(work, member):
        work.act("member.sign_in_half", member)
        return member
    work.session.add(SignInAttempt(account=account, address=address[:60], at=work.now(), succeeded=succeeded))
    work.act("member.sign_in" if succeeded else "member.sign_in_failed", member)
    return member if succeeded else None


def confirm_password(work: Work, member: Member, *, password: str, address: str) -> bool:
    """Whether a member who is signed in knows their password; a wrong one counts like a failed sign-in, so that a
    session left open is no place to guess it.

    The attempt is recorded; commit it even when it failed.

    :raises Invalid: (field ``current``) too many attempts for the account or from the address
    """
    account = secret_hash(member.email)
    limit(work, account, address, "current")
    matches = verify(member, password)
    if not matches:
        work.session.add(SignInAttempt(account=account, address=address[:60], at=work.now(), succeeded=False))
        work.act("member.confirm_failed", member)
    return matches


def begin(work: Work, member: Member, *, agent: str, address: str) -> str:
    """Opens a session and gives its secret, of which only the hash is kept."""
    secret = secrets.token_urlsafe(32)
    work.session.add(
        MemberSession(
            token_hash=secret_hash(secret),
            member_id=member.id,
            created_at=work.now(),
            last_seen_at=work.now(),
            agent=agent[:200],
            address=address[:60],
        )
    )
    work.session.flush()
    return secret


def find(work: Work, secret: str) -> tuple[MemberSession, Member] | None:
    """The open session a secret stands for, with its active member."""
    now = work.now()
    asked = {"hash": secret_hash(secret), "used_after": now - IDLE_LIFE, "opened_after": now - LONGEST_LIFE}
    row = work.session.execute(_OPEN, asked).one_or_none()
    return (row[0], row[1]) if row is not None else None


def is_touch_due(session: MemberSession, now: dt.datetime) -> bool:
    """Whether the last request of a session is worth writing down again."""
    return now - session.last_seen_at > TOUCH_EVERY


def touch(work: Work, session_id: int) -> None:
    """Writes down that a session is in use."""
    work.session.execute(update(MemberSession).where(MemberSession.id == session_id).values(last_seen_at=work.now()))


def of_member(work: Work, member_id: int) -> list[MemberSession]:
    """The open sessions of a member, the latest first."""
    now = work.now()
    return list(
        work.session.scalars(
            select(MemberSession)
            .where(
                MemberSession.member_id == member_id,
                MemberSession.ended_at.is_(None),
                MemberSession.last_seen_at > now - IDLE_LIFE,
                MemberSession.created_at > now - LONGEST_LIFE,
            )
            .order_by(MemberSession.last_seen_at.desc())
        )
    )


def end(work: Work, session_id: int) -> None:
    """Ends one of the member's own sessions.

    :raises NotFound: it is nobody's or somebody else's
    """
    found = work.session.get(MemberSession, session_id)
    if found is None or (not work.trusted and found.member_id != work.member_id):
        raise NotFound
    work.act("member.sign_out")
    found.ended_at = found.ended_at or work.now()


def limit(work: Work, account: str, address: str, field: str = "email") -> None:
    """Lets an attempt be made, or not.

    :param account: hash of the account's address
    :raises Invalid: (field ``field``) too many failed ones for the account or from the address
    """
    since = work.now() - LIMIT_WINDOW
    failed = select(func.count()).where(SignInAttempt.succeeded.is_(False), SignInAttempt.at > since)
    of_account = work.session.scalar(failed.where(SignInAttempt.account == account)) or 0
    of_address = work.session.scalar(failed.where(SignInAttempt.address == address[:60])) or 0
    if of_account >= LIMIT_PER_ACCOUNT or of_address >= LIMIT_PER_ADDRESS:
        raise Invalid(field, "Too many attempts. Wait a quarter of an hour, then try again.")
