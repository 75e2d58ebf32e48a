"""Enters the log of the invented observer."""

from __future__ import annotations

import io
from collections.abc import Callable

from sqlalchemy import select

from crm.models import Engagement, InstanceSetting, Member
from crm.services import (
    attachments,
    commitments,
    engagements,
    followups,
    letters,
    members,
    organisations,
    people,
    topics,
)
from crm.services.attachments import Upload
from crm.services.demo import script
from crm.services.demo.script import Entry
from crm.services.demo.seed_case import ACTION_PLAN, MODEL_ACCESS
from crm.services.demo.stage import INVENTED, MARK, body, day, listed, person, topic, when, words
from crm.services.engagements import Party, Point
from crm.settings import Settings
from crm.work import Work

COLLEAGUE = "colleague.demo@example.org"


def bodies_and_people(work: Work) -> None:
    """The observer, its client and a rival, with everybody's people."""
    for values in script.ORGANISATIONS:
        organisations.create(work, notes=INVENTED, source=INVENTED, **values)
    for name, organisation, title, seniority in script.PEOPLE:
        created = people.create(work, name=name, notes=INVENTED)
        people.appoint(work, created.id, body(work, organisation), title=title, seniority=seniority)
    if work.member is not None:
        # Has no password, so nobody can sign in as him.
        members.add(work, email=COLLEAGUE, name=script.BERG, role="member")
    organisations.amend(work, body(work, "ec-dg-cnect"), goal_days=60)
    organisations.amend(work, body(work, "uk-dsit"), goal_days=90)
    if work.session.get(InstanceSetting, "organisation_name") is None:
        work.act("instance.name", None, name=script.OBSERVER)
        work.session.add(InstanceSetting(key="organisation_name", value=script.OBSERVER))


def logged(entry: Entry) -> Callable[[Work], None]:
    """The step that logs one engagement."""

    def step(work: Work) -> None:
        log(work, entry)

    return step


def log(work: Work, entry: Entry) -> Engagement:
    """Logs one engagement of the script."""
    colleagues = {script.ALMEIDA, script.BERG} & set(entry.colleagues)
    parties = [Party(body(work, script.OBSERVER), person(work, name), side="actor") for name in sorted(colleagues)]
    parties += [
        Party(body(work, name), side="actor") for name in entry.actors if name != script.OBSERVER or not parties
    ]
    named = {name: title for name, title, _, _ in script.PEOPLE}
    met = {
        organisation: [name for name in entry.people if named[name] == organisation] for organisation in entry.bodies
    }
    for organisation, there in met.items():
        parties += [Party(body(work, organisation), person(work, name)) for name in there] or [
            Party(body(work, organisation))
        ]
    parties += [Party(body(work, name), side=side, acceptance=came) for name, side, came in entry.others]
    return engagements.log(
        work,
        kind=entry.kind,
        status=entry.status,
        when=when(work, entry.when, past=entry.status in ("held", "sent", "received")),
        parties=parties,
        topic_ids=[topic(work, name) for name in entry.topics],
        points=[
            Point(point, body(work, raised_by), positions, conclusion)
            for point, raised_by, positions, conclusion in entry.points
        ],
        initiated_by=entry.initiated_by,
        subject=entry.subject,
        summary=entry.summary,
        notes=INVENTED,
        place=entry.place,
        file_reference=entry.code,
        visibility=entry.visibility,
        intended_result=entry.result,
        follows_id=_numbered(work, entry.follows) if entry.follows else None,
        owner_id=_colleague(work) if entry.colleagues == (script.BERG,) else work.member_id,
    )


def refusal(work: Work) -> None:
    """The meeting that was asked for is declined."""
    engagements.decline(
        work,
        _numbered(work, script.REQUEST.code),
        by_id=body(work, "ep-itre"),
        on=day(work, -259),
        notice="three days before",
        reason="No time before the vote in committee.",
    )


def move(work: Work) -> None:
    """A meeting is moved, keeping the date it had."""
    to = when(work, "{+20} 11:00–12:00", past=False)
    engagements.postpone(work, _numbered(work, script.MOVED.code), to=to, reason="Illness.")


