"""What changed between two states of a row, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from crm.dates import Precision, When
from crm.dates.wording import day, edge, span
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES
from crm.models.engagements import ACCEPTANCES, INITIATORS, KINDS, ROLES, SIDES, STATUSES, VISIBILITIES
from crm.models.letters import CHANNELS, STEPS
from crm.models.members import MEMBER_ROLES
from crm.models.people import SENIORITIES, began, ended
from crm.models.topics import MILESTONE_KINDS
from crm.queries import kinds
from crm.queries.history.records import WORDS
from crm.queries.twins import Values, table_of

_WHEN = (
    "first_day", "last_day", "precision", "when_text", "assumed", "end_day", "start_time", "end_time", "zone", "fold",
)  # fmt: skip
_DUE = ("due_first", "due_last", "due_precision", "due_text")
_BEGAN = ("first", "first_until", "first_precision", "first_text")
_ENDED = ("last", "last_from", "last_precision", "last_text")
#: Columns that are told as one thing, by the one they are known by; the others only follow it.
GROUPS: dict[str, tuple[str, ...]] = {
    "first_day": _WHEN,
    "due_last": _DUE,
    "first": _BEGAN,
    "last": _ENDED,
    "name": ("name", "sort", "names_folded"),
    "binned_at": ("binned_at", "counts"),
    "done_on": ("done_on", "done_by_id"),
    "value": ("value",),
}
#: Bookkeeping and derived columns, which nobody typed.
_UNTOLD = frozenset({*_WHEN, *_DUE, *_BEGAN[1:], *_ENDED[1:]}).union(
    ("id", "version", "created_at", "created_by_id", "changed_at", "changed_by_id", "position", "moved_at"),
    ("search", "sort", "names_folded", "counts", "is_contact", "acting", "met", "was_sent", "snoozed", "done_by_id"),
    ("shipped", "from_directory", "key", "participation_id", "dispatch_id"),
    ("stored_as", "sha256", "media_type", "size", "password_hash", "host_identity"),
)
_LABELS = {
    "first_day": "date",
    "due_last": "deadline",
    "initiated_by": "side that began it",
    "is_ours": "mark as ours",
    "is_client": "mark as a client",
    "goal_days": "contact goal in days",
    "on": "day",
    "first": "beginning",
    "last": "end",
    "joins_history": "joining of the histories",
    "disabled_at": "closing of the account",
    "merged_into": "body it was merged into",
    "evidence_url": "address of the evidence",
    "source_url": "address of the source",
    "remind_on": "reminder",
    "reply": "answer",
    "made_by": "maker",
    "fulfils": "promise it fulfils",
    "follows": "engagement it follows",
}
_CHOICES: dict[tuple[str, str], Mapping[str, str]] = {
    ("crm_engagement", "kind"): KINDS,
    ("crm_engagement", "status"): STATUSES,
    ("crm_engagement", "visibility"): VISIBILITIES,
    ("crm_engagement", "initiated_by"): INITIATORS,
    ("crm_participation", "side"): SIDES,
    ("crm_participation", "role"): ROLES,
    ("crm_participation", "acceptance"): ACCEPTANCES,
    ("crm_dispatch", "channel"): CHANNELS,
    ("crm_dispatch_step", "step"): STEPS,
    ("crm_commitment", "kind"): COMMITMENT_KINDS,
    ("crm_commitment", "state"): COMMITMENT_STATES,
    ("crm_milestone", "kind"): MILESTONE_KINDS,
    ("crm_post", "seniority"): SENIORITIES,
    ("crm_member", "role"): MEMBER_ROLES,
}

#: Settings that the program keeps for itself, which nobody chose.
_PROGRAMS_OWN = frozenset({"directory", "demonstration", "demonstration_login"})

ENTERED = "entered it"
#: From so many parts on they are told together.
_FEW = 4

Names = Mapping[tuple[str, Any], str]


class Change(NamedTuple):
    """One thing that changed, in words, and where to find it again.

    :param lead: what was done, “changed the date”; ``before`` and ``after`` follow it where there are any
    :param part: class of the row, and ``key`` its number or numbers
    :param field: column that it is known by, empty for a part that came or went
    """

    lead: str
    before: str
    after: str
    part: str
    key: str
    field: str

    @property
    def is_long(self) -> bool:
        """Whether the words stand better in paragraphs of their own than in a sentence."""
        return max(len(self.before), len(self.after)) > 120 or "\n" in self.before + self.after


class State(NamedTuple):
    """A row before and after one transaction; ``before`` is none where it came, ``after`` where it went."""

    record_class: type[Any]
    key: tuple[Any, ...]
    before: Values | None
    after: Values | None


def columns_of(field: str, names: Iterable[str]) -> tuple[str, ...]:
    """The columns that go with ``field``, of those that the row has."""
    there = set(names)
    return tuple(name for name in GROUPS.get(field, (field,)) if name in there)


def changes(state: State, whole: type[Any], names: Names, zone: str) -> list[Change]:
    """What changed in one row, in words; empty where only bookkeeping did."""
    if state.key[0] in _PROGRAMS_OWN and state.record_class.__tablename__ == "crm_instance_setting":
        return []
    teller = _Teller(state, names, zone)
    if state.record_class is not whole and (state.before is None or state.after is None):
        return teller.came_or_went(whole)
    return teller.changed(whole)


def gathered(found: list[Change]) -> list[Change]:
    """Many parts of one sort that came at once as one change: “added 28 participants”."""
    alike: dict[tuple[str, str], list[Change]] = {}
    for change in found:
        if not change.field and change.lead.startswith("added "):
            alike.setdefault((change.lead, change.part), []).append(change)
    result: list[Change] = []
    for change in found:
        group = alike.get((change.lead, change.part), [])
        if len(group) < _FEW:
            result.append(change)
        elif group[0] is change:
            word = change.lead.removeprefix("added the ")
            plural = word.replace("copy of", "copies of") if word.startswith("copy") else f"{word}s"
            listed = "; ".join(one.after for one in group)
            result.append(change._replace(lead=f"added {len(group)} {plural}:", after=listed))
    return result


class _Teller:
    def __init__(self, state: State, names: Names, zone: str) -> None:
        self.state = state
        self.names = names
        self.zone = zone
        self.table = table_of(state.record_class)
        self.word = WORDS.get(state.record_class, "record")

    def came_or_went(self, whole: type[Any]) -> list[Change]:
        values = self.state.after or self.state.before or {}
        text = self.summary(values, whole)
        if not text:
            return []
        lead = f"added the {self.word}" if self.state.before is None else f"removed the {self.word}"
        return [self._change(lead, "" if self.state.before is None else text, text if self.state.after else "", "")]

    def changed(self, whole: type[Any]) -> list[Change]:
        before, after = self.state.before or {}, self.state.after or {}
        found = []
        if not self.state.before:
            found.append(self._change(ENTERED, "", "", ""))
        if not self.state.after:
            found.append(self._change("took it away", "", "", ""))
        which = "" if self.state.record_class is whole else f" of the {self.word} “{self.summary(after, whole)}”"
        for field in self.fields():
            old, new = self.told(field, before), self.told(field, after)
            if old != new:
                found.append(self._said(field, which, old, new))
        return found

    def fields(self) -> list[str]:
        """The columns to tell of, each group by one of them."""
        names = list(self.table.c.keys())
        told = [name for name in names if name not in _UNTOLD or name in ("first_day", "due_last")]
        return told if self.table.name != "crm_instance_setting" else ["value"]

    def _said(self, field: str, which: str, old: str, new: str) -> Change:
        if field == "binned_at":
            return self._change("put it into the bin" if new else "took it out of the bin", "", "", field)
        if field == "done_on" and not which:
            return self._change(f"marked it as done on {new}" if new else "opened it again", "", "", field)
        label = _LABELS.get(field.removesuffix("_id"), _LABELS.get(field, field.removesuffix("_id").replace("_", " ")))
        if self.table.name == "crm_instance_setting":
            label = str((self.state.after or self.state.before or {})["key"]).replace("_", " ")
        if not self.state.before:
            lead = "set" if self.table.name == "crm_instance_setting" else "with"
            return self._change(f"{lead} the {label}", "", new, field)
        verb = "changed" if old and new else "set" if new else "emptied"
        return self._change(f"{verb} the {label}{which}", old, new, field)

    def _change(self, lead: str, before: str, after: str, field: str) -> Change:
        key = "-".join(str(one) for one in self.state.key)
        return Change(lead, before, after, self.state.record_class.__name__, key, field)

    def summary(self, values: Values, whole: type[Any]) -> str:
        """A part in a few words: what it points at and says, but not its whole."""
        if not values:
            return ""
        texts = [self.told(field, values) for field in ("participation_id", "dispatch_id") if field in values]
        for field in self.fields():
            if self.table.name == "crm_post" and field in ("first", "last"):
                texts += [_span(values)] if field == "first" else []
                continue
            is_whole = any(key.column.table is table_of(whole) for key in self.table.c[field].foreign_keys)
            if not is_whole or field in ("parent_id", "successor_id"):
                texts.append(self.told(field, values))
        return " · ".join(text for text in texts if text)

    def told(self, field: str, values: Values) -> str:
        """One value in words, empty for none."""
        if field == "first_day":
            return _when(values)
        if field == "due_last":
            return _due(values)
        if self.table.name == "crm_post" and field in ("first", "last"):
            return _edge(values, field)
        value = values.get(field)
        if value is None or value is False or value == "":
            return ""
        if value is True:
            return "yes"
        for key in self.table.c[field].foreign_keys:
            return self.names.get((key.column.table.name, value), f"no. {value}")
        if self.table.name == "crm_organisation" and field == "kind":
            return kinds.label(str(value))
        known = _CHOICES.get((self.table.name, field))
        if known is not None:
            return str(known.get(str(value), value))
        if isinstance(value, dt.datetime):
            local = value.astimezone(ZoneInfo(self.zone))
            return f"{day(local.date())} {local:%H:%M}"
        if isinstance(value, dt.date):
            return day(value)
        return str(value)


def _when(values: Values) -> str:
    if values.get("first_day") is None:
        return ""
    when = When(
        first=values["first_day"],
        last=values["last_day"],
        precision=Precision(values["precision"]),
        text=values["when_text"],
        end=values["end_day"],
        time=values["start_time"],
        end_time=values["end_time"],
        zone=values["zone"],
        fold=values["fold"],
        assumed=values["assumed"],
    )
    if when.precision is Precision.DAY and when.end is None:
        return day(when.first)
    return when.short()


def _edge(values: Values, field: str) -> str:
    """When a post began or ended."""
    when = _edges(values)[field == "last"]
    return edge(when) if when is not None else ""


def _span(values: Values) -> str:
    """When a post was held."""
    return span(*_edges(values))


def _edges(values: Values) -> tuple[When | None, When | None]:
    return began(*(values.get(name) for name in _BEGAN)), ended(*(values.get(name) for name in _ENDED))


def _due(values: Values) -> str:
    first, last = values.get("due_first"), values.get("due_last")
    if first is None or last is None:
        return ""
    return When(first, last, Precision(values["due_precision"] or "day"), values["due_text"] or "").deadline()
