"""Who took part in an engagement: organisations and people, on which side, in which role, and whether they came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from crm.errors import Invalid
from crm.models import Engagement, Organisation, Participation, Person
from crm.models.engagements import ACCEPTANCES, ROLES, SIDES
from crm.services import dispatches, people, references
from crm.services.values import choice
from crm.work import Work


class Party(NamedTuple):
    """One line of who took part.

    :param side: ``actor``, ``counterpart`` or ``third``
    :param role: empty for the usual one of that side in such an engagement
    :param post_id: the post the person held there that day; none for the one the log knows of
    """

    organisation_id: int
    person_id: int | None = None
    side: str = "counterpart"
    role: str = ""
    acceptance: str = ""
    post_id: int | None = None


_OURS = (
    select(Organisation)
    .where(Organisation.is_ours.is_(True), Organisation.binned_at.is_(None))
    .order_by(Organisation.sort)
)


def set_parties(work: Work, engagement: Engagement, parties: Sequence[Party]) -> None:
    """Makes ``parties`` those who took part; with no actor among them our own organisation is taken.

    :raises Invalid: no counterpart, an organisation or person that does not exist, or a copy of a letter that was
        sent would be lost
    """
    parties = list(dict.fromkeys(parties))
    if not any(party.side == "counterpart" for party in parties):
        raise Invalid("bodies", "Name at least one body that was met or written to.")
    if not any(party.side == "actor" for party in parties):
        parties = [*_our_side(work), *parties]
    existing = list(engagement.participations)
    _refuse_unknown(work, existing, parties)
    kept: list[Participation] = []
    for position, party in enumerate(parties):
        side = choice("side", party.side, SIDES)
        role = choice("role", party.role or usual_role(engagement, side), ROLES)
        wanted = Party(party.organisation_id, party.person_id, side, role)
        participation = _known(existing, parties, wanted)
        participation.person_id, participation.role = party.person_id, role
        participation.acceptance = choice("acceptance", party.acceptance, ACCEPTANCES)
        participation.position = position
        participation.post_id = _post(work, engagement, party)
        kept.append(participation)
    if engagement.status == "sent":
        dispatches.refuse_loss(existing)
    engagement.participations = kept


def usual_role(engagement: Engagement, side: str) -> str:
    """The role that ``side`` has in ``engagement`` unless somebody says otherwise."""
    if not engagement.is_writing or side == "third":
        return "attendee"
    writes = "counterpart" if engagement.status == "received" else "actor"
    return "signatory" if side == writes else "addressee"


def our_organisations(work: Work) -> list[Organisation]:
    """The organisations marked as ours, by name."""
    found = list(work.session.scalars(_OURS))
    work.hold(found)
    return found


def _our_side(work: Work) -> list[Party]:
    ours = our_organisations(work)
    if len(ours) != 1:
        known = "Nobody is marked as ours yet" if not ours else "Several organisations are ours"
        raise Invalid("actors", f"{known}: say on whose behalf contact was made.")
    return [Party(ours[0].id, side="actor")]


def _post(work: Work, engagement: Engagement, party: Party) -> int | None:
    if party.person_id is None or party.post_id is not None:
        return party.post_id
    return people.post_on(work, party.person_id, party.organisation_id, engagement.first_day)


def _refuse_unknown(work: Work, existing: Sequence[Participation], parties: Sequence[Party]) -> None:
    """Holds new names against the log; who took part before stays, even if in the bin by now."""
    before = {old.organisation_id for old in existing}
    for side, field in (("counterpart", "bodies"), ("actor", "actors"), ("third", "third")):
        named = [party.organisation_id for party in parties if party.side == side]
        references.organisations(work, field, [body for body in named if body not in before])
    met = {old.person_id for old in existing}
    new = {party.person_id for party in parties if party.person_id is not None} - met
    if new:
        found = work.session.scalars(select(Person.id).where(Person.id.in_(new), Person.binned_at.is_(None)))
        if new - set(found):
            raise Invalid("people", "One of the people chosen is no longer in the log; choose again.")


def _known(existing: list[Participation], parties: Sequence[Party], wanted: Party) -> Participation:
    """The participation that stays, taken out of ``existing``, or a new one.

    A body whose person is named, changed or taken away stays the same participation, and its copy of a letter with it.
    """
    claimed = {(party.organisation_id, party.person_id, party.side) for party in parties}
    for is_same in (
        lambda old: (old.person_id, old.role) == (wanted.person_id, wanted.role),
        lambda old: old.person_id == wanted.person_id,
        lambda old: (old.organisation_id, old.person_id, old.side) not in claimed,
    ):
        for old in existing:
            if (old.organisation_id, old.side) == (wanted.organisation_id, wanted.side) and is_same(old):
                existing.remove(old)
                return old
    return Participation(organisation_id=wanted.organisation_id, side=wanted.side, dispatch=None)
