"""Verbs on attachments: add files, read them, put them into the bin; and keep disk and database equal."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple

from sqlalchemy import func, select

from crm.errors import Invalid, NotFound
from crm.files.names import download_name
from crm.files.store import Store
from crm.models import Attachment, Engagement
from crm.models.history import Twins
from crm.queries import visibility
from crm.services.permissions import WRITE, authorise
from crm.settings import Settings
from crm.work import Work

AT_ONCE = 20
ASIDE_AT_MOST = 40
FORGOTTEN_AFTER = 24 * 3600.0
MEGABYTE = 1024 * 1024
#: Pictures that a browser only paints: no script, no link, no outside part is in them.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SHOWN_AT_MOST = 200_000

_AN_HOUR = 3600.0
# Any number that no other lock of this program uses: 0x43524d46 is "CRMF".
_LOCK_KEY = 0x43524D46
_ASIDE = "aside"


class Upload(NamedTuple):
    """A file that came with a form.

    :param name: as the sender called it
    :param content: its bytes
    """

    name: str
    content: BinaryIO


class Aside(NamedTuple):
    """A file put aside while its form is put right: the token under which it is found again, and its name."""

    token: str
    name: str


class Look(NamedTuple):
    """What a page shows of a file.

    :param shows: ``picture``, ``text``, or empty where only a download is safe
    :param is_cut: whether the text goes on
    """

    attachment: Attachment
    shows: str
    text: str
    is_cut: bool


class Room(NamedTuple):
    """Bytes taken by all files together, bytes there are for them, and the most bytes of one file."""

    used: int
    quota: int
    each: int


def add(
    work: Work, settings: Settings, engagement: Engagement, uploads: Sequence[Upload], aside: Sequence[Aside] = ()
) -> list[Attachment]:
    """Keeps files with an engagement; if the work is not committed they are taken away again.

    :param aside: files put aside earlier, see :func:`hold`
    :raises Invalid: (field ``files``) too many, one is empty, too large or refused by a check of a plugin, or there is
        no more room
    :raises Unavailable: the disk is full or read-only
    :raises NotFound: the member may not read the engagement
    """
    if not uploads and not aside:
        authorise(work, WRITE)
        return []
    authorise(work, WRITE, engagement)
    if len(uploads) + len(aside) > AT_ONCE:
        raise Invalid("files", f"At most {AT_ONCE} files at once; add the others afterwards.")
    work.act("engagement.attach", engagement, files=len(uploads) + len(aside))
    if work.database == "postgresql":
        # Two who save at once would each find the room that is left for one of them. SQLite has one writer anyway.
        work.session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    held = _aside(work, settings)
    made = [_keep(work, settings, engagement, upload) for upload in uploads]
    for one in aside:
        try:
            with held.open(one.token) as content:
                waits = held.size_of(one.token)
                made.append(_keep(work, settings, engagement, Upload(one.name, content), waits=waits))
        except NotFound:
            raise Invalid("files", f"“{one.name}” is not kept any more; choose it again.") from None
        work.after_commit(_dropping(held, one.token))
    return made


def hold(work: Work, settings: Settings, uploads: Sequence[Upload], aside: Sequence[Aside] = ()) -> list[Aside]:
    """Puts the files of a form that was refused aside for the member, so that they need not be chosen again.

    They are not in the log: only this member's next form can take them up, within a day. They take room as others do.

    :param aside: those put aside before, of which the ones still there are given back
    """
    authorise(work, WRITE)
    store = _aside(work, settings)
    there = set(store.names())
    kept = [one for one in aside if one.token in there]
    for upload in uploads:
        if len(kept) >= AT_ONCE or not _has_room(work, store):
            break
        if work.refusal_of(upload.name, upload.content):
            continue
        # What is too large or empty was said of it already.
        with contextlib.suppress(Invalid):
            upload.content.seek(0)
            limit = min(settings.max_upload_mb * MEGABYTE, _room_left(work, settings))
            stored = store.add(upload.content, limit=limit)
            kept.append(Aside(stored.name, download_name(upload.name)))
    return kept


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


def read(work: Work, settings: Settings, engagement_id: int, attachment_id: int) -> tuple[Attachment, BinaryIO]:
    """One attachment with its bytes, which the caller closes.

    :raises NotFound: there is none for the member, it is in the bin, or its bytes are lost
    """
    attachment = get(work, engagement_id, attachment_id)
    if attachment.is_binned:
        raise NotFound
    return attachment, Store(settings.attachments).open(attachment.stored_as)


def look(work: Work, settings: Settings, engagement_id: int, attachment_id: int) -> Look:
    """What can be shown of a file without opening it in another program: pictures, and the beginning of plain text.

    Everything else is handed out as a download only: documents may hold more than what one sees of them.

    :raises NotFound: there is none for the member, it is in the bin, or its bytes are lost
    """
    attachment, content = read(work, settings, engagement_id, attachment_id)
    with content:
        if attachment.media_type in PICTURES:
            return Look(attachment, "picture", "", is_cut=False)
        if attachment.media_type != "text/plain":
            return Look(attachment, "", "", is_cut=False)
        start = content.read(SHOWN_AT_MOST + 1)
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start[:SHOWN_AT_MOST])
    return Look(attachment, "text", text, is_cut=len(start) > SHOWN_AT_MOST)


def room(work: Work, settings: Settings) -> Room:
    """How much room files take, those that wait for their form included, and how much there is."""
    return Room(
        used(work) + _waiting(settings), settings.attachment_quota_mb * MEGABYTE, settings.max_upload_mb * MEGABYTE
    )


def bin(work: Work, engagement_id: int, attachment_id: int) -> Attachment:
    """Puts a file into the bin."""
    attachment = get(work, engagement_id, attachment_id)
    authorise(work, WRITE)
    if not attachment.is_binned:
        work.act("engagement.detach", work.session.get(Engagement, engagement_id), file=attachment.id)
        attachment.binned_at = work.now()
        work.session.flush()
    return attachment


def restore(work: Work, engagement_id: int, attachment_id: int) -> Attachment:
    """Takes a file out of the bin."""
    attachment = get(work, engagement_id, attachment_id)
    authorise(work, WRITE)
    if attachment.is_binned:
        work.act("engagement.attach", work.session.get(Engagement, engagement_id), file=attachment.id)
        attachment.binned_at = None
        work.session.flush()
    return attachment


def used(work: Work) -> int:
    """Bytes of all attachments together, those in the bin included."""
    return int(work.session.scalar(select(func.coalesce(func.sum(Attachment.size), 0))) or 0)


def sweep(work: Work, settings: Settings, *, older_than: float = FORGOTTEN_AFTER) -> int:
    """Takes away files that no attachment knows: left by a machine that stopped half way, or put aside and forgotten.

    :param older_than: seconds; younger ones may belong to a save that is still under way
    :return: how many there were
    """
    before = work.now().timestamp() - older_than
    store = Store(settings.attachments)
    unknown = orphans(work, settings, older_than=older_than)
    for name in unknown:
        store.remove(name)
    swept = len(unknown) + store.sweep(before)
    for folder in (settings.attachments / _ASIDE).glob("*"):
        swept += _forget(Store(folder), before)
    return swept


def orphans(work: Work, settings: Settings, *, older_than: float = FORGOTTEN_AFTER) -> list[str]:
    """Names of files that no attachment knows.

    :param older_than: seconds; younger ones may belong to a save that is still under way
    """
    found = list(Store(settings.attachments).names(work.now().timestamp() - older_than))
    # A file whose adding was taken back may come back: its bytes stay as long as the history knows them.
    known = set(work.session.scalars(select(Twins.of(Attachment).c.stored_as)))
    known |= set(work.session.scalars(select(Attachment.stored_as)))
    return [name for name in found if name not in known]


def missing(work: Work, settings: Settings) -> list[Attachment]:
    """Attachments whose bytes are not where they should be."""
    there = set(Store(settings.attachments).names())
    every = work.session.scalars(select(Attachment).order_by(Attachment.id))
    return [attachment for attachment in every if attachment.stored_as not in there]


def _keep(work: Work, settings: Settings, engagement: Engagement, upload: Upload, *, waits: int = 0) -> Attachment:
    """Keeps one file.

    :param waits: bytes that it takes already, as a file that was put aside
    """
    name = download_name(upload.name)
    if refusal := work.refusal_of(name, upload.content):
        raise Invalid("files", f"“{name}”: {refusal}.")
    limit = settings.max_upload_mb * MEGABYTE
    room = _room_left(work, settings) + waits
    if room < limit:
        # Forms that nobody came back to for an hour give way.
        for folder in (settings.attachments / _ASIDE).glob("*"):
            _forget(Store(folder), work.now().timestamp() - _AN_HOUR)
        room = _room_left(work, settings) + waits
    if room <= 0:
        raise _no_room(name)
    store = Store(settings.attachments)
    upload.content.seek(0)
    try:
        stored = store.add(upload.content, limit=min(limit, room))
    except Invalid as problem:
        is_quota = room < limit and "larger" in problem.reason
        raise _no_room(name) if is_quota else Invalid("files", f"“{name}”: {problem.reason}.") from None
    work.after_rollback(_dropping(store, stored.name))
    attachment = Attachment(
        engagement_id=engagement.id,
        name=name,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        stored_as=stored.name,
    )
    work.session.add(attachment)
    work.session.flush()
    return attachment


def _no_room(name: str) -> Invalid:
    return Invalid("files", f"There is no room left for “{name}”; an administrator can raise the quota.")


def _room_left(work: Work, settings: Settings) -> int:
    return settings.attachment_quota_mb * MEGABYTE - used(work) - _waiting(settings)


def _waiting(settings: Settings) -> int:
    """Bytes of all files that were put aside."""
    stores = (Store(folder) for folder in (settings.attachments / _ASIDE).glob("*"))
    return sum(store.size_of(name) for store in stores for name in store.names())


def _aside(work: Work, settings: Settings) -> Store:
    """Where one member's files wait."""
    return Store(settings.attachments / _ASIDE / str(work.member_id or 0))


def _has_room(work: Work, store: Store) -> bool:
    """Nobody fills the disk with forms that are never saved: after some files, old ones make room or none is taken."""
    if len(list(store.names())) >= ASIDE_AT_MOST:
        _forget(store, work.now().timestamp() - _AN_HOUR)
    return len(list(store.names())) < ASIDE_AT_MOST


def _forget(store: Store, before: float) -> int:
    old = list(store.names(before))
    for name in old:
        store.remove(name)
    return len(old) + store.sweep(before)


def _dropping(store: Store, name: str) -> Callable[[], None]:
    def drop() -> None:
        with contextlib.suppress(Exception):
            store.remove(name)

    return drop
