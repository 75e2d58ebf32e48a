"""The demonstration: what of the seed case the log can answer, and that what is invented says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.clock import FixedClock
from crm.errors import ConfigError, Invalid
from crm.instance import Instance
from crm.models import (
    Attachment,
    Commitment,
    Engagement,
    FollowUp,
    Member,
    Milestone,
    Organisation,
    Participation,
    Person,
    Post,
    Topic,
)
from crm.models.engagements import KINDS, STATUSES
from crm.models.history import Transaction
from crm.queries import counts
from crm.queries.commitments import deliveries_of
from crm.queries.scope import Scope
from crm.services import demo, engagements, members, people
from crm.services.demo import script, seed_case, stage
from crm.settings import Settings
from crm.testing.databases import Template
from crm.work import Work

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
SECRET = "a-secret-of-the-tests-that-is-nobody-elses-0123456789"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance with the demonstration, which no test changes."""
    template: Template = request.getfixturevalue(f"{request.param}_template")
    address = template.fresh()
    made = Instance(settings_at(tmp_path_factory.mktemp("data"), address), clock=FixedClock(NOW))
    with made.writing(door="cli", trusted=True) as work:
        member = members.add(work, email="ada@example.org", name="Ada", role="admin")
    demo.enter(made, member)
    yield made
    made.engine.dispose()
    template.drop(address)


@pytest.fixture
def log(shown: Instance) -> Iterator[Work]:
    with shown.reading(door="cli", trusted=True) as work:
        yield work


def settings_at(folder: Path, address: str) -> Settings:
    return Settings(data=folder, database_url=address, secret_key=SECRET, base_url="http://127.0.0.1:8600")


def body(work: Work, name: str) -> int:
    return stage.body(work, name)


def test_letter_is_one_engagement_and_28_contacts_in_2026(log: Work) -> None:
    scope = Scope(
        actors=(body(log, "OpenAI"),), kinds=("letter",), since=dt.date(2026, 1, 1), until=dt.date(2026, 12, 31)
    )

    assert counts.total(log, scope) == counts.Total(1, 28, 0, 0)


def test_letter_has_28_copies_of_which_nobody_has_answered(log: Work) -> None:
    letter = seed_letter(log)
    copies = [party.dispatch for party in letter.participations if party.dispatch is not None]

    assert len(copies) == 28
    assert {copy.state(log.today()) for copy in copies} == {"awaiting"}
    assert letter.when.text == "on or before 11 May 2026"
    assert (letter.first_day, letter.last_day, letter.assumed) == (dt.date(2026, 4, 11), dt.date(2026, 5, 11), True)


def test_anthropic_never_met_the_commission_in_this_log(log: Work) -> None:
    scope = Scope(actors=(body(log, "Anthropic"),), bodies=(body(log, "eu-commission"),))

    assert counts.total(log, scope) == counts.NOTHING
    named = select(func.count()).where(Participation.organisation_id == body(log, "Anthropic"))
    assert log.session.scalar(named) == 0


def test_claim_about_anthropic_is_told_with_its_source_and_not_counted(log: Work) -> None:
    notes = log.session.scalar(select(Organisation.notes).where(Organisation.name == "Anthropic"))

    assert notes is not None
    assert "four or five meetings" in notes
    assert stage.SOURCE in notes


def test_offer_is_open_and_nothing_was_delivered(log: Work) -> None:
    offer = log.session.scalar(select(Commitment).where(Commitment.made_by_id == body(log, "OpenAI")))

    assert offer is not None
    assert (offer.kind, offer.state, offer.engagement_id) == ("offer", "open", seed_letter(log).id)
    assert deliveries_of(log, offer.id) == []


def test_osborne_holds_one_post_and_held_another(log: Work) -> None:
    osborne = people.get(log, stage.person(log, seed_case.OSBORNE))
    posts = {post.organisation.name: post for post in osborne.posts}

    assert (posts["HM Treasury"].first, posts["HM Treasury"].last) == (dt.date(2010, 5, 11), dt.date(2016, 7, 13))
    assert posts["OpenAI"].last is None
    signatory = next(party for party in seed_letter(log).participations if party.role == "signatory")
    assert signatory.post_id == posts["OpenAI"].id


