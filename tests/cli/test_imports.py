"""``crm import``: every row of a file is accounted for."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.instance import Instance
from crm.models import Engagement, ImportRun, RegisterEntry, RegisterMeeting
from tests.cli.conftest import Run, answered

FIVE = ("imported", "updated", "nil_returns", "duplicates", "rejected")
UK = "Meeting ID,Minister,Department,Start Date,End Date,Organisation,Reason\n"
ROWS = [
    "1,Ada Minister,FCO,07-2012,07-2012,Sky,Reception",
    "1,Ada Minister,FCO,07-2012,07-2012,Law Society,Reception",
    "2,Ada Minister,FCO,07-2012,07-2012,Sky,Reception",
    "3,Ada Minister,FCO,14-05-2013,14-05-2013,BBC,N/A",
    "4,Ben Minister,FCO,08-2012,08-2012,Nil return,",
]


def shared(folder: str) -> Path:
    """A folder of real registers, where this machine has them."""
    place = (
        Path(os.environ.get("ANTECHAMBER_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
        / folder
    )
    if not place.is_dir():
        pytest.skip(f"there are no real registers here: ANTECHAMBER_SHARED_DATA names no folder with {folder}/")
    return place


def numbers(told: dict[str, Any]) -> dict[str, int]:
    assert told["rows"] == sum(told[name] for name in FIVE)
    return {name: told[name] for name in (*FIVE, "meetings") if told[name]}


def count(instance: Instance, record: Any) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return int(work.session.scalar(select(func.count()).select_from(record)) or 0)


@pytest.fixture
def uk(tmp_path: Path) -> Path:
    path = tmp_path / "uk.csv"
    path.write_text(UK + "\n".join(ROWS), encoding="utf-8")
    return path


def test_register_becomes_entries_and_meetings_and_never_engagements(run: Run, instance: Instance, uk: Path) -> None:
    told = answered(run("import", str(uk), "--profile", "uk-ministerial-meetings", "--json"))
    assert numbers(told) == {"imported": 4, "nil_returns": 1, "meetings": 3}
    assert told["saved"]
    assert (count(instance, RegisterEntry), count(instance, RegisterMeeting), count(instance, Engagement)) == (5, 3, 0)


def test_same_file_again_adds_nothing(run: Run, instance: Instance, uk: Path) -> None:
    run("import", str(uk), "--profile", "uk-ministerial-meetings")
    told = answered(run("import", str(uk), "--profile", "uk-ministerial-meetings", "--json"))
    assert numbers(told) == {"duplicates": 5}
    assert count(instance, RegisterEntry) == 5


def test_check_saves_nothing(run: Run, instance: Instance, uk: Path) -> None:
    told = answered(run("import", str(uk), "--profile", "uk-ministerial-meetings", "--dry-run", "--json"))
    assert numbers(told) == {"imported": 4, "nil_returns": 1, "meetings": 3}
    assert not told["saved"]
    assert (count(instance, RegisterEntry), count(instance, ImportRun)) == (0, 0)


def test_one_bad_row_keeps_all_out_unless_told_otherwise(run: Run, instance: Instance, uk: Path) -> None:
    uk.write_text(UK + "\n".join([*ROWS, "5,Ben Minister,FCO,soon,,X,Y", "6,Ben Minister,FCO,,,X,Y"]), encoding="utf-8")
    result = run("import", str(uk), "--profile", "uk-ministerial-meetings", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert "nothing was saved" in result.stderr
    assert numbers(told) == {"imported": 4, "nil_returns": 1, "rejected": 2, "meetings": 3}
    assert [(one["row"], one["reasons"][0][:20]) for one in told["rejects"]] == [
        (7, "when: “soon”: “soon”"), (8, "when: The row says n"),
    ]  # fmt: skip
    assert count(instance, RegisterEntry) == 0
    assert not told["saved"]
    answered(run("import", str(uk), "--profile", "uk-ministerial-meetings", "--json", "--skip-rejected"))
    assert count(instance, RegisterEntry) == 5


def test_rows_that_only_name_one_more_organisation_belong_to_the_meeting_above(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "return.csv"
    path.write_text(
        "Meetings July to September 2012,,,\nMinister,Date,Name of Organisation,Purpose of meeting\n"
        "The Rt Hon A,Jul-12,RSPB,Birds\n,,WWF,\n,,Greenpeace,\n,Aug-12,WWF,Seas\n"
        ",,,\nDoes not normally include meetings with other departments.,,,\n",
        encoding="cp1252",
    )
    told = answered(run("import", str(path), "--profile", "uk-ministerial-meetings", "--json"))
    assert numbers(told) == {"imported": 4, "meetings": 2}
    assert [one["row"] for one in told["notes"]] == [8]


def test_mistakes_are_told_with_what_would_be_right(run: Run, tmp_path: Path, uk: Path) -> None:
    for arguments, said in [
        ((str(uk), "--profile", "uk-ministerial-meeting"), "Did you mean uk-ministerial-meetings?"),
        ((str(uk),), "--profile"),
        ((str(tmp_path / "none.csv"), "--profile", "uk-ministerial-meetings"), "No such file"),
        ((str(uk), "--profile", "ec-meetings-jsonl"), "needs a column “eu member”"),
        ((str(uk), "--profile", "uk-ministerial-meetings", "--period", "someday"), "period"),
    ]:
        result = run("import", *arguments)
        assert result.exit_code == 2
        assert said in result.stderr


def test_profiles_of_the_installation_are_found(run: Run, instance: Instance, uk: Path) -> None:
    folder = instance.settings.data / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(
        "kind = 'register'\n[columns]\nofficial = 'Minister'\nwhen = 'Start Date'\nparty = 'Organisation'\n"
        "[identity]\nrepeated = 'duplicate'\n",
        encoding="utf-8",
    )
    told = answered(run("import", str(uk), "--profile", "mine", "--json"))
    assert numbers(told) == {"imported": 5, "meetings": 5}
    assert "mine" in {one["profile"] for one in answered(run("import", "--list", "--json"))}


def test_changed_words_of_a_known_row_are_an_update(run: Run, instance: Instance, tmp_path: Path) -> None:
    folder = instance.settings.data / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(
        "kind = 'register'\n[columns]\nreference = 'Id'\nwhen = 'Date'\nparty = 'Who'\n"
        "[identity]\nfields = ['reference']",
        encoding="utf-8",
    )
    path = tmp_path / "a.csv"
    path.write_text("Id,Date,Who\n1,May 2020,Sky\n2,May 2020,BBC\n", encoding="utf-8")
    run("import", str(path), "--profile", "mine")
    path.write_text("Id,Date,Who\n1,May 2020,Sky plc\n2,May 2020,BBC\n3,June 2020,ITV\n", encoding="utf-8")
    told = answered(run("import", str(path), "--profile", "mine", "--json"))
    assert numbers(told) == {"imported": 1, "updated": 1, "duplicates": 1, "meetings": 1}


def test_profile_can_be_a_file_anywhere_and_a_wrong_one_hides_no_other(
    run: Run, instance: Instance, uk: Path, tmp_path: Path
) -> None:
    folder = instance.settings.data / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wrong.toml").write_text("kind = 'sales'", encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text("kind = 'register'\n[columns]\nwhen = 'Start Date'\nparty = 'Organisation'", encoding="utf-8")
    assert numbers(answered(run("import", str(uk), "--profile", str(own), "--json"))) == {"imported": 5, "meetings": 5}
    listed = run("import", "--list")
    assert listed.exit_code == 0
    assert "wrong.toml" in listed.stderr
    assert "ep-mep-meetings" in listed.stdout
    refused = run("import", str(uk), "--profile", "wrong")
    assert refused.exit_code == 2
    assert "wrong.toml: “kind” must be one of" in refused.stderr


def test_what_was_called_off_and_gifts_are_entries_but_no_meetings(
    run: Run, instance: Instance, tmp_path: Path
) -> None:
    path = tmp_path / "ec.csv"
    path.write_text(
        "Commissioner,Date,Location,Entity,Subject\nA,20/10/2015 |,Brussels,Sky |,x\n"
        "A,21/10/2015 |(Cancelled),Brussels,Sky |,x\n",
        encoding="utf-8",
    )
    told = answered(run("import", str(path), "--profile", "ec-meetings-jsonl", "--json"))
    assert numbers(told) == {"imported": 2, "meetings": 1}
    path.write_text(
        "Minister,Date received,From,Gift,Value (£),Outcome\nA,Jul-2011,President,Rug,Over limit,Held\n"
        ",Aug-11,B,Pen,£3,Kept\nB,Nil return,,,,\n",
        encoding="utf-8",
    )
    told = answered(run("import", str(path), "--profile", "uk-ministerial-gifts", "--json"))
    assert numbers(told) == {"imported": 2, "nil_returns": 1}
    assert (count(instance, RegisterEntry), count(instance, RegisterMeeting)) == (5, 1)


def test_trips_are_entries_of_their_own_and_no_meetings(run: Run, instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "travel.csv"
    path.write_text(
        "Minister,Date of Trip,Destination,Purpose,\"'Scheduled', 'No.32 (The Royal Squadron)' or 'Charter'\","
        "Number of officials accompanying Ministers,Total Cost including travel and accommodation of Minister only\n"
        'A,20-21 May 2010,"Berlin, Germany",Bilateral,Charter,9,"£33,308"\n'
        ',,"Paris, France",,,,\n'
        ",29/06/2010 - 01/07/2010,Ottawa,G8,Scheduled,,£890\n"
        "B,nil return,,,,,\n",
        encoding="utf-8",
    )
    told = answered(run("import", str(path), "--profile", "uk-ministerial-travel", "--json"))
    assert numbers(told) == {"imported": 3, "nil_returns": 1}
    with instance.reading(door="cli", trusted=True) as work:
        rows = work.session.execute(
            select(
                RegisterEntry.official, RegisterEntry.place, RegisterEntry.first_day, RegisterEntry.end_day
            ).order_by(RegisterEntry.row)
        ).all()
    assert [tuple(row) for row in rows[:3]] == [
        ("A", "Berlin, Germany", dt.date(2010, 5, 20), dt.date(2010, 5, 21)),
        ("A", "Paris, France", dt.date(2010, 5, 20), dt.date(2010, 5, 21)),
        ("A", "Ottawa", dt.date(2010, 6, 29), dt.date(2010, 7, 1)),
    ]
    assert count(instance, RegisterMeeting) == 0


def test_agenda_item_without_a_minister_is_read_from_its_words_or_is_the_governments(
    run: Run, instance: Instance, tmp_path: Path
) -> None:
    path = tmp_path / "nl.csv"
    path.write_text(
        "activiteitnaam,bewindspersoon,datum,locatie,subtitel,type,url\n"
        "Gesprek met de Stichting X,,2021-05-31,Den Haag,Minister Van den Berg spreekt met X.,NA,/1\n"
        'Ministerraad,"Mark A, Hugo de B",2021-06-01,NA,,Raad,/2\n'
        "Lezing,NA,2021-06-02,,,NA,/3\n",
        encoding="utf-8",
    )
    told = answered(run("import", str(path), "--profile", "nl-ministers-agenda", "--json"))
    assert numbers(told) == {"imported": 3, "meetings": 3}
    columns = (RegisterEntry.official, RegisterEntry.party, RegisterEntry.body, RegisterEntry.place)
    with instance.reading(door="cli", trusted=True) as work:
        rows = [tuple(row) for row in work.session.execute(select(*columns).order_by(RegisterEntry.row))]
    assert rows == [
        ("Minister Van den Berg", "Stichting X", "Nederlandse regering", "Den Haag"),
        ("Mark A, Hugo de B", "", "Nederlandse regering", ""),
        ("", "", "Nederlandse regering", ""),
    ]


def test_what_a_file_does_not_say_is_said_by_whoever_imports(run: Run, instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("uin,dateTabled,answeredBy,heading\n7,2024-09-10T00:00:00,,Trade\n", encoding="utf-8")
    given = ("import", str(path), "--profile", "register", "--json", "--column", "subject=Heading")
    result = run(*given)
    assert result.exit_code == 2
    assert "“Body” (body)" in result.stderr
    told = answered(run(*given, "--default", "body=Department for Trade"))
    assert numbers(told) == {"imported": 1, "meetings": 1}
    assert numbers(answered(run(*given, "--default", "body=Department for Trade"))) == {"duplicates": 1}
    told = answered(run(*given, "--default", "body=Department for Business"))
    assert numbers(told) == {"updated": 1}
    with instance.reading(door="cli", trusted=True) as work:
        (entry,) = work.session.execute(
            select(RegisterEntry.body, RegisterEntry.subject, RegisterEntry.when_text)
        ).all()
    assert tuple(entry) == ("Department for Business", "Trade", "2024-09-10T00:00:00")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--default", "colour=red"), "no field “colour”"),
        (("--default", "body"), "must be a field, “=” and a text"),
        (("--column", "subject=Betreff"), "has no column “Betreff”; it has: minister"),
        (("--column", "colour=Minister"), "no field “colour”"),
    ],
)
def test_wrong_field_or_column_is_told_with_those_there_are(
    run: Run, uk: Path, options: tuple[str, ...], said: str
) -> None:
    uk.write_text("Minister,Date,Organisation\nA,1 May 2020,X\n", encoding="utf-8")
    result = run("import", str(uk), "--profile", "register", *options)
    assert result.exit_code == 2
    assert said in result.stderr


def test_headers_said_again_sums_and_sources_are_no_rows(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stacked.csv"
    path.write_text(
        "Date,Organisation,Subject\n1 May 2020,X,a\nDate,Organisation,Subject\n2 May 2020,Y,b\n"
        ",,\nTotal: 2,,\n,Source: our own list,\n",
        encoding="utf-8",
    )
    told = answered(run("import", str(path), "--profile", "engagements", "--json", "--default", "actors=Us"))
    assert numbers(told) == {"imported": 2, "meetings": 2}
    assert [note["row"] for note in told["notes"]] == [3, 6, 7]


def test_order_of_day_and_month_is_read_off_the_whole_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("Date,Department\n" + "03/04/2020,X\n" * 300 + "04/13/2020,X\n", encoding="utf-8")
    told = answered(run("import", str(path), "--profile", "register", "--json"))
    assert (numbers(told), told["assumed_day_first"]) == ({"imported": 301, "meetings": 301}, "")
    path.write_text("Date,Department\n03/04/2020,Y\n04/13/2020,Y\n13/04/2020,Y\n", encoding="utf-8")
    result = run("import", str(path), "--profile", "register", "--json", "--skip-rejected")
    assert [reject["row"] for reject in json.loads(result.stdout)["rejects"]] == [2]


def test_real_gifts_are_two_thousand_seven_hundred_and_eight_nil_returns(run: Run) -> None:
    path = shared("uk-ministers-gifts-hospitality") / "gifts.csv"
    told = answered(run("import", str(path), "--profile", "uk-ministerial-gifts", "--skip-rejected", "--json"))
    assert numbers(told) == {"imported": 238, "nil_returns": 2708, "rejected": 3}


def test_real_returns_of_one_office_are_read_whatever_their_shape(run: Run) -> None:
    folder, kinds = shared("uk-cabinet-office-raw"), {"meetings": 0, "hospitality": 0, "gift": 0}
    for path in sorted(folder.glob("*-oct-dec-2010*.csv")):
        for word, profile in (
            ("meetings", "uk-ministerial-meetings"),
            ("hospitality", "uk-ministerial-hospitality"),
            ("gift", "uk-ministerial-gifts"),
        ):
            if word in path.name:
                told = answered(run("import", str(path), "--profile", profile, "--period", "2010", "--json"))
                numbers(told)
                kinds[word] += told["rows"]
    assert kinds == {"meetings": 204, "hospitality": 53, "gift": 16}


def test_real_british_returns_are_the_meetings_they_are(run: Run, instance: Instance) -> None:
    path = next(shared("uk-ministerial-meetings").glob("*.csv"))
    told = answered(run("import", str(path), "--profile", "uk-ministerial-meetings", "--json"))
    assert numbers(told) == {"imported": 3676, "meetings": 2196}
    with instance.reading(door="cli", trusted=True) as work:
        by_month = select(func.count()).where(RegisterEntry.precision == "month")
        assert work.session.scalar(by_month) == 3661
    told = answered(run("import", str(path), "--profile", "uk-ministerial-meetings", "--json"))
    assert numbers(told) == {"duplicates": 3676}


def test_real_slovene_duplicates_are_true_ones(run: Run) -> None:
    path = next(shared("si-lobbying-contacts").glob("*.gz"))
    told = answered(run("import", str(path), "--profile", "si-lobbying-contacts", "--dry-run", "--json"))
    assert numbers(told) == {"imported": 4191, "duplicates": 3184, "meetings": 2209}


def test_real_meetings_of_the_commission_are_read(run: Run) -> None:
    path = shared("ec-meetings-jsonl") / "commissioners.jsonl"
    told = answered(run("import", str(path), "--profile", "ec-meetings-jsonl", "--dry-run", "--json"))
    assert numbers(told) == {"imported": 3646, "duplicates": 7, "meetings": 3646}
