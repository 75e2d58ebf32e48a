"""One day in Brussels, May 2026, as a news analysis told it: who wrote to whom, who offered what, what to watch.

Facts are used with attribution; sentences only as short quotations that carry their source. What somebody claimed in
public is no engagement of the log's: it stands in notes, apart from every count.
"""

from __future__ import annotations

import datetime as dt

from crm.services import commitments, engagements, followups, organisations, people, topics
from crm.services.demo.stage import SOURCE, body, listed, person, topic, when
from crm.services.engagements import Party, Point
from crm.work import Work

OPENAI, ANTHROPIC = "OpenAI", "Anthropic"
OSBORNE = "George Osborne"
WRITTEN = "on or before 11 May 2026"
ACTION_PLAN, MODEL_ACCESS = "EU Cyber Action Plan", "Cyber-model access"
DSA, AI_ACT, DIVERGENCE = "Digital Services Act", "EU AI Act", "UK divergence"
QUOTE = "democratising access to the defensive tools that trusted actors can use to strengthen shared security"


def bodies_and_topics(work: Work) -> None:
    """The two companies, the policy files, and the man who wrote."""
    organisations.create(
        work,
        name=OPENAI,
        kind="company",
        country="US",
        notes="An actor of the case; not ours.",
        source=SOURCE,
    )
    organisations.create(
        work,
        name=ANTHROPIC,
        kind="company",
        country="US",
        notes=(
            "An actor of the case; not ours.\n"
            "Claimed, not logged: a Commission spokesperson said on Monday 11 May 2026 that “four or five meetings” "
            f"had not yet reached the stage of discussing equivalent access ({SOURCE}). No such meeting is in this log."
        ),
        source=SOURCE,
    )
    plan = topics.create(work, name=ACTION_PLAN)
    topics.create(work, name=MODEL_ACCESS, parent_id=plan.id)
    topics.create(work, name=DSA, procedure_reference="2020/0361(COD)", description="Regulation (EU) 2022/2065")
    act = topics.create(
        work, name=AI_ACT, procedure_reference="2021/0106(COD)", description="Regulation (EU) 2024/1689"
    )
    topics.create(
        work,
        name=DIVERGENCE,
        parent_id=act.id,
        description="UK regulators choosing how closely to mirror the EU’s approach.",
    )
    osborne = people.create(work, name=OSBORNE)
    people.appoint(work, osborne.id, body(work, OPENAI), title="Head of “OpenAI for Countries”")
    people.appoint(
        work,
        osborne.id,
        body(work, "uk-hmt"),
        title="Chancellor of the Exchequer",
        seniority="political",
        first=dt.date(2010, 5, 11),
        last=dt.date(2016, 7, 13),
    )


def letter_and_offer(work: Work) -> None:
    """One letter with 28 copies, the offer it explains, and what is to be watched."""
    commission = body(work, "eu-commission")
    openai = body(work, OPENAI)
    letter = engagements.log(
        work,
        kind="letter",
        status="sent",
        when=when(work, WRITTEN),
        parties=[
            Party(openai, person(work, OSBORNE), side="actor", role="signatory"),
            *(Party(addressee, role="addressee") for addressee in listed(work, "commission-and-member-states")),
        ],
        initiated_by="third",
        subject="OpenAI explains the EU Cyber Action Plan to the Commission and the member states",
        summary=(
            "Letter to the Commission and the 27 member states, explaining an offer of open access to OpenAI’s "
            f"cybersecurity model under a new EU Cyber Action Plan. The day it was sent is not known. Source: {SOURCE}."
        ),
        notes=f"Read about, not received: entered by an observer from {SOURCE}.",
        topic_ids=[topic(work, ACTION_PLAN), topic(work, MODEL_ACCESS)],
        points=[
            Point(
                f"“{QUOTE}”",
                raised_by_id=openai,
                positions=f"{OSBORNE}, in the letter, as quoted by {SOURCE}.",
                conclusion="The Commission welcomed the offer in public on Monday 11 May 2026.",
            )
        ],
    )
    commitments.make(
        work,
        kind="offer",
        wording="Open access for the European Commission to OpenAI’s cybersecurity model",
        made_by_id=openai,
        made_to_ids=[commission],
        engagement=letter,
        topic_id=topic(work, MODEL_ACCESS),
        evidence=f"{SOURCE}: the Commission welcomed the offer on 11 May 2026. No delivery is recorded.",
    )
    followups.add(
        work,
        title="Watch for Anthropic’s answer: more engagement with the Commission, or a public explanation",
        due=when(work, "{+10}", past=False),
        note=f"Expected by {SOURCE}.",
        organisation_id=body(work, ANTHROPIC),
        topic_id=topic(work, MODEL_ACCESS),
    )
    followups.add(
        work,
        title="Find out whether the UK negotiates an equivalent arrangement with both labs through AISI",
        due=when(work, "{+24}", past=False),
        note=f"The question that {SOURCE} leaves open for Westminster.",
        organisation_id=body(work, "uk-aisi"),
        topic_id=topic(work, DIVERGENCE),
    )


def decision(work: Work) -> None:
    """The decision that changed what OpenAI has to comply with."""
    topics.add_milestone(
        work,
        kind="decision",
        title="Commission treats ChatGPT as a very large online search engine under the Digital Services Act",
        when=when(work, "before 12 May 2026"),
        topic_id=topic(work, DSA),
        organisation_id=body(work, "eu-commission"),
        source=SOURCE,
        note="Reported as recent on 12 May 2026; the day itself is not known.",
    )
