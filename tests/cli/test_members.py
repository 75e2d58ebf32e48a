"""``crm member``."""

from __future__ import annotations

import re

from crm.instance import Instance
from crm.services import members
from tests.cli.conftest import Run, answered


def test_member_is_added_with_the_password_of_standard_input(run: Run, instance: Instance) -> None:
    result = run("member", "add", "Ada@Example.org", "--name", "Ada", "--role", "admin", given="four words do it\n")

    assert result.exit_code == 0
    assert result.stdout == ""
    with instance.reading(door="cli", trusted=True) as work:
        ada = members.by_email(work, "ada@example.org")
        assert (ada.role, members.verify(ada, "four words do it")) == ("admin", True)


def test_password_is_told_to_nobody(run: Run) -> None:
    result = run("member", "add", "ada@example.org", "--name", "Ada", given="four words do it\n")

    assert "four words" not in result.output


def test_link_takes_the_place_of_a_password(run: Run) -> None:
    result = run("member", "add", "ada@example.org", "--name", "Ada", "--link")

    assert re.fullmatch(r"http://localhost/welcome/[\w-]{40,}\n", result.stdout)


def test_missing_short_and_taken_are_mistakes(run: Run) -> None:
    for arguments, given, told in (
        (("ada@example.org", "--name", "Ada"), "", "--link"),
        (("ada@example.org", "--name", "Ada"), "short\n", "12 characters"),
        (("owner@example.org", "--name", "Ada"), "four words do it\n", "member already"),
        (("no address", "--name", "Ada"), "four words do it\n", "name@example.org"),
    ):
        result = run("member", "add", *arguments, given=given)
        assert result.exit_code == 2, told
        assert told in result.stderr
        assert result.stdout == ""


def test_members_are_listed_for_people_and_programs(run: Run) -> None:
    listed = answered(run("member", "list", "--json"))

    assert [(row["email"], row["role"]) for row in listed if row["email"].startswith("owner")] == [
        ("owner@example.org", "member")
    ]
    assert set(listed[0]) == {"email", "name", "role", "active", "has_password", "second_factor", "since"}
    assert "owner@example.org" in run("member", "list").stdout


def test_role_changes_and_the_last_administrator_stays(run: Run) -> None:
    assert run("member", "role", "owner@example.org", "reader").exit_code == 0
    refused = run("member", "role", "admin@example.org", "reader")

    assert refused.exit_code == 2
    assert "administrator" in refused.stderr
    roles = {row["email"]: row["role"] for row in answered(run("member", "list", "--json"))}
    assert (roles["owner@example.org"], roles["admin@example.org"]) == ("reader", "admin")


def test_disabled_member_can_be_let_in_again(run: Run) -> None:
    assert run("member", "disable", "owner@example.org").exit_code == 0
    shut_out = {row["email"]: row["active"] for row in answered(run("member", "list", "--json"))}
    assert run("member", "enable", "owner@example.org").exit_code == 0
    let_in = {row["email"]: row["active"] for row in answered(run("member", "list", "--json"))}

    assert (shut_out["owner@example.org"], let_in["owner@example.org"]) == (False, True)


def test_nobody_of_that_address_is_a_mistake(run: Run) -> None:
    for command in (("role", "nobody@example.org", "reader"), ("disable", "nobody@example.org"), ("link", "x@y.org")):
        assert run("member", *command).exit_code == 2


def test_second_factor_is_taken_from_whoever_lost_it(run: Run) -> None:
    assert run("member", "reset-factor", "owner@example.org").exit_code == 0
    unknown = run("member", "reset-factor", "nobody@example.org")
    assert unknown.exit_code == 2
    assert "Nobody here has the address" in unknown.stderr
