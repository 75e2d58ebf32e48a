"""Names of countries."""

from __future__ import annotations

import csv

from crm.queries import countries
from crm.resources import data_dir


def test_every_country_of_the_directory_has_a_name() -> None:
    with (data_dir() / "directory" / "bodies.csv").open(encoding="utf-8", newline="") as file:
        named = {row["country"] for row in csv.DictReader(file)} - {""}
    assert named <= set(countries.countries())


def test_codes_are_two_capitals_and_names_stand_in_their_order() -> None:
    found = countries.countries()
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in found)
    assert found["GB"] == "United Kingdom"
    assert list(found)[:2] == ["AF", "AX"]


def test_code_that_is_not_listed_is_told_as_it_is() -> None:
    assert countries.name("BE") == "Belgium"
    assert countries.name("XX") == "XX"
