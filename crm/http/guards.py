"""What every request to the product passes: CSRF on writes, limits, and headers on the way out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms.validators import ValidationError

from crm.errors import CrmError
from crm.http.context import current_instance

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_FORM_PARTS = 5000
MAX_FORM_TEXT_MB = 4
MAX_QUERY_ARGUMENTS = 200

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SignInNeeded(CrmError):
    """Nobody is signed in."""


class FormExpired(CrmError):
    """A form of our own arrived with a token that no longer holds."""


class ForeignForm(CrmError):
    """A write arrived that no page of ours sent."""


def before_request() -> None:
    """Limits what a request may bring and refuses writes that did not come from a page of ours.

    :raises FormExpired: the page is ours but its session ended; what was typed can be sent again
    :raises ForeignForm: the page is not ours
    """
    if request.method in SAFE_METHODS:
        if sum(len(values) for _, values in request.args.lists()) > MAX_QUERY_ARGUMENTS:
            raise RequestEntityTooLarge(f"An address may hold at most {MAX_QUERY_ARGUMENTS} filters at once.")
        return
    request.max_content_length = current_instance().settings.max_request_bytes
    request.max_form_parts = MAX_FORM_PARTS
    # The parser limits the parts of a form with files only; one without is read at once.
    is_plain = request.mimetype == "application/x-www-form-urlencoded"
    if is_plain and (request.content_length or 0) > MAX_FORM_TEXT_MB * 1024 * 1024:
        raise RequestEntityTooLarge(f"The text of a form may have at most {MAX_FORM_TEXT_MB} MB.")
    if sum(len(values) for _, values in request.form.lists()) > MAX_FORM_PARTS:
        raise RequestEntityTooLarge(f"A form may have at most {MAX_FORM_PARTS:,} fields.")
    token = request.form.get("csrf_token") or request.headers.get("X-CSRFToken")
    try:
        validate_csrf(token)
    except ValidationError as error:
        raise (FormExpired if _comes_from_us() else ForeignForm) from error


def after_request(response: Response) -> Response:
    """Adds the security headers, keeping any that a view set on purpose."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_instance().settings.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def is_own_path(address: str | None) -> bool:
    """Whether ``address`` is a path on this site that is safe to redirect to."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return False
    if any(ord(character) < 32 or character == "\\" for character in address):
        return False
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc


def _comes_from_us() -> bool:
    """Whether the browser itself says that the form was on a page of this site."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin == request.host_url.rstrip("/")
