"""Pages of people: the list, one person with dated posts and engagements, the forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.http import read, undoable, write
from crm.models import Organisation, Person, Post
from crm.models.people import SENIORITIES
from crm.queries import countries, names
from crm.queries import people as reads
from crm.queries.timeline import Cursor
from crm.services import organisations, people
from crm.services.permissions import WRITE, authorise
from crm.web.filters import tools
from crm.web.forms.organisations import chosen
from crm.web.forms.people import LeaveForm, NewPersonForm, PersonForm, PostForm
from crm.web.narrowing import ORGANISATION, Listing, Part, chips
from crm.web.parsing import ID, number, page_number
from crm.web.sorting import heads, sort_asked
from crm.web.timelines import drawn
from crm.work import Work

bp = Blueprint("people", __name__, url_prefix="/people")

LONGEST_TEXT = 200
PER_PAGE = 50
DEFAULT_SORT = "name"
POST = "<int(max=2147483647):post_id>"


@bp.get("/")
@read
def index(work: Work) -> ResponseReturnValue:
    """Everybody whom the filter in the address leaves."""
    wanted, kept = filter_of(work)
    body = wanted.organisation_id
    page = reads.listed(
        work,
        wanted,
        after=number(request.args.get("after")),
        before=number(request.args.get("before")),
        skipped=(page_number() - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    return render_template(
        "crm/people/index.html",
        page=page,
        number=reads.number(work, wanted),
        most=reads.COUNTED_AT_MOST,
        filter=wanted,
        is_filtered=bool(kept),
        heads=heads("crm.people.index", kept, reads.SORTS, wanted.sort, DEFAULT_SORT),
        chips=chips(work, "crm.people.index", [*PARTS, *_MORE_PARTS], kept),
        body_name=names.of(work, organisations=[body]).organisations.get(body, "") if body else "",
        seniorities=[("", "Every seniority"), *SENIORITIES.items()],
        today=work.today(),
        **tools(work, "people"),
        kept=kept,
        organisation_url=url_for("crm.organisations.show", id=0).removesuffix("0"),
        previous_url=url_for("crm.people.index", **kept, before=page.previous) if page.previous else None,
        next_url=url_for("crm.people.index", **kept, after=page.next) if page.next else None,
    )


def filter_of(_work: Work) -> tuple[reads.Filter, dict[str, Any]]:
    """The filter in the address, and what of it to keep in links."""
    body = number(request.args.get("body"))
    seniority, country = request.args.get("seniority", ""), request.args.get("country", "")
    wanted = reads.Filter(
        text=request.args.get("q", "").strip()[:LONGEST_TEXT],
        organisation_id=body,
        below=request.args.get("below") == "1",
        seniority=seniority if seniority in SENIORITIES else "",
        country=country if country in countries.countries() else "",
        former=request.args.get("former") == "1",
        sort=sort_asked(reads.SORTS, DEFAULT_SORT),
    )
    arguments = {
        "q": wanted.text,
        "body": body,
        "below": "1" if wanted.below else "",
        "seniority": wanted.seniority,
        "country": wanted.country,
        "former": "1" if wanted.former else "",
        "sort": wanted.sort,
    }
    return wanted, {name: value for name, value in arguments.items() if value}


PARTS = (
    Part("seniority", "Seniority", SENIORITIES),
    Part("body", "Body", record=ORGANISATION, names=("body", "below")),
    Part("country", "Country of the body", countries.countries()),
)
LISTING = Listing("crm.people.index", "People", PARTS, filter_of, reads.facets_of)
_MORE_PARTS = (
    Part("q", "Words"),
    Part("below", "With all below the body", {"1": ""}),
    Part("former", "Former posts too", {"1": ""}),
)


@bp.get("/new")
@read
def new(work: Work) -> ResponseReturnValue:
    """An empty form; ``name`` and ``organisation`` (a number, or a name) in the address fill in fields."""
    authorise(work, WRITE)
    form = NewPersonForm(request.args)
    form.organisation.data = _line(work, request.args.get("organisation", ""))
    return _form_page(form)


@bp.post("/")
@write
def create(work: Work) -> ResponseReturnValue:
    """Adds a person, with the post they hold."""
    form = NewPersonForm(request.form)
    if form.validate():
        with form.saving(work):
            days = form.days(work.today())
            employer = _resolved(work, form.organisation.data)
            person = people.create(work, submission=form.submission.data, **form.values())
            if employer:
                people.appoint(
                    work,
                    person.id,
                    employer[0].id,
                    title=form.title.data or "",
                    seniority=form.seniority.data or "",
                    **days,
                )
    if not form.saved:
        return _form_page(form), 422
    undoable(work, f"{person.name} is added.")
    return redirect(url_for("crm.people.show", id=person.id), 303)


@bp.get(f"/{ID}")
@read
def show(work: Work, id: int) -> ResponseReturnValue:
    """One person: posts now and then, how to reach them, and the engagements they took part in."""
    person = people.get(work, id)
    return _page(work, person)


@bp.get(f"/{ID}/edit")
@read
def edit(work: Work, id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    person = people.get(work, id)
    authorise(work, WRITE, person)
    return _form_page(PersonForm(data=PersonForm.stored(person)), person)


@bp.post(f"/{ID}")
@write
def update(work: Work, id: int) -> ResponseReturnValue:
    """Saves the form."""
    person = people.get(work, id)
    form = PersonForm(request.form)
    if form.validate():
        with form.saving(
            work,
            stored=lambda: PersonForm.stored(people.get(work, id)),
            take_out=lambda: people.restore(work, id),
            once=("person", id),
        ):
            people.amend(work, id, version=form.opened_version, **form.values())
    if not form.saved:
        return _form_page(form, person), form.refusal
    undoable(work, "Saved.")
    return redirect(url_for("crm.people.show", id=id), 303)


@bp.post(f"/{ID}/bin")
@write
def bin(work: Work, id: int) -> ResponseReturnValue:
    """Puts a person entered by mistake into the bin."""
    person = people.bin(work, id)
    undoable(work, f"{person.name} is in the bin.")
    return redirect(url_for("crm.people.index"), 303)


@bp.post(f"/{ID}/restore")
@write
def restore(work: Work, id: int) -> ResponseReturnValue:
    """Takes a person out of the bin."""
    undoable(work, f"{people.restore(work, id).name} is out of the bin again.")
    return redirect(url_for("crm.people.show", id=id), 303)


@bp.post(f"/{ID}/posts")
@write
def appoint(work: Work, id: int) -> ResponseReturnValue:
    """Adds a post."""
    person = people.get(work, id)
    authorise(work, WRITE, person)
    form = PostForm(request.form, prefix="post-")
    if form.validate():
        with form.saving(work, stored=dict, take_out=lambda: people.restore(work, id), once=("person", id)):
            days = form.days(work.today())
            employer = _resolved(work, form.organisation.data)
            people.appoint(
                work,
                id,
                chosen("organisation", employer),
                title=form.title.data or "",
                seniority=form.seniority.data or "",
                version=form.opened_version,
                **days,
            )
    if not form.saved:
        return _page(work, people.get(work, id), post=form), 422
    undoable(work, "The post is added.")
    return redirect(url_for("crm.people.show", id=id), 303)


@bp.get(f"/posts/{POST}/edit")
@read
def edit_post(work: Work, post_id: int) -> ResponseReturnValue:
    """The form of one post."""
    post = people.get_post(work, post_id)
    person = people.get(work, post.person_id)
    authorise(work, WRITE, person)
    return _post_page(PostForm(data=_stored(person, post_id)), person, post)


@bp.post(f"/posts/{POST}")
@write
def amend_post(work: Work, post_id: int) -> ResponseReturnValue:
    """Corrects a post."""
    post = people.get_post(work, post_id)
    person = people.get(work, post.person_id)
    authorise(work, WRITE, person)
    form = PostForm(request.form)
    if form.validate():
        with form.saving(
            work,
            stored=lambda: _stored(people.get(work, post.person_id), post_id),
            take_out=lambda: people.restore(work, post.person_id),
            once=("person", post.person_id),
        ):
            days = form.days(work.today(), {"first": post.began, "last": post.ended})
            employer = _resolved(work, form.organisation.data)
            people.amend_post(
                work,
                post_id,
                organisation_id=chosen("organisation", employer),
                title=form.title.data or "",
                seniority=form.seniority.data or "",
                version=form.opened_version,
                **days,
            )
    if not form.saved:
        return _post_page(form, person, post), form.refusal
    undoable(work, "The post is saved.")
    return redirect(url_for("crm.people.show", id=person.id), 303)


@bp.post(f"/posts/{POST}/leave")
@write
def leave(work: Work, post_id: int) -> ResponseReturnValue:
    """Ends a post."""
    post = people.get_post(work, post_id)
    person = people.get(work, post.person_id)
    authorise(work, WRITE, person)
    form = LeaveForm(request.form, prefix=f"leave{post_id}-")
    if form.validate():
        with form.saving(
            work, stored=dict, take_out=lambda: people.restore(work, person.id), once=("person", person.id)
        ):
            last = form.days(work.today())["last"] or work.today()
            people.leave(work, post_id, last, version=form.opened_version)
    if not form.saved:
        return _page(work, people.get(work, person.id), leaving={post_id: form}), 422
    undoable(work, "The post is ended; what was logged under it stays.")
    return redirect(url_for("crm.people.show", id=person.id), 303)


@bp.post(f"/posts/{POST}/remove")
@write
def remove_post(work: Work, post_id: int) -> ResponseReturnValue:
    """Removes a post that was never held."""
    person_id = people.get_post(work, post_id).person_id
    people.remove_post(work, post_id)
    undoable(work, "The post is removed.")
    return redirect(url_for("crm.people.show", id=person_id), 303)


def _resolved(work: Work, typed: str | None) -> list[Organisation]:
    """The body that was typed; an unknown one is new."""
    return organisations.resolve(work, [typed or ""], field="organisation", may_create=True)


def _line(work: Work, said: str) -> str:
    """What the address says of an organisation, as it stands in the field."""
    identity = number(said)
    if identity is None:
        return said[:300]
    name = names.of(work, organisations=[identity]).organisations.get(identity)
    return f"{name} [#{identity}]" if name else ""


def _stored(person: Person, post_id: int) -> Any:
    post = next(post for post in person.posts if post.id == post_id)
    return PostForm.stored(post, post.organisation, person.version)


def _page(work: Work, person: Person, **shown: Any) -> str:
    """The page with empty forms, but those in ``shown``."""
    today = work.today()
    posts = reads.posts(work, [person.id]).get(person.id, [])
    refused = shown.get("leaving", {})
    post_form: PostForm = shown.get("post") or PostForm(prefix="post-")
    leaving: dict[int, LeaveForm] = {
        post.id: refused.get(post.id) or LeaveForm(prefix=f"leave{post.id}-")
        for post in posts
        if not post.is_over(today)
    }
    for form in (post_form, *leaving.values()):
        form.version.data = form.version.data or str(person.version)
    after = Cursor.read(request.args.get("after", ""))
    found = reads.engagements(work, person.id, after=after)
    next_url = None
    if found.next is not None:
        next_url = url_for("crm.people.show", id=person.id, after=str(found.next), _anchor="engagements")
    return render_template(
        "crm/people/show.html",
        person=person,
        present=[post for post in posts if not post.is_over(today)],
        former=[post for post in posts if post.is_over(today)],
        post_form=post_form,
        leaving=leaving,
        entries=drawn(found.entries, today),
        next_url=next_url,
        newest_url=url_for("crm.people.show", id=person.id) if after is not None else None,
        organisations_url=url_for("crm.suggest.organisations"),
    )


def _form_page(form: PersonForm, person: Person | None = None) -> str:
    return render_template(
        "crm/people/form.html", form=form, person=person, organisations_url=url_for("crm.suggest.organisations")
    )


def _post_page(form: PostForm, person: Person, post: Post) -> str:
    return render_template(
        "crm/people/post.html",
        form=form,
        person=person,
        post=post,
        organisations_url=url_for("crm.suggest.organisations"),
    )
