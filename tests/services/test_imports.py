"""Import into the log: our own export comes back as it was, names are found once, and nothing is half done."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.clock import FixedClock
from crm.dates import OPEN, Precision, When, parse_when
from crm.errors import CrmError, Invalid
from crm.exports.columns import ExportFormat, Sheet
from crm.imports import profiles
from crm.instance import Instance
from crm.models import (
    Commitment,
    Engagement,
    FollowUp,
    ImportRow,
    ImportRun,
    Organisation,
    OrganisationClosure,
    OrganisationParent,
    Participation,
    Person,
    Post,
    Topic,
)
from crm.models.history import Twins
from crm.models.letters import CHANNELS, STEPS
from crm.queries import counts
from crm.queries import exports as sheets
from crm.queries import letters as letters_read
from crm.queries.engagements import Filter
from crm.queries.exports.head import EVERYTHING
from crm.queries.scope import Scope
from crm.services import engagements, exports, followups, imports, letters, organisations, people, topics
from crm.services.engagements import Party, Point
from crm.services.imports import Options, Refused, Report
from crm.settings import Settings
from crm.testing.databases import Template
from crm.testing.fixtures import MakeOrganisation
from crm.work import Work

LOG = profiles.shipped()["antechamber-log"]
ANY = profiles.shipped()["engagements"]
#: What an import cannot know, or makes anew.
OURS_ALONE = {"id", "url", "follows", "logged_by", "logged_at", "changed_by", "changed_at", "owner"}
NOT_TO_BE_RUN = ["=1+1", "+A1", "-x", "@SUM", "'=x", "＝a", "\t=x"]
words = st.one_of(
    st.sampled_from(["", "Access", "a; b", "back\\slash", "two\nlines", "„Größe“", "(x)", "x (y)", *NOT_TO_BE_RUN]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Cn")), max_size=12),
)
names = st.sampled_from(
    ["DG CNECT", "Ministry; of Works", "Health, Welfare and Sport", "=HYPERLINK", "Ünïon (EU)", "A\\B"]
)
titles = st.sampled_from(["", "Head of Unit", "Director (acting), Trade", "-1; deputy"])
guests = st.sampled_from(["Jane Doe", "Ōno Yōko", "+Plus", "O'Hara"])
kinds = st.sampled_from([("offer", "open"), ("request", "declined"), ("undertaking", "accepted"), ("delivery", "met")])
dues = st.sampled_from(["", "12 May 2026", "June 2026", "done"])
promised_by = st.sampled_from(["", "12 June 2027", "June 2027", "end of June 2027"])
days = st.dates(dt.date(2024, 1, 1), dt.date(2026, 5, 19))


@st.composite
def meetings(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["meeting", "call", "letter", "letter", "email", "event"]))
    writing = kind in ("letter", "email")
    first = draw(days)
    last = draw(st.sampled_from([first, first, first + dt.timedelta(days=9), OPEN]))
    timed = last == first and draw(st.booleans())
    stages = ["drafted", "sent", "sent", "received"] if writing else ["held", "planned", "declined"]
    status = draw(st.sampled_from(stages))
    return {
        "kind": kind,
        "status": status,
        "when": When(
            first,
            last,
            Precision.MINUTE if timed else Precision.DAY if first == last else Precision.BETWEEN,
            draw(st.sampled_from(["last Tuesday", "12–13 May", "=soon"])),
            end=first + dt.timedelta(days=1) if last == first and draw(st.booleans()) else None,
            time=dt.time(14, 30) if timed else None,
            end_time=dt.time(15) if timed and draw(st.booleans()) else None,
            zone="Europe/Brussels" if timed else None,
        ),
        "bodies": draw(st.lists(names, min_size=1, max_size=3, unique=True)),
        "guests": draw(st.lists(st.tuples(guests, titles), max_size=2, unique_by=lambda one: one[0])),
        "away": draw(st.sampled_from(["", "", "declined", "absent"])),
        "third": draw(st.booleans()),
        "copy": draw(st.booleans()),
        "topics": draw(st.lists(st.sampled_from(["AI Act", "Energy; grids", "@home"]), max_size=2, unique=True)),
        "points": draw(st.lists(words.filter(str.strip), max_size=2)),
        "texts": {name: draw(words) for name in ("subject", "summary", "place", "intended_result", "file_reference")}
        | {"link": draw(st.sampled_from(["", "https://example.org/a?b=c,d;e#f"]))},
        "initiated_by": draw(st.sampled_from(["", "us", "them"])),
        "visibility": draw(st.sampled_from(["team", "hidden", "members"])),
        "allies": draw(st.lists(st.sampled_from(["Coalition; NGOs", "Rival (EU)"]), max_size=2, unique=True)),
        "colleague": draw(st.sampled_from(["", "Our Own"])),
        "promises": draw(st.lists(st.tuples(kinds, words.filter(str.strip), st.booleans()), max_size=2)),
        "held_back": draw(st.booleans()),
        "promised": draw(st.lists(st.tuples(st.booleans(), promised_by), min_size=2, max_size=2)),
        "came": draw(st.lists(st.sampled_from([*STEPS]), max_size=4, unique=True)),
        "channel": draw(st.sampled_from(list(CHANNELS))),
        "answer_by": draw(st.sampled_from(["", "1 June 2027", "end of June 2027"])),
        "to_do": draw(st.lists(st.tuples(words.filter(str.strip), dues), max_size=2)),
    }


def stored(work: Work, meeting: dict[str, Any], bodies: dict[str, int]) -> None:
    """Logs a meeting with the verbs that pages use."""

    def body(name: str) -> int:
        if name not in bodies:
            bodies[name] = organisations.create(work, name=name).id
        return bodies[name]

    met = [body(name) for name in meeting["bodies"]]
    ours = (
        people.resolve(work, meeting["colleague"], bodies["Us"], meeting["when"].first, field="colleagues")
        if (meeting["colleague"])
        else None
    )
    parties = [Party(bodies["Us"], ours.id if ours else None, side="actor")]
    parties += [Party(body(name), side="actor") for name in meeting["allies"]]
    day = meeting["when"].first
    seated = []
    for name, title in meeting["guests"]:
        person = people.resolve(work, name, met[0], day, field="people")
        if title:
            posts = work.session.scalars(select(Post).where(Post.person_id == person.id)).all()
            post = next((one for one in posts if one.title == title), None)
            post = post or people.appoint(work, person.id, met[0], title=title)
            seated.append(Party(met[0], person.id, post_id=post.id))
        else:
            seated.append(Party(met[0], person.id))
    parties += seated or [Party(met[0])]
    parties += [Party(one) for one in met[1:]]
    if meeting["away"] and len(met) > 1:
        parties[-1] = parties[-1]._replace(acceptance=meeting["away"])
    if meeting["third"]:
        parties.append(Party(body("A third; party"), side="third"))
    if meeting["copy"]:
        parties.append(Party(body("Copied"), role="copy"))
    logged = engagements.log(
        work,
        kind=meeting["kind"],
        status=meeting["status"],
        when=meeting["when"],
        parties=parties,
        topic_ids=[_topic(work, name) for name in meeting["topics"]],
        points=[Point(text) for text in meeting["points"]],
        new_commitments=[
            {
                "kind": kind,
                "state": state,
                "wording": wording,
                "made_by_id": met[0] if theirs else bodies["Us"],
                "made_to_ids": [bodies["Us"] if theirs else met[0], *([body("Ally; of both")] if ally else [])],
                "due": _ahead(work, due) if kind != "delivery" else None,
            }
            for ((kind, state), wording, theirs), (ally, due) in zip(
                meeting["promises"], meeting["promised"], strict=False
            )
        ],
        new_follow_ups=[
            {"title": told, "due": parse_when(due, today=work.today(), past=False) if due not in ("", "done") else None}
            for told, due in meeting["to_do"]
        ],
        initiated_by=meeting["initiated_by"],
        visibility=meeting["visibility"],
        **meeting["texts"],
    )
    work.session.flush()
    for follow_up in work.session.scalars(select(FollowUp).where(FollowUp.engagement_id == logged.id)).all():
        if ("done" in dict(meeting["to_do"]).values()) and follow_up.due_last is None:
            followups.do(work, follow_up.id, on=dt.date(2026, 5, 2))
    copies = (
        [one.dispatch.id for one in letters.get(work, logged.id).participations if one.dispatch]
        if (meeting["kind"] == "letter" and meeting["status"] == "sent")
        else []
    )
    if len(copies) > 1 and meeting["held_back"]:
        letters.clear(work, logged.id, copies[1:], "sent")
    if copies:
        letters.arrange(
            work, logged.id, copies[:1], channel=meeting["channel"], answer_by=_ahead(work, meeting["answer_by"])
        )
        for step in meeting["came"] if meeting["when"].last < OPEN else ():
            letters.mark(work, logged.id, copies[:1], step, _step_day(meeting["when"], step))


def _ahead(work: Work, text: str) -> When | None:
    return parse_when(text, today=work.today(), past=False) if text else None


def _step_day(sent: When, step: str) -> When:
    """A day that goes with the sending: what was prepared before it, the rest after it, in doubt where it is."""
    if step in ("prepared", "sent"):
        return When(sent.first, sent.first, Precision.DAY, f"on {sent.first}")
    last = min(sent.last, dt.date(2026, 5, 20))
    return When(last, dt.date(2026, 5, 20), Precision.BETWEEN, "soon, they say: (well)")


def _topic(work: Work, name: str) -> int:
    found = work.session.scalar(select(Topic.id).where(Topic.name == name))
    return found or topics.create(work, name=name).id


def exported(work: Work) -> Sheet:
    return sheets.engagements(work, Filter(scope=Scope(statuses=EVERYTHING, anybody=True)))


def rows(sheet: Sheet) -> list[dict[str, Any]]:
    keys = [column.key for column in sheet.columns]
    found = [dict(zip(keys, row, strict=True)) for row in sheet.rows]
    return [{key: value or None for key, value in row.items() if key not in OURS_ALONE} for row in found]


def brought_in(work: Work, content: bytes, profile: Any = LOG, options: Options = Options()) -> Report:  # noqa: B008
    return imports.import_file(work, io.BytesIO(content), "log.csv", profile, options)


@contextmanager
def forgotten(instance: Instance) -> Iterator[Work]:
    """A unit of work that leaves nothing behind."""
    with instance.writing(door="cli", trusted=True) as work:
        yield work
        work.rollback()


@pytest.fixture
def empty(template: Template, settings: Settings, clock: FixedClock) -> Iterator[Instance]:
    """A second installation with nothing in it."""
    address = template.fresh()
    made = Instance(replace(settings, database_url=address), clock=clock)
    yield made
    made.engine.dispose()
    template.drop(address)


def in_format(instance: Instance, key: str) -> ExportFormat:
    return exports.format_named(instance.plugins, key)


@pytest.mark.parametrize("key", ["csv", "json", "xlsx"])
@examples(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(log=st.lists(meetings(), min_size=1, max_size=4))
def test_export_imported_into_an_empty_log_is_the_same_log(
    instance: Instance, empty: Instance, key: str, log: list[dict[str, Any]]
) -> None:
    with forgotten(instance) as work:
        bodies = {"Us": work.session.scalars(select(Organisation.id).where(Organisation.name == "Us")).one()}
        for meeting in log:
            stored(work, meeting, bodies)
        before = rows(exported(work))
        total = counts.total(work, Scope())
        chosen = in_format(instance, key)
        content = b"".join(chosen.write(exported(work)))
    with forgotten(empty) as work:
        report = brought_in(work, content)
        assert report.told()["imported"] == len(log)
        assert sorted(map(repr, rows(exported(work)))) == sorted(map(repr, before))
        if key != "xlsx":
            assert counts.total(work, Scope()) == total
        again = brought_in(work, content)
        assert again.told()["duplicates"] == len(log)


def test_copy_held_back_from_one_of_two_people_is_told_by_the_person(instance: Instance, empty: Instance) -> None:
    with forgotten(instance) as work:
        body = organisations.create(work, name="Union (EU)").id
        ours = work.session.scalars(select(Organisation.id).where(Organisation.name == "Us")).one()
        day = dt.date(2026, 3, 2)
        guests = [people.resolve(work, name, body, day, field="people").id for name in ("Jane Doe", "Max Muster")]
        letter = engagements.log(
            work, kind="letter", status="sent", when=When(day, day, Precision.DAY, "2 March 2026"),
            parties=[Party(ours, side="actor"), *(Party(body, one) for one in guests)],
        )  # fmt: skip
        copies = [one.dispatch.id for one in letters.get(work, letter.id).participations if one.dispatch]
        letters.clear(work, letter.id, copies[1:], "sent")
        work.session.flush()
        content = b"".join(in_format(instance, "csv").write(exported(work)))
        total = counts.total(work, Scope())
    with forgotten(empty) as work:
        brought_in(work, content)
        assert [row["not_sent"] for row in rows(exported(work))] == ["Max Muster (Union (EU))"]
        assert counts.total(work, Scope()) == total
        assert count(work, Organisation) == 2


def test_steps_of_copies_are_read_from_a_table_that_somebody_wrote(work: Work) -> None:
    table = (
        "Date;Kind;Status;Body;Steps of each copy\n"
        "4 May 2026;Letter;Sent;Ministry|Regulator;"
        "Ministry: delivered 6 May 2026, answer by June 2026, channel e-mail|"
        "Regulator: sent 5 May 2026, declined 12 or 13 May 2026\n"
    )
    report = brought_in(work, table.encode(), ANY)
    assert report.told()["imported"] == 1
    [letter] = work.session.scalars(select(Engagement.id)).all()
    found = {row.name: row for row in letters_read.matrix(work, letter)}
    told = {name: {step: one.when.text for step, one in row.steps.items()} for name, row in found.items()}
    assert told == {
        "Ministry": {"sent": "4 May 2026", "delivered": "6 May 2026"},
        "Regulator": {"sent": "5 May 2026", "declined": "12 or 13 May 2026"},
    }
    ministry = found["Ministry"]
    assert (ministry.channel, ministry.answer_by and ministry.answer_by.last) == ("email", dt.date(2026, 6, 30))
    assert counts.total(work, Scope(anybody=True)).contacts == 2


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Ministry", "does not say whose copy did what"),
        ("Ministry: eaten 4 May 2026", "does not say whose copy did what"),
        ("Elsewhere: delivered 6 May 2026", "“Elsewhere” is not among those written to"),
        ("Ministry: delivered 2 May 2026", "it cannot have been delivered before it was sent"),
        ("Ministry: delivered 21 May 2026 (2026-05-21)", "lies ahead"),
        ("Ministry: delivered someday", "someday"),
        ("Ministry: channel pigeon", "is no channel; it can be: post, e-mail"),
        ("Informed: delivered 6 May 2026", "has no copy"),
    ],
)
def test_steps_that_cannot_be_are_refused(work: Work, said: str, reason: str) -> None:
    table = f"Date;Kind;Status;Body;Cc;Steps of each copy\n4 May 2026;Letter;Sent;Ministry;Informed;{said}\n"
    with pytest.raises(Refused) as refused:
        brought_in(work, table.encode(), ANY)
    assert reason in str(refused.value.report.rejects)


def test_recipients_and_deadlines_of_commitments_go_with_them_in_their_order(work: Work) -> None:
    cells = "Offer of Ministry: access (open)|Offer of Ministry: data (met)"
    head = "Date;Body;Commitments;Commitments made to;Commitments due\n"
    rows = f"1 May 2026;Ministry;{cells};Us|Us;30 June 2026|no date\n2 May 2026;Ministry;{cells};Us;\n"
    brought_in(work, (head + rows).encode(), ANY)
    found = work.session.execute(select(Commitment.wording, Commitment.state, Commitment.due_last)).all()
    assert [tuple(one) for one in found] == [("access", "open", dt.date(2026, 6, 30)), ("data", "met", None)]
    [reasons] = [said for said in work.session.scalars(select(ImportRow.reasons)) if said]
    assert "There are 2, but 1 say to whom" in str(reasons)


def test_letter_begun_by_rivals_comes_back_as_theirs(instance: Instance, empty: Instance) -> None:
    with forgotten(instance) as work:
        rivals = [organisations.create(work, name=name).id for name in ("Rival; Sons", "Second rival")]
        body = organisations.create(work, name="Ministry").id
        day = dt.date(2026, 3, 2)
        engagements.log(
            work, kind="letter", status="sent", when=When(day, day, Precision.DAY, "2 March 2026"), initiated_by="us",
            parties=[*(Party(rival, side="actor") for rival in rivals), Party(body)],
        )  # fmt: skip
        work.session.flush()
        content = b"".join(in_format(instance, "csv").write(exported(work)))
    with forgotten(empty) as work:
        brought_in(work, content)
        [row] = rows(exported(work))
        assert row["initiated_by"] == row["actors"] == "Rival\\; Sons; Second rival"
        assert work.session.scalars(select(Engagement.initiated_by)).one() == "us"


TABLE = """Date,Organisation,Attendees,Type,Purpose,Topics
14/5/2026,DG CNECT,"Jane Doe, Head of Unit",Meeting,Access,AI
15/5/2026,dg cnect; DG GROW,"Jane Doe @ DG CNECT; Max Muster (Director, DG GROW)",Phone call,Follow-up,AI
"Q1 2026",DG CNECT,,E-mail,Letter,
"""


def count(work: Work, record: Any) -> int:
    return int(work.session.scalar(select(func.count()).select_from(record)) or 0)


def test_any_table_with_usual_headers_becomes_engagements(work: Work) -> None:
    report = brought_in(work, TABLE.encode(), ANY)
    assert report.told()["imported"] == 3
    assert report.made == {"engagements": 3, "organisations": 2, "people": 2, "topics": 1}
    found = work.session.execute(select(Engagement.kind, Engagement.status, Engagement.precision)).all()
    assert [tuple(row) for row in found] == [
        ("meeting", "held", "day"), ("call", "held", "day"), ("email", "sent", "quarter"),
    ]  # fmt: skip
    assert work.session.scalars(select(Post.title).order_by(Post.id)).all() == ["Head of Unit", "Director"]


def test_organisations_are_known_by_any_of_their_names(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("Communications Networks", short_name="CNECT", aliases=["DG CNECT", "INFSO"])
    brought_in(work, b"Date,Organisation\n1 May 2026,dg  cnect\n2 May 2026,CNECT\n3 May 2026,Infso\n", ANY)
    met = select(Participation.organisation_id).where(Participation.side == "counterpart").distinct()
    assert work.session.scalars(met).all() == [body.id]


def test_office_means_whoever_held_it_that_day_and_nobody_is_made_up(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    works = make_organisation("Ministry of Works")
    old, new = people.create(work, name="Ada Old"), people.create(work, name="Ben New")
    first = people.appoint(work, old.id, works.id, title="Minister for Works", last=dt.date(2025, 6, 30))
    second = people.appoint(work, new.id, works.id, title="Minister for Works", first=dt.date(2025, 7, 1))
    work.session.flush()
    table = (
        "Date,Body,Official\n"
        "1 March 2025,Ministry of Works,Minister for Works\n"
        "1 March 2026,Ministry of Works,the Minister for Works\n"
        "2 March 2026,Ministry of Works,The Rt Hon Ben New MP\n"
        "3 March 2026,Ministry of Works,Minister New\n"
        "4 March 2026,,Ben New\n"
        "5 March 2026,Ministry of Works,Minister for Roads\n"
        "6 March 2026,Ministry of Works,Cy Clerk\n"
        "7 March 2026,Ministry of Works; Elsewhere,Minister for Works\n"
    )
    report = brought_in(work, table.encode(), ANY)
    assert (report.told()["imported"], report.made["people"]) == (8, 1)
    assert report.new == {"people": ["Cy Clerk"], "organisations": ["Elsewhere"]}
    seats = work.session.execute(
        select(Participation.person_id, Participation.post_id)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .where(Participation.side == "counterpart")
        .order_by(Engagement.first_day)
    ).all()
    assert {tuple(one) for one in seats[7:]} == {(new.id, second.id), (None, None)}
    assert [tuple(one) for one in seats[:6]] == [
        (old.id, first.id), (new.id, second.id), (new.id, second.id), (new.id, second.id), (new.id, second.id),
        (None, None),
    ]  # fmt: skip
    said = work.session.scalars(select(ImportRow.reasons).where(ImportRow.number == 7)).one()
    assert said == ["people: who held the post “Minister for Roads” that day is not known, so the body alone is named."]


def test_what_is_missing_is_refused_where_nothing_may_be_added(work: Work) -> None:
    with pytest.raises(Refused) as caught:
        brought_in(work, b"Date,Organisation\n1 May 2026,Nobody Knows\n", ANY, Options(create_missing=False))
    assert "No body is called “Nobody Knows”" in caught.value.report.rejects[0]["reasons"][0]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("soon,X,,,", "cannot be read as a date"),
        (",X,,,", "says no date"),
        ("12 May,X,,,", "says no year"),
        ("1 May 2026,,,,", "names no body"),
        ("1 May 2026,X,,Dance,", "is not one of: Meeting"),
        ("1 June 2026,X,,,held", "lies ahead"),
        ("1 May 2026,X; Y,Jane Doe,,", "Say for which organisation Jane Doe came"),
        ("1 May 2026,X,Jane @ Z,,", "Z is not among"),
        ("1 May 2026,X,,Letter,planned now", "is not one of: Planned"),
        ("1 May 2026,X,,,,more", "cells for 5 columns"),
    ],
)
def test_bad_row_is_told_with_its_number_and_reason(work: Work, row: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        brought_in(work, f"Date,Organisation,Attendees,Type,Status\n1 May 2026,X,,,\n{row}\n".encode(), ANY)
    (reject,) = caught.value.report.rejects
    assert reject["row"] == 3
    assert said in reject["reasons"][0]


def test_rejected_row_adds_no_organisation_and_no_person(work: Work) -> None:
    table = b"Date,Organisation,Attendees\n1 May 2026,Good,\nsoon,Bad,Jane Doe\n"
    report = brought_in(work, table, ANY, Options(skip_rejected=True))
    assert report.made == {"engagements": 1, "organisations": 1}


@pytest.mark.parametrize(
    "row",
    ["1 May 2026,Bad; Worse,Jane Doe", "1 May 2026,Bad,Jane @ Elsewhere"],
)
def test_row_that_turns_out_unreadable_late_adds_nobody_either(work: Work, row: str) -> None:
    table = f"Date,Organisation,Attendees\n1 May 2026,Good,\n{row}\n2 May 2026,Bad,\n"
    report = brought_in(work, table.encode(), ANY, Options(skip_rejected=True))
    assert report.made == {"engagements": 2, "organisations": 2}
    assert sorted(report.new["organisations"]) == ["Bad", "Good"]
    names = set(work.session.scalars(select(Organisation.name)))
    assert {"Good", "Bad"} <= names
    assert not {"Worse", "Elsewhere"} & names
    assert work.session.scalar(select(func.count()).select_from(Person)) == 0


def test_address_and_day_that_cannot_be_read_go_into_the_notes_of_a_body(work: Work) -> None:
    profile = profiles.shipped()["organisations"]
    table = b"Name,Website,Founded,Notes\nA,http://www. a.org,1995,Known\nB,b.org,1 May 1995,\n"
    report = brought_in(work, table, profile)
    assert report.told()["imported"] == 2
    a, b = work.session.scalars(select(Organisation).where(Organisation.name.in_(["A", "B"])).order_by("name"))
    assert (a.website, a.founded, a.notes) == ("", None, "Known\nWebsite: http://www. a.org\nFounded: 1995")
    assert b.founded == dt.date(1995, 5, 1)
    assert not b.notes


def test_people_are_known_by_either_order_of_their_names_and_bad_addresses_are_kept(work: Work) -> None:
    table = b'Name,E-mail,Job title\n"Doe, Jane",jane(at)x,Director\n"Roe, MEP",,\n'
    report = brought_in(work, table, profiles.shipped()["people"])
    assert report.made == {"people": 2}
    found = {one.name: (one.email, one.notes) for one in work.session.scalars(select(Person))}
    assert found == {"Jane Doe": ("", "Email: jane(at)x"), "Roe, MEP": ("", "")}


def test_follow_up_said_to_be_done_is_done_and_one_said_to_be_open_is_not(work: Work) -> None:
    table = b"Task,Status,Done\nCall,Completed,\nWrite,in progress,\nSend,,yes\nAsk,done,1 May 2026\n"
    brought_in(work, table, profiles.shipped()["follow-ups"])
    found = {one.title: one.done_on for one in work.session.scalars(select(FollowUp))}
    today = work.today()
    assert found == {"Call": today, "Write": None, "Send": today, "Ask": dt.date(2026, 5, 1)}


def test_row_known_by_its_number_is_an_update_of_what_it_made(instance: Instance) -> None:
    profile = profiles.parse("kind = 'engagements'\n[identity]\nfields = ['source_id']", "crm-of-old")
    head = "Id,Date,Organisation,Subject\n"
    with instance.writing(door="cli", trusted=True) as work:
        brought_in(work, f"{head}7,1 May 2026,X,Talk\n8,2 May 2026,X,Talk\n".encode(), profile)
    with instance.writing(door="cli", trusted=True) as work:
        told = brought_in(work, f"{head}7,1 May 2026,X,A better talk\n8,2 May 2026,X,Talk\n".encode(), profile).told()
    assert (told["updated"], told["duplicates"], told["imported"]) == (1, 1, 0)
    with instance.reading(door="cli", trusted=True) as work:
        subjects = work.session.scalars(select(Engagement.subject).order_by(Engagement.id))
        assert subjects.all() == ["A better talk", "Talk"]


def test_equal_rows_of_one_file_are_two_engagements_and_none_the_next_time(work: Work) -> None:
    table = b"Date,Organisation\n1 May 2026,X\n1 May 2026,X\n"
    assert brought_in(work, table, ANY).told()["imported"] == 2
    assert brought_in(work, table, ANY).told()["duplicates"] == 2


def test_every_row_written_in_bulk_has_its_twin(instance: Instance) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        brought_in(work, TABLE.encode(), ANY)
    with instance.reading(door="cli", trusted=True) as work:
        for record in (Engagement, Participation, Person, Post, Organisation):
            twin = Twins.of(record)
            keys = select(twin.c.id).where(twin.c.until_id.is_(None))
            assert set(work.session.scalars(keys)) == set(work.session.scalars(select(record.id)))  # type: ignore[attr-defined]


def test_fault_in_the_middle_leaves_nothing(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.services.imports import bulk

    plain, calls = bulk.write, []

    def failing(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) > 4:
            raise OSError("the power went")
        plain(*arguments)

    monkeypatch.setattr(bulk, "write", failing)
    with pytest.raises(OSError, match="power"), instance.writing(door="cli", trusted=True) as work:
        brought_in(work, b"Date,Organisation,Attendees\n" + b"1 May 2026,New,Jane Doe\n" * 2500, ANY)
    with instance.reading(door="cli", trusted=True) as work:
        for record in (Engagement, Person, ImportRun, ImportRow, Twins.of(Engagement)):
            assert count(work, record) == 0


def test_file_without_what_is_needed_is_refused(work: Work) -> None:
    with pytest.raises(Invalid, match="Say which column means"):
        brought_in(work, b"Colour,Size\nred,5\n", ANY)
    with pytest.raises(Invalid, match="no row below"):
        brought_in(work, b"Date,Organisation\n", ANY)


def test_reader_may_not_import(instance: Instance, reader: Any) -> None:
    with pytest.raises(CrmError), instance.writing(reader, door="web") as work:
        brought_in(work, TABLE.encode(), ANY)


def test_organisations_are_added_filled_in_or_known(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("Ministry of Works", short_name="MoW")
    table = (
        "Name,Acronym,Country,Website,Part of,Other names\n"
        "mow,,Belgium,works.example.org,,Works\n"
        "Roads Agency,RA,BE,,Ministry of Works,\n"
        "Ministry of Works,MoW,BE,https://works.example.org,,Works\n"
    )
    report = brought_in(work, table.encode(), profiles.shipped()["organisations"])
    told = report.told()
    assert (told["imported"], told["updated"], told["duplicates"]) == (1, 1, 1)
    stored = organisations.get(work, body.id)
    assert (stored.country, stored.website, [one.name for one in stored.names]) == (
        "BE", "https://works.example.org", ["Works"],
    )  # fmt: skip
    assert brought_in(work, table.encode(), profiles.shipped()["organisations"]).told()["duplicates"] == 3


def test_bodies_stand_below_those_that_the_file_names_by_number_wherever_they_stand(work: Work) -> None:
    table = "id,name,parent_id,kind\nb,Unit,a,other\nc,Third,c; nowhere,other\na,Agency,b,other\nd,Desk,a; b,Sub-body\n"
    report = brought_in(work, table.encode(), profiles.shipped()["organisations"])
    assert (report.told()["imported"], report.told()["records"]) == (4, {"organisations": 4})
    above = {
        (child, parent)
        for child, parent in work.session.execute(
            select(OrganisationParent.organisation_id, OrganisationParent.parent_id)
        )
    }
    ids = dict(work.session.execute(select(Organisation.name, Organisation.id)).all())
    assert above == {(ids["Unit"], ids["Agency"]), (ids["Desk"], ids["Agency"]), (ids["Desk"], ids["Unit"])}
    assert [note["row"] for note in report.notes] == [3, 3, 4]
    closure = select(OrganisationClosure.descendant_id).where(OrganisationClosure.ancestor_id == ids["Agency"])
    assert set(work.session.scalars(closure)) == {ids["Agency"], ids["Unit"], ids["Desk"]}
    assert work.session.get_one(Organisation, ids["Desk"]).kind == "other"


def test_people_are_added_with_their_posts_and_known_again(work: Work) -> None:
    table = (
        "First name,Surname,Company,Job title,E-mail\n"
        "Jane,Doe,DG CNECT,Head of Unit,jane@example.org\n"
        "Jane,Doe,DG CNECT,Head of Unit,jane@example.org\n"
        "Jane,Doe,DG GROW,Director,other@example.org\n"
        "Max,Muster,,,not an address\n"
        ",,Elsewhere,Clerk,\n"
    )
    report = brought_in(work, table.encode(), profiles.shipped()["people"], Options(skip_rejected=True))
    told = report.told()
    assert (told["imported"], told["duplicates"], told["rejected"]) == (3, 1, 1)
    assert told["records"] == {"organisations": 2, "people": 3}
    assert count(work, Person) == 3


def test_posts_come_with_the_doubt_of_their_days(work: Work) -> None:
    table = "Name,Company,Job title,Since,Until\nJane Doe,DG CNECT,Adviser,December 2025,about March 2026\n"
    brought_in(work, table.encode(), profiles.shipped()["people"])
    post = work.session.scalars(select(Post)).one()
    assert (post.first, post.first_until, post.first_text) == (
        dt.date(2025, 12, 1),
        dt.date(2025, 12, 31),
        "December 2025",
    )
    assert post.ended is not None
    assert post.ended.doubt() == "about March 2026"


def test_follow_ups_go_to_those_they_name(work: Work, owner: Any) -> None:
    table = (
        "Task,Due date,Assigned to,Organisation,Done on\nCall back,3 June 2026,Owner,DG CNECT,\nWrite,,,,1 May 2026\n"
    )
    told = brought_in(work, table.encode(), profiles.shipped()["follow-ups"]).told()
    assert told["records"] == {"organisations": 1, "follow_ups": 2}
    found = work.session.execute(select(FollowUp.title, FollowUp.due_last, FollowUp.owner_id, FollowUp.done_on))
    assert [tuple(row) for row in found] == [
        ("Call back", dt.date(2026, 6, 3), owner.id, None),
        ("Write", None, work.member_id, dt.date(2026, 5, 1)),
    ]


@pytest.mark.parametrize("name", ["Union (EU)", "Union", "A (B) (C)"])
def test_body_in_brackets_that_declined_and_had_no_copy_comes_back_as_a_body(
    instance: Instance, empty: Instance, name: str
) -> None:
    with forgotten(instance) as work:
        bodies = [organisations.create(work, name=one).id for one in ("Ministry", name)]
        ours = work.session.scalars(select(Organisation.id).where(Organisation.name == "Us")).one()
        day = dt.date(2026, 3, 2)
        letter = engagements.log(
            work, kind="letter", status="sent", when=When(day, day, Precision.DAY, "2 March 2026"),
            parties=[Party(ours, side="actor"), Party(bodies[0]), Party(bodies[1], acceptance="declined")],
        )  # fmt: skip
        copies = [one.dispatch.id for one in letters.get(work, letter.id).participations if one.dispatch]
        letters.clear(work, letter.id, copies[1:], "sent")
        work.session.flush()
        before, total = rows(exported(work)), counts.total(work, Scope())
        content = b"".join(in_format(instance, "csv").write(exported(work)))
    with forgotten(empty) as work:
        brought_in(work, content)
        assert rows(exported(work)) == before
        assert counts.total(work, Scope()) == total
        assert count(work, Person) == 0


def test_import_tells_how_much_of_it_may_be_in_the_log_already(work: Work) -> None:
    head = b"Date,Organisation,Kind\n"
    brought_in(work, head + b"2026-03-02,DG CNECT,Meeting\n2026-03-03,DG CNECT,Meeting\n", ANY)
    again = brought_in(
        work,
        head
        + b"2026-03-02,DG CNECT,Call\n2026-03-04,DG CNECT,Meeting\n2026-03-03,Council,Meeting\n"
        + b"2026-03-02,DG CNECT; Council,Meeting\n2026-03-05,Council,Meeting\n2026-03-05,Council,Meeting\n",
        ANY,
    )
    assert again.told()["imported"] == 6
    assert again.told()["alike"] == 1


def test_own_export_brought_into_its_own_log_is_told_to_be_there(work: Work, instance: Instance) -> None:
    brought_in(work, b"Date,Organisation,Kind\n2026-03-02,DG CNECT,Meeting\n2026-03-03,DG CNECT,Call\n", ANY)
    content = b"".join(in_format(instance, "csv").write(exported(work)))
    report = brought_in(work, content)
    assert report.told()["alike"] == report.told()["imported"] == 2
