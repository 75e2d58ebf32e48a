from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, insert, select

from crm.clock import FixedClock
from crm.errors import AlreadyDone, Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import Feed, FeedFetch, Member, Topic
from crm.models.history import Transaction, Twins
from crm.services import feeds
from crm.testing.fixtures import MakeOrganisation
from crm.work import Work


def test_the_secret_is_long_random_and_stored_as_a_hash_only(work: Work) -> None:
    (one, first), (_, second) = feeds.create(work, scope="mine"), feeds.create(work, scope="mine")
    assert first != second
    assert len(first) == 43
    work.commit()
    stored = work.session.scalars(select(Feed)).all()
    for feed in stored:
        assert first not in str(vars(feed))
        assert len(feed.token_hash) == 64
    twins = work.session.execute(select(Twins.of(Feed))).all()
    history = work.session.scalars(select(Transaction)).all()
    assert first not in str(twins)
    assert first not in str([transaction.detail for transaction in history])
    assert feeds.open_with(work, first).feed.id == one.id


def test_an_address_is_short_enough_for_every_calendar_program(work: Work) -> None:
    _, secret = feeds.create(work, scope="mine")
    address = feeds.address("https://stakeholders.public-affairs.example.org/antechamber", secret)
    assert address.endswith(f"/antechamber/calendar/{secret}.ics")
    assert len(address) < 256
    assert feeds.subscription_address(address) == "webcal" + address.removeprefix("https")


def test_a_secret_is_masked_wherever_an_address_is_written_down(work: Work) -> None:
    _, secret = feeds.create(work, scope="mine")
    line = f"GET {feeds.address('https://example.org', secret)} 200"
    assert feeds.masked(line) == "GET https://example.org/calendar/….ics 200"
    assert feeds.masked("GET /calendar/ 200") == "GET /calendar/ 200"


