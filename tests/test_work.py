"""The unit of work: history, versions, and nothing half done."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crm.errors import Conflict, Invalid, Unavailable
from crm.instance import Instance
from crm.models import Engagement, Member, Organisation, Participation
from crm.models.history import Transaction, Twins
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.services.faults import may_retry
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


def states(work: Work, record_class: type, record_id: int) -> list[tuple[str, int | None]]:
    twin = Twins.of(record_class)
    rows = work.session.execute(
        select(twin.c.operation, twin.c.until_id).where(twin.c.id == record_id).order_by(twin.c.transaction_id)
    )
    return [(operation, until) for operation, until in rows]


def test_every_state_of_a_record_is_kept_with_the_one_that_holds_open(work: Work) -> None:
    made = organisations.create(work, name="DG INFSO")
    work.commit()
    organisations.amend(work, made.id, name="DG CONNECT")
    work.commit()
    found = states(work, Organisation, made.id)
    assert [operation for operation, _ in found] == ["insert", "update"]
    assert found[0][1] is not None
    assert found[1][1] is None


def test_transaction_says_who_did_what_from_which_door(work: Work, admin: Member) -> None:
    made = organisations.create(work, name="ENISA")
    work.commit()
    row = work.session.scalars(select(Transaction).order_by(Transaction.id.desc()).limit(1)).one()
    assert (row.member_id, row.door, row.verb) == (admin.id, "web", "organisation.create")
    assert made.created_by_id == admin.id


def test_editing_a_part_raises_the_version_of_the_whole(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, other = make_organisation("DSIT"), make_organisation("AISI")
    met = make_engagement("4 May 2026", body)
    work.commit()
    before = met.version
    engagements.amend(work, met.id, parties=[Party(body.id), Party(other.id)])
    work.commit()
    assert met.version > before


def test_step_of_a_dispatch_raises_the_version_of_its_letter(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    letter = make_engagement("4 May 2026", make_organisation("DSIT"), kind="letter", status="sent")
    work.commit()
    before = letter.version
    (dispatch,) = (p.dispatch for p in letter.participations if p.dispatch is not None)
    dispatch.note = "by courier"
    work.commit()
    assert letter.version > before


def test_second_of_two_editors_is_told(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"))
    work.commit()
    opened = met.version
    engagements.amend(work, met.id, version=opened, subject="first")
    work.commit()
    with pytest.raises(Conflict):
        engagements.amend(work, met.id, version=opened, subject="second")


def test_failed_unit_of_work_leaves_the_database_as_it_was(instance: Instance, admin: Member) -> None:
    def fail_half_way() -> None:
        with instance.writing(admin, door="web") as work:
            organisations.create(work, name="Half done")
            organisations.create(work, name="")

    with pytest.raises(Invalid):
        fail_half_way()
    with instance.reading(admin, door="web") as work:
        assert work.session.scalar(select(Organisation.id).where(Organisation.name == "Half done")) is None
        assert (
            work.session.scalar(select(Transaction.id).where(Transaction.verb == "organisation.create").offset(1))
            is None
        )


def test_removed_part_is_recorded_as_deleted(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, other = make_organisation("DSIT"), make_organisation("AISI")
    met = make_engagement("4 May 2026", body, other)
    work.commit()
    (gone,) = (p.id for p in met.participations if p.organisation_id == other.id)
    engagements.amend(work, met.id, parties=[Party(body.id)])
    work.commit()
    assert [operation for operation, _ in states(work, Participation, gone)] == ["insert", "delete"]
    assert work.session.get(Engagement, met.id) is not None


def test_what_was_done_outside_the_database_is_taken_back_with_it(work: Work) -> None:
    undone: list[str] = []
    work.after_rollback(lambda: undone.append("first"))
    work.after_rollback(lambda: undone.append("second"))
    work.rollback()
    work.after_rollback(lambda: undone.append("never"))
    work.commit()
    work.rollback()
    assert undone == ["second", "first"]


def test_number_of_a_deleted_record_is_never_given_to_another(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    made = make_engagement("11 May 2026", make_organisation("ENISA"))
    first = max(party.id for party in made.participations)
    work.commit()
    engagements.amend(work, made.id, parties=[Party(make_organisation("AI Office").id)])
    work.commit()
    engagements.amend(work, made.id, parties=[Party(make_organisation("DG CNECT").id)])
    work.commit()
    twin = Twins.of(Participation)
    bodies = (
        select(twin.c.id)
        .where(twin.c.id >= first)
        .group_by(twin.c.id)
        .having(func.count(twin.c.organisation_id.distinct()) > 1)
    )
    assert work.session.scalars(bodies).all() == []


def overtaken(instance: Instance, member: Member, organisation_id: int) -> None:
    """Saves a record that somebody else saved after it was read."""
    with instance.writing(member, door="web") as slow:
        opened = organisations.get(slow, organisation_id)
        with instance.writing(member, door="web") as quick:
            organisations.amend(quick, organisation_id, notes="quick")
        assert opened.notes == ""
        organisations.amend(slow, organisation_id, notes="slow")


# SQLite has one writer at a time, so that nobody can be overtaken there.
@pytest.mark.parametrize("template", ["postgresql"], indirect=True)
def test_whoever_is_overtaken_between_reading_and_writing_may_try_once_more(instance: Instance, admin: Member) -> None:
    with instance.writing(admin, door="web") as work:
        made = organisations.create(work, name="ENISA").id
    with pytest.raises(Unavailable) as late:
        overtaken(instance, admin, made)
    assert may_retry(late.value)
    with instance.reading(admin, door="web") as work:
        assert organisations.get(work, made).notes == "quick"
