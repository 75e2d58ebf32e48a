"""Commitments and follow-ups that a row names in words, made by their own verbs once the engagement is there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence

from crm.dates import OPEN, When, parse_when
from crm.dates.told import read_told
from crm.errors import Invalid
from crm.models import Engagement
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES, DELIVERY_STATES
from crm.services import commitments, followups
from crm.services.imports.drafts import rebuilt
from crm.services.imports.lines import Report
from crm.services.imports.names import Organisations
from crm.services.organisations import basics
from crm.services.values import short
from crm.text import fold, split_listed
from crm.work import Work

_STATED = re.compile(r"(?s)(.*) \(([^()]+)\)")
NO_DATE = "no date"
_DONE = re.compile(r"done (\d{4}-\d{2}-\d{2})")
_KINDS = {fold(label): key for key, label in COMMITMENT_KINDS.items()}


class Hangings:
    """Reads and makes what hangs on an engagement."""

    def __init__(self, work: Work, report: Report, organisations: Organisations) -> None:
        self._work, self._report, self._organisations = work, report, organisations

    def check(self, field: str, items: Sequence[str]) -> None:
        """Refuses what cannot be stored.

        :raises Invalid: (``field``) a text is too long or holds control characters
        """
        for item in items:
            if field == "follow_ups":
                short(field, item, 400)

    def add(
        self,
        field: str,
        items: Sequence[str],
        engagement_id: int,
        actors: Sequence[int],
        bodies: Sequence[int],
        made_to: Sequence[str] = (),
        dues: Sequence[str] = (),
    ) -> None:
        """Makes what the items say.

        :param made_to: to whom each commitment was made, in the same order; empty for the other side
        :param dues: when each is due, :data:`NO_DATE` for those that have no date
        :raises Invalid: one of them cannot be made
        """
        for told, title in ((made_to, "to whom they were made"), (dues, "when they are due")):
            if field == "commitments" and told and len(told) != len(items):
                raise Invalid(field, f"There are {len(items)}, but {len(told)} say {title}; give one for each.")
        for place, item in enumerate(items):
            if field == "commitments":
                recipients = split_listed(made_to[place]) if made_to else []
                due = self._due(dues[place]) if dues else None
                self._commitment(item, engagement_id, actors, bodies, recipients, due)
            else:
                self._follow_up(item, engagement_id)

    def _due(self, text: str) -> When | None:
        told = read_told(text)
        if told.days is not None:
            first, last = told.days
            values = {"first_day": first.isoformat(), "last_day": "" if last == OPEN else last.isoformat()}
            return rebuilt(values, told.text)
        return None if fold(told.text) == NO_DATE else parse_when(told.text, today=self._work.today(), past=False)

    def _commitment(
        self,
        item: str,
        engagement_id: int,
        actors: Sequence[int],
        bodies: Sequence[int],
        recipients: Sequence[str],
        due: When | None,
    ) -> None:
        """“Offer of OpenAI: access (open)”; where nobody says to whom, to the other side."""
        stated = _STATED.fullmatch(item)
        words, state_word = (stated[1], stated[2]) if stated else (item, "")
        head, colon, wording = words.partition(": ")
        kind_word, of, _ = head.partition(" of ")
        kind = _KINDS.get(fold(kind_word), "") if of else ""
        maker = head[len(kind_word) + 4 :]
        if not (colon and kind):
            kind, maker, wording = "undertaking", self._organisations.name(actors[0]), item
        states = DELIVERY_STATES if kind == "delivery" else COMMITMENT_STATES
        state = next((key for key, label in states.items() if fold(label) == fold(state_word)), "")
        self._organisations.find([maker], "commitments")
        made_by = self._organisations.id(maker, "commitments")
        others = list(bodies) if made_by in actors else list(actors)
        if recipients:
            self._organisations.find(recipients, "commitments")
            others = [self._organisations.id(name, "commitments") for name in recipients]
        engagement = self._work.session.get_one(Engagement, engagement_id)
        commitments.make(
            self._work,
            engagement=engagement,
            kind=kind,
            wording=wording,
            made_by_id=made_by,
            made_to_ids=[one for one in others if one != made_by] or list(bodies),
            state=state or ("met" if kind == "delivery" else "open"),
            due=due,
        )
        self._report.made["commitments"] += 1

    def _follow_up(self, item: str, engagement_id: int) -> None:
        """“Send the paper (due 12 May 2026)”, “Call back (done 2026-05-12)”, “Think (to do)”, or a title alone."""
        stated = _STATED.fullmatch(item)
        title, word = (stated[1], stated[2]) if stated else (item, "")
        done = _DONE.fullmatch(word)
        due = None
        if word.startswith("due "):
            told = word.removeprefix("due ").removeprefix("by end of ")
            try:
                due = parse_when(told, today=self._work.today(), past=False)
            except Invalid:
                title = item
        elif not done and word != "to do":
            title = item
        made = followups.add(self._work, title=title[:300], due=due, engagement_id=engagement_id)
        if done:
            followups.do(self._work, made.id, on=min(dt.date.fromisoformat(done[1]), self._work.today()))
        self._report.made["follow_ups"] += 1


def mark_ours(work: Work, facts: Mapping[str, str], actors: Collection[int], organisations: Organisations) -> None:
    """Where nobody is ours yet: marks those that our own export names, or the one actor there is.

    :param facts: what the head of an export says
    """
    told = {
        flag: split_listed(facts[name])
        for name, flag in (("ours", "is_ours"), ("clients", "is_client"))
        if facts.get(name)
    }
    for flag, names in told.items():
        organisations.find(names, "actors")
        for name in names:
            setattr(basics.get(work, organisations.id(name, "actors")), flag, True)
    if not told and len(actors) == 1:
        basics.amend(work, next(iter(actors)), is_ours=True)
