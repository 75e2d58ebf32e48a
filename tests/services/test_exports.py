"""What is handed out: the rows that are counted, as far as the member may read them, and the record of it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from crm.dates import parse_when
from crm.errors import Forbidden, Invalid
from crm.exports.columns import Column, ExportFormat, Sheet
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.models.engagements import STATUSES
from crm.models.history import Transaction
from crm.queries import counts
from crm.queries import exports as sheets
from crm.queries.engagements import Filter
from crm.queries.scope import Scope
from crm.services import commitments, engagements, exports, followups, letters, organisations, people, topics
from crm.services.engagements import Party, Point
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work

EVERY = tuple(STATUSES)
ALL = Filter(scope=Scope(anybody=True, statuses=EVERY))


class NoPlugins:
    """A registry without plugins."""

    def collect(self, hook: str, /, **arguments: Any) -> list[Any]:
        return []


class OnePlugin:
    """A registry whose plugin offers formats."""

    def __init__(self, *formats: ExportFormat) -> None:
        self._formats = formats

    def collect(self, hook: str, /, **arguments: Any) -> list[Any]:
        return list(self._formats) if hook == "export_formats" else []


def rows(sheet: Sheet) -> list[dict[str, Any]]:
    keys = [column.key for column in sheet.columns]
    return [dict(zip(keys, row, strict=True)) for row in sheet.rows]


def seen(instance: Instance, member: Member, wanted: Filter = ALL) -> list[dict[str, Any]]:
    with instance.reading(member, door="web") as work:
        return rows(sheets.engagements(work, wanted))


@pytest.fixture
def bodies(make_organisation: MakeOrganisation) -> tuple[Organisation, Organisation]:
    return make_organisation("Ministry"), make_organisation("Regulator")


class TestLog:
    """One row per engagement."""

    def test_row_says_who_met_whom_when_about_what(
        self, work: Work, bodies: tuple[Organisation, Organisation], make_organisation: MakeOrganisation
    ) -> None:
        ministry, regulator = bodies
        third = make_organisation("Observer")
        jane = people.create(work, name="Jane Doe")
        people.appoint(work, jane.id, ministry.id, title="Head of unit")
        us = work.session.scalars(select(Organisation).where(Organisation.is_ours.is_(True))).one()
        topic = topics.create(work, name="DSA")
        met = engagements.log(
            work,
            kind="meeting",
            when=_when(work, "11 May 2026 14:30–15:30"),
            parties=[
                Party(us.id, side="actor"),
                Party(ministry.id, jane.id),
                Party(regulator.id, acceptance="declined"),
                Party(third.id, side="third"),
            ],
            topic_ids=[topic.id],
            points=[Point("Access", us.id, "We ask", "They will tell")],
            subject="On access",
            summary="A summary",
            place="Brussels",
            link="https://example.org/minutes",
            initiated_by="us",
            file_reference="A-1",
            intended_result="A date",
            new_commitments=[
                {"kind": "undertaking", "wording": "Tell us", "made_by_id": ministry.id, "made_to_ids": [us.id]},
                {
                    "kind": "offer",
                    "wording": "Data",
                    "made_by_id": us.id,
                    "made_to_ids": [regulator.id, ministry.id],
                    "due": _when(work, "June 2026"),
                },
            ],
            new_follow_ups=[{"title": "Ask again", "due": _when(work, "1 June 2026")}],
        )

        [row] = rows(sheets.engagements(work, ALL, page="https://crm.example.org/engagements/"))

        assert row["id"] == met.id
        assert row["url"] == f"https://crm.example.org/engagements/{met.id}"
        assert row["date"] == "11 May 2026 14:30–15:30"
        assert (row["first_day"], row["last_day"]) == (dt.date(2026, 5, 11), dt.date(2026, 5, 11))
        assert (row["begins"], row["ends"], row["zone"]) == ("14:30", "15:30", "Europe/Brussels")
        assert (row["kind"], row["status"], row["initiated_by"]) == ("Meeting", "Held", "Us")
        assert (row["bodies"], row["actors"], row["third_parties"]) == ("Ministry", "Us", "Observer")
        assert row["people"] == "Jane Doe (Head of unit, Ministry)"
        assert row["away"] == "Regulator (declined)"
        assert row["contacts"] == 1
        assert (row["topics"], row["subject"], row["summary"]) == ("DSA", "On access", "A summary")
        assert row["points"] == "Us: Access – Positions: We ask – Conclusion: They will tell"
        assert row["commitments"] == "Undertaking of Ministry: Tell us (open); Offer of Us: Data (open)"
        assert row["commitments_to"] == "Us; Ministry\\; Regulator"
        assert row["commitments_due"] == "no date; June 2026 (2026-06-01 to 2026-06-30)"
        assert row["follow_ups"] == "Ask again (due 1 June 2026)"
        assert (row["place"], row["file_reference"], row["intended_result"]) == ("Brussels", "A-1", "A date")
        assert row["link"] == "https://example.org/minutes"
        assert (row["logged_by"], row["logged_at"]) == ("Admin", work.now())

    def test_date_is_as_typed_and_its_doubt_beside_it(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        make_engagement("about March 2026", bodies[0])
        make_engagement("12–13 May 2026", bodies[0])

        doubtful, lasting = rows(sheets.engagements(work, ALL))

        assert (doubtful["date"], doubtful["first_day"], doubtful["last_day"]) == (
            "about March 2026",
            dt.date(2026, 2, 1),
            dt.date(2026, 4, 30),
        )
        assert (lasting["first_day"], lasting["last_day"], lasting["lasts_until"]) == (
            dt.date(2026, 5, 12),
            dt.date(2026, 5, 12),
            dt.date(2026, 5, 13),
        )

    def test_rows_stand_in_the_order_of_their_days_over_many_batches(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        for number in range(60):
            make_engagement(f"2026-{1 + number % 4:02}-{1 + number % 28:02}", bodies[0])

        days = [row["first_day"] for row in rows(sheets.engagements(work, ALL))]

        assert len(days) == 60
        assert days == sorted(days)

    def test_span_says_what_is_certain_in_it_and_what_possible(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        make_engagement("March 2026", bodies[0])
        make_engagement("Q1 2026", bodies[0])
        make_engagement("1 May 2026", bodies[0])
        march = Filter(scope=replace(ALL.scope, since=dt.date(2026, 3, 1), until=dt.date(2026, 3, 31)))

        found = rows(sheets.engagements(work, march))

        assert [(row["date"], row["in_period"]) for row in found] == [
            ("Q1 2026", "possible"),
            ("March 2026", "certain"),
        ]

    def test_binned_engagement_is_not_handed_out(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        engagements.bin(work, make_engagement("1 May 2026", bodies[0]).id)

        assert rows(sheets.engagements(work, ALL)) == []

    def test_content_that_is_hidden_from_the_member_is_left_out(
        self, instance: Instance, colleague: Member, owner: Member
    ) -> None:
        with instance.writing(owner, door="web") as work:
            body = organisations.create(work, name="Ministry")
            jane = people.create(work, name="Jane Doe")
            engagements.log(
                work,
                kind="meeting",
                when=_when(work, "11 May 2026"),
                parties=[Party(body.id, jane.id)],
                subject="Quokka",
                summary="Quokka",
                points=[Point("Quokka")],
                new_follow_ups=[{"title": "Quokka"}],
                visibility="hidden",
            )

        [theirs], [ours] = seen(instance, colleague), seen(instance, owner)

        assert (theirs["bodies"], theirs["contacts"], theirs["subject"]) == ("Ministry", 1, "content hidden")
        assert (ours["subject"], ours["people"]) == ("Quokka", "Jane Doe (Ministry)")
        assert "Quokka" not in str(theirs)
        assert "Jane" not in str(theirs)

    def test_engagement_for_named_members_is_not_there_for_others(
        self, instance: Instance, colleague: Member, owner: Member
    ) -> None:
        with instance.writing(owner, door="web") as work:
            body = organisations.create(work, name="Ministry")
            engagements.log(
                work,
                kind="meeting",
                when=_when(work, "11 May 2026"),
                parties=[Party(body.id)],
                visibility="members",
            )

        assert seen(instance, colleague) == []
        assert len(seen(instance, owner)) == 1


class TestContacts:
    """One row per contact."""

    def test_rows_are_the_contacts_that_are_counted(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        make_engagement("11 May 2026", *bodies)
        make_engagement("12 May 2026", bodies[0])
        make_engagement("1 July 2026", bodies[0], status="planned")
        counted = Filter(scope=Scope(), per="contact")

        found = rows(sheets.engagements(work, counted))

        assert len(found) == counts.total(work, Scope()).contacts == 3
        assert [row["body"] for row in found] == ["Ministry", "Regulator", "Ministry"]

    def test_body_asked_for_leaves_out_the_others_that_were_there(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        make_engagement("11 May 2026", *bodies)
        scope = Scope(bodies=(bodies[1].id,))

        found = rows(sheets.engagements(work, Filter(scope=scope, per="contact")))

        assert [row["body"] for row in found] == ["Regulator"]
        assert counts.total(work, scope).contacts == 1

    def test_letter_has_a_row_for_each_copy_with_its_state(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        letter = make_engagement("4 May 2026", *bodies, kind="letter", status="sent")
        first = next(
            party for party in letters.get(work, letter.id).participations if party.organisation_id == bodies[0].id
        )
        assert first.dispatch is not None
        letters.reply(work, first.dispatch.id, when=_when(work, "8 May 2026"))
        only_letters = Filter(scope=Scope(kinds=("letter",), statuses=("sent",)), per="contact")

        ministry, regulator = rows(sheets.engagements(work, only_letters))

        assert (ministry["copy_state"], ministry["copy_sent"], ministry["copy_answered"]) == (
            "Replied",
            "4 May 2026",
            "8 May 2026",
        )
        assert (regulator["copy_state"], regulator["copy_answered"]) == ("Awaiting", None)

    def test_copy_tells_the_day_of_each_of_its_steps(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        letter = make_engagement("4 May 2026", *bodies, kind="letter", status="sent")
        ministry, regulator = _copies(work, letter.id)
        letters.mark(work, letter.id, [ministry, regulator], "delivered", _when(work, "6 May 2026"))
        letters.mark(work, letter.id, [ministry], "acknowledged", _when(work, "7 or 8 May 2026"))
        letters.mark(work, letter.id, [regulator], "declined", _when(work, "9 May 2026"))
        letters.arrange(work, letter.id, [ministry], channel="email", answer_by=_when(work, "10 May 2026"))

        first, second = rows(sheets.engagements(work, replace(ALL, per="contact")))

        told = ("copy_delivered", "copy_acknowledged", "answer_by", "copy_declined", "copy_channel")
        assert [first[key] for key in told] == ["6 May 2026", "7 or 8 May 2026", "10 May 2026", None, "E-mail"]
        assert [second[key] for key in told] == ["6 May 2026", None, None, "9 May 2026", ""]
        [whole] = rows(sheets.engagements(work, ALL))
        assert whole["copy_steps"] == (
            "Ministry: sent 4 May 2026 (2026-05-04), delivered 6 May 2026 (2026-05-06), "
            "acknowledged 7 or 8 May 2026 (2026-05-07 to 2026-05-08), answer by 10 May 2026 (2026-05-10), "
            "channel e-mail; Regulator: sent 4 May 2026 (2026-05-04), delivered 6 May 2026 (2026-05-06), "
            "declined 9 May 2026 (2026-05-09)"
        )

    def test_how_far_a_copy_has_come_is_content(self, instance: Instance, colleague: Member, owner: Member) -> None:
        with instance.writing(owner, door="web") as work:
            body = organisations.create(work, name="Ministry")
            letter = letters.write(
                work, organisation_ids=[body.id], sent=_when(work, "4 May 2026"), visibility="hidden", channel="email"
            )
            letters.mark(work, letter.id, _copies(work, letter.id), "declined", _when(work, "9 May 2026"))

        [whole] = seen(instance, colleague)
        [contact] = seen(instance, colleague, replace(ALL, per="contact"))

        assert (whole["contacts"], whole["copy_steps"]) == (1, None)
        assert (contact["body"], contact["copy_sent"]) == ("Ministry", "4 May 2026")
        copy = {key: value for key, value in contact.items() if key.startswith("copy_") and key != "copy_sent"}
        assert set(copy.values()) == {None}
        assert contact["answer_by"] is None


class TestHead:
    """What stands before the rows."""

    def test_head_says_as_seen_by_whom_when_and_which_filter(
        self, instance: Instance, reader: Member, work: Work, make_engagement: MakeEngagement
    ) -> None:
        body = organisations.create(work, name="Ministry")
        make_engagement("11 May 2026", body)
        work.commit()
        scope = Scope(bodies=(body.id,), since=dt.date(2026, 1, 1), kinds=("meeting",))

        with instance.reading(reader, door="web") as looking:
            told = dict(sheets.engagements(looking, Filter(scope=scope)).head)

        assert told["as seen by"] == "Reader (reader)"
        assert told["at"] == "2026-05-20 11:00 (Europe/Brussels)"
        assert told["filter"] == (
            "contact made by us and our clients; with Ministry with what is below; only meeting; from 2026-01-01; "
            "what counts: held, sent or received"
        )
        assert told["counted"] == "1 contact with Ministry with what is below in 1 engagement"

    def test_two_members_are_told_their_own_numbers(self, instance: Instance, owner: Member, colleague: Member) -> None:
        with instance.writing(owner, door="web") as work:
            body = organisations.create(work, name="Ministry")
            engagements.log(
                work, kind="call", when=_when(work, "11 May 2026"), parties=[Party(body.id)], visibility="members"
            )
        told = []
        for member in (owner, colleague):
            with instance.reading(member, door="web") as work:
                told.append(dict(sheets.engagements(work, ALL).head)["counted"])

        counting = "what counts: held, sent or received"
        assert told == [f"1 contact in 1 engagement; {counting}", f"0 contacts in 0 engagements; {counting}"]

    def test_body_met_with_others_is_counted_alone_and_the_column_beside_it(
        self, work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
    ) -> None:
        make_engagement("11 May 2026", *bodies)
        make_engagement("Q2 2026", *bodies)
        make_engagement("1 July 2026", *bodies, status="planned")
        spring = replace(ALL.scope, bodies=(bodies[1].id,), since=dt.date(2026, 5, 1), until=dt.date(2026, 5, 31))

        sheet = sheets.engagements(work, Filter(scope=spring))

        assert dict(sheet.head)["counted"] == (
            "1 contact with Regulator with what is below in 1 engagement (+1 contact possible in 1 engagement); "
            "what counts: held, sent or received"
        )
        assert dict(sheet.head)["column Contacts"] == "2 (+2 possible): with whoever else was met in these rows too"
        assert sum(row["contacts"] for row in rows(sheet)) == 4

    def test_words_of_a_search_are_told_and_no_count_is_claimed(self, work: Work) -> None:
        told = dict(sheets.engagements(work, replace(ALL, text="budget")).head)

        assert told["filter"].endswith("with the words “budget”")
        assert "counted" not in told


def test_counts_sheet_ends_with_a_distinct_total(
    work: Work, make_engagement: MakeEngagement, make_organisation: MakeOrganisation
) -> None:
    above, below = make_organisation("Government"), make_organisation("Ministry")
    organisations.place(work, below.id, above.id)
    make_engagement("11 May 2026", below)
    make_engagement("April 2026", above)

    found = rows(sheets.counts(work, Scope(), by="month"))

    by_name = {row["organisation"]: row for row in found}
    assert (by_name["Government"]["engagements"], by_name["Ministry"]["engagements"]) == (2, 1)
    assert found[-1]["organisation"].startswith("All together")
    assert (found[-1]["engagements"], found[-1]["contacts"]) == (2, 2)
    titles = [column.title for column in sheets.counts(work, Scope(), by="month").columns]
    assert titles[-2:] == ["May 2026", "May 2026 (possible)"]


def test_commitments_of_a_party_are_told_with_their_doubt(
    work: Work, bodies: tuple[Organisation, Organisation], make_organisation: MakeOrganisation
) -> None:
    ministry, regulator = bodies
    other = make_organisation("Other")
    commitments.make(
        work,
        kind="offer",
        wording="Open access",
        made_by_id=ministry.id,
        made_to_ids=[regulator.id],
        when=_when(work, "April 2026"),
        due=_when(work, "June 2026"),
    )
    commitments.make(work, kind="request", wording="Else", made_by_id=other.id, made_to_ids=[regulator.id])

    [row] = rows(sheets.commitments(work, Scope(actors=(ministry.id,))))

    assert (row["kind"], row["state"], row["made_by"], row["made_to"]) == ("Offer", "Open", "Ministry", "Regulator")
    assert (row["date"], row["due"], row["due_last"], row["is_late"]) == (
        "April 2026",
        "June 2026",
        dt.date(2026, 6, 30),
        False,
    )
    assert len(rows(sheets.commitments(work, Scope(bodies=(regulator.id,))))) == 2
    assert rows(sheets.commitments(work, Scope(since=dt.date(2026, 6, 1)))) == []


def test_follow_ups_are_told_by_their_deadline_and_body(work: Work, bodies: tuple[Organisation, Organisation]) -> None:
    ministry, regulator = bodies
    followups.add(work, title="Late", due=_when(work, "1 May 2026"), organisation_id=ministry.id)
    followups.add(work, title="Ahead", due=_when(work, "1 July 2026"), organisation_id=regulator.id)
    followups.add(work, title="Some day", organisation_id=regulator.id)

    every = rows(sheets.follow_ups(work, Scope()))
    until_june = rows(sheets.follow_ups(work, Scope(until=dt.date(2026, 6, 1))))
    of_ministry = rows(sheets.follow_ups(work, Scope(bodies=(ministry.id,))))

    assert [(row["title"], row["is_late"]) for row in every] == [("Late", True), ("Ahead", False), ("Some day", False)]
    assert [row["title"] for row in until_june] == ["Late"]
    assert [row["title"] for row in of_ministry] == ["Late"]


@pytest.mark.parametrize("make", [sheets.commitments, sheets.follow_ups], ids=["commitments", "follow-ups"])
def test_what_hangs_on_a_hidden_engagement_is_not_handed_out(
    instance: Instance, owner: Member, colleague: Member, make: Callable[[Work, Scope], Sheet]
) -> None:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry")
        engagements.log(
            work,
            kind="meeting",
            when=_when(work, "11 May 2026"),
            parties=[Party(body.id)],
            visibility="hidden",
            new_commitments=[{"kind": "offer", "wording": "X", "made_by_id": body.id, "made_to_ids": [1]}],
            new_follow_ups=[{"title": "X"}],
        )

    for member, number in ((owner, 1), (colleague, 0)):
        with instance.reading(member, door="web") as work:
            sheet = make(work, Scope())
            assert dict(sheet.head)["rows"] == str(number)
            assert len(rows(sheet)) == number


def test_formats_of_plugins_stand_beside_those_of_the_core() -> None:
    theirs = ExportFormat("tsv", "TSV", "text/tab-separated-values", ".tsv", lambda sheet: iter(()))
    not_theirs = theirs._replace(key="csv")

    found = exports.formats(OnePlugin(theirs, not_theirs))

    assert list(found) == ["csv", "json", "tsv"]
    assert found["csv"].label != "TSV"


def test_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="csv, json"):
        exports.format_named(NoPlugins(), "pdf")


def test_export_is_in_the_history_with_its_filter(instance: Instance, reader: Member) -> None:
    with instance.writing(reader, door="web") as work:
        facts = dict(sheets.engagements(work, ALL).head)
        exports.record(work, "engagements", exports.format_named(NoPlugins(), "csv"), facts)

    with instance.reading(door="cli", trusted=True) as work:
        told = work.session.scalars(select(Transaction).where(Transaction.verb == "export.engagements")).one()
        assert told.member_id == reader.id
        assert told.detail["format"] == "csv"
        assert told.detail["filter"] == "contact made by anybody; every status"
        assert told.detail["counted"].startswith("0 contacts in 0 engagements")


def test_stranger_takes_nothing_along(instance: Instance) -> None:
    with instance.reading(door="web") as work, pytest.raises(Forbidden):
        exports.record(work, "engagements", exports.format_named(NoPlugins(), "csv"), {})


def test_cells_of_spreadsheets_are_defused_and_those_of_programs_are_not(
    work: Work, make_engagement: MakeEngagement, bodies: tuple[Organisation, Organisation]
) -> None:
    make_engagement("11 May 2026", bodies[0], subject="=1+1")

    def written(key: str) -> str:
        chosen = exports.format_named(NoPlugins(), key)
        return b"".join(exports.write(chosen, sheets.engagements(work, ALL))).decode("utf-8-sig")

    table = [row for row in csv.reader(io.StringIO(written("csv"))) if not row[0].startswith("# ")]
    assert table[1][table[0].index("Subject")] == "'=1+1"
    assert json.loads(written("json"))["rows"][0]["subject"] == "=1+1"


def test_file_is_named_after_what_it_holds_and_its_day() -> None:
    sheet = Sheet("Follow-ups", (Column("id", "Id"),), (), ())

    assert exports.file_name(sheet, exports.format_named(NoPlugins(), "csv"), dt.date(2026, 5, 20)) == (
        "follow-ups-2026-05-20.csv"
    )


def _when(work: Work, typed: str) -> Any:
    return parse_when(typed, today=work.today(), past=True, zone=work.zone)


def _copies(work: Work, letter_id: int) -> list[int]:
    return [party.dispatch.id for party in letters.get(work, letter_id).participations if party.dispatch is not None]
