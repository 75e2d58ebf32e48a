"""The shipped directory: what it brings, and that it never touches what a team changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.errors import Forbidden, Invalid
from crm.instance import Instance
from crm.models import (
    Member,
    Organisation,
    OrganisationClosure,
    OrganisationList,
    OrganisationListEntry,
    OrganisationName,
    OrganisationParent,
    Succession,
)
from crm.models.history import Transaction, Twins
from crm.services import directory, organisations
from crm.services.directory import files
from crm.work import Work

BODIES = [
    "key,name,short_name,kind,country,website,founded,closed,source",
    "com,European Commission,Commission,eu_institution,EU,https://commission.example.org,1958,,test",
    "infso,DG Information Society,DG INFSO,commission_dg,EU,,,2012-06-30,test",
    "cnect,DG Communications Networks,DG CNECT,commission_dg,EU,,2012-07-01,,test",
    "markt,DG Internal Market,DG MARKT,commission_dg,EU,,,2014-12-31,test",
    "grow,DG Growth,DG GROW,commission_dg,EU,,,,test",
    "fisma,DG Financial Stability,DG FISMA,commission_dg,EU,,,,test",
]
PARENTS = [
    "key,parent_key,from,to,source",
    "infso,com,,2012-06-30,test",
    "cnect,com,2012-07-01,,test",
    "markt,com,,2014,test",
    "grow,com,2015,,test",
    "fisma,com,2015,,test",
]
NAMES = ["key,name,kind,from,to", "cnect,CONNECT,abbreviation,,", "cnect,DG CONNECT,alias,,"]
SUCCESSIONS = [
    "predecessor_key,successor_key,on,kind,source",
    "infso,cnect,2012-07-01,merged,test",
    "markt,grow,2015-01-01,split,test",
    "markt,fisma,2015-01-01,split,test",
]
IDENTIFIERS = ["key,scheme,value", "com,wikidata,Q8880"]
GROUPS = ["group_key,name,key", "dgs,Directorates-general,cnect", "dgs,Directorates-general,grow"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A small directory."""
    folder = tmp_path / "directory"
    folder.mkdir()
    for name, rows in (
        ("bodies", BODIES),
        ("parents", PARENTS),
        ("names", NAMES),
        ("successions", SUCCESSIONS),
        ("identifiers", IDENTIFIERS),
        ("groups", GROUPS),
    ):
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def rewrite(place: Path, name: str, old: str, new: str) -> None:
    """Puts ``new`` in the place of ``old`` in one of the files."""
    path = place / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def body(work: Work, key: str) -> Organisation:
    found = work.session.scalar(select(Organisation).where(Organisation.key == key))
    assert found is not None
    return organisations.get(work, found.id)


def test_bodies_names_places_identifiers_and_lists_are_created(work: Work, place: Path) -> None:
    report = directory.update(work, place)

    assert report.added == 6
    cnect = body(work, "cnect")
    assert cnect.founded == dt.date(2012, 7, 1)
    assert {name.name for name in cnect.names} == {"CONNECT", "DG CONNECT"}
    assert "| connect |" in cnect.names_folded
    assert [parent.parent.key for parent in cnect.parents] == ["com"]
    assert body(work, "com").identifiers[0].value == "Q8880"
    listed = work.session.scalar(select(OrganisationList).where(OrganisationList.key == "dgs"))
    assert listed is not None
    assert work.session.scalar(select(func.count()).where(OrganisationListEntry.list_id == listed.id)) == 2


def test_a_date_that_is_a_year_ends_on_its_last_day_and_begins_on_its_first(work: Work, place: Path) -> None:
    directory.update(work, place)

    assert body(work, "markt").parents[0].last == dt.date(2014, 12, 31)
    assert body(work, "grow").parents[0].first == dt.date(2015, 1, 1)


def test_closure_is_right_after_the_load(work: Work, place: Path) -> None:
    directory.update(work, place)

    under = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == body(work, "com").id, OrganisationClosure.last == dt.date.max
    )
    assert body(work, "cnect").id in work.session.scalars(under).all()
    assert body(work, "infso").id not in work.session.scalars(under).all()


def test_only_one_to_one_successions_join_histories(work: Work, place: Path) -> None:
    directory.update(work, place)

    joins = {
        (row.predecessor_id, row.successor_id): row.joins_history for row in work.session.scalars(select(Succession))
    }
    assert joins[body(work, "infso").id, body(work, "cnect").id] is True
    assert joins[body(work, "markt").id, body(work, "grow").id] is False
    assert joins[body(work, "markt").id, body(work, "fisma").id] is False


def test_transferred_tasks_do_not_join_histories(work: Work, place: Path) -> None:
    rewrite(place, "successions", "infso,cnect,2012-07-01,merged", "infso,cnect,2012-07-01,transferred")
    directory.update(work, place)

    assert not any(row.joins_history for row in work.session.scalars(select(Succession)))


