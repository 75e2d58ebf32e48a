"""The page of one organisation: everything that the log knows of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.http import read
from crm.models import Organisation
from crm.models.commitments import RUNNING_STATES
from crm.queries import commitments, countries, counts, kinds, registers
from crm.queries import organisations as reads
from crm.queries.scope import Scope
from crm.queries.timeline import milestones_ahead, open_follow_ups, timeline
from crm.services import members, organisations
from crm.text import plural
from crm.web.forms.organisations import NAME_KINDS, SUCCESSION_KINDS
from crm.web.forms.scope import scope_args
from crm.web.organisations.blueprint import bp
from crm.web.organisations.look import ITSELF, OURS, Look, Usual
from crm.web.parsing import ID
from crm.web.timelines import drawn
from crm.work import Work

COMMITMENTS_SHOWN = 12
CHILDREN_SHOWN = 12
ENTRIES_SHOWN = 40
PROMISES = ("offer", "request", "undertaking")
#: What stands beside a count, in words.
BESIDE: dict[str, Callable[[int], str]] = {
    "planned": lambda n: f"{n} planned",
    "declined": lambda n: f"{n} declined",
    "cancelled": lambda n: f"{n} cancelled",
    "absent": lambda n: f"{n} with it absent",
    "copies": lambda n: f"{plural(n, 'copy')} only",
    "third": lambda n: f"{n} as third party",
}


class Child(NamedTuple):
    """A body directly below, with the contact with it and all below it."""

    child: reads.Child
    contact: reads.Contact


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One body: place in the tree, counts, what is open, people, and the timeline of everything."""
    organisation = organisations.get(work, id)
    if organisation.merged_into_id is not None:
        return redirect(url_for("crm.organisations.show", id=organisation.merged_into_id), 301)
    look = _look(work, organisation)
    before, after = reads.successions(work, id)
    now = _last_day(work, organisation)
    branch = (id,) if look.direct else reads.branch(work, id, now)
    promises, more_promises = commitments.commitments(
        work,
        commitments.Filter(organisation_ids=branch, states=RUNNING_STATES, kinds=PROMISES),
        limit=COMMITMENTS_SHOWN,
    )
    below = reads.children(work, id, look.day)
    contacts = reads.contacts_of(work, (id, *(child.id for child in below)))
    place, children = reads.place_on(work, id, look.day), _children(below, contacts)
    links = reads.links(work, id, look.day)
    present, former = reads.holders(work, branch, now)
    page = timeline(
        work, id, show=look.show, direct=look.direct, as_today=look.as_today, after=look.after, limit=ENTRIES_SHOWN
    )
    return render_template(
        "crm/organisations/show.html",
        organisation=organisation,
        label=_label(organisation),
        acts=look.whose == ITSELF or _may_act(organisation),
        look=look,
        today=work.today(),
        at=work.now(),
        now=now,
        place=place,
        tree_nodes=_nodes(organisation, place, len(children)),
        links=links.parents,
        children=children,
        children_shown=CHILDREN_SHOWN,
        former_children=links.former_children,
        before=before,
        after=after,
        owner=_owner(work, organisation),
        on_lists=reads.lists_of(work, id),
        promises=promises,
        more_promises=more_promises,
        follow_ups=open_follow_ups(work, branch),
        milestones=milestones_ahead(work, branch),
        present=present,
        former=former,
        entries=drawn(page.entries, work.today()),
        next_url=look.address("timeline", after=page.next) if page.next else None,
        kind_label=kinds.label,
        country_name=countries.name,
        register_label=registers.label,
        register_address=registers.address,
        name_kinds=NAME_KINDS,
        succession_kinds=SUCCESSION_KINDS,
        **_figures(work, organisation, look, contacts[id]),
    )


def _look(work: Work, organisation: Organisation) -> Look:
    usual = Usual(
        day=_last_day(work, organisation),
        whose=ITSELF if organisation.is_on_our_side or _only_acts(work, organisation) else OURS,
        # What a closed body did lies years back.
        span="years" if organisation.closed is not None and organisation.closed < work.today() else "quarters",
    )
    return Look.read(organisation.id, usual, today=work.today())


def _last_day(work: Work, organisation: Organisation) -> dt.date:
    """Today; of a closed body its last day."""
    return min(organisation.closed or work.today(), work.today())


