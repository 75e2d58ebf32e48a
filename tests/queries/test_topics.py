"""Topics in tree order with what hangs on each, and milestones in the order of their days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from crm.dates import parse_when
from crm.models import Member, Milestone, Organisation, Topic
from crm.queries import topics as read
from crm.services import commitments, engagements, followups, topics
from crm.services.engagements import Party
from crm.work import Work


@pytest.fixture
def plan(work: Work) -> Topic:
    return topics.create(work, name="Cyber Action Plan")


def milestone(work: Work, topic: Topic, text: str, title: str = "Vote") -> Milestone:
    when = parse_when(text, today=work.today(), past=True)
    return topics.add_milestone(work, kind="vote", title=title, when=when, topic_id=topic.id)


def test_topics_stand_below_their_parents_by_name(work: Work, plan: Topic) -> None:
    for name, parent in (("Zeal", None), ("Model access", plan.id), ("Evaluations", plan.id), ("AI Act", None)):
        topics.create(work, name=name, parent_id=parent)
    assert [(row.name, row.depth) for row in read.topics(work)] == [
        ("AI Act", 0),
        ("Cyber Action Plan", 0),
        ("Evaluations", 1),
        ("Model access", 1),
        ("Zeal", 0),
    ]
    assert read.choices(work)[2][1] == "\u2003Evaluations"


def test_path_and_branch_lead_up_and_down(work: Work, plan: Topic) -> None:
    inner = topics.create(work, name="Model access", parent_id=plan.id)
    innermost = topics.create(work, name="Evaluations", parent_id=inner.id)
    assert read.path(work, innermost.id) == [(plan.id, "Cyber Action Plan"), (inner.id, "Model access")]
    assert set(read.branch(work, plan.id)) == {plan.id, inner.id, innermost.id}


def test_topic_whose_parent_is_binned_stands_at_the_top(work: Work, plan: Topic) -> None:
    inner = topics.create(work, name="Model access", parent_id=plan.id)
    plan.binned_at = work.now()
    work.session.flush()
    assert [(row.id, row.depth) for row in read.topics(work)] == [(inner.id, 0)]


def test_row_counts_what_the_member_may_know_of(
    work: Work, plan: Topic, make_organisation: Callable[..., Organisation], colleague: Member
) -> None:
    body, lab = make_organisation("European Commission"), make_organisation("Example Lab")
    when = parse_when("11 May 2026", today=work.today(), past=True)
    for visibility in ("team", "members"):
        meeting = engagements.log(
            work, kind="meeting", when=when, parties=[Party(body.id)], topic_ids=[plan.id], visibility=visibility
        )
        commitments.make(
            work,
            kind="offer",
            wording="Access",
            made_by_id=lab.id,
            made_to_ids=[body.id],
            engagement=meeting,
            topic_id=plan.id,
        )
        followups.add(work, title="Ask", engagement_id=meeting.id, topic_id=plan.id)
    followups.do(work, followups.add(work, title="Done", topic_id=plan.id).id)
    (row,) = read.topics(work)
    assert (row.engagements, row.commitments, row.follow_ups) == (2, 2, 2)
    work.member = colleague
    (row,) = read.topics(work)
    assert (row.engagements, row.commitments, row.follow_ups) == (1, 1, 1)


def test_next_milestone_is_the_nearest_that_may_still_come(work: Work, plan: Topic) -> None:
    milestone(work, plan, "11 May 2026", "past")
    milestone(work, plan, "July 2026", "July")
    milestone(work, plan, "18–20 May 2026", "today")
    (row,) = read.topics(work)
    assert row.next_milestone is not None
    assert row.next_milestone.title == "today"


def test_milestones_are_narrowed_and_ordered(
    work: Work, plan: Topic, make_organisation: Callable[..., Organisation]
) -> None:
    other = topics.create(work, name="DSA")
    body = make_organisation("European Commission", short_name="Commission")
    milestone(work, plan, "12 May 2026", "second")
    milestone(work, plan, "11 May 2026", "first")
    elsewhere = milestone(work, other, "1 May 2026", "elsewhere")
    topics.amend_milestone(work, elsewhere.id, organisation_id=body.id)
    assert [row.title for row in read.milestones(work, topic_ids=(plan.id,))] == ["first", "second"]
    assert [row.title for row in read.milestones(work, latest_first=True)] == ["second", "first", "elsewhere"]
    assert [row.title for row in read.milestones(work, since=dt.date(2026, 5, 12))] == ["second"]
    (row,) = read.milestones(work, organisation_id=body.id)
    assert (row.organisation, row.topic, row.kind_label) == ("Commission", "DSA", "Vote")


def test_milestone_at_an_hour_says_it(work: Work, plan: Topic) -> None:
    milestone(work, plan, "11 May 2026 12:30")
    assert [row.when.short() for row in read.milestones(work)] == ["11 May 2026 12:30"]
