"""A member's own account: where they are signed in, and their password."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import PasswordField
from wtforms.validators import InputRequired

from crm.errors import Invalid
from crm.http.context import current_instance
from crm.http.forms import Form
from crm.services import members, sessions
from crm.work import Work


class ConfirmForm(Form):
    """The password once more, for what a session left open must not be enough for."""

    current = PasswordField("Current password", [InputRequired("Give the password you have now.")])


class PasswordForm(ConfirmForm):
    """The old password and a new one."""

    password = PasswordField("New password", [InputRequired("Choose a new password.")])


def session_list(work: Work) -> ResponseReturnValue:
    """The open sessions."""
    assert work.member is not None
    found = sessions.of_member(work, work.member.id)
    return render_template("crm/account/sessions.html", sessions=found, current_id=current_user.opened.id)


def end_session(work: Work, session_id: int) -> ResponseReturnValue:
    """Ends one of them."""
    sessions.end(work, session_id)
    flash("That session is ended.", "success")
    return redirect(url_for("signin.session_list"), 303)


def password_page(_work: Work) -> ResponseReturnValue:
    """The form for a new password."""
    return render_template("crm/account/password.html", form=PasswordForm())


def change_password(work: Work) -> ResponseReturnValue:
    """Sets a new password, and ends every other session."""
    assert work.member is not None
    form = PasswordForm(request.form)
    if form.validate() and confirms(work, form):
        with form.saving(work):
            members.set_password(work, work.member.id, form.password.data or "", keep_session=current_user.opened.id)
    if not form.saved:
        return render_template("crm/account/password.html", form=form), 422
    flash("Your password is changed; every other session has ended.", "success")
    return redirect(url_for("signin.session_list"), 303)


def confirms(work: Work, form: ConfirmForm) -> bool:
    """Whether the form says the current password, or puts the reason on it; a wrong one is recorded either way."""
    assert work.member_id is not None
    member_id = work.member_id
    # What is refused is forgotten with its unit of work, but not that somebody tried: that is written by itself, and
    # the one database file of SQLite has room for one writer at a time.
    work.rollback()
    try:
        with current_instance().writing(door="web", trusted=True) as attempt:
            matches = sessions.confirm_password(
                attempt,
                members.get(attempt, member_id),
                password=form.current.data or "",
                address=request.remote_addr or "",
            )
    except Invalid as error:
        form.take(error)
        return False
    if not matches:
        form.take(Invalid("current", "This is not the password you have now."))
    return matches
