"""The sign-in of the stand-alone application: Flask-Login over sessions kept in the database."""

from __future__ import annotations

import contextlib
from typing import Any, cast

from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_login.mixins import UserMixin
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired

from crm.errors import Invalid, Unavailable
from crm.http import answers, guards, pages
from crm.http.context import current_instance, current_member
from crm.http.doors import open_to_all, read, write
from crm.http.forms import Form
from crm.models import Member, MemberSession
from crm.services import members, sessions
from crm.work import Work


class SignedIn(UserMixin):  # type: ignore[misc]
    """A member with the session they are signed in with.

    :param secret: secret of the session, which is what the cookie carries
    """

    def __init__(self, member: Member, opened: MemberSession, secret: str) -> None:
        self.member = member
        self.opened = opened
        self._secret = secret

    def get_id(self) -> str:
        return self._secret


class SignInForm(Form):
    """Address and password."""

    email = EmailField("E-mail address", [InputRequired("Give your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Give your password.")])


class PasswordForm(Form):
    """The old password and a new one."""

    current = PasswordField("Current password", [InputRequired("Give the password you have now.")])
    password = PasswordField("New password", [InputRequired("Choose a new password.")])


class WelcomeForm(Form):
    """What the holder of a one-time link fills in; name and address only for the first administrator."""

    name = StringField("Your name")
    email = EmailField("E-mail address")
    password = PasswordField("Password", [InputRequired("Choose a password.")])


def identity() -> Member | None:
    """The member signed in here, for the product."""
    return current_user.member if current_user.is_authenticated else None


def member_links() -> list[dict[str, str]]:
    """Entries of the member's menu."""
    return [
        {"label": "Where you are signed in", "url": url_for("signin.session_list"), "icon": "monitor"},
        {"label": "Change password", "url": url_for("signin.password"), "icon": "key"},
    ]


def make_blueprint() -> Blueprint:
    """Sign-in, sign-out, sessions, password and one-time links."""
    blueprint = Blueprint("signin", __name__)
    blueprint.before_request(guards.before_request)
    blueprint.context_processor(pages.page_context)
    answers.register(blueprint)
    blueprint.record_once(lambda state: _add_login(cast(Flask, state.app)))
    rules: list[tuple[str, str, Any, list[str]]] = [
        ("/sign-in", "sign_in", open_to_all(_sign_in), ["GET", "POST"]),
        ("/sign-out", "sign_out", open_to_all(_sign_out), ["POST"]),
        ("/welcome/<secret>", "welcome", open_to_all(_welcome), ["GET", "POST"]),
        ("/account/sessions", "session_list", read(_session_list), ["GET"]),
        ("/account/sessions/<id:session_id>/end", "end_session", write(_end_session), ["POST"]),
        ("/account/password", "password", read(_password_page), ["GET"]),
        ("/account/password", "change_password", write(_change_password), ["POST"]),
    ]
    for rule, endpoint, view, methods in rules:
        blueprint.add_url_rule(rule.replace("<id:", "<int:"), endpoint, view, methods=methods)
    return blueprint


def _add_login(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)


def _load(secret: str) -> SignedIn | None:
    if g.get("crm_asked_in_vain"):
        # The page that says so is drawn for nobody, rather than asking once more.
        return None
    instance = current_instance()
    g.crm_asked_in_vain = True
    with instance.reading(door="web", trusted=True) as work:
        found = sessions.find(work, secret)
        g.crm_asked_in_vain = False
        if found is None:
            return None
        opened, member = found
        is_due = sessions.is_touch_due(opened, work.now())
        work.session.expunge_all()
    if is_due:
        # A database that cannot be written now may well be read: the page is worth more than the note.
        with contextlib.suppress(Unavailable), instance.writing(door="web", trusted=True) as work:
            sessions.touch(work, opened.id)
    return SignedIn(member, opened, secret)


def _sign_in() -> ResponseReturnValue:
    form = SignInForm(request.form)
    back = request.args.get("next")
    target = back if guards.is_own_path(back) else url_for("crm.home.index")
    if current_member() is not None and request.method == "GET":
        return redirect(target or "/", 303)
    if request.method == "POST" and form.validate() and _enter(form):
        return redirect(target or "/", 303)
    code = 422 if form.errors else 200
    return render_template("crm/account/sign_in.html", form=form), code


def _enter(form: SignInForm) -> bool:
    """Signs in with what the form says, or puts the reason on it; the attempt is recorded either way."""
    instance = current_instance()
    address = request.remote_addr or ""
    try:
        with instance.writing(door="web", trusted=True) as work:
            member = sessions.check_password(
                work, email=form.email.data or "", password=form.password.data or "", address=address
            )
            secret = None
            if member is not None:
                secret = sessions.begin(work, member, agent=str(request.user_agent), address=address)
    except Invalid as error:
        form.take(error)
        return False
    if member is None or secret is None:
        form.form_errors.append(sessions.REFUSED)
        return False
    _open(secret)
    return True


def _open(secret: str) -> None:
    """Gives the browser a new session: nothing of the one before the sign-in lives on."""
    session.clear()
    found = _load(secret)
    assert found is not None
    login_user(found)
    session.permanent = True
    g.pop("crm_member", None)


def _sign_out() -> ResponseReturnValue:
    if current_user.is_authenticated:
        opened = current_user.opened
        with current_instance().writing(current_user.member, door="web") as work:
            sessions.end(work, opened.id)
        logout_user()
    session.clear()
    return redirect(url_for("signin.sign_in"), 303)


def _welcome(secret: str) -> ResponseReturnValue:
    instance = current_instance()
    form = WelcomeForm(request.form)
    with instance.reading(door="web", trusted=True) as work:
        is_first = members.link(work, secret).member_id is None
    if request.method == "POST" and form.validate():
        try:
            with instance.writing(door="web", trusted=True) as work:
                member = members.use_link(
                    work,
                    secret,
                    password=form.password.data or "",
                    email=form.email.data or "",
                    name=form.name.data or "",
                )
                opened = sessions.begin(work, member, agent=str(request.user_agent), address=request.remote_addr or "")
        except Invalid as error:
            form.take(error)
        else:
            _open(opened)
            flash("Welcome. This link has been used up.", "success")
            return redirect(url_for("crm.home.index"), 303)
    return render_template("crm/account/welcome.html", form=form, is_first=is_first), 422 if form.errors else 200


def _session_list(work: Work) -> ResponseReturnValue:
    assert work.member is not None
    found = sessions.of_member(work, work.member.id)
    return render_template("crm/account/sessions.html", sessions=found, current_id=current_user.opened.id)


def _end_session(work: Work, session_id: int) -> ResponseReturnValue:
    sessions.end(work, session_id)
    flash("That session is ended.", "success")
    return redirect(url_for("signin.session_list"), 303)


def _password_page(_work: Work) -> ResponseReturnValue:
    return render_template("crm/account/password.html", form=PasswordForm())


def _confirm(work: Work, form: PasswordForm) -> bool:
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


def _change_password(work: Work) -> ResponseReturnValue:
    assert work.member is not None
    form = PasswordForm(request.form)
    if form.validate() and _confirm(work, form):
        with form.saving(work):
            members.set_password(work, work.member.id, form.password.data or "", keep_session=current_user.opened.id)
    if not form.saved:
        return render_template("crm/account/password.html", form=form), 422
    flash("Your password is changed; every other session has ended.", "success")
    return redirect(url_for("signin.session_list"), 303)
