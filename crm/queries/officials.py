"""Who is meant by an office, or by a title with a name, as registers print them: people in posts held that day."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import select

from crm.models import Organisation, Person, Post
from crm.models.organisations import ALWAYS, STILL
from crm.text import fold
from crm.work import Work

_HONOURS = re.compile(
    r"^(?:(?:the|rt|right|hon|honourable|h\.?e|his|her|excellency|mr|mrs|ms|miss|dr|prof|professor|sir|dame|lord|lady"
    r"|baroness|herr|frau|m|mme)\b\.?\s*)+|(?:[\s,]+(?:mp|msp|mep|md[bl]|qc|kc|cbe|obe|mbe|phd)\b\.?)+$"
)
_OFFICE = re.compile(
    r"(?:the |deputy |vice[- ]|first |prime |junior |shadow |parliamentary |permanent |state |private |under[- ]?)*"
    r"(?:minister|secretary|commissioner|director|head|chief|chair|chairman|chairwoman|chairperson|president|ambassador"
    r"|representative|undersecretary|adviser|advisor|staatssekretar(?:in)?|(?:bundes)?minister(?:in)?|ministre"
    r"|secretaire|directeur|directrice|leiter(?:in)?)"
    r"(?:[- ](?:general|of state|d'etat))?(?: (?:for|of|to|on|at|fur|der|des|de|du|charge|chargee)\b.*)?"
)


class Held(NamedTuple):
    """A person in a post."""

    person_id: int
    post_id: int
    organisation_id: int
    title: str
    """folded"""
    first: dt.date
    last: dt.date


class Officials:
    """The posts of the log by who holds them and what they are called, read once."""

    def __init__(self, work: Work) -> None:
        self._by_name: dict[str, list[Held]] = defaultdict(list)
        self._by_surname: dict[str, list[Held]] = defaultdict(list)
        self._by_title: dict[str, list[Held]] = defaultdict(list)
        statement = (
            select(Person.id, Post.id, Post.organisation_id, Post.title, Post.first, Post.last, Person.name)
            .join(Person, Person.id == Post.person_id)
            .join(Organisation, Organisation.id == Post.organisation_id)
            .where(Person.binned_at.is_(None), Organisation.binned_at.is_(None))
        )
        for person, post, body, title, first, last, name in work.session.execute(statement):
            folded, called = _office(fold(title)), fold(name)
            held = Held(person, post, body, folded, first or ALWAYS, last or STILL)
            self._by_name[called].append(held)
            self._by_surname[called.rpartition(" ")[2]].append(held)
            if folded:
                self._by_title[folded].append(held)

    def held(self, pieces: Iterable[str], day: dt.date, among: Collection[int] | None = None) -> Held | None:
        """The one person in the one post that pieces of a cell mean on a day; none if nobody does, or several do.

        :param pieces: “Minister for Works”, “The Rt Hon Jane Doe MP”, “Commissioner Doe”
        :param among: organisations in which the post is held; none for any
        """
        for piece in pieces:
            text = fold(piece)
            bare = _HONOURS.sub("", text).strip(" ,")
            for candidates in (
                self._by_name.get(text, []),
                self._by_name.get(bare, []),
                self._by_title.get(_office(text), []),
                self._titled(bare),
            ):
                fit = [
                    one
                    for one in candidates
                    if one.first <= day <= one.last and (among is None or one.organisation_id in among)
                ]
                if len({(one.person_id, one.organisation_id) for one in fit}) == 1:
                    return fit[0]
                if fit:
                    return None
        return None

    def knows_office(self, text: str) -> bool:
        """Whether that is what a post of the log is called, or reads like one: no name of a person."""
        folded = fold(text)
        return _office(folded) in self._by_title or (
            folded not in self._by_name and _OFFICE.fullmatch(folded) is not None
        )

    def _titled(self, text: str) -> list[Held]:
        """“Commissioner Doe”: what a post begins with, and the name of who holds it."""
        words = text.split()
        for cut in range(1, len(words)):
            title, name = " ".join(words[:cut]), " ".join(words[cut:])
            known = self._by_name.get(name) or self._by_surname.get(name, [])
            found = [one for one in known if f"{one.title} ".startswith(f"{title} ")]
            if found:
                return found
        return []


def _office(folded: str) -> str:
    return folded.removeprefix("the ")