def test_history_holds_every_row_of_the_load_in_one_transaction(instance: Instance, place: Path) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
    with instance.reading(door="cli", trusted=True) as work:
        transaction = work.session.scalar(select(Transaction).where(Transaction.verb == "directory.update"))
        assert transaction is not None
        for record_class, number in ((Organisation, 6), (OrganisationName, 2), (OrganisationParent, 5)):
            twin = Twins.of(record_class)
            rows = work.session.scalar(select(func.count()).where(twin.c.transaction_id == transaction.id))
            assert rows == number


def test_same_files_change_nothing(instance: Instance, place: Path) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
    with instance.writing(door="cli", trusted=True) as work:
        assert directory.update(work, place) == directory.Report()
    with instance.reading(door="cli", trusted=True) as work:
        verbs = work.session.scalars(select(Transaction.verb)).all()
        assert verbs.count("directory.update") == 1


def test_correction_reaches_what_the_team_left(work: Work, place: Path) -> None:
    directory.update(work, place)
    rewrite(place, "bodies", "DG Growth", "DG Growth and Industry")

    report = directory.update(work, place)

    assert report == directory.Report(changed=1)
    assert body(work, "grow").name == "DG Growth and Industry"
    assert "growth and industry" in body(work, "grow").names_folded


def test_field_that_the_team_changed_is_kept_and_the_others_corrected(work: Work, place: Path) -> None:
    directory.update(work, place)
    organisations.amend(work, body(work, "grow").id, name="DG GROW as we call it")
    rewrite(place, "bodies", "grow,DG Growth,DG GROW", "grow,DG Growth and Industry,GROW")

    report = directory.update(work, place)

    assert (body(work, "grow").name, body(work, "grow").short_name) == ("DG GROW as we call it", "GROW")
    assert report.kept == ("DG GROW as we call it",)


def test_field_that_the_team_changed_stays_its_own_for_later_updates(work: Work, place: Path) -> None:
    directory.update(work, place)
    organisations.amend(work, body(work, "grow").id, name="Ours")
    rewrite(place, "bodies", "DG Growth", "Second name")
    directory.update(work, place)
    rewrite(place, "bodies", "Second name", "Third name")
    directory.update(work, place)

    assert body(work, "grow").name == "Ours"


def test_field_that_nobody_filled_in_is_filled_later(work: Work, place: Path) -> None:
    directory.update(work, place)
    rewrite(
        place,
        "bodies",
        "fisma,DG Financial Stability,DG FISMA,commission_dg,EU,,",
        "fisma,DG Financial Stability,DG FISMA,commission_dg,EU,https://fisma.example.org,",
    )
    directory.update(work, place)

    assert body(work, "fisma").website == "https://fisma.example.org"


def test_name_that_the_team_deleted_stays_away(work: Work, place: Path) -> None:
    directory.update(work, place)
    organisations.amend(work, body(work, "cnect").id, aliases=[])
    rewrite(place, "names", "cnect,CONNECT,abbreviation,,", "cnect,CONNECT,abbreviation,,\ncnect,DG C,abbreviation,,")
    directory.update(work, place)

    assert {name.name for name in body(work, "cnect").names} == {"CONNECT", "DG C"}


def test_name_of_the_teams_own_is_neither_doubled_nor_removed(work: Work, place: Path) -> None:
    directory.update(work, place)
    organisations.add_name(work, body(work, "grow").id, "Growth people", "alias")
    rewrite(place, "names", "cnect,CONNECT,abbreviation,,", "grow,growth people,alias,,")
    directory.update(work, place)

    assert [name.name for name in body(work, "grow").names] == ["Growth people"]
    assert [name.name for name in body(work, "cnect").names] == ["DG CONNECT"]


def test_tree_that_the_team_changed_is_kept(work: Work, place: Path) -> None:
    directory.update(work, place)
    grow, cnect = body(work, "grow"), body(work, "cnect")
    organisations.place(work, grow.id, cnect.id, first=dt.date(2026, 1, 1))
    rewrite(place, "parents", "grow,com,2015,,test", "grow,com,2014,,test")

    report = directory.update(work, place)

    links = [(link.parent.key, link.first) for link in body(work, "grow").parents]
    assert links == [("com", dt.date(2015, 1, 1)), ("cnect", dt.date(2026, 1, 1))]
    assert report.kept == ("DG Growth",)


def test_tree_that_the_team_left_is_corrected(work: Work, place: Path) -> None:
    directory.update(work, place)
    rewrite(place, "parents", "grow,com,2015,,test", "grow,com,2015,2024,test\ngrow,cnect,2025,,test")
    directory.update(work, place)

    links = [(link.parent.key, link.last) for link in body(work, "grow").parents]
    assert links == [("com", dt.date(2024, 12, 31)), ("cnect", None)]


def test_correction_that_would_put_a_body_under_itself_is_left_out(work: Work, place: Path) -> None:
    directory.update(work, place)
    ours = organisations.create(work, name="Our own unit")
    organisations.place(work, ours.id, body(work, "grow").id)
    organisations.place(work, body(work, "fisma").id, ours.id, first=dt.date(2026, 1, 1))
    rewrite(place, "parents", "grow,com,2015,,test", "grow,fisma,2015,,test")

    report = directory.update(work, place)

    assert "DG Growth" in report.kept
    assert [link.parent.key for link in body(work, "grow").parents] == ["com"]


