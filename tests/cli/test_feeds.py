"""``crm feed``."""

from __future__ import annotations

import re

import pytest

from crm.instance import Instance
from crm.services import organisations, topics
from tests.cli.conftest import Run, answered


@pytest.fixture(autouse=True)
def known(instance: Instance) -> None:
    """A body and a topic."""
    with instance.writing(door="cli", trusted=True) as work:
        organisations.create(work, name="Ministry")
        topics.create(work, name="DSA")


def test_address_is_all_that_is_printed(run: Run) -> None:
    result = run("feed", "create", "--member", "owner@example.org", "--scope", "mine")

    assert result.exit_code == 0
    assert re.fullmatch(r"http://localhost/calendar/[\w-]{40,}\.ics\n", result.stdout)


def test_feeds_are_listed_without_their_addresses_and_revoked(run: Run) -> None:
    made = run("feed", "create", "--member", "owner@example.org", "--scope", "organisation", "--body", "ministry")
    run("feed", "create", "--member", "reader@example.org", "--scope", "topic", "--topic", "dsa", "--detail", "busy")

    listed = answered(run("feed", "list", "--json"))
    assert {(row["member"], row["scope"], row["target"]) for row in listed} == {
        ("Owner", "organisation", "Ministry"),
        ("Reader", "topic", "DSA"),
    }
    assert made.stdout.strip().rsplit("/", 1)[1].removesuffix(".ics") not in run("feed", "list").stdout

    assert run("feed", "revoke", str(listed[0]["id"])).exit_code == 0
    assert len(answered(run("feed", "list", "--json"))) == 1
    assert len(answered(run("feed", "list", "--revoked", "--json"))) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--member", "nobody@example.org", "--scope", "mine"),
        ("--member", "owner@example.org", "--scope", "organisation"),
        ("--member", "owner@example.org", "--scope", "mine", "--body", "Ministry"),
        ("--member", "owner@example.org", "--scope", "organisation", "--body", "Minstry"),
        ("--member", "owner@example.org", "--scope", "everything"),
    ],
)
def test_mistakes_print_no_address(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("feed", "create", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")


def test_unknown_number_is_a_mistake(run: Run) -> None:
    assert run("feed", "revoke", "4711").exit_code == 2
    assert run("feed", "revoke", "99999999999999999999").exit_code == 2
