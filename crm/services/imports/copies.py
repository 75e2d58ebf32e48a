"""The addressees' copies of a letter of ours, as one cell tells them: each with its dated steps."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import NamedTuple

from crm.dates import OPEN, When
from crm.dates.told import read_told
from crm.errors import Invalid
from crm.imports.days import DayReader
from crm.models.letters import AFTER_SENDING, CHANNELS, STEPS
from crm.services import dispatches
from crm.services.imports.drafts import Draft, rebuilt
from crm.text import fold

FIELD = "copy_steps"
_DUE, _CHANNEL = "answer by", "channel"
_WORDS = "|".join([*STEPS, _DUE, _CHANNEL])
_ITEM = re.compile(rf"(?s)(.+?): ((?:{_WORDS}) .+)")
_NEXT = re.compile(rf", (?=(?:{_WORDS}) )")
_PART = re.compile(rf"(?s)({_WORDS}) (.+)")
_CHANNELS = {fold(label): key for key, label in CHANNELS.items()}


class CopyTold(NamedTuple):
    """What a cell says of one copy.

    :param who: the addressee, a body or a person as the column of people writes them
    :param steps: step → when
    """

    who: str
    steps: Mapping[str, When]
    due: When | None
    channel: str


def read_copy(item: str, days: DayReader) -> CopyTold:
    """“Ministry: sent 4 May 2026 (2026-05-04), answer by June 2026, channel e-mail”.

    :raises Invalid: (``copy_steps``) it is not written like that, or a date or channel cannot be read
    """
    found = _ITEM.fullmatch(item)
    if found is None:
        raise Invalid(
            FIELD,
            f"“{item[:80]}” does not say whose copy did what; write “Ministry: sent 4 May 2026, delivered 6 May”.",
        )
    steps: dict[str, When] = {}
    due, channel = None, ""
    for part in _NEXT.split(found[2]):
        said = _PART.fullmatch(part)
        assert said is not None
        word, text = said[1], said[2].strip()
        if word == _CHANNEL:
            if fold(text) not in _CHANNELS:
                known = ", ".join(label.lower() for label in CHANNELS.values() if label)
                raise Invalid(FIELD, f"{found[1]}: “{text}” is no channel; it can be: {known}.")
            channel = _CHANNELS[fold(text)]
        elif word == _DUE:
            due = told_when(text, days, past=False)
        else:
            steps[word] = told_when(text, days, past=True)
    return CopyTold(found[1], steps, due, channel)


def addressee_in(item: str) -> str:
    """Whose copy an item is about, empty where it does not say."""
    found = _ITEM.fullmatch(item)
    return found[1] if found is not None else ""


def told_when(text: str, days: DayReader, *, past: bool) -> When:
    """A date as an export tells it, by its days, or in words alone.

    :raises Invalid: the words cannot be read
    """
    told = read_told(text)
    if told.days is None:
        return days.when(told.text, field=FIELD, past=past)
    first, last = told.days
    values = {"first_day": first.isoformat(), "last_day": "" if last == OPEN else last.isoformat()}
    return rebuilt(values, told.text)


def follow(draft: Draft, whose: tuple[int, int | None], told: CopyTold, *, today: dt.date) -> None:
    """Gives the copy of an addressee what is told of it.

    :param whose: organisation and person; without a person it is the copy of nobody in particular, or all where each
        has a name
    :raises Invalid: (``copy_steps``) they have no copy, or its steps contradict each other or the letter
    """
    body, person = whose
    seats = [seat for seat in draft.participations if seat.dispatch is not None and seat.organisation_id == body]
    if person is None:
        seats = [seat for seat in seats if seat.person_id is None] or seats
    else:
        seats = [seat for seat in seats if seat.person_id == person]
    if not seats:
        raise Invalid(FIELD, f"“{told.who}” has no copy: only those to whom a letter of ours is addressed do.")
    for seat in seats:
        copy = seat.dispatch
        copy.steps.update(told.steps)
        copy.due, copy.channel = told.due, told.channel
        copy.was_sent = "sent" in copy.steps
        if (draft.status == "drafted" and copy.was_sent) or (further(copy.steps) and not copy.was_sent):
            raise Invalid(FIELD, f"{told.who}: the copy was not sent, as the rest of the row says; correct either.")
        for step, when in copy.steps.items():
            if when.first > today:
                raise Invalid(FIELD, f"{told.who}: {when.short()} lies ahead, so it cannot have been {step} yet.")
            if problem := dispatches.contradiction(copy.steps.items(), step, when):
                raise Invalid(FIELD, f"{told.who}: {problem}")
    draft.recount()


def further(steps: Mapping[str, When]) -> bool:
    """Whether one of the steps follows the sending."""
    return any(step in AFTER_SENDING for step in steps)
