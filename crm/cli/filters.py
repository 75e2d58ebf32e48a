"""The options by which counts and exports choose, and what they mean."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from crm.dates import OPEN, Precision, parse_when
from crm.errors import Invalid, Several
from crm.models.engagements import KINDS, STATUSES
from crm.queries.naming import by_key, nearest
from crm.queries.scope import Scope
from crm.queries.topics import topics
from crm.services import organisations
from crm.text import fold
from crm.work import Work

_WHOLE = (Precision.DAY, Precision.MONTH, Precision.QUARTER, Precision.HALF, Precision.YEAR)
_MULTIPLE: dict[str, Any] = {"multiple": True}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was typed after the options."""

    actors: tuple[str, ...]
    anybody: bool
    bodies: tuple[str, ...]
    kinds: tuple[str, ...]
    statuses: tuple[str, ...]
    topics: tuple[str, ...]
    since: str | None
    until: str | None
    as_today: bool

    def scope(self, work: Work) -> Scope:
        """What it means in this log.

        :raises Several: naming each option whose organisation, topic or date is not known, with the nearest
        """
        problems: list[Invalid] = []

        def tried(call: Callable[[], Any], default: Any) -> Any:
            try:
                return call()
            except Several as several:
                problems.extend(several.problems)
            except Invalid as problem:
                problems.append(problem)
            return default

        found = Scope(
            actors=tried(lambda: bodies_named(work, "--actor", self.actors), ()),
            anybody=self.anybody,
            bodies=tried(lambda: bodies_named(work, "--body", self.bodies), ()),
            kinds=self.kinds,
            statuses=self.statuses,
            topics=tried(lambda: topics_named(work, self.topics), ()),
            since=tried(lambda: _bound(work, "--since", self.since), None),
            until=tried(lambda: _bound(work, "--until", self.until), None),
            as_today=self.as_today,
        )
        if self.actors and self.anybody:
            problems.append(Invalid("--anybody", "goes without --actor: it means whoever made contact"))
        if found.since and found.until and found.until < found.since:
            problems.append(Invalid("--until", f"{found.until} lies before --since {found.since}; swap the two"))
        if problems:
            raise Several(problems)
        return found


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of :class:`Chosen`, as one argument ``chosen``."""

    def wrapped(*args: Any, **given: Any) -> Any:
        names = ("actors", "anybody", "bodies", "kinds", "statuses", "topics", "since", "until", "as_today")
        return command(*args, chosen=Chosen(*(given.pop(name) for name in names)), **given)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS = [
    click.option(
        "--actor", "actors", metavar="NAME", **_MULTIPLE, help="On whose behalf contact was made; ours unless given."
    ),
    click.option("--anybody", is_flag=True, help="Whoever made contact."),
    click.option("--body", "bodies", metavar="NAME", **_MULTIPLE, help="Body met, with what is below it."),
    click.option("--kind", "kinds", **_MULTIPLE, type=click.Choice(list(KINDS)), help="Kind of engagement."),
    click.option("--status", "statuses", **_MULTIPLE, type=click.Choice(list(STATUSES)), help="Status."),
    click.option("--topic", "topics", metavar="NAME", **_MULTIPLE, help="Topic, with those below it."),
    click.option("--since", metavar="DATE", help="First day, or “April 2026”, “2026”."),
    click.option("--until", metavar="DATE", help="Last day, or “April 2026”, “2026”."),
    click.option("--as-today", is_flag=True, help="Read the tree of bodies as organised today."),
]


def bodies_named(work: Work, option: str, names: Sequence[str]) -> tuple[int, ...]:
    """The organisations that names, or keys of the directory, mean.

    :raises Several: naming those unknown, with the nearest
    """
    found: list[int] = []
    problems: list[Invalid] = []
    for name in names:
        keyed = by_key(work, name)
        if keyed is not None:
            found.append(keyed)
            continue
        try:
            found += [body.id for body in organisations.resolve(work, [name], field=option)]
        except Several as several:
            problems += [_with_nearest(work, name, problem) for problem in several.problems]
    if problems:
        raise Several(problems)
    return tuple(dict.fromkeys(found))


def _with_nearest(work: Work, name: str, problem: Invalid) -> Invalid:
    unknown = f"No body is called “{name}”."
    near = nearest(work, name) if problem.reason.startswith(unknown) else []
    return Invalid(problem.field, f"{unknown} Did you mean {', '.join(near)}?") if near else problem


def topics_named(work: Work, names: Sequence[str]) -> tuple[int, ...]:
    """The topics that names mean.

    :raises Several: naming those unknown, with the nearest
    """
    if not names:
        return ()
    known = {fold(row.name): row for row in topics(work)}
    found: list[int] = []
    problems: list[Invalid] = []
    for name in names:
        if fold(name) in known:
            found.append(known[fold(name)].id)
            continue
        near = difflib.get_close_matches(fold(name), list(known), n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(known[folded].name for folded in near)}?" if near else ""
        problems.append(Invalid("--topic", f"No topic is called “{name}”.{hint}"))
    if problems:
        raise Several(problems)
    return tuple(found)


def _bound(work: Work, option: str, typed: str | None) -> dt.date | None:
    if not typed:
        return None
    try:
        when = parse_when(typed, today=work.today(), past=True)
    except Invalid as problem:
        # Some reasons quote what they could not read, others tell of it.
        told = problem.reason if problem.reason.startswith("“") else f"“{typed}” {problem.reason}"
        raise Invalid(option, told) from problem
    if when.precision not in _WHOLE or when.end is not None or when.last == OPEN:
        raise Invalid(option, f"“{typed}” is no day, month, quarter or year; write it as 2026-05-11")
    return when.first if option == "--since" else when.last
