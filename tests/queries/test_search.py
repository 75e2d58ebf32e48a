from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.queries import engagements as engagement_reads
from crm.queries import search as reads
from crm.queries.engagements import Filter
from crm.queries.matching import read, typed
from crm.services import commitments, engagements, followups, organisations, people, topics
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement
from crm.work import Work


@pytest.fixture
def body(work: Work) -> Organisation:
    return organisations.create(
        work, name="Directorate-General for Examples", short_name="DG EX", kind="other", aliases=["Direction générale"]
    )


def found(work: Work, facet: str, text: str) -> list[str]:
    return [hit.label for hit in reads.hits(work, facet, typed(work, text)).hits]


def when(work: Work, text: str):  # type: ignore[no-untyped-def]
    return parse_when(text, today=work.today(), past=True)


@pytest.mark.parametrize(
    ("text", "beginnings", "whole"),
    [
        ("Réponse  AU", ("reponse", "au"), ()),
        ('"digital market" act', ("act",), ("digital", "market")),
        ("2021/0106(COD)", ("2021", "0106", "cod"), ()),
        ("a b", (), ("a", "b")),
        ("U.K. visit", ("uk", "visit"), ()),
        ("%_'; --", (), ()),
        ("…", (), ()),
        ('"', (), ()),
    ],
)
def test_words_begin_words_unless_they_are_quoted(text: str, beginnings: tuple, whole: tuple) -> None:  # type: ignore[type-arg]
    typed = read(text)
    assert (typed.beginnings, typed.whole) == (beginnings, whole)


def test_beginning_finds_its_words_however_many_there_are(work: Work, body: Organisation) -> None:
    ends = [f"{one}{two}" for one in "abcdef" for two in "ghijklm"]
    for number, said in enumerate((" ".join(f"quill{end}" for end in ends), "quillon", "Québec quill")):
        day = when(work, f"{number + 1} May")
        engagements.log(work, kind="meeting", when=day, parties=[Party(body.id)], subject=str(number), summary=said)
    work.commit()
    for text, hits in {
        "quill": ["2", "1", "0"],
        "quillo": ["1"],
        "quillon": ["1"],
        "quillag": ["0"],
        "quebec quill": ["2"],
        "québ": ["2"],
        "quillonx": [],
        "quillz quill": [],
    }.items():
        assert found(work, "engagement", text) == hits, text


def test_every_kind_of_record_is_found_by_its_words(work: Work, body: Organisation) -> None:
    jane = people.create(work, name="Jané Doe")
    people.appoint(work, jane.id, body.id, title="Head of Quillwork")
    topic = topics.create(work, name="Quill Act", procedure_reference="2021/0106(COD)")
    parties = [Party(body.id, jane.id)]
    engagements.log(work, kind="meeting", when=when(work, "4 May"), parties=parties, subject="Quills I")
    engagements.log(
        work, kind="letter", status="received", when=when(work, "5 May"), parties=parties, subject="Quills by letter"
    )
    us = work.session.scalars(select(Organisation).where(Organisation.is_ours)).one()
    commitments.make(work, kind="offer", wording="To share the quill", made_by_id=us.id, made_to_ids=[body.id])
    followups.add(work, title="Sharpen quills", due=when(work, "30 May"))
    topics.add_milestone(work, kind="vote", title="Vote on quills", when=when(work, "3 May"), topic_id=topic.id)
    work.commit()
    assert {facet: number for facet, number in reads.numbers(work, read("quill")).items() if number} == {
        "person": 1,
        "engagement": 1,
        "letter": 1,
        "commitment": 1,
        "follow_up": 1,
        "topic": 1,
        "milestone": 1,
    }
    for limit in (1, 20):
        together = reads.first_hits(work, list(reads.FACETS), read("quill"), limit=limit)
        assert together == {facet: reads.hits(work, facet, read("quill"), limit=limit) for facet in reads.FACETS}
    assert found(work, "person", "jane quill") == ["Jané Doe"]
    assert found(work, "organisation", "GENERALE ex") == [body.name]
    assert found(work, "letter", "jane letter") == ["Quills by letter"]
    assert found(work, "engagement", '"quill"') == []
    assert found(work, "milestone", "2021/0106 quill") == ["Vote on quills"]


