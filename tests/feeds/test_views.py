from __future__ import annotations

import datetime as dt
import gzip
from typing import Any

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from crm.app import create_app
from crm.clock import FixedClock
from crm.dates import parse_when
from crm.errors import Unavailable
from crm.feeds import views
from crm.instance import Instance
from crm.models import Engagement, FeedFetch, Member
from crm.models.history import Transaction
from crm.queries.calendar import entries
from crm.services import calendar, engagements, feeds, organisations
from crm.services.engagements import Party
from crm.testing.serving import session_cookie


@pytest.fixture
def client(instance: Instance) -> FlaskClient:
    return create_app(instance=instance).test_client()


@pytest.fixture
def meeting(instance: Instance, owner: Member) -> int:
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name="AI Office")
        when = parse_when("3 June 2026 14:30", today=work.today(), past=False, zone=work.zone)
        made = engagements.log(work, kind="meeting", when=when, parties=[Party(body.id)], subject="draft")
    return made.id


@pytest.fixture
def secret(instance: Instance, owner: Member, meeting: int) -> str:
    return subscribe(instance, owner)


def subscribe(instance: Instance, member: Member, scope: str = "team", **values: Any) -> str:
    with instance.writing(member, door="web") as work:
        return feeds.create(work, scope=scope, **values)[1]


def fetch(client: FlaskClient, secret: str, method: str = "GET", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(f"/calendar/{secret}.ics", method=method, headers=named)


def titles(response: TestResponse) -> list[str]:
    return [str(found["SUMMARY"]) for found in icalendar.Calendar.from_ical(response.data).walk("VEVENT")]


def test_a_feed_answers_with_a_calendar_and_asks_nobody_who_they_are(client: FlaskClient, secret: str) -> None:
    response = fetch(client, secret)
    assert response.status_code == 200
    assert titles(response) == ["Meeting with AI Office: draft"]
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Cache-Control"] == "private, max-age=0, must-revalidate"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Accept-Encoding" in response.headers["Vary"]
    assert "Set-Cookie" not in response.headers
    assert "Last-Modified" not in response.headers


def test_two_fetches_have_the_same_bytes_until_something_is_read_differently(
    client: FlaskClient, instance: Instance, owner: Member, secret: str, meeting: int, clock: FixedClock
) -> None:
    first = fetch(client, secret)
    clock.move(hours=1)
    assert fetch(client, secret).data == first.data
    with instance.writing(owner, door="web") as work:
        engagements.amend(work, meeting, notes="seen by nobody")
    again = fetch(client, secret)
    assert again.data == first.data
    assert again.headers["ETag"] == first.headers["ETag"]
    with instance.writing(owner, door="web") as work:
        body = organisations.resolve(work, ["AI Office"], field="body")[0]
        organisations.amend(work, body.id, name="European AI Office")
    changed = fetch(client, secret)
    assert titles(changed) == ["Meeting with European AI Office: draft"]
    assert b"SEQUENCE:1\r\n" in changed.data
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_another_process_gives_the_same_bytes(client: FlaskClient, instance: Instance, secret: str) -> None:
    first = fetch(client, secret)
    other = Instance(instance.settings, clock=instance.clock)
    assert fetch(create_app(instance=other).test_client(), secret).data == first.data
    other.engine.dispose()


def test_what_the_client_holds_already_is_not_sent_again(client: FlaskClient, secret: str) -> None:
    tag = fetch(client, secret).headers["ETag"]
    assert tag.startswith('"')
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = fetch(client, secret, If_None_Match=held)
        assert (response.status_code, response.data) == (304, b""), held
        assert response.headers["ETag"] == tag
        assert response.headers["Cache-Control"] == "private, max-age=0, must-revalidate"
        assert "Accept-Encoding" in response.headers["Vary"]
        assert "Content-Type" not in response.headers
    assert fetch(client, secret, If_None_Match='"other"').status_code == 200
    assert fetch(client, secret, If_None_Match="").status_code == 200


def test_the_time_of_the_client_s_copy_is_not_asked_about(client: FlaskClient, secret: str) -> None:
    response = fetch(client, secret, If_Modified_Since="Wed, 01 Jan 2099 00:00:00 GMT")
    assert response.status_code == 200


def test_a_packed_calendar_has_a_tag_of_its_own(client: FlaskClient, secret: str) -> None:
    plain = fetch(client, secret)
    packed = fetch(client, secret, Accept_Encoding="gzip, deflate")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert fetch(client, secret, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"]).status_code == 304
    assert fetch(client, secret, Accept_Encoding="gzip", If_None_Match=plain.headers["ETag"]).status_code == 200
    for refused in ("gzip;q=0", "identity", "gzip;q=0.1, identity"):
        assert "Content-Encoding" not in fetch(client, secret, Accept_Encoding=refused).headers


def test_head_has_the_headers_and_no_body(client: FlaskClient, secret: str) -> None:
    whole, head = fetch(client, secret), fetch(client, secret, "HEAD")
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type"):
        assert head.headers[name] == whole.headers[name]


def test_unknown_revoked_and_disabled_are_one_answer(
    client: FlaskClient, instance: Instance, admin: Member, owner: Member, colleague: Member, secret: str
) -> None:
    disabled = subscribe(instance, colleague)
    assert fetch(client, disabled).status_code == 200
    assert fetch(client, secret).status_code == 200
    with instance.writing(admin, door="web") as work:
        feed = next(row for row in feeds.listing(work, everybody=True) if row.member_id == owner.id)
        feeds.revoke(work, feed.id)
        work.session.get(Member, colleague.id).disabled_at = work.now()  # type: ignore[union-attr]
    answers = [fetch(client, name) for name in (secret, disabled, "x" * 43, "é", "x" * 5000)]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, b"There is no such calendar.\n")}
    for answer in answers:
        del answer.headers["X-Request-ID"]
    assert len({tuple(sorted(answer.headers.to_wsgi_list())) for answer in answers}) == 1


