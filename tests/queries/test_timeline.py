"""The timeline of a body: everything, newest first, page by page, and nothing that a member may not know of."""

from __future__ import annotations

import datetime as dt

from crm.dates import parse_when
from crm.instance import Instance
from crm.models import Member, Organisation
from crm.queries import letters, timeline
from crm.services import commitments, engagements, followups, organisations, topics
from crm.services import letters as letter_verbs
from crm.services.engagements import Party
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work

TODAY = dt.date(2026, 5, 20)


def when(text: str) -> object:
    return parse_when(text, today=TODAY, past=True)


def titles(work: Work, body: Organisation, **wanted: object) -> list[str]:
    return [entry.title for entry in timeline.timeline(work, body.id, **wanted).entries]  # type: ignore[arg-type]


def everything(work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement) -> Organisation:
    """A body with one entry of each source."""
    body, us = make_organisation("DSIT"), make_organisation("Company")
    make_engagement("4 May 2026", body, subject="Meeting on audits")
    make_engagement("1 June 2026", body, subject="Next meeting", status="planned")
    make_engagement("3 May 2026", body, kind="letter", status="received", subject="Their letter")
    commitments.make(
        work, made_by_id=us.id, made_to_ids=[body.id], kind="offer", wording="Open access", when=when("5 May 2026")
    )
    followups.add(work, title="Ring them", due=when("10 May 2026"), organisation_id=body.id)
    topics.add_milestone(work, kind="decision", title="They decide", when=when("9 July 2026"), organisation_id=body.id)
    return body