def circular(work: Work) -> None:
    """One letter to all permanent representations, drafted."""
    addressees = listed(work, "permanent-representations")
    engagements.log(
        work,
        kind="letter",
        status="drafted",
        when=when(work, script.CIRCULAR.when),
        parties=[
            Party(body(work, script.OBSERVER), person(work, script.ALMEIDA), side="actor", role="signatory"),
            *(Party(addressee, role="addressee") for addressee in addressees),
        ],
        topic_ids=[topic(work, name) for name in script.CIRCULAR.topics],
        initiated_by="us",
        subject=script.CIRCULAR.subject,
        summary=script.CIRCULAR.summary,
        notes=INVENTED,
        file_reference=script.CIRCULAR.code,
    )


def sending(work: Work) -> None:
    """The letter is sent, asking for an answer by a day."""
    letters.send(
        work,
        _numbered(work, script.CIRCULAR.code),
        when(work, script.CIRCULAR.when),
        answer_by=when(work, "{-20}", past=False),
        channel="email",
    )


def answers(work: Work) -> None:
    """What came back: a few answers, two receipts, one refusal, silence."""
    letter = letters.get(work, _numbered(work, script.CIRCULAR.code))
    copies = {party.organisation_id: party.dispatch.id for party in letter.participations if party.dispatch is not None}
    for name, offset, outcome in script.ANSWERS:
        copy = copies[body(work, name)]
        came = when(work, f"{{{offset}}}")
        if outcome == "replied":
            letters.reply(work, copy, when=came, kind="email", notes=INVENTED)
        else:
            letters.mark(work, letter.id, [copy], outcome, came)
    letters.remind(work, letter.id, due=when(work, "{+2}", past=False))


def bargain(work: Work) -> None:
    """A meeting with points, promises in both directions, and what follows from it."""
    observer, unit, office = (body(work, name) for name in (script.OBSERVER, "ec-dg-cnect", "ec-ai-office"))
    met = log(work, script.BARGAIN)
    about = topic(work, MODEL_ACCESS)
    for kind, wording, made_by, made_to, due, state in (
        ("undertaking", "Send our figures on the cost of evaluation", observer, unit, "{-9}", "open"),
        ("offer", "Two evaluators for six months, without charge", observer, office, "", "accepted"),
        ("undertaking", "Tell us by when the offers are decided on", unit, observer, "{+25:month}", "open"),
        ("request", "A list of those who should count as trusted actors", office, observer, "{+12}", "open"),
    ):
        commitments.make(
            work,
            kind=kind,
            wording=wording,
            made_by_id=made_by,
            made_to_ids=[made_to],
            engagement=met,
            due=when(work, due, past=False) if due else None,
            state=state,
            topic_id=about,
            evidence=INVENTED,
        )
    followups.add(
        work,
        title="Collect the figures on the cost of evaluation",
        due=when(work, "{-11}", past=False),
        engagement_id=met.id,
        note=INVENTED,
    )
    followups.add(
        work,
        title="Ask ENISA who counts as a trusted actor",
        due=when(work, "{+5}", past=False),
        engagement_id=met.id,
        remind_on=day(work, 4),
        note=INVENTED,
    )


