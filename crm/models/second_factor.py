"""The second factor of a member: time-based one-time passwords (RFC 6238), and recovery codes for a lost telephone.

Neither is a recorded thing with version twins: a secret must not live on in the history.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base

DIGITS = 6
STEP_SECONDS = 30
#: Steps that a clock may be wrong by, either way.
DRIFT = 1


class SecondFactor(Base):
    """The secret that a member's telephone shares; it counts from ``confirmed_at`` on."""

    __tablename__ = "crm_second_factor"

    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """the step whose code was used last: no code is taken twice"""

    def step_of(self, code: str, now: dt.datetime) -> int | None:
        """The step whose code this is, none if it is not of now."""
        present = int(now.timestamp()) // STEP_SECONDS
        steps = range(present - DRIFT, present + DRIFT + 1)
        # All of them are looked at, so that the time taken does not tell which one it was.
        found = [step for step in steps if hmac.compare_digest(code_at(self.secret, step), code)]
        return found[-1] if found else None


class RecoveryCode(Base):
    """One of the codes that stand in for the telephone, each once; only its hash is kept."""

    __tablename__ = "crm_recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[dt.datetime | None]


def code_at(secret: str, step: int) -> str:
    """The code of a step (RFC 4226, section 5.3).

    :param secret: in base 32
    """
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"
