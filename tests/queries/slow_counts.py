"""A slow, obvious count over plain facts, against which the SQL is held."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

OPEN = dt.date.max


@dataclass
class Fact:
    """One engagement as a person would write it down."""

    first: dt.date
    last: dt.date
    kind: str
    status: str
    actors: list[tuple[int, str]]
    met: list[tuple[int, str, str]]
    thirds: list[int]
    binned: bool = False
    unsent: set[int] = field(default_factory=set)

    def counts(self) -> bool:
        return self.status in ("held", "sent", "received") and not self.binned

    def actors_present(self) -> set[int]:
        return {body for body, acceptance in self.actors if acceptance not in ("declined", "absent")}

    def bodies_present(self) -> list[int]:
        return list(
            dict.fromkeys(
                body
                for body, acceptance, role in self.met
                if acceptance not in ("declined", "absent") and role != "copy" and body not in self.unsent
            )
        )


class Tree:
    """Parent links: child, parent, first and last day."""

    def __init__(self, links: list[tuple[int, int, dt.date, dt.date]]) -> None:
        self.links = links

    def above(self, body: int, day: dt.date) -> set[int]:
        """The body itself and everything over it on that day."""
        found = {body}
        while True:
            more = {p for c, p, first, last in self.links if c in found and first <= day <= last} - found
            if not more:
                return found
            found |= more


def is_certain(fact: Fact, since: dt.date, until: dt.date) -> bool:
    return since <= fact.first and fact.last <= until


def is_possible(fact: Fact, since: dt.date, until: dt.date) -> bool:
    if is_certain(fact, since, until):
        return False
    if fact.last == OPEN:
        return since <= fact.first <= until
    return fact.first <= until and since <= fact.last


def matching(facts: list[Fact], tree: Tree, actors: set[int]) -> list[Fact]:
    """What counts and was done by one of ``actors`` or somebody below them."""
    return [
        fact
        for fact in facts
        if fact.counts() and any(tree.above(actor, fact.first) & actors for actor in fact.actors_present())
    ]


def cell(facts: list[Fact], tree: Tree, body: int, since: dt.date, until: dt.date) -> tuple[int, int]:
    """Certain and possible engagements with ``body`` or somebody below it."""
    those = [f for f in facts if any(body in tree.above(met, f.first) for met in f.bodies_present())]
    return sum(is_certain(f, since, until) for f in those), sum(is_possible(f, since, until) for f in those)


def contacts(facts: list[Fact], since: dt.date, until: dt.date) -> int:
    """Organisations named directly, once an engagement."""
    return sum(len(fact.bodies_present()) for fact in facts if is_certain(fact, since, until))
