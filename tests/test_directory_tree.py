"""The tree over time and the successions of the shipped directory of public bodies."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parents[1] / "crm/data/directory"
# Bodies that several others run together.
JOINTLY_RUN = {"uk-ipa", "uk-nista", "uk-oai", "uk-ols"}

Row = dict[str, str]


def read(name: str) -> list[Row]:
    with (DIRECTORY / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


BODIES = {row["key"]: row for row in read("bodies")}
PARENTS, SUCCESSIONS = read("parents"), read("successions")
LINKS: dict[str, list[Row]] = defaultdict(list)
for link in PARENTS:
    LINKS[link["key"]].append(link)


def span(text: str) -> tuple[dt.date, dt.date]:
    """First and last day that a date written as a day, month or year may be."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return dt.date(parts[0], parts[1], parts[2]), dt.date(parts[0], parts[1], parts[2])
    if len(parts) == 2:
        following = dt.date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
        return dt.date(parts[0], parts[1], 1), following - dt.timedelta(days=1)
    return dt.date(parts[0], 1, 1), dt.date(parts[0], 12, 31)


def days(row: Row) -> tuple[dt.date, dt.date]:
    """First and last day of a dated row, empty ends written as the ends of the calendar."""
    first = dt.date.fromisoformat(row["from"]) if row["from"] else dt.date.min
    last = dt.date.fromisoformat(row["to"]) if row["to"] else dt.date.max
    return first, last


def parents_of(key: str) -> list[Row]:
    return LINKS.get(key, [])


def parents_on(key: str, day: dt.date) -> set[str]:
    return {row["parent_key"] for row in parents_of(key) if days(row)[0] <= day <= days(row)[1]}


def above(key: str, day: dt.date) -> set[str]:
    return reach(key, lambda below: parents_on(below, day))


def reach(start: str, step: Callable[[str], Iterable[str]]) -> set[str]:
    """Everything that repeated steps lead to; holds ``start`` only if they lead back to it."""
    seen: set[str] = set()
    waiting = list(step(start))
    while waiting:
        if (key := waiting.pop()) not in seen:
            seen.add(key)
            waiting += step(key)
    return seen


# --- the tree


def test_parents_exist_and_are_dated_to_the_day() -> None:
    for row in PARENTS:
        assert row["key"] in BODIES, row
        assert row["parent_key"] in BODIES, row
        assert days(row)[0] <= days(row)[1], row


def test_tree_has_no_cycle_on_any_day() -> None:
    bounds = {dt.date.min}.union(*(days(row) for row in PARENTS))
    for day in bounds:
        for key in {row["key"] for row in PARENTS}:
            assert key not in above(key, day), f"{key} is above itself on {day}"


def test_only_jointly_run_bodies_have_two_parents_on_one_day() -> None:
    found = set()
    for key in BODIES:
        links = sorted(days(row) for row in parents_of(key))
        if any(later[0] <= earlier[1] for earlier, later in pairwise(links)):
            found.add(key)
    assert found == JOINTLY_RUN


def test_place_in_the_tree_has_no_gap_once_it_begins() -> None:
    for key in BODIES:
        links = sorted(days(row) for row in parents_of(key))
        for earlier, later in pairwise(links):
            assert later[0] <= earlier[1] or later[0] == earlier[1] + dt.timedelta(days=1), key
        assert not links or max(last for _, last in links) == dt.date.max, key


def test_nobody_is_placed_under_a_parent_that_did_not_exist() -> None:
    for row in PARENTS:
        child, parent = BODIES[row["key"]], BODIES[row["parent_key"]]
        first = row["from"] or child["founded"]
        if first and parent["founded"]:
            assert span(first)[1] >= span(parent["founded"])[0], row
        last = row["to"] or child["closed"]
        if parent["closed"]:
            assert last, row
            assert span(last)[0] <= span(parent["closed"])[1], row


def test_every_united_kingdom_department_counts_for_the_government() -> None:
    kinds = {"uk_department", "uk_executive_office"}
    for key in (key for key, row in BODIES.items() if row["kind"] in kinds):
        assert parents_on(key, dt.date.min) == parents_on(key, dt.date.max) == {"uk-government"}, key
    assert not parents_of("uk-government")
    for outside in ("uk-parliament", "uk-scuk", "uk-the-scottish-government", "uk-bank-of-england"):
        assert not parents_of(outside), outside


def test_sponsored_bodies_counted_for_the_government_before_their_present_sponsor() -> None:
    for key, row in BODIES.items():
        if not row["founded"] and "uk-government" in above(key, dt.date.max):
            assert "uk-government" in above(key, dt.date.min), key


