"""Mounted at /crm in a host with a sign-in, CSRF protection, templates and error pages of its own."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import func, select

from crm.extension import CRM, HostUser
from crm.instance import Instance
from crm.models.history import Transaction
from crm.services import members

HOST_HOME = "<h1>Host</h1>{{ current_user.is_authenticated }} {{ csrf_token() }}"


class HostAccount(UserMixin):
    """A user of the host."""

    id = "host-7"


@pytest.fixture
def host(instance: Instance, tmp_path: Path) -> Flask:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "host.css").write_text("h1 { color: black }")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "base.html").write_text("host base")
    app = Flask("host", root_path=str(tmp_path))
    app.config.update(SECRET_KEY="the-secret-of-the-host-application", TESTING=True)
    CSRFProtect(app)
    manager = LoginManager(app)
    manager.user_loader(lambda name: HostAccount() if name == "host-7" else None)

    @app.get("/")
    def home() -> str:
        return render_template_string(HOST_HOME)

    @app.get("/enter")
    def enter() -> str:
        login_user(HostAccount())
        return "in"

    @app.get("/private")
    @login_required
    def private() -> str:
        return "private"

    @app.post("/save")
    def save() -> str:
        return "saved"

    @app.errorhandler(404)
    def missing(_error: Exception) -> tuple[str, int]:
        return "the host's own 404", 404

    def identity() -> HostUser | None:
        if not current_user.is_authenticated:
            return None
        return HostUser("host-7", "Grace", "grace@example.org", "member")

    CRM(app, instance=instance, identity=identity, url_prefix="/crm", sign_in_url=lambda back: f"/enter?back={back}")
    return app


@pytest.fixture
def client(host: Flask) -> Iterator[FlaskClient]:
    with host.test_client() as client:
        yield client


def test_host_keeps_its_pages_headers_and_errors(client: FlaskClient) -> None:
    home = client.get("/")
    assert home.status_code == 200
    assert "Content-Security-Policy" not in home.headers
    assert client.get("/nothing").text == "the host's own 404"
    assert client.get("/static/host.css").status_code == 200
    assert client.get("/private").status_code == 401


def test_host_users_stay_signed_in_and_are_members_here(client: FlaskClient) -> None:
    assert client.get("/crm/").headers["Location"] == "/enter?back=/crm/"
    client.get("/enter")
    page = client.get("/crm/")
    assert page.status_code == 200
    assert "Grace" in page.text
    assert client.get("/private").text == "private"


def test_member_who_signed_in_here_before_becomes_the_user_of_the_host(instance: Instance) -> None:
    with instance.writing(door="web", trusted=True) as work:
        before = members.add(work, email="grace@example.org", name="Grace H", role="admin")
    with instance.writing(door="web", trusted=True) as work:
        now = members.welcome(work, "host-7", name="Grace", email="Grace@Example.org", role="member")
    assert (now.id, now.name, now.role, now.host_identity) == (before.id, "Grace", "member", "host-7")


def test_address_of_another_user_of_the_host_is_refused(client: FlaskClient, instance: Instance) -> None:
    with instance.writing(door="web", trusted=True) as work:
        other = members.welcome(work, "host-8", name="Other", email="grace@example.org", role="reader")
    client.get("/enter")
    page = client.get("/crm/")
    assert page.status_code == 403
    assert "Your e-mail address is that of another member here" in page.text
    with instance.reading(door="web", trusted=True) as work:
        assert members.of_host(work, "host-7") is None
        assert members.get(work, other.id).name == "Other"


def test_user_of_the_host_whose_address_is_in_capitals_is_written_once(instance: Instance) -> None:
    shouting = HostUser("host-9", " Ada ", "Ada@Example.org", "reader")
    app = Flask("capitals")
    app.config.update(SECRET_KEY="the-secret-of-the-host-application", TESTING=True)
    CRM(app, instance=instance, identity=lambda: shouting, url_prefix="/crm")
    for _ in range(2):
        assert app.test_client().get("/crm/").status_code == 200
    with instance.reading(door="web", trusted=True) as work:
        welcomed = select(func.count()).where(Transaction.verb == "member.welcome")
        assert work.session.scalar(welcomed) == 1


def test_host_csrf_and_ours_accept_each_others_token(client: FlaskClient, host: Flask) -> None:
    client.get("/enter")
    page = client.get("/crm/").text
    token = json.loads(html.unescape(page.split("hx-headers='")[1].split("'")[0]))["X-CSRFToken"]
    assert client.post("/save").status_code == 400
    assert client.post("/save", data={"csrf_token": token}).text == "saved"


def test_our_static_files_stand_below_the_prefix(client: FlaskClient) -> None:
    assert client.get("/crm/static/css/tokens.css").status_code == 200


def test_unknown_page_below_the_prefix_is_the_hosts(client: FlaskClient) -> None:
    assert client.get("/crm/nothing-here").status_code == 404


def test_jinja_of_the_host_gains_nothing(host: Flask) -> None:
    assert "asset" not in host.jinja_env.globals
    assert "moment" not in host.jinja_env.filters
    assert host.jinja_env.get_template("base.html").render() == "host base"
