"""The list of engagements: the rows behind every number, in order of their days, page by page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Date, Select, Time, and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from crm.dates import When
from crm.models import Engagement, Organisation, Participation
from crm.models.engagements import STATUSES
from crm.models.search import FACE, ID_MASK, WHOLE
from crm.models.search import place as search_place
from crm.queries import counts, matching, visibility
from crm.queries.days import when_of
from crm.queries.engagements.rows import Body, bodies, columns, people, present, title
from crm.queries.facets import owned
from crm.queries.scope import Scope, certain, conditions, possible, stood, takes_part, tree
from crm.work import Work

COUNTED_AT_MOST = 1000
EVERYTHING = Scope(anybody=True, statuses=tuple(STATUSES))

_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{6})\.(\d{1,18})\.(\d{1,18})")
NO_TIME = dt.time(23, 59, 59)


class Cursor(NamedTuple):
    """A place in the list: the day, time and numbers of the row next to it."""

    day: dt.date
    time: dt.time
    id: int
    part: int = 0

    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.time:%H%M%S}.{self.id}.{self.part}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """The place that an address names, none if it names none."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            return None
        try:
            time = dt.datetime.strptime(found[2], "%H%M%S").time()  # noqa: DTZ007
            return cls(dt.date.fromisoformat(found[1]), time, int(found[3]), int(found[4]))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which engagements are meant.

    :param certainty: ``certain`` or ``possible`` in the span of the scope; empty for both
    :param text: words of the subject, summary, notes, file reference or place, or of whoever took part
    :param per: ``engagement``, or ``contact`` for one row for each body met in it
    :param also: a body that took part too: the row of a table of counts
    :param acting: an actor that took part too: the column of a table by actor
    :param beside: of ``also``, what is never in its count: a key of :func:`crm.queries.counts.aside`
    :param owner_id: the member who is responsible, :data:`crm.queries.facets.NOBODY` for nobody
    :param visibility: a key of :data:`crm.models.engagements.VISIBILITIES`
    """

    scope: Scope = field(default=EVERYTHING)
    certainty: str = ""
    text: str = ""
    per: str = "engagement"
    also: int | None = None
    acting: int | None = None
    beside: str = ""
    owner_id: int | None = None
    visibility: str = ""


class EngagementRow(NamedTuple):
    """One engagement in a list, or one contact of it."""

    id: int
    version: int
    kind: str
    status: str
    when: When
    subject: str
    title: str
    is_readable: bool
    visibility: str
    owner_id: int | None
    owner: str | None
    bodies: tuple[Body, ...]
    actors: tuple[Body, ...]
    people: tuple[str, ...]
    colleagues: tuple[str, ...]
    contact: Body | None
    cursor: Cursor


class Page(NamedTuple):
    """Rows with the places before and after them, where there are more."""

    rows: list[EngagementRow]
    previous: Cursor | None
    next: Cursor | None


def listed(
    work: Work,
    wanted: Filter,
    *,
    newest_first: bool = True,
    after: Cursor | None = None,
    before: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """One page of the list; engagements of one day stand in the order of their times."""
    statement, index = statement_of(work, wanted)
    backwards = before is not None
    place = before or after
    # Going back, rows are read away from the place and turned round again.
    descending = newest_first != backwards
    if place is not None:
        statement = statement.where(_beyond(place, wanted.per, descending, index))
    keys = _order(wanted.per, index)
    statement = statement.order_by(*(key.desc() if descending else key for key in keys)).limit(limit + 1)
    found = list(work.session.execute(statement).all())
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    rows = built(work, found)
    earlier = rows[0].cursor if rows and (more if backwards else place is not None) else None
    later = rows[-1].cursor if rows and (True if backwards else more) else None
    return Page(rows, earlier, later)


def places(work: Work, wanted: Filter, *, after: Cursor | None = None, limit: int = 500) -> list[Cursor]:
    """Where the rows of the list stand, the oldest first, for whoever reads them in a way of its own."""
    statement, index = statement_of(work, wanted)
    if after is not None:
        statement = statement.where(_beyond(after, wanted.per, False, index))
    order = _order(wanted.per, index)
    found = statement.with_only_columns(*_keys(wanted.per)).order_by(*order).limit(limit)
    return [Cursor(*row) for row in work.session.execute(found)]


def place_before(work: Work, wanted: Filter, skipped: int, *, newest_first: bool = True) -> Cursor | None:
    """Where the last of the first ``skipped`` rows stands: the next row begins a page; none beyond the end.

    Only what orders the rows is read, so that an index alone answers for the plain list, however far the page is.
    """
    statement, index = statement_of(work, wanted)
    order = _order(wanted.per, index)
    keys = statement.with_only_columns(*_keys(wanted.per))
    keys = keys.order_by(*(key.desc() if newest_first else key for key in order)).limit(1).offset(skipped - 1)
    found = work.session.execute(keys).first()
    return None if found is None else Cursor(*found)


class Numbers(NamedTuple):
    """How many rows a list has, and how many engagements in the whole log await to be settled (see :func:`unsettled`).

    :ivar listed: counted up to :data:`COUNTED_AT_MOST` and one more
    """

    listed: int
    unsettled: int


def numbers_of(work: Work, wanted: Filter) -> Numbers:
    """Both at once."""
    some = statement_of(work, wanted)[0].with_only_columns(Engagement.id).order_by(None).limit(COUNTED_AT_MOST + 1)
    listed = select(func.count()).select_from(some.subquery()).scalar_subquery()
    unsettled = select(func.count(Engagement.id)).where(*_unsettled(work, None)).scalar_subquery()
    return Numbers(*work.session.execute(select(listed, unsettled)).one())


def logged_last(work: Work, *, limit: int = 50) -> list[EngagementRow]:
    """What has come to something by today, in the order in which it was logged, the latest first."""
    wanted = Filter(scope=replace(EVERYTHING, until=work.today()))
    # Said by what is left out, as nearly all is in: an index on the status would have every row read and sorted.
    statement = statement_of(work, wanted)[0].where(Engagement.status.not_in(("planned", "drafted")))
    return built(work, work.session.execute(statement.order_by(Engagement.id.desc()).limit(limit)).all())


def numbers(work: Work, wanted: Filter) -> Select[Any]:
    """The numbers of the engagements in the list."""
    return statement_of(work, wanted)[0].with_only_columns(Engagement.id).order_by(None)


def unsettled(work: Work, *, owner_id: int | None = None, limit: int = 200) -> list[EngagementRow]:
    """What was planned for days that are over, the oldest first: did it take place?

    :param owner_id: one member's; none for everybody's
    """
    statement = columns(work).add_columns(_part()).where(*_unsettled(work, owner_id))
    keys = (func.coalesce(Engagement.end_day, Engagement.last_day), Engagement.id)
    return built(work, work.session.execute(statement.order_by(*keys).limit(limit)).all())


def unsettled_number(work: Work, *, owner_id: int | None = None) -> int:
    """How many await that answer."""
    found = work.session.scalar(select(func.count(Engagement.id)).where(*_unsettled(work, owner_id)))
    return int(found or 0)


def _unsettled(work: Work, owner_id: int | None) -> list[ColumnElement[bool]]:
    is_over = func.coalesce(Engagement.end_day, Engagement.last_day) < work.today()
    # Who may not read it cannot say what came of it either.
    found = [Engagement.status == "planned", Engagement.binned_at.is_(None), is_over, visibility.content_visible(work)]
    return found if owner_id is None else [*found, Engagement.owner_id == owner_id]


def statement_of(work: Work, wanted: Filter) -> tuple[Select[*tuple[Any, ...]], matching.Index | None]:
    """What is listed, and the search index that it is read from in order, if words are looked for."""
    scope = wanted.scope
    if wanted.beside:
        scope = counts.whatever_came(scope)
    statement = columns(work).where(*conditions(work, scope), _within(wanted))
    if wanted.per == "contact":
        statement = statement.add_columns(Participation.id.label("part"), *_body())
        statement = statement.join(Participation, Participation.engagement_id == Engagement.id)
        statement = statement.join(Organisation, Organisation.id == Participation.organisation_id)
        statement = statement.where(counts.is_contact())
        for branch in (scope.bodies, () if wanted.also is None else (wanted.also,)):
            if branch:
                statement = statement.where(_below(work, scope, branch))
    else:
        statement = statement.add_columns(_part())
    if wanted.also is not None:
        statement = statement.where(_has(work, wanted))
    if wanted.acting is not None:
        statement = statement.where(_acts(work, wanted.scope, wanted.acting))
    if wanted.owner_id is not None:
        # Who is responsible for a hidden one is said to nobody who may not read it.
        statement = statement.where(visibility.content_visible(work), owned(Engagement.owner_id, wanted.owner_id))
    if wanted.visibility:
        statement = statement.where(Engagement.visibility == wanted.visibility)
    typed = matching.typed(work, wanted.text)
    if typed.is_empty:
        return statement, None
    index, condition = matching.engagements_saying(work, typed)
    return statement.join(index.table, condition), index


def _part() -> ColumnElement[int]:
    return literal(0).label("part")


def _body() -> tuple[ColumnElement[Any], ...]:
    return (
        Organisation.id.label("body_id"),
        Organisation.short_name.label("body_short"),
        Organisation.name.label("body_name"),
    )


def _within(wanted: Filter) -> ColumnElement[bool]:
    since, until = wanted.scope.since, wanted.scope.until
    if wanted.certainty == "possible":
        # Without a span everything is certain to lie in it.
        return possible(since, until)
    if wanted.certainty == "certain":
        return certain(since, until)
    return or_(certain(since, until), possible(since, until))


def _below(work: Work, scope: Scope, branch: Sequence[int]) -> ColumnElement[bool]:
    """The joined participation's organisation stood in one of the branches that day."""
    closure = tree(work, scope)
    inside = and_(closure.c.descendant_id == Participation.organisation_id, closure.c.ancestor_id.in_(branch))
    return select(closure.c.ancestor_id).where(inside, stood(closure)).correlate(Engagement, Participation).exists()


