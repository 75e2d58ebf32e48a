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
    "crm.bin.index": READ,
    "crm.bin.restore": WRITE,
    "crm.calendar.engagement": READ,
    "crm.calendar.subscription": OPEN,
    "crm.commitments.bin": WRITE,
    "crm.commitments.create": WRITE,
    "crm.commitments.edit": WRITE,
    "crm.commitments.index": READ,
    "crm.commitments.move": WRITE,
    "crm.commitments.new": WRITE,
    "crm.commitments.restore": WRITE,
    "crm.commitments.show": READ,
    "crm.commitments.update": WRITE,
    "crm.counts.index": READ,
    "crm.engagements.attach": WRITE,
    "crm.engagements.bin": WRITE,
    "crm.engagements.create": WRITE,
    "crm.engagements.decline": WRITE,
    "crm.engagements.detach": WRITE,
    "crm.engagements.download": READ,
    "crm.engagements.edit": WRITE,
    "crm.engagements.follow_up": WRITE,
    "crm.engagements.hints": READ,
    "crm.engagements.index": READ,
    "crm.engagements.look": READ,
    "crm.engagements.new": WRITE,
    "crm.engagements.picture": READ,
    "crm.engagements.postpone": WRITE,
    "crm.engagements.reattach": WRITE,
    "crm.engagements.reopen": WRITE,
    "crm.engagements.restore": WRITE,
    "crm.engagements.settle": WRITE,
    "crm.engagements.settle_many": WRITE,
    "crm.engagements.show": READ,
    "crm.engagements.understood": READ,
    "crm.engagements.unsettled": READ,
    "crm.engagements.update": WRITE,
    "crm.exports.commitments": READ,
    "crm.exports.counts": READ,
    "crm.exports.engagements": READ,
    "crm.exports.follow_ups": READ,
    "crm.exports.history": ADMINISTER,
    "crm.exports.letters": READ,
    "crm.exports.milestones": READ,
    "crm.exports.organisations": READ,
    "crm.exports.people": READ,
    "crm.facets.index": READ,
    "crm.feeds.create": OWN,
    "crm.feeds.index": READ,
    "crm.feeds.new": READ,
    "crm.feeds.revoke": OWN,
    "crm.feeds.show": READ,
    "crm.filters.create": OWN,
    "crm.filters.delete": OWN,
    "crm.filters.index": READ,
    "crm.filters.share": OWN,
    "crm.follow_ups.bin": WRITE,
    "crm.follow_ups.create": WRITE,
    "crm.follow_ups.do": WRITE,
    "crm.follow_ups.edit": WRITE,
    "crm.follow_ups.index": READ,
    "crm.follow_ups.new": WRITE,
    "crm.follow_ups.restore": WRITE,
    "crm.follow_ups.several": WRITE,
    "crm.follow_ups.show": READ,
    "crm.follow_ups.snooze": WRITE,
    "crm.follow_ups.undo": WRITE,
    "crm.follow_ups.update": WRITE,
    "crm.health.alive": OPEN,
    "crm.health.figures": OPEN,
    "crm.health.ready": OPEN,
    "crm.history.index": ADMINISTER,
    "crm.history.latest": READ,
    "crm.history.record": READ,
    "crm.history.restore": WRITE,
    "crm.history.undo": WRITE,
    "crm.home.index": READ,
    "crm.imports.check": WRITE,
    "crm.imports.columns": WRITE,
    "crm.imports.create": WRITE,
    "crm.imports.decide": WRITE,
    "crm.imports.fix": WRITE,
    "crm.imports.give_up": WRITE,
    "crm.imports.index": READ,
    "crm.imports.new": WRITE,
    "crm.imports.rejects": WRITE,
    "crm.imports.run": WRITE,
    "crm.imports.show": WRITE,
    "crm.imports.undo": WRITE,
    "crm.inline.edit": WRITE,
    "crm.inline.update": WRITE,
    "crm.letters.arrange": WRITE,
    "crm.letters.choose_recipients": WRITE,
    "crm.letters.clear": WRITE,
    "crm.letters.create": WRITE,
    "crm.letters.index": READ,
    "crm.letters.log_reply": WRITE,
    "crm.letters.mark": WRITE,
    "crm.letters.new": WRITE,
    "crm.letters.recipients": WRITE,
    "crm.letters.remind": WRITE,
    "crm.letters.reply": WRITE,
    "crm.letters.send": WRITE,
    "crm.letters.show": READ,
    "crm.letters.withdraw": WRITE,
    "crm.lists.create": WRITE,
    "crm.lists.delete": WRITE,
    "crm.lists.edit": WRITE,
    "crm.lists.index": READ,
    "crm.lists.new": WRITE,
    "crm.lists.show": READ,
    "crm.lists.update": WRITE,
    "crm.members.create": ADMINISTER,
    "crm.members.disable": ADMINISTER,
    "crm.members.enable": ADMINISTER,
    "crm.members.index": ADMINISTER,
    "crm.members.link": ADMINISTER,
    "crm.members.new": ADMINISTER,
    "crm.members.reset_factor": ADMINISTER,
    "crm.members.role": ADMINISTER,
    "crm.milestones.bin": WRITE,
    "crm.milestones.create": WRITE,
    "crm.milestones.edit": WRITE,
    "crm.milestones.index": READ,
    "crm.milestones.new": WRITE,
    "crm.milestones.restore": WRITE,
    "crm.milestones.show": READ,
    "crm.milestones.update": WRITE,
    "crm.month.index": READ,
    "crm.organisations.add_name": WRITE,
    "crm.organisations.amend_place": WRITE,
    "crm.organisations.amend_succession": WRITE,
    "crm.organisations.bin": WRITE,
    "crm.organisations.create": WRITE,
    "crm.organisations.edit": WRITE,
    "crm.organisations.identify": WRITE,
    "crm.organisations.index": READ,
    "crm.organisations.new": WRITE,
    "crm.organisations.on_lists": WRITE,
    "crm.organisations.place": WRITE,
    "crm.organisations.put_on_list": WRITE,
    "crm.organisations.remove_identifier": WRITE,
    "crm.organisations.remove_name": WRITE,
    "crm.organisations.restore": WRITE,
    "crm.organisations.show": READ,
    "crm.organisations.structure": WRITE,
    "crm.organisations.succeed": WRITE,
    "crm.organisations.take_off_list": WRITE,
    "crm.organisations.unplace": WRITE,
    "crm.organisations.unsucceed": WRITE,
    "crm.organisations.update": WRITE,
    "crm.people.amend_post": WRITE,
    "crm.people.appoint": WRITE,
    "crm.people.bin": WRITE,
    "crm.people.create": WRITE,
    "crm.people.edit": WRITE,
    "crm.people.edit_post": WRITE,
    "crm.people.index": READ,
    "crm.people.leave": WRITE,
    "crm.people.new": WRITE,
    "crm.people.remove_post": WRITE,
    "crm.people.restore": WRITE,
    "crm.people.show": READ,
    "crm.people.update": WRITE,
    "crm.preferences.shortcuts": OWN,
    "crm.presence.index": OPEN,
    "crm.robots": OPEN,
    "crm.search.index": READ,
    "crm.search.suggest": READ,
    "crm.settings.index": ADMINISTER,
    "crm.settings.update": ADMINISTER,
    "crm.several.change": WRITE,
    "crm.static": OPEN,
    "crm.styleguide.index": ADMINISTER,
    "crm.suggest.colleagues": READ,
    "crm.suggest.engagements": READ,
    "crm.suggest.organisations": READ,
    "crm.suggest.people": READ,
    "crm.suggest.topics": READ,
    "crm.topics.bin": WRITE,
    "crm.topics.create": WRITE,
    "crm.topics.edit": WRITE,
    "crm.topics.index": READ,
    "crm.topics.new": WRITE,
    "crm.topics.restore": WRITE,
    "crm.topics.show": READ,
    "crm.topics.update": WRITE,
    "signin.begin_factor": OWN,
    "signin.change_password": OWN,
    "signin.code": OPEN,
    "signin.confirm_factor": OWN,
    "signin.end_session": OWN,
    "signin.factor_off": OWN,
    "signin.password": READ,
    "signin.recovery_codes": OWN,
    "signin.second_factor": READ,
    "signin.session_list": READ,
    "signin.sign_in": OPEN,
    "signin.sign_out": OPEN,
    "signin.welcome": OPEN,
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
