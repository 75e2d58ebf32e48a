"""Signing in and out: sessions live in the database, attempts are limited there for all workers."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets

from sqlalchemy import bindparam, func, select, update

from crm.errors import Invalid, NotFound
from crm.models import Member, MemberSession, SecondFactor, SignInAttempt
from crm.services import second_factor
from crm.services.members import secret_hash, verify
from crm.work import Work

IDLE_LIFE = dt.timedelta(days=14)
LONGEST_LIFE = dt.timedelta(days=90)
TOUCH_EVERY = dt.timedelta(minutes=5)
LIMIT_WINDOW = dt.timedelta(minutes=15)
LIMIT_PER_ACCOUNT = 10
LIMIT_PER_ADDRESS = 50
REFUSED = "The address or the password is wrong."
HALF_LIFE = dt.timedelta(minutes=10)
"""how long after the password the code can be given"""


# Asked at every request, so it is put together once.
_OPEN = (
    select(MemberSession, Member, SecondFactor.confirmed_at.is_not(None))
    .join(Member, Member.id == MemberSession.member_id)
    .join(SecondFactor, SecondFactor.member_id == Member.id, isouter=True)
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

    The attempt is recorded; commit it even when it failed.

    :raises Invalid: too many attempts for the account or from the address
    """
    account = secret_hash(email.strip().lower())
    _limit(work, account, address)
    member = work.session.scalar(select(Member).where(Member.email == email.strip().lower()))
    matches = verify(member, password)
    succeeded = member is not None and matches and member.is_active
    work.session.add(SignInAttempt(account=account, address=address[:60], at=work.now(), succeeded=succeeded))
    if not succeeded or member is None:
        work.act("member.sign_in_failed", member)
        return None
    return member


def check_code(work: Work, member_id: int, proof: str, code: str, *, secret: str, address: str) -> Member | None:
    """The member whose password was given before, if the code is theirs: one by time, or a recovery code.

    The attempt is recorded; commit it even when it failed.

    :param proof: see :func:`proof_of`
    :param secret: the installation's
    :raises Invalid: (field ``code``) too many attempts for the account or from the address
    :raises NotFound: the member is gone, shut out, or has another password since
    """
    member = work.session.get(Member, member_id)
    if member is None or not member.is_active or not hmac.compare_digest(proof, proof_of(member)):
        raise NotFound
    account = secret_hash(member.email)
    _limit(work, account, address, "code")
    kind = second_factor.accept(work, secret, member, code)
    work.session.add(SignInAttempt(account=account, address=address[:60], at=work.now(), succeeded=bool(kind)))
    if not kind:
        work.act("member.code_failed", member)
        return None
    work.act("member.sign_in", member, code=kind)
    return member


def proof_of(member: Member) -> str:
    """What is kept in a browser between password and code: it holds until the password is another one."""
    return secret_hash(f"half:{member.id}:{member.password_hash}")


def confirm_password(work: Work, member: Member, *, password: str, address: str) -> bool:
    """Whether a member who is signed in knows their password; a wrong one counts like a failed sign-in, so that a
    session left open is no place to guess it.

    The attempt is recorded; commit it even when it failed.

    :raises Invalid: (field ``current``) too many attempts for the account or from the address
    """
    account = secret_hash(member.email)
    _limit(work, account, address, "current")
    matches = verify(member, password)
    if not matches:
        work.session.add(SignInAttempt(account=account, address=address[:60], at=work.now(), succeeded=False))
        work.act("member.confirm_failed", member)
    return matches


def enter(work: Work, member: Member, *, agent: str, address: str) -> str | None:
    """Signs in whoever gave a password: the secret of a new session, none where a code is still asked for."""
    if second_factor.is_on(work, member.id):
        work.act("member.sign_in_begun", member)
        return None
    work.act("member.sign_in", member)
    return begin(work, member, agent=agent, address=address)


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


def find(work: Work, secret: str) -> tuple[MemberSession, Member, bool] | None:
    """The open session a secret stands for, with its active member, and whether they have a second factor."""
    now = work.now()
    asked = {"hash": secret_hash(secret), "used_after": now - IDLE_LIFE, "opened_after": now - LONGEST_LIFE}
    row = work.session.execute(_OPEN, asked).one_or_none()
    return (row[0], row[1], bool(row[2])) if row is not None else None


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


def _limit(work: Work, account: str, address: str, field: str = "email") -> None:
    since = work.now() - LIMIT_WINDOW
    failed = select(func.count()).where(SignInAttempt.succeeded.is_(False), SignInAttempt.at > since)
    of_account = work.session.scalar(failed.where(SignInAttempt.account == account)) or 0
    of_address = work.session.scalar(failed.where(SignInAttempt.address == address[:60])) or 0
    if of_account >= LIMIT_PER_ACCOUNT or of_address >= LIMIT_PER_ADDRESS:
        raise Invalid(field, "Too many attempts. Wait a quarter of an hour, then try again.")