def test_everything_stands_in_one_line_newest_first(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = everything(work, make_organisation, make_engagement)
    assert titles(work, body) == [
        "They decide",
        "Next meeting",
        "Ring them",
        "Open access",
        "Meeting on audits",
        "Their letter",
    ]


def test_filter_keeps_one_sort(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = everything(work, make_organisation, make_engagement)
    assert titles(work, body, show="encounters") == ["Next meeting", "Meeting on audits"]
    assert titles(work, body, show="writings") == ["Their letter"]
    assert titles(work, body, show="commitments") == ["Open access"]
    assert titles(work, body, show="follow_ups") == ["Ring them"]
    assert titles(work, body, show="milestones") == ["They decide"]


def test_pages_follow_each_other_without_gap_or_repetition(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = everything(work, make_organisation, make_engagement)
    for number in range(4):
        make_engagement("4 May 2026", body, subject=f"Same day {number}")
    for text in ("4 May 2026 10:00", "4 May 2026 15:30", "May 2026", "about May 2026"):
        make_engagement(text, body, subject=text)
    whole = titles(work, body)
    assert len(whole) == 14
    found: list[str] = []
    after = None
    while True:
        page = timeline.timeline(work, body.id, after=after, limit=3)
        found += [entry.title for entry in page.entries]
        if page.next is None:
            break
        after = timeline.Cursor.read(str(page.next))
        assert after == page.next
    assert found == whole


def test_narrower_dates_of_one_day_stand_first_and_later_hours_before_earlier_ones(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    for text in ("May 2026", "1 May 2026 10:00", "1 May 2026 15:30", "1 May 2026"):
        make_engagement(text, body, subject=text)
    assert titles(work, body) == ["1 May 2026 15:30", "1 May 2026 10:00", "1 May 2026", "May 2026"]


def test_unreadable_place_is_no_place() -> None:
    for text in ("", "2026-05-04", "2026-13-04.2026-05-04.0000.0.1", "2026-05-04.2026-05-04.0000.7.1", "x' OR 1=1"):
        assert timeline.Cursor.read(text) is None


def test_history_stays_with_the_body_it_was_part_of_that_day(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    beis, dsit, office = make_organisation("BEIS"), make_organisation("DSIT"), make_organisation("Office for AI")
    organisations.place(work, office.id, beis.id)
    organisations.place(work, office.id, dsit.id, first=dt.date(2023, 2, 7))
    make_engagement("1 March 2022", office, subject="Under BEIS")
    make_engagement("1 March 2024", office, subject="Under DSIT")
    assert titles(work, beis) == ["Under BEIS"]
    assert titles(work, dsit) == ["Under DSIT"]
    assert titles(work, dsit, direct=True) == []
    assert titles(work, office, direct=True) == ["Under DSIT", "Under BEIS"]
    organisations.succeed(work, beis.id, [dsit.id], on=dt.date(2023, 2, 7))
    make_engagement("1 March 2021", beis, subject="With BEIS itself")
    assert titles(work, dsit, as_today=True) == ["Under DSIT", "Under BEIS", "With BEIS itself"]


def test_capacity_is_said_where_a_body_did_not_simply_take_part(
    work: Work, make_organisation: MakeOrganisation
) -> None:
    us = work.session.query(Organisation).filter_by(name="Us").one()
    met, copied, third, declined = (make_organisation(name) for name in ("Met", "Copied", "Third", "Declined"))
    engagements.log(
        work,
        kind="hearing",
        status="held",
        when=parse_when("4 May 2026", today=TODAY, past=True),
        parties=[
            Party(us.id, side="actor"),
            Party(met.id),
            Party(copied.id, role="copy"),
            Party(third.id, side="third"),
            Party(declined.id, acceptance="declined"),
        ],
    )
    notes = {body.name: timeline.timeline(work, body.id).entries[0].note for body in (us, met, copied, third, declined)}
    assert notes == {"Us": "", "Met": "", "Copied": "copy", "Third": "third party", "Declined": "declined"}


def test_letter_says_to_its_addressee_how_far_their_copy_has_come(
    instance: Instance, colleague: Member, work: Work, make_organisation: MakeOrganisation
) -> None:
    union, unit = make_organisation("Union"), make_organisation("Unit")
    organisations.place(work, unit.id, union.id)
    names = ("Answered", "Declined", "Acknowledged", "Delivered", "Late", "Held back", "Copied")
    bodies = {name: make_organisation(name) for name in names}
    letter = engagements.log(
        work,
        kind="letter",
        status="sent",
        when=when("4 May 2026"),
        visibility="hidden",
        parties=[
            *(Party(body.id, role="copy" if name == "Copied" else "addressee") for name, body in bodies.items()),
            Party(union.id),
            Party(unit.id),
        ],
    )
    ids = {row.name: row.dispatch_id for row in letters.matrix(work, letter.id)}
    letter_verbs.mark(work, letter.id, [ids["Delivered"], ids["Acknowledged"]], "delivered", when("6 May 2026"))
    letter_verbs.mark(work, letter.id, [ids["Acknowledged"]], "acknowledged", when("7 May 2026"))
    letter_verbs.mark(work, letter.id, [ids["Declined"]], "declined", when("8 May 2026"))
    letter_verbs.reply(work, ids["Answered"], when=when("9 May 2026"))
    letter_verbs.arrange(work, letter.id, [ids["Late"]], answer_by=when("10 May 2026"))
    due = parse_when("1 June 2026", today=TODAY, past=False)
    letter_verbs.arrange(work, letter.id, [ids["Delivered"]], answer_by=due)
    letter_verbs.clear(work, letter.id, [ids["Held back"]], "sent")
    bodies |= {"Union": union, "Unit": unit}

    def notes(work: Work) -> dict[str, str]:
        return {
            name: next(one.note for one in timeline.timeline(work, body.id).entries if one.id == letter.id)
            for name, body in bodies.items()
        }

    assert notes(work) == {
        "Answered": "answered 9 May 2026",
        "Declined": "declined 8 May 2026",
        "Acknowledged": "acknowledged 7 May 2026, awaiting an answer",
        "Delivered": "delivered 6 May 2026, awaiting an answer by 1 Jun 2026",
        "Late": "sent 4 May 2026, no answer by 10 May 2026",
        "Held back": "not sent to them",
        "Copied": "copy",
        "Union": "answered 0 of 2; awaiting 2",
        "Unit": "sent 4 May 2026, awaiting an answer",
    }
    work.commit()
    with instance.reading(colleague, door="web") as hers:
        assert {name for name, note in notes(hers).items() if note} == {"Copied"}


def test_member_sees_what_is_hers_to_see(
    instance: Instance,
    colleague: Member,
    work: Work,
    make_organisation: MakeOrganisation,
    make_engagement: MakeEngagement,
) -> None:
    body = make_organisation("DSIT")
    make_engagement("1 May 2026", body, subject="For all")
    make_engagement("2 May 2026", body, subject="Content hidden", visibility="hidden")
    secret = make_engagement("3 May 2026", body, subject="Named members", visibility="members")
    followups.add(work, title="Secret task", engagement_id=secret.id)
    commitments.make(
        work,
        made_by_id=body.id,
        made_to_ids=[make_organisation("Company").id],
        kind="offer",
        wording="Secret offer",
        when=when("4 May 2026"),
        engagement_id=secret.id,
    )
    assert titles(work, body) == ["Secret task", "Secret offer", "Named members", "Content hidden", "For all"]
    work.commit()
    with instance.reading(colleague, door="web") as hers:
        assert titles(hers, body) == ["Meeting: DSIT", "For all"]
        assert timeline.timeline(hers, body.id).entries[0].is_readable is False
        assert timeline.open_follow_ups(hers, [body.id]) == []


def test_binned_records_are_gone(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    engagements.bin(work, make_engagement("1 May 2026", body).id)
    followups.bin(work, followups.add(work, title="Gone", organisation_id=body.id).id)
    assert titles(work, body) == []


def test_follow_ups_of_a_body_are_those_said_of_it_and_those_from_its_engagements(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body, other = make_organisation("DSIT"), make_organisation("Other")
    meeting = make_engagement("1 May 2026", body)
    followups.add(work, title="Undated", engagement_id=meeting.id)
    followups.add(work, title="Late", due=when("10 May 2026"), organisation_id=body.id)
    followups.add(work, title="Elsewhere", organisation_id=other.id)
    done = followups.add(work, title="Done", organisation_id=body.id)
    followups.do(work, done.id)
    found = timeline.open_follow_ups(work, [body.id])
    assert [(entry.title, entry.state) for entry in found] == [("Late", "late"), ("Undated", "open")]
    assert {entry.title: entry.when for entry in found} == {"Late": "10 May 2026", "Undated": "no date"}


def test_milestones_ahead_are_those_that_may_still_come(work: Work, make_organisation: MakeOrganisation) -> None:
    body = make_organisation("Parliament")
    for title, text in (("Past", "1 May 2026"), ("This month", "May 2026"), ("Next", "1 July 2026")):
        topics.add_milestone(work, kind="vote", title=title, when=when(text), organisation_id=body.id)
    assert [entry.title for entry in timeline.milestones_ahead(work, [body.id])] == ["This month", "Next"]


def test_promise_made_at_an_hour_stands_with_it(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    body = make_organisation("DSIT")
    meeting = make_engagement("4 May 2026 14:30", body)
    commitments.make(
        work,
        kind="offer",
        wording="Open access",
        made_by_id=body.id,
        made_to_ids=[make_organisation("Company").id],
        engagement=meeting,
    )
    (entry,) = timeline.timeline(work, body.id, show="commitments").entries
    assert entry.when == "4 May 2026 14:30"