@pytest.mark.parametrize(
    ("key", "day", "parents"),
    [
        ("uk-aisi", "2024-06-01", {"uk-dsit"}),
        ("uk-gds", "2023-06-01", {"uk-cabinet-office"}),
        ("uk-gds", "2025-06-01", {"uk-dsit"}),
        ("uk-ico", "2016-01-01", {"uk-ddcms"}),
        ("uk-ico", "2023-02-06", {"uk-ddcms"}),
        ("uk-ico", "2023-02-07", {"uk-dsit"}),
        ("uk-ofcom", "2022-01-01", {"uk-ddcms"}),
        ("uk-ncsc", "2024-01-01", {"uk-gchq"}),
        ("uk-gchq", "2019-01-01", {"uk-fco"}),
        ("uk-ukri", "2020-01-01", {"uk-beis"}),
        ("uk-oai", "2020-01-01", {"uk-beis", "uk-ddcms"}),
        ("ec-ai-office", "2025-01-01", {"ec-dg-cnect"}),
        ("ec-dg-infso", "2011-01-01", {"eu-commission"}),
        ("us-caisi", "2026-01-01", {"us-nist"}),
        ("permrep-fr", "2026-01-01", {"ms-fr"}),
    ],
)
def test_known_places_in_the_tree(key: str, day: str, parents: set[str]) -> None:
    assert parents_on(key, dt.date.fromisoformat(day)) == parents


# --- successions


def test_successions_join_bodies_of_the_directory() -> None:
    for row in SUCCESSIONS:
        assert row["predecessor_key"] in BODIES, row
        assert row["successor_key"] in BODIES, row
        assert row["kind"] in {"renamed", "merged", "split", "transferred"}, row


def test_predecessor_ends_the_day_before_its_successor_takes_over() -> None:
    for row in SUCCESSIONS:
        closed, founded = BODIES[row["predecessor_key"]]["closed"], BODIES[row["successor_key"]]["founded"]
        assert closed, row
        if len(row["on"]) == 10:
            assert dt.date.fromisoformat(closed) + dt.timedelta(days=1) == dt.date.fromisoformat(row["on"]), row
        else:
            assert closed == row["on"], row
        if founded:
            assert span(founded)[0] <= span(row["on"])[1], row


def test_successions_lead_forward_to_an_open_body() -> None:
    forward = defaultdict(set)
    for row in SUCCESSIONS:
        forward[row["predecessor_key"]].add(row["successor_key"])
    for key in set(forward):
        after = reach(key, lambda body: forward.get(body, set()))
        assert key not in after
        assert all(not BODIES[end]["closed"] for end in after - set(forward)), key


def test_kind_of_succession_fits_the_number_of_bodies() -> None:
    for row in SUCCESSIONS:
        siblings = [other for other in SUCCESSIONS if other["predecessor_key"] == row["predecessor_key"]]
        assert len({other["kind"] for other in siblings}) == 1, row
        assert len({other["on"] for other in siblings}) == 1, row
        if row["kind"] in {"renamed", "merged"}:
            assert len(siblings) == 1, row
        if row["kind"] == "split":
            assert len(siblings) > 1, row


@pytest.mark.parametrize(
    ("predecessor", "successors", "on"),
    [
        ("ec-dg-infso", {"ec-dg-cnect"}, "2012-07-01"),
        ("ec-dg-near", {"ec-dg-enest", "ec-dg-mena"}, "2025-02-01"),
        ("ec-dg-tren", {"ec-dg-ener", "ec-dg-move"}, "2010-02-17"),
        ("ec-dg-sanco", {"ec-dg-sante"}, "2015-01-01"),
        ("ec-dg-devco", {"ec-dg-intpa"}, "2021-01-16"),
        ("eu-emcdda", {"eu-euda"}, "2024-07-02"),
        ("eu-easo", {"eu-euaa"}, "2022-01-19"),
        ("uk-beis", {"uk-dbt", "uk-desnz", "uk-dsit"}, "2023-02-07"),
        ("uk-bis", {"uk-beis"}, "2016-07-14"),
        ("uk-fco", {"uk-fcdo"}, "2020-09-02"),
        ("uk-dclg", {"uk-mhclg-2018"}, "2018-01-08"),
        ("uk-mhclg-2018", {"uk-dluhc"}, "2021-09-20"),
        ("uk-dluhc", {"uk-mhclg"}, "2024-07-09"),
    ],
)
def test_known_successions(predecessor: str, successors: set[str], on: str) -> None:
    rows = [row for row in SUCCESSIONS if row["predecessor_key"] == predecessor]
    assert {row["successor_key"] for row in rows} == successors
    assert {row["on"] for row in rows} == {on}
