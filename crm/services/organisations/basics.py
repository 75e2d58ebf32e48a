"""Create, amend, put into the bin and take out of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import selectinload

from crm.errors import Invalid, NotFound
from crm.models import (
    Commitment,
    CommitmentRecipient,
    DiscussionPoint,
    Engagement,
    FollowUp,
    Milestone,
    Organisation,
    OrganisationListEntry,
    OrganisationName,
    OrganisationParent,
    Participation,
    Post,
    Succession,
)
from crm.queries import kinds
from crm.services import references, tree
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import day_order, line, positive, short, text, web_address
from crm.text import fold
from crm.work import Work

FIELDS = ("name", "short_name", "kind", "country", "website", "founded", "closed", "notes", "goal_days", "owner_id")
FLAGS = ("is_ours", "is_client")
LONGEST_GOAL = 3650


def get(work: Work, organisation_id: int) -> Organisation:
    """One organisation with its names, identifiers and parents.

    :raises NotFound: there is none
    """
    found: Organisation | None = work.session.scalar(
        select(Organisation)
        .where(Organisation.id == organisation_id)
        .options(
            selectinload(Organisation.names),
            selectinload(Organisation.identifiers),
            selectinload(Organisation.parents).selectinload(OrganisationParent.parent),
        )
    )
    if found is None:
        raise NotFound
    return found


def create(
    work: Work,
    *,
    name: str,
    kind: str = "other",
    aliases: Sequence[str] = (),
    parent_id: int | None = None,
    parent_since: dt.date | None = None,
    may_share_name: bool = True,
    submission: str | None = None,
    **values: Any,
) -> Organisation:
    """Adds a body to the log.

    :param aliases: other names it is known by
    :param parent_id: the body it is part of, from ``parent_since`` (none: always)
    :param may_share_name: whether a name that another body bears already is meant so
    :param values: any of :data:`FIELDS` and :data:`FLAGS`, and ``key``, ``source`` for shipped bodies
    :raises Invalid: a value is missing, too long or contradicts another
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    organisation = Organisation(name="", kind="", names=[], identifiers=[], parents=[])
    work.act("organisation.create", organisation, name=name)
    _apply(work, organisation, {"name": name, "kind": kind, **values})
    if not may_share_name:
        _refuse_namesake(work, organisation)
    organisation.names = [OrganisationName(name=alias, kind="alias") for alias in _alias_names(aliases)]
    if parent_id is not None:
        tree.hold(work)
        references.organisations(work, "parent", [parent_id])
        organisation.parents = [OrganisationParent(parent_id=parent_id, first=parent_since)]
    refold(organisation)
    work.session.add(organisation)
    work.session.flush()
    if parent_id is None:
        tree.enter(work, organisation.id)
    else:
        tree.rebuild(work)
    if claimed is not None:
        claimed.reference = {"kind": "organisation", "id": organisation.id}
    return organisation


def amend(
    work: Work,
    organisation_id: int,
    *,
    version: int | None = None,
    keeps_name: bool = False,
    renamed_on: dt.date | None = None,
    **values: Any,
) -> Organisation:
    """Changes fields of a body; ``aliases``, if given, replaces the team's own other names.

    :param keeps_name: a changed name stays as a former name, until the day before ``renamed_on`` where that is known
    :raises Conflict: somebody else saved it since ``version``
    :raises Invalid: a value is refused
    """
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.expect(organisation, version)
    work.act("organisation.amend", organisation)
    aliases: Sequence[str] | None = values.pop("aliases", None)
    wanted = _alias_names(aliases) if aliases is not None else None
    before = organisation.name
    _apply(work, organisation, values)
    if wanted is not None:
        _set_aliases(organisation, wanted)
    if keeps_name and organisation.name != before:
        last = renamed_on - dt.timedelta(days=1) if renamed_on is not None else None
        day_order("renamed_on", organisation.founded, last)
        organisation.names.append(OrganisationName(name=before, kind="former", last=last))
    refold(organisation)
    work.session.flush()
    return organisation


