"""An engagement as a row of a file says it, with the rules of the model, before it is stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from crm.dates import OPEN, Precision, When, parse_when
from crm.errors import Invalid
from crm.models import Engagement, Participation
from crm.models.engagements import WRITINGS
from crm.services.engagements.parties import usual_role
from crm.services.engagements.recording import lies_ahead, likely_status
from crm.services.imports.lines import Line
from crm.text import tokens
from crm.work import Work


@dataclass(slots=True)
class Seat:
    """One participation of a draft."""

    organisation_id: int
    side: str
    role: str = ""
    person_id: int | None = None
    post_id: int | None = None
    acceptance: str = ""
    position: int = 0
    counts: bool = False
    is_contact: bool = False
    dispatch: Any = None

    # The rule of the model, on a row that is not stored yet.
    does_count = Participation.does_count


@dataclass(slots=True)
class Copy:
    """An addressee's copy; counting asks whether it was sent.

    :ivar steps: step → when
    """

    was_sent: bool
    steps: dict[str, When] = field(default_factory=dict)
    due: When | None = None
    channel: str = ""


@dataclass(slots=True)
class Draft:
    """One engagement to be written.

    :ivar values: columns of the engagement, but for those worked out here
    """

    line: Line
    kind: str
    status: str
    when: When
    values: dict[str, Any]
    participations: list[Seat] = field(default_factory=list)
    topics: list[int] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    binned_at: None = None
    counts: bool = False
    acting: str | None = None
    met: str | None = None
    id: int = 0

    does_count = Engagement.does_count
    _recount = Engagement.recount

    @property
    def is_writing(self) -> bool:
        return self.kind in WRITINGS

    @property
    def is_outgoing_letter(self) -> bool:
        return self.kind == "letter" and self.status in ("drafted", "sent", "cancelled")

    def bodies(self, side: str) -> list[int]:
        """The organisations of one side, each once."""
        return list(dict.fromkeys(seat.organisation_id for seat in self.participations if seat.side == side))

    def settle(self, not_sent: set[tuple[int, int | None]]) -> None:
        """Gives every seat its role and every addressee a copy, then counts.

        :param not_sent: organisation and person of addressees whose copies were held back; without a person it is the
            copy of nobody in particular, or all where each has a name
        """
        nameless = {seat.organisation_id for seat in self.participations if seat.person_id is None}
        for position, seat in enumerate(self.participations):
            seat.position = position
            seat.role = seat.role or usual_role(self, seat.side)  # type: ignore[arg-type]
            if self.is_outgoing_letter and seat.side == "counterpart" and seat.role != "copy":
                body = seat.organisation_id
                held = (body, seat.person_id) in not_sent or (body not in nameless and (body, None) in not_sent)
                was_sent = self.status == "sent" and not held
                seat.dispatch = Copy(was_sent, {"sent": self.when} if was_sent else {})
        self.recount()

    def recount(self) -> None:
        """Counts anew, after a copy changed."""
        self._recount()  # type: ignore[misc]

    def columns(self, now: dt.datetime, member_id: int | None) -> dict[str, Any]:
        """The row of the engagement."""
        when, values = self.when, self.values
        texts = ("subject", "summary", "notes", "file_reference", "place")
        refused = self.status == "declined"
        body = next((one.organisation_id for one in self.participations if one.side == "counterpart"), None)
        return {
            "id": self.id,
            "version": 1,
            "created_at": now,
            "changed_at": now,
            "created_by_id": member_id,
            "changed_by_id": member_id,
            "binned_at": None,
            "kind": self.kind,
            "status": self.status,
            **values,
            "declined_by_id": body if refused else None,
            "declined_on": None,
            "decline_notice": "",
            "decline_reason": "",
            "counts": self.counts,
            "acting": self.acting,
            "met": self.met,
            "search": " " + " ".join(tokens("\n".join(values[name] for name in texts if values[name]))),
            **when_columns(when),
        }


def when_columns(when: When) -> dict[str, Any]:
    """The columns in which a date stands."""
    return {
        "first_day": when.first,
        "last_day": when.last,
        "precision": when.precision.value,
        "when_text": when.text[:200],
        "assumed": when.assumed,
        "end_day": when.end,
        "start_time": when.time,
        "end_time": when.end_time,
        "zone": when.zone,
        "fold": when.fold,
    }


def status_of(work: Work, kind: str, status: str, when: When) -> str:
    """The status as told, or the likely one.

    :raises Invalid: it does not go with the kind, or with the date
    """
    writing = kind in WRITINGS
    if not status:
        return likely_status(work, kind, when)
    if writing and status == "held":
        status = "sent"
    if not writing and status in ("sent", "received"):
        status = "held"
    allowed = ("drafted", "sent", "received", "cancelled") if writing else (
        "planned", "held", "declined", "cancelled", "postponed")  # fmt: skip
    if writing and status == "planned":
        status = "drafted"
    if status not in allowed:
        raise Invalid("status", f"A {kind.replace('_', ' ')} cannot be {status}; it can be: {', '.join(allowed)}.")
    if status in ("held", "sent", "received") and lies_ahead(work, when):
        raise Invalid("when", f"{when.short()} lies ahead, so it cannot have been {status} yet.")
    return status


def rebuilt(values: dict[str, str], text: str) -> When:
    """The date that our own export tells by its days, however relative the words were that somebody typed.

    :raises Invalid: a day or time is not written as the export writes it
    """
    first = _day("first_day", values["first_day"])
    last = _day("last_day", values["last_day"]) if values.get("last_day") else OPEN
    end = _day("until", values["until"]) if values.get("until") else None
    time = _time("begins", values["begins"]) if values.get("begins") else None
    end_time = _time("ends", values["ends"]) if values.get("ends") else None
    if last < first or (end is not None and end < first):
        raise Invalid("last_day", f"{values.get('last_day') or values.get('until')} lies before {first}.")
    zone = values.get("zone") if time else None
    precision, assumed = _precision(text, first, last)
    if time is not None:
        precision = Precision.MINUTE
    return When(first, last, precision, text, end=end, time=time, end_time=end_time, zone=zone, assumed=assumed)


def _precision(text: str, first: dt.date, last: dt.date) -> tuple[Precision, bool]:
    for past in (True, False):
        try:
            read = parse_when(text, today=first, past=past)
        except Invalid:
            break
        if (read.first, read.last) == (first, last):
            return read.precision, read.assumed
    if first == last:
        return Precision.DAY, False
    return (Precision.AFTER if last == OPEN else Precision.BETWEEN), False


def _day(name: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError as error:
        raise Invalid(name, f"“{text[:30]}” is no day such as 2026-05-11.") from error


def _time(name: str, text: str) -> dt.time:
    try:
        return dt.time.fromisoformat(text.strip()).replace(second=0, microsecond=0)
    except ValueError as error:
        raise Invalid(name, f"“{text[:30]}” is no time such as 14:30.") from error


def with_times(when: When, values: dict[str, str], zone: str) -> When:
    """A day with the times that stand in columns of their own.

    :raises Invalid: a time is none, or there is no day to which it belongs
    """
    begins = values.get("begins")
    if not begins or when.time is not None:
        return when
    if when.first != when.last:
        raise Invalid("begins", "A time needs one certain day.")
    time = _time("begins", begins)
    ends = _time("ends", values["ends"]) if values.get("ends") else None
    return replace(when, precision=Precision.MINUTE, time=time, end_time=ends, zone=values.get("zone") or zone)