def test_quotation_carries_its_source(log: Work) -> None:
    point = seed_letter(log).points[0]

    assert seed_case.QUOTE in point.point
    assert "George Osborne" in point.positions
    assert "Resultsense, 12 May 2026" in point.positions


def test_decision_is_a_milestone_whose_day_is_in_doubt(log: Work) -> None:
    decision = log.session.scalar(select(Milestone).where(Milestone.source == stage.SOURCE))

    assert decision is not None
    assert decision.kind == "decision"
    assert decision.last_day == dt.date(2026, 5, 11)
    assert decision.first_day < decision.last_day


def test_topics_stand_in_a_tree(log: Work) -> None:
    found = log.session.scalars(select(Topic)).all()
    parents, ids = {topic.name: topic.parent_id for topic in found}, {topic.name: topic.id for topic in found}

    assert parents["Cyber-model access"] == ids["EU Cyber Action Plan"]
    assert parents["UK divergence"] == ids["EU AI Act"]
    assert parents["Digital Services Act"] is None


def test_what_to_watch_is_due_ahead(log: Work) -> None:
    due = log.session.scalars(
        select(FollowUp.due_first).where(
            FollowUp.organisation_id.in_([body(log, "Anthropic"), body(log, "uk-aisi")]), FollowUp.done_on.is_(None)
        )
    ).all()

    assert len(due) == 2
    assert all(day is not None and day > log.today() for day in due)


def test_only_the_observer_is_ours_and_it_says_that_it_is_invented(log: Work) -> None:
    ours = log.session.scalars(select(Organisation.name).where(Organisation.is_ours.is_(True))).all()

    assert ours == [script.OBSERVER]
    assert stage.MARK in script.OBSERVER


def test_everything_invented_is_marked(log: Work) -> None:
    entered = log.session.scalars(select(Organisation).where(Organisation.key.is_(None))).all()
    assert all(stage.MARK in made.name or made.name in ("OpenAI", "Anthropic") for made in entered)
    known = log.session.scalars(select(Person.name)).all()
    assert all(stage.MARK in name or name == seed_case.OSBORNE for name in known)
    notes = log.session.execute(select(Engagement.subject, Engagement.notes)).all()
    assert all(stage.INVENTED in text for subject, text in notes if not subject.startswith("OpenAI explains"))


def test_invented_log_has_every_kind_and_status(log: Work) -> None:
    assert set(log.session.scalars(select(Engagement.kind).distinct())) == set(KINDS)
    missing = set(STATUSES) - set(log.session.scalars(select(Engagement.status).distinct()))
    # What was put off has a new day by now.
    assert missing <= {"postponed"}
    assert log.session.scalar(select(func.count()).select_from(Attachment)) == 1
    assert log.session.scalar(select(func.count()).select_from(Post)) == len(script.PEOPLE) + 2


def test_log_reaches_from_a_year_ago_into_the_days_ahead(log: Work) -> None:
    first, last = log.session.execute(select(func.min(Engagement.first_day), func.max(Engagement.first_day))).one()

    assert first < log.today() - dt.timedelta(days=340)
    assert last > log.today() + dt.timedelta(days=30)


def test_each_step_is_a_transaction_of_its_own_in_the_history(log: Work) -> None:
    verbs = set(log.session.scalars(select(Transaction.verb)))

    assert {"engagement.log", "engagement.decline", "letter.send", "commitment.make", "engagement.attach"} <= verbs
    assert (log.session.scalar(select(func.count()).select_from(Transaction)) or 0) > 35


def test_demonstration_is_refused_where_something_is_logged(instance: Instance, work: Work) -> None:
    work.rollback()
    with instance.writing(door="cli", trusted=True) as other:
        met = stage.body(other, "Us")
        stranger = Organisation(name="Somebody", kind="other", names=[], identifiers=[], parents=[])
        stranger.fold_names([])
        other.session.add(stranger)
        other.session.flush()
        engagements.log(
            other,
            kind="meeting",
            when=stage.when(other, "11 May 2026"),
            parties=[engagements.Party(stranger.id), engagements.Party(met, side="actor")],
        )

    with pytest.raises(Invalid, match="engagements in this log already"):
        demo.enter(instance)


