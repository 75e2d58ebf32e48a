"""Pages of calendar feeds: make one, see them, revoke them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import current_instance, read, write
from crm.http.qr import square
from crm.models.feeds import DETAILS, SCOPES
from crm.queries import topics
from crm.services import feeds, organisations
from crm.settings import LOOPBACK_NAMES
from crm.web.forms.feeds import FeedForm
from crm.web.parsing import ID
from crm.work import Work

bp = Blueprint("feeds", __name__, url_prefix="/feeds")


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """The member's feeds, or everybody's for an administrator."""
    everybody = request.args.get("whose") == "everybody"
    rows = feeds.listing(work, everybody=everybody)
    return render_template("crm/feeds/index.html", rows=rows, everybody=everybody, scopes=SCOPES, details=DETAILS)


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """The form, filled in as far as the link to it says."""
    return _form(work, _filled(work, FeedForm(request.args)))


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Makes the feed and shows its address, in this answer and never again."""
    form = _filled(work, FeedForm(request.form))
    secret = ""
    if form.validate():
        with form.saving(work):
            chosen = organisations.resolve(work, [form.organisation.data or ""], field="organisation")
            feed, secret = feeds.create(
                work,
                scope=form.scope.data,
                detail=form.detail.data,
                organisation_id=chosen[0].id if chosen else None,
                topic_id=form.topic.data,
                label=form.label.data or "",
                submission=form.submission.data,
            )
    if not form.saved:
        return _form(work, form), 422
    settings = current_instance().settings
    address = feeds.address(settings.base_url, secret)
    subscribe = feeds.subscription_address(address)
    return render_template(
        "crm/feeds/made.html",
        feed=feed,
        address=address,
        subscribe=subscribe,
        qr=square(subscribe),
        is_local=bool(settings.host_names & LOOPBACK_NAMES),
    )


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One feed, without its secret, which nobody knows any more."""
    return render_template("crm/feeds/show.html", feed=feeds.show(work, id), scopes=SCOPES, details=DETAILS)


@bp.post(f"/{ID}/revoke")
@write
def revoke(work: Work, id: int) -> ResponseReturnValue:
    """Ends a feed."""
    feed = feeds.revoke(work, id)
    flash(f"“{feed.label}” is revoked: its address answers nobody any more.", "success")
    return redirect(url_for("crm.feeds.index"), 303)


def _filled(work: Work, form: FeedForm) -> FeedForm:
    form.topic.choices = [("", "Choose a topic"), *((str(number), name) for number, name in topics.choices(work))]
    return form


def _form(work: Work, form: FeedForm) -> str:
    return render_template("crm/feeds/new.html", form=form, organisations_url=url_for("crm.suggest.organisations"))
