"""Pytest fixtures: load them with ``pytest_plugins = ["crm.testing.fixtures"]``."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from crm.app import create_app
from crm.clock import FixedClock
from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Engagement, Member, Organisation
from crm.services import engagements, organisations
from crm.services.engagements import Party
from crm.settings import Settings
from crm.testing.browsing import Browser
from crm.testing.databases import PostgresqlTemplate, SqliteTemplate, Template, postgresql_or_skip, sharing_statements
from crm.work import Work

NOW = dt.datetime(2026, 5, 20, 9, 0, tzinfo=dt.UTC)
SECRET = "a-secret-of-the-tests-that-is-nobody-elses-0123456789"


@pytest.fixture
def clock() -> FixedClock:
    """Stands at Wednesday 20 May 2026, 11:00 in Brussels."""
    return FixedClock(NOW)


@pytest.fixture(scope="session", autouse=True)
def _shared_statements() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm.database.engine.create_engine", sharing_statements())
        yield


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[SqliteTemplate]:
    template = SqliteTemplate()
    yield template
    template.stop()


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[PostgresqlTemplate]:
    template = postgresql_or_skip()
    yield template
    template.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def template(request: pytest.FixtureRequest) -> Template:
    """Each database in turn."""
    found: Template = request.getfixturevalue(f"{request.param}_template")
    return found


@pytest.fixture
def settings(template: Template, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an instance with a database of its own, holding what :func:`add_personas` adds."""
    address = template.fresh(_people)
    yield _settings(address, tmp_path / "crm-data")
    template.drop(address)


def _settings(address: str, data: Path) -> Settings:
    return Settings(data=data, database_url=address, secret_key=SECRET, base_url="http://localhost", development=True)


def _people(address: str) -> None:
    with tempfile.TemporaryDirectory() as data:
        made = Instance(_settings(address, Path(data)), clock=FixedClock(NOW))
        add_personas(made)
        # A connection left open would keep the database from being copied.
        made.engine.dispose()


@pytest.fixture
def instance(settings: Settings, clock: FixedClock) -> Iterator[Instance]:
    """An instance with the personas as members and an organisation of ours."""
    made = Instance(settings, clock=clock)
    yield made
    made.engine.dispose()


def add_members(made: Instance) -> None:
    """Adds the members ``admin``, ``owner``, ``colleague`` and ``reader`` at example.org."""
    with made.writing(door="cli", trusted=True) as work:
        for name, role in (("admin", "admin"), ("owner", "member"), ("colleague", "member"), ("reader", "reader")):
            work.session.add(Member(email=f"{name}@example.org", name=name.title(), role=role))


def add_personas(made: Instance) -> None:
    """Adds the members of :func:`add_members`, and “Us” as ours."""
    add_members(made)
    with made.writing(door="cli", trusted=True) as work:
        organisations.create(work, name="Us", kind="company", is_ours=True)


def persona(made: Instance, name: str) -> Member:
    """The member ``name`` of :func:`add_personas`."""
    with made.reading(door="cli", trusted=True) as work:
        member = work.session.query(Member).filter_by(email=f"{name}@example.org").one()
        work.session.expunge(member)
        return member


@pytest.fixture
def admin(instance: Instance) -> Member:
    return persona(instance, "admin")


@pytest.fixture
def owner(instance: Instance) -> Member:
    return persona(instance, "owner")


@pytest.fixture
def colleague(instance: Instance) -> Member:
    return persona(instance, "colleague")


@pytest.fixture
def reader(instance: Instance) -> Member:
    return persona(instance, "reader")


@pytest.fixture
def work(instance: Instance, admin: Member) -> Iterator[Work]:
    """A writing unit of work of the administrator, forgotten at the end unless the test commits it."""
    with instance.writing(admin, door="web") as opened:
        yield opened


MakeOrganisation = Callable[..., Organisation]
MakeEngagement = Callable[..., Engagement]


@pytest.fixture
def make_organisation(work: Work) -> MakeOrganisation:
    """``make_organisation(name, kind="commission_dg", **values)``."""

    def make(name: str, kind: str = "other", **values: Any) -> Organisation:
        return organisations.create(work, name=name, kind=kind, **values)

    return make


@pytest.fixture
def make_engagement(work: Work) -> MakeEngagement:
    """``make_engagement("11 May 2026", body, …, kind="meeting", status="held", actors=[…])``."""

    def make(
        when: str, *bodies: Organisation, kind: str = "meeting", actors: tuple[Organisation, ...] = (), **values: Any
    ) -> Engagement:
        past = values.get("status", "held") in ("held", "sent", "received")
        parties = [Party(actor.id, side="actor") for actor in actors] + [Party(body.id) for body in bodies]
        return engagements.log(
            work,
            kind=kind,
            when=parse_when(when, today=work.today(), past=past, zone=work.zone),
            parties=parties,
            **values,
        )

    return make


PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates as they were compiled once, for every application of the run."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(instance: Instance, compiled_templates: FileSystemBytecodeCache) -> Flask:
    """The stand-alone application over :func:`instance`."""
    made = create_app(instance=instance)
    made.testing = True
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@pytest.fixture
def browser(app: Flask, instance: Instance) -> Callable[..., Browser]:
    """``browser("owner")``: a client signed in as that persona; ``browser()``: a stranger."""
    return lambda name=None: Browser(app, instance, name)


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: a context left open would carry the signed-in member into the next request."""
