"""``crm counts``: the numbers of the pages, for people and programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.dates import parse_when
from crm.instance import Instance
from crm.services import engagements, organisations, topics
from crm.services.engagements import Party
from tests.cli.conftest import Run, answered

NOTHING = {"engagements": 0, "contacts": 0, "possible": {"engagements": 0, "contacts": 0}}


@pytest.fixture(autouse=True)
def logged(instance: Instance) -> None:
    """Two meetings of ours, one of a rival's, and a letter with two copies."""
    with instance.writing(door="cli", trusted=True) as work:
        commission = organisations.create(
            work, name="European Commission", short_name="Commission", key="eu-commission"
        )
        unit = organisations.create(work, name="DG Example")
        organisations.place(work, unit.id, commission.id)
        rival = organisations.create(work, name="Rival")
        organisations.create(work, name="Silent")
        access = topics.create(work, name="Cyber-model access")
        us = organisations.resolve(work, ["Us"], field="x")[0]

        def log(typed: str, *bodies: int, kind: str = "meeting", actor: int = us.id) -> None:
            engagements.log(
                work,
                kind=kind,
                when=parse_when(typed, today=work.today(), past=True),
                parties=[Party(actor, side="actor"), *(Party(body) for body in bodies)],
                topic_ids=[access.id] if kind == "letter" else [],
            )

        log("3 February 2026", unit.id)
        log("Q1 2026", commission.id)
        log("4 May 2026", commission.id, unit.id, kind="letter")
        log("5 May 2026", unit.id, actor=rival.id)


def test_totals_are_contacts_in_engagements(run: Run) -> None:
    assert answered(run("counts", "--json"))["totals"] == {**NOTHING, "engagements": 3, "contacts": 4}


def test_possible_ones_stand_apart(run: Run) -> None:
    totals = answered(run("counts", "--since", "February 2026", "--until", "February 2026", "--json"))["totals"]

    assert totals == {"engagements": 1, "contacts": 1, "possible": {"engagements": 1, "contacts": 1}}


def test_actor_and_body_are_found_by_name_short_name_key_and_case(run: Run) -> None:
    for body in ("European Commission", "commission", "eu-commission"):
        told = answered(run("counts", "--actor", "rival", "--body", body, "--json"))
        assert told["totals"] == {**NOTHING, "engagements": 1, "contacts": 1}
        assert [(row["organisation"], row["key"]) for row in told["rows"]] == [("European Commission", "eu-commission")]


def test_body_that_was_never_met_has_a_row_with_nothing(run: Run) -> None:
    told = answered(run("counts", "--actor", "Silent", "--body", "Commission", "--json"))

    assert told["totals"] == NOTHING
    assert told["rows"][0]["engagements"] == 0


def test_cells_tell_their_period(run: Run) -> None:
    told = answered(
        run("counts", "--body", "Commission", "--since", "2026", "--until", "2026", "--by", "quarter", "--json")
    )

    cells = told["rows"][0]["cells"]
    assert [(cell["quarter"], cell["engagements"]) for cell in cells][:2] == [("Q1 2026", 2), ("Q2 2026", 1)]
    assert (cells[0]["from"], cells[0]["to"]) == ("2026-01-01", "2026-03-31")


def test_published_meetings_are_told_beside_with_their_source(run: Run, tmp_path: Path) -> None:
    before = answered(run("counts", "--json"))
    assert before["published"] == {"meetings": 0, "possible": 0, "sources": [], "organisations": []}
    path = tmp_path / "uk.csv"
    path.write_text(
        "Minister,Department,Date,Name of organisation,Purpose of meeting\n"
        "A,DG Example,February 2026,Us,x\nA,DG Example,3 May 2026,Rival,x\nB,Nobody Knows,Q1 2026,Us,x\n",
        encoding="utf-8",
    )
    answered(run("import", str(path), "--profile", "uk-ministerial-meetings", "--json"))
    told = answered(run("counts", "--since", "2026-02-01", "--until", "2026-12-31", "--json"))
    assert told["published"]["meetings"] == told["published"]["possible"] == 1
    assert told["published"]["sources"] == [
        {"source": "uk-ministerial-meetings", "publisher": "UK government", "meetings": 1, "possible": 1}
    ]
    assert [(one["organisation"], one["meetings"]) for one in told["published"]["organisations"]] == [
        ("DG Example", 1), ("European Commission", 1),
    ]  # fmt: skip
    assert {row["organisation"]: row["published"]["meetings"] for row in told["rows"]}["DG Example"] == 1
    assert answered(run("counts", "--json"))["totals"] == before["totals"]
    assert "published, not added to these: 2 in uk-ministerial-meetings (UK government)" in run("counts").stderr


def test_filter_is_told(run: Run) -> None:
    told = answered(run("counts", "--topic", "cyber-model ACCESS", "--kind", "letter", "--anybody", "--json"))

    assert told["totals"]["contacts"] == 2
    assert told["filter"]["kinds"] == ["letter"]
    assert told["filter"]["words"].startswith("contact made by anybody; only letter; about Cyber-model access")


def test_table_is_for_people_and_its_words_on_the_other_stream(run: Run) -> None:
    result = run("counts", "--by", "year")

    assert result.stdout.splitlines()[0].split() == ["organisation", "engagements", "contacts", "2026"]
    assert result.stdout.splitlines()[-1].split() == ["all", "together", "3", "4", "3"]
    assert "4 contacts in 3 engagements" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--body", "European Comission"), "--body: No body is called “European Comission”. Did you mean European"),
        (("--actor", "Rivall"), "Did you mean Rival?"),
        (("--topic", "cyber model"), "Did you mean Cyber-model access?"),
        (("--since", "sometime"), "--since: “sometime” cannot be read"),
        (("--until", "12 or 13 May 2026"), "is no day, month, quarter or year"),
        (("--since", "2026-05-02", "--until", "2026-05-01"), "lies before --since"),
        (("--actor", "Rival", "--anybody"), "goes without --actor"),
        (("--by", "fortnight"), "fortnight"),
        (("--kind", "chat"), "chat"),
    ],
)
def test_mistakes_are_named_with_what_is_nearest(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run("counts", *arguments)

    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_every_mistake_is_told_at_once(run: Run) -> None:
    result = run("counts", "--body", "Nobody", "--topic", "Nothing", "--since", "never")

    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == ["--body", "--topic", "--since"]
