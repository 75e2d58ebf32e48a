"""A new name that known ones begin like: whoever typed it is asked once whether one of those is meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select

from crm.errors import Invalid
from crm.models import Organisation, Person, Post, Topic
from crm.models.history import INSERTED
from crm.queries import suggest
from crm.text import fold, like_escape
from crm.work import Work

_SHOWN_AT_MOST = 3


class Unsure(Invalid):
    """A new name that may be a short way of saying a known one.

    :param name: the name as typed; said to be new, it is taken
    """

    def __init__(self, field: str, name: str, near: Iterable[str]) -> None:
        listed = " or ".join(f"“{one}”" for one in near)
        super().__init__(field, f"“{name}” is new here. Did you mean {listed}? If not, save again and it is added.")
        self.name = name


def ask_about_organisation(work: Work, made: Organisation, field: str, said_new: Collection[str]) -> None:
    """Asks about an organisation that was added just now because of its name.

    :param said_new: folded names that whoever typed them says are new
    :raises Unsure: others begin like it
    """
    if _is_to_be_asked(work, made, said_new):
        near = suggest.organisations(work, made.name, limit=_SHOWN_AT_MOST + 1)
        _ask(field, made.name, (one.label for one in near if one.value != str(made.id)))


def ask_about_topic(work: Work, made: Topic, field: str, said_new: Collection[str]) -> None:
    """Asks about a topic that was added just now."""
    if _is_to_be_asked(work, made, said_new):
        near = suggest.topics(work, made.name, limit=_SHOWN_AT_MOST + 1)
        _ask(field, made.name, (one.label for one in near if one.value != str(made.id)))


def ask_about_person(work: Work, made: Person, organisation_id: int, field: str, said_new: Collection[str]) -> None:
    """Asks about a person who was added just now, if others of that organisation have such a name."""
    if _is_to_be_asked(work, made, said_new):
        words = (f"% {like_escape(word)}%" for word in fold(made.name).split()[:8])
        near = work.session.scalars(
            select(Person.name)
            .join(Post, Post.person_id == Person.id)
            .where(
                Post.organisation_id == organisation_id,
                Person.id != made.id,
                Person.binned_at.is_(None),
                *(Person.names_folded.like(word, escape="\\") for word in words),
            )
            .distinct()
            .limit(_SHOWN_AT_MOST)
        )
        _ask(field, made.name, near)


def _is_to_be_asked(work: Work, made: Any, said_new: Collection[str]) -> bool:
    return work.touched.get(made) == INSERTED and fold(made.name) not in said_new


def _ask(field: str, name: str, near: Iterable[str]) -> None:
    found = list(near)[:_SHOWN_AT_MOST]
    if found:
        raise Unsure(field, name, found)
