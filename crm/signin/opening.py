"""The session of a browser: opened, found again, and its half, for whoever gave a password and still owes a code."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from flask import g, session
from flask_login import login_user
from flask_login.mixins import UserMixin

from crm.errors import Unavailable
from crm.http.context import current_instance
from crm.models import Member, MemberSession
from crm.services import sessions

_HALF = "half"


class SignedIn(UserMixin):  # type: ignore[misc]
    """A member with the session they are signed in with.

    :param secret: secret of the session, which is what the cookie carries
    :param has_factor: whether they have a second factor
    """

    def __init__(self, member: Member, opened: MemberSession, secret: str, *, has_factor: bool) -> None:
        self.member = member
        self.opened = opened
        self.has_factor = has_factor
        self._secret = secret

    def get_id(self) -> str:
        return self._secret


class Half(NamedTuple):
    """Who gave a password here and still owes a code; see :func:`crm.services.sessions.proof_of`."""

    member_id: int
    proof: str


def load(secret: str) -> SignedIn | None:
    """Whoever is signed in with the session that the cookie names."""
    if g.get("crm_asked_in_vain"):
        # The page that says so is drawn for nobody, rather than asking once more.
        return None
    instance = current_instance()
    g.crm_asked_in_vain = True
    with instance.reading(door="web", trusted=True) as work:
        found = sessions.find(work, secret)
        g.crm_asked_in_vain = False
        if found is None:
            return None
        opened, member, has_factor = found
        is_due = sessions.is_touch_due(opened, work.now())
        work.session.expunge_all()
    if is_due:
        # A database that cannot be written now may well be read: the page is worth more than the note.
        with contextlib.suppress(Unavailable), instance.writing(door="web", trusted=True) as work:
            sessions.touch(work, opened.id)
    return SignedIn(member, opened, secret, has_factor=has_factor)


def open_session(secret: str) -> None:
    """Gives the browser a new session: nothing of the one before the sign-in lives on."""
    session.clear()
    found = load(secret)
    assert found is not None
    login_user(found)
    session.permanent = True
    g.pop("crm_member", None)


def open_half(member: Member) -> None:
    """Remembers in the browser who gave a password, for as long as the code may take."""
    session.clear()
    until = (current_instance().clock.now() + sessions.HALF_LIFE).timestamp()
    session[_HALF] = [member.id, sessions.proof_of(member), until]


def the_half() -> Half | None:
    """Who gave a password here and still owes a code, none where nobody does or it took too long."""
    match session.get(_HALF):
        case [int(member_id), str(proof), float(until)] if until > current_instance().clock.now().timestamp():
            return Half(member_id, proof)
    return None