def test_a_feed_without_a_label_is_named_after_what_it_holds(work: Work, make_organisation: MakeOrganisation) -> None:
    office = make_organisation("European AI Office", short_name="AI Office")
    topic = Topic(name="AI Act")
    topic.fold_name()
    work.session.add(topic)
    work.session.flush()
    labels = [
        feeds.create(work, scope="mine")[0].label,
        feeds.create(work, scope="team")[0].label,
        feeds.create(work, scope="organisation", organisation_id=office.id)[0].label,
        feeds.create(work, scope="topic", topic_id=topic.id)[0].label,
        feeds.create(work, scope="team", label="  On my   phone ")[0].label,
    ]
    assert labels == [
        "Antechamber: mine",
        "Antechamber: team",
        "Antechamber: AI Office",
        "Antechamber: AI Act",
        "On my phone",
    ]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("scope", {"scope": "everything"}),
        ("detail", {"scope": "mine", "detail": "more"}),
        ("organisation", {"scope": "organisation"}),
        ("organisation", {"scope": "organisation", "organisation_id": 10**9}),
        ("topic", {"scope": "topic"}),
        ("label", {"scope": "mine", "label": "x" * 121}),
    ],
)
def test_a_value_that_is_refused_is_named(work: Work, field: str, values: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        feeds.create(work, **values)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_what_does_not_belong_to_the_scope_is_not_kept(work: Work, make_organisation: MakeOrganisation) -> None:
    office = make_organisation("AI Office")
    feed, _ = feeds.create(work, scope="team", organisation_id=office.id, topic_id=7)
    assert (feed.organisation_id, feed.topic_id) == (None, None)


def test_the_same_form_sent_twice_makes_one_feed(instance: Instance, admin: Member) -> None:
    with instance.writing(admin, door="web") as work:
        feed, _ = feeds.create(work, scope="mine", submission="key")
        made = feed.id
    with pytest.raises(AlreadyDone) as done, instance.writing(admin, door="web") as work:
        feeds.create(work, scope="mine", submission="key")
    assert done.value.reference == {"kind": "feed", "id": made}


def test_nobody_makes_a_feed_that_sees_with_somebody_elses_eyes(
    instance: Instance, admin: Member, colleague: Member
) -> None:
    with instance.writing(admin, door="web") as work, pytest.raises(Forbidden):
        feeds.create(work, scope="mine", member=colleague)
    with instance.writing(door="cli", trusted=True) as work:
        feed, _ = feeds.create(work, scope="mine", member=colleague)
        assert feed.member_id == colleague.id
        with pytest.raises(Invalid, match="whose"):
            feeds.create(work, scope="mine")
        colleague.disabled_at = work.now()
        with pytest.raises(Invalid, match="disabled"):
            feeds.create(work, scope="mine", member=colleague)


def test_a_reader_may_have_a_feed(instance: Instance, reader: Member) -> None:
    with instance.writing(reader, door="web") as work:
        feed, _ = feeds.create(work, scope="team")
        feeds.revoke(work, feed.id)


def test_a_member_has_a_limited_number_of_feeds_in_use(
    instance: Instance, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_FEEDS", 2)
    with instance.writing(owner, door="web") as work:
        first, _ = feeds.create(work, scope="mine")
        feeds.create(work, scope="mine")
        with pytest.raises(Invalid, match="revoke one"):
            feeds.create(work, scope="mine")
        feeds.revoke(work, first.id)
        feeds.create(work, scope="mine")


def test_a_member_sees_and_revokes_their_own_and_an_administrator_everybodys(
    instance: Instance, admin: Member, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        theirs = feeds.create(work, scope="mine")[0].id
    with instance.writing(colleague, door="web") as work:
        assert feeds.listing(work) == []
        for verb in (feeds.get, feeds.show, feeds.revoke):
            with pytest.raises(NotFound):
                verb(work, theirs)
        with pytest.raises(Forbidden):
            feeds.listing(work, everybody=True)
    with instance.writing(admin, door="web") as work:
        assert feeds.listing(work) == []
        (row,) = feeds.listing(work, everybody=True)
        assert (row.id, row.member, row.scope) == (theirs, "Owner", "mine")
        feeds.revoke(work, theirs)
    with instance.writing(owner, door="web") as work:
        assert feeds.listing(work) == []
        (row,) = feeds.listing(work, revoked=True)
        assert row.revoked_at is not None


def test_making_and_revoking_are_in_the_history(instance: Instance, owner: Member) -> None:
    with instance.writing(owner, door="web") as work:
        made = feeds.create(work, scope="team", detail="busy")[0].id
    with instance.writing(owner, door="web") as work:
        feeds.revoke(work, made)
    with instance.writing(owner, door="web") as work:
        feeds.revoke(work, made)
    with instance.reading(door="cli", trusted=True) as work:
        rows = work.session.execute(
            select(Transaction.verb, Transaction.member_id, Transaction.target_id, Transaction.detail)
            .where(Transaction.target_kind == "Feed")
            .order_by(Transaction.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("feed.create", owner.id, made, {"scope": "team", "detail": "busy"}),
        ("feed.revoke", owner.id, made, {}),
    ]


def test_a_revoked_secret_and_that_of_a_disabled_member_open_nothing(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        revoked, secret = feeds.create(work, scope="mine")
        feeds.revoke(work, revoked.id)
    with instance.writing(colleague, door="web") as work:
        _, of_disabled = feeds.create(work, scope="mine")
    with instance.writing(door="cli", trusted=True) as work:
        work.session.get(Member, colleague.id).disabled_at = work.now()  # type: ignore[union-attr]
    with instance.reading(door="feed", trusted=True) as work:
        for name in (secret, of_disabled, "", "x", "\ud800"):
            with pytest.raises(NotFound):
                feeds.open_with(work, name)


def test_a_fetch_is_worth_noting_once_in_five_minutes(work: Work, clock: FixedClock) -> None:
    feed, secret = feeds.create(work, scope="mine")
    assert feeds.is_to_be_noted(work, feeds.open_with(work, secret).fetched_at)
    feeds.note_fetch(work, feed.id, "Calendar/1.0")
    noted = feeds.open_with(work, secret).fetched_at
    assert noted == clock.now()
    assert not feeds.is_to_be_noted(work, noted)
    clock.move(minutes=5)
    assert feeds.is_to_be_noted(work, noted)
    assert feeds.is_to_be_noted(work, clock.now() + dt.timedelta(days=1))
    feeds.note_fetch(work, feed.id, "Calendar\n\x1b[31m/" + "2" * 300)
    fetch = work.session.scalars(select(FeedFetch).execution_options(populate_existing=True)).one()
    assert (fetch.at, len(fetch.agent)) == (clock.now(), 200)
    assert fetch.agent.isprintable()


def test_two_first_fetches_at_the_same_moment_leave_one_note(instance: Instance, owner: Member) -> None:
    with instance.writing(owner, door="web") as work:
        feed, _ = feeds.create(work, scope="mine")
    with instance.writing(door="feed", trusted=True) as work:

        def first(*_: object) -> None:
            with instance.engine.connect() as other:
                other.execute(insert(FeedFetch).values(feed_id=feed.id, at=work.now(), agent="other"))
                other.commit()

        if instance.engine.dialect.name == "postgresql":
            # On SQLite the second one waits from its very beginning.
            event.listen(work.session, "before_flush", first, once=True)
        feeds.note_fetch(work, feed.id, "one")
    with instance.reading(door="cli", trusted=True) as work:
        assert len(work.session.scalars(select(FeedFetch)).all()) == 1
