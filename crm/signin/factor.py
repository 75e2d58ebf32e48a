"""The pages on which members set up, renew and switch off their second factor."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import InputRequired

from crm.http.context import current_instance
from crm.http.forms import Form
from crm.http.qr import square
from crm.services import second_factor
from crm.signin.account import ConfirmForm, confirms
from crm.work import Work


class ProofForm(Form):
    """A code that proves that the application holds the key."""

    code = StringField("Code that the application shows", [InputRequired("Give the six digits.")])


def page(work: Work) -> ResponseReturnValue:
    """How it stands, and what can be done."""
    return _page(work)


def begin(work: Work) -> ResponseReturnValue:
    """Makes a key, to be taken into the application."""
    form = ConfirmForm(request.form)
    if form.validate() and confirms(work, form):
        with form.saving(work):
            second_factor.begin(work, _secret())
    if not form.saved:
        return _page(work, begin_form=form), 422
    return redirect(url_for("signin.second_factor"), 303)


def confirm(work: Work) -> ResponseReturnValue:
    """Switches it on, and shows the recovery codes this once."""
    form = ProofForm(request.form)
    codes: list[str] = []
    if form.validate():
        with form.saving(work):
            codes = second_factor.confirm(work, _secret(), form.code.data or "", keep_session=current_user.opened.id)
    if not form.saved:
        return _page(work, proof_form=form), 422
    return render_template("crm/account/recovery_codes.html", codes=codes, is_new=True)


def renew_codes(work: Work) -> ResponseReturnValue:
    """New recovery codes, shown this once."""
    form = ConfirmForm(request.form, prefix="codes-")
    codes: list[str] = []
    if form.validate() and confirms(work, form):
        with form.saving(work):
            codes = second_factor.renew_codes(work)
    if not form.saved:
        return _page(work, codes_form=form), 422
    return render_template("crm/account/recovery_codes.html", codes=codes, is_new=False)


def switch_off(work: Work) -> ResponseReturnValue:
    """Leaves the password alone."""
    form = ConfirmForm(request.form, prefix="off-")
    if form.validate() and confirms(work, form):
        with form.saving(work):
            second_factor.switch_off(work)
    if not form.saved:
        return _page(work, off_form=form), 422
    flash("The second factor is off: your password alone signs you in.", "success")
    return redirect(url_for("signin.second_factor"), 303)


def _page(work: Work, **forms: Form) -> str:
    enrolment = second_factor.enrolment(work, _secret())
    shown: dict[str, Form] = {
        "begin_form": ConfirmForm(),
        "proof_form": ProofForm(),
        "codes_form": ConfirmForm(prefix="codes-"),
        "off_form": ConfirmForm(prefix="off-"),
    }
    return render_template(
        "crm/account/second_factor.html",
        state=second_factor.state(work),
        enrolment=enrolment,
        qr=square(enrolment.uri) if enrolment is not None else None,
        is_required=current_instance().settings.second_factor == "required",
        **shown | forms,
    )


def _secret() -> str:
    return current_instance().settings.secret_key
