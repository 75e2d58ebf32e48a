"""Taking transactions back: everything or nothing, by whoever may, and never over what came since."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update

from crm.dates import parse_when
from crm.errors import Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import (
    CalendarEntry,
    OrganisationClosure,
)
from crm.models.history import Transaction, Twins
from crm.queries import twins
from crm.services import (
    engagements,
    followups,
    history,
    instance_settings,
    letters,
    lists,
    members,
    organisations,
    people,
    topics,
)
from crm.services.engagements import Party, Point
from crm.testing.fixtures import MakeEngagement, MakeOrganisation, persona
from crm.work import Work

#: What says who saved a row when, and so is never brought back.
BOOKKEEPING = {"version", "changed_at", "changed_by_id"}


def last(work: Work) -> int:
    found: int = work.session.scalars(select(func.max(Transaction.id))).one()
    # Nobody else could write while this unit of work goes on.
    work.session.commit()
    return found


def everything(work: Work) -> dict[str, list[dict[str, Any]]]:
    """Every row of every recorded table, and the closure of the tree."""
    work.session.flush()
    found = {}
    for record_class in [*twins.in_order(), OrganisationClosure]:
        table = twins.table_of(record_class)
        rows = work.session.execute(select(table)).mappings()
        told = [{name: value for name, value in row.items() if name not in BOOKKEEPING} for row in rows]
        found[table.name] = sorted(told, key=lambda row: repr([row[c.name] for c in table.primary_key.columns]))
    return found


def undo_last(work: Work) -> history.Undone:
    done = history.undo(work, last(work))
    work.commit()
    return done


def when(work: Work, typed: str) -> Any:
    return parse_when(typed, today=work.today(), past=True, zone=work.zone)


def test_amended_engagement_is_as_before_with_every_part(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, other = make_organisation("DSIT"), make_organisation("AISI")
    topic = topics.create(work, name="AI Act")
    met = make_engagement("4 May 2026", body, subject="first", points=[Point("tabled")], topic_ids=[topic.id])
    work.commit()
    before = everything(work)
    engagements.amend(
        work,
        met.id,
        when=when(work, "5 May 2026"),
        subject="second",
        parties=[Party(other.id)],
        points=[Point("another")],
        topic_ids=[],
        new_follow_ups=[{"title": "send the paper"}],
    )
    work.commit()
    assert everything(work) != before
    undo_last(work)
    assert everything(work) == before


def test_logged_engagement_is_gone_and_comes_back_when_that_is_taken_back(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    work.commit()
    empty = everything(work)
    met = make_engagement("4 May 2026", body, points=[Point("tabled")])
    work.commit()
    full, version = everything(work), met.version
    undo_last(work)
    assert everything(work) == empty
    undo_last(work)
    assert everything(work) == full
    assert engagements.get(work, met.id).version > version


def test_second_click_does_nothing(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"), subject="first")
    work.commit()
    engagements.amend(work, met.id, subject="second")
    work.commit()
    number = last(work)
    first = history.undo(work, number)
    work.commit()
    second = history.undo(work, number)
    work.commit()
    assert (first.is_new, second.is_new) == (True, False)
    assert first.transaction_id == second.transaction_id == last(work)


def test_what_was_taken_back_and_done_again_can_be_taken_back_again(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"), subject="first")
    work.commit()
    before = everything(work)
    engagements.amend(work, met.id, subject="second")
    work.commit()
    number = last(work)
    undo_last(work)
    undo_last(work)
    assert everything(work) != before
    assert history.undo(work, number).is_new
    work.commit()
    assert everything(work) == before
    assert not history.undo(work, number).is_new


def test_what_was_changed_since_is_refused_with_who_changed_it(
    instance: Instance, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"), subject="first")
    work.commit()
    engagements.amend(work, met.id, subject="second")
    work.commit()
    number = last(work)
    with instance.writing(persona(instance, "colleague"), door="web") as other:
        engagements.amend(other, met.id, place="Brussels")
    work.session.expire_all()
    before = everything(work)
    with pytest.raises(Invalid, match=r"changed since: “second” by Colleague on 20 May 2026 11:00"):
        history.undo(work, number)
    work.rollback()
    assert everything(work) == before


def test_change_of_a_part_since_is_refused_as_well(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"), subject="first", points=[Point("tabled")])
    work.commit()
    engagements.amend(work, met.id, subject="second")
    work.commit()
    number = last(work)
    engagements.amend(work, met.id, points=[Point("tabled", conclusion="agreed", id=met.points[0].id)])
    work.commit()
    with pytest.raises(Invalid, match="changed since"):
        history.undo(work, number)


def test_what_hangs_on_a_record_keeps_it(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"))
    work.commit()
    number = last(work)
    followups.add(work, title="send the paper", engagement_id=met.id)
    work.commit()
    with pytest.raises(Invalid, match="the follow-up “send the paper” was added since"):
        history.undo(work, number)


def test_bin_is_taken_back_and_counted_again(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"))
    work.commit()
    before = everything(work)
    engagements.bin(work, met.id)
    work.commit()
    undo_last(work)
    assert everything(work) == before
    assert engagements.get(work, met.id).counts


def test_sent_letter_is_drafted_again_with_its_copies_and_steps(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    bodies = [make_organisation(name) for name in ("DSIT", "AISI", "CNECT")]
    letter = make_engagement("4 May 2026", *bodies, kind="letter", status="drafted")
    work.commit()
    before = everything(work)
    engagements.settle(work, letter.id, "sent")
    work.commit()
    undo_last(work)
    assert everything(work) == before
    engagements.settle(work, letter.id, "sent")
    work.commit()
    sent = everything(work)
    copies = [party.dispatch.id for party in engagements.get(work, letter.id).participations if party.dispatch]
    letters.mark(work, letter.id, copies[:2], "replied", when=when(work, "6 May 2026"))
    work.commit()
    undo_last(work)
    assert everything(work) == sent


def test_bulk_change_is_taken_back_whole(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    ids = [make_engagement(f"{day} May 2026", body, status="planned").id for day in (4, 5, 6)]
    work.commit()
    before = everything(work)
    engagements.settle_all(work, ids, "held")
    work.commit()
    assert undo_last(work).rows >= 3
    assert everything(work) == before


def test_tree_stands_again_as_it_did(work: Work, make_organisation: MakeOrganisation) -> None:
    top, inner = make_organisation("Commission"), make_organisation("CNECT")
    work.commit()
    before = everything(work)
    organisations.place(work, inner.id, top.id)
    work.commit()
    undo_last(work)
    assert everything(work) == before


def test_place_that_would_close_a_circle_meanwhile_is_refused(work: Work, make_organisation: MakeOrganisation) -> None:
    first = make_organisation("Commission")
    second = organisations.create(work, name="CNECT", kind="other", parent_id=first.id)
    work.commit()
    link = organisations.get(work, second.id).parents[0].id
    organisations.unplace(work, second.id, link)
    work.commit()
    number = last(work)
    organisations.place(work, first.id, second.id)
    work.commit()
    before = everything(work)
    with pytest.raises(Invalid, match="stand under itself"):
        history.undo(work, number)
    work.rollback()
    assert everything(work) == before


def test_name_that_another_took_since_is_refused_in_words(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("DSIT")
    saved = lists.create(work, name="Everybody", organisation_ids=[body.id])
    work.commit()
    lists.amend(work, saved.id, name="All")
    work.commit()
    number = last(work)
    lists.create(work, name="Everybody", organisation_ids=[body.id])
    work.commit()
    with pytest.raises(Invalid, match="another record with the same name"):
        history.undo(work, number)


def test_body_in_the_bin_since_is_named(work: Work, make_organisation: MakeOrganisation) -> None:
    body, other = make_organisation("DSIT"), make_organisation("AISI")
    saved = lists.create(work, name="Everybody", organisation_ids=[body.id, other.id])
    work.commit()
    lists.amend(work, saved.id, organisation_ids=[body.id])
    work.commit()
    number = last(work)
    organisations.bin(work, other.id)
    work.commit()
    with pytest.raises(Invalid, match="“AISI” is in the bin since"):
        history.undo(work, number)


def test_deleted_point_keeps_the_follow_up_that_hung_on_it(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"), points=[Point("tabled")])
    follow_up = followups.add(work, title="send it", point_id=met.points[0].id)
    work.commit()
    before = everything(work)
    engagements.amend(work, met.id, points=[])
    work.commit()
    undo_last(work)
    assert everything(work) == before
    assert followups.get(work, follow_up.id).point_id is not None


def test_calendar_entry_of_what_is_gone_is_rendered_anew(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"))
    work.commit()
    number = met.id
    work.session.execute(update(CalendarEntry).values(stale=False))
    work.commit()
    undo_last(work)
    entry = work.session.scalars(
        select(CalendarEntry).where(CalendarEntry.kind == "engagement", CalendarEntry.record_id == number)
    ).one()
    assert entry.stale


@pytest.mark.parametrize("visibility", ["members", "hidden"])
def test_what_one_may_not_read_one_cannot_take_back(
    instance: Instance, visibility: str, make_organisation: MakeOrganisation, work: Work
) -> None:
    body = make_organisation("DSIT")
    work.commit()
    with instance.writing(persona(instance, "owner"), door="web") as own:
        met = engagements.log(
            own, kind="meeting", when=when(own, "4 May 2026"), parties=[Party(body.id)], visibility=visibility
        )
    with instance.writing(persona(instance, "owner"), door="web") as own:
        engagements.amend(own, met.id, subject="secret")
    number = last(work)
    with instance.writing(persona(instance, "colleague"), door="web") as other, pytest.raises(NotFound):
        history.undo(other, number)
    with instance.writing(persona(instance, "owner"), door="web") as own:
        assert history.undo(own, number).is_new


def test_secret_engagement_that_is_gone_comes_back_for_those_it_named_only(
    instance: Instance, make_organisation: MakeOrganisation, work: Work
) -> None:
    body = make_organisation("DSIT")
    work.commit()
    with instance.writing(persona(instance, "owner"), door="web") as own:
        engagements.log(
            own, kind="meeting", when=when(own, "4 May 2026"), parties=[Party(body.id)], visibility="members"
        )
    with instance.writing(persona(instance, "owner"), door="web") as own:
        history.undo(own, last(own))
    number = last(work)
    with instance.writing(persona(instance, "colleague"), door="web") as other, pytest.raises(NotFound):
        history.undo(other, number)
    with instance.writing(persona(instance, "owner"), door="web") as own:
        assert history.undo(own, number).is_new


def test_post_of_a_person_is_taken_back_though_they_took_part_in_what_is_hidden(
    instance: Instance, make_organisation: MakeOrganisation, work: Work
) -> None:
    body, jane = make_organisation("DSIT"), people.create(work, name="Jane")
    body_id, jane_id = body.id, jane.id
    work.commit()
    with instance.writing(persona(instance, "owner"), door="web") as own:
        party = Party(body_id, person_id=jane_id)
        engagements.log(own, kind="meeting", when=when(own, "4 May 2026"), parties=[party], visibility="hidden")
    with instance.writing(persona(instance, "colleague"), door="web") as other:
        people.appoint(other, jane_id, body_id, title="Head")
    before = last(work)
    with instance.writing(persona(instance, "colleague"), door="web") as other:
        assert history.undo(other, before).is_new


def test_reader_takes_nothing_back(
    instance: Instance, work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    make_engagement("4 May 2026", make_organisation("DSIT"))
    work.commit()
    with instance.writing(persona(instance, "reader"), door="web") as other, pytest.raises(Forbidden):
        history.undo(other, last(other))


def test_settings_are_taken_back_by_administrators_only(instance: Instance, work: Work) -> None:
    before = everything(work)
    instance_settings.amend(work, zone="Europe/Paris", our_ids=[], client_ids=[])
    work.commit()
    number = last(work)
    with instance.writing(persona(instance, "colleague"), door="web") as other, pytest.raises(Forbidden):
        history.undo(other, number)
    history.undo(work, number)
    work.commit()
    assert everything(work) == before


def test_account_of_a_member_is_not_changed_this_way(instance: Instance, work: Work) -> None:
    members.set_role(work, persona(instance, "colleague").id, "reader")
    work.commit()
    with pytest.raises(Forbidden, match="own page"):
        history.undo(work, last(work))


def test_unknown_number_and_empty_act_are_refused(work: Work) -> None:
    with pytest.raises(NotFound):
        history.undo(work, 999_999)
    work.act("export.engagements")
    work.commit()
    with pytest.raises(Invalid, match="changed no record"):
        history.undo(work, last(work))


def test_large_transaction_is_taken_back_in_one_go(work: Work, make_organisation: MakeOrganisation) -> None:
    work.commit()
    before = everything(work)
    bodies = [make_organisation(f"Body {number}") for number in range(150)]
    for number in range(600):
        engagements.log(
            work,
            kind="meeting",
            when=when(work, "4 May 2026"),
            parties=[Party(bodies[number % 150].id)],
            subject=f"meeting {number}",
        )
    work.commit()
    undo_last(work)
    assert everything(work) == before


def test_history_replays_to_the_rows_that_stand(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met = make_engagement("4 May 2026", make_organisation("DSIT"), points=[Point("tabled")])
    work.commit()
    engagements.amend(work, met.id, points=[], subject="second")
    work.commit()
    undo_last(work)
    for record_class in twins.in_order():
        twin, table = Twins.of(record_class), twins.table_of(record_class)
        open_rows = work.session.execute(select(twin).where(twin.c.until_id.is_(None))).mappings()
        held = sorted(repr([row[column.name] for column in table.columns]) for row in open_rows)
        stands = sorted(repr(list(row)) for row in work.session.execute(select(table)))
        assert held == stands, table.name
