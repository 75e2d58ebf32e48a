"""The demonstration login: an administrator with a random password, on the machine's own address only."""

from __future__ import annotations

import ipaddress
import os
import secrets
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import select

from crm.errors import ConfigError, NotFound
from crm.models import InstanceSetting, Member
from crm.services import feeds, members
from crm.services.permissions import ADMINISTER, authorise
from crm.settings import LOOPBACK_NAMES, Settings
from crm.work import Work

EMAIL = "demo@example.org"
NAME = "Demonstration"
SETTING = "demonstration_login"
FILE = "demo-login"


class Login(NamedTuple):
    """How to sign in.

    :ivar password: none when it was changed meanwhile, or the login is shut out
    :ivar feed: secret of its calendar, none when that was revoked
    """

    member: Member
    password: str | None
    feed: str | None


def login(work: Work, settings: Settings) -> Login:
    """The demonstration login, made at the first call; its password is kept in a file that only the owner may read.

    :raises ConfigError: the installation could be reached from elsewhere
    """
    authorise(work, ADMINISTER)
    refuse_public(work, settings, wanted=True)
    path = settings.data / FILE
    member = work.session.scalar(select(Member).where(Member.email == EMAIL))
    if member is None:
        password = secrets.token_urlsafe(12)
        member = members.add(work, email=EMAIL, name=NAME, role="admin", password=password)
        work.session.add(InstanceSetting(key=SETTING, value=member.id))
        _, secret = feeds.create(work, member=member, scope="team", label="Antechamber: demonstration")
        _write(path, f"{EMAIL}\n{password}\n{secret}\n")
        return Login(member, password, secret)
    _, password, secret, *_ = [*_read(path), "", "", ""]
    is_known = member.is_active and members.verify(member, password)
    return Login(member, password if is_known else None, secret if _is_answered(work, secret) else None)


def _is_answered(work: Work, secret: str) -> bool:
    try:
        feeds.open_with(work, secret)
    except NotFound:
        return False
    return True


def refuse_public(work: Work, settings: Settings, *, wanted: bool = False) -> None:
    """Refuses to serve a demonstration login where others than this machine's user could reach it.

    :param wanted: whether one is about to be made
    :raises ConfigError: naming the setting at fault and what is right
    """
    if not wanted and not _exists(work):
        return
    right = f"shut it out with “crm member disable {EMAIL}”" if not wanted else "it is for this machine alone"
    served = urlsplit(settings.base_url).hostname or ""
    for name, host in (("CRM_HOST", settings.host), ("CRM_BASE_URL", served)):
        if not _is_loopback(host):
            raise ConfigError(f"{name} names {host}, where others could use the demonstration login; {right}")
    if settings.proxies:
        raise ConfigError(f"CRM_PROXIES is set, so others could use the demonstration login; {right}")


def _exists(work: Work) -> bool:
    setting = work.session.get(InstanceSetting, SETTING)
    member = work.session.get(Member, setting.value) if setting is not None else None
    return member is not None and member.is_active


def _is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _write(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