def test_demonstration_is_entered_once(shown: Instance) -> None:
    with pytest.raises(Invalid, match="already"):
        demo.enter(shown)


class TestLogin:
    """The demonstration login."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        settings.data.mkdir(parents=True, exist_ok=True)
        return replace(settings, base_url="http://127.0.0.1:8600")

    def test_password_is_random_and_in_a_file_for_the_owner_alone(self, instance: Instance, settings: Settings) -> None:
        with instance.writing(door="cli", trusted=True) as work:
            found = demo.login(work, settings)

        kept = settings.data / "demo-login"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert found.password is not None
        assert kept.read_text().split() == [demo.EMAIL, found.password, found.feed]
        assert len(found.password) >= 16
        with instance.reading(door="cli", trusted=True) as work:
            assert members.verify(members.by_email(work, demo.EMAIL), found.password)

    def test_later_runs_tell_the_same_password(self, instance: Instance, settings: Settings) -> None:
        with instance.writing(door="cli", trusted=True) as work:
            first = demo.login(work, settings)
        with instance.writing(door="cli", trusted=True) as work:
            second = demo.login(work, settings)

        assert (second.password, second.feed) == (first.password, first.feed)

    def test_changed_password_is_not_known_and_not_put_back(self, instance: Instance, settings: Settings) -> None:
        with instance.writing(door="cli", trusted=True) as work:
            member = demo.login(work, settings).member
            members.set_password(work, member.id, "quite another password")
        with instance.writing(door="cli", trusted=True) as work:
            assert demo.login(work, settings).password is None
            assert members.verify(members.get(work, member.id), "quite another password")

    def test_disabled_login_stays_disabled(self, instance: Instance, settings: Settings) -> None:
        with instance.writing(door="cli", trusted=True) as work:
            member = demo.login(work, settings).member
            members.disable(work, member.id)
        with instance.writing(door="cli", trusted=True) as work:
            found = demo.login(work, settings)
            assert (found.member.is_active, found.password) == (False, None)

    @pytest.mark.parametrize(
        "changed",
        [{"host": "0.0.0.0"}, {"base_url": "https://crm.example.org"}, {"proxies": 1}],
        ids=["host", "base_url", "proxies"],
    )
    def test_others_are_never_offered_the_login(
        self, instance: Instance, settings: Settings, changed: dict[str, object]
    ) -> None:
        public = replace(settings, **changed)  # type: ignore[arg-type]
        with instance.writing(door="cli", trusted=True) as work:
            with pytest.raises(ConfigError):
                demo.login(work, public)
            demo.login(work, settings)
            with pytest.raises(ConfigError, match="member disable"):
                demo.refuse_public(work, public)

    def test_installation_without_that_login_may_be_public(self, instance: Instance, settings: Settings) -> None:
        public = replace(settings, host="0.0.0.0", base_url="https://crm.example.org")
        with instance.writing(door="cli", trusted=True) as work:
            demo.refuse_public(work, public)
            member = demo.login(work, settings).member
            members.disable(work, member.id)
            demo.refuse_public(work, public)


@pytest.mark.parametrize("today", ["2026-05-13", "2027-02-28", "2028-02-29", "2026-08-01"])
def test_it_can_be_entered_on_any_day(sqlite_template: Template, tmp_path: Path, today: str) -> None:
    address = sqlite_template.fresh()
    at = dt.datetime.fromisoformat(f"{today}T20:30:00+00:00")
    made = Instance(settings_at(tmp_path, address), clock=FixedClock(at))
    try:
        entered = demo.enter(made, None)
        assert entered.engagements == 29
        with made.reading(door="cli", trusted=True) as work:
            assert work.session.scalars(select(Member.email)).all() == []
    finally:
        made.engine.dispose()
        sqlite_template.drop(address)


def seed_letter(work: Work) -> Engagement:
    found = work.session.scalar(select(Engagement.id).where(Engagement.subject.like("OpenAI explains%")))
    assert found is not None
    return engagements.get(work, found)
