"""Verbs on attachments: add files, read them, put them into the bin; and keep disk and database equal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from sqlalchemy import func, select

from crm.errors import Invalid, NotFound
from crm.files import Held, Kept, Store, TooLarge
from crm.models import Attachment, Engagement
from crm.queries import visibility
from crm.services.permissions import WRITE, authorise
from crm.services.values import short
from crm.settings import Settings
from crm.work import Work

AT_ONCE = 20
FORGOTTEN_AFTER = 24 * 3600.0
MEGABYTE = 1024 * 1024

_LONGEST_NAME = 255
_REFUSED = '<>:"|?*'


class Upload(NamedTuple):
    """A file that came with a form.

    :param name: as the sender called it
    :param content: its bytes, read from the beginning
    """

    name: str
    content: BinaryIO


class Aside(NamedTuple):
    """A file put aside while its form is put right: its name and the token under which it is found again."""

    token: str
    name: str
    size: int = 0


def add(
    work: Work, settings: Settings, engagement: Engagement, uploads: Sequence[Upload], aside: Sequence[Aside] = ()
) -> list[Attachment]:
    """Keeps files with an engagement; if the work is not committed they are taken away again.

    :param aside: files put aside earlier, see :func:`hold`
    :raises Invalid: too many, one is empty or too large, or there is no more room
    :raises NotFound: the member may not read the engagement
    """
    authorise(work, WRITE, engagement)
    uploads = [upload for upload in uploads if upload.name]
    if len(uploads) + len(aside) > AT_ONCE:
        raise Invalid("files", f"At most {AT_ONCE} files at once; add the others afterwards.")
    if not uploads and not aside:
        return []
    store = Store(settings.attachments)
    limit = settings.max_upload_mb * MEGABYTE
    room = settings.attachment_quota_mb * MEGABYTE - used(work)
    made = []
    work.act("engagement.attach", engagement, files=len(uploads) + len(aside))
    for upload in uploads:
        made.append(_keep(work, store, engagement, upload, min(limit, room), limit))
        room -= made[-1].size
    for one in aside:
        made.append(_take_up(work, store, engagement, one, min(limit, room), limit))
        room -= made[-1].size
    work.session.flush()
    return made


def hold(work: Work, settings: Settings, uploads: Sequence[Upload], aside: Sequence[Aside] = ()) -> list[Aside]:
    """Puts the files of a form that was refused aside for the member, so that they need not be chosen again.

    They are not in the log: only this member's next form can take them up, within a day.

    :param aside: those put aside before, of which the ones still there are given back
    """
    authorise(work, WRITE)
    assert work.member_id is not None
    store = Store(settings.attachments)
    kept = [one for one in aside if store.held(one.token, work.member_id) is not None]
    limit = settings.max_upload_mb * MEGABYTE
    for upload in uploads:
        if upload.name and len(kept) < AT_ONCE:
            try:
                held = store.hold(upload.content, limit, work.member_id)
            except TooLarge:
                continue
            kept.append(Aside(held.token, file_name(upload.name), held.size))
    return kept


def still_held(work: Work, settings: Settings, token: str) -> Held | None:
    """What is put aside for the member under ``token``."""
    return Store(settings.attachments).held(token, work.member_id or 0)


def get(work: Work, engagement_id: int, attachment_id: int) -> Attachment:
    """One attachment of an engagement.

    :raises NotFound: there is none whose engagement's content the member may read
    """
    found: Attachment | None = work.session.scalar(
        select(Attachment).where(
            Attachment.id == attachment_id,
            Attachment.engagement_id == engagement_id,
            visibility.through_engagement(work, Attachment.engagement_id),  # type: ignore[arg-type]
        )
    )
    if found is None:
        raise NotFound
    return found


def path(work: Work, settings: Settings, engagement_id: int, attachment_id: int) -> tuple[Attachment, Path]:
    """One attachment that is not in the bin, with where its bytes lie.

    :raises NotFound: there is none for the member, or its bytes are lost
    """
    attachment = get(work, engagement_id, attachment_id)
    found = None if attachment.is_binned else Store(settings.attachments).path(attachment.stored_as)
    if found is None:
        raise NotFound
    return attachment, found


def bin(work: Work, engagement_id: int, attachment_id: int) -> Attachment:
    """Puts a file into the bin."""
    attachment = get(work, engagement_id, attachment_id)
    authorise(work, WRITE)
    work.act("engagement.detach", work.session.get(Engagement, engagement_id), file=attachment.name)
    attachment.binned_at = attachment.binned_at or work.now()
    work.session.flush()
    return attachment


def restore(work: Work, engagement_id: int, attachment_id: int) -> Attachment:
    """Takes a file out of the bin."""
    attachment = get(work, engagement_id, attachment_id)
    authorise(work, WRITE)
    work.act("engagement.attach", work.session.get(Engagement, engagement_id), file=attachment.name)
    attachment.binned_at = None
    work.session.flush()
    return attachment


def used(work: Work) -> int:
    """Bytes of all attachments together, those in the bin included."""
    return int(work.session.scalar(select(func.coalesce(func.sum(Attachment.size), 0))) or 0)


def sweep(work: Work, settings: Settings, *, older_than: float = FORGOTTEN_AFTER) -> list[str]:
    """Takes away files that no attachment knows: left by a machine that stopped half way, or put aside and forgotten.

    :param older_than: seconds; younger ones may belong to a save that is still under way
    """
    known = set(work.session.scalars(select(Attachment.stored_as)))
    return Store(settings.attachments).sweep(known, older_than=older_than)


def missing(work: Work, settings: Settings) -> list[Attachment]:
    """Attachments whose bytes are not where they should be."""
    store = Store(settings.attachments)
    every = work.session.scalars(select(Attachment).order_by(Attachment.id))
    return [attachment for attachment in every if store.path(attachment.stored_as) is None]


def file_name(given: str) -> str:
    """``given`` as a plain file name: no folders, nothing a file system refuses, not too long."""
    last = PurePosixPath(given.replace("\\", "/")).name
    plain = "".join("_" if character in _REFUSED or not character.isprintable() else character for character in last)
    plain = plain.strip(" .") or "file"
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > _LONGEST_NAME and dot and len(ending) < 20:
        plain = f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
    return short("files", plain[:_LONGEST_NAME], _LONGEST_NAME)


def _keep(work: Work, store: Store, engagement: Engagement, upload: Upload, most: int, limit: int) -> Attachment:
    name = file_name(upload.name)
    try:
        kept = store.keep(upload.content, max(most, 0))
    except TooLarge:
        raise _too_large(name, most, limit) from None
    except OSError as error:
        raise Invalid("files", f"“{name}” could not be stored ({error.strerror}); nothing was saved.") from error
    return _record(work, store, engagement, name, kept)


def _take_up(work: Work, store: Store, engagement: Engagement, one: Aside, most: int, limit: int) -> Attachment:
    name, holder = file_name(one.name), work.member_id or 0
    try:
        kept = store.take_up(one.token, holder, max(most, 0))
    except TooLarge:
        raise _too_large(name, most, limit) from None
    except OSError as error:
        raise Invalid("files", f"“{name}” could not be stored ({error.strerror}); nothing was saved.") from error
    if kept is None:
        raise Invalid("files", f"“{name}” is not kept any more; choose it again.")
    work.after_commit(lambda: store.drop(one.token, holder))
    return _record(work, store, engagement, name, kept)


def _record(work: Work, store: Store, engagement: Engagement, name: str, kept: Kept) -> Attachment:
    work.after_rollback(lambda: store.remove(kept.stored_as))
    if kept.size == 0:
        raise Invalid("files", f"“{name}” is empty.")
    attachment = Attachment(
        engagement_id=engagement.id,
        name=name,
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
        stored_as=kept.stored_as,
    )
    work.session.add(attachment)
    return attachment


def _too_large(name: str, most: int, limit: int) -> Invalid:
    if most < limit:
        return Invalid("files", f"There is no room left for “{name}”; an administrator can raise the quota.")
    return Invalid("files", f"“{name}” is larger than {limit // MEGABYTE} MB, the most this site accepts.")
