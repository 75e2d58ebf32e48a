"""What may be said of organisations, and what is refused in words that say what would be right."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import Member, Organisation, OrganisationName, Succession
from crm.models.history import Transaction, Twins
from crm.services import organisations
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


def refused(field: str, words: str) -> pytest.RaisesExc[Invalid]:
    return pytest.raises(Invalid, match=words, check=lambda error: error.field == field)


def names(work: Work, organisation_id: int) -> dict[str, str]:
    return {row.name: row.kind for row in organisations.get(work, organisation_id).names}


# --- creating and amending


def test_new_body_is_remembered_as_the_target_of_its_making(work: Work, make_organisation: MakeOrganisation) -> None:
    made = make_organisation("ENISA", "eu_agency")
    work.commit()
    act = work.session.execute(select(Transaction).where(Transaction.verb == "organisation.create")).scalars().all()[-1]
    assert (act.target_kind, act.target_id) == ("Organisation", made.id)


def test_same_form_sent_twice_makes_one_body(work: Work) -> None:
    made = organisations.create(work, name="ENISA", submission="key-1")
    with pytest.raises(AlreadyDone) as again:
        organisations.create(work, name="ENISA", submission="key-1")
    assert again.value.reference == {"kind": "organisation", "id": made.id}


def test_name_of_another_body_is_questioned_unless_meant(work: Work, make_organisation: MakeOrganisation) -> None:
    first = make_organisation("Ministry of Economy", aliases=["Économie"])
    with refused("name", rf"Ministry of Economy \[#{first.id}\]"):
        organisations.create(work, name="economie", may_share_name=False)
    assert organisations.create(work, name="Economie").id != first.id


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "cannot be empty"),
        ("name", "x" * 301, "At most 300"),
        ("short_name", "x" * 81, "At most 80"),
        ("kind", "wizards", "no kind of organisation"),
        ("kind", "", "no kind of organisation"),
        ("country", "Belgium", "two-letter"),
        ("country", "B1", "two-letter"),
        ("website", "ftp://example.org", "web address"),
        ("goal_days", 0, "from 1 to 3,650"),
        ("goal_days", 4000, "from 1 to 3,650"),
        ("owner_id", 999, "one of the members"),
        ("colour", "red", "no such field"),
    ],
)
def test_wrong_value_is_refused_and_nothing_changes(
    work: Work, make_organisation: MakeOrganisation, field: str, value: object, words: str
) -> None:
    body = make_organisation("ENISA", "eu_agency", country="EU")
    with refused(field.removesuffix("_id"), words):
        organisations.amend(work, body.id, **{"notes": "changed", field: value})
    assert (body.name, body.notes, body.country) == ("ENISA", "", "EU")


def test_body_cannot_close_before_it_was_founded(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("BIS", founded=dt.date(2009, 6, 5))
    with refused("closed", "before the beginning"):
        organisations.amend(work, body.id, closed=dt.date(2008, 1, 1))
    assert body.closed is None


def test_second_editor_meets_the_first_ones_change(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("ENISA")
    opened = body.version
    organisations.amend(work, body.id, version=opened, notes="first")
    with pytest.raises(Conflict):
        organisations.amend(work, body.id, version=opened, notes="second")


def test_kind_that_an_import_brought_stays_until_changed(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("Guild")
    body.kind = "guild"
    organisations.amend(work, body.id, kind="guild", notes="kept")
    assert body.kind == "guild"


def test_reader_changes_nothing(
    instance: Instance, reader: Member, work: Work, make_organisation: MakeOrganisation
) -> None:
    body = make_organisation("ENISA")
    work.commit()
    with instance.writing(reader, door="web") as reading, pytest.raises(Forbidden):
        organisations.amend(reading, body.id, name="Ours now")


def test_renamed_body_keeps_its_former_name_and_is_found_under_it(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    body = make_organisation("AI Safety Institute", founded=dt.date(2023, 11, 2))
    organisations.amend(work, body.id, name="AI Security Institute", keeps_name=True, renamed_on=dt.date(2025, 2, 14))
    (former,) = organisations.get(work, body.id).names
    assert (former.name, former.kind, former.last) == ("AI Safety Institute", "former", dt.date(2025, 2, 13))
    assert organisations.resolve(work, ["ai safety institute"], field="bodies") == [body]


def test_corrected_name_leaves_no_former_one(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("AI Saftey Institute")
    organisations.amend(work, body.id, name="AI Safety Institute")
    assert names(work, body.id) == {}


def test_aliases_are_compared_as_people_read_them(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("CNIL", aliases=["Commission informatique et libertés"])
    organisations.amend(work, body.id, aliases=["  Commission  informatique et libertes ", "La CNIL", "la cnil"])
    assert list(names(work, body.id)) == ["Commission informatique et libertés", "La CNIL"]
    organisations.amend(work, body.id, aliases=[])
    assert names(work, body.id) == {}


# --- names and identifiers


def test_same_name_at_another_time_is_another_name(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("DG CNECT")
    organisations.add_name(work, body.id, "DG CONNECT", "former", last=dt.date(2014, 10, 31))
    organisations.add_name(work, body.id, "DG CONNECT", "alias", first=dt.date(2020, 1, 1))
    with refused("name", "has the name “DG CONNECT” already"):
        organisations.add_name(work, body.id, "dg connect", "alias", first=dt.date(2020, 1, 1))


def test_name_is_corrected_and_removed(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("DG CNECT")
    row = organisations.add_name(work, body.id, "DG CONECT", "alias")
    organisations.amend_name(work, body.id, row.id, name="DG CONNECT", kind="former")
    assert names(work, body.id) == {"DG CONNECT": "former"}
    assert organisations.resolve(work, ["dg connect"], field="bodies") == [body]
    organisations.remove_name(work, body.id, row.id)
    assert names(work, body.id) == {}
    assert "connect" not in body.names_folded


def test_part_of_another_body_is_not_touched(work: Work, make_organisation: MakeOrganisation) -> None:
    one, other = make_organisation("One"), make_organisation("Other")
    row = organisations.add_name(work, one.id, "Uno", "translation")
    identifier = organisations.identify(work, one.id, "wikidata", "Q1")
    with pytest.raises(NotFound):
        organisations.remove_name(work, other.id, row.id)
    with pytest.raises(NotFound):
        organisations.remove_identifier(work, other.id, identifier.id)


@pytest.mark.parametrize(
    ("scheme", "value", "words"),
    [
        ("wikidata", "8880", "such as Q8880"),
        ("lei", "529900T8BM49AURSDO56", "a character is mistyped"),
        ("eu-transparency-register", "123", "such as 123456789012-34"),
        ("wikidata", "", "cannot be empty"),
    ],
)
def test_identifier_is_written_as_its_register_writes_it(
    work: Work, make_organisation: MakeOrganisation, scheme: str, value: str, words: str
) -> None:
    with refused("identifier", words):
        organisations.identify(work, make_organisation("Body").id, scheme, value)


def test_one_register_entry_is_one_body(work: Work, make_organisation: MakeOrganisation) -> None:
    one, other = make_organisation("One"), make_organisation("Other")
    row = organisations.identify(work, one.id, "lei", "529900T8BM49AURSDO55")
    with refused("identifier", "One has this identifier already"):
        organisations.identify(work, one.id, "lei", "529900T8BM49AURSDO55")
    with refused("identifier", "This identifies One"):
        organisations.identify(work, other.id, "lei", "529900T8BM49AURSDO55")
    organisations.remove_identifier(work, one.id, row.id)
    organisations.identify(work, other.id, "lei", "529900T8BM49AURSDO55")


# --- the tree


def spans(work: Work, organisation_id: int) -> list[tuple[str, dt.date | None, dt.date | None]]:
    return [(link.parent.name, link.first, link.last) for link in organisations.get(work, organisation_id).parents]


def test_move_ends_the_open_place_the_day_before(work: Work, make_organisation: MakeOrganisation) -> None:
    beis, dsit, unit = make_organisation("BEIS"), make_organisation("DSIT"), make_organisation("Office for AI")
    organisations.place(work, unit.id, beis.id)
    organisations.place(work, unit.id, dsit.id, first=dt.date(2023, 2, 7))
    assert spans(work, unit.id) == [("BEIS", None, dt.date(2023, 2, 6)), ("DSIT", dt.date(2023, 2, 7), None)]


def test_place_of_the_past_leaves_the_present_one_alone(work: Work, make_organisation: MakeOrganisation) -> None:
    beis, dsit, unit = make_organisation("BEIS"), make_organisation("DSIT"), make_organisation("Office for AI")
    organisations.place(work, unit.id, dsit.id, first=dt.date(2023, 2, 7))
    organisations.place(work, unit.id, beis.id, first=dt.date(2019, 1, 1), last=dt.date(2023, 2, 6))
    assert {row[0]: row[2] for row in spans(work, unit.id)} == {"DSIT": None, "BEIS": dt.date(2023, 2, 6)}


def test_second_place_at_once_is_only_for_those_who_say_so(work: Work, make_organisation: MakeOrganisation) -> None:
    ofcom, cma, forum = make_organisation("Ofcom"), make_organisation("CMA"), make_organisation("DRCF unit")
    organisations.place(work, forum.id, ofcom.id, first=dt.date(2020, 7, 1))
    for first, last in ((None, None), (dt.date(2021, 1, 1), dt.date(2021, 12, 31))):
        with refused("first", "stands under Ofcom from 1 July 2020: give the day of the move"):
            organisations.place(work, forum.id, cma.id, first=first, last=last)
    organisations.place(work, forum.id, cma.id, first=dt.date(2021, 1, 1), beside=True)
    assert [row[2] for row in spans(work, forum.id)] == [None, None]
    with refused("parent", "already stands under CMA in that time"):
        organisations.place(work, forum.id, cma.id, first=dt.date(2022, 1, 1), beside=True)


def test_refused_move_leaves_the_tree_as_it_was(work: Work, make_organisation: MakeOrganisation) -> None:
    top, dg, unit = (make_organisation(name) for name in ("Commission", "DG", "Unit"))
    organisations.place(work, dg.id, top.id)
    organisations.place(work, unit.id, dg.id)
    with refused("parent", "would stand under itself from 1 May 2024"):
        organisations.place(work, dg.id, unit.id, first=dt.date(2024, 5, 1))
    with refused("parent", "cannot be part of itself"):
        organisations.place(work, dg.id, dg.id, first=dt.date(2024, 5, 1))
    with refused("parent", "no organisation number 999"):
        organisations.place(work, dg.id, 999)
    assert spans(work, dg.id) == [("Commission", None, None)]


def test_bodies_may_change_places_on_a_day(work: Work, make_organisation: MakeOrganisation) -> None:
    one, other = make_organisation("One"), make_organisation("Other")
    organisations.place(work, one.id, other.id, last=dt.date(2020, 12, 31))
    organisations.place(work, other.id, one.id, first=dt.date(2021, 1, 1))
    with refused("parent", "under itself from 1 January 2021"):
        organisations.amend_place(work, one.id, organisations.get(work, one.id).parents[0].id)


def test_days_of_a_place_are_corrected_and_a_wrong_place_removed(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    top, unit = make_organisation("Top"), make_organisation("Unit")
    link = organisations.place(work, unit.id, top.id)
    organisations.amend_place(work, unit.id, link.id, first=dt.date(2020, 1, 1), last=dt.date(2021, 1, 1))
    assert spans(work, unit.id) == [("Top", dt.date(2020, 1, 1), dt.date(2021, 1, 1))]
    with refused("last", "before the beginning"):
        organisations.amend_place(work, unit.id, link.id, first=dt.date(2020, 1, 1), last=dt.date(2019, 1, 1))
    organisations.unplace(work, unit.id, link.id)
    assert spans(work, unit.id) == []
    with pytest.raises(NotFound):
        organisations.unplace(work, unit.id, link.id)


def test_change_of_place_meets_a_change_of_the_body(work: Work, make_organisation: MakeOrganisation) -> None:
    top, unit = make_organisation("Top"), make_organisation("Unit")
    opened = unit.version
    organisations.place(work, unit.id, top.id, version=opened)
    with pytest.raises(Conflict):
        organisations.place(work, unit.id, top.id, first=dt.date(2024, 1, 1), version=opened)


# --- successions


def followers(work: Work, body: Organisation) -> dict[int, tuple[str, bool]]:
    rows = work.session.scalars(select(Succession).where(Succession.predecessor_id == body.id))
    return {row.successor_id: (row.kind, row.joins_history) for row in rows}


def test_renamed_body_closes_the_day_before_and_its_history_joins(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    infso, cnect = make_organisation("DG INFSO"), make_organisation("DG CNECT")
    organisations.succeed(work, infso.id, [cnect.id], on=dt.date(2012, 7, 1))
    assert infso.closed == dt.date(2012, 6, 30)
    assert followers(work, infso) == {cnect.id: ("renamed", True)}


def test_split_body_keeps_its_history_until_somebody_decides(work: Work, make_organisation: MakeOrganisation) -> None:
    beis, desnz, dsit = (make_organisation(name) for name in ("BEIS", "DESNZ", "DSIT"))
    organisations.succeed(work, beis.id, [desnz.id, dsit.id], on=dt.date(2023, 2, 7), kind="split")
    assert {joins for _, joins in followers(work, beis).values()} == {False}
    rows = {row.successor_id: row.id for row in work.session.scalars(select(Succession))}
    organisations.amend_succession(work, beis.id, rows[dsit.id], kind="split", joins_history=True)
    assert followers(work, beis)[dsit.id] == ("split", True)
    with refused("joins_history", "can join one successor only"):
        organisations.amend_succession(work, beis.id, rows[desnz.id], kind="split", joins_history=True)
    with refused("joins_history", "can join one successor only"):
        organisations.succeed(work, beis.id, [make_organisation("DBT").id], kind="split", joins_history=True)


def test_transferred_tasks_leave_the_body_open_and_its_history_with_it(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    dcms, dsit = make_organisation("DCMS"), make_organisation("DSIT")
    organisations.succeed(work, dcms.id, [dsit.id], on=dt.date(2023, 2, 7), kind="transferred")
    assert dcms.closed is None
    assert followers(work, dcms) == {dsit.id: ("transferred", False)}


def test_succession_that_makes_no_sense_is_refused(work: Work, make_organisation: MakeOrganisation) -> None:
    one, two, three = (make_organisation(name) for name in ("One", "Two", "Three"))
    organisations.succeed(work, one.id, [two.id])
    organisations.succeed(work, two.id, [three.id])
    with refused("successor", "Two follows One already"):
        organisations.succeed(work, one.id, [two.id])
    with refused("successor", "Three came after One itself"):
        organisations.succeed(work, three.id, [one.id])
    with refused("successor", "at least one body"):
        organisations.succeed(work, one.id, [one.id])
    with refused("successor", "at least one body"):
        organisations.succeed(work, one.id, [])
    with refused("successor", "no organisation number 999"):
        organisations.succeed(work, one.id, [999])
    four = make_organisation("Four", founded=dt.date(2020, 1, 1))
    with refused("on", "before the beginning"):
        organisations.succeed(work, four.id, [three.id], on=dt.date(2019, 1, 1))
    assert four.closed is None


def test_succession_is_taken_back(work: Work, make_organisation: MakeOrganisation) -> None:
    one, two = make_organisation("One"), make_organisation("Two")
    organisations.succeed(work, one.id, [two.id], on=dt.date(2020, 1, 1))
    row = work.session.scalars(select(Succession)).one()
    with pytest.raises(NotFound):
        organisations.unsucceed(work, two.id, row.id)
    organisations.unsucceed(work, one.id, row.id)
    assert followers(work, one) == {}
    assert one.closed == dt.date(2019, 12, 31)


# --- the bin


def test_body_entered_by_mistake_goes_to_the_bin_and_comes_back(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    body = make_organisation("Eurpean Commission")
    organisations.bin(work, body.id, version=body.version)
    assert body.is_binned
    organisations.restore(work, body.id)
    assert not body.is_binned


def test_body_that_the_log_names_is_not_binned(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    met, above, below = make_organisation("Met"), make_organisation("Above"), make_organisation("Below")
    make_engagement("11 May 2026", met)
    organisations.place(work, below.id, above.id)
    for body in (met, above):
        with refused("organisation", "still names"):
            organisations.bin(work, body.id)
    organisations.bin(work, below.id)


# --- what is kept of what was


def test_removed_name_stays_in_the_history(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("DG CNECT", aliases=["DG Connect"])
    work.commit()
    row = organisations.get(work, body.id).names[0]
    organisations.remove_name(work, body.id, row.id)
    work.commit()
    twin = Twins.of(OrganisationName)
    states = work.session.execute(select(twin.c.name, twin.c.operation).order_by(twin.c.transaction_id)).all()
    assert [tuple(state) for state in states] == [("DG Connect", "insert"), ("DG Connect", "delete")]


# --- what typed lines mean


def test_line_finds_a_body_by_any_name_and_names_the_ones_it_could_be(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    old = make_organisation("DG INFSO", aliases=["Information Society"], closed=dt.date(2012, 6, 30))
    new = make_organisation("DG CNECT", aliases=["Information Society"])
    assert organisations.resolve(work, ["information society"], field="bodies") == [new]
    assert organisations.resolve(work, [f"whatever [#{old.id}]", "dg infso"], field="bodies") == [old]
    make_organisation("Cabinet Virkkunen")
    make_organisation("Cabinet Virkkunen")
    with pytest.raises(Exception, match="name of several bodies") as problem:
        organisations.resolve(work, ["Cabinet Virkkunen", "nobody at all"], field="bodies")
    assert "No body is called “nobody at all”" in str(problem.value)
