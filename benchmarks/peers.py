"""What other programs take for the same work: run by the interpreter they are installed in, which need not be ours.

``python benchmarks/peers.py COPY.sqlite3 QUESTIONS.json`` prints one line of JSON for each program and piece of work.
It imports nothing of ours, works in the copy it is given, and says nothing of programs that are not there.
"""

from __future__ import annotations

import asyncio
import importlib.metadata as metadata
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

TABLE, PARTIES, BODIES = "crm_engagement", "crm_participation", "crm_organisation"
SHOWN = ("id", "kind", "status", "first_day", "subject", "place", "visibility", "owner_id")
SEARCHED = ("subject", "summary")
PAGE = 50
TIMES = 3

Answer = Callable[[], tuple[int, int]]
"""makes a request; gives the status and the size of the answer in bytes"""


def seconds(call: Answer, times: int) -> tuple[float, int]:
    """The least processor time of some calls, and the size of the answer.

    :raises SystemExit: it answered something else than a page
    """
    found = []
    for _ in range(times):
        start = time.process_time()
        status, size = call()
        found.append(time.process_time() - start)
        if status != 200:
            raise SystemExit(f"answered {status}")
    return min(found), size


def flask_admin(path: Path, asked: dict[str, Any]) -> Iterator[tuple[str, Answer]]:
    """Flask-Admin over the tables as they are: the columns that our list shows, with who took part."""
    from flask import Flask
    from flask_admin import Admin
    from flask_admin.contrib.sqla import ModelView
    from sqlalchemy import create_engine
    from sqlalchemy.ext.automap import automap_base
    from sqlalchemy.orm import relationship, scoped_session, selectinload, sessionmaker

    engine = create_engine(f"sqlite:///{path}")
    base = automap_base()
    base.metadata.reflect(engine, only=[TABLE, PARTIES, BODIES])
    base.prepare()
    record, party, body = (base.classes[name] for name in (TABLE, PARTIES, BODIES))
    met = party.organisation_id == body.id
    party.body = relationship(body, primaryjoin=met, foreign_keys=party.organisation_id, viewonly=True)
    theirs = party.engagement_id == record.id
    record.parties = relationship(party, primaryjoin=theirs, foreign_keys=party.engagement_id, viewonly=True)

    def bodies(_view: Any, _context: Any, one: Any, _name: str) -> str:
        return ", ".join(party.body.name for party in one.parties)

    class View(ModelView):
        column_list = (*SHOWN, "bodies")
        column_formatters: ClassVar[dict[str, Any]] = {"bodies": bodies}
        column_searchable_list = SEARCHED
        column_default_sort = ("first_day", True)
        page_size = PAGE
        can_export = True
        export_max_rows = 0
        form_columns = ("subject",)

        def get_query(self) -> Any:
            return super().get_query().options(selectinload(record.parties).selectinload(party.body))

    app = Flask("peer")
    app.config["SECRET_KEY"] = "of a measurement"
    session = scoped_session(sessionmaker(engine))
    Admin(app).add_view(View(record, session, endpoint="engagements"))
    client = app.test_client()

    def get(address: str) -> Answer:
        def call() -> tuple[int, int]:
            answer = client.get(f"/admin/engagements/{address}")
            size = sum(len(part) for part in answer.iter_encoded())
            session.remove()
            return answer.status_code, size

        return call

    yield "first page", get("")
    yield "a page far down", get(f"?page={asked['page'] - 1}")
    yield "search, rare word", get(f"?search={asked['rare']}")
    yield "search, common word", get(f"?search={asked['common']}")
    yield "CSV", get("export/csv/")


