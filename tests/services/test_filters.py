from __future__ import annotations

import pytest

from crm.errors import Forbidden, Invalid, NotFound
from crm.instance import Instance
from crm.models import Member
from crm.services import filters


def saved(instance: Instance, member: Member, name: str, shared: bool = False) -> int:
    with instance.writing(member, door="web") as work:
        return filters.save(work, page="engagements", name=name, query="?kind=meeting&q=&page=3", shared=shared).id


def test_filter_is_kept_without_empty_arguments_and_places(instance: Instance, owner: Member) -> None:
    number = saved(instance, owner, "Meetings")
    with instance.reading(owner, door="web") as work:
        assert filters.get(work, number).query == "kind=meeting"


def test_same_name_replaces_ones_own(instance: Instance, owner: Member, colleague: Member) -> None:
    assert saved(instance, owner, "Meetings") == saved(instance, owner, "Meetings", shared=True)
    assert saved(instance, colleague, "Meetings") != saved(instance, owner, "Meetings")


def test_others_see_what_is_shared_and_nothing_else(instance: Instance, owner: Member, colleague: Member) -> None:
    mine, ours = saved(instance, owner, "Mine"), saved(instance, owner, "Ours", shared=True)
    with instance.reading(colleague, door="web") as work:
        assert [(one.name, whose) for one, whose in filters.listed(work)] == [("Ours", "Owner")]
        assert filters.listed(work, "people") == []
        assert filters.get(work, ours).name == "Ours"
        with pytest.raises(NotFound):
            filters.get(work, mine)
        with pytest.raises(Forbidden):
            filters.delete(work, ours)
        with pytest.raises(NotFound):
            filters.share(work, mine, True)


def test_owner_shares_takes_back_and_deletes(instance: Instance, owner: Member, colleague: Member) -> None:
    number = saved(instance, owner, "Mine")
    with instance.writing(owner, door="web") as work:
        filters.share(work, number, True)
    with instance.writing(owner, door="web") as work:
        filters.share(work, number, False)
    with instance.reading(colleague, door="web") as work:
        assert filters.listed(work) == []
    with instance.writing(owner, door="web") as work:
        assert filters.delete(work, number) == "Mine"


def test_readers_save_for_themselves_only(instance: Instance, reader: Member) -> None:
    number = saved(instance, reader, "Mine")
    with instance.writing(reader, door="web") as work, pytest.raises(Forbidden):
        filters.share(work, number, True)
    with instance.reading(reader, door="web") as work, pytest.raises(Forbidden):
        filters.save(work, page="people", name="Ours", query="q=a", shared=True)


@pytest.mark.parametrize(
    ("page", "name", "query", "field"),
    [
        ("nowhere", "Name", "q=a", "page"),
        ("people", "", "q=a", "name"),
        ("people", "Name", "", "query"),
        ("people", "Name", "page=2&after=3", "query"),
        ("people", "Name", "q=" + "a" * 3000, "query"),
    ],
)
def test_refused(instance: Instance, owner: Member, page: str, name: str, query: str, field: str) -> None:
    with instance.reading(owner, door="web") as work, pytest.raises(Invalid) as refused:
        filters.save(work, page=page, name=name, query=query)
    assert refused.value.field == field
