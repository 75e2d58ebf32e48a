"""How records are said in a calendar: titles that tell the meeting, plain lines that tell the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from crm.models.engagements import ACCEPTANCES, KINDS, ROLES, STATUSES, WRITINGS

MOST_NAMED = 30
"""Bodies and participants named in one entry; a letter may go to hundreds."""
LONGEST_SUMMARY = 2000


class PartyLike(Protocol):
    """Who takes part, as far as words need it."""

    @property
    def side(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def acceptance(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def person(self) -> str | None: ...
    @property
    def title(self) -> str | None: ...


def engagement_title(kind: str, status: str, met: Sequence[str], subject: str) -> str:
    """Gives "Meeting with AI Office: code of practice", "Letter to AI Office and 27 others: …"."""
    names = list(met[:2]) if len(met) <= 2 else [met[0], f"{len(met) - 1} others"]
    title = KINDS[kind]
    if names:
        title += f" {_preposition(kind, status)} {' and '.join(names)}"
    return f"{title}: {subject}" if subject else title


def engagement_lines(
    kind: str, status: str, met: Sequence[str], topics: Sequence[str], summary: str, *, link: str
) -> tuple[str, ...]:
    """Gives the description: what it is, whom it is with, what about, where online, and the summary."""
    lines = [f"{KINDS[kind]}, {STATUSES[status].lower()}"]
    if met:
        head = {"to": "Addressed to", "from": "From", "with": "Bodies met"}[_preposition(kind, status)]
        lines.append(f"{head}: {_listed(met)}")
    if topics:
        lines.append(f"Topics: {_listed(topics)}")
    if link:
        lines.append(f"Link: {link}")
    if summary:
        lines += ["", shortened(summary, LONGEST_SUMMARY)]
    return tuple(lines)


def party_lines(parties: Iterable[PartyLike]) -> tuple[str, ...]:
    """Gives who takes part, one line each: "Anna Novak, Head of Unit, AI Office (speaker)"."""
    lines = list(dict.fromkeys(_party(party) for party in parties))
    if len(lines) > MOST_NAMED:
        lines = [*lines[:MOST_NAMED], f"and {len(lines) - MOST_NAMED} more"]
    return tuple(lines)


def shortened(text: str, limit: int) -> str:
    """``text`` if it has at most ``limit`` characters, else its beginning up to a word's end, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    kept, space, _ = cut.rpartition(" ")
    return (kept if space and len(kept) > limit // 2 else cut).rstrip(" \n,;:.") + "…"


def _preposition(kind: str, status: str) -> str:
    if kind not in WRITINGS:
        return "with"
    return "from" if status == "received" else "to"


def _listed(names: Sequence[str]) -> str:
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"


def _party(party: PartyLike) -> str:
    who = ", ".join(part for part in (party.person, party.title, party.organisation) if part)
    notes = ["third party"] if party.side == "third" else []
    if party.role != "attendee":
        notes.append(ROLES[party.role].lower())
    if party.acceptance:
        notes.append(ACCEPTANCES[party.acceptance].lower())
    return f"{who} ({', '.join(notes)})" if notes else who
