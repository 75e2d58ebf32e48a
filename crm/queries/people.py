"""People: the list, and one person's posts and engagements; no numbers that could be read as a score."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.models import Engagement, Organisation, OrganisationClosure, Participation, Person, Post
from crm.models.people import SENIORITIES
from crm.queries import facets, visibility
from crm.queries.days import POST_DAYS, PostDays, when_of
from crm.queries.engagements.rows import Body, bodies, columns, people, present, title
from crm.queries.facets import Facet
from crm.queries.prepared import Statement, given, prepared
from crm.queries.timeline import ENGAGEMENT, Cursor, Entry
from crm.text import fold, like_escape
from crm.work import Work

COUNTED_AT_MOST = 1000
_WORDS_AT_MOST = 10
#: Columns that the list can be sorted by.
SORTS = ("name",)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which people are meant; empty for all.

    :param text: words that each stand in the name, a post's title, or a name of its body
    :param organisation_id: who hold or held a post there
    :param below: with the bodies that stand below it today
    :param seniority: a key of :data:`crm.models.people.SENIORITIES`
    :param country: two-letter code: who hold or held a post at a body of that country
    :param sort: a column of :data:`SORTS`, with ``-`` before it for the other way round
    :param former: those whose posts there have all ended, too
    """

    text: str = ""
    organisation_id: int | None = None
    below: bool = False
    seniority: str = ""
    country: str = ""
    former: bool = False
    sort: str = ""


class PostRow(NamedTuple):
    """A dated post."""

    id: int
    person_id: int
    organisation_id: int
    organisation: str
    organisation_name: str
    title: str
    seniority: str
    held: PostDays

    @property
    def seniority_label(self) -> str:
        return SENIORITIES.get(self.seniority, "")

    def is_over(self, day: dt.date) -> bool:
        return self.held.is_over(day)


class PersonRow(NamedTuple):
    """One person in the list, with the posts held today, or the last one."""

    id: int
    name: str
    email: str
    phone: str
    posts: tuple[PostRow, ...]


class Page(NamedTuple):
    """Rows, and the ids of the rows before and after which more stand."""

    rows: list[PersonRow]
    previous: int | None
    next: int | None


def listed(
    work: Work,
    wanted: Filter,
    *,
    after: int | None = None,
    before: int | None = None,
    skipped: int = 0,
    limit: int = 50,
) -> Page:
    """One page of the list, by name.

    :param after: id of the row before the page
    :param before: id of the row after the page
    :param skipped: rows before the page, where a page is asked for by its number
    """
    place, backwards = (before, True) if before is not None else (after, False)
    descending = backwards != wanted.sort.startswith("-")
    statement = select(Person.id, Person.name, Person.email, Person.phone).where(*_conditions(work, wanted))
    if place is not None:
        here = aliased(Person)
        sort = select(here.sort).where(here.id == place).scalar_subquery()
        beyond = Person.sort < sort if descending else Person.sort > sort
        same = Person.id < place if descending else Person.id > place
        statement = statement.where(or_(beyond, and_(Person.sort == sort, same)))
    order = [key.desc() if descending else key.asc() for key in (Person.sort, Person.id)]
    found = list(work.session.execute(statement.order_by(*order).limit(limit + 1).offset(skipped)).all())
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    held = posts(work, (row.id for row in found))
    rows = [PersonRow(*row, posts=_shown(held.get(row.id, []), work.today())) for row in found]
    has_previous = more if backwards else place is not None or skipped > 0
    has_next = place is not None if backwards else more
    return Page(rows, rows[0].id if rows and has_previous else None, rows[-1].id if rows and has_next else None)


def number(work: Work, wanted: Filter) -> int:
    """How many people there are, counted up to :data:`COUNTED_AT_MOST` and one more."""
    found = select(Person.id).where(*_conditions(work, wanted)).limit(COUNTED_AT_MOST + 1).subquery()
    return int(work.session.scalar(select(func.count()).select_from(found)) or 0)


def posts(work: Work, person_ids: Iterable[int]) -> dict[int, list[PostRow]]:
    """The posts of each person, the present ones first, then the latest."""
    result: dict[int, list[PostRow]] = defaultdict(list)
    for row in _posts_of(work, ids=list(person_ids)):
        result[row.person_id].append(PostRow(*(*row[: -len(POST_DAYS)], PostDays(*row[-len(POST_DAYS) :]))))
    for those in result.values():
        those.sort(
            key=lambda post: (post.held.last or dt.date.max, post.held.first or dt.date.min, post.id), reverse=True
        )
    return result


@prepared
def _posts_of(_work: Work) -> Statement:
    return (
        select(
            Post.id,
            Post.person_id,
            Organisation.id,
            func.coalesce(func.nullif(Organisation.short_name, ""), Organisation.name),
            Organisation.name,
            Post.title,
            Post.seniority,
            *POST_DAYS,
        )
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.person_id.in_(given("ids", many=True)))
    )


class Engagements(NamedTuple):
    """Entries of a person's timeline, and the place after which more stand, if more do."""

    entries: list[Entry]
    next: Cursor | None