def _has(work: Work, wanted: Filter) -> ColumnElement[bool]:
    closure = tree(work, wanted.scope)
    how = counts.aside()[wanted.beside] if wanted.beside else takes_part(wanted.scope, "counterpart")
    inner = (
        select(Participation.id)
        .join(
            closure,
            and_(closure.c.descendant_id == Participation.organisation_id, closure.c.ancestor_id == wanted.also),
        )
        .where(Participation.engagement_id == Engagement.id, stood(closure), how)
    )
    return inner.correlate(Engagement).exists()


def _acts(work: Work, scope: Scope, actor_id: int) -> ColumnElement[bool]:
    # A column of chosen actors is a branch; of anybody it is one organisation named directly.
    named = replace(scope, direct=scope.direct or not scope.actors)
    acting, above = aliased(Participation), tree(work, named).alias("acting_tree")
    inner = (
        select(acting.id)
        .join(above, and_(above.c.descendant_id == acting.organisation_id, above.c.ancestor_id == actor_id))
        .where(acting.engagement_id == Engagement.id, takes_part(scope, "actor", acting), stood(above))
    )
    return inner.correlate(Engagement).exists()


def _keys(per: str) -> tuple[ColumnElement[Any], ...]:
    time = func.coalesce(Engagement.start_time, literal(NO_TIME, Time))
    keys: tuple[ColumnElement[Any], ...] = (Engagement.first_day.expression, time, Engagement.id.expression)
    return (*keys, Participation.id.expression) if per == "contact" else keys


