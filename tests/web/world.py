"""A small log in which everything that a colleague may not read carries a mark, to be looked for everywhere."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from crm.dates import When, parse_when
from crm.instance import Instance
from crm.models import (
    DiscussionPoint,
    Dispatch,
    EngagementTopic,
    Organisation,
    Participation,
)
from crm.services import (
    attachments,
    commitments,
    engagements,
    feeds,
    followups,
    imports,
    letters,
    lists,
    organisations,
    people,
    topics,
)
from crm.services.attachments import Upload
from crm.services.engagements import Party, Point
from crm.settings import Settings
from crm.testing.fixtures import persona
from crm.work import Work

BODY = "Ministry for Examples"
SECRET_WORD = "quokka"
"""stands in every text of what is kept from the colleague; no page has another reason to hold it"""
HERALD = "narwhal"
"""stands in the name of the person who took part, who is a record of their own and may be seen as such"""


@dataclass
class World:
    """Numbers of records, by kind as in :data:`tests.pages.RECORDS`."""

    #: What every member may see.
    open: dict[str, int] = field(default_factory=dict)
    #: What hangs on an engagement that only its owner may know of.
    kept: dict[str, int] = field(default_factory=dict)
    #: What hangs on an engagement that counts for everybody and is read by its owner only.
    hidden: dict[str, int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


def build(instance: Instance) -> World:
    """Fills an installation with personas; everything is the work of the persona ``owner``."""
    world = World()
    owner = persona(instance, "owner")
    with instance.writing(owner, door="web") as work:
        body = organisations.create(work, name=BODY, kind="other", aliases=["MoE"])
        other = organisations.create(work, name="Agency of Samples", kind="other")
        employer = organisations.create(work, name="Employer elsewhere", kind="other")
        topic = topics.create(work, name="Open topic")
        herald = people.create(work, name=f"Nora {HERALD}")
        people.appoint(work, herald.id, employer.id, title="Head")
        milestone = topics.add_milestone(
            work, kind="vote", title="The vote", when=_day(work, "1 June 2026", False), topic_id=topic.id
        )
        group = lists.create(work, name="Two bodies", organisation_ids=[body.id, other.id])
        shared = {"organisation": body.id, "topic": topic.id, "person": herald.id, "milestone": milestone.id}
        table = b"Date,Organisation\n1 May 2026,Agency of Samples\nsoon,Agency of Samples\n"
        shared["import_run"] = imports.begin(work, instance.settings.data, "old.csv", table, "engagements").id
        shared |= {"organisation_list": group.id, "member": owner.id}
        both, about, settings = [body, other], (herald.id, topic.id), instance.settings
        world.open = {**shared, **log_everything(work, settings, "team", both, about, "open")}
        world.kept = {**shared, **log_everything(work, settings, "members", both, about, SECRET_WORD)}
        world.hidden = {**shared, **log_everything(work, settings, "hidden", both, about, SECRET_WORD)}
        feed, secret = feeds.create(work, scope="team", label="Of the owner")
        world.open["feed"] = world.kept["feed"] = world.hidden["feed"] = feed.id
        world.secrets["owner"] = secret
    for name in ("colleague", "reader"):
        with instance.writing(persona(instance, name), door="web") as work:
            _, world.secrets[name] = feeds.create(work, scope="team", label=f"Of the {name}")
    return world


def _day(work: Work, typed: str, past: bool = True) -> When:
    return parse_when(typed, today=work.today(), past=past, zone=work.zone)


def log_everything(
    work: Work,
    settings: Settings,
    visibility: str,
    bodies: list[Organisation],
    about: tuple[int, int],
    word: str,
) -> dict[str, int]:
    """A meeting and a letter with everything that can hang on them; the numbers of all of it.

    :param about: numbers of a person met and a topic
    """
    person_id, topic_id = about
    hangs: dict[str, Any] = {
        "new_commitments": [
            {"kind": "offer", "wording": f"We offer {word}", "made_by_id": bodies[0].id, "made_to_ids": [bodies[1].id]}
        ],
        "new_follow_ups": [{"title": f"Ask about {word}", "due": _day(work, "1 June 2026", False)}],
    }
    meeting = engagements.log(
        work,
        kind="meeting",
        when=_day(work, "11 May 2026 10:00"),
        parties=[Party(bodies[0].id, person_id), Party(bodies[1].id)],
        subject=f"About {word}",
        summary=f"Summary of {word}",
        notes=f"Notes on {word}",
        place=f"Room {word}",
        file_reference=f"File {word}",
        intended_result=f"Result {word}",
        visibility=visibility,
        topic_ids=[topic_id],
        points=[Point(f"Point on {word}", bodies[0].id, f"Position on {word}", f"Conclusion on {word}")],
        **hangs,
    )
    letter = engagements.log(
        work,
        kind="letter",
        status="drafted",
        when=_day(work, "12 May 2026"),
        parties=[Party(body.id) for body in bodies],
        subject=f"Letter about {word}",
        summary=f"Letter of {word}",
        visibility=visibility,
    )
    letters.send(work, letter.id, _day(work, "12 May 2026"), answer_by=_day(work, "14 May 2026", False))
    copies = select(Dispatch.id).join(Participation, Participation.id == Dispatch.participation_id)
    upload = Upload(f"Minutes of {word}.txt", io.BytesIO(f"Minutes of {word}".encode()))
    found = {
        "engagement": meeting.id,
        "attachment": attachments.add(work, settings, meeting, [upload])[0].id,
        "letter": letter.id,
        "dispatch": work.session.scalars(copies.where(Participation.engagement_id == letter.id)).first() or 0,
        "point": work.session.scalars(select(DiscussionPoint.id).filter_by(engagement_id=meeting.id)).one(),
    }
    found["commitment"] = commitments.make(
        work,
        kind="request",
        wording=f"We ask for {word}",
        made_by_id=bodies[0].id,
        made_to_ids=[bodies[1].id],
        engagement=meeting,
    ).id
    found["follow_up"] = followups.add(
        work, title=f"Remember {word}", due=_day(work, "2 June 2026", False), engagement_id=meeting.id
    ).id
    assert work.session.scalar(select(EngagementTopic.topic_id).filter_by(engagement_id=meeting.id)) == topic_id
    return found
