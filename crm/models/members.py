"""Members, their sessions, second factors, one-time links and sign-in attempts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Tracked

MEMBER_ROLES = {"admin": "Administrator", "member": "Member", "reader": "Reader"}


class Member(Tracked, Base):
    """A user with a role. Who may do what is asked of it, nowhere else."""

    __tablename__ = "crm_member"

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("crm_person.id", use_alter=True))
    disabled_at: Mapped[dt.datetime | None]
    host_identity: Mapped[str | None] = mapped_column(String(200), unique=True)
    shortcuts: Mapped[bool] = mapped_column(default=True)

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == "admin"

    @property
    def may_write(self) -> bool:
        return self.is_active and self.role in ("admin", "member")


class MemberSession(Base):
    """One sign-in on one device, ended by signing out, a new password, disabling, or from the sessions page."""

    __tablename__ = "crm_member_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), index=True)
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]
    agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(60), default="")
    ended_at: Mapped[dt.datetime | None]


class OneTimeLink(Base):
    """A link that can be used once: to become the first administrator, or to choose a password."""

    __tablename__ = "crm_one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(20))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"))
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class SecondFactor(Base):
    """What a member needs beside the password to sign in: codes by time (RFC 6238), from an application of theirs.

    The key that the application holds is worked out from ``nonce`` and the installation's secret, so that neither the
    database nor a backup of it is enough to make codes.
    """

    __tablename__ = "crm_second_factor"

    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    made_under: Mapped[str] = mapped_column(String(16))
    """a print of the secret, by which it is seen that the installation has another one by now"""
    begun_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    """when the first code proved that the application holds the key; asked for from then on"""
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """the step of time whose code was used last: none is good twice"""


class RecoveryCode(Base):
    """A code that is good once in the place of one by time, for whoever lost the telephone."""

    __tablename__ = "crm_recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[dt.datetime | None]


class SignInAttempt(Base):
    """One attempt to sign in, kept so that all workers share the limits."""

    __tablename__ = "crm_sign_in_attempt"
    __table_args__ = (Index(None, "account", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(60))
    at: Mapped[dt.datetime]
    succeeded: Mapped[bool]


class Submission(Base):
    """The key a form was served with: the same form sent twice makes one record."""

    __tablename__ = "crm_submission"
    __table_args__ = (UniqueConstraint("member_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"))
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime]
    reference: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
