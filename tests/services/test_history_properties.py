"""Whatever was done, taking it back in reverse order gives the first state, and each step the state it had."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.dates import parse_when
from crm.errors import CrmError
from crm.models import Commitment, Engagement, FollowUp, Organisation, OrganisationList, Person, Post, Topic
from crm.services import commitments, engagements, followups, history, lists, organisations, people, topics
from crm.services.engagements import Party, Point
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work
from tests.services.test_history import everything, last

Act = Callable[[Work, Any], object]

WORDS = st.sampled_from(["", "first", "second", "ένα", "<b>"])
NUMBERS = st.integers(0, 5)


def nth(work: Work, record_class: type[Any], number: int) -> int:
    ids = list(work.session.scalars(select(record_class.id).order_by(record_class.id)))
    return ids[number % len(ids)] if ids else 0


def when(work: Work, day: int) -> Any:
    return parse_when(f"{1 + day} May 2026", today=work.today(), past=True, zone=work.zone)


def log(work: Work, draw: Any) -> object:
    kind = draw(st.sampled_from(["meeting", "letter", "call"]))
    bodies = {nth(work, Organisation, draw(NUMBERS)) for _ in range(2)}
    return engagements.log(
        work,
        kind=kind,
        when=when(work, draw(NUMBERS)),
        parties=[Party(body) for body in sorted(bodies)],
        subject=draw(WORDS),
        points=[Point("tabled")],
        new_follow_ups=[{"title": "send it"}] if draw(st.booleans()) else [],
    )


def amend(work: Work, draw: Any) -> object:
    bodies = {nth(work, Organisation, draw(NUMBERS)) for _ in range(2)}
    return engagements.amend(
        work,
        nth(work, Engagement, draw(NUMBERS)),
        when=when(work, draw(NUMBERS)),
        subject=draw(WORDS),
        parties=[Party(body) for body in sorted(bodies)],
        points=[Point(text) for text in draw(st.lists(st.sampled_from(["one", "two"]), max_size=2))],
        topic_ids=[nth(work, Topic, draw(NUMBERS))] if draw(st.booleans()) else [],
        visibility=draw(st.sampled_from(["team", "members", "hidden"])),
    )


def settle(work: Work, draw: Any) -> object:
    outcome = draw(st.sampled_from(["held", "cancelled", "sent", "postponed"]))
    return engagements.settle(work, nth(work, Engagement, draw(NUMBERS)), outcome)


ACTS: list[Act] = [
    log,
    log,
    amend,
    settle,
    lambda work, draw: engagements.reopen(work, nth(work, Engagement, draw(NUMBERS))),
    lambda work, draw: engagements.bin(work, nth(work, Engagement, draw(NUMBERS))),
    lambda work, draw: engagements.restore(work, nth(work, Engagement, draw(NUMBERS))),
    lambda work, draw: commitments.make(
        work,
        kind="offer",
        wording="to share",
        made_by_id=nth(work, Organisation, 0),
        made_to_ids=[nth(work, Organisation, 1 + draw(NUMBERS) % 2)],
    ),
    lambda work, draw: commitments.amend(
        work, nth(work, Commitment, draw(NUMBERS)), made_to_ids=[nth(work, Organisation, 1 + draw(NUMBERS) % 2)]
    ),
    lambda work, draw: commitments.move(
        work, nth(work, Commitment, draw(NUMBERS)), draw(st.sampled_from(["met", "broken"]))
    ),
    lambda work, draw: followups.do(work, nth(work, FollowUp, draw(NUMBERS))),
    lambda work, draw: followups.amend(work, nth(work, FollowUp, draw(NUMBERS)), title=draw(WORDS)),
    lambda work, draw: organisations.create(work, name="Body", kind="other", aliases=["Alias"]),
    lambda work, draw: organisations.amend(
        work, nth(work, Organisation, draw(NUMBERS)), name=draw(WORDS), aliases=["other", "Alias"], keeps_name=True
    ),
    lambda work, draw: organisations.place(
        work, nth(work, Organisation, draw(NUMBERS)), nth(work, Organisation, draw(NUMBERS))
    ),
    lambda work, draw: organisations.bin(work, nth(work, Organisation, draw(NUMBERS))),
    lambda work, draw: people.create(work, name="Jane"),
    lambda work, draw: people.appoint(
        work, nth(work, Person, draw(NUMBERS)), organisation_id=nth(work, Organisation, draw(NUMBERS)), title="Head"
    ),
    lambda work, draw: people.remove_post(work, nth(work, Post, draw(NUMBERS))),
    lambda work, draw: topics.create(work, name=f"Topic {draw(NUMBERS)}"),
    lambda work, draw: topics.bin(work, nth(work, Topic, draw(NUMBERS))),
    lambda work, draw: lists.create(
        work, name=f"List {draw(NUMBERS)}", organisation_ids=[nth(work, Organisation, draw(NUMBERS))]
    ),
    lambda work, draw: lists.amend(
        work, nth(work, OrganisationList, draw(NUMBERS)), organisation_ids=[nth(work, Organisation, draw(NUMBERS))]
    ),
    lambda work, draw: lists.delete(work, nth(work, OrganisationList, draw(NUMBERS))),
]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_acts_taken_back_in_reverse_order_give_the_first_state(
    data: st.DataObject, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    if not work.session.scalar(select(Topic.id)):
        bodies = [make_organisation(name) for name in ("DSIT", "AISI", "CNECT")]
        topics.create(work, name="AI Act")
        make_engagement("4 May 2026", *bodies, kind="letter", status="drafted")
        make_engagement("5 May 2026", bodies[0], status="planned")
        work.commit()
    states, numbers = [everything(work)], []
    for act in data.draw(st.lists(st.sampled_from(ACTS), min_size=1, max_size=8)):
        before = last(work)
        try:
            act(work, data.draw)
            work.commit()
        except CrmError:
            work.rollback()
        if last(work) > before:
            numbers.append(last(work))
            states.append(everything(work))
    for number in reversed(numbers):
        after = states.pop()
        assert everything(work) == after
        # An act that was asked for but changed nothing leaves nothing to take back.
        with contextlib.suppress(CrmError) if after == states[-1] else contextlib.nullcontext():
            history.undo(work, number)
        work.commit()
        assert everything(work) == states[-1]