def test_joined_history_that_the_team_parted_stays_parted(work: Work, place: Path) -> None:
    directory.update(work, place)
    row = work.session.scalar(select(Succession).where(Succession.predecessor_id == body(work, "infso").id))
    assert row is not None
    row.joins_history = False
    rewrite(place, "successions", "infso,cnect,2012-07-01", "infso,cnect,2012-07-02")
    directory.update(work, place)

    work.session.refresh(row)
    assert (row.joins_history, row.on) == (False, dt.date(2012, 7, 1))


def test_name_that_the_directory_withdraws_ends_in_the_history(instance: Instance, place: Path) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
    rewrite(place, "names", "cnect,CONNECT,abbreviation,,\n", "")
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
    with instance.reading(door="cli", trusted=True) as work:
        twin = Twins.of(OrganisationName)
        states = work.session.execute(select(twin.c.operation).where(twin.c.name == "CONNECT")).scalars().all()
        assert sorted(states) == ["delete", "insert"]


def test_withdrawn_succession_goes(work: Work, place: Path) -> None:
    directory.update(work, place)
    rewrite(place, "successions", "markt,fisma,2015-01-01,split,test\n", "")
    directory.update(work, place)

    followers = select(Succession).where(Succession.predecessor_id == body(work, "markt").id)
    assert [row.successor_id for row in work.session.scalars(followers)] == [body(work, "grow").id]


def test_body_in_the_bin_is_left_there(work: Work, place: Path) -> None:
    directory.update(work, place)
    body(work, "fisma").binned_at = work.now()
    rewrite(place, "bodies", "DG Financial Stability", "DG Finance")
    directory.update(work, place)

    assert body(work, "fisma").name == "DG Financial Stability"
    assert body(work, "fisma").is_binned


def test_list_keeps_what_the_team_added_and_removed(instance: Instance, place: Path) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
    with instance.writing(door="cli", trusted=True) as work:
        listed = work.session.scalar(select(OrganisationList).where(OrganisationList.key == "dgs"))
        assert listed is not None
        entry = work.session.get(OrganisationListEntry, (listed.id, body(work, "grow").id))
        work.session.delete(entry)
        work.session.add(OrganisationListEntry(list_id=listed.id, organisation_id=body(work, "com").id))
    rewrite(place, "groups", "dgs,Directorates-general,cnect", "dgs,Directorates-general,fisma")
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
    with instance.reading(door="cli", trusted=True) as work:
        keys = select(Organisation.key).join(OrganisationListEntry)
        assert set(work.session.scalars(keys)) == {"com", "fisma"}


def test_list_that_the_team_deleted_stays_away(instance: Instance, place: Path) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
    with instance.writing(door="cli", trusted=True) as work:
        for entry in work.session.scalars(select(OrganisationListEntry)):
            work.session.delete(entry)
        work.session.flush()
        work.session.delete(work.session.scalars(select(OrganisationList)).one())
    rewrite(place, "groups", "dgs,Directorates-general,cnect", "dgs,Directorates-general,fisma")
    with instance.writing(door="cli", trusted=True) as work:
        directory.update(work, place)
        assert work.session.scalars(select(OrganisationList)).all() == []


def test_body_that_the_team_had_entered_itself_is_named(work: Work, place: Path) -> None:
    organisations.create(work, name="DG growth")

    assert directory.update(work, place).doubles == ("DG Growth",)


def test_member_may_not_update_the_directory(instance: Instance, owner: Member, place: Path) -> None:
    with instance.reading(owner, door="web") as work, pytest.raises(Forbidden):
        directory.update(work, place)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("parents", "grow,com", "grow,comm", "comm"),
        ("parents", "grow,com,2015", "grow,com,soon", "soon"),
        ("names", "abbreviation", "nickname", "nickname"),
        ("successions", "merged", "married", "married"),
        ("bodies", "grow,", "cnect,", "second time"),
        ("groups", "group_key", "group", "group_key"),
        ("identifiers", "Q8880", "Q8880,Q1", "cells"),
    ],
)
def test_fault_in_a_file_names_file_and_line(place: Path, name: str, old: str, new: str, told: str) -> None:
    rewrite(place, name, old, new)
    with pytest.raises(Invalid) as caught:
        files.read(place)
    assert caught.value.field.startswith(f"{name}.csv")
    assert told in caught.value.reason


def test_shipped_directory_serves_the_seed_case_and_the_worked_cases(work: Work) -> None:
    directory.update(work)

    listed = work.session.scalar(
        select(func.count())
        .select_from(OrganisationListEntry)
        .join(OrganisationList)
        .where(OrganisationList.key == "commission-and-member-states")
    )
    assert listed == 28
    infso = work.session.scalar(select(Succession).where(Succession.predecessor_id == body(work, "ec-dg-infso").id))
    assert infso is not None
    assert infso.joins_history
    assert infso.successor_id == body(work, "ec-dg-cnect").id
    assert body(work, "uk-aisi").parents[-1].parent.key == "uk-dsit"
