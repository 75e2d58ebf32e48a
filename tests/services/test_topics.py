"""Topics as a tree, and milestones on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from crm.dates import When, parse_when
from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from crm.models import Member, Organisation, Topic
from crm.queries import counts
from crm.queries import topics as read
from crm.queries.scope import Scope
from crm.services import topics
from crm.work import Work


def day(work: Work, text: str) -> When:
    return parse_when(text, today=work.today(), past=True)


@pytest.fixture
def file(work: Work) -> Topic:
    return topics.create(work, name="Cyber Action Plan", procedure_reference="2026/0123(COD)")


class TestTopics:
    def test_topic_keeps_its_reference(self, file: Topic) -> None:
        assert file.procedure_reference == "2026/0123(COD)"

    def test_two_topics_cannot_have_one_name(self, work: Work, file: Topic) -> None:
        with pytest.raises(Invalid, match="already"):
            topics.create(work, name="cyber action plan")

    def test_name_in_the_bin_is_said_so(self, work: Work, file: Topic) -> None:
        topics.bin(work, file.id)
        with pytest.raises(Invalid, match="in the bin"):
            topics.create(work, name="Cyber Action Plan")
        topics.restore(work, file.id)
        assert [row.name for row in read.topics(work)] == ["Cyber Action Plan"]

    def test_topic_never_stands_below_itself(self, work: Work, file: Topic) -> None:
        inner = topics.create(work, name="Model access", parent_id=file.id)
        innermost = topics.create(work, name="Evaluations", parent_id=inner.id)
        for parent in (file.id, inner.id, innermost.id):
            with pytest.raises(Invalid, match="below itself"):
                topics.amend(work, file.id, parent_id=parent)

    def test_topic_with_others_below_is_not_binned(self, work: Work, file: Topic) -> None:
        topics.create(work, name="Model access", parent_id=file.id)
        with pytest.raises(Invalid, match="move them first"):
            topics.bin(work, file.id)

    def test_unknown_parent_is_refused(self, work: Work) -> None:
        with pytest.raises(Invalid) as refused:
            topics.create(work, name="Model access", parent_id=999_999)
        assert refused.value.field == "parent"

    def test_conflict_is_noticed(self, work: Work, file: Topic) -> None:
        opened = file.version
        topics.amend(work, file.id, description="The Commission's plan of May 2026")
        with pytest.raises(Conflict):
            topics.amend(work, file.id, description="Another", version=opened)

    def test_second_click_finds_the_first(self, work: Work) -> None:
        first = topics.create(work, name="DSA", submission="one-form")
        with pytest.raises(AlreadyDone) as second:
            topics.create(work, name="DSA", submission="one-form")
        assert second.value.reference == {"kind": "topic", "id": first.id}

    def test_reader_changes_nothing(self, work: Work, file: Topic, reader: Member) -> None:
        work.member = reader
        with pytest.raises(Forbidden):
            topics.create(work, name="DSA")
        with pytest.raises(Forbidden):
            topics.amend(work, file.id, name="DSA")
        with pytest.raises(Forbidden):
            topics.add_milestone(work, kind="vote", title="Vote", when=day(work, "May 2026"), topic_id=file.id)

    def test_unknown_field_is_refused(self, work: Work, file: Topic) -> None:
        with pytest.raises(Invalid, match="no such field"):
            topics.amend(work, file.id, colour="red")


class TestMilestones:
    def test_milestone_never_counts_as_contact(
        self, work: Work, file: Topic, make_organisation: Callable[..., Organisation]
    ) -> None:
        body = make_organisation("European Commission")
        topics.add_milestone(
            work,
            kind="decision",
            title="ChatGPT is a very large online search engine",
            when=day(work, "May 2026"),
            topic_id=file.id,
            organisation_id=body.id,
            source_url="https://example.org/decision",
        )
        assert counts.total(work, Scope(anybody=True)).engagements == 0
        assert [row.organisation for row in read.milestones(work)] == ["European Commission"]

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"title": ""}, "title"),
            ({"kind": "party"}, "kind"),
            ({"topic_id": None}, "topic"),
            ({"topic_id": 999_999}, "topic"),
            ({"organisation_id": 999_999}, "organisation"),
            ({"source_url": "javascript:alert(1)"}, "source_url"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_wrong_value_is_refused_by_name(self, work: Work, file: Topic, values: dict[str, Any], field: str) -> None:
        given = {"kind": "vote", "title": "Vote", "when": day(work, "May 2026"), "topic_id": file.id, **values}
        with pytest.raises(Invalid) as refused:
            topics.add_milestone(work, **given)
        assert refused.value.field == field

    def test_deadline_without_a_year_lies_ahead_and_a_decision_behind(self, work: Work) -> None:
        ahead = topics.parse_day_of("consultation_deadline", "3 March", today=work.today())
        behind = topics.parse_day_of("decision", "3 March", today=work.today())
        assert (ahead.first, behind.first) == (dt.date(2027, 3, 3), dt.date(2026, 3, 3))

    def test_milestone_is_moved_binned_and_restored(self, work: Work, file: Topic) -> None:
        vote = topics.add_milestone(work, kind="vote", title="Vote", when=day(work, "11 May 2026"), topic_id=file.id)
        opened = vote.version
        topics.amend_milestone(work, vote.id, when=day(work, "12 May 2026"), version=opened)
        with pytest.raises(Conflict):
            topics.amend_milestone(work, vote.id, title="Plenary vote", version=opened)
        topics.bin_milestone(work, vote.id)
        assert read.milestones(work) == []
        topics.restore_milestone(work, vote.id)
        assert [row.when.short() for row in read.milestones(work)] == ["12 May 2026"]

    def test_unknown_milestone_is_not_found(self, work: Work) -> None:
        with pytest.raises(NotFound):
            topics.get_milestone(work, 999_999)
