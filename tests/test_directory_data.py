"""The directory of public bodies as shipped: complete, consistent, and in the form the loader relies on."""

from __future__ import annotations

import csv
import datetime as dt
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parents[1] / "crm/data/directory"

HEADS = {
    "bodies": ["key", "name", "short_name", "kind", "country", "website", "founded", "closed", "source"],
    "parents": ["key", "parent_key", "from", "to", "source"],
    "names": ["key", "name", "kind", "from", "to"],
    "successions": ["predecessor_key", "successor_key", "on", "kind", "source"],
    "identifiers": ["key", "scheme", "value"],
    "groups": ["group_key", "name", "key"],
    "kinds": ["key", "label", "group", "public"],
}
SORTED_BY = {
    "bodies": ("key",),
    "parents": ("key", "parent_key", "from"),
    "names": ("key", "kind", "from", "name"),
    "successions": ("predecessor_key", "successor_key"),
    "identifiers": ("key", "scheme", "value"),
    "groups": ("group_key", "key"),
    "kinds": ("key",),
}
# What one column of the database holds.
LONGEST = {"key": 80, "name": 300, "short_name": 80, "kind": 40, "website": 500, "source": 300, "scheme": 40}
PRIVATE_KINDS = {
    "company",
    "consultancy",
    "individual_office",
    "law_firm",
    "media",
    "ngo",
    "other",
    "think_tank",
    "trade_association",
    "trade_union",
    "university",
}
MEMBER_STATES = set(re.findall("..", "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK"))

Row = dict[str, str]