def promises(work: Work) -> None:
    """A request that was met, an undertaking that was met in part, and one that lapsed."""
    observer, cnect, dsit = (body(work, name) for name in (script.OBSERVER, "ec-dg-cnect", "uk-dsit"))
    asked = commitments.make(
        work,
        kind="request",
        wording="A short note on what independent evaluators need",
        made_by_id=cnect,
        made_to_ids=[observer],
        when=when(work, "{-352}"),
        due=when(work, "{-330}", past=True),
        engagement_id=_numbered(work, "DEMO-01"),
        evidence=INVENTED,
    )
    commitments.make(
        work,
        kind="delivery",
        wording="Note of two pages, sent by e-mail",
        made_by_id=observer,
        made_to_ids=[cnect],
        when=when(work, "{-338}"),
        fulfils_id=asked.id,
        engagement_id=_numbered(work, "DEMO-02"),
        evidence=INVENTED,
    )
    commitments.make(
        work,
        kind="undertaking",
        wording="Send the timetable of the consultation, and the draft questions",
        made_by_id=dsit,
        made_to_ids=[observer],
        when=when(work, "{-117}"),
        due=when(work, "{-60}", past=True),
        state="partly",
        condition="Once the minister has seen them",
        evidence=f"The timetable came; the questions did not. {INVENTED}",
    )
    commitments.make(
        work,
        kind="offer",
        wording="A seat at the round table in spring",
        made_by_id=body(work, script.RIVAL),
        made_to_ids=[body(work, "eu-enisa")],
        when=when(work, "{-200:month}"),
        state="lapsed",
        topic_id=topic(work, ACTION_PLAN),
        evidence=INVENTED,
    )


def to_do(work: Work) -> None:
    """Follow-ups late, due, ahead and done; and a deadline on the file."""
    for title, due, organisation in (
        ("Thank the committee’s secretariat for the hearing", "{-26}", "ep-itre"),
        ("Read the committee’s draft report", "{+0}", "ep-itre"),
        ("Prepare the figures for the meeting on costs", "{+2}", "ec-dg-cnect"),
        ("Plan the contacts of the next half-year", "{+45:month}", "eu-commission"),
    ):
        followups.add(
            work,
            title=title,
            due=when(work, due, past=False),
            organisation_id=body(work, organisation),
            owner_id=_colleague(work) if organisation == "ep-itre" else None,
            note=INVENTED,
        )
    for title, due, organisation in (
        ("Send the note that the unit asked for", "{-335}", "ec-dg-cnect"),
        ("Report to the members on the laboratory visit", "{-205}", "uk-aisi"),
    ):
        done = followups.add(
            work, title=title, due=when(work, due), organisation_id=body(work, organisation), note=INVENTED
        )
        followups.do(work, done.id, on=day(work, -200 if organisation == "uk-aisi" else -338))
    topics.add_milestone(
        work,
        kind="consultation_deadline",
        title=f"End of the consultation on trusted access {MARK}",
        when=when(work, "{+33}", past=False),
        topic_id=topic(work, ACTION_PLAN),
        organisation_id=body(work, "eu-commission"),
        note=INVENTED,
    )
    topics.add_milestone(
        work,
        kind="publication",
        title=f"Draft guidance published {MARK}",
        when=when(work, words(work, "{-95}")),
        topic_id=topic(work, MODEL_ACCESS),
        organisation_id=body(work, "ec-ai-office"),
        note=INVENTED,
    )


def papers(work: Work, settings: Settings) -> None:
    """The minutes of the meeting with the promises, as a file."""
    met = engagements.get(work, _numbered(work, script.BARGAIN.code))
    points = "\n\n".join(
        f"{point}\n{positions}\n{conclusion}" for point, _, positions, conclusion in script.BARGAIN.points
    )
    minutes = f"{script.BARGAIN.subject}\n{met.when.describe()}\n\n{points}\n\n{INVENTED}\n"
    attachments.add(work, settings, met, [Upload("minutes.txt", io.BytesIO(minutes.encode()))])


def _colleague(work: Work) -> int | None:
    return work.session.scalar(select(Member.id).where(Member.email == COLLEAGUE)) or work.member_id


def _numbered(work: Work, code: str) -> int:
    found = work.session.scalar(select(Engagement.id).where(Engagement.file_reference == code))
    if found is None:
        raise LookupError(f"the demonstration needs the engagement {code}")
    return found


STEPS: tuple[Callable[[Work], None], ...] = (
    bodies_and_people,
    *map(logged, script.PAST),
    logged(script.REQUEST),
    refusal,
    logged(script.AGREED),
    circular,
    sending,
    answers,
    bargain,
    promises,
    logged(script.MOVED),
    move,
    *map(logged, script.AHEAD),
    to_do,
)
"""every step in the order in which a team would have taken it"""
