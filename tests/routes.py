"""Every route with the right it needs; ``python -m tests.routes`` writes docs/reference/routes.md from it.

A route that is missing here fails the census (tests/web/test_census.py), so none ships unguarded.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

#: Nobody is asked who they are.
OPEN = "open"
#: Every member looks.
READ = "read"
#: Every member, readers too, changes what is their own: password, sessions, calendars, saved filters.
OWN = "own"
#: Members and administrators change the log.
WRITE = "write"
#: Administrators only.
ADMINISTER = "administer"

WHO = {
    OPEN: "anybody",
    READ: "every member",
    OWN: "every member, their own",
    WRITE: "members and administrators",
    ADMINISTER: "administrators",
}

TABLE: dict[str, str] = {
    "crm.static": OPEN,
    "crm.robots": OPEN,
    "crm.home.index": READ,
    "crm.calendar.subscription": OPEN,
    "crm.calendar.engagement": READ,
    "signin.sign_in": OPEN,
    "signin.sign_out": OPEN,
    "signin.welcome": OPEN,
    "signin.session_list": READ,
    "signin.end_session": OWN,
    "signin.password": READ,
    "signin.change_password": OWN,
}

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "routes.md"
HEAD = """# Routes

Every address, below the prefix where the product is mounted; `signin.…` are those of the stand-alone application.
What a member may not see answers 404, whatever their role. `python -m tests.routes` writes this page.

| address | methods | who | endpoint |
|---|---|---|---|
"""


def rules(app: Flask) -> list[Rule]:
    """Every rule of the application, by address."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint, methods(rule)))


def methods(rule: Rule) -> list[str]:
    """The methods that a rule answers on purpose."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def page(app: Flask) -> str:
    """The page of the documentation that lists every route."""
    lines = [
        f"| `{rule.rule}` | {', '.join(methods(rule))} | {WHO[TABLE[rule.endpoint]]} | `{rule.endpoint}` |\n"
        for rule in rules(app)
    ]
    return HEAD + "".join(lines)


def main() -> None:
    """Writes the page."""
    import tempfile

    from crm.app import create_app
    from crm.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        settings = Settings(
            data=data, database_url=f"sqlite:///{data / 'none.sqlite3'}", secret_key="x" * 40, development=True
        )
        PAGE.write_text(page(create_app(settings)), encoding="utf-8")


if __name__ == "__main__":
    main()
