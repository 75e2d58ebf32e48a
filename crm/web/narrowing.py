"""What a list can be narrowed by: values with the number of rows that each leaves, and what is chosen to be taken away.

Each list says its parts once; links, marks of what is chosen and their words are made here for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from flask import url_for

from crm.queries import names
from crm.queries.facets import NOBODY
from crm.web.parsing import number
from crm.work import Work

#: Values of one filter that are shown; those that are chosen always are.
VALUES_AT_MOST = 10
MEMBER, ORGANISATION, TOPIC = "member", "organisation", "topic"

Arguments = Mapping[str, Any]


class Part(NamedTuple):
    """One filter of a list.

    :param name: of the facet, and of the argument that says it
    :param words: value → words for it
    :param record: kind of record that other values are the numbers of: :data:`MEMBER`, :data:`ORGANISATION` or
        :data:`TOPIC`
    :param names: the arguments that belong to it, if not ``name`` alone
    :param said: the arguments that say a value, if not ``name`` alone
    :param chosen: the values that arguments say, if not those of ``name``
    :param by_value: whether values stand in the order of themselves, the greatest first, and not of their rows
    :param worded: words that depend on the other arguments, in place of ``words``
    """

    name: str
    label: str
    words: Mapping[str, str] = {}
    record: str = ""
    names: tuple[str, ...] = ()
    said: Callable[[str], dict[str, Any]] | None = None
    chosen: Callable[[Arguments], list[str]] | None = None
    by_value: bool = False
    worded: Callable[[Arguments], Mapping[str, str]] | None = None

    def among(self, arguments: Arguments) -> Part:
        """The part with the words that its values have in the list that ``arguments`` say."""
        return self if self.worded is None else self._replace(words=self.worded(arguments))

    def without(self, arguments: Arguments) -> dict[str, Any]:
        """``arguments`` but for those of this part."""
        return {name: value for name, value in arguments.items() if name not in (self.names or (self.name,))}

    def with_value(self, arguments: Arguments, value: str) -> dict[str, Any]:
        """``arguments`` with this value and no other."""
        return self.without(arguments) | (self.said(value) if self.said else {self.name: value})

    def values(self, arguments: Arguments) -> list[str]:
        """The values that are chosen."""
        if self.chosen is not None:
            return self.chosen(arguments)
        found = arguments.get(self.name)
        listed = found if isinstance(found, list | tuple) else [found]
        return [str(one) for one in listed if one not in (None, "")]


class Listing(NamedTuple):
    """A list that can be narrowed.

    :param read: the filter in the address and the arguments that say it
    :param counted: name of the part → value → number of rows
    """

    endpoint: str
    title: str
    parts: tuple[Part, ...]
    read: Callable[[Work], tuple[Any, dict[str, Any]]]
    counted: Callable[[Work, Any], dict[str, dict[str, int]]]


class Chip(NamedTuple):
    """Something that the list is narrowed to, and the address without it."""

    text: str
    url: str


class Value(NamedTuple):
    """A value that can be chosen, or taken away again.

    :param number: of rows that choosing it shows
    """

    label: str
    number: int
    url: str
    is_chosen: bool


class Group(NamedTuple):
    """The values of one part, and how many more there are."""

    label: str
    values: list[Value]
    more: int


def chips(work: Work, endpoint: str, parts: Iterable[Part], arguments: Arguments) -> list[Chip]:
    """What of the parts is chosen, each with the address of the list without it."""
    chosen = [(part.among(arguments), values) for part in parts if (values := part.values(arguments))]
    worded = _Words(work, chosen)
    return [
        Chip(_said(part.label, ", ".join(worded.said(part, value) for value in values)),
             url_for(endpoint, **part.without(arguments)))
        for part, values in chosen
    ]  # fmt: skip


def groups(work: Work, listing: Listing, wanted: Any, arguments: Arguments) -> list[Group]:
    """The values of every part by which rows differ."""
    counted = listing.counted(work, wanted)
    shown: list[tuple[Part, list[str]]] = []
    for part in (one.among(arguments) for one in listing.parts):
        numbers, chosen = counted.get(part.name, {}), part.values(arguments)
        known = [value for value in numbers if part.record or value in part.words or not part.words]
        order = sorted(known, key=lambda value: value, reverse=True)
        if not part.by_value:
            order.sort(key=lambda value, numbers=numbers: -numbers[value])  # type: ignore[misc]
        shown.append((part, list(dict.fromkeys([*(one for one in chosen if one in numbers), *order]))))
    worded = _Words(work, [(part, values[: VALUES_AT_MOST * 2]) for part, values in shown])
    found = []
    for part, values in shown:
        chosen = part.values(arguments)
        named = [(value, words) for value in values[: VALUES_AT_MOST * 2] if (words := worded.of(part, value))]
        listed = [
            Value(
                words,
                counted[part.name][value],
                url_for(
                    listing.endpoint,
                    **(part.without(arguments) if value in chosen else part.with_value(arguments, value)),
                ),
                value in chosen,
            )
            for value, words in named[:VALUES_AT_MOST]
        ]
        if len(listed) > 1 or any(one.is_chosen for one in listed):
            found.append(Group(part.label, listed, len(values) - len(listed)))
    return found


def year_of(arguments: Arguments) -> list[str]:
    """The year that ``since`` and ``until`` mean, if they mean one."""
    since, until = str(arguments.get("since", "")), str(arguments.get("until", ""))
    is_year = since.endswith("-01-01") and until == f"{since[:4]}-12-31"
    return [since[:4]] if is_year else []


def _said(label: str, words: str) -> str:
    return f"{label}: {words}" if words else label


class _Words:
    """The words for values, those of records read at once."""

    def __init__(self, work: Work, shown: Iterable[tuple[Part, list[str]]]) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        for part, values in shown:
            if part.record:
                wanted[part.record].update(found for one in values if (found := number(one)) is not None)
        known = names.of(work, organisations=wanted[ORGANISATION], topics=wanted[TOPIC], members=wanted[MEMBER])
        self._known: dict[str, dict[int, str]] = {
            ORGANISATION: known.organisations,
            TOPIC: known.topics,
            MEMBER: known.members,
        }

    def said(self, part: Part, value: str) -> str:
        """The same, where something must be said."""
        return part.words[value] if value in part.words else self.of(part, value) or "no longer there"

    def of(self, part: Part, value: str) -> str:
        """Empty for the number of a record that is not there."""
        if value in part.words:
            return part.words[value]
        if part.record == MEMBER and value == str(NOBODY):
            return "Nobody"
        if part.record:
            return self._known[part.record].get(number(value) or 0, "")
        return "" if part.words else value
