"""What a plugin that watches requests is told, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Answered(NamedTuple):
    """One request that was answered; of people and records it says nothing.

    :param route: the rule, such as ``/people/<id:person_id>``; empty for an address there is none of
    :param seconds: from its arrival to the answer's first byte
    """

    method: str
    route: str
    status: int
    seconds: float


class Watcher(NamedTuple):
    """Is told of every request that was answered, and shows figures at ``/monitoring/<key>``.

    :param answered: called in the thread that answers; quick, and for many threads at once
    :param figures: the text of the page, given what the product itself knows: name → number
    """

    key: str
    media_type: str
    answered: Callable[[Answered], None]
    figures: Callable[[Mapping[str, float]], str]
