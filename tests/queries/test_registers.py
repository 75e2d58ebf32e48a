"""How registers write their identifiers, and where they show the entry."""

from __future__ import annotations

import pytest

from crm.queries import registers


@pytest.mark.parametrize("scheme", [key for key, one in registers.REGISTERS.items() if one.example])
def test_example_of_each_register_is_written_as_it_says(scheme: str) -> None:
    example = registers.REGISTERS[scheme].example
    assert registers.problem_with(scheme, example) == ""
    assert not registers.REGISTERS[scheme].address or example in registers.address(scheme, example)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [("wikidata", "Q0"), ("wikidata", "Q8880\n"), ("lei", "529900T8BM49AURSDO5"), ("iso-3166-1", "be"), ("hatvp", "")],
)
def test_what_is_written_otherwise_is_no_identifier(scheme: str, value: str) -> None:
    assert "is not written as in" in registers.problem_with(scheme, value)
    assert registers.address(scheme, value) == ""


def test_one_mistyped_character_of_a_lei_is_noticed() -> None:
    right = "529900T8BM49AURSDO55"
    for place, character in enumerate(right):
        other = "7" if character != "7" else "8"
        if character.isdigit():
            assert "mistyped" in registers.problem_with("lei", right[:place] + other + right[place + 1 :])


def test_register_that_is_not_listed_takes_anything_and_leads_nowhere() -> None:
    assert registers.problem_with("house-list", "12/b") == ""
    assert registers.label("house-list") == "house-list"
    assert registers.address("house-list", "12/b") == ""
