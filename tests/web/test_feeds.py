from __future__ import annotations

import re
from dataclasses import replace

import pytest
import segno
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crm.app import create_app
from crm.http.qr import square
from crm.instance import Instance
from crm.models import Feed, Member, Organisation, Topic
from crm.services import feeds, organisations
from crm.testing.serving import session_cookie


class Visitor:
    """A browser of one member: keeps the cookie, sends the token."""

    def __init__(self, instance: Instance, name: str) -> None:
        self.client: FlaskClient = create_app(instance=instance).test_client()
        cookie = session_cookie(instance, f"{name}@example.org")
        self.client.set_cookie(cookie["name"], cookie["value"])

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **values: str) -> TestResponse:
        page = self.client.get("/feeds/new").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        submission = re.search(r'name="submission" type="hidden" value="([^"]+)"', page)
        assert token is not None
        assert submission is not None
        given = {"csrf_token": token[1], "submission": submission[1], "scope": "mine", "detail": "full", **values}
        return self.client.post(path, data=given)


@pytest.fixture
def owner_visits(instance: Instance) -> Visitor:
    return Visitor(instance, "owner")


def secret_of(response: TestResponse) -> str:
    found = re.search(r"/calendar/([A-Za-z0-9_-]{43})\.ics", response.text)
    assert found is not None
    return found[1]


def in_use(instance: Instance) -> int:
    with instance.reading(door="cli", trusted=True) as work:
        return int(work.session.scalar(select(func.count(Feed.id)).where(Feed.revoked_at.is_(None))) or 0)


def test_the_address_is_shown_once_and_works(owner_visits: Visitor) -> None:
    response = owner_visits.post("/feeds/", label="Mine <b>")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    secret = secret_of(response)
    assert f'value="http://localhost/calendar/{secret}.ics"' in response.text
    assert f'value="webcal://localhost/calendar/{secret}.ics"' in response.text
    assert "Mine &lt;b&gt;" in response.text
    assert owner_visits.get(f"/calendar/{secret}.ics").status_code == 200
    for path in ("/feeds/", "/feeds/1", "/feeds/new"):
        assert secret not in owner_visits.get(path).text


def test_the_same_form_sent_twice_makes_one_feed_and_tells_no_secret_again(
    instance: Instance, owner_visits: Visitor
) -> None:
    first = owner_visits.post("/feeds/", submission="key")
    again = owner_visits.post("/feeds/", submission="key")
    assert again.status_code == 303
    assert again.headers["Location"] == "/feeds/1"
    assert secret_of(first) not in again.text
    assert in_use(instance) == 1


def test_an_organisation_is_found_by_what_was_typed(instance: Instance, admin: Member, owner_visits: Visitor) -> None:
    with instance.writing(admin, door="web") as work:
        organisations.create(work, name="European AI Office", short_name="AI Office")
    assert owner_visits.post("/feeds/", scope="organisation", organisation="AI Office").status_code == 200
    with instance.reading(door="cli", trusted=True) as work:
        row = work.session.execute(
            select(Feed.label, Organisation.name).join(Organisation, Organisation.id == Feed.organisation_id)
        ).one()
        assert tuple(row) == ("Antechamber: AI Office", "European AI Office")


def test_what_is_missing_or_wrong_is_said_on_its_field_and_nothing_is_made(
    instance: Instance, owner_visits: Visitor
) -> None:
    for values, words in (
        ({"scope": "organisation"}, "Choose the organisation whose calendar"),
        ({"scope": "organisation", "organisation": "Nowhere Office"}, "Nowhere Office"),
        ({"scope": "topic"}, "Choose the topic whose calendar"),
        ({"scope": "topic", "topic": "999"}, "Not a valid choice"),
        ({"scope": "galaxy"}, "Not a valid choice"),
        ({"label": "x" * 121}, "At most 120 characters"),
    ):
        response = owner_visits.post("/feeds/", **values)
        assert response.status_code == 422, values
        assert words in response.text, values
    assert in_use(instance) == 0


def test_a_link_fills_the_form_in(instance: Instance, admin: Member, owner_visits: Visitor) -> None:
    with instance.writing(admin, door="web") as work:
        topic = Topic(name="AI Act")
        topic.fold_name()
        work.session.add(topic)
    page = owner_visits.get("/feeds/new?scope=topic&topic=1").text
    assert re.search(r'<input checked id="scope-3"[^>]*value="topic"', page)
    assert '<option selected value="1">AI Act</option>' in page


def test_a_member_revokes_their_own_and_nobody_elses(instance: Instance, owner_visits: Visitor) -> None:
    secret = secret_of(owner_visits.post("/feeds/"))
    colleague = Visitor(instance, "colleague")
    for response in (colleague.get("/feeds/1"), colleague.post("/feeds/1/revoke")):
        assert response.status_code == 404
    assert colleague.get("/feeds/?whose=everybody").status_code == 403
    assert owner_visits.get(f"/calendar/{secret}.ics").status_code == 200
    revoked = owner_visits.post("/feeds/1/revoke")
    assert (revoked.status_code, revoked.headers["Location"]) == (303, "/feeds/")
    assert owner_visits.get(f"/calendar/{secret}.ics").status_code == 404
    assert "Revoked" in owner_visits.get("/feeds/1").text


def test_an_administrator_sees_and_revokes_everybodys(instance: Instance, owner_visits: Visitor) -> None:
    owner_visits.post("/feeds/", label="On my phone")
    admin = Visitor(instance, "admin")
    assert "On my phone" not in admin.get("/feeds/").text
    assert "On my phone" in admin.get("/feeds/?whose=everybody").text
    admin.post("/feeds/1/revoke")
    assert in_use(instance) == 0


def test_a_reader_may_subscribe(instance: Instance) -> None:
    assert Visitor(instance, "reader").post("/feeds/", scope="team").status_code == 200


def test_the_page_says_how_often_each_program_looks(owner_visits: Visitor) -> None:
    page = owner_visits.get("/feeds/").text
    assert "No feed in use" in page
    for words in ("Google Calendar", "every 4 to 24 hours", "Outlook", "Apple Calendar"):
        assert words in page


def test_the_qr_code_draws_every_dark_square_and_the_quiet_zone() -> None:
    address = feeds.subscription_address(feeds.address("https://crm.example.org", "x" * 43))
    drawing = square(address)
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", drawing.path)
    drawn = {
        (int(x) + step, int(y))
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", drawing.path)
        for step in range(int(length))
    }
    rows = list(segno.make(address, error="m", micro=False).matrix)
    assert drawing.size == len(rows) + 8
    assert drawn == {(x + 4, y + 4) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark}


def test_an_installation_of_one_computer_says_who_cannot_fetch_from_it(
    instance: Instance, owner_visits: Visitor
) -> None:
    assert "on this computer only" in owner_visits.post("/feeds/").text
    instance.settings = replace(instance.settings, base_url="https://localhost.example.org", development=False)
    client = create_app(instance=instance).test_client()
    cookie = session_cookie(instance, "owner@example.org")
    client.set_cookie(cookie["name"], cookie["value"], domain="localhost.example.org", secure=True)
    page = client.get("/feeds/new", base_url="https://localhost.example.org").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    made = client.post(
        "/feeds/",
        base_url="https://localhost.example.org",
        headers={"Referer": "https://localhost.example.org/feeds/new"},
        data={"csrf_token": token[1], "scope": "mine", "detail": "full"},
    )
    assert made.status_code == 200
    assert "on this computer only" not in made.text
