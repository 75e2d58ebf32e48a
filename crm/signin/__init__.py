"""The sign-in of the stand-alone application: Flask-Login over sessions kept in the database."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from crm.http import answers, guards, pages
from crm.http.context import current_instance
from crm.http.doors import open_to_all, read, write
from crm.models import Member
from crm.signin import account, entering, factor
from crm.signin.opening import load

_ENDPOINTS_WITHOUT_FACTOR = ("signin.", "crm.static")


def identity() -> Member | None:
    """The member signed in here, for the product."""
    return current_user.member if current_user.is_authenticated else None


def member_links() -> list[dict[str, str]]:
    """Entries of the member's menu."""
    return [
        {"label": "Where you are signed in", "url": url_for("signin.session_list"), "icon": "monitor"},
        {"label": "Second factor", "url": url_for("signin.second_factor"), "icon": "lock"},
        {"label": "Change password", "url": url_for("signin.password"), "icon": "key"},
    ]


def make_blueprint() -> Blueprint:
    """Sign-in, sign-out, sessions, password, second factor and one-time links."""
    blueprint = Blueprint("signin", __name__)
    blueprint.before_request(guards.before_request)
    blueprint.context_processor(pages.page_context)
    answers.register(blueprint)
    blueprint.record_once(lambda state: _add_login(cast(Flask, state.app)))
    rules: list[tuple[str, str, Any, list[str]]] = [
        ("/sign-in", "sign_in", open_to_all(entering.sign_in), ["GET", "POST"]),
        ("/sign-in/code", "code", open_to_all(entering.code), ["GET", "POST"]),
        ("/sign-out", "sign_out", open_to_all(entering.sign_out), ["POST"]),
        ("/welcome/<secret>", "welcome", open_to_all(entering.welcome), ["GET", "POST"]),
        ("/account/sessions", "session_list", read(account.session_list), ["GET"]),
        ("/account/sessions/<int:session_id>/end", "end_session", write(account.end_session), ["POST"]),
        ("/account/password", "password", read(account.password_page), ["GET"]),
        ("/account/password", "change_password", write(account.change_password), ["POST"]),
        ("/account/second-factor", "second_factor", read(factor.page), ["GET"]),
        ("/account/second-factor/begin", "begin_factor", write(factor.begin), ["POST"]),
        ("/account/second-factor/confirm", "confirm_factor", write(factor.confirm), ["POST"]),
        ("/account/second-factor/codes", "recovery_codes", write(factor.renew_codes), ["POST"]),
        ("/account/second-factor/off", "factor_off", write(factor.switch_off), ["POST"]),
    ]
    for rule, endpoint, view, methods in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=methods)
    return blueprint


def _add_login(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(load)
    app.before_request(_demand_factor)


def _demand_factor() -> ResponseReturnValue | None:
    """Where the installation asks everybody for a second factor, leads those who have none to where it is set up."""
    if current_instance().settings.second_factor != "required":
        return None
    if request.endpoint is None or request.endpoint.startswith(_ENDPOINTS_WITHOUT_FACTOR):
        return None
    if not current_user.is_authenticated or current_user.has_factor:
        return None
    flash("Here everybody signs in with a second factor. Set yours up, then go on.", "warning")
    return redirect(url_for("signin.second_factor"), 303)
