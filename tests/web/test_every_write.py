"""Every form and button, sent once and once more: what was done is in the history, and done once."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

from flask import Flask, url_for
from sqlalchemy import func, select

from crm import models
from crm.instance import Instance
from crm.models import Base, Participation
from crm.models.history import Transaction, Twins
from crm.services import members
from crm.testing.browsing import Browser
from crm.testing.fixtures import PASSWORD, persona
from tests.pages import arguments, pages_of
from tests.routes import OPEN, READ, TABLE
from tests.web.world import build
from tests.web.writes import NO_UNDO, NOT_WRITES, WRITES, Write, newest

Visit = Callable[..., Browser]
PLACE = re.compile(r"\{(\w+)( of the engagement)?\}")
#: Numbers of rows that say nothing of what people recorded, or stand for what is there already.
UNCOUNTED = {"crm_transaction", "crm_submission", "crm_job", "crm_revision", "crm_one_time_link", "crm_member_session"}


def test_every_route_that_writes_is_among_them(app: Flask) -> None:
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    assert posts - {write.endpoint for write in WRITES} - set(NOT_WRITES) == set(), "add it to WRITES in writes.py"
    assert all(TABLE[endpoint] in (OPEN, READ) or "test_" in why for endpoint, why in NOT_WRITES.items())


def filled(instance: Instance, text: str) -> str:
    def number(found: re.Match[str]) -> str:
        if found[2]:
            with instance.reading(door="cli", trusted=True) as work:
                of = select(Participation.organisation_id).where(
                    Participation.engagement_id == newest(instance, models.Engagement),
                    Participation.side == "counterpart",
                )
                return str(work.session.scalars(of).first())
        record_class = Transaction if found[1] == "Transaction" else getattr(models, found[1])
        return str(newest(instance, record_class))

    return PLACE.sub(number, text)


def address_of(app: Flask, instance: Instance, write: Write) -> str:
    values = {name: newest(instance, one) if isinstance(one, type) else one for name, one in write.arguments.items()}
    with app.test_request_context():
        return url_for(write.endpoint, **values)


def key_name(write: Write) -> str:
    """The name of the field with the key that the form was served with."""
    prefixes = {
        name.rpartition("-")[0] for name in write.fields if re.match(r"(place|name|ident|succ|post|leave)", name)
    }
    prefixes -= {""}
    return f"{prefixes.pop()}-submission" if prefixes and "column" not in str(prefixes) else "submission"


def rows(instance: Instance) -> dict[str, int]:
    """How many rows each table has that holds what people recorded."""
    tables = [table for name, table in Base.metadata.tables.items() if not name.endswith("_twin")]
    counts = {
        table.name: select(func.count()).select_from(table).scalar_subquery().label(table.name)
        for table in tables
        if table.name not in UNCOUNTED
    }
    with instance.reading(door="cli", trusted=True) as work:
        found = work.session.execute(select(*counts.values())).one()
    return dict(zip(counts, found, strict=True))


def last_act(instance: Instance) -> Transaction:
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalars(select(Transaction).order_by(Transaction.id.desc()).limit(1)).one()


def offered_undos(client: Browser) -> list[str]:
    """Addresses of the buttons “Undo” that the next page shows; they are taken away."""
    with client.client.session_transaction() as session:
        flashes = session.pop("_flashes", [])
    return [message["url"] for category, message in flashes if category == "undo"]


def test_every_write_is_in_the_history_and_done_once(app: Flask, instance: Instance, browser: Visit) -> None:
    clients = {name: browser(name) for name in ("owner", "admin", "colleague")}
    numbers = {name: persona(instance, name).id for name in clients}
    problems: list[str] = []
    for place, write in enumerate(WRITES):
        client, address = clients[write.who], address_of(app, instance, write)
        fields: dict[str, Any] = {filled(instance, name): filled(instance, text) for name, text in write.fields.items()}
        fields[filled(instance, key_name(write))] = f"key-of-{place}"

        def send(
            client: Browser = client, address: str = address, fields: dict[str, Any] = fields, write: Write = write
        ) -> Any:
            data: dict[str, Any] = {"csrf_token": client.token(), **fields}
            data |= {name: (io.BytesIO(content), called) for name, (called, content) in write.files.items()}
            return client.client.post(address, data=data, content_type="multipart/form-data")

        before = last_act(instance).id
        answer = send()
        act = last_act(instance)
        if answer.status_code not in (200, 303):
            text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text))
            problems.append(f"{address}: {answer.status_code} {text[-1500:]}")
            continue
        if act.id == before:
            problems.append(f"{address} is not in the history")
        elif (act.member_id, act.door) != (numbers[write.who], "web") or act.verb == "edit":
            problems.append(f"{address} stands there as {act.verb} by {act.member_id} from {act.door}")
        offered = offered_undos(client)
        if act.id != before and (f"/history/{act.id}/undo" in offered) == (write.endpoint in NO_UNDO):
            problems.append(f"{address} offers to take back {offered or 'nothing'}, and was {act.id}")
        stood = rows(instance)
        again = send()
        if again.status_code >= 500:
            problems.append(f"{address} a second time: {again.status_code}")
        more = {name: number - stood[name] for name, number in rows(instance).items() if number > stood[name]}
        if more:
            problems.append(f"{address} a second time made {more}")
    assert not problems, "\n".join(problems)


def test_every_record_of_the_log_has_a_twin() -> None:
    recorded = {table.name for table in Twins.tables.values()}
    assert {f"{name}_twin" for name in ("crm_engagement", "crm_member", "crm_feed", "crm_saved_filter")} <= recorded


def test_signin_is_in_the_history(app: Flask, instance: Instance, browser: Visit) -> None:
    admin = persona(instance, "admin")
    with instance.writing(admin, door="web") as work:
        members.set_password(work, admin.id, PASSWORD)
    client = browser()

    def sign_in(password: str) -> list[str]:
        client.post("/sign-in", {"email": "admin@example.org", "password": password})
        return told()

    def told() -> list[str]:
        act = last_act(instance)
        return [act.verb, *(one["verb"] for one in act.detail.get("also", []))]

    assert sign_in("wrong, quite wrong") == ["member.sign_in_failed"]
    assert last_act(instance).target_id == admin.id
    client.post("/sign-in", {"email": "nobody@example.org", "password": "wrong, quite wrong"})
    assert (told(), last_act(instance).target_id) == (["member.sign_in_failed"], None)
    assert sign_in(PASSWORD) == ["member.sign_in"]
    client.post("/account/password", {"current": PASSWORD, "password": "another long password"})
    assert told() == ["member.password"]
    assert last_act(instance).member_id == admin.id
    client.post("/sign-out")
    assert told() == ["member.sign_out"]
    with instance.writing(admin, door="web") as work:
        secret = members.password_link(work, admin.id)
    client.post(f"/welcome/{secret}", {"password": "yet another password"})
    assert told() == ["member.password", "member.sign_in"]


#: Routes that would make a second record if the form did not bring the key it was served with.
KEYED = frozenset(
    (
        *("crm.commitments.create", "crm.engagements.attach", "crm.engagements.create", "crm.engagements.follow_up"),
        *("crm.feeds.create", "crm.follow_ups.create", "crm.imports.create", "crm.letters.create"),
        *("crm.letters.log_reply", "crm.letters.remind", "crm.lists.create", "crm.members.create"),
        *("crm.milestones.create", "crm.organisations.create", "crm.people.appoint", "crm.people.create"),
        "crm.topics.create",
    )
)
FORM = re.compile(r'<form\b[^>]*method="post"[^>]*>.*?</form>', re.DOTALL)


def test_forms_that_make_a_record_bring_the_key_they_were_served_with(
    app: Flask, instance: Instance, browser: Visit
) -> None:
    world = build(instance)
    admin, seen = browser("admin"), set()
    routes = app.url_map.bind("localhost")
    for rule in (rule for rule in pages_of(app) if rule.endpoint != "crm.styleguide.index"):
        with app.test_request_context():
            places = [
                url_for(rule.endpoint, **values) for values in arguments(rule, lambda kind: world.open.get(kind, 1))
            ]
        for address in places:
            for form in FORM.findall(admin.get(address).text):
                action = re.search(r'^<form\b[^>]*\baction="([^"]*)"', form)
                target = re.split("[?#]", action[1])[0] if action is not None and action[1][:1] == "/" else address
                endpoint = routes.match(target, method="POST")[0]
                if endpoint in KEYED:
                    seen.add(endpoint)
                    assert re.search(r'name="([a-z0-9]+-)?submission"[^>]* value="[^"]{16,}"', form), (address, target)
    assert seen == KEYED
