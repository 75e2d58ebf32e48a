"""The words for what a body is."""

from __future__ import annotations

from crm.queries import kinds


def test_every_kind_stands_under_one_heading() -> None:
    assert sorted(kind.key for those in kinds.groups().values() for kind in those) == sorted(kinds.kinds())
    assert "Directorate-general" in [kind.label for kind in kinds.groups()["European Commission"]]


def test_companies_are_private_and_ministries_public() -> None:
    assert kinds.kinds()["company"].public is False
    assert kinds.kinds()["national_ministry"].public is True


def test_kind_that_is_not_listed_is_told_by_its_key() -> None:
    assert kinds.label("commission_dg") == "Directorate-general"
    assert kinds.label("secret_society") == "Secret society"
