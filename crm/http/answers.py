"""Errors turned into pages: what is wrong, what would be right, and nothing typed lost."""

from __future__ import annotations

import logging
import re
import secrets
from typing import Any

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.routing import BuildError

from crm.errors import AlreadyDone, Conflict, Forbidden, InBin, Invalid, NotFound, SavedAlready, Several, Unavailable
from crm.http.choosing import CHOOSE, THEIRS
from crm.http.context import current_instance, current_member, sign_in_address
from crm.http.forms import OUT_OF_BIN
from crm.http.guards import (
    MAX_FORM_PARTS,
    MAX_FORM_TEXT_MB,
    SAFE_METHODS,
    ForeignForm,
    FormExpired,
    SignInNeeded,
    is_own_path,
)
from crm.http.sending import ANOTHER, sent_digest
from crm.services.submissions import CONTENT

log = logging.getLogger("crm.http")

# Secrets least of all: the page that gives back what was typed shows it in the clear.
_NOT_KEPT = ("csrf_token", "current", "code", ANOTHER)
# What a page sends along and nobody typed.
_UNTOLD = frozenset({"submission", "version", "was", "back", "but", "new", "known", "held", OUT_OF_BIN})
_NUMBERS = ("owner", "_id", "-number", "viewers", "-submission", "-version")
_CHOSEN = (CHOOSE, THEIRS, "before:")

#: Pages of a kind of record, where they are not called by its plural or it has none of its own.
ROOMS = {"person": "people.show", "member": "members.index", "settings": "settings.index"}

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
    target.register_error_handler(SavedAlready, _saved_already)
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
    return [(name, value) for name, values in request.form.lists() for value in values if not _is_secret(name)]


def _is_secret(name: str) -> bool:
    # Where a page has several forms, the form's own name stands before the field's.
    field = name.rpartition("-")[2]
    return name in _NOT_KEPT or field in _NOT_KEPT or field.startswith("password")


def kept_page(code: int, title: str, reason: str, **more: Any) -> ResponseReturnValue:
    """A page that gives back what was typed, to be sent again or copied.

    :param reason: which words stand on it, see the template
    """
    kept = kept_fields()
    return (
        render_template(
            "crm/resume.html",
            title=title,
            kept=kept,
            kept_text=in_lines(kept),
            files={name: [one.filename for one in found if one.filename] for name, found in request.files.lists()},
            reason=reason,
            address=request.url,
            **more,
        ),
        code,
    )


def in_lines(kept: list[tuple[str, str]]) -> str:
    """What was typed as plain text, a field after the other."""
    told = [
        (name, value.strip())
        for name, value in kept
        if name not in _UNTOLD and not name.startswith(_CHOSEN) and not name.endswith(_NUMBERS)
    ]
    return "\n\n".join(f"{_field_words(name)}:\n{value}" for name, value in told if value)


def _field_words(name: str) -> str:
    """The name of a field as a person reads it: “points-0-raised_by” is “Points 1 raised by”."""
    parts = (str(int(part) + 1) if part.isdigit() else part for part in name.replace("_", " ").split("-"))
    return " ".join(parts).capitalize()


def _was_typed() -> bool:
    """Whether the request brought a form that somebody filled in, and no mere click."""
    return request.method not in SAFE_METHODS and not {"submission", "version"}.isdisjoint(request.form)


def _not_found(_error: NotFound) -> ResponseReturnValue:
    if _was_typed():
        return kept_page(404, "This record is not there any more", "gone")
    return page(404, "The record is gone, was never there, or is not for you to see.")


def _forbidden(error: Forbidden) -> ResponseReturnValue:
    text = str(error) or "Your role does not allow it."
    return kept_page(403, TITLES[403], "forbidden", text=text) if _was_typed() else page(403, text)


def _invalid(error: Invalid | Several) -> ResponseReturnValue:
    problems = error.problems if isinstance(error, Several) else [error]
    text = " ".join(problem.reason for problem in problems)
    return kept_page(422, TITLES[422], "forbidden", text=text) if _was_typed() else page(422, text)


def _conflict(error: Conflict) -> ResponseReturnValue:
    if isinstance(error, InBin):
        return kept_page(409, "This lies in the bin by now", "binned")
    return kept_page(409, TITLES[409], "conflict", shown_at=_page_of(error))


def _page_of(error: Conflict) -> str:
    """The page of the record, where it has one: a click has no page of its own to be opened again."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error.record).__name__).lower()
    try:
        return url_for(f"crm.{ROOMS.get(kind, f'{kind}s.show')}", id=error.record_id)
    except BuildError:
        return request.url


def _already_done(error: AlreadyDone) -> ResponseReturnValue:
    known = error.reference.get(CONTENT)
    if known is not None and known != sent_digest():
        # Somebody went back in their browser and changed what they had saved.
        return kept_page(409, "This form was saved before", "changed", saved_url=_saved_at(error))
    flash("This was already saved; here it is.", "success")
    return redirect(_saved_at(error), 303)


def _saved_already(error: SavedAlready) -> ResponseReturnValue:
    return kept_page(409, "You saved this a short while ago", "repeated", saved_url=_saved_at(error), another=ANOTHER)


def _saved_at(error: AlreadyDone | SavedAlready) -> str:
    """Where what was saved stands."""
    kind, record_id = error.reference.get("kind"), error.reference.get("id")
    if kind in ROOMS and ROOMS[kind].endswith(".index"):
        return url_for(f"crm.{ROOMS[kind]}")
    if kind and record_id:
        return url_for(f"crm.{ROOMS.get(kind, f'{kind}s.show')}", id=record_id)
    return url_for("crm.home.index")


def _unavailable(error: Unavailable) -> ResponseReturnValue:
    log.warning("unavailable", extra={"reason": str(error)})
    if request.method in SAFE_METHODS:
        return page(503, "The database cannot answer at the moment. Try again in a minute.")
    if error.may_be_saved:
        return kept_page(503, "Perhaps this was saved", "in doubt")
    return kept_page(503, TITLES[503], "unavailable")


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
    is_in = current_member() is not None
    title = "Send it once more" if is_in else "You were signed out meanwhile"
    return kept_page(403, title, "expired", signed_in=is_in, sign_in_url=sign_in_address(request.script_root + "/"))


def _foreign_form(_error: ForeignForm) -> ResponseReturnValue:
    return page(400, "This form did not come from a page of this site, so nothing was done.")


def _http(error: HTTPException) -> ResponseReturnValue:
    code, settings = error.code or 500, current_instance().settings
    if code < 400:
        return error
    messages = {
        404: "The address is wrong, or the page has moved.",
        405: "That address answers other requests; start again from the page itself.",
    }
    said = error.description or ""
    if isinstance(error, RequestEntityTooLarge) and said == RequestEntityTooLarge.description:
        each, whole = settings.max_upload_mb, settings.max_request_bytes // 1024**2
        said = (
            f"The file or form is larger than this site accepts: at most {each} MB a file, {whole} MB for all of them, "
            f"{MAX_FORM_TEXT_MB} MB for the text of a form, in {MAX_FORM_PARTS:,} fields."
        )
    answer = make_response(page(code, messages.get(code, said)))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        # RFC 9110, 15.5.6: the answer says what would be right.
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _fault(error: Exception) -> ResponseReturnValue:
    reference = secrets.token_hex(4)
    log.error("fault", exc_info=error, extra={"reference": reference})
    if _was_typed():
        return kept_page(500, TITLES[500], "fault", reference=reference)
    return page(500, "Nothing was saved. Tell an administrator the reference below.", reference=reference)
