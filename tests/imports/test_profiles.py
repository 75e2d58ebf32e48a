"""Profiles are data: what they may say is checked, and the shipped ones are sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.errors import Invalid
from crm.imports import mapping, profiles
from crm.imports.fields import FIELDS
from crm.imports.tables import header_key


def test_shipped_profiles_are_sound() -> None:
    shipped = profiles.shipped()
    assert {"uk-ministerial-meetings", "ec-meetings-jsonl", "antechamber-log"} <= set(shipped)
    assert all(profile.title and profile.kind in FIELDS for profile in shipped.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = ", "no TOML"),
        ("kind = 'sales'", "“kind” must be one of"),
        ("kind = 'people'\nchief = 1", "cannot say “chief”"),
        ("kind = 'people'\n[columns]\nwhen = 'Date'", "no field “when”"),
        ("kind = 'people'\n[columns.name]\nsplit = '('", "no regular expression"),
        ("kind = 'people'\n[columns.name]\nmust = true", "cannot say “must”"),
        ("kind = 'register'\n[identity]\nrepeated = 'yes'", "“repeated” must be one of"),
        ("kind = 'register'\n[[dates.rewrite]]\nmatch = 'a'", "needs “match”"),
        ("kind = 'register'\n[[dates.rewrite]]\nmatch = 'a'\nas = '\\1'", "asks for what “match” has not"),
        ("kind = 'register'\nmeetings = 'no'", "“meetings” must be true or false"),
        ("kind = 'register'\n[columns]\nwhen = 3", "must be a header"),
        ("kind = 'register'\n[columns.when]\nnames = [3]", "a list of texts"),
        ("kind = 'register'\n[columns.when]\nrequired = 'yes'", "“required” must be true or false"),
        ("kind = 'register'\n[grouping]\nfields = 'reference'", "must be a list of fields"),
        ("kind = 'register'\n[nil]\ntext = 'none'", "[nil] cannot say “text”"),
        ("kind = 'register'\n[cancelled]\npattern = '('", "[cancelled] pattern is no regular expression"),
        ("kind = ['register']", "“kind” must be one of"),
        ("kind = 'register'\n[[extract]]\nfield = 'party'", "[[extract]] needs"),
        ("kind = 'register'\n[[extract]]\nfield = 'party'\nfrom = 'subject'\nmatch = 'a'", "needs a group"),
        ("kind = 'register'\n[empty]\npattern = '('", "[empty] pattern is no regular expression"),
    ],
)
def test_wrong_profile_is_refused_with_what_would_be_right(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=r"mine\.toml") as caught:
        profiles.folder(tmp_path)
    assert said in str(caught.value)


def test_headers_of_a_profile_match_however_they_are_spelt() -> None:
    profile = profiles.parse("kind = 'people'\n[columns]\nname = ['Full  NAME:']", "mine")
    assert profile.columns[0].names == ("full name",)


@pytest.mark.parametrize(
    "headers",
    [
        "Minister,Date,Name of organisation or individual,Purpose of meeting",
        "Permanent Secretary,Date of meeting,Individual or Organisation Met,Purpose of Meeting",
        "Name of Senior Official,Date,Name of Organisation,Purpose of Meeting¹",
        "Special adviser,Date of meeting (DD/MM/YYYY),Name of organisation or individual (media),Purpose of meeting",
        "Minister attending,Date of the meeting,Name of external organisation,Purpose",
    ],
)
def test_returns_of_ministers_officials_and_advisers_have_one_profile(headers: str) -> None:
    profile = profiles.shipped()["uk-ministerial-meetings"]
    keys = [header_key(header) for header in headers.split(",")]
    assert mapping.suits(profile, keys)
    found = mapping.by_profile(profile, keys)
    assert [found[name] for name in ("official", "when", "party", "subject")] == [[0], [1], [2], [3]]


def test_header_that_only_mentions_a_field_is_not_taken_for_it() -> None:
    profile = profiles.shipped()["uk-ministerial-meetings"]
    keys = [header_key(header) for header in ("Ref", "Published", "Total number of meetings per organisation", "Cost")]
    assert not mapping.suits(profile, keys)
    with pytest.raises(Invalid, match="needs a column"):
        mapping.by_profile(profile, keys)