def datasette(path: Path, asked: dict[str, Any]) -> Iterator[tuple[str, Answer]]:
    """Datasette over the one table, with a full-text index of its own beside it; it shows nothing of who took part."""
    from datasette.app import Datasette

    with sqlite3.connect(path) as connection:
        columns = ", ".join(SEARCHED)
        connection.execute(
            f"CREATE VIRTUAL TABLE peer_fts USING fts5({columns}, content='{TABLE}', content_rowid='id')"
        )
        connection.execute(f"INSERT INTO peer_fts (rowid, {columns}) SELECT id, {columns} FROM {TABLE}")
        day, number = connection.execute(
            f"SELECT first_day, id FROM {TABLE} ORDER BY first_day DESC, id LIMIT 1 OFFSET ?", (asked["rows"] - 1,)
        ).fetchone()
    program = Datasette([str(path)], settings={"sql_time_limit_ms": 60_000, "max_csv_mb": 0})
    loop = asyncio.new_event_loop()
    shown = "&".join(f"_col={name}" for name in SHOWN)

    def get(address: str) -> Answer:
        def call() -> tuple[int, int]:
            answer = loop.run_until_complete(program.client.get(f"/{path.stem}/{TABLE}{address}"))
            return answer.status_code, len(answer.content)

        return call

    yield "first page", get(f"?{shown}&_sort_desc=first_day&_size={PAGE}")
    yield "a page far down", get(f"?{shown}&_sort_desc=first_day&_size={PAGE}&_next={day}%2C{number}")
    for name in ("rare", "common"):
        words = f"_search={asked[name]}"
        yield f"search, {name} word", get(f"?{shown}&{words}&_fts_table=peer_fts&_sort_desc=first_day&_size={PAGE}")
    yield "CSV", get(".csv?_stream=on&_size=max")


def django_admin(path: Path, asked: dict[str, Any]) -> Iterator[tuple[str, Answer]]:
    """Django's admin over the tables as they are, with who took part; it hands out no CSV of its own."""
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}},
        INSTALLED_APPS=[f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "messages")],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        ROOT_URLCONF=__name__,
        SECRET_KEY="of a measurement",
        ALLOWED_HOSTS=["*"],
        STATIC_URL="static/",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import models
    from django.test import Client
    from django.urls import path as route

    kinds: dict[str, Any] = {
        "id": models.IntegerField(primary_key=True),
        "first_day": models.DateField(),
        "owner_id": models.IntegerField(null=True),
    }
    fields = {name: kinds.get(name) or models.TextField() for name in (*SHOWN, "summary")}

    def model(name: str, table: str, /, **columns: Any) -> Any:
        meta = type("Meta", (), {"managed": False, "db_table": table, "app_label": "auth"})
        return type(name, (models.Model,), {"__module__": __name__, "Meta": meta, **columns})

    body = model("Body", BODIES, name=models.TextField())
    record = model("Engagement", TABLE, **fields)
    model(
        "Party",
        PARTIES,
        engagement=models.ForeignKey(record, models.CASCADE, related_name="parties"),
        organisation=models.ForeignKey(body, models.CASCADE),
    )
    options = {
        "list_display": (*SHOWN, "bodies"),
        "bodies": lambda _options, one: ", ".join(party.organisation.name for party in one.parties.all()),
        "get_queryset": lambda own, request: admin.ModelAdmin.get_queryset(own, request).prefetch_related(
            "parties__organisation"
        ),
        "search_fields": SEARCHED,
        "ordering": ("-first_day",),
        "list_per_page": PAGE,
    }
    admin.site.register(record, type("Options", (admin.ModelAdmin,), options))
    globals()["urlpatterns"] = [route("admin/", admin.site.urls)]
    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("peer"))

    def get(query: str) -> Answer:
        def call() -> tuple[int, int]:
            answer = client.get(f"/admin/auth/engagement/{query}")
            return answer.status_code, len(answer.content)

        return call

    yield "first page", get("")
    yield "a page far down", get(f"?p={asked['page']}")
    yield "search, rare word", get(f"?q={asked['rare']}")
    yield "search, common word", get(f"?q={asked['common']}")


PEERS = {
    "Datasette": ("datasette", datasette),
    "Flask-Admin": ("flask-admin", flask_admin),
    "Django admin": ("django", django_admin),
}


def main() -> None:
    """Measures every program that is there."""
    path, asked = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    for name, (package, works) in PEERS.items():
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
        for work, call in works(path, asked):
            took, size = seconds(call, 1 if work == "CSV" else TIMES)
            found = {"peer": f"{name} {version}", "work": work, "seconds": took, "size": size}
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
