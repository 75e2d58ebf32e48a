"""Organisations in the browser: the list, the page with its numbers, the forms, the structure."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import event, select

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member, Organisation, OrganisationIdentifier, OrganisationName, OrganisationParent, Succession
from crm.services import commitments, engagements, followups, lists, organisations, people, topics
from crm.services.engagements import Party
from crm.testing.browsing import Browser
from crm.testing.fixtures import persona
from crm.work import Work

Visit = Callable[..., Browser]


def found(instance: Instance, name: str) -> Organisation:
    """The stored organisation of that name."""
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalars(select(Organisation).where(Organisation.name == name)).one()


def parts(instance: Instance, record_class: type, organisation_id: int) -> list[object]:
    """The stored parts of an organisation, the earliest first."""
    column = getattr(record_class, "predecessor_id", None) or record_class.organisation_id  # type: ignore[attr-defined]
    with instance.reading(door="cli", trusted=True) as work:
        records = work.session.scalars(select(record_class).where(column == organisation_id).order_by(record_class.id))  # type: ignore[attr-defined]
        return list(records)


def enter(instance: Instance, make: Callable[[Work], object], name: str = "owner") -> object:
    """Runs ``make`` in a unit of work of a persona."""
    with instance.writing(persona(instance, name), door="web") as work:
        return make(work)


def met(work: Work, body: Organisation, when: str, **values: object) -> None:
    engagements.log(
        work,
        **{"kind": "meeting", "status": "held", **values},  # type: ignore[arg-type]
        when=parse_when(when, today=work.today(), past=True, zone=work.zone),
        parties=[Party(body.id)],
    )


def words(text: str) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def rows(text: str) -> int:
    """How many rows the table of a list has."""
    body = text.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in text else ""
    return body.count("<tr")


# --- the list


def test_search_at_the_top_finds_a_body_by_its_former_name_though_it_is_closed(
    browser: Visit, instance: Instance
) -> None:
    def make(work: Work) -> None:
        body = organisations.create(work, name="Département X", kind="uk_department", closed=dt.date(2020, 1, 1))
        organisations.add_name(work, body.id, "Bureau of Éclairs", "former")

    enter(instance, make)
    visitor = browser("reader")
    page = visitor.get("/organisations/?q=eclairs").text
    assert "Département X" in page
    assert "found as Bureau of Éclairs" in words(page)
    assert "closed 1 Jan 2020" in words(page)
    assert "Département X" not in visitor.get("/organisations/").text


def test_nothing_found_offers_to_add_it_to_those_who_may(browser: Visit) -> None:
    address = "/organisations/?q=Wombats%20%26%20Sons"
    assert "/organisations/new?name=Wombats+%26+Sons" in browser("owner").get(address).text.replace("%20", "+")
    assert "/organisations/new" not in browser("reader").get(address).text


@pytest.mark.parametrize(
    "query",
    ["kind=wizards", "country=ZZ", "side=them", "closed=maybe", "goal=x", "after=999999", "before=x", "owner=abc"],
)
def test_filter_that_means_nothing_filters_nothing(browser: Visit, query: str) -> None:
    assert browser("reader").get(f"/organisations/?{query}").status_code == 200


def test_list_pages_keep_the_filter(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: [organisations.create(work, name=f"Court {n:02}", kind="court") for n in range(60)])
    visitor = browser("reader")
    first = visitor.get("/organisations/?kind=court").text
    assert rows(first) == 50
    following = html.unescape(re.findall(r'href="([^"]*)" rel="next"', first)[0])
    second = visitor.get(following).text
    assert rows(second) == 10
    back = html.unescape(re.findall(r'href="([^"]*)" rel="prev"', second)[0])
    assert words(visitor.get(back).text) == words(first)


# --- the page


def test_page_of_a_body_shows_everything_the_log_knows_of_it(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> int:
        top = organisations.create(work, name="European Commission", kind="eu_institution", country="EU")
        body = organisations.create(
            work,
            name="Directorate-General X",
            short_name="DG X",
            kind="commission_dg",
            aliases=["Alias of X"],
            website="https://example.org/x",
            goal_days=90,
            owner_id=work.member_id,
        )
        old = organisations.create(work, name="DG Old")
        organisations.place(work, body.id, top.id, first=dt.date(2012, 7, 1))
        organisations.succeed(work, old.id, [body.id], on=dt.date(2012, 7, 1))
        organisations.identify(work, body.id, "wikidata", "Q8880")
        unit = organisations.create(work, name="Unit of X", parent_id=body.id)
        met(work, body, "28 January 2026", subject="Met in January")
        met(work, unit, "about May 2025")
        us = work.session.scalars(select(Organisation).where(Organisation.name == "Us")).one()
        commitments.make(
            work,
            kind="undertaking",
            wording="To send the minutes",
            made_by_id=body.id,
            made_to_ids=[us.id],
            when=parse_when("1 May 2026", today=work.today(), past=True),
            due=parse_when("10 May 2026", today=work.today(), past=False),
        )
        followups.add(work, title="Ring them", organisation_id=body.id)
        day = parse_when("1 July 2026", today=work.today(), past=False)
        topics.add_milestone(work, kind="vote", title="They vote", when=day, organisation_id=body.id)
        person = people.create(work, name="Ada Example")
        people.appoint(work, person.id, body.id, title="Director")
        lists.create(work, name="All of X", organisation_ids=[body.id])
        return body.id

    number = enter(instance, make)
    text = words(browser("reader").get(f"/organisations/{number}").text)
    for said in (
        "European Commission",
        "Directorate-general",
        "Alias of X",
        "example.org/x",
        "Wikidata Q8880",
        "Followed DG Old renamed 1 Jul 2012",
        "Relationship Owner",
        "All of X",
        "2 contacts in 2 engagements",
        "every 90 days",
        "last contact 112 days ago, 22 days over",
        "Met in January",
        "To send the minutes",
        "1 late",
        "Ring them",
        "They vote",
        "Ada Example",
        "Unit of X",
        "since 1 Jul 2012",
    ):
        assert said in text, said


def test_every_number_of_the_figures_leads_to_as_many_rows(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> int:
        body, unit = organisations.create(work, name="DG X"), organisations.create(work, name="Unit")
        organisations.place(work, unit.id, body.id, last=dt.date(2026, 3, 31))
        for when in ("3 February 2026", "Q1 2026", "about April 2026", "2 May 2026", "30 or 31 March 2026", "2025"):
            met(work, body, when)
            met(work, unit, when, kind="call")
        return body.id

    number = enter(instance, make)
    visitor = browser("reader")
    for look in (
        "",
        "?span=months",
        "?span=years",
        "?direct=1",
        "?tree=today",
        "?whose=anybody",
        "?span=months&direct=1",
    ):
        page = visitor.get(f"/organisations/{number}{look}").text
        figures = page.split('id="figures"')[1].split("</section>")[0]
        links = re.findall(r'<a[^>]*href="([^"]*/engagements/\?[^"]*)"[^>]*>(.*?)</a>', figures, re.DOTALL)
        checked = 0
        for address, inside in links:
            says = re.findall(r"\d+", words(inside.replace("</title>", " ").split("<title>")[-1]))
            label = (
                re.search(r"(\d+)( \+(\d+) possible)?$", inside.split("<title>")[1].split("</title>")[0])
                if "<title>" in inside
                else None
            )
            expected = int(label[1]) or int(label[3] or 0) if label else int(says[0])
            answer = visitor.get(html.unescape(address)).text
            assert rows(answer) == expected, (look, address, inside)
            checked += 1
        assert checked > 4, look


def test_place_in_the_tree_is_shown_as_on_a_chosen_day(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> int:
        beis, dsit = organisations.create(work, name="BEIS"), organisations.create(work, name="DSIT")
        office = organisations.create(work, name="Office for AI")
        organisations.place(work, office.id, beis.id)
        organisations.place(work, office.id, dsit.id, first=dt.date(2023, 2, 7))
        return office.id

    number = enter(instance, make)
    visitor = browser("reader")

    def crumbs(query: str) -> str:
        return words(visitor.get(f"/organisations/{number}{query}").text.split('class="crumbs"')[1].split("</nav>")[0])

    assert "DSIT" in crumbs("")
    assert "BEIS" in crumbs("?on=2021")
    assert "DSIT" in crumbs("?on=nonsense")
    assert "nonsense" in visitor.get(f"/organisations/{number}?on=nonsense").text


def test_timeline_goes_on_over_pages_and_keeps_its_filter(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> int:
        body = organisations.create(work, name="DG X")
        for number in range(55):
            met(work, body, f"{1 + number % 28} April 2026", subject=f"Meeting {number:02}")
        followups.add(work, title="Not a meeting", organisation_id=body.id)
        return body.id

    number = enter(instance, make)
    visitor = browser("reader")
    first = visitor.get(f"/organisations/{number}?show=encounters").text
    assert "Not a meeting" not in first.split('id="timeline"')[1]
    following = html.unescape(re.findall(r'href="([^"]*)" rel="next"', first)[0])
    assert "show=encounters" in following
    second = visitor.get(following).text
    pages = [set(re.findall(r"Meeting \d\d", text.split('id="timeline"')[1])) for text in (first, second)]
    assert [len(page) for page in pages] == [40, 15]
    assert not pages[0] & pages[1]


def test_body_of_ours_shows_what_was_done_on_its_behalf(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: met(work, organisations.create(work, name="DG X"), "4 May 2026"))
    text = words(browser("reader").get(f"/organisations/{found(instance, 'Us').id}").text)
    assert "On its behalf, 12 months 1" in text
    assert "1 contact in 1 engagement on its behalf" in text
    assert "Last contact" not in text


def test_hidden_engagement_is_counted_and_not_told(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> int:
        body = organisations.create(work, name="DG X")
        met(work, body, "4 May 2026", subject="Quite secret", visibility="hidden")
        met(work, body, "5 May 2026", subject="For members only", visibility="members")
        return body.id

    number = enter(instance, make)
    theirs = browser("colleague").get(f"/organisations/{number}").text
    assert "1 contact in 1 engagement" in words(theirs)
    assert "Quite secret" not in theirs
    assert "For members only" not in theirs
    assert "content hidden" in theirs
    assert "2 contacts in 2 engagements" in words(browser("owner").get(f"/organisations/{number}").text)


def test_merged_body_leads_to_the_one_it_was_merged_into(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> tuple[int, int]:
        one, other = organisations.create(work, name="One"), organisations.create(work, name="Other")
        one.merged_into_id = other.id
        return one.id, other.id

    one, other = enter(instance, make)  # type: ignore[misc]
    answer = browser("reader").get(f"/organisations/{one}")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/organisations/{other}")


def test_no_page_of_organisations_asks_the_database_while_it_is_drawn(
    browser: Visit, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = enter(instance, lambda work: organisations.create(work, name="DG X").id)
    visitor = browser("owner")
    asked: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    from flask import templating

    drawn = templating._render

    def watched(*arguments: object, **options: object) -> str:
        event.listen(instance.engine, "before_cursor_execute", record)
        try:
            return drawn(*arguments, **options)  # type: ignore[arg-type]
        finally:
            event.remove(instance.engine, "before_cursor_execute", record)

    monkeypatch.setattr(templating, "_render", watched)
    for page in ("", f"{number}", f"{number}/edit", f"{number}/structure", f"{number}/lists", "new"):
        assert visitor.get(f"/organisations/{page}").status_code == 200
    assert asked == []


def test_page_costs_as_many_statements_however_much_is_logged(browser: Visit, instance: Instance) -> None:
    def make(work: Work, more: int) -> int:
        body = organisations.create(work, name=f"DG {more}")
        for number in range(more):
            unit = organisations.create(work, name=f"Unit {more}.{number}", parent_id=body.id)
            met(work, unit, f"{number + 1} April 2026")
            person = people.create(work, name=f"Person {more}.{number}")
            people.appoint(work, person.id, unit.id)
            followups.add(work, title=f"Task {number}", organisation_id=body.id)
        return body.id

    visitor = browser("reader")
    costs = []
    for more in (2, 12):
        number = enter(instance, lambda work, more=more: make(work, more))
        asked: list[str] = []

        def record(_connection: object, _cursor: object, statement: str, *_: object, asked: list[str] = asked) -> None:
            asked.append(statement)

        event.listen(instance.engine, "before_cursor_execute", record)
        assert visitor.get(f"/organisations/{number}").status_code == 200
        event.remove(instance.engine, "before_cursor_execute", record)
        costs.append(len(asked))
    assert costs[0] == costs[1]


# --- the form


def test_new_body_is_added_below_another_with_its_day_as_coarse_as_it_is_known(
    browser: Visit, instance: Instance
) -> None:
    enter(instance, lambda work: organisations.create(work, name="DSIT"))
    typed = {
        "name": "AI Security Institute",
        "short_name": "AISI",
        "kind": "uk_agency",
        "country": "GB",
        "parent": f"DSIT [#{found(instance, 'DSIT').id}]",
        "parent_since": "February 2023",
        "founded": "2023",
        "aliases": "AI Safety Institute\r\n\r\nFrontier AI Taskforce",
        "goal_days": "90",
    }
    answer = browser("owner").post("/organisations/", typed)
    assert answer.status_code == 303
    made = found(instance, "AI Security Institute")
    assert (made.founded, made.goal_days, made.country) == (dt.date(2023, 1, 1), 90, "GB")
    (link,) = parts(instance, OrganisationParent, made.id)
    assert link.first == dt.date(2023, 2, 1)  # type: ignore[attr-defined]
    assert len(parts(instance, OrganisationName, made.id)) == 2


def test_refused_form_keeps_what_was_typed_and_says_what_would_be_right(browser: Visit, instance: Instance) -> None:
    typed = {
        "name": "New body",
        "kind": "wizards",
        "parent": "Nobody at all",
        "founded": "before 2020",
        "closed": "gibberish",
        "goal_days": "often",
        "notes": "typed at length",
    }
    answer = browser("owner").post("/organisations/", typed)
    assert answer.status_code == 422
    assert "typed at length" in answer.text
    assert "No body is called “Nobody at all”" in words(answer.text)
    later = browser("owner").post("/organisations/", {**typed, "parent": ""})
    assert "whole number of days" in words(later.text)
    later = browser("owner").post("/organisations/", {**typed, "parent": "", "goal_days": ""})
    assert "no single day, month or year" in words(later.text)
    later = browser("owner").post("/organisations/", {"name": "New body", "kind": "wizards"})
    assert "no kind of organisation" in words(later.text)
    assert browser("owner").get("/organisations/?q=New+body").text.count("New body") < 5


def test_second_body_of_one_name_is_asked_for_once(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    visitor.post("/organisations/", {"name": "Cabinet", "kind": "commission_cabinet"})
    again = visitor.post("/organisations/", {"name": "cabinet", "kind": "commission_cabinet"})
    assert again.status_code == 422
    assert 'name="may_share_name"' in again.text
    meant = {"name": "cabinet", "kind": "commission_cabinet", "may_share_name": "y"}
    assert visitor.post("/organisations/", meant).status_code == 303


def test_double_click_makes_one_body(browser: Visit, instance: Instance) -> None:
    visitor = browser("owner")
    typed = {"name": "Clicked twice", "kind": "other", "submission": "the-same-form"}
    first, second = visitor.post("/organisations/", typed), visitor.post("/organisations/", typed)
    assert (
        first.headers["Location"]
        == second.headers["Location"]
        == f"/organisations/{found(instance, 'Clicked twice').id}"
    )


def stored_form(visitor: Browser, number: int) -> dict[str, str]:
    """The values of the edit form as its page shows them."""
    page = visitor.get(f"/organisations/{number}/edit").text
    return {
        "version": re.findall(r'name="version"[^>]*value="(\d+)"', page)[0],
        "name": html.unescape(re.findall(r'name="name"[^>]*value="([^"]*)"', page)[0]),
        "kind": re.findall(r'<option selected value="([^"]*)"', page)[0],
    }


def test_edited_body_keeps_its_former_name(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: organisations.create(work, name="AI Safety Institute", kind="uk_agency"))
    number = found(instance, "AI Safety Institute").id
    visitor = browser("owner")
    typed = {
        **stored_form(visitor, number),
        "name": "AI Security Institute",
        "keeps_name": "y",
        "renamed_on": "14 February 2025",
    }
    assert visitor.post(f"/organisations/{number}", typed).status_code == 303
    (former,) = parts(instance, OrganisationName, number)
    assert (former.name, former.last) == ("AI Safety Institute", dt.date(2025, 2, 13))  # type: ignore[attr-defined]


def test_two_editors_meet_with_both_versions_shown(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: organisations.create(work, name="DG X", kind="commission_dg"))
    number = found(instance, "DG X").id
    one, other = browser("owner"), browser("colleague")
    first, second = stored_form(one, number), stored_form(other, number)
    assert one.post(f"/organisations/{number}", {**first, "notes": "from the first"}).status_code == 303
    answer = other.post(f"/organisations/{number}", {**second, "notes": "from the second"})
    assert answer.status_code == 409
    assert "from the first" in answer.text
    assert "from the second" in answer.text
    again = {**second, "version": re.findall(r'name="version"[^>]*value="(\d+)"', answer.text)[0]}
    assert other.post(f"/organisations/{number}", {**again, "notes": "both"}).status_code == 303


def test_day_that_was_not_touched_stays_though_its_words_would_mean_another(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: organisations.create(work, name="DG X", founded=dt.date(2012, 7, 1)))
    number = found(instance, "DG X").id
    visitor = browser("owner")
    typed = {**stored_form(visitor, number), "founded": "1 July 2012", "closed": "yesterday"}
    assert visitor.post(f"/organisations/{number}", typed).status_code == 303
    body = found(instance, "DG X")
    assert (body.founded, body.closed) == (dt.date(2012, 7, 1), dt.date(2026, 5, 19))


def test_body_goes_to_the_bin_and_back(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: organisations.create(work, name="Mistake"))
    number = found(instance, "Mistake").id
    visitor = browser("owner")
    assert visitor.post(f"/organisations/{number}/bin").status_code == 303
    assert "In the bin" in visitor.get(f"/organisations/{number}").text
    assert f'/organisations/{number}"' not in visitor.get("/organisations/?q=Mistake").text
    assert visitor.post(f"/organisations/{number}/restore").status_code == 303
    assert f'/organisations/{number}"' in visitor.get("/organisations/?q=Mistake").text


def test_body_that_is_named_is_not_binned_and_the_page_says_what_to_do(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: met(work, organisations.create(work, name="DG X"), "4 May 2026"))
    answer = browser("owner").post(f"/organisations/{found(instance, 'DG X').id}/bin")
    assert answer.status_code == 422
    assert "give the day on which it closed" in words(answer.text)


# --- the structure


def version(instance: Instance, number: int) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.get_one(Organisation, number).version


def test_move_in_the_tree_keeps_then_and_now_apart(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> None:
        for name in ("BEIS", "DSIT", "Ofcom", "Office"):
            organisations.create(work, name=name)

    enter(instance, make)
    office, visitor = found(instance, "Office").id, browser("owner")
    place = f"/organisations/{office}/places"
    assert visitor.post(place, {"place-parent": "BEIS"}).status_code == 303
    assert visitor.post(place, {"place-parent": "DSIT", "place-first": "7 February 2023"}).status_code == 303
    old, new = parts(instance, OrganisationParent, office)
    assert (old.last, new.first, new.last) == (dt.date(2023, 2, 6), dt.date(2023, 2, 7), None)  # type: ignore[attr-defined]
    refused = visitor.post(place, {"place-parent": "Ofcom", "place-first": ""})
    assert refused.status_code == 422
    assert "give the day of the move" in words(refused.text)
    circle = visitor.post(f"/organisations/{found(instance, 'DSIT').id}/places", {"place-parent": "Office"})
    assert "would stand under itself" in words(circle.text)
    days = {f"place{old.id}-first": "2016", f"place{old.id}-last": "6 February 2023"}  # type: ignore[attr-defined]
    assert visitor.post(f"{place}/{old.id}", days).status_code == 303  # type: ignore[attr-defined]
    assert parts(instance, OrganisationParent, office)[0].first == dt.date(2016, 1, 1)  # type: ignore[attr-defined]
    assert visitor.post(f"{place}/{old.id}/remove").status_code == 303  # type: ignore[attr-defined]
    assert len(parts(instance, OrganisationParent, office)) == 1
    assert visitor.post(place, {"place-parent": ""}).status_code == 422


def test_form_opened_before_somebody_elses_change_is_not_saved_over_it(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: [organisations.create(work, name=name) for name in ("DSIT", "Office")])
    office, visitor = found(instance, "Office").id, browser("owner")
    opened = version(instance, office)
    enter(instance, lambda work: organisations.amend(work, office, notes="changed meanwhile"), "colleague")
    typed = {"place-parent": "DSIT", "place-version": str(opened)}
    answer = visitor.post(f"/organisations/{office}/places", typed)
    assert answer.status_code == 422
    assert "Colleague saved this on 20 May 2026 11:00" in words(answer.text)
    assert 'value="DSIT"' in answer.text
    assert parts(instance, OrganisationParent, office) == []


def test_names_and_identifiers_come_and_go(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: organisations.create(work, name="DG CNECT"))
    number, visitor = found(instance, "DG CNECT").id, browser("owner")
    base = f"/organisations/{number}"
    typed = {"name-name": "DG CONNECT", "name-kind": "former", "name-last": "2014"}
    assert visitor.post(f"{base}/names", typed).status_code == 303
    (name,) = parts(instance, OrganisationName, number)
    assert name.last == dt.date(2014, 12, 31)  # type: ignore[attr-defined]
    assert visitor.post(f"{base}/names/{name.id}/remove").status_code == 303  # type: ignore[attr-defined]
    wrong = visitor.post(f"{base}/identifiers", {"identifier-scheme": "wikidata", "identifier-identifier": "8880"})
    assert wrong.status_code == 422
    assert "such as Q8880" in words(wrong.text)
    right = {"identifier-scheme": "wikidata", "identifier-identifier": "Q8880"}
    assert visitor.post(f"{base}/identifiers", right).status_code == 303
    (row,) = parts(instance, OrganisationIdentifier, number)
    assert "https://www.wikidata.org/wiki/Q8880" in visitor.get(f"{base}/structure").text
    assert visitor.post(f"{base}/identifiers/{row.id}/remove").status_code == 303  # type: ignore[attr-defined]
    assert parts(instance, OrganisationName, number) == parts(instance, OrganisationIdentifier, number) == []


def test_what_followed_a_body_is_said_corrected_and_taken_back(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: [organisations.create(work, name=name) for name in ("BEIS", "DESNZ", "DSIT")])
    number, visitor = found(instance, "BEIS").id, browser("owner")
    base = f"/organisations/{number}/successions"
    typed = {"succession-successors": "DESNZ\nDSIT", "succession-kind": "split", "succession-on": "7 February 2023"}
    assert visitor.post(base, typed).status_code == 303
    assert found(instance, "BEIS").closed == dt.date(2023, 2, 6)
    said = words(visitor.get(f"/organisations/{number}").text)
    assert "BEIS was split on 7 Feb 2023: DESNZ and DSIT . Its history stays here." in said
    first, second = parts(instance, Succession, number)
    prefix = f"succession{first.id}-"  # type: ignore[attr-defined]
    change = {f"{prefix}kind": "split", f"{prefix}on": "7 February 2023", f"{prefix}joins_history": "y"}
    assert visitor.post(f"{base}/{first.id}", change).status_code == 303  # type: ignore[attr-defined]
    assert "its history counts with DESNZ" in words(visitor.get(f"/organisations/{number}").text)
    assert visitor.post(f"{base}/{second.id}/remove").status_code == 303  # type: ignore[attr-defined]
    assert len(parts(instance, Succession, number)) == 1
    assert visitor.post(base, {"succession-successors": "BEIS", "succession-kind": "renamed"}).status_code == 422


def test_body_is_put_on_a_list_and_taken_off(browser: Visit, instance: Instance) -> None:
    def make(work: Work) -> int:
        one, _other = organisations.create(work, name="One"), organisations.create(work, name="Other")
        return lists.create(work, name="A list", organisation_ids=[one.id]).id

    group = enter(instance, make)
    number, visitor = found(instance, "Other").id, browser("owner")
    assert visitor.post(f"/organisations/{number}/lists", {"list_id": ""}).status_code == 422
    assert visitor.post(f"/organisations/{number}/lists", {"list_id": str(group)}).status_code == 303
    assert f'href="/lists/{group}"' in visitor.get(f"/organisations/{number}").text
    assert visitor.post(f"/organisations/{number}/lists/{group}/remove").status_code == 303
    assert f'href="/lists/{group}"' not in visitor.get(f"/organisations/{number}").text


def test_reader_is_offered_no_change(browser: Visit, instance: Instance) -> None:
    enter(instance, lambda work: organisations.create(work, name="DG X"))
    number, visitor = found(instance, "DG X").id, browser("reader")
    page = visitor.get(f"/organisations/{number}").text
    assert "/edit" not in page
    assert "Log engagement with it" not in page
    for path in ("edit", "structure", "lists"):
        assert visitor.get(f"/organisations/{number}/{path}").status_code == 403
    assert visitor.get("/organisations/new").status_code == 403


def test_words_of_a_body_are_text_wherever_they_stand(browser: Visit, instance: Instance) -> None:
    evil = "<script>alert(1)</script>"

    def make(work: Work) -> int:
        body = organisations.create(
            work, name=f"{evil} & Sons", short_name='"><b>', kind="company", aliases=[f"alias {evil}"], notes=evil
        )
        organisations.place(work, body.id, organisations.create(work, name=f"{evil} above").id, source=evil)
        met(work, body, "4 May 2026", subject=evil)
        return body.id

    number = enter(instance, make)
    visitor = browser("owner")
    for path in ("", f"{number}", f"{number}/edit", f"{number}/structure", f"{number}/lists", "?q=%3Cscript%3E"):
        assert evil not in visitor.get(f"/organisations/{path}").text


def test_page_of_a_body_that_only_acts_opens_with_what_was_done_on_its_behalf(
    browser: Visit, instance: Instance, owner: Member
) -> None:
    with instance.writing(owner, door="web") as work:
        rival = organisations.create(work, name="Rival Lab", kind="company").id
        body = organisations.create(work, name="DG Ports", kind="other").id
        parties = [Party(rival, side="actor"), Party(body)]
        when = parse_when("4 May 2026", today=work.today(), past=True)
        engagements.log(work, kind="meeting", when=when, parties=parties, subject="One")
    visitor = browser("owner")
    chosen = r'<a[^>]*aria-current="true"[^>]*>\s*On its behalf'
    assert re.search(chosen, visitor.get(f"/organisations/{rival}").text)
    assert not re.search(chosen, visitor.get(f"/organisations/{body}").text)
    with instance.writing(owner, door="web") as work:
        us = work.session.scalars(select(Organisation).where(Organisation.is_ours)).one()
        met = [Party(us.id, side="actor"), Party(rival)]
        when = parse_when("5 May 2026", today=work.today(), past=True)
        engagements.log(work, kind="meeting", when=when, parties=met, subject="Two")
    assert not re.search(chosen, visitor.get(f"/organisations/{rival}").text)
