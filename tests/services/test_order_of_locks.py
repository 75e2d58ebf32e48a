"""Locks are taken in one order, so that two who change the same bodies wait one for the other."""

from __future__ import annotations

import datetime as dt
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from crm.dates import parse_when
from crm.errors import Unavailable
from crm.imports import profiles
from crm.instance import Instance
from crm.models import Organisation, SearchEntry
from crm.models.history import Transaction
from crm.queries.search.texts import texts
from crm.services import engagements, history, imports, organisations, several
from crm.services.engagements import Party
from crm.testing.fixtures import MakeOrganisation
from crm.work import Work

TREE, BODY = "LOCK TABLE crm_organisation_parent", "crm_organisation "


@contextmanager
def statements(instance: Instance) -> Iterator[list[str]]:
    """What is asked of the database."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(" ".join(statement.split()))

    event.listen(instance.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(instance.engine, "before_cursor_execute", note)


def first(found: list[str], *words: str) -> int:
    return next((place for place, one in enumerate(found) if all(word in one for word in words)), len(found))


@pytest.fixture
def bodies(instance: Instance) -> list[int]:
    with instance.writing(door="cli", trusted=True) as work:
        return [organisations.create(work, name=f"Body {number}").id for number in range(3)]


def test_undo_of_a_place_holds_the_tree_before_the_body(instance: Instance, bodies: list[int]) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        organisations.place(work, bodies[0], bodies[1], first=dt.date(2020, 1, 1))
    with statements(instance) as found, instance.writing(door="cli", trusted=True) as work:
        last = work.session.scalars(select(Transaction.id).order_by(Transaction.id.desc())).first()
        assert last is not None
        history.undo(work, last)
    if instance.engine.dialect.name == "postgresql":
        assert first(found, TREE) < first(found, "FOR UPDATE", BODY) < len(found)
    assert first(found, "UPDATE crm_organisation") < len(found)


def test_import_of_bodies_holds_the_tree_before_a_body(instance: Instance, bodies: list[int]) -> None:
    table = b"Name,Part of,Website\nBody 0,Body 1,https://example.org\n"
    with statements(instance) as found, instance.writing(door="cli", trusted=True) as work:
        imports.import_file(work, io.BytesIO(table), "bodies.csv", profiles.shipped()["organisations"])
    changed = first(found, "UPDATE crm_organisation SET")
    assert changed < len(found)
    if instance.engine.dialect.name == "postgresql":
        assert first(found, TREE) < changed


def test_many_records_are_changed_in_the_order_of_their_numbers(
    work: Work, make_organisation: MakeOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [make_organisation(f"Of many {number}").id for number in range(3)]
    asked: list[int] = []
    get = organisations.get

    def noted(work: Work, organisation_id: int) -> Organisation:
        asked.append(organisation_id)
        return get(work, organisation_id)

    monkeypatch.setattr("crm.services.organisations.basics.get", noted)
    several.change(work, "organisation", [ids[2], ids[0], ids[1]], "goal", 90)
    assert list(dict.fromkeys(asked)) == ids


def test_two_who_rename_bodies_of_one_engagement_leave_both_names_in_the_index(
    instance: Instance, bodies: list[int]
) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        us = organisations.create(work, name="Ourselves").id
        when = parse_when("1 May 2026", today=work.today(), past=True)
        parties = [Party(us, side="actor"), Party(bodies[0]), Party(bodies[1])]
        met = engagements.log(work, kind="meeting", status="held", when=when, parties=parties).id
    together = threading.Barrier(2)

    def rename(body: int) -> None:
        for number in range(6):
            together.wait(timeout=30)
            try:
                with instance.writing(door="cli", trusted=True) as work:
                    organisations.amend(work, body, short_name=f"renamed{body}x{number}")
            except Unavailable:
                continue

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(rename, bodies[:2]))
    with instance.reading(door="cli", trusted=True) as work:
        stored = work.session.scalars(
            select(SearchEntry.words).where(SearchEntry.kind == "engagement", SearchEntry.record_id == met)
        ).all()
        assert stored == [one.words for one in texts(work, "engagement", [met])]
