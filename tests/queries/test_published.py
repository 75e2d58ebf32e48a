"""Published meetings stand beside logged ones, body by body, and are never added to them."""

from __future__ import annotations

import datetime as dt
import io

from crm.imports import profiles
from crm.queries import counts
from crm.queries.published import published
from crm.queries.scope import Scope
from crm.services import imports
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


def test_without_registers_there_is_nothing_to_say(work: Work) -> None:
    assert published(work, YEAR).is_empty