def test_newest_hits_come_first_and_every_page_goes_on_where_the_one_before_ended(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    for day in (3, 1, 4, 2, 5):
        make_engagement(f"{day} May 2026", body, subject=f"Common {day}")
    work.commit()
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = reads.hits(work, "engagement", read("common"), after=after, limit=2)
        seen += [hit.label for hit in page.hits]
        after = page.next
    assert (seen, after) == ([f"Common {day}" for day in (5, 4, 3, 2, 1)], None)


def test_list_with_words_is_paged_both_ways_in_the_order_of_its_days(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    made = [make_engagement(text, body, subject="Common").id for text in ("3 May 10:00", "3 May", "2 May", "9 May")]
    work.commit()
    wanted = Filter(text="common")
    first = engagement_reads.listed(work, wanted, limit=2)
    second = engagement_reads.listed(work, wanted, limit=2, after=first.next)
    back = engagement_reads.listed(work, wanted, limit=2, before=second.previous)
    assert [row.id for row in first.rows] == [made[3], made[1]]
    assert [row.id for row in second.rows] == [made[0], made[2]]
    assert [row.id for row in back.rows] == [made[3], made[1]]
    contacts = engagement_reads.listed(work, Filter(text="common", per="contact"), limit=2)
    more = engagement_reads.listed(work, Filter(text="common", per="contact"), limit=2, after=contacts.next)
    assert [row.id for row in (*contacts.rows, *more.rows)] == [made[3], made[1], made[0], made[2]]


def test_hidden_content_is_neither_found_nor_counted_by_its_words(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        ministry = organisations.create(work, name="Ministry of Quays", kind="other")
        jane = people.create(work, name="Jane Doe")
        for visibility in ("hidden", "members"):
            made = engagements.log(
                work,
                kind="meeting",
                when=when(work, "4 May 2026"),
                parties=[Party(ministry.id, jane.id)],
                subject="Quokka",
                visibility=visibility,
            )
            followups.add(work, title="Quokka again", engagement_id=made.id)
    for member, words, number in (
        (owner, "quokka", 2),
        (owner, "quays quokka", 2),
        (owner, "quays", 2),
        (colleague, "quokka", 0),
        (colleague, "jane", 0),
        (colleague, "quays quokka", 0),
        (colleague, "quays", 1),
    ):
        with instance.reading(member, door="web") as work:
            typed = read(words)
            assert reads.numbers(work, typed)["engagement"] == number
            assert len(reads.hits(work, "engagement", typed).hits) == number
            follow_ups = number if "quokka" in words and "quays" not in words else 0
            assert reads.numbers(work, typed)["follow_up"] == follow_ups
            assert len(reads.hits(work, "follow_up", typed).hits) == follow_ups
    with instance.reading(colleague, door="web") as work:
        (hit,) = reads.hits(work, "engagement", read("quays")).hits
        assert (hit.label, hit.is_readable, "".join(hit.texts)) == ("Meeting: Ministry of Quays", False, "")


def test_record_is_meant_by_its_number_or_by_its_entry_in_a_register(
    work: Work, make_engagement: MakeEngagement, body: Organisation
) -> None:
    organisations.identify(work, body.id, scheme="lei", value="529900T8BM49AURSDO55")
    organisations.identify(work, body.id, scheme="eu-transparency-register", value="123456789012-34")
    topics.create(work, name="The Act", procedure_reference="2021/0106(COD)")
    made = make_engagement("4 May", body, subject="The meeting")
    work.commit()
    assert [(one.hit.label, one.why) for one in reads.direct(work, "529900t8bm49aursdo55")] == [(body.name, "LEI")]
    assert [one.why for one in reads.direct(work, "123456789012-34")] == ["EU Transparency Register"]
    assert [one.hit.label for one in reads.direct(work, "2021/0106 (COD)")] == ["The Act"]
    assert [one.hit.label for one in reads.direct(work, f"meeting {made.id}")] == ["The meeting"]
    assert "The meeting" in [one.hit.label for one in reads.direct(work, f"#{made.id}")]
    assert reads.direct(work, "2026") == []
    assert reads.direct(work, "#999999999") == []


def test_number_of_what_is_kept_from_a_member_leads_nowhere(
    instance: Instance, owner: Member, colleague: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        ministry = organisations.create(work, name="Ministry", kind="other")
        made = engagements.log(
            work, kind="meeting", when=when(work, "4 May"), parties=[Party(ministry.id)], visibility="members"
        )
    with instance.reading(colleague, door="web") as work:
        assert reads.direct(work, f"engagement {made.id}") == []
    with instance.reading(owner, door="web") as work:
        assert len(reads.direct(work, f"engagement {made.id}")) == 1


def test_marked_words_are_those_of_the_text_as_it_was_written() -> None:
    assert reads.marked("Réponses: <b>U.K.</b> & more", read("reponse uk")) == [
        ("Réponses", True),
        (": <b>", False),
        ("U.K.", True),
        ("</b> & more", False),
    ]
    said = reads.excerpt("word " * 60 + "needle in " + "hay " * 60, read("need"))
    assert [piece for piece, is_word in said if is_word] == ["needle"]
    assert (said[0][0], said[-1][0]) == ("… ", " …")
    assert len("".join(piece for piece, _ in said)) < 260
    assert reads.excerpt("nothing of it", read("need")) == []


def test_name_whose_words_begin_so_in_order_comes_before_one_that_has_them_somewhere(work: Work) -> None:
    for name in ("Board of Communication Regulators in Europolis", "Europolis Commission", "Committee for Europolis"):
        organisations.create(work, name=name, kind="other")
    work.commit()
    assert found(work, "organisation", "europol comm")[0] == "Europolis Commission"
