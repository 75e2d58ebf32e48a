"""The product as a Flask extension: mounts the whole into any application, and changes nothing of it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, request, send_from_directory

from crm import feeds, web
from crm.http import answers, guards, pages, requests
from crm.http.context import EXTENSION, HostUser, Identity, Mounted
from crm.http.doors import open_to_all
from crm.instance import Instance
from crm.resources import static_dir, templates_dir

FOR_EVER = "public, max-age=31536000, immutable"

__all__ = ["CRM", "HostUser"]


class CRM:
    """Mounts the product into ``app``.

    :param app: the host; its own templates, error pages, sign-in and CSRF protection stay as they are
    :param url_prefix: where the pages stand, such as ``/crm``; empty for the root
    :param identity: called at each request: the signed-in :class:`HostUser`, or None
    :param instance: the installation; made from ``CRM_*`` by the caller
    :param sign_in_url: where a visitor is sent to sign in, given the address to come back to
    :param sign_out_url: address the sign-out button posts to; none to show no such button
    :param member_links: further entries of the member's menu
    """

    def __init__(
        self,
        app: Flask,
        *,
        instance: Instance,
        identity: Identity,
        url_prefix: str = "",
        sign_in_url: Callable[[str], str] | None = None,
        sign_out_url: Callable[[], str] | None = None,
        member_links: Callable[[], list[dict[str, str]]] | None = None,
    ) -> None:
        self.instance = instance
        app.extensions[EXTENSION] = Mounted(
            instance=instance,
            identity=identity,
            sign_in_url=sign_in_url,
            sign_out_url=sign_out_url,
            member_links=member_links or (list),
        )
        app.register_blueprint(make_blueprint(), url_prefix=url_prefix or None)


def make_blueprint() -> Blueprint:
    """The blueprint ``crm`` with every page below it."""
    blueprint = Blueprint("crm", __name__, template_folder=str(templates_dir()))
    blueprint.before_request(requests.begin)
    blueprint.before_request(guards.before_request)
    # Called in the opposite order: the line is written when the answer is complete.
    blueprint.after_request(requests.end)
    blueprint.after_request(guards.after_request)
    blueprint.teardown_request(requests.forget)
    blueprint.context_processor(pages.page_context)
    answers.register(blueprint)
    blueprint.add_url_rule("/static/<path:filename>", "static", open_to_all(_static))
    blueprint.add_url_rule("/robots.txt", "robots", open_to_all(_robots))
    for child in (*web.BLUEPRINTS, feeds.bp):
        blueprint.register_blueprint(child)
    return blueprint


def _static(filename: str) -> Response:
    response = send_from_directory(static_dir(), filename)
    response.headers["Cache-Control"] = FOR_EVER if request.args.get("v") else "public, max-age=3600"
    return response


def _robots() -> Response:
    # Calendar services respect it when they fetch a feed; pages ask for a sign-in anyway.
    return Response("User-agent: *\nAllow: /calendar/\nDisallow: /\n", mimetype="text/plain")
