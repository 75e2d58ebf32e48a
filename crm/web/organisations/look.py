"""How a member looks at one organisation: what the address of its page says beside its number."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from flask import request, url_for

from crm.errors import Invalid
from crm.queries.organisations import SPANS
from crm.queries.scope import Scope
from crm.queries.timeline import SHOWN, Cursor
from crm.web.forms.days import day_typed

OURS, ANYBODY, ITSELF = "ours", "anybody", "itself"


class Usual(NamedTuple):
    """What a page shows when its address says nothing.

    :ivar day: today; of a closed body its last day
    """

    day: dt.date
    whose: str = OURS
    span: str = "quarters"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a page.

    :param direct: the body itself only, without what stands below it
    :param as_today: the tree as organised today
    :param whose: whose contact is counted: ours, anybody's, or what was done on behalf of the body itself
    :param span: a key of :data:`crm.queries.organisations.SPANS`
    :param show: a key of :data:`crm.queries.timeline.SHOWN`
    :param day: on which the place in the tree is shown
    :param typed: that day as typed
    :param problem: why it could not be read
    """

    organisation_id: int
    usual: Usual
    day: dt.date
    direct: bool = False
    as_today: bool = False
    whose: str = OURS
    span: str = ""
    show: str = ""
    typed: str = ""
    problem: str = ""
    after: Cursor | None = None

    @classmethod
    def read(cls, organisation_id: int, usual: Usual, *, today: dt.date) -> Look:
        """The look that the present address asks for; what cannot be read is as usual."""
        whose, span, show = (request.args.get(name, "") for name in ("whose", "span", "show"))
        typed, problem, day = request.args.get("on", "").strip(), "", None
        try:
            day = day_typed("on", typed, today=today)
        except Invalid as error:
            problem = error.reason
        return cls(
            organisation_id,
            usual,
            day or usual.day,
            direct=request.args.get("direct") == "1",
            as_today=request.args.get("tree") == "today",
            whose=whose if whose in (OURS, ANYBODY, ITSELF) else usual.whose,
            span=span if span in SPANS else usual.span,
            show=show if show in SHOWN else "",
            typed=typed[:80],
            problem=problem,
            after=Cursor.read(request.args.get("after", "")),
        )

    @property
    def scope(self) -> Scope:
        """What its figures count."""
        if self.whose == ITSELF:
            return Scope(actors=(self.organisation_id,), as_today=self.as_today, direct=self.direct)
        return Scope(
            anybody=self.whose == ANYBODY,
            bodies=(self.organisation_id,),
            as_today=self.as_today,
            direct=self.direct,
        )

    def arguments(self) -> dict[str, Any]:
        """What the address says of it, without what is as usual."""
        said = {
            "direct": "1" if self.direct else "",
            "tree": "today" if self.as_today else "",
            "whose": self.whose if self.whose != self.usual.whose else "",
            "span": self.span if self.span != self.usual.span else "",
            "show": self.show,
            "on": self.typed if self.day != self.usual.day else "",
        }
        return {name: value for name, value in said.items() if value}

    def address(self, anchor: str = "", **changes: Any) -> str:
        """The address of the page with some of it changed; a change begins the timeline anew."""
        after = changes.pop("after", None)
        arguments = replace(self, **changes).arguments() if changes else self.arguments()
        if after is not None:
            arguments["after"] = str(after)
        return url_for("crm.organisations.show", id=self.organisation_id, _anchor=anchor or None, **arguments)
