"""Coming in and going out: password, code, one-time link."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired

from crm.errors import Invalid, NotFound
from crm.http import guards
from crm.http.context import current_instance, current_member
from crm.http.forms import Form
from crm.models import Member
from crm.services import members, sessions
from crm.signin.opening import Half, open_half, open_session, the_half

_WRONG_CODE = "This code is not good, or not any more. Give the one that the application shows now."


class SignInForm(Form):
    """Address and password."""

    email = EmailField("E-mail address", [InputRequired("Give your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Give your password.")])


class CodeForm(Form):
    """The second factor."""

    code = StringField("Code", [InputRequired("Give the six digits, or a recovery code.")])


class WelcomeForm(Form):
    """What the holder of a one-time link fills in; name and address only for the first administrator."""

    name = StringField("Your name")
    email = EmailField("E-mail address")
    password = PasswordField("Password", [InputRequired("Choose a password.")])


def sign_in() -> ResponseReturnValue:
    """Address and password; a code is asked for next where the member has a second factor."""
    form = SignInForm(request.form)
    if current_member() is not None and request.method == "GET":
        return redirect(_target(), 303)
    if request.method == "POST" and form.validate():
        member = _check(form)
        if member is not None:
            return _further(member)
    return render_template("crm/account/sign_in.html", form=form), 422 if form.errors else 200


def code() -> ResponseReturnValue:
    """The code, for whoever gave the password in this browser a moment ago."""
    half = the_half()
    if half is None:
        if current_member() is None:
            flash("Give your password once more; the code can be given for ten minutes after it.", "warning")
        return redirect(url_for("signin.sign_in", next=request.args.get("next")), 303)
    form = CodeForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            if _give_code(form, half):
                return redirect(_target(), 303)
        except NotFound:
            session.clear()
            return redirect(url_for("signin.sign_in", next=request.args.get("next")), 303)
    return render_template("crm/account/code.html", form=form), 422 if form.errors else 200


def sign_out() -> ResponseReturnValue:
    """Ends the session."""
    if current_user.is_authenticated:
        opened = current_user.opened
        with current_instance().writing(current_user.member, door="web") as work:
            sessions.end(work, opened.id)
        logout_user()
    session.clear()
    return redirect(url_for("signin.sign_in"), 303)


def welcome(secret: str) -> ResponseReturnValue:
    """Uses a one-time link up: the first administrator, or a new password."""
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
                g.crm_opened = sessions.enter(work, member, **_browser())
        except Invalid as error:
            form.take(error)
        else:
            flash("Welcome. This link has been used up.", "success")
            return _further(member)
    return render_template("crm/account/welcome.html", form=form, is_first=is_first), 422 if form.errors else 200


def _check(form: SignInForm) -> Member | None:
    """Whose address and password the form says, or none with the reason on it; the attempt is recorded either way."""
    try:
        with current_instance().writing(door="web", trusted=True) as work:
            member = sessions.check_password(
                work,
                email=form.email.data or "",
                password=form.password.data or "",
                address=request.remote_addr or "",
            )
            if member is not None:
                g.crm_opened = sessions.enter(work, member, **_browser())
    except Invalid as error:
        form.take(error)
        return None
    if member is None:
        form.form_errors.append(sessions.REFUSED)
    return member


def _give_code(form: CodeForm, half: Half) -> bool:
    """Opens the session if the code is good, or puts the reason on the form; the attempt is recorded either way."""
    instance = current_instance()
    opened = None
    try:
        with instance.writing(door="web", trusted=True) as work:
            member = sessions.check_code(
                work,
                half.member_id,
                half.proof,
                form.code.data or "",
                secret=instance.settings.secret_key,
                address=request.remote_addr or "",
            )
            if member is not None:
                opened = sessions.begin(work, member, **_browser())
    except Invalid as error:
        form.take(error)
        return False
    if opened is None:
        form.take(Invalid("code", _WRONG_CODE))
        return False
    open_session(opened)
    return True


def _further(member: Member) -> ResponseReturnValue:
    """To where the member wanted to go, or to the page that asks for the code."""
    opened: str | None = g.pop("crm_opened")
    if opened is not None:
        open_session(opened)
        return redirect(_target(), 303)
    open_half(member)
    return redirect(url_for("signin.code", next=request.args.get("next")), 303)


def _target() -> str:
    back = request.args.get("next")
    return back if back is not None and guards.is_own_path(back) else url_for("crm.home.index")


def _browser() -> dict[str, str]:
    return {"agent": str(request.user_agent), "address": request.remote_addr or ""}
