"""What a filled form says, as arguments of the verb; and what a stored engagement says, as values of the form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from wtforms import Field

from crm.dates import When, parse_day, parse_when
from crm.errors import Invalid, Several
from crm.models import Engagement
from crm.models.engagements import KINDS
from crm.services.engagements import Party, Point, Understood, likely_status, lines, read_when
from crm.services.engagements.parties import our_organisations
from crm.services.engagements.unsure import Unsure
from crm.services.engagements.written import organisation_lines, typed
from crm.web.forms.engagements import EngagementForm
from crm.work import Work

T = TypeVar("T")

_PLAIN = ("subject", "summary", "place", "link", "file_reference", "intended_result", "notes", "initiated_by")


def said(work: Work, form: EngagementForm, *, kept: Engagement | None = None) -> dict[str, Any]:
    """Arguments of :func:`crm.services.engagements.log` or ``amend``; organisations, people and topics that are new
    are added on the way.

    :param kept: what is corrected: the words of its date mean what they meant when they were typed
    :raises Several: what cannot be read; each problem is on its field or row already, or among those raised
    """
    speaker = _Speaker(work, form)
    understood = speaker.on(form.when, lambda: _when(work, form, kept))
    if understood is None:
        raise speaker.refusal()
    parties = speaker.on_form(lambda: lines.parties(work, _typed(form), understood.when.first, form.said_new())) or []
    values: dict[str, Any] = {name: _text(form[name]) for name in _PLAIN}
    values |= {
        "kind": _kind(form),
        "when": understood.when,
        "status": understood.status,
        "parties": parties,
        "owner_id": form.owner.data,
        "visibility": form.visibility.data,
        "viewer_ids": [number for number in form.viewers.data or [] if number is not None],
        "topic_ids": speaker.topics(),
        "follows_id": speaker.on(form.follows, lambda: lines.engagement(work, _text(form.follows))),
        "points": speaker.points(),
        "new_commitments": speaker.commitments(parties),
        "new_follow_ups": speaker.follow_ups(),
    }
    if understood.status == "declined":
        values |= speaker.refusal_facts()
    if speaker.problems or speaker.is_wrong:
        raise speaker.refusal()
    return values


def stored(engagement: Engagement) -> dict[str, Any]:
    """Values of the form that stand for a stored engagement; commitments and follow-ups have pages of their own."""
    who = typed(engagement)
    names = {party.organisation_id: party.organisation.name for party in engagement.participations}
    declined_by = engagement.declined_by_id
    return {
        **{name: getattr(engagement, name) for name in (*_PLAIN, "kind", "status", "visibility")},
        "when": engagement.when_text,
        "bodies": who.bodies,
        "people": who.people,
        "third": who.third,
        "copies": who.copies,
        "actors": who.actors,
        "colleagues": who.colleagues,
        "roles": [role._asdict() for role in who.roles],
        "topics": "\n".join(f"{link.topic.name} [#{link.topic_id}]" for link in engagement.topic_links),
        "points": [
            {
                "number": str(point.id),
                "point": point.point,
                "raised_by": organisation_lines([point.raised_by]) if point.raised_by is not None else "",
                "positions": point.positions,
                "conclusion": point.conclusion,
            }
            for point in engagement.points
        ],
        "owner": engagement.owner_id,
        "follows": f"Engagement [#{engagement.follows_id}]" if engagement.follows_id is not None else "",
        "declined_by": f"{names.get(declined_by, 'Another')} [#{declined_by}]" if declined_by is not None else "",
        "declined_on": engagement.declined_on.isoformat() if engagement.declined_on is not None else "",
        "decline_notice": engagement.decline_notice,
        "decline_reason": engagement.decline_reason,
        "viewers": [viewer.member_id for viewer in engagement.viewers],
    }


def _text(field: Field) -> str:
    return str(field.data or "")


def _kind(form: EngagementForm) -> str:
    return form.kind.data if form.kind.data in KINDS else "meeting"


def _status(form: EngagementForm) -> str:
    """The status chosen; who filled in a refusal and chose none means a refusal."""
    refusal = (form.declined_by, form.declined_on, form.decline_notice, form.decline_reason)
    chosen = _text(form.status)
    return "declined" if not chosen and any(_text(field).strip() for field in refusal) else chosen


def _when(work: Work, form: EngagementForm, kept: Engagement | None) -> Understood:
    if kept is not None and _text(form.when).strip() == kept.when_text:
        return Understood(kept.when, _status(form) or likely_status(work, _kind(form), kept.when))
    return read_when(work, _text(form.when), kind=_kind(form), status=_status(form))


def _typed(form: EngagementForm) -> lines.Typed:
    return lines.Typed(
        bodies=_text(form.bodies),
        people=_text(form.people),
        third=_text(form.third),
        copies=_text(form.copies),
        actors=_text(form.actors),
        colleagues=_text(form.colleagues),
        roles=[lines.Role(_text(row.form.who), _text(row.form.taken)) for row in form.roles],
    )


class _Speaker:
    """Reads one part after the other and goes on after a problem, so that all are shown at once."""

    def __init__(self, work: Work, form: EngagementForm) -> None:
        self.work = work
        self.form = form
        self.problems: list[Invalid] = []
        self.is_wrong = False

    def on(self, field: Field, read: Callable[[], T]) -> T | None:
        """What ``read`` gives; its problem is put on ``field``."""
        try:
            return read()
        except (Invalid, Several) as error:
            found = error.problems if isinstance(error, Several) else [error]
            self._note_asked(found)
            field.errors = [*field.errors, *(problem.reason for problem in found)]
            self.is_wrong = True
        return None

    def on_form(self, read: Callable[[], T]) -> T | None:
        """What ``read`` gives; its problems are put on the fields they name."""
        try:
            return read()
        except Several as error:
            self._note_asked(error.problems)
            self.problems += error.problems
        return None

    def _note_asked(self, problems: Sequence[Invalid]) -> None:
        self.form.asked += [problem.name for problem in problems if isinstance(problem, Unsure)]

    def refusal(self) -> Several:
        self.form.gather_row_errors()
        return Several(self.problems)

    def refusal_facts(self) -> dict[str, Any]:
        form, work = self.form, self.work
        by = self.on(form.declined_by, lambda: self._one(_text(form.declined_by), "declined_by"))
        typed_day = _text(form.declined_on).strip()
        day = (
            self.on(form.declined_on, lambda: parse_day(typed_day, today=work.today(), past=True))
            if typed_day
            else None
        )
        return {
            "declined_by_id": by,
            "declined_on": day,
            "decline_notice": _text(form.decline_notice),
            "decline_reason": _text(form.decline_reason),
        }

    def topics(self) -> list[int]:
        typed_lines, said_new = _text(self.form.topics).splitlines(), self.form.said_new()
        return self.on(self.form.topics, lambda: lines.topics(self.work, typed_lines, said_new=said_new)) or []

    def points(self) -> list[Point]:
        found = []
        for row in self.form.points:
            form = row.form
            if not any(_text(field).strip() for field in (form.point, form.raised_by, form.positions, form.conclusion)):
                continue
            if not _text(form.point).strip():
                form.point.errors = [*form.point.errors, "Say what was raised."]
                self.is_wrong = True
            raised_by = self.on(form.raised_by, partial(self._one, _text(form.raised_by), "raised_by"))
            number = _text(form.number)
            found.append(
                Point(
                    _text(form.point),
                    raised_by,
                    _text(form.positions),
                    _text(form.conclusion),
                    int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None,
                )
            )
        return found

    def commitments(self, parties: Sequence[Party]) -> list[dict[str, Any]]:
        found = []
        for row in self.form.commitments:
            form = row.form
            if not any(_text(field).strip() for field in (form.wording, form.body, form.due)):
                continue
            if not _text(form.wording).strip():
                form.wording.errors = [*form.wording.errors, "Write down what was promised, in the exact words."]
                self.is_wrong = True
            due = self._due(form.due)
            sides = self.on(form.body, partial(self._sides, _text(form.body), parties))
            if sides is None:
                continue
            ours, theirs = sides
            if form.direction.data == "ours":
                made_by, made_to = ours[0], theirs
            else:
                made_by, made_to = theirs[0], ours
                if len(theirs) > 1:
                    form.body.errors = [*form.body.errors, "Say which of the bodies promises it."]
                    self.is_wrong = True
            found.append(
                {
                    "kind": form.kind.data,
                    "wording": _text(form.wording),
                    "made_by_id": made_by,
                    "made_to_ids": made_to,
                    "due": due,
                }
            )
        return found

    def follow_ups(self) -> list[dict[str, Any]]:
        found = []
        for row in self.form.follow_ups:
            form = row.form
            if not _text(form.title).strip() and not _text(form.due).strip():
                continue
            if not _text(form.title).strip():
                form.title.errors = [*form.title.errors, "Say what is to be done."]
                self.is_wrong = True
            found.append({"title": _text(form.title), "due": self._due(form.due), "owner_id": form.owner.data})
        return found

    def _due(self, field: Field) -> When | None:
        text = _text(field).strip()
        if not text:
            return None
        return self.on(field, lambda: parse_when(text, today=self.work.today(), past=False, zone=self.work.zone))

    def _sides(self, body: str, parties: Sequence[Party]) -> tuple[list[int], list[int]]:
        """Our organisations and the other side of a promise: all bodies met, or the one that is named."""
        ours = list(dict.fromkeys(party.organisation_id for party in parties if party.side == "actor"))
        theirs = list(
            dict.fromkeys(
                party.organisation_id for party in parties if party.side == "counterpart" and party.role != "copy"
            )
        )
        named = self._one(body, "body")
        if not ours:
            ours = [one.id for one in our_organisations(self.work)][:1]
        if not parties:
            raise Several([])
        if not ours:
            raise Invalid("body", "Say under “Our side” on whose behalf contact was made.")
        return ours, [named] if named is not None else theirs

    def _one(self, text: str, field: str) -> int | None:
        return lines.organisation(self.work, text, name=field, said_new=self.form.said_new())
