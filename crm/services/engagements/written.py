"""The lines that say who took part in a stored engagement: what :mod:`.lines` reads, written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crm.models import Engagement, Organisation, Participation
from crm.services.engagements.lines import Role, Typed
from crm.services.engagements.parties import usual_role
from crm.services.engagements.seats import person_line, place_names


def typed(engagement: Engagement) -> Typed:
    """The lines that say who took part in a stored engagement; participations and what they name must be loaded."""
    sides: dict[str, dict[int, Organisation]] = {"actor": {}, "counterpart": {}, "third": {}, "copy": {}}
    for party in engagement.participations:
        side = "copy" if party.side == "counterpart" and party.role == "copy" else party.side
        sides[side].setdefault(party.organisation_id, party.organisation)
    met = [*sides["counterpart"].values(), *sides["third"].values(), *sides["copy"].values()]
    return Typed(
        bodies=organisation_lines(sides["counterpart"].values()),
        third=organisation_lines(sides["third"].values()),
        copies=organisation_lines(sides["copy"].values()),
        actors=organisation_lines(sides["actor"].values()),
        people=_people_lines([p for p in engagement.participations if p.side != "actor"], met, is_met=True),
        colleagues=_people_lines(
            [p for p in engagement.participations if p.side == "actor"], list(sides["actor"].values())
        ),
        roles=_roles_of(engagement),
    )


def organisation_lines(found: Iterable[Organisation]) -> str:
    """One line for each organisation."""
    return "\n".join(f"{one.name} [#{one.id}]" for one in found)


def _people_lines(found: Sequence[Participation], among: Sequence[Organisation], *, is_met: bool = False) -> str:
    places = place_names(among)
    return "\n".join(
        person_line(
            party.person.name,
            party.post.title if party.post is not None else "",
            # Without a post there, it might be found by a post that the person holds elsewhere.
            places[party.organisation_id] if len(places) > 1 or (is_met and party.post is None) else "",
            str(party.person.id),
        )
        for party in found
        if party.person is not None
    )


def _roles_of(engagement: Engagement) -> list[Role]:
    """What is not the usual: one line for an organisation of which all is the same, else one for each person."""
    groups: dict[tuple[int, str], list[Participation]] = {}
    for party in engagement.participations:
        groups.setdefault((party.organisation_id, party.side), []).append(party)
    found: list[Role] = []
    for (_, side), group in groups.items():
        said = [_said(engagement, party, side) for party in group]
        same = all(one == said[0] for one in said)
        for party, words in list(zip(group, said, strict=True))[: 1 if same else None]:
            who = party.organisation.name if same or party.person is None else party.person.name
            number = party.organisation_id if same or party.person is None else f"p{party.person.id}"
            found += [Role(f"{who} [#{number}]", word) for word in words]
    return found


def _said(engagement: Engagement, party: Participation, side: str) -> list[str]:
    role = party.role if party.role not in ("copy", usual_role(engagement, side)) else ""
    return [word for word in (role, party.acceptance) if word]