def read(name: str) -> list[Row]:
    with (DIRECTORY / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


BODIES = {row["key"]: row for row in read("bodies")}
KINDS = {row["key"]: row for row in read("kinds")}
NAMES, PARENTS, SUCCESSIONS = read("names"), read("parents"), read("successions")
IDENTIFIERS, GROUPS = read("identifiers"), read("groups")


def span(text: str) -> tuple[dt.date, dt.date]:
    """First and last day that a date written as a day, month or year may be."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return dt.date(parts[0], parts[1], parts[2]), dt.date(parts[0], parts[1], parts[2])
    if len(parts) == 2:
        following = dt.date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
        return dt.date(parts[0], parts[1], 1), following - dt.timedelta(days=1)
    return dt.date(parts[0], 1, 1), dt.date(parts[0], 12, 31)


def members(group: str) -> set[str]:
    return {row["key"] for row in GROUPS if row["group_key"] == group}


def open_bodies(kind: str) -> set[str]:
    return {key for key, row in BODIES.items() if row["kind"] == kind and not row["closed"]}


def others_of(key: str) -> set[str]:
    return {row["name"] for row in NAMES if row["key"] == key}


# --- the files


@pytest.mark.parametrize("name", HEADS)
def test_file_is_plain_utf_8_with_its_head(name: str) -> None:
    raw = (DIRECTORY / f"{name}.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert raw.decode("utf-8").splitlines()[0].split(",") == HEADS[name]


@pytest.mark.parametrize("name", HEADS)
def test_rows_are_sorted_and_not_repeated(name: str) -> None:
    keys = [tuple(row[column] for column in SORTED_BY[name]) for row in read(name)]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", HEADS)
def test_cells_are_clean(name: str) -> None:
    for row in read(name):
        assert None not in row, row
        for column, cell in row.items():
            assert cell == " ".join(cell.split()), row
            assert cell == unicodedata.normalize("NFC", cell), row
            assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cs"} for sign in cell), row
            assert "@" not in cell, row
            assert not re.search("Ã|Â|â€|â\x80", cell), f"read in the wrong encoding: {row}"
            assert len(cell) <= LONGEST.get(column, 300), row
            if column in {"name", "short_name", "label"}:
                assert "'" not in cell, f"straight apostrophe: {row}"
            if column not in {"from", "to", "short_name", "country", "website", "founded", "closed"}:
                assert cell, f"{column} is empty: {row}"


def test_directory_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in DIRECTORY.iterdir()) < 400_000
    assert len(BODIES) > 700


def test_sources_are_described() -> None:
    text = (DIRECTORY / "SOURCES.md").read_text(encoding="utf-8")
    assert "Open Government Licence v3.0" in text
    assert "Least certain" in text


# --- bodies and kinds


def test_keys_are_stable_words() -> None:
    for key in BODIES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key), key


def test_every_kind_is_known_and_labelled() -> None:
    assert {row["kind"] for row in BODIES.values()} <= set(KINDS)
    assert len({row["label"] for row in KINDS.values()}) == len(KINDS)
    assert {row["public"] for row in KINDS.values()} == {"yes", "no"}


def test_private_kinds_are_offered_but_hold_no_body() -> None:
    assert {key for key, row in KINDS.items() if row["public"] == "no"} == PRIVATE_KINDS
    assert not [key for key, row in BODIES.items() if row["kind"] in PRIVATE_KINDS]


def test_countries_are_two_letters() -> None:
    for row in BODIES.values():
        assert re.fullmatch("[A-Z]{2}|", row["country"]), row
        if row["kind"] != "international_body" and row["key"] != "aisi-network":
            assert row["country"], row


def test_websites_are_secure_addresses_without_query() -> None:
    for row in BODIES.values():
        assert re.fullmatch(r"(https://[a-z0-9.-]+(/[A-Za-z0-9/_-]*)?)?", row["website"]), row


def test_dates_are_days_months_or_years_in_order() -> None:
    dated = [(row["founded"], row["closed"]) for row in BODIES.values()]
    dated += [(row["from"], row["to"]) for row in [*PARENTS, *NAMES]]
    dated += [(row["on"], "") for row in SUCCESSIONS]
    for first, last in dated:
        for text in filter(None, (first, last)):
            assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text)
            assert dt.date(1900, 1, 1) <= span(text)[0] <= dt.date(2026, 11, 23)
        if first and last:
            assert span(first)[0] <= span(last)[1], (first, last)


def test_public_names_are_not_shared_by_two_open_bodies() -> None:
    shared = Counter(row["name"].casefold() for row in BODIES.values() if not row["closed"])
    assert [name for name, count in shared.items() if count > 1] == []


# --- names and identifiers


def test_other_names_belong_to_a_body_and_differ_from_its_own() -> None:
    for row in NAMES:
        body = BODIES[row["key"]]
        assert row["kind"] in {"alias", "former", "short", "translation", "abbreviation"}, row
        assert row["name"] not in {body["name"], body["short_name"]}, row
    repeated = Counter((row["key"], row["name"].casefold()) for row in NAMES)
    assert [pair for pair, count in repeated.items() if count > 1] == []


@pytest.mark.parametrize(
    ("key", "others"),
    [
        ("uk-aisi", {"AI Safety Institute", "Frontier AI Taskforce", "UK AISI"}),
        ("us-caisi", {"US AI Safety Institute"}),
        ("uk-government", {"Westminster", "HM Government"}),
        ("eu-commission", {"EC", "Commission européenne", "Europäische Kommission"}),
        ("ec-dg-cnect", {"DG CONNECT", "CNECT"}),
        ("ms-de", {"Deutschland"}),
        ("ms-cz", {"Czech Republic"}),
    ],
)
def test_names_that_people_type_are_there(key: str, others: set[str]) -> None:
    assert others <= others_of(key)


def test_identifiers_are_well_formed_and_name_one_body() -> None:
    forms = {
        "wikidata": r"Q[1-9]\d*",
        "iso-3166-1": "[A-Z]{2}",
        "govuk-analytics": r"[A-Z]{1,2}\d+",
        "govuk-content-id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    }
    for row in IDENTIFIERS:
        assert row["key"] in BODIES, row
        assert re.fullmatch(forms[row["scheme"]], row["value"]), row
    used = Counter((row["scheme"], row["value"]) for row in IDENTIFIERS)
    assert max(used.values()) == 1


# --- completeness and saved lists


def test_every_member_state_has_its_representation_and_authorities() -> None:
    assert {row["country"] for row in BODIES.values() if row["kind"] == "member_state"} == MEMBER_STATES
    for code in MEMBER_STATES:
        state = f"ms-{code.lower()}"
        below = {row["key"] for row in PARENTS if row["parent_key"] == state}
        kinds = Counter(BODIES[key]["kind"] for key in below)
        assert kinds["permanent_representation"] == 1, code
        assert kinds["national_authority"] >= 2, code
        assert kinds["national_parliament"] >= 1, code
        assert {BODIES[key]["country"] for key in below} == {code}
        assert state not in {row["key"] for row in PARENTS}, f"{state} is a top of its own"


def test_groups_have_one_name_each_and_hold_open_bodies() -> None:
    names = {(row["group_key"], row["name"]) for row in GROUPS}
    assert len(names) == len({key for key, _ in names}) == len({name for _, name in names})
    for row in GROUPS:
        assert not BODIES[row["key"]]["closed"], row


@pytest.mark.parametrize(
    ("group", "kind", "size"),
    [
        ("eu-member-states", "member_state", 27),
        ("permanent-representations", "permanent_representation", 27),
        ("commission-dgs", "commission_dg", 33),
        ("uk-departments", "uk_department", 24),
        ("ep-committees", "ep_committee", 22),
        ("ep-political-groups", "ep_political_group", 8),
    ],
)
def test_group_holds_every_open_body_of_its_kind(group: str, kind: str, size: int) -> None:
    assert members(group) == open_bodies(kind)
    assert len(members(group)) == size


def test_letter_to_commission_and_member_states_has_28_recipients() -> None:
    assert members("commission-and-member-states") == {"eu-commission"} | members("eu-member-states")
    assert len(members("commission-and-member-states")) == 28


def test_groups_of_authorities_cover_all_member_states() -> None:
    for group in ("data-protection-authorities", "competition-authorities"):
        assert {BODIES[key]["country"] for key in members(group)} - {"EU"} == MEMBER_STATES, group
    assert len(members("competition-authorities")) == 27
    assert {"uk-aisi", "us-caisi", "ec-ai-office"} <= members("ai-institutes")
