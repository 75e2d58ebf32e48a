"""The stand-alone application."""

from __future__ import annotations

from flask import Flask

from crm.app import LateRule


def test_address_of_a_late_route_is_that_of_any_other() -> None:
    made = []
    for rule in (LateRule, Flask.url_rule_class):
        app = Flask(__name__, static_folder=None)
        app.url_rule_class = rule
        app.add_url_rule("/<rule>/<int:number>", "page", defaults={"part": "all"})
        app.add_url_rule("/<rule>/<int:number>/<part>", "page")
        with app.test_request_context():
            made.append(
                [
                    app.url_for("page", rule="a b", number=7),
                    app.url_for("page", rule="ä", number=7, part="one", words="x y", _anchor="end"),
                    app.url_for("page", rule="ä", number=7, part="all", self="me"),
                ]
            )
    assert made[0] == made[1]
    assert made[0][0] == "/a%20b/7"
