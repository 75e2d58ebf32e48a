"""Pages of members, for administrators: add, change role, shut out, let in again."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import Invalid
from crm.http import current_instance, read, write
from crm.models import Member
from crm.models.members import MEMBER_ROLES
from crm.services import members, second_factor
from crm.services.permissions import ADMINISTER, authorise
from crm.web.forms.members import ROLE_HINTS, MemberForm
from crm.web.parsing import ID
from crm.work import Work

bp = Blueprint("members", __name__, url_prefix="/members")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Everybody, with their roles."""
    authorise(work, ADMINISTER)
    return render_template(
        "crm/members/index.html",
        rows=members.everybody(work),
        roles=MEMBER_ROLES,
        with_factor=second_factor.holders(work),
    )


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """An empty form."""
    authorise(work, ADMINISTER)
    return render_template("crm/members/form.html", form=MemberForm(), hints=ROLE_HINTS)


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Adds a member and shows, this once, the link with which they choose a password."""
    authorise(work, ADMINISTER)
    form = MemberForm(request.form)
    if form.validate():
        with form.saving(work, once=("member", 0)):
            member = members.add(
                work, email=form.email.data or "", name=form.name.data or "", role=form.role.data or ""
            )
            secret = members.password_link(work, member.id)
    if not form.saved:
        return render_template("crm/members/form.html", form=form, hints=ROLE_HINTS), 422
    return render_template("crm/members/link.html", person=member, address=_address(secret))


@bp.post(f"/{ID}/link")
@write
def link(work: Work, id: int) -> ResponseReturnValue:
    """Makes a new link for somebody who lost their password."""
    person = members.get(work, id)
    address = _address(members.password_link(work, id))
    return render_template("crm/members/link.html", person=person, address=address)


@bp.post(f"/{ID}/role")
@write
def role(work: Work, id: int) -> ResponseReturnValue:
    """Gives a member another role."""
    person = _done(
        lambda: members.set_role(work, id, request.form.get("role", ""), was=request.form.get("was", "")), work
    )
    if person is not None:
        flash(f"{person.name} is now: {MEMBER_ROLES[person.role].lower()}.", "success")
    return redirect(url_for("crm.members.index"), 303)


@bp.post(f"/{ID}/disable")
@write
def disable(work: Work, id: int) -> ResponseReturnValue:
    """Shuts a member out at once."""
    person = _done(lambda: members.disable(work, id), work)
    if person is not None:
        flash(f"{person.name} is shut out: sessions have ended, feeds are silent.", "success")
    return redirect(url_for("crm.members.index"), 303)


@bp.post(f"/{ID}/enable")
@write
def enable(work: Work, id: int) -> ResponseReturnValue:
    """Lets a member in again."""
    flash(f"{members.enable(work, id).name} may sign in again.", "success")
    return redirect(url_for("crm.members.index"), 303)


@bp.post(f"/{ID}/second-factor/reset")
@write
def reset_factor(work: Work, id: int) -> ResponseReturnValue:
    """Takes the second factor from somebody who lost it."""
    person = second_factor.reset(work, id)
    flash(f"{person.name} signs in with the password alone, until they set up a second factor again.", "success")
    return redirect(url_for("crm.members.index"), 303)


def _done(change: Callable[[], Member], work: Work) -> Member | None:
    """What the verb gave, or none with the reason as a message: there is no form here to put it on."""
    try:
        return change()
    except Invalid as problem:
        work.rollback()
        flash(problem.reason, "error")
        return None


def _address(secret: str) -> str:
    base = current_instance().settings.base_url
    return base + url_for("signin.welcome", secret=secret)
