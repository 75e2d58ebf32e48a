"""Saved lists with how many organisations are on each."""

from __future__ import annotations

from collections.abc import Callable

from crm.models import Organisation
from crm.queries import letters
from crm.queries import lists as read
from crm.services import lists
from crm.work import Work


def test_lists_stand_by_name_with_their_size(work: Work, make_organisation: Callable[..., Organisation]) -> None:
    malta, estonia = make_organisation("Malta"), make_organisation("Estonia")
    lists.create(work, name="Both", organisation_ids=[malta.id, estonia.id], key="both")
    lists.create(work, name="A small one", organisation_ids=[malta.id])
    assert [(row.name, row.size, row.is_shipped) for row in read.lists(work)] == [
        ("A small one", 1, False),
        ("Both", 2, True),
    ]
    assert [row.name for row in read.lists(work, text="SMALL")] == ["A small one"]


def test_organisation_in_the_bin_is_not_written_to(work: Work, make_organisation: Callable[..., Organisation]) -> None:
    malta, estonia = make_organisation("Malta"), make_organisation("Estonia")
    saved = lists.create(work, name="Both", organisation_ids=[malta.id, estonia.id])
    malta.binned_at = work.now()
    work.session.flush()
    assert letters.recipients_of_lists(work, [saved.id]) == [estonia.id]
    assert [(row.label, row.is_binned) for row in read.entries(work, saved.id)] == [("Estonia", False), ("Malta", True)]
    assert [row.size for row in read.lists(work)] == [1]


def test_recipients_of_several_lists_are_each_once(work: Work, make_organisation: Callable[..., Organisation]) -> None:
    malta, estonia = make_organisation("Malta"), make_organisation("Estonia")
    one = lists.create(work, name="One", organisation_ids=[malta.id])
    both = lists.create(work, name="Both", organisation_ids=[malta.id, estonia.id])
    assert letters.recipients_of_lists(work, [one.id, both.id]) == [estonia.id, malta.id]
    assert read.lists_of(work, malta.id) == [(both.id, "Both"), (one.id, "One")]
