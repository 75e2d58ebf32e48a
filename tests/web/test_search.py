from __future__ import annotations

import pytest

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member
from crm.services import engagements, organisations
from crm.services.engagements import Party


@pytest.fixture
def meeting(instance: Instance, owner: Member) -> int:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="Ministry of Quays", kind="other")
        organisations.identify(work, body.id, scheme="lei", value="529900T8BM49AURSDO55")
        for day in range(1, 8):
            made = engagements.log(
                work,
                kind="meeting",
                when=parse_when(f"{day} May 2026", today=work.today(), past=True),
                parties=[Party(body.id)],
                subject=f"Réponse <b>{day}</b>",
                notes="The réponse stood <i>here</i>",
            )
        return made.id


def test_page_shows_some_of_each_kind_with_words_marked_and_signs_escaped(browser, meeting: int) -> None:  # type: ignore[no-untyped-def]
    page = browser("reader").get("/search/?q=reponse")
    assert page.status_code == 200
    assert "<mark>Réponse</mark> &lt;b&gt;7&lt;/b&gt;" in page.text
    assert "The <mark>réponse</mark> stood &lt;i&gt;here&lt;/i&gt;" in page.text
    assert "All 7" in page.text
    assert page.text.count('href="/engagements/') >= 5


def test_page_of_one_kind_goes_on_without_repeating(browser, instance: Instance, meeting: int, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from crm.web import search

    monkeypatch.setattr(search, "PER_PAGE", 4)
    visitor = browser("reader")
    first = visitor.get("/search/?q=reponse&kind=engagement").text
    address = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = visitor.get(address).text
    shown = [[day for day in range(1, 8) if f"&lt;b&gt;{day}&lt;" in text] for text in (first, second)]
    assert shown == [[4, 5, 6, 7], [1, 2, 3]]
    assert 'rel="next"' not in second


@pytest.mark.parametrize(
    "address", ["http://localhost/engagements/{}", "/engagements/{}", "http://localhost/engagements/{}/edit?x=1"]
)
def test_pasted_address_of_a_record_leads_to_it(browser, meeting: int, address: str) -> None:  # type: ignore[no-untyped-def]
    answer = browser("reader").get("/search/", query_string={"q": address.format(meeting)})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/engagements/{meeting}")


@pytest.mark.parametrize(
    "address", ["http://elsewhere.example.org/engagements/1", "/nowhere", "//x", "http://[", "/engagements/new"]
)
def test_other_addresses_are_words(browser, meeting: int, address: str) -> None:  # type: ignore[no-untyped-def]
    assert browser("reader").get("/search/", query_string={"q": address}).status_code == 200


def test_suggestions_name_what_a_number_means_first(browser, meeting: int) -> None:  # type: ignore[no-untyped-def]
    items = browser("reader").get("/search/suggest?q=529900T8BM49AURSDO55").json["items"]
    assert items[0]["label"] == "Ministry of Quays"
    assert browser("reader").get("/search/suggest?q=quays").json["items"][0]["url"].startswith("/organisations/")
    assert browser("reader").get("/search/suggest?q=").json["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "after=x&q=a&kind=person",
        "after=99999999999999999999",
        "kind=nothing&q=%00",
        "q=%22%22&after=5",
        "q=quays&kind=organisation&after=9223372036854775807",
        "q=reponse&kind=engagement&after=9999999999999999999",
    ],
)
def test_nonsense_is_answered_by_a_page(browser, meeting: int, query: str) -> None:  # type: ignore[no-untyped-def]
    assert browser("reader").get(f"/search/?{query}").status_code == 200


def test_single_keys_are_switched_off_for_the_member_on_every_page(browser, meeting: int) -> None:  # type: ignore[no-untyped-def]
    visitor = browser("reader")
    assert 'data-shortcuts="off"' not in visitor.get("/search/").text
    assert visitor.post("/preferences/shortcuts", {"back": "/search/"}).headers["Location"] == "/search/"
    assert 'data-shortcuts="off"' in visitor.get("/search/").text
    assert visitor.post("/preferences/shortcuts", {"on": "1", "back": "//evil.example.org"}).headers["Location"] == "/"
    assert 'data-shortcuts="off"' not in visitor.get("/search/").text
