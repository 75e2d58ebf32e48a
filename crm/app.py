"""The stand-alone application: a host that mounts the product at its root and adds the sign-in."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from functools import cache, partial
from urllib.parse import urlsplit

from flask import Flask, abort, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from crm import signin
from crm.clock import Clock
from crm.extension import CRM
from crm.http import answers, guards, pages, requests
from crm.http.context import mounted
from crm.instance import Instance
from crm.resources import templates_dir
from crm.settings import LOOPBACK_NAMES, Settings

COOKIE = "antechamber_session"


class LateRule(Rule):
    """A route that learns to write its address when the first one is asked for.

    Werkzeug compiles two functions for each route as it is added, which for all of ours takes longer than the rest of
    making the application.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(partial(super()._compile_builder, append_unknown))
        return lambda rule, /, **values: compiled()(rule, **values)


def create_app(
    settings: Settings | None = None, *, instance: Instance | None = None, clock: Clock | None = None
) -> Flask:
    """Makes the application.

    :param settings: read from ``CRM_*`` when not given
    :param instance: an open installation, for tests
    :raises ConfigError: a setting is missing, malformed or unsafe
    """
    if instance is None:
        instance = Instance(settings or Settings.from_env(os.environ), clock=clock)
    settings = instance.settings
    app = Flask("crm", static_folder=None, template_folder=str(templates_dir()))
    app.url_rule_class = LateRule
    base = urlsplit(settings.base_url)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=f"__Host-{COOKIE}" if settings.secure and not base.path else COOKIE,
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=dt.timedelta(days=90),
        # Sent with every answer, the cookie of one that takes long would take away the message of a later save.
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=settings.max_request_bytes,
        MAX_FORM_MEMORY_SIZE=guards.MAX_FORM_TEXT_MB * 1024 * 1024,
        MAX_FORM_PARTS=guards.MAX_FORM_PARTS,
        JSON_SORT_KEYS=False,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0, x_prefix=0
        )
    app.before_request(requests.begin)
    app.before_request(_refuse_foreign_host)
    CRM(
        app,
        instance=instance,
        identity=signin.identity,
        sign_in_url=lambda back: url_for("signin.sign_in", next=back),
        sign_out_url=lambda: url_for("signin.sign_out"),
        member_links=signin.member_links,
    )
    app.register_blueprint(signin.make_blueprint())
    _answer_outside(app)
    return app


def _refuse_foreign_host() -> None:
    if request.blueprint == "crm.health":
        # Monitoring asks by whatever address the machine has, and learns nothing without a token.
        return
    settings: Settings = mounted().instance.settings
    name = urlsplit(f"//{request.host}").hostname or ""
    allowed = settings.host_names
    if allowed & LOOPBACK_NAMES and settings.development:
        allowed = allowed | LOOPBACK_NAMES
    if name.lower() not in allowed:
        abort(400, "This site does not answer to that name; see CRM_BASE_URL.")


def _answer_outside(app: Flask) -> None:
    """Addresses that no page has are answered in the same pages, with the same headers."""
    answers.register(app)
    app.after_request(requests.end)
    app.after_request(guards.after_request)
    app.teardown_request(requests.forget)

    @app.context_processor
    def context() -> dict[str, object]:
        return {} if request.blueprint and request.blueprint.startswith("crm") else pages.page_context()
