"""What stands near an engagement that is being typed: what may be the same, and who else meets those bodies soon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    and_,
    bindparam,
    desc,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
)

from crm.dates import When
from crm.models import Engagement, Organisation, OrganisationClosure, Participation
from crm.models.engagements import ENCOUNTERS
from crm.queries import visibility
from crm.queries.days import when_of
from crm.queries.engagements.rows import Body, bodies, columns, present, title
from crm.text import like_escape, tokens
from crm.work import Work

SHOWN_AT_MOST = 5
AROUND = dt.timedelta(days=7)
SOON = dt.timedelta(days=14)
# In so few days there is less to read than with a body that is met often.
_FEW = dt.timedelta(days=31)


class Neighbour(NamedTuple):
    """One engagement near another."""

    id: int
    kind: str
    status: str
    when: When
    title: str
    is_readable: bool
    bodies: tuple[Body, ...]
    owner_id: int | None
    owner: str | None


def possible_duplicates(
    work: Work, *, kind: str, when: When, organisation_ids: Sequence[int], but: int | None = None
) -> list[Neighbour]:
    """Engagements of the same kind with one of these bodies whose possible days overlap, the nearest in time first.

    :param but: the engagement itself, when it is in the log already
    """
    if not organisation_ids:
        return []
    reach = max(when.last, when.end or when.last)
    asked = {"kind": kind, "first": when.first, "reach": reach, "bodies": list(organisation_ids), "but": but or 0}
    few = reach - when.first <= _FEW
    # Nearly always there is none at all; then nobody need be asked who may see it.
    if work.session.execute(_ANY_AROUND[few], asked).first() is None:
        return []
    # Narrow doubt first: a meeting on that very day is more likely the same than one “some day in 2026”.
    found = _around(few, visibility.visible(work)).order_by("other_day", "last_day", desc("id")).limit(SHOWN_AT_MOST)
    ids = [row.id for row in work.session.execute(found, asked)]
    built = {one.id: one for one in _built(work, columns(work).where(Engagement.id.in_(ids)))} if ids else {}
    return [built[one] for one in ids]


def meetings_nearby(
    work: Work, *, organisation_ids: Sequence[int], when: When | None, but: Sequence[int] = ()
) -> list[Neighbour]:
    """Planned meetings with these bodies, or what stands above or below them, in the next two weeks or within a week
    of ``when``: so that two colleagues do not meet the same people unawares."""
    if not organisation_ids:
        return []
    today = work.today()
    near = and_(Engagement.first_day >= today, Engagement.first_day <= today + SOON)
    if when is not None:
        around = and_(Engagement.first_day >= when.first - AROUND, Engagement.first_day <= when.first + AROUND)
        near = or_(near, around)
    over = func.coalesce(Engagement.end_day, Engagement.last_day)
    statement = _near(work, None).where(
        Engagement.status == "planned",
        Engagement.kind.in_(ENCOUNTERS),
        over >= today,
        near,
        Engagement.id.not_in(list(but)),
        _met_nearby(organisation_ids, today),
    )
    return _built(work, statement.order_by(Engagement.first_day, Engagement.id).limit(SHOWN_AT_MOST))


def recent(work: Work, text: str, *, but: int | None = None, limit: int = 10) -> list[Neighbour]:
    """Engagements whose content the member may read and says every word of ``text``, the newest first."""
    statement = _near(work, but).where(visibility.content_visible(work))
    for word in tokens(text)[:10]:
        pattern = f"% {like_escape(word)}%"
        named = exists().where(
            Participation.engagement_id == Engagement.id,
            Participation.organisation_id.in_(_named(pattern)),
        )
        statement = statement.where(or_(Engagement.search.like(pattern, escape="\\"), named))
    return _built(work, statement.order_by(Engagement.first_day.desc(), Engagement.id.desc()).limit(limit))


def actors_named_last(work: Work) -> list[int]:
    """The organisations on whose behalf the member's latest entry was."""
    latest = (
        select(Engagement.id)
        .where(Engagement.created_by_id == work.member_id, Engagement.binned_at.is_(None))
        .order_by(Engagement.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = select(Participation.organisation_id).where(
        Participation.engagement_id == latest, Participation.side == "actor"
    )
    return list(dict.fromkeys(work.session.scalars(found)))


def _named(pattern: str) -> Select[int]:
    return select(Organisation.id).where(Organisation.names_folded.like(pattern, escape="\\"))


def _near(work: Work, but: int | None) -> Select[*tuple[Any, ...]]:
    statement = columns(work).where(Engagement.binned_at.is_(None))
    return statement if but is None else statement.where(Engagement.id != but)


def _around(few: bool, visible: ColumnElement[bool]) -> CompoundSelect[Any]:
    """What overlaps the days from ``first`` to ``reach`` and met one of the ``bodies``.

    :param few: whether those are so few days that what began in them is read rather than what met the bodies
    """
    first, reach = bindparam("first", type_=Date), bindparam("reach", type_=Date)
    begun = Engagement.first_day.between(first, reach)
    # What began earlier overlaps only if it lasts, or its day is in doubt: an index holds just those.
    lasting = and_(
        Engagement.first_day < first,
        or_(Engagement.last_day > Engagement.first_day, Engagement.end_day.is_not(None)),
        func.coalesce(Engagement.end_day, Engagement.last_day) >= first,
    )
    met = select(Participation.engagement_id).where(
        Participation.side == "counterpart",
        Participation.role != "copy",
        Participation.organisation_id.in_(bindparam("bodies", expanding=True)),
    )
    other_day = (Engagement.first_day != first).label("other_day")
    near = select(Engagement.id, other_day, Engagement.last_day).where(
        Engagement.kind == bindparam("kind"),
        Engagement.binned_at.is_(None),
        Engagement.id != bindparam("but"),
        met.where(Participation.engagement_id == Engagement.id).exists() if few else Engagement.id.in_(met),
        visible,
    )
    return union_all(near.where(begun), near.where(lasting))


_ANY_AROUND = {few: _around(few, true()).limit(1) for few in (True, False)}


def _met_nearby(organisation_ids: Sequence[int], day: dt.date) -> Any:
    above, below = OrganisationClosure.__table__.alias("above"), OrganisationClosure.__table__.alias("below")
    around = (
        select(below.c.descendant_id)
        .where(below.c.ancestor_id.in_(organisation_ids), below.c.first <= day, below.c.last >= day)
        .union(
            select(above.c.ancestor_id).where(
                above.c.descendant_id.in_(organisation_ids), above.c.first <= day, above.c.last >= day
            )
        )
    )
    return exists().where(
        Participation.engagement_id == Engagement.id,
        Participation.side == "counterpart",
        Participation.role != "copy",
        Participation.organisation_id.in_(around),
    )


def _built(work: Work, statement: Select[*tuple[Any, ...]]) -> list[Neighbour]:
    found = work.session.execute(statement).all()
    parties = present(work, (row.id for row in found))
    result = []
    for row in found:
        met = bodies(parties.get(row.id, []), "counterpart")
        result.append(
            Neighbour(
                id=row.id,
                kind=row.kind,
                status=row.status,
                when=when_of(row),
                title=title(row.kind, row.subject, met),
                is_readable=row.is_readable,
                bodies=met,
                owner_id=row.owner_id,
                owner=row.owner,
            )
        )
    return result
