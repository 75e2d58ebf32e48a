"""Importing in the browser, step by step, without a line of JavaScript."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.instance import Instance
from crm.models import Engagement, ImportRun, Organisation, RegisterEntry
from crm.services import engagements, followups
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona

Open = Callable[..., Browser]
GOOD = "Meeting date;Organisation;Purpose\n1/5/2026;DG CNECT;Access\n13/5/2026;New Body;Safety\n"
BAD = GOOD + "soon;DG CNECT;Trade\n"


def upload(browser: Browser, content: str, profile: str = "engagements", name: str = "log.csv") -> Any:
    data = {"file": (io.BytesIO(content.encode()), name), "profile": profile}
    return browser.post("/imports/", data, content_type="multipart/form-data")


def step(response: Any) -> str:
    assert response.status_code == 303, response.get_data(as_text=True)[:3000]
    return str(response.headers["Location"])


def columns(page: str) -> dict[str, str]:
    """What the form of the second step would send."""
    found = {"create_missing": "1"}
    for name, options in re.findall(r'<select class="input" name="(column-\d+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def count(instance: Instance, record: Any) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return int(work.session.scalar(select(func.count()).select_from(record)) or 0)


def checked(browser: Browser, content: str, **options: str) -> str:
    address = step(upload(browser, content, **options))
    page = browser.get(address).get_data(as_text=True)
    return step(browser.post(address, columns(page)))


def test_table_goes_in_in_three_steps(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    address = step(upload(owner, GOOD))
    page = owner.get(address).get_data(as_text=True)
    assert columns(page) == {
        "create_missing": "1", "column-0": "when", "column-1": "bodies", "column-2": "subject",
    }  # fmt: skip
    before = count(instance, Organisation)
    address = step(owner.post(address, columns(page)))
    assert (count(instance, Engagement), count(instance, Organisation)) == (0, before)
    page = owner.get(address).get_data(as_text=True)
    assert "They would make" in page
    done = step(owner.post(address.replace("check", "run")))
    assert "2 rows imported" in owner.get(done).get_data(as_text=True)
    assert count(instance, Engagement) == 2
    assert "log.csv" in owner.get("/imports/").get_data(as_text=True)


def test_single_record_is_told_in_the_singular(browser: Open) -> None:
    owner = browser("owner")
    page = owner.get(checked(owner, GOOD.splitlines()[0] + "\n13/5/2026;New Body;Access\n")).get_data(as_text=True)
    told = re.search(r"They would make (.*?)\. Nothing", page)
    assert told is not None
    assert set(told[1].split(", ")) == {"1 engagement", "1 organisation"}


def test_bad_row_is_fixed_in_place(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    address = checked(owner, BAD)
    page = owner.get(address).get_data(as_text=True)
    assert "Row 4" in page
    assert "cannot be read as a date" in page
    refused = owner.post(address.replace("check", "run"))
    assert refused.status_code == 422
    assert count(instance, Engagement) == 0
    step(owner.post(address.replace("check", "fix"), {"cell-4-0": "2 May 2026", "cell-4-1": "DG CNECT"}))
    assert "Row 4" not in owner.get(address).get_data(as_text=True)
    step(owner.post(address.replace("check", "run")))
    assert count(instance, Engagement) == 3


def test_rejected_rows_are_left_out_or_downloaded(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    address = checked(owner, BAD.replace("Trade", "=1+1"))
    sheet = owner.get(address.replace("check", "rejects.csv")).get_data(as_text=True)
    assert sheet.splitlines()[1].startswith("soon,DG CNECT,'=1+1,")
    step(owner.post(address.replace("check", "run"), {"skip": "1"}))
    assert count(instance, Engagement) == 2


def test_import_is_taken_back_as_a_whole(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    before = count(instance, Organisation)
    done = step(owner.post(checked(owner, GOOD).replace("check", "run")))
    step(owner.post(f"{done}/undo"))
    assert (count(instance, Engagement), count(instance, Organisation)) == (0, before)
    again = step(owner.post(checked(owner, GOOD).replace("check", "run")))
    assert count(instance, Engagement) == 2
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        number = work.session.scalars(select(Engagement.id)).first()
        engagements.amend(work, number or 0, subject="Built on since")
    page = owner.get(step(owner.post(f"{again}/undo"))).get_data(as_text=True)
    assert "Nothing was taken back" in page
    assert "Colleague" in page
    assert count(instance, Engagement) == 2
    page = owner.get(step(owner.post(f"{again}/undo", {"keep": "1"}))).get_data(as_text=True)
    assert "taken back, but for what somebody built on: “Built on since”" in page
    assert (count(instance, Engagement), count(instance, Organisation)) == (1, before + 1)
    step(owner.post(checked(owner, GOOD).replace("check", "run")))
    assert (count(instance, Engagement), count(instance, Organisation)) == (2, before + 2)


def test_body_on_which_something_newer_hangs_stays_with_what_it_is_part_of(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    table = "Name,Part of\nUnit,Agency\nAgency,\nLonely,\n"
    done = step(owner.post(checked(owner, table, profile="organisations").replace("check", "run")))
    with instance.writing(persona(instance, "colleague"), door="web") as work:
        unit = work.session.scalars(select(Organisation.id).where(Organisation.name == "Unit")).one()
        followups.add(work, title="Call them", organisation_id=unit)
    page = owner.get(step(owner.post(f"{done}/undo"))).get_data(as_text=True)
    assert "Take back the rest" in page
    step(owner.post(f"{done}/undo", {"keep": "1"}))
    with instance.reading(door="cli", trusted=True) as work:
        names = set(work.session.scalars(select(Organisation.name)))
    assert {"Unit", "Agency"} <= names
    assert "Lonely" not in names


def test_register_goes_beside_the_log_and_back(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    content = '{"EU Member": ["Ada"], "Date": "05/07/2023", "Location": "B", "Entities": ["Us"], "Subjects": ["x"]}\n'
    done = step(owner.post(checked(owner, content, profile="ec-meetings-jsonl").replace("check", "run")))
    assert (count(instance, RegisterEntry), count(instance, Engagement)) == (1, 0)
    step(owner.post(f"{done}/undo"))
    assert count(instance, RegisterEntry) == 0


@pytest.mark.parametrize("content", ["", "%PDF-1.7", "just words"])
def test_what_is_no_table_is_refused_and_nothing_kept(browser: Open, instance: Instance, content: str) -> None:
    refused = upload(browser("owner"), content)
    assert refused.status_code == 422
    assert "cannot be read" in refused.get_data(as_text=True)
    assert count(instance, ImportRun) == 0


def test_order_of_day_and_month_is_asked_for_where_the_file_leaves_it_open(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    table = "Meeting date;Organisation\n3/4/2026;DG CNECT\n5/4/2026;DG GROW\n"
    address = step(upload(owner, table))
    chosen = columns(owner.get(address).get_data(as_text=True)) | {"period": "Q2 2026"}
    asked = owner.post(address, chosen)
    assert asked.status_code == 422
    page = asked.get_data(as_text=True)
    assert "In “3/4/2026” the day or the month may come first" in page
    assert 'value="Q2 2026"' in page
    check = step(owner.post(address, chosen | {"day_order": "month"}))
    step(owner.post(check.replace("/check", "/run"), {}))
    with instance.reading(door="cli", trusted=True) as work:
        assert sorted(str(day) for day in work.session.scalars(select(Engagement.first_day))) == [
            "2026-03-04", "2026-05-04",
        ]  # fmt: skip


def test_separator_is_suggested_and_splits_names(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    address = step(upload(owner, "Meeting date;Organisation\n13/4/2026;DG CNECT, DG GROW\n14/4/2026;DG SANTE\n"))
    page = owner.get(address).get_data(as_text=True)
    assert "choose “Commas as well” below" in page
    check = step(owner.post(address, columns(page) | {"separator": "comma"}))
    page = owner.get(check).get_data(as_text=True)
    assert "New in the log by name" in page
    assert "DG CNECT; DG GROW; DG SANTE" in page
    step(owner.post(check.replace("/check", "/run"), {}))
    assert count(instance, Engagement) == 2
    with instance.reading(door="cli", trusted=True) as work:
        assert {"DG CNECT", "DG GROW", "DG SANTE"} <= set(work.session.scalars(select(Organisation.name)))


def test_rejected_rows_are_mended_and_imported_by_themselves(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    check = checked(owner, BAD)
    rejects = owner.get(check.replace("/check", "/rejects.csv")).get_data().decode("utf-8-sig")
    assert rejects.splitlines()[0] == "Meeting date,Organisation,Purpose,Why it cannot be read"
    step(owner.post(check.replace("/check", "/run"), {"skip": "1"}))
    assert count(instance, Engagement) == 2
    address = step(upload(owner, rejects.replace("soon,DG CNECT", "15/5/2026,DG CNECT"), name="rejected.csv"))
    chosen = columns(owner.get(address).get_data(as_text=True))
    assert chosen["column-3"] == ""
    step(owner.post(step(owner.post(address, chosen)).replace("/check", "/run"), {}))
    assert count(instance, Engagement) == 3
    again = step(upload(owner, BAD.replace("soon", "15/5/2026")))
    check = step(owner.post(again, columns(owner.get(again).get_data(as_text=True))))
    step(owner.post(check.replace("/check", "/run"), {}))
    assert count(instance, Engagement) == 3


def test_columns_that_are_needed_are_asked_for(browser: Open) -> None:
    owner = browser("owner")
    address = step(upload(owner, "Colour,Size\nred,5\n"))
    refused = owner.post(address, {"column-0": "", "column-1": ""})
    assert refused.status_code == 422
    assert "Say which column means" in refused.get_data(as_text=True)


def test_file_is_read_again_as_told(browser: Open) -> None:
    owner = browser("owner")
    address = step(upload(owner, "a title|x\nMeeting date|Organisation\n1/5/2026|Y\n"))
    step(owner.post(address, {"again": "1", "header_row": "2", "delimiter": "|"}))
    assert columns(owner.get(address).get_data(as_text=True))["column-0"] == "when"


def test_nobody_else_goes_on_with_an_import(browser: Open) -> None:
    address = step(upload(browser("owner"), GOOD))
    colleague = browser("colleague")
    assert colleague.get(address).status_code == 404
    assert colleague.post(address, {}).status_code == 404
    assert browser("admin").get(address).status_code == 200
    assert browser("reader").get("/imports/new").status_code == 403


def test_import_decided_otherwise_in_another_window_is_not_run_unseen(browser: Open, instance: Instance) -> None:
    owner, admin = browser("owner"), browser("admin")
    address = step(upload(owner, GOOD))
    page = owner.get(address).get_data(as_text=True)
    seen = re.search(r'name="seen" value="([0-9a-f]{16})"', page)
    assert seen is not None
    mine = columns(page) | {"seen": seen[1]}
    step(admin.post(address, columns(page) | {"column-2": "summary", "seen": seen[1]}))
    answer = owner.post(address, mine)
    assert answer.status_code == 422
    assert "Something else was decided about this import meanwhile" in answer.get_data(as_text=True)
    answer = owner.post(address.replace("columns", "run"), {"seen": seen[1]})
    assert answer.status_code == 422
    assert count(instance, Engagement) == 0
    again = columns(owner.get(address).get_data(as_text=True))
    assert again["column-2"] == "summary"


def test_same_decision_sent_twice_is_taken_once(browser: Open) -> None:
    owner = browser("owner")
    address = step(upload(owner, GOOD))
    page = owner.get(address).get_data(as_text=True)
    seen = re.search(r'name="seen" value="([0-9a-f]{16})"', page)
    assert seen is not None
    for _ in range(2):
        step(owner.post(address, columns(page) | {"seen": seen[1]}))


def test_what_the_file_does_not_say_is_said_beside_the_columns(browser: Open, instance: Instance) -> None:
    owner = browser("owner")
    address = step(upload(owner, "When,Heading\n1 May 2026,Trade\n", profile="register"))
    page = owner.get(address).get_data(as_text=True)
    assert "What the file does not say" in page
    refused = owner.post(address, columns(page))
    assert refused.status_code == 422
    assert "Say which column means" in refused.get_data(as_text=True)
    told = {"default-field-0": "body", "default-text-0": "Ministry of Works"}
    wrong = owner.post(address, columns(page) | {"default-field-0": "colour", "default-text-0": "red"})
    assert wrong.status_code == 422
    assert "no field “colour”" in wrong.get_data(as_text=True)
    checked_at = step(owner.post(address, columns(page) | told))
    assert 'value="Ministry of Works"' in owner.get(address).get_data(as_text=True)
    step(owner.post(checked_at.replace("check", "run")))
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalars(select(RegisterEntry.body)).one() == "Ministry of Works"
