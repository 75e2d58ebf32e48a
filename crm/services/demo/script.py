"""The log of the invented observer: who its people are, and what they did and plan, in days counted from today.

The public bodies are real, the meetings with them and the people in them are not.
"""

from __future__ import annotations

from typing import NamedTuple

from crm.services.demo.seed_case import ACTION_PLAN, AI_ACT, DIVERGENCE, DSA, MODEL_ACCESS
from crm.services.demo.stage import MARK

OBSERVER = f"Weathervane Institute {MARK}"
CLIENT = f"Ledgerwood Bank {MARK}"
RIVAL = f"Millrace Labs {MARK}"

ALMEIDA, BERG = f"Inês Almeida {MARK}", f"Tomas Berg {MARK}"
NOVAK, BRANDT = f"Petra Nováková {MARK}", f"Lukas Brandt {MARK}"
DUPONT, ROSSI = f"Marc Dupont {MARK}", f"Sofia Rossi {MARK}"
HART, DOYLE = f"Amelia Hart {MARK}", f"Niamh Doyle {MARK}"
WEBER = f"Jonas Weber {MARK}"

ORGANISATIONS = (
    {"name": OBSERVER, "short_name": f"Weathervane {MARK}", "kind": "think_tank", "country": "BE", "is_ours": True},
    {"name": CLIENT, "short_name": f"Ledgerwood {MARK}", "kind": "company", "country": "LU", "is_client": True},
    {"name": RIVAL, "short_name": f"Millrace {MARK}", "kind": "company", "country": "NL"},
)

PEOPLE = (
    (ALMEIDA, OBSERVER, "Head of public affairs", ""),
    (BERG, OBSERVER, "Policy officer", ""),
    (NOVAK, "ec-dg-cnect", "Head of unit", "head_of_unit"),
    (BRANDT, "ec-ai-office", "Policy officer", "desk"),
    (DUPONT, "permrep-fr", "Digital attaché", "desk"),
    (ROSSI, "eu-enisa", "Director", "director"),
    (HART, "uk-aisi", "Director of research", "director"),
    (DOYLE, "uk-dsit", "Deputy director", "director"),
    (WEBER, "de-bsi", "Head of section", "head_of_unit"),
)


class Entry(NamedTuple):
    """One engagement."""

    code: str
    when: str
    kind: str
    status: str
    bodies: tuple[str, ...]
    subject: str
    people: tuple[str, ...] = ()
    colleagues: tuple[str, ...] = (ALMEIDA,)
    actors: tuple[str, ...] = (OBSERVER,)
    topics: tuple[str, ...] = (MODEL_ACCESS,)
    initiated_by: str = "us"
    summary: str = ""
    points: tuple[tuple[str, str, str, str], ...] = ()
    """point, who raised it, positions, conclusion"""
    place: str = ""
    visibility: str = "team"
    others: tuple[tuple[str, str, str], ...] = ()
    """organisation, side, acceptance: further parties"""
    follows: str = ""
    result: str = ""


PAST = (
    Entry(
        "DEMO-01",
        "{-352} 10:00–11:00",
        "meeting",
        "held",
        ("ec-dg-cnect",),
        "Introduction: independent evaluation of cyber-capable models",
        (NOVAK,),
        place="Brussels",
        summary="First exchange. The unit asked for a short note on what independent evaluators need.",
    ),
    Entry(
        "DEMO-02",
        "{-338}",
        "email",
        "sent",
        ("ec-ai-office",),
        "Note on what independent evaluators need",
        (BRANDT,),
        topics=(MODEL_ACCESS, AI_ACT),
        summary="Two pages, as promised to the unit.",
    ),
    Entry(
        "DEMO-03",
        "about {-310:month}",
        "meeting",
        "held",
        ("uk-dsit",),
        "How far the UK mirrors the EU approach",
        (DOYLE,),
        topics=(DIVERGENCE,),
        initiated_by="them",
        place="London",
        summary="Remembered later: the day was not noted.",
    ),
    Entry(
        "DEMO-04",
        "{-287}",
        "consultation_reply",
        "sent",
        ("eu-commission",),
        "Reply to the call for evidence on the cyber action plan",
        topics=(ACTION_PLAN,),
        initiated_by="them",
        summary="Eleven pages, published by the Commission with the others.",
    ),
    Entry(
        "DEMO-05",
        "{-268} – {-267}",
        "event",
        "held",
        ("eu-enisa", "de-bsi"),
        "Two-day workshop on defensive use of models",
        (ROSSI, WEBER),
        colleagues=(ALMEIDA, BERG),
        initiated_by="them",
        place="Athens",
    ),
    Entry(
        "DEMO-06",
        "{-243} 15:00–17:30",
        "hearing",
        "held",
        ("ep-itre",),
        "Public hearing on access to frontier models",
        topics=(MODEL_ACCESS, AI_ACT),
        initiated_by="them",
        place="Strasbourg",
        others=((RIVAL, "actor", "declined"),),
        summary="We spoke; Millrace was invited and declined.",
    ),
    Entry(
        "DEMO-07",
        "{-212}",
        "site_visit",
        "held",
        ("uk-aisi",),
        "Visit to the evaluation laboratory",
        (HART,),
        colleagues=(ALMEIDA, BERG),
        topics=(DIVERGENCE, MODEL_ACCESS),
        place="London",
    ),
    Entry(
        "DEMO-08",
        "{-190:quarter}",
        "call",
        "held",
        ("permrep-fr",),
        "Where Paris stands on shared access",
        (DUPONT,),
        colleagues=(BERG,),
        summary="Only the quarter is known.",
    ),
    Entry(
        "DEMO-09",
        "{-168} 11:00",
        "meeting",
        "held",
        ("uk-ncsc",),
        "Handling of vulnerabilities found by models",
        topics=(MODEL_ACCESS,),
        initiated_by="them",
        visibility="hidden",
        summary="In confidence; it counts, its content is for those named.",
    ),
    Entry(
        "DEMO-10",
        "{-141} 09:30–10:30",
        "meeting",
        "held",
        ("ec-ai-office",),
        "A bank’s view of model access for defenders",
        (BRANDT,),
        actors=(OBSERVER, CLIENT),
        summary="Together with our client.",
    ),
    Entry(
        "DEMO-11",
        "{-118} or {-117}",
        "call",
        "held",
        ("uk-dsit",),
        "Timetable of the UK consultation",
        (DOYLE,),
        topics=(DIVERGENCE,),
        colleagues=(BERG,),
        initiated_by="them",
    ),
    Entry(
        "DEMO-12",
        "{-84} 14:00",
        "call",
        "cancelled",
        ("permrep-fr",),
        "Second call on shared access",
        (DUPONT,),
        initiated_by="them",
    ),
    Entry(
        "DEMO-13",
        "{-33}",
        "email",
        "received",
        ("ec-dg-cnect",),
        "Question on the cost of evaluation",
        (NOVAK,),
        initiated_by="them",
    ),
    Entry(
        "DEMO-14",
        "{-12} 10:00–11:30",
        "meeting",
        "held",
        ("uk-aisi",),
        "Terms on which evaluators could share results",
        (HART,),
        topics=(DIVERGENCE, MODEL_ACCESS),
        others=((RIVAL, "third", ""),),
        place="London",
    ),
)