def engagements(work: Work, person_id: int, *, after: Cursor | None = None, limit: int = 50) -> Engagements:
    """The engagements a person took part in, as far as the member may read who did; the newest first."""
    statement = columns(work).where(
        visibility.content_visible(work),
        Engagement.binned_at.is_(None),
        exists().where(Participation.engagement_id == Engagement.id, Participation.person_id == person_id),
    )
    if after is not None:
        same_day = and_(Engagement.first_day == after.day, Engagement.id < after.id)
        statement = statement.where(or_(Engagement.first_day < after.day, same_day))
    statement = statement.order_by(Engagement.first_day.desc(), Engagement.id.desc()).limit(limit + 1)
    found = work.session.execute(statement).all()
    parties = present(work, (row.id for row in found[:limit]))
    posted = _posts_in(work, person_id, [row.id for row in found[:limit]])
    entries = [_entry(row, parties.get(row.id, []), posted.get(row.id, "")) for row in found[:limit]]
    return Engagements(entries, entries[-1].cursor if len(found) > limit else None)


def _entry(row: Any, parties: Any, posted: str) -> Entry:
    met: tuple[Body, ...] = bodies(parties, "counterpart")
    return Entry(
        ENGAGEMENT,
        row.id,
        Cursor(row.first_day, row.last_day, "0000", ENGAGEMENT, row.id),
        kind=row.kind,
        when=when_of(row).short(),
        title=title(row.kind, row.subject, met),
        status=row.status,
        organisations=met,
        people=people(parties, "counterpart"),
        detail=posted,
    )


def _posts_in(work: Work, person_id: int, engagement_ids: list[int]) -> dict[int, str]:
    """The post in which the person took part in each engagement."""
    result: dict[int, str] = {}
    for engagement_id, body, post in work.session.execute(
        select(
            Participation.engagement_id,
            func.coalesce(func.nullif(Organisation.short_name, ""), Organisation.name),
            Post.title,
        )
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .outerjoin(Post, Post.id == Participation.post_id)
        .where(Participation.person_id == person_id, Participation.engagement_id.in_(engagement_ids))
        .order_by(Participation.position, Participation.id)
    ):
        result.setdefault(engagement_id, f"as {post}, {body}" if post else f"for {body}")
    return result


def _shown(held: list[PostRow], day: dt.date) -> tuple[PostRow, ...]:
    """The posts held on a day; of one who holds none, the last."""
    present_ones = tuple(post for post in held if not post.is_over(day))
    return present_ones or tuple(held[:1])


def _conditions(work: Work, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Person.binned_at.is_(None)]
    for word in fold(wanted.text).split()[:_WORDS_AT_MOST]:
        pattern = f"%{like_escape(word)}%"
        by_post = (
            exists()
            .where(
                Post.person_id == Person.id,
                Organisation.id == Post.organisation_id,
                or_(
                    Organisation.names_folded.like(pattern, escape="\\"),
                    func.lower(Post.title).like(pattern, escape="\\"),
                ),
            )
            .correlate(Person)
        )
        found.append(or_(Person.names_folded.like(pattern, escape="\\"), by_post))
    if wanted.organisation_id is not None or wanted.seniority or wanted.country:
        found.append(exists().where(Post.person_id == Person.id, *_held(work, wanted)).correlate(Person))
    return found


def _held(work: Work, wanted: Filter) -> list[ColumnElement[bool]]:
    """The posts that are asked for; all of it must hold of one of them."""
    found: list[ColumnElement[bool]] = []
    if wanted.organisation_id is not None:
        found.append(Post.organisation_id.in_(_branch(work, wanted)))
    if wanted.seniority:
        found.append(Post.seniority == wanted.seniority)
    if wanted.country:
        of_country = select(Organisation.id).where(Organisation.country == wanted.country)
        found.append(Post.organisation_id.in_(of_country))
    if not wanted.former:
        found.append(or_(Post.last.is_(None), Post.last >= work.today()))
    return found


def facets_of(work: Work, wanted: Filter) -> dict[str, dict[str, int]]:
    """Name of the filter → value → number of rows that choosing it shows."""
    return facets.count(
        work, _FACETS, wanted, lambda work, one: select(Person.id).where(*_conditions(work, one)), Person.id
    )


def _posts(work: Work, wanted: Filter, rows: Select[Any]) -> Select[Any]:
    there = rows.join(Post, Post.person_id == Person.id).join(Organisation, Organisation.id == Post.organisation_id)
    return there.where(*_held(work, wanted))


_FACETS = {
    "seniority": Facet(
        lambda one: replace(one, seniority=""), lambda work, one: func.nullif(Post.seniority, ""), _posts
    ),
    "body": Facet(
        lambda one: replace(one, organisation_id=None, below=False),
        lambda work, one: Post.organisation_id.expression,
        _posts,
    ),
    "country": Facet(
        lambda one: replace(one, country=""), lambda work, one: func.nullif(Organisation.country, ""), _posts
    ),
}


def _branch(work: Work, wanted: Filter) -> Any:
    if not wanted.below:
        return [wanted.organisation_id]
    today, closure = work.today(), OrganisationClosure
    return select(closure.descendant_id).where(
        closure.ancestor_id == wanted.organisation_id, closure.first <= today, closure.last >= today
    )