def _order(per: str, index: matching.Index | None) -> tuple[ColumnElement[Any], ...]:
    if index is None:
        return _keys(per)
    # The index stands in the same order, so that the hits of a common word are not sorted.
    return (index.key, Participation.id.expression) if per == "contact" else (index.key,)


def _beyond(place: Cursor, per: str, descending: bool, index: matching.Index | None) -> ColumnElement[bool]:
    if index is not None:
        return _beyond_hit(place, per, descending, index)
    day, time, *numbers = _keys(per)
    values: list[Any] = [literal(place.day, Date), literal(place.time, Time), place.id, place.part]
    keys = [day, time, *numbers]
    found: ColumnElement[bool] | None = None
    for key, value in reversed(list(zip(keys, values[: len(keys)], strict=True))):
        further = key < value if descending else key > value
        found = further if found is None else or_(further, and_(key == value, found))
    assert found is not None
    # Said once more on its own, so that the index on the day is used.
    return and_(day <= values[0] if descending else day >= values[0], found)


def _beyond_hit(place: Cursor, per: str, descending: bool, index: matching.Index) -> ColumnElement[bool]:
    face = WHOLE if descending else FACE
    at = literal(search_place("engagement", min(max(place.id, 1), ID_MASK), place.day, place.time, face), BigInteger)
    further = index.key < at if descending else index.key > at
    if per != "contact":
        return further
    part = Participation.id < place.part if descending else Participation.id > place.part
    return or_(further, and_(Engagement.id == place.id, part))


def built(work: Work, found: Sequence[Any]) -> list[EngagementRow]:
    parties = present(work, (row.id for row in found))
    return [_row(row, parties.get(row.id, [])) for row in found]


def _row(row: Any, parties: Sequence[Any]) -> EngagementRow:
    met = bodies(parties, "counterpart")
    time = row.start_time or NO_TIME
    contact = None
    if row.part:
        contact = Body(row.body_id, row.body_short or row.body_name, row.body_name)
    return EngagementRow(
        id=row.id,
        version=row.version,
        kind=row.kind,
        status=row.status,
        when=when_of(row),
        subject=row.subject,
        title=title(row.kind, row.subject, met),
        is_readable=row.is_readable,
        visibility=row.visibility,
        owner_id=row.owner_id,
        owner=row.owner,
        bodies=met,
        actors=bodies(parties, "actor"),
        people=people(parties, "counterpart"),
        colleagues=people(parties, "actor"),
        contact=contact,
        cursor=Cursor(row.first_day, time.replace(microsecond=0), row.id, row.part),
    )
