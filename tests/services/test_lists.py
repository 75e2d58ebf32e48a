"""Saved lists of organisations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from crm.models import Member, Organisation
from crm.queries import lists as read
from crm.services import lists
from crm.work import Work


@pytest.fixture
def states(make_organisation: Callable[..., Organisation]) -> list[Organisation]:
    return [make_organisation(name, kind="member_state") for name in ("Malta", "Estonia", "Austria")]


def test_list_holds_each_organisation_once(work: Work, states: list[Organisation]) -> None:
    saved = lists.create(work, name="Islands", organisation_ids=[states[0].id, states[0].id, states[1].id])
    assert [row.name for row in read.entries(work, saved.id)] == ["Estonia", "Malta"]


def test_two_lists_cannot_have_one_name(work: Work, states: list[Organisation]) -> None:
    lists.create(work, name="Small states", organisation_ids=[states[0].id])
    with pytest.raises(Invalid, match="already"):
        lists.create(work, name="small  States", organisation_ids=[states[1].id])


def test_list_keeps_its_own_name(work: Work, states: list[Organisation]) -> None:
    saved = lists.create(work, name="Small states", organisation_ids=[states[0].id])
    assert lists.amend(work, saved.id, name="Small States").name == "Small States"


@pytest.mark.parametrize(("name", "ids", "field"), [("", [1], "name"), ("Empty", [], "organisations")])
def test_list_needs_a_name_and_a_body(work: Work, name: str, ids: list[int], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        lists.create(work, name=name, organisation_ids=ids)
    assert refused.value.field == field


def test_unknown_body_is_refused(work: Work) -> None:
    with pytest.raises(Invalid, match="999999"):
        lists.create(work, name="Small states", organisation_ids=[999_999])


def test_members_are_replaced(work: Work, states: list[Organisation]) -> None:
    saved = lists.create(work, name="Small states", organisation_ids=[body.id for body in states[:2]])
    lists.amend(work, saved.id, organisation_ids=[body.id for body in states[1:]])
    assert [row.name for row in read.entries(work, saved.id)] == ["Austria", "Estonia"]


def test_changing_who_is_on_it_moves_the_version(work: Work, states: list[Organisation]) -> None:
    saved = lists.create(work, name="Small states", organisation_ids=[states[0].id])
    opened = saved.version
    lists.amend(work, saved.id, organisation_ids=[states[1].id])
    with pytest.raises(Conflict):
        lists.amend(work, saved.id, organisation_ids=[states[2].id], version=opened)


def test_deleted_list_is_gone_and_its_organisations_stay(work: Work, states: list[Organisation]) -> None:
    saved = lists.create(work, name="Small states", organisation_ids=[states[0].id])
    lists.delete(work, saved.id)
    with pytest.raises(NotFound):
        lists.get(work, saved.id)
    assert work.session.get(Organisation, states[0].id) is not None


def test_second_click_finds_the_first(work: Work, states: list[Organisation]) -> None:
    first = lists.create(work, name="Small states", organisation_ids=[states[0].id], submission="one-form")
    with pytest.raises(AlreadyDone) as second:
        lists.create(work, name="Small states", organisation_ids=[states[0].id], submission="one-form")
    assert second.value.reference == {"kind": "list", "id": first.id}


def test_reader_changes_nothing(work: Work, states: list[Organisation], reader: Member) -> None:
    saved = lists.create(work, name="Small states", organisation_ids=[states[0].id])
    work.member = reader
    with pytest.raises(Forbidden):
        lists.amend(work, saved.id, name="Others")
    with pytest.raises(Forbidden):
        lists.delete(work, saved.id)