def bin(work: Work, organisation_id: int, *, version: int | None = None) -> Organisation:
    """Puts a body that was entered by mistake into the bin.

    :raises Conflict: somebody else saved it since ``version``
    :raises Invalid: the log still names it; a body that ended is closed, not binned
    """
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.expect(organisation, version)
    if is_named(work, organisation_id):
        # What names it is not said: the member may not know of every engagement.
        raise Invalid(
            "organisation",
            f"Something in the log still names {organisation.label}: an engagement, a post, a commitment, a list or "
            "another body. If it ended, give the day on which it closed; else take it out there first.",
        )
    work.act("organisation.bin", organisation)
    organisation.binned_at = work.now()
    work.session.flush()
    return organisation


def restore(work: Work, organisation_id: int) -> Organisation:
    """Takes a body out of the bin."""
    organisation = get(work, organisation_id)
    authorise(work, WRITE, organisation)
    work.act("organisation.restore", organisation)
    organisation.binned_at = None
    work.session.flush()
    return organisation


def refold(organisation: Organisation) -> None:
    """Rebuilds the folded names of an organisation whose names are loaded."""
    organisation.fold_names([name.name for name in organisation.names])


def is_named(work: Work, body: int) -> bool:
    columns: tuple[Any, ...] = (
        Participation.organisation_id,
        Post.organisation_id,
        Commitment.made_by_id,
        CommitmentRecipient.organisation_id,
        FollowUp.organisation_id,
        Milestone.organisation_id,
        Engagement.declined_by_id,
        DiscussionPoint.raised_by_id,
        OrganisationListEntry.organisation_id,
        OrganisationParent.parent_id,
        Succession.predecessor_id,
        Succession.successor_id,
        Organisation.merged_into_id,
    )
    return bool(work.session.scalar(select(or_(*(exists().where(column == body) for column in columns)))))


def _refuse_namesake(work: Work, organisation: Organisation) -> None:
    folded = fold(organisation.name)
    found = work.session.execute(
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.names_folded.contains(f"| {folded} ", autoescape=True),
            Organisation.binned_at.is_(None),
        )
        .order_by(Organisation.sort)
        .limit(3)
    ).all()
    if found:
        listed = "; ".join(f"{name} [#{body}]" for body, name in found)
        raise Invalid(
            "name", f"There is a body of that name already: {listed}. Use it, or say that this is another one."
        )


def _alias_names(aliases: Sequence[str]) -> list[str]:
    """``aliases`` cleaned, each once however it is spelt."""
    found = {fold(alias): alias for alias in reversed([short("aliases", alias, 300) for alias in aliases])}
    return list(reversed(found.values()))


def _set_aliases(organisation: Organisation, wanted: Sequence[str]) -> None:
    folded = {fold(alias) for alias in wanted}
    kept = [name for name in organisation.names if name.kind != "alias" or fold(name.name) in folded]
    known = {fold(name.name) for name in kept}
    organisation.names = kept + [
        OrganisationName(name=alias, kind="alias") for alias in wanted if fold(alias) not in known
    ]


def _apply(work: Work, organisation: Organisation, values: dict[str, Any]) -> None:
    checked = {field: _checked(work, organisation, field, value) for field, value in values.items()}
    founded = checked.get("founded", organisation.founded)
    day_order("closed", founded, checked.get("closed", organisation.closed))
    for field, value in checked.items():
        setattr(organisation, field, value)


def _checked(work: Work, organisation: Organisation, field: str, value: Any) -> Any:
    if field == "name":
        return short(field, value, 300)
    if field == "short_name":
        return line(field, value, 80)
    if field == "kind":
        return _kind(organisation, str(value or ""))
    if field == "country":
        return _country(value)
    if field == "website":
        return web_address(field, value)
    if field == "goal_days":
        return positive(field, value, LONGEST_GOAL)
    if field == "owner_id":
        return value if value == organisation.owner_id else references.member(work, "owner", value)
    if field == "notes":
        return text(field, value)
    if field == "source":
        return line(field, value, 300)
    if field == "key":
        return line(field, value, 80) or None
    if field in ("founded", "closed"):
        return value
    if field in FLAGS:
        return bool(value)
    raise Invalid(field, "There is no such field on an organisation.")


def _kind(organisation: Organisation, value: str) -> str:
    # A kind that an import brought stays, until somebody chooses another.
    if value != organisation.kind and value not in kinds.kinds():
        raise Invalid("kind", f"“{value}” is no kind of organisation; choose one from the list.")
    return value


def _country(value: str | None) -> str:
    code = line("country", value, 20).upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise Invalid("country", "Give the two-letter country code, such as BE, or EU, or leave it empty.")
    return code
