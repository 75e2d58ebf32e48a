"""Who is asking, and of which installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from flask import current_app, g

from crm.instance import Instance
from crm.models import Member

EXTENSION = "crm"


class HostUser(NamedTuple):
    """A signed-in user of the application in which the product is mounted.

    :param subject: what identifies the user there, for ever
    :param role: ``admin``, ``member`` or ``reader``
    """

    subject: str
    name: str
    email: str
    role: str = "member"


Identity = Callable[[], Member | HostUser | None]


@dataclass(slots=True)
class Mounted:
    """The product inside one Flask application.

    :param identity: asked at each request who is there
    :param sign_in_url: where an unknown visitor is sent, given the address to come back to; none: 401
    :param sign_out_url: where the sign-out button posts to; none when the host does it
    :param member_links: entries of the member's menu, label and address
    """

    instance: Instance
    identity: Identity
    sign_in_url: Callable[[str], str] | None = None
    sign_out_url: Callable[[], str] | None = None
    member_links: Callable[[], list[dict[str, str]]] = field(default=list)
    asset_hashes: dict[str, str] = field(default_factory=dict)


def mounted() -> Mounted:
    """The product inside the current application."""
    found: Mounted = current_app.extensions[EXTENSION]
    return found


def current_instance() -> Instance:
    """The installation that answers the current request."""
    return mounted().instance


def current_member() -> Member | None:
    """The active member who is asking, looked up once a request."""
    if "crm_member" not in g:
        # What cannot be asked now stays unknown for this request: the page that says so must not ask again.
        g.crm_member = None
        g.crm_member = _identify()
    member: Member | None = g.crm_member
    return member


def sign_in_address(back: str) -> str | None:
    """Where to send a visitor who must sign in first and shall come ``back``."""
    address = mounted().sign_in_url
    return address(back) if address is not None else None


def _identify() -> Member | None:
    from crm.services import members

    who = mounted().identity()
    if isinstance(who, HostUser):
        instance = current_instance()
        with instance.reading(door="web", trusted=True) as work:
            known = members.of_host(work, who.subject)
        said = (" ".join(who.name.split()), members.normal_email(who.email), who.role)
        if known is None or (known.name, known.email, known.role) != said:
            with instance.writing(door="web", trusted=True) as work:
                known = members.welcome(work, who.subject, name=who.name, email=who.email, role=who.role)
        who = known
    return who if who is not None and who.is_active else None