AHEAD = (
    Entry(
        "DEMO-15",
        "{-5} 15:00–16:00",
        "meeting",
        "planned",
        ("ep-imco",),
        "What the committee wants to know about search engines and models",
        topics=(DSA,),
        colleagues=(BERG,),
    ),
    Entry(
        "DEMO-16",
        "{+3} 10:00–11:00",
        "meeting",
        "planned",
        ("ec-dg-cnect",),
        "Cost of evaluation: our figures",
        (NOVAK,),
        place="Brussels",
        result="The unit names a date by which it decides on the offers.",
    ),
    Entry(
        "DEMO-17",
        "{+9} – {+10}",
        "event",
        "planned",
        ("eu-enisa",),
        "Workshop on shared security",
        (ROSSI,),
        topics=(ACTION_PLAN,),
        initiated_by="them",
        place="Athens",
    ),
    Entry(
        "DEMO-18",
        "{+16} 14:00–16:00",
        "hearing",
        "planned",
        ("ep-itre",),
        "Hearing on the cyber action plan",
        topics=(ACTION_PLAN,),
        initiated_by="them",
        place="Brussels",
    ),
    Entry(
        "DEMO-19",
        "{+60:month}",
        "site_visit",
        "planned",
        ("de-bsi",),
        "Visit to the situation centre",
        (WEBER,),
        topics=(ACTION_PLAN,),
        place="Bonn",
    ),
    Entry(
        "DEMO-20",
        "{+30}",
        "letter",
        "drafted",
        ("ec-ai-office", "eu-enisa", "eu-edpb"),
        "Draft: five conditions for trusted access",
        topics=(MODEL_ACCESS,),
    ),
)

REQUEST = Entry(
    "DEMO-21",
    "{-256} 11:00",
    "meeting",
    "planned",
    ("ep-itre",),
    "Meeting with the rapporteur’s office",
    topics=(AI_ACT,),
)
AGREED = Entry(
    "DEMO-22",
    "{-226} 16:00–16:45",
    "meeting",
    "held",
    ("ep-itre",),
    "Meeting with the rapporteur’s office, second attempt",
    topics=(AI_ACT,),
    place="Brussels",
    follows="DEMO-21",
)
MOVED = Entry(
    "DEMO-23",
    "{-20} 11:00–12:00",
    "meeting",
    "planned",
    ("ec-dg-comp",),
    "Access offers and competition between laboratories",
    topics=(MODEL_ACCESS,),
)
CIRCULAR = Entry(
    "DEMO-24",
    "{-62}",
    "letter",
    "drafted",
    (),
    "Three questions on the cyber action plan to the permanent representations",
    topics=(ACTION_PLAN,),
    summary="One letter, 27 copies: what each capital thinks of shared access.",
)
BARGAIN = Entry(
    "DEMO-25",
    "{-47} 10:00–11:30",
    "meeting",
    "held",
    ("ec-dg-cnect", "ec-ai-office"),
    "Conditions for trusted access to cyber-capable models",
    (NOVAK, BRANDT),
    colleagues=(ALMEIDA, BERG),
    topics=(MODEL_ACCESS, ACTION_PLAN),
    place="Brussels",
    summary="The most useful meeting so far: who may use such models, and who checks.",
    points=(
        (
            "Who counts as a trusted actor",
            OBSERVER,
            "We: national computer emergency teams first. The unit: operators of critical infrastructure too.",
            "To be settled with ENISA.",
        ),
        (
            "Cost of independent evaluation",
            "ec-dg-cnect",
            "The unit has no budget line; the office thinks of the laboratories.",
            "We send figures.",
        ),
    ),
    result="Independent evaluation named as a condition.",
)

ANSWERS = (
    # who, days after sending, how
    ("permrep-de", -44, "replied"),
    ("permrep-nl", -41, "replied"),
    ("permrep-ee", -36, "replied"),
    ("permrep-fr", -50, "acknowledged"),
    ("permrep-pl", -49, "acknowledged"),
    ("permrep-hu", -40, "declined"),
)
