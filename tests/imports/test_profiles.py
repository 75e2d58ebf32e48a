"""Profiles are data: what they may say is checked, and the shipped ones are sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.errors import Invalid
from crm.imports import profiles
from crm.imports.fields import FIELDS


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
