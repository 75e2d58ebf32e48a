"""The sign-in of the stand-alone application: Flask-Login over sessions kept in the database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
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
from crm.http.qr import square
from crm.models import Member, MemberSession
from crm.services import members, second_factor, sessions
from crm.work import Work

HALF_SECONDS = 300
_HALF = "half"


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


class CodeForm(Form):
    """What is asked after the password."""

    code = StringField("Code", [InputRequired("Give the code.")])


class CurrentForm(Form):
    """The password once more, before the second factor changes."""

    current = PasswordField("Current password", [InputRequired("Give the password you have now.")])


class TurnOnForm(CurrentForm):
    """Proof that the telephone has the secret, and the password."""

    code = StringField("Code", [InputRequired("Give the code that the app shows.")])


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
        {"label": "Second factor", "url": url_for("signin.second_factor_page"), "icon": "lock"},
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
        ("/sign-in/code", "code", open_to_all(_code), ["GET", "POST"]),
        ("/sign-out", "sign_out", open_to_all(_sign_out), ["POST"]),
        ("/welcome/<secret>", "welcome", open_to_all(_welcome), ["GET", "POST"]),
        ("/account/sessions", "session_list", read(_session_list), ["GET"]),
        ("/account/sessions/<id:session_id>/end", "end_session", write(_end_session), ["POST"]),
        ("/account/password", "password", read(_password_page), ["GET"]),
        ("/account/password", "change_password", write(_change_password), ["POST"]),
        ("/account/second-factor", "second_factor_page", read(_second_factor_page), ["GET"]),
        ("/account/second-factor", "begin_second_factor", write(_begin_second_factor), ["POST"]),
        ("/account/second-factor/on", "confirm_second_factor", write(_confirm_second_factor), ["POST"]),
        ("/account/second-factor/codes", "recovery_codes", write(_recovery_codes), ["POST"]),
        ("/account/second-factor/off", "end_second_factor", write(_end_second_factor), ["POST"]),
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
        # Whoever gave the password and has to give a code is not signed in yet.
        return redirect((url_for("signin.code", next=target) if _HALF in session else target) or "/", 303)
    code = 422 if form.errors else 200
    return render_template("crm/account/sign_in.html", form=form), code


def _enter(form: SignInForm) -> bool:
    """Signs in with what the form says, at least half, or puts the reason on it; the attempt is recorded either way."""
    instance = current_instance()
    address = request.remote_addr or ""
    try:
        with instance.writing(door="web", trusted=True) as work:
            member = sessions.check_password(
                work, email=form.email.data or "", password=form.password.data or "", address=address
            )
            opened = _let_in(work, member) if member is not None else None
    except Invalid as error:
        form.take(error)
        return False
    if opened is None:
        form.form_errors.append(sessions.REFUSED)
        return False
    opened()
    return True


def _let_in(work: Work, member: Member) -> Callable[[], None]:
    """What to do once the work is committed: open a session, or remember for a while that a code is awaited."""
    if members.needs_code(work, member):
        half = {"member": member.id, "until": int(work.now().timestamp()) + HALF_SECONDS, "mark": _mark(member)}
        return lambda: _remember(half)
    secret = sessions.begin(work, member, agent=str(request.user_agent), address=request.remote_addr or "")
    return lambda: _open(secret)


def _remember(half: dict[str, Any]) -> None:
    session.clear()
    session[_HALF] = half


def _mark(member: Member) -> str:
    """Changes with the password, so that an old one half-way in leads nowhere."""
    return members.secret_hash(member.password_hash)[:16]


def _halfway(work: Work) -> Member | None:
    """The member who gave the right password a moment ago, by the signed cookie."""
    half = session.get(_HALF)
    if not half or half["until"] < work.now().timestamp():
        return None
    member = work.session.get(Member, half["member"])
    return member if member is not None and member.is_active and _mark(member) == half["mark"] else None


def _code() -> ResponseReturnValue:
    form = CodeForm(request.form)
    back = request.args.get("next")
    target = back if guards.is_own_path(back) else url_for("crm.home.index")
    with current_instance().reading(door="web", trusted=True) as work:
        member = _halfway(work)
    if member is None:
        session.pop(_HALF, None)
        if current_member() is None:
            flash("Give your password once more: the code was awaited for five minutes only.", "warning")
        return redirect(url_for("signin.sign_in", next=back), 303)
    if request.method == "POST" and form.validate() and _enter_by_code(form):
        return redirect(target or "/", 303)
    return render_template("crm/account/code.html", form=form), 422 if form.errors else 200


def _enter_by_code(form: CodeForm) -> bool:
    """Signs in whoever gave the password and gives a right code; the attempt is recorded either way."""
    address = request.remote_addr or ""
    secret = None
    try:
        with current_instance().writing(door="web", trusted=True) as work:
            member = _halfway(work)
            if member is not None and second_factor.check(work, member, form.code.data or "", address=address):
                secret = sessions.begin(work, member, agent=str(request.user_agent), address=address)
    except Invalid as error:
        form.take(error)
        return False
    if secret is None:
        form.take(Invalid("code", second_factor.WRONG))
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
                opened = _let_in(work, member)
        except Invalid as error:
            form.take(error)
        else:
            opened()
            if _HALF in session:
                return redirect(url_for("signin.code"), 303)
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


def _confirm(work: Work, form: PasswordForm | CurrentForm) -> bool:
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


def _second_factor_page(work: Work, form: Form | None = None) -> ResponseReturnValue:
    assert work.member is not None
    factor = second_factor.of_member(work, work.member.id)
    is_begun = factor is not None and factor.confirmed_at is None
    if form is None:
        form = TurnOnForm() if is_begun else CurrentForm()
    shown: dict[str, Any] = {}
    if factor is not None and is_begun:
        groups = [factor.secret[start : start + 4] for start in range(0, len(factor.secret), 4)]
        shown = {"key": " ".join(groups), "qr": square(second_factor.link(work.member, factor))}
    left = second_factor.codes_left(work, work.member.id)
    page = render_template("crm/account/second_factor.html", factor=factor, form=form, codes_left=left, **shown)
    return page, 422 if form.errors else 200


def _begin_second_factor(work: Work) -> ResponseReturnValue:
    second_factor.begin(work)
    return redirect(url_for("signin.second_factor_page"), 303)


def _confirm_second_factor(work: Work) -> ResponseReturnValue:
    form = TurnOnForm(request.form)
    return _with_codes(
        work, form, lambda: second_factor.turn_on(work, form.code.data or "", keep_session=current_user.opened.id)
    )


def _recovery_codes(work: Work) -> ResponseReturnValue:
    return _with_codes(work, CurrentForm(request.form), lambda: second_factor.renew_codes(work))


def _with_codes(work: Work, form: CurrentForm, change: Callable[[], list[str]]) -> ResponseReturnValue:
    """Makes a change for who gives their password, and shows its recovery codes, in this answer and never again."""
    assert work.member_id is not None
    codes: list[str] = []
    if form.validate() and _confirm(work, form):
        with form.saving(work):
            codes = change()
    if not form.saved:
        return _second_factor_page(work, form)
    return render_template("crm/account/recovery_codes.html", codes=codes)


def _end_second_factor(work: Work) -> ResponseReturnValue:
    assert work.member_id is not None
    form = CurrentForm(request.form)
    if form.validate() and _confirm(work, form):
        with form.saving(work):
            second_factor.turn_off(work, work.member_id)
    if not form.saved:
        return _second_factor_page(work, form)
    flash("The second factor is off: your password alone lets you in.", "success")
    return redirect(url_for("signin.second_factor_page"), 303)