def _figures(work: Work, organisation: Organisation, look: Look, contact: reads.Contact) -> dict[str, Any]:
    """The numbers of the page, each with the address of its rows."""
    figures = reads.figures(work, look.scope, look.span)
    goal = organisation.goal_days
    since, until = reads.last_year(work.today())
    year = Scope(bodies=(organisation.id,), since=since, until=until)
    return {
        "figures": figures,
        "contact": contact,
        "goal": reads.Goal(goal, contact.last, work.today()) if goal and not organisation.closed else None,
        "own_year": _own_year(work, organisation, since, until),
        "year_args": scope_args(year, certainty="certain"),
        "year_possible_args": scope_args(year, certainty="possible"),
        "beside": _beside(work, organisation.id, look, figures.scope),
        "child_args": scope_args(Scope(since=since, until=until), certainty="certain"),
        "rows_of": _RowsOf(figures),
    }


def _own_year(work: Work, organisation: Organisation, since: dt.date, until: dt.date) -> dict[str, Any] | None:
    """What was done on behalf of a body of our side in the last twelve months."""
    if not organisation.is_on_our_side:
        return None
    scope = Scope(actors=(organisation.id,), since=since, until=until)
    return {
        "total": counts.total(work, scope),
        "url": url_for("crm.engagements.index", **scope_args(scope, certainty="certain")),
    }


class _RowsOf:
    """Addresses of the rows behind the numbers of a table of figures."""

    def __init__(self, figures: reads.Figures) -> None:
        self._figures = figures
        # A table has a hundred links and more; the address of the list is the same in each.
        self._list = url_for("crm.engagements.index")

    def __call__(self, kind: str = "", place: int | None = None, certainty: str = "certain", per: str = "") -> str:
        """Where the engagements (or contacts) of a kind, a period, or all of them are listed."""
        scope = reads.of_kind(self._figures.scope, kind) if kind else self._figures.scope
        if place is not None:
            scope = scope.within(self._figures.spans[place].start, self._figures.spans[place].end)
        return f"{self._list}?{urlencode(scope_args(scope, certainty=certainty, per=per), doseq=True)}"


def _beside(work: Work, organisation_id: int, look: Look, scope: Scope) -> list[dict[str, Any]]:
    """What stands beside the count, with words and address; nothing of a body that itself makes contact."""
    if look.whose == ITSELF:
        return []
    found = counts.beside(work, scope, organisation_id)
    return [
        {
            "label": words(found[name]),
            "url": url_for("crm.engagements.index", **scope_args(_whoever(scope), also=organisation_id, beside=name)),
        }
        for name, words in BESIDE.items()
        if found.get(name)
    ]


def _whoever(scope: Scope) -> Scope:
    return Scope(
        actors=scope.actors,
        anybody=scope.anybody,
        since=scope.since,
        until=scope.until,
        as_today=scope.as_today,
        direct=scope.direct,
    )


def _children(below: list[reads.Child], contacts: dict[int, reads.Contact]) -> list[Child]:
    """The bodies below, those most in contact first, then by name."""
    rows = [Child(child, contacts[child.id]) for child in below]
    return sorted(rows, key=lambda row: (-row.contact.year.certain, -row.contact.year.possible))


def _nodes(organisation: Organisation, place: reads.Place, below: int) -> list[dict[str, Any]]:
    """The bodies over it and itself, each below the other, for the macro ``tree``."""
    note = f"{below} directly below" if below else ""
    nodes: list[dict[str, Any]] = [{"label": _label(organisation), "current": True, "note": note}]
    for body in reversed(place.above):
        url = url_for("crm.organisations.show", id=body.id)
        nodes = [{"label": body.label, "url": url, "children": nodes}]
    return nodes


def _label(organisation: Organisation) -> str:
    """The short name where it is more than a country's code, else the name."""
    return organisation.short_name if len(organisation.short_name) > 2 else organisation.name


def _may_act(organisation: Organisation) -> bool:
    """Whether contact may be made on its behalf: public bodies are met."""
    kind = kinds.kinds().get(organisation.kind)
    return organisation.is_on_our_side or kind is None or not kind.public


def _only_acts(work: Work, organisation: Organisation) -> bool:
    """Whether it is in the log as one of those who make contact, and never as one whom we met."""
    return _may_act(organisation) and reads.only_acts(work, organisation.id)


def _owner(work: Work, organisation: Organisation) -> str:
    if organisation.owner_id is None:
        return ""
    return members.get(work, organisation.owner_id).name
