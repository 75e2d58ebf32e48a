"""Published meetings stand beside logged ones, body by body, and are never added to them."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

from crm.imports import profiles
from crm.queries import counts
from crm.queries import exports as sheets
from crm.queries.published import published
from crm.queries.scope import Scope
from crm.services import imports, people
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work

HEAD = "Meeting ID,Minister,Department,Start Date,End Date,Organisation,Reason\n"
ROWS = (
    "1,A,Ministry of Works,07-2025,07-2025,Us,x\n"
    "1,A,Ministry of Works,07-2025,07-2025,Sky,x\n"
    "2,A,Ministry of Works,08-2025,08-2025,us; Sky,x\n"
    "3,B,Roads Agency,14-08-2025,14-08-2025,Us,x\n"
    "4,B,Roads Agency,14-08-2025,14-08-2025,Usurpers,x\n"
    "5,C,Nobody Knows,14-08-2025,14-08-2025,Us,x\n"
)
YEAR = Scope(since=dt.date(2025, 1, 1), until=dt.date(2025, 12, 31))


def test_published_meetings_are_counted_once_at_every_level(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    ministry = make_organisation("Ministry of Works")
    agency = make_organisation("Roads Agency", parent_id=ministry.id)
    make_engagement("14 August 2025", agency)
    profile = profiles.shipped()["uk-ministerial-meetings"]
    imports.import_file(work, io.BytesIO((HEAD + ROWS).encode()), "uk.csv", profile)
    told = published(work, YEAR)
    assert (told.of(ministry.id), told.of(agency.id)) == ((3, 0), (1, 0))
    assert (len(told.all_certain), len(told.all_possible)) == (4, 0)
    assert counts.total(work, YEAR).engagements == 1


def test_month_that_lies_partly_in_the_days_is_possible(work: Work, make_organisation: MakeOrganisation) -> None:
    ministry = make_organisation("Ministry of Works")
    profile = profiles.shipped()["uk-ministerial-meetings"]
    imports.import_file(work, io.BytesIO((HEAD + ROWS).encode()), "uk.csv", profile)
    told = published(work, Scope(since=dt.date(2025, 7, 10), until=dt.date(2025, 8, 31)))
    assert told.of(ministry.id) == (1, 1)


def test_asked_for_one_body_only_its_meetings_are_told(work: Work, make_organisation: MakeOrganisation) -> None:
    ministry = make_organisation("Ministry of Works")
    agency = make_organisation("Roads Agency", parent_id=ministry.id)
    profile = profiles.shipped()["uk-ministerial-meetings"]
    imports.import_file(work, io.BytesIO((HEAD + ROWS).encode()), "uk.csv", profile)
    told = published(work, replace(YEAR, bodies=(agency.id,)))
    assert [tuple(one) for one in told.by_source()] == [("uk-ministerial-meetings", "UK government", 1, 0)]
    assert told.of(agency.id) == (1, 0)


def test_official_is_known_by_the_post_held_that_day(work: Work, make_organisation: MakeOrganisation) -> None:
    works, roads = make_organisation("Ministry of Works"), make_organisation("Ministry of Roads")
    person = people.create(work, name="Ada Minister")
    people.appoint(work, person.id, works.id, title="Minister for Works", last=dt.date(2025, 6, 30))
    people.appoint(work, person.id, roads.id, title="Minister for Roads", first=dt.date(2025, 7, 1))
    rows = (
        "Minister,Date,Name of organisation,Purpose of meeting\n"
        '"Minister for Works, The Rt Hon Ada Minister MP",3 June 2025,Us,x\n'
        '"The Rt Hon Ada Minister MP",3 July 2025,Us,x\nMinister for Trains,4 July 2025,Us,x\n'
    )
    imports.import_file(work, io.BytesIO(rows.encode()), "uk.csv", profiles.shipped()["uk-ministerial-meetings"])
    told = published(work, YEAR)
    assert (told.of(works.id), told.of(roads.id), len(told.all_certain)) == ((1, 0), (1, 0), 3)


def test_sheet_of_counts_has_published_ones_in_columns_of_their_own(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    ministry = make_organisation("Ministry of Works")
    agency = make_organisation("Roads Agency", parent_id=ministry.id)
    make_engagement("14 August 2025", agency)
    before = [column.key for column in sheets.counts(work, YEAR, by="").columns]
    assert "published" not in before
    profile = profiles.shipped()["uk-ministerial-meetings"]
    imports.import_file(work, io.BytesIO((HEAD + ROWS).encode()), "uk.csv", profile)
    sheet = sheets.counts(work, YEAR, by="")
    places = [
        [column.key for column in sheet.columns].index(key) for key in ("organisation", "engagements", "published")
    ]
    assert [tuple(row[place] for place in places) for row in sheet.rows] == [
        ("Ministry of Works", 1, 3), ("Roads Agency", 1, 1), ("All together (each counted once)", 1, 4),
    ]  # fmt: skip
    assert ("published, uk-ministerial-meetings", "4 meetings, by UK government") in sheet.head


def test_without_registers_there_is_nothing_to_say(work: Work) -> None:
    assert published(work, YEAR).is_empty
