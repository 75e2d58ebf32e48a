from __future__ import annotations

import pytest

from crm.dates import parse_when
from crm.errors import Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import Engagement, Member, Milestone, Organisation, Person
from crm.services import commitments, engagements, followups, history, organisations, people, several, topics
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


@pytest.fixture
def ids(work: Work, make_engagement: MakeEngagement, make_organisation: MakeOrganisation) -> list[int]:
    body = make_organisation("Ministry")
    found = [make_engagement(f"{day} May 2026", body, subject=f"Number {day}").id for day in (1, 2, 3)]
    work.commit()
    return found


def test_topic_is_added_to_those_there_are(work: Work, ids: list[int]) -> None:
    first, second = topics.create(work, name="First"), topics.create(work, name="Second")
    engagements.amend(work, ids[0], topic_ids=[first.id])
    assert several.change(work, "engagement", ids, "topic", second.id) == 3
    found = [[link.topic_id for link in engagements.get(work, one).topic_links] for one in ids]
    assert [sorted(one) for one in found] == [[first.id, second.id], [second.id], [second.id]]


def test_owner_visibility_and_bin(work: Work, ids: list[int], owner: Member) -> None:
    several.change(work, "engagement", ids, "owner", owner.id)
    several.change(work, "engagement", ids, "visibility", "hidden")
    several.change(work, "engagement", ids[:2], "bin")
    found = [work.session.get(Engagement, one) for one in ids]
    assert [(one.owner_id, one.visibility, one.is_binned) for one in found if one] == [
        (owner.id, "hidden", True),
        (owner.id, "hidden", True),
        (owner.id, "hidden", False),
    ]


def test_one_step_of_the_history_takes_all_of_it_back(instance: Instance, admin: Member, ids: list[int]) -> None:
    with instance.writing(admin, door="web") as work:
        several.change(work, "engagement", ids, "bin")
        number = work.transaction_id()
    with instance.writing(admin, door="web") as work:
        history.undo(work, number)
    with instance.reading(admin, door="web") as work:
        assert all(not engagements.get(work, one).is_binned for one in ids)


def test_all_or_none(instance: Instance, owner: Member, ids: list[int]) -> None:
    with pytest.raises(NotFound), instance.writing(owner, door="web") as work:
        several.change(work, "engagement", [*ids, 999_999], "bin")
    with instance.reading(owner, door="web") as work:
        assert all(not engagements.get(work, one).is_binned for one in ids)


@pytest.mark.parametrize(
    ("kind", "action", "chosen", "value", "field"),
    [
        ("engagement", "explode", [1], None, "action"),
        ("nothing", "bin", [1], None, "action"),
        ("engagement", "bin", [], None, "ids"),
        ("engagement", "bin", list(range(1, 502)), None, "ids"),
        ("engagement", "visibility", None, "everybody", "visibility"),
    ],
)
def test_refused(
    work: Work, ids: list[int], kind: str, action: str, chosen: list[int] | None, value: object, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        several.change(work, kind, ids if chosen is None else chosen, action, value)
    assert refused.value.field == field


def test_readers_change_nothing(instance: Instance, reader: Member, ids: list[int]) -> None:
    with instance.reading(reader, door="web") as work, pytest.raises(Forbidden):
        several.change(work, "engagement", ids, "bin")


def test_what_a_member_may_not_read_they_cannot_change(instance: Instance, owner: Member, colleague: Member) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Body", kind="other")
        made = engagements.log(
            work,
            kind="meeting",
            when=parse_when("4 May 2026", today=work.today(), past=True),
            parties=[Party(body.id)],
            visibility="hidden",
        )
    with pytest.raises(NotFound), instance.writing(colleague, door="web") as work:
        several.change(work, "engagement", [made.id], "bin")


def test_other_kinds(work: Work, owner: Member, ids: list[int], make_organisation: MakeOrganisation) -> None:
    body = make_organisation("Other body")
    topic = topics.create(work, name="Topic")
    made = commitments.make(
        work, kind="offer", wording="To help", made_by_id=body.id, made_to_ids=[make_organisation("X").id]
    )
    follow_up = followups.add(work, title="Ask")
    person = people.create(work, name="Jane")
    milestone = topics.add_milestone(
        work, kind="vote", title="Vote", when=parse_when("4 May 2026", today=work.today(), past=True), topic_id=topic.id
    )
    several.change(work, "commitment", [made.id], "state", "accepted")
    several.change(work, "commitment", [made.id], "topic", topic.id)
    several.change(work, "follow_up", [follow_up.id], "owner", owner.id)
    several.change(work, "organisation", [body.id], "owner", owner.id)
    several.change(work, "organisation", [body.id], "goal", 90)
    several.change(work, "person", [person.id], "bin")
    several.change(work, "milestone", [milestone.id], "bin")
    work.commit()
    stored = work.session.get(Organisation, body.id)
    assert (made.state, made.topic_id, follow_up.owner_id) == ("accepted", topic.id, owner.id)
    assert stored is not None
    assert (stored.owner_id, stored.goal_days) == (owner.id, 90)
    assert all(work.session.get(kind, one).is_binned for kind, one in ((Person, person.id), (Milestone, milestone.id)))  # type: ignore[union-attr]
