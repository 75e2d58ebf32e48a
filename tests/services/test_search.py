from __future__ import annotations

import io

import pytest
from sqlalchemy import text, update

from crm.dates import parse_when
from crm.errors import Forbidden
from crm.instance import Instance
from crm.models import Engagement, Member, SearchEntry
from crm.queries import search as reads
from crm.queries.matching import read
from crm.services import attachments, engagements, organisations, people, search, topics
from crm.services.attachments import Upload
from crm.services.engagements import Party
from crm.settings import Settings
from crm.work import Work


@pytest.fixture
def meeting(work: Work) -> Engagement:
    body = organisations.create(work, name="Ministry of Quays", kind="other", notes="by the harbour")
    jane = people.create(work, name="Jane Doe")
    topic = topics.create(work, name="Harbour Act")
    made = engagements.log(
        work,
        kind="meeting",
        when=parse_when("4 May 2026", today=work.today(), past=True),
        parties=[Party(body.id, jane.id)],
        topic_ids=[topic.id],
        subject="Quokka",
    )
    work.commit()
    return made


def number(work: Work, words: str, facet: str = "engagement") -> int:
    return reads.numbers(work, read(words))[facet]


def test_what_is_edited_is_found_by_its_new_words_only(work: Work, meeting: Engagement) -> None:
    engagements.amend(work, meeting.id, subject="Wombat")
    work.commit()
    assert (number(work, "quokka"), number(work, "wombat")) == (0, 1)


def test_what_moves_to_another_day_is_found_once(work: Work, meeting: Engagement) -> None:
    engagements.amend(work, meeting.id, when=parse_when("7 May 2026", today=work.today(), past=True))
    work.commit()
    assert number(work, "quokka") == 1


def test_what_is_in_the_bin_is_not_found_until_it_is_restored(work: Work, meeting: Engagement) -> None:
    engagements.bin(work, meeting.id)
    work.commit()
    assert number(work, "quokka") == 0
    engagements.restore(work, meeting.id)
    work.commit()
    assert number(work, "quokka") == 1


def test_new_name_finds_all_that_names_the_renamed(work: Work, meeting: Engagement) -> None:
    party = engagements.get(work, meeting.id).participations[-1]
    organisations.amend(work, party.organisation_id, name="Ministry of Piers")
    people.amend(work, party.person_id, name="Jane Roe")  # type: ignore[arg-type]
    work.commit()
    assert [number(work, words) for words in ("quays", "piers", "doe", "roe")] == [0, 1, 0, 1]
    organisations.add_name(work, party.organisation_id, name="Jetties", kind="alias")
    work.commit()
    assert number(work, "jetties quokka") == 1


def test_edit_that_changes_no_name_rewrites_no_other_entry(work: Work, meeting: Engagement) -> None:
    party = engagements.get(work, meeting.id).participations[-1]
    work.session.execute(update(SearchEntry).where(SearchEntry.kind == "engagement").values(words="left alone"))
    organisations.amend(work, party.organisation_id, notes="by the sea")
    work.commit()
    assert (number(work, "alone"), number(work, "sea", "organisation"), number(work, "harbour", "organisation")) == (
        1,
        1,
        0,
    )


def test_forgotten_work_leaves_the_index_as_it_was(work: Work, meeting: Engagement) -> None:
    engagements.amend(work, meeting.id, subject="Wombat")
    work.session.flush()
    work.rollback()
    assert (number(work, "quokka"), number(work, "wombat")) == (1, 0)


def test_rebuilding_mends_what_was_lost_or_left_behind(work: Work, meeting: Engagement) -> None:
    entries = search.number(work)
    work.session.execute(text("DELETE FROM crm_search WHERE kind = 'person'"))
    work.session.execute(text("UPDATE crm_search SET words = 'nonsense' WHERE kind = 'engagement'"))
    work.session.add(SearchEntry(id=reads.texts(work, "engagement", [meeting.id])[0].id + 4_000, kind="engagement",
                                 record_id=meeting.id + 2_000, words="ghost"))  # fmt: skip
    work.session.flush()
    numbers = search.rebuild(work)
    work.commit()
    assert (numbers["engagement"], numbers["person"]) == (1, 1)
    assert search.number(work) == entries
    assert (number(work, "quokka"), number(work, "nonsense"), number(work, "doe", "person")) == (1, 0, 1)


def test_only_administrators_rebuild(instance: Instance, owner: Member) -> None:
    with instance.reading(owner, door="web") as work, pytest.raises(Forbidden):
        search.rebuild(work)


def test_words_longer_than_any_word_are_cut_not_refused(work: Work, meeting: Engagement) -> None:
    engagements.amend(work, meeting.id, notes="x" * 5000 + " end")
    work.commit()
    assert (number(work, "x" * 5000), number(work, "end")) == (1, 1)


@pytest.mark.parametrize(
    "words",
    ['quokka"*', "'quokka' OR '1", "NEAR(quokka", "words:quokka", "quokka & !", "qu\\okka", "* quokka", "-quokka"],
)
def test_signs_of_either_database_are_only_signs(work: Work, meeting: Engagement, words: str) -> None:
    assert number(work, words) == (1 if read(words).beginnings == ("quokka",) else 0)


def test_files_are_found_by_their_names(work: Work, meeting: Engagement, settings: Settings) -> None:
    (kept,) = attachments.add(work, settings, meeting, [Upload("Minutes of the pier.txt", io.BytesIO(b"text"))])
    work.commit()
    assert number(work, "pier quokka") == 1
    attachments.bin(work, meeting.id, kept.id)
    work.commit()
    assert number(work, "pier") == 0
