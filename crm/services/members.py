"""Verbs on members: add, change role, disable, passwords, and the one-time link of the first administrator."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from crm.errors import Forbidden, Invalid, NotFound
from crm.models import Member, MemberSession, OneTimeLink
from crm.models.members import MEMBER_ROLES
from crm.services.permissions import ADMINISTER, READ, authorise
from crm.services.values import choice, short
from crm.work import Work

MIN_PASSWORD = 12
MAX_PASSWORD = 200
LINK_LIFE = dt.timedelta(hours=24)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")

if TYPE_CHECKING:
    from argon2 import PasswordHasher


@functools.cache
def _hasher() -> PasswordHasher:
    # A library of its own, needed only where passwords are: not where a host or a calendar's secret says who is there.
    from argon2 import PasswordHasher

    return PasswordHasher()


@functools.cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def add(work: Work, *, email: str, name: str, role: str, password: str | None = None) -> Member:
    """Adds a member; without a password they choose one by a one-time link.

    :raises Invalid: the address is taken or none, the role unknown, the password too short
    """
    authorise(work, ADMINISTER)
    address = normal_email(email)
    if work.session.scalar(select(Member.id).where(Member.email == address)) is not None:
        raise Invalid("email", f"{address} is a member already; change their role instead.")
    member = Member(email=address, name=short("name", name, 200), role=choice("role", role, MEMBER_ROLES))
    if password is not None:
        member.password_hash = hash_password(password)
    work.act("member.add", member, role=role)
    work.session.add(member)
    work.session.flush()
    return member


def get(work: Work, member_id: int) -> Member:
    """:raises NotFound: there is no such member"""
    found = work.session.get(Member, member_id)
    if found is None:
        raise NotFound
    return found


def by_email(work: Work, email: str) -> Member:
    """:raises Invalid: nobody has that address"""
    found = work.session.scalar(select(Member).where(Member.email == normal_email(email)))
    if found is None:
        raise Invalid("email", f"Nobody here has the address {email}; see the list of members.")
    return found


def everybody(work: Work) -> list[Member]:
    """All members, the active ones first, by name."""
    return list(work.session.scalars(select(Member).order_by(Member.disabled_at.is_not(None), Member.name)))


def set_role(work: Work, member_id: int, role: str, *, was: str = "") -> Member:
    """Gives a member another role; it holds from their next request.

    :param was: the role that was seen when it was chosen, empty if that does not matter
    :raises Invalid: no administrator would be left, or somebody else gave them another role meanwhile
    """
    authorise(work, ADMINISTER)
    member = get(work, member_id)
    choice("role", role, MEMBER_ROLES)
    if member.role == role:
        return member
    if was and member.role != was:
        now = MEMBER_ROLES[member.role].lower()
        raise Invalid("role", f"Somebody else made {member.name} “{now}” meanwhile; look, then choose again.")
    if role != "admin":
        _keep_one_admin(work, member)
    work.act("member.role", member, before=member.role, after=role)
    member.role = role
    return member


def disable(work: Work, member_id: int) -> Member:
    """Shuts a member out at once: sessions end, feeds fall silent; what they logged stays theirs."""
    authorise(work, ADMINISTER)
    member = get(work, member_id)
    _keep_one_admin(work, member)
    work.act("member.disable", member)
    member.disabled_at = member.disabled_at or work.now()
    end_sessions(work, member.id)
    return member


def enable(work: Work, member_id: int) -> Member:
    """Lets a disabled member in again."""
    authorise(work, ADMINISTER)
    member = get(work, member_id)
    work.act("member.enable", member)
    member.disabled_at = None
    return member


def prefer_shortcuts(work: Work, on: bool) -> Member:
    """Switches single keys on every page on or off for the member who asks."""
    authorise(work, READ)
    member = get(work, work.member_id or 0)
    if member.shortcuts != on:
        work.act("member.shortcuts", member, on=on)
        member.shortcuts = on
        work.session.flush()
    return member


def set_password(work: Work, member_id: int, password: str, *, keep_session: int | None = None) -> None:
    """Sets a new password and ends every session but ``keep_session``.

    :raises Invalid: too short, too long, or the member's own name or address
    """
    member = get(work, member_id)
    if work.member_id != member_id:
        authorise(work, ADMINISTER)
    if password.strip().lower() in (member.email, member.name.lower()):
        raise Invalid("password", "Your own name or address is the first thing anybody would try.")
    member.password_hash = hash_password(password)
    work.act("member.password", member)
    end_sessions(work, member.id, but=keep_session)
    # Whoever changed the password because a link got out must not find it changed again.
    work.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.member_id == member.id, OneTimeLink.used_at.is_(None))
        .values(used_at=work.now())
    )


def end_sessions(work: Work, member_id: int, *, but: int | None = None) -> None:
    """Ends every open session of a member except ``but``."""
    work.session.execute(
        update(MemberSession)
        .where(MemberSession.member_id == member_id, MemberSession.ended_at.is_(None), MemberSession.id != (but or 0))
        .values(ended_at=work.now())
    )


def verify(member: Member | None, password: str) -> bool:
    """Whether the password is the member's; takes the same time when there is no such member."""
    stored = member.password_hash if member is not None and member.password_hash else _nobodys_hash()
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(stored, password[:MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return member is not None and bool(member.password_hash)


def hash_password(password: str) -> str:
    """:raises Invalid: too short or too long (NIST SP 800-63B: length, not composition)"""
    if len(password) < MIN_PASSWORD:
        raise Invalid("password", f"Use at least {MIN_PASSWORD} characters; three or four words do well.")
    if len(password) > MAX_PASSWORD:
        raise Invalid("password", f"Use at most {MAX_PASSWORD} characters.")
    return _hasher().hash(password)


def normal_email(email: str) -> str:
    """:raises Invalid: not an e-mail address"""
    address = short("email", email, 254).lower()
    if not _EMAIL.fullmatch(address):
        raise Invalid("email", "Give an e-mail address such as name@example.org.")
    return address


def secret_hash(secret: str) -> str:
    """What is stored of a random secret of 128 bits or more: a fast hash is enough, nobody can try them all."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_first_admin_wanted(work: Work) -> bool:
    """Whether nobody can administer yet."""
    return work.session.scalar(select(func.count()).select_from(Member).where(Member.role == "admin")) == 0


def first_admin_link(work: Work) -> str | None:
    """A new secret with which the first administrator signs up, once; none when there is one already."""
    authorise(work, ADMINISTER)
    if not is_first_admin_wanted(work):
        return None
    return _new_link(work, "first-admin", None)


def password_link(work: Work, member_id: int) -> str:
    """A new secret with which a member chooses a password, once."""
    authorise(work, ADMINISTER)
    member = get(work, member_id)
    work.act("member.password_link", member)
    return _new_link(work, "password", member.id)


def link(work: Work, secret: str) -> OneTimeLink:
    """The unused link a secret stands for.

    :raises NotFound: unknown, used, expired, or its member was shut out
    """
    found = work.session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.token_hash == secret_hash(secret),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > work.now(),
        )
    )
    if found is None or (found.purpose == "first-admin" and not is_first_admin_wanted(work)):
        raise NotFound
    if found.member_id is not None and not get(work, found.member_id).is_active:
        raise NotFound
    return found


def use_link(work: Work, secret: str, *, password: str, email: str = "", name: str = "") -> Member:
    """Uses a one-time link up: makes the first administrator, or sets a member's password.

    :raises NotFound: unknown, used, or expired
    """
    found = link(work, secret)
    found.used_at = work.now()
    if found.member_id is None:
        member = add(work, email=email, name=name, role="admin", password=password)
    else:
        member = get(work, found.member_id)
        set_password(work, member.id, password)
    return member


def of_host(work: Work, subject: str) -> Member | None:
    """The member who stands for a user of the host application."""
    return work.session.scalar(select(Member).where(Member.host_identity == subject))


def welcome(work: Work, subject: str, *, name: str, email: str, role: str) -> Member:
    """Makes or brings up to date the member who stands for a user of the host application.

    A member who signed in here before, with the same address, becomes that user and keeps what is theirs: the host
    vouches for addresses as it does for roles.

    :raises Forbidden: the address is that of a member who stands for another user of the host
    """
    address = normal_email(email)
    member = of_host(work, subject)
    holder = work.session.scalar(select(Member).where(Member.email == address))
    if holder is not None and holder is not member and (member is not None or holder.host_identity is not None):
        raise Forbidden("Your e-mail address is that of another member here; an administrator can tell whose.")
    if member is None:
        member = holder or Member(email=address, name="", role=role)
        member.host_identity = subject
        work.session.add(member)
    work.act("member.welcome", member)
    member.name, member.email = short("name", name, 200), address
    member.role = choice("role", role, MEMBER_ROLES)
    work.session.flush()
    return member


def _new_link(work: Work, purpose: str, member_id: int | None) -> str:
    secret = secrets.token_urlsafe(32)
    work.session.add(
        OneTimeLink(
            token_hash=secret_hash(secret),
            purpose=purpose,
            member_id=member_id,
            created_at=work.now(),
            expires_at=work.now() + LINK_LIFE,
        )
    )
    work.session.flush()
    return secret


def _keep_one_admin(work: Work, member: Member) -> None:
    others = select(func.count()).where(Member.role == "admin", Member.disabled_at.is_(None), Member.id != member.id)
    if member.is_admin and not work.session.scalar(others):
        raise Invalid("role", "Somebody must be left who can administer; make another member an administrator first.")