def test_other_methods_are_refused(client: FlaskClient, secret: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PROPFIND"):
        assert fetch(client, secret, method).status_code in (400, 405)


def test_a_feed_shows_what_its_member_may_see_now(
    client: FlaskClient, instance: Instance, owner: Member, reader: Member, secret: str, meeting: int
) -> None:
    theirs = subscribe(instance, reader)
    assert titles(fetch(client, theirs)) == ["Meeting with AI Office: draft"]
    with instance.writing(owner, door="web") as work:
        engagements.amend(work, meeting, visibility="hidden")
    assert titles(fetch(client, theirs)) == ["Busy"]
    with instance.writing(owner, door="web") as work:
        engagements.amend(work, meeting, visibility="members")
    assert titles(fetch(client, theirs)) == []
    assert titles(fetch(client, secret)) == ["Meeting with AI Office: draft"]


def test_the_window_moves_at_midnight_of_the_zone(client: FlaskClient, secret: str, clock: FixedClock) -> None:
    # 3 June 2027, 23:30 in Brussels; an hour later the meeting lies more than a year back.
    clock.move(seconds=(dt.datetime(2027, 6, 3, 21, 30, tzinfo=dt.UTC) - clock.now()).total_seconds())
    assert len(titles(fetch(client, secret))) == 1
    clock.move(hours=1)
    assert titles(fetch(client, secret)) == []


def test_a_fetch_is_noted_once_in_five_minutes_and_leaves_no_history(
    client: FlaskClient, instance: Instance, secret: str, clock: FixedClock
) -> None:
    with instance.reading(door="cli", trusted=True) as work:
        before = work.session.scalars(select(Transaction.id)).all()
    started = clock.now()
    fetch(client, secret, User_Agent="Google-Calendar-Importer\x7f" + "x" * 300)
    assert _noted(instance) == started
    clock.move(minutes=4)
    fetch(client, secret, If_None_Match="*")
    assert _noted(instance) == started
    clock.move(minutes=1)
    fetch(client, secret, If_None_Match="*")
    assert _noted(instance) == clock.now()
    with instance.reading(door="cli", trusted=True) as work:
        assert work.session.scalars(select(Transaction.id)).all() == before


def _noted(instance: Instance) -> dt.datetime:
    with instance.reading(door="cli", trusted=True) as work:
        fetched = work.session.scalars(select(FeedFetch)).one()
        assert len(fetched.agent) <= 200
        return fetched.at


def test_a_database_that_cannot_take_the_note_refuses_no_calendar(
    client: FlaskClient, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_arguments: Any) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(feeds, "note_fetch", gone)
    assert fetch(client, secret).status_code == 200


def test_a_database_that_cannot_answer_says_when_to_come_back(
    client: FlaskClient, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_arguments: Any, **_named: Any) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(calendar, "refresh", gone)
    response = fetch(client, secret)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "120"


def test_a_fetch_without_news_writes_nothing_and_asks_little(
    client: FlaskClient, instance: Instance, secret: str
) -> None:
    fetch(client, secret)
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(instance.engine, "before_cursor_execute", note)
    fetch(client, secret)
    assert len([statement for statement in seen if statement.startswith("SELECT")]) <= 2
    assert not any(statement.startswith(("INSERT", "UPDATE", "DELETE", "BEGIN IMM")) for statement in seen)


def test_a_program_that_fetches_over_and_over_is_slowed_down(
    client: FlaskClient, instance: Instance, secret: str, clock: FixedClock
) -> None:
    views._brakes[instance] = views.Brake(burst=2, each_second=1)
    codes = [fetch(client, secret).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert "Retry-After" in fetch(client, secret).headers
    clock.move(seconds=5)
    assert fetch(client, secret).status_code == 200


def test_the_secret_is_in_no_answer(client: FlaskClient, secret: str) -> None:
    for response in (fetch(client, secret), fetch(client, secret[:-1] + "_"), fetch(client, secret, "POST")):
        assert secret[:-1].encode() not in response.data
        assert secret[:-1] not in str(response.headers)


def test_a_zone_without_data_and_a_record_that_is_gone_stop_no_feed(
    client: FlaskClient, instance: Instance, secret: str, meeting: int
) -> None:
    with instance.writing(door="cli", trusted=True) as work:
        work.session.execute(update(Engagement).where(Engagement.id == meeting).values(zone="Mars/Olympus"))
    assert titles(fetch(client, secret)) == ["Meeting with AI Office: draft"]


def test_every_kind_of_entry_names_a_page_that_is_there(instance: Instance) -> None:
    adapter = create_app(instance=instance).url_map.bind("localhost")
    rooms = {}
    for kind, path in entries.PATHS.items():
        endpoint, values = adapter.match(path.format(7))
        assert values == {"id": 7}
        rooms[kind] = endpoint
    assert rooms == {
        "engagement": "crm.engagements.show",
        "follow_up": "crm.follow_ups.show",
        "commitment": "crm.commitments.show",
        "milestone": "crm.milestones.show",
    }


class TestOneEngagement:
    def test_a_member_downloads_it(self, client: FlaskClient, instance: Instance, meeting: int) -> None:
        cookie = session_cookie(instance, "reader@example.org")
        client.set_cookie(cookie["name"], cookie["value"])
        response = client.get(f"/engagements/{meeting}/calendar.ics")
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert response.headers["Content-Disposition"] == f'attachment; filename="engagement-{meeting}.ics"'
        assert response.headers["Cache-Control"] == "no-store"
        assert titles(response) == ["Meeting with AI Office: draft"]
        assert client.get("/engagements/999/calendar.ics").status_code == 404

    def test_a_stranger_does_not(self, client: FlaskClient, meeting: int) -> None:
        assert client.get(f"/engagements/{meeting}/calendar.ics").status_code in (302, 303, 401)
