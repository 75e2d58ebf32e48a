"""The copies of one letter of ours, for the verbs on letters."""

from __future__ import annotations

from collections.abc import Sequence

from crm.dates import When, parse_when
from crm.errors import Invalid, NotFound
from crm.models import Engagement, Participation
from crm.queries import visibility
from crm.services import engagements, references
from crm.services.engagements import recording
from crm.work import Work


def get(work: Work, letter_id: int) -> Engagement:
    """A letter of ours with all its copies and their steps.

    :raises NotFound: there is none, it is no letter of ours, or the member may not read its content
    """
    letter = engagements.get(work, letter_id)
    if not letter.is_outgoing_letter or not (work.trusted or visibility.may_read_content(work, letter_id)):
        raise NotFound
    return letter


def for_writing(work: Work, letter_id: int, version: int | None = None) -> Engagement:
    """A letter of ours that the member may change, held against others who change it at this moment.

    :raises NotFound: there is none, it is no letter of ours, or the member may not read its content
    :raises Forbidden: the member may read but not write
    :raises Conflict: somebody else saved it since ``version``
    """
    letter = recording.for_writing(work, letter_id, version)
    if not letter.is_outgoing_letter:
        raise NotFound
    return letter


def copies_of(letter: Engagement, dispatch_ids: Sequence[int] | None) -> list[Participation]:
    """Participations with a copy, all or those chosen."""
    every = [party for party in letter.participations if party.dispatch is not None]
    if dispatch_ids is None:
        return every
    wanted = set(dispatch_ids)
    found = [party for party in every if party.dispatch is not None and party.dispatch.id in wanted]
    if len(found) != len(wanted):
        raise Invalid("ids", "One of the copies chosen is no longer part of this letter; choose again.")
    return found


def chosen(letter: Engagement, dispatch_ids: Sequence[int]) -> list[Participation]:
    """The copies chosen, of which there must be one.

    :raises Invalid: nothing was chosen, or what is no longer part of the letter
    """
    found = copies_of(letter, dispatch_ids)
    if not found:
        raise Invalid("ids", "Choose at least one recipient.")
    return found


def copy_of(work: Work, dispatch_id: int) -> tuple[Engagement, Participation]:
    """The letter of a copy, with the addressee's participation, for writing."""
    letter_id = references.letter_of(work, dispatch_id)
    if letter_id is None:
        raise NotFound
    letter = for_writing(work, letter_id)
    return letter, copies_of(letter, [dispatch_id])[0]


def past_day(work: Work, when: When | None, word: str) -> When:
    """``when`` or today, if it can be past."""
    today = work.today()
    if when is None:
        return parse_when(today.isoformat(), today=today, past=True)
    if when.first > today:
        raise Invalid("when", f"{when.short()} lies ahead, so it cannot have been {word} yet.")
    return when


def recounted(work: Work, letter: Engagement) -> Engagement:
    """Brings what counts in line with the copies, and writes it."""
    letter.recount()
    work.session.flush()
    return letter
