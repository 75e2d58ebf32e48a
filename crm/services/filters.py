"""Verbs on saved filters: a list's filter under a name, one's own or the team's."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ColumnElement, String, false, literal, null, or_, select, union_all

from crm.errors import Forbidden, Invalid, NotFound
from crm.models import Member, SavedFilter
from crm.queries.prepared import Statement, given, prepared
from crm.services.permissions import READ, WRITE, authorise
from crm.services.values import short
from crm.work import Work

#: Lists whose filters can be saved, as people call them.
PAGES = {
    "engagements": "Engagements",
    "organisations": "Organisations",
    "people": "People",
    "letters": "Letters",
    "commitments": "Commitments",
    "follow_ups": "Follow-ups",
    "milestones": "Milestones",
    "counts": "Counts",
}
MOST = 200
LONGEST_QUERY = 2000
#: Where in a list somebody was is no part of a filter.
_PLACES = ("after", "before", "page")


def get(work: Work, filter_id: int) -> SavedFilter:
    """:raises NotFound: there is none that the member may see"""
    found = work.session.get(SavedFilter, filter_id)
    if found is None:
        raise NotFound
    authorise(work, READ, found)
    return found


def listed(work: Work, page: str = "") -> list[tuple[SavedFilter, str]]:
    """The member's own filters and the team's, with whose they are, by page and name.

    :param page: a key of :data:`PAGES`; empty for all
    """
    statement = (
        select(SavedFilter, Member.name)
        .join(Member, Member.id == SavedFilter.member_id)
        .where(_theirs(work))
        .order_by(SavedFilter.page, SavedFilter.name, SavedFilter.id)
    )
    if page:
        statement = statement.where(SavedFilter.page == page)
    return [(row[0], row[1]) for row in work.session.execute(statement)]


class Saved(NamedTuple):
    """A saved filter as a list offers it."""

    page: str
    name: str
    query: str
    shared: bool


class Around(NamedTuple):
    """What stands around a list.

    :ivar saved: the member's own filters of it and the team's, each with whose it is, by name
    :ivar members: number and name of whom its rows can be given to
    """

    saved: list[tuple[Saved, str]]
    members: list[tuple[int, str]]


def around(work: Work, page: str) -> Around:
    """Both at once, for a key of :data:`PAGES`; rows are given by those who may write."""
    found = Around([], [])
    for number, name, query, shared, whose in _around(work, page=page):
        if number is None:
            found.saved.append((Saved(page, name, query, shared), whose))
        else:
            found.members.append((number, name))
    may_write = work.member is not None and work.member.may_write
    return found if may_write else found._replace(members=[])


@prepared
def _around(work: Work) -> Statement:
    filters = (
        select(
            null().label("number"),
            SavedFilter.name.label("name"),
            SavedFilter.query.label("query"),
            SavedFilter.shared.label("shared"),
            Member.name.label("whose"),
            SavedFilter.id.label("place"),
        )
        .join(Member, Member.id == SavedFilter.member_id)
        .where(_theirs(work), SavedFilter.page == given("page", String))
    )
    members = select(Member.id, Member.name, literal(""), false(), literal(""), literal(0)).where(
        Member.disabled_at.is_(None)
    )
    each = union_all(filters, members).subquery()
    columns = each.c.number, each.c.name, each.c.query, each.c.shared, each.c.whose
    return select(*columns).order_by(each.c.name, each.c.place)


def _theirs(work: Work) -> ColumnElement[bool]:
    return or_(SavedFilter.member_id == work.member_id, SavedFilter.shared.is_(True))


def save(work: Work, *, page: str, name: str, query: str, shared: bool = False) -> SavedFilter:
    """Keeps the filter of a page; one of the member's own with that name is replaced.

    :param query: what stands behind the question mark of the page's address
    :raises Invalid: an unknown page, no name, no filter, or too many of them
    :raises Forbidden: a reader who would give the team a filter
    """
    authorise(work, READ)
    if work.member_id is None:
        raise Forbidden("Sign in first.")
    if page not in PAGES:
        raise Invalid("page", f"“{page[:40]}” is not one of: {', '.join(PAGES)}.")
    named = short("name", name, 120)
    kept = plain_query(query)
    if not kept:
        raise Invalid("query", "There is no filter to save yet: narrow the list first.")
    if shared:
        authorise(work, WRITE)
    mine = list(work.session.scalars(select(SavedFilter).where(SavedFilter.member_id == work.member_id)))
    found = next((one for one in mine if (one.page, one.name) == (page, named)), None)
    if found is None:
        if len(mine) >= MOST:
            raise Invalid("name", f"You have {MOST} saved filters, which is as many as there can be; delete one first.")
        found = SavedFilter(member_id=work.member_id, page=page, name=named, query=kept, shared=shared)
        work.session.add(found)
    else:
        found.query, found.shared = kept, shared
    work.act("filter.save", found, name=named, page=page)
    work.session.flush()
    return found


def share(work: Work, filter_id: int, shared: bool) -> SavedFilter:
    """Gives one's own filter to the team, or takes it back.

    :raises Forbidden: it is somebody else's, or a reader would give it
    """
    found = _own(work, filter_id)
    if shared:
        authorise(work, WRITE)
    if found.shared != shared:
        work.act("filter.share" if shared else "filter.unshare", found, name=found.name)
        found.shared = shared
        work.session.flush()
    return found


def delete(work: Work, filter_id: int) -> str:
    """Deletes one's own filter; gives its name.

    :raises Forbidden: it is somebody else's
    """
    found = _own(work, filter_id)
    work.act("filter.delete", found, name=found.name)
    work.session.delete(found)
    work.session.flush()
    return found.name


def plain_query(query: str) -> str:
    """A query without empty arguments and places in the list.

    :raises Invalid: it is longer than any filter
    """
    kept = [(name, value) for name, value in parse_qsl(query.lstrip("?")) if name not in _PLACES]
    said = urlencode(kept)
    if len(said) > LONGEST_QUERY:
        raise Invalid("query", f"This filter is too long to be saved; at most {LONGEST_QUERY} characters.")
    return said


def _own(work: Work, filter_id: int) -> SavedFilter:
    found = get(work, filter_id)
    is_admin = work.member is not None and work.member.is_admin
    if found.member_id != work.member_id and not is_admin:
        raise Forbidden("This filter is a colleague’s; save one of your own.")
    return found
