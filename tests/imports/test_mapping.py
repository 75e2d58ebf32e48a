"""Columns are guessed from their headers, then from what stands below them."""

from __future__ import annotations

import pytest

from crm.errors import Invalid
from crm.imports import mapping
from crm.imports.tables import Row


def fields(kind: str, *headers: str, sample: list[Row] | None = None) -> dict[str, str]:
    found = mapping.guessed(kind, headers, sample or [])
    return {name: headers[places[0]] for name, places in found.items()}


def test_usual_headers_are_known() -> None:
    assert fields(
        "engagements", "Meeting date", "Organisation", "Attendees", "Type", "Purpose of meeting", "Venue"
    ) == {
        "when": "Meeting date",
        "bodies": "Organisation",
        "people": "Attendees",
        "kind": "Type",
        "subject": "Purpose of meeting",
        "place": "Venue",
    }
    assert fields("people", "First Name", "Surname", "Company", "Job Title", "E-mail address", "Mobile") == {
        "first_name": "First Name",
        "last_name": "Surname",
        "organisation": "Company",
        "post": "Job Title",
        "email": "E-mail address",
        "phone": "Mobile",
    }
    assert fields("follow-ups", "Task", "Due date", "Assigned to") == {
        "title": "Task", "due": "Due date", "owner": "Assigned to",
    }  # fmt: skip


def test_date_and_address_are_known_by_their_looks() -> None:
    sample = [Row(2, ("3/4/2026", "x")), Row(3, ("May 2026", "y"))]
    assert fields("engagements", "Wann genau", "Organisation", sample=sample)["when"] == "Wann genau"


def test_field_that_explains_more_of_a_header_is_meant() -> None:
    assert fields("people", "Name of organisation", "Full name") == {
        "organisation": "Name of organisation", "name": "Full name",
    }  # fmt: skip
    assert fields("register", "Minister", "Date of hospitality", "Name of organisation") == {
        "official": "Minister", "when": "Date of hospitality", "party": "Name of organisation",
    }  # fmt: skip


def test_columns_numbered_or_there_twice_are_one_field() -> None:
    headers = ["Date", "Organisation 1", "Organisation 2", "Topic", "Topic (2)"]
    assert mapping.guessed("engagements", headers) == {"when": [0], "bodies": [1, 2], "topics": [3, 4]}


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        (["BP, Shell, BAE", "Rio Tinto", "BBC, ITV"], "comma"),
        (["DG CNECT/DG GROW"], "slash"),
        (["BP; Shell, plc", "BBC, ITV"], ""),
        (["BP", "Shell", "BAE", "BBC, ITV"], ""),
    ],
)
def test_separator_is_suggested_where_many_cells_hold_it(cells: list[str], key: str) -> None:
    sample = [Row(number, ("x", cell)) for number, cell in enumerate(cells, 2)]
    assert mapping.separator_in("engagements", {"when": [0], "bodies": [1]}, sample)[0] == key


def test_word_in_a_long_header_is_chance() -> None:
    assert fields("engagements", "Date", "Body", "Number of officials accompanying ministers") == {
        "when": "Date", "bodies": "Body",
    }  # fmt: skip


def test_mapping_without_what_is_needed_is_refused() -> None:
    with pytest.raises(Invalid, match=r"“When” \(when\) or “First possible day” \(first_day\)"):
        mapping.check("engagements", {"bodies": [0]}, 2)
    with pytest.raises(Invalid, match="has 2 columns"):
        mapping.check("organisations", {"name": [2]}, 2)
    with pytest.raises(Invalid, match="no field “colour”"):
        mapping.check("organisations", {"name": [0], "colour": [1]}, 2)
