"""Errors turned into pages: what is wrong, what would be right, and nothing typed lost."""

from __future__ import annotations

import logging
import secrets

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from crm.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound, Several, Unavailable
from crm.http.context import current_member, sign_in_address
from crm.http.guards import SAFE_METHODS, ForeignForm, FormExpired, SignInNeeded, is_own_path

log = logging.getLogger("crm.http")

_NOT_KEPT = ("csrf_token", "password")

#: Pages of a kind of record, where they are not called by its plural.
ROOMS = {"person": "people"}

TITLES = {
    400: "This request cannot be answered",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This page does not take that",
    409: "Somebody else saved this meanwhile",
    413: "That is too large",
    415: "This page does not take that",
    422: "Something is not right yet",
    500: "Something went wrong here",
    503: "Nothing was saved",
}


def register(target: Blueprint | Flask) -> None:
    """Has ``target`` answer every error of this package, and those of HTTP, in its own pages."""
    target.register_error_handler(NotFound, _not_found)
    target.register_error_handler(Forbidden, _forbidden)
    target.register_error_handler(Invalid, _invalid)
    target.register_error_handler(Several, _invalid)
    target.register_error_handler(Conflict, _conflict)
    target.register_error_handler(AlreadyDone, _already_done)
    target.register_error_handler(Unavailable, _unavailable)
    target.register_error_handler(SignInNeeded, _sign_in_needed)
    target.register_error_handler(FormExpired, _form_expired)
    target.register_error_handler(ForeignForm, _foreign_form)
    target.register_error_handler(HTTPException, _http)
    target.register_error_handler(Exception, _fault)


def page(code: int, message: str, *, reference: str = "") -> ResponseReturnValue:
    """An error page with a title of its own, the message, and no internals."""
    title = TITLES.get(code, "This request cannot be answered")
    template = render_template("crm/error.html", code=code, title=title, text=message, reference=reference)
    return template, code


def kept_fields() -> list[tuple[str, str]]:
    """What was typed into the form just sent, so that it can be sent again."""
    return [
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name not in _NOT_KEPT and not name.startswith("password")
    ]


def _not_found(_error: NotFound) -> ResponseReturnValue:
    return page(404, "The record is gone, was never there, or is not for you to see.")


def _forbidden(error: Forbidden) -> ResponseReturnValue:
    return page(403, str(error) or "Your role does not allow it.")


def _invalid(error: Invalid | Several) -> ResponseReturnValue:
    problems = error.problems if isinstance(error, Several) else [error]
    return page(422, " ".join(problem.reason for problem in problems))


def _conflict(error: Conflict) -> ResponseReturnValue:
    return (
        render_template(
            "crm/resume.html", title=TITLES[409], kept=kept_fields(), reason="conflict", address=request.url
        ),
        409,
    )


def _already_done(error: AlreadyDone) -> ResponseReturnValue:
    kind, record_id = error.reference.get("kind"), error.reference.get("id")
    flash("This was already saved; here it is.", "success")
    if kind and record_id:
        return redirect(url_for(f"crm.{ROOMS.get(kind, f'{kind}s')}.show", id=record_id), 303)
    return redirect(url_for("crm.home.index"), 303)


def _unavailable(error: Unavailable) -> ResponseReturnValue:
    log.warning("unavailable", extra={"reason": str(error)})
    if request.method in SAFE_METHODS:
        return page(503, "The database cannot answer at the moment. Try again in a minute.")
    return (
        render_template(
            "crm/resume.html",
            title="Perhaps this was saved" if error.may_be_saved else TITLES[503],
            kept=kept_fields(),
            reason="in doubt" if error.may_be_saved else "unavailable",
            address=request.url,
        ),
        503,
    )


def _sign_in_needed(_error: SignInNeeded) -> ResponseReturnValue:
    if request.method not in SAFE_METHODS:
        return _form_expired(FormExpired())
    back = request.full_path if request.query_string else request.path
    prefix = request.script_root
    address = sign_in_address(prefix + back if is_own_path(prefix + back) else prefix + "/")
    if address is None:
        return page(401, "Sign in to the application first.")
    return redirect(address, 303)


def _form_expired(_error: FormExpired) -> ResponseReturnValue:
    return (
        render_template(
            "crm/resume.html",
            title="You were signed out meanwhile" if current_member() is None else "Send it once more",
            kept=kept_fields(),
            reason="expired",
            signed_in=current_member() is not None,
            sign_in_url=sign_in_address(request.script_root + "/"),
            address=request.url,
        ),
        403,
    )


def _foreign_form(_error: ForeignForm) -> ResponseReturnValue:
    return page(400, "This form did not come from a page of this site, so nothing was done.")


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error
    messages = {
        404: "The address is wrong, or the page has moved.",
        405: "That address answers other requests; start again from the page itself.",
        413: "The file or form is larger than this site accepts.",
    }
    return page(code, messages.get(code, error.description or ""))


def _fault(error: Exception) -> ResponseReturnValue:
    reference = secrets.token_hex(4)
    log.error("fault", exc_info=error, extra={"reference": reference})
    return page(500, "Nothing was saved. Tell an administrator the reference below.", reference=reference)
