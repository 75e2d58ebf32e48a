"""What a column can mean, for each kind of import, and the headers by which it is guessed."""

from __future__ import annotations

from typing import NamedTuple

from crm.imports.tables import header_key

KINDS = {
    "engagements": "Engagements",
    "organisations": "Organisations",
    "people": "People",
    "follow-ups": "Follow-ups",
    "register": "A published register of meetings",
}


class Field(NamedTuple):
    """One thing a column can mean."""

    label: str
    names: tuple[str, ...] = ()
    """headers that mean it, as :func:`header_key` writes them"""
    form: str = "text"
    """``text``, ``when``, ``day``, ``names``, ``person`` (names of people), ``choice``, ``number``, ``flag``"""


def _field(label: str, *names: str, form: str = "text") -> Field:
    return Field(label, tuple(dict.fromkeys(header_key(name) for name in (label, *names))), form)


_ENGAGEMENTS = {
    "source_id": _field("Source’s number", "id", "engagement", "meeting id", "record id", "reference number", "uid"),
    "when": _field(
        "When",
        "date as recorded",
        "date",
        "start date",
        "meeting date",
        "datum",
        "data",
        "fecha",
        "date of meeting",
        "day",
        form="when",
    ),
    "first_day": _field("First possible day", form="day"),
    "last_day": _field("Last possible day", form="day"),
    "until": _field("Lasts until", "end date", "until", "end", form="day"),
    "begins": _field("Begins", "start time", "time", "from time"),
    "ends": _field("Ends", "end time", "to time"),
    "zone": _field("Time zone"),
    "kind": _field("Kind", "type", "meeting type", "contact type", "type of contact", "format", form="choice"),
    "status": _field("Status", "state", form="choice"),
    "initiated_by": _field("Initiated by", "initiator", "initiative", form="choice"),
    "bodies": _field(
        "Bodies met or written to",
        "organisation",
        "organization",
        "body",
        "institution",
        "organisations",
        "organizations",
        "company",
        "account",
        "met with",
        "counterpart",
        "department",
        "ministry",
        "bodies",
        "institutions",
        "stakeholder",
        "stakeholders",
        "entities",
        "entity",
        "name of organisation",
        "interest representatives",
        "interest representative",
        "organisatie",
        "organisme",
        form="names",
    ),
    "people": _field(
        "Their people",
        "people",
        "person",
        "contact",
        "contacts names",
        "contact name",
        "name",
        "attendees",
        "participants",
        "official",
        "officials",
        "met",
        "with",
        form="person",
    ),
    "actors": _field("On behalf of", "client", "actor", "our organisation", form="names"),
    "colleagues": _field(
        "Our people", "colleagues", "colleague", "our attendees", "staff", "our side", "attended by", form="person"
    ),
    "third_parties": _field("Third parties", "third party", "others", "other participants", form="names"),
    "copies": _field("Copies to", "copy", "cc", form="names"),
    "away": _field("Declined or absent", "absent", "apologies", form="names"),
    "not_sent": _field("Not sent to", form="names"),
    "copy_steps": _field("Steps of each copy"),
    "topics": _field("Topics", "topic", "policy file", "file", "tags", "theme", "policy area", "issue", form="names"),
    "subject": _field(
        "Subject",
        "title",
        "purpose",
        "purpose of meeting",
        "reason",
        "heading",
        "agenda",
        "object",
        "about",
        "subjects",
        "betreff",
        "thema",
        "objet",
        "onderwerp",
        "oggetto",
        "asunto",
    ),
    "summary": _field("Summary", "minutes", "outcome", "description", "report", "comments", "what was said"),
    "points": _field("Points raised", "points", "discussion points"),
    "intended_result": _field("Intended result", "objective", "ask", "goal"),
    "commitments": _field("Commitments"),
    "commitments_to": _field("Commitments made to"),
    "commitments_due": _field("Commitments due"),
    "follow_ups": _field("Follow-ups", "follow up", "next steps", "actions", "action points", "to do"),
    "place": _field("Place", "location", "venue", "where", "ort", "lieu", "locatie", "luogo", "lugar"),
    "link": _field("Link", "url of the call", "meeting link"),
    "notes": _field("Notes", "internal notes", "note", "remarks"),
    "file_reference": _field("File reference", "reference", "file number", "dossier"),
    "follows": _field("Follows engagement", "follows"),
    "visibility": _field("Visible to", "visibility", form="choice"),
    "owner": _field("Responsible", "owner", "lead", "assigned to"),
}

_ORGANISATIONS = {
    "source_id": _field("Source’s number", "id", "record id", "key", "identifier"),
    "name": _field(
        "Name",
        "organisation",
        "organization",
        "company",
        "account name",
        "organisation name",
        "raison sociale",
        "company name",
        "body",
        "legal name",
        "official name",
        "denomination",
        "nom",
        "title",
    ),
    "short_name": _field("Short name", "abbreviation", "acronym", "acronyme"),
    "aliases": _field("Other names", "alias", "aliases", "also known as", "other name", form="names"),
    "kind": _field("Kind", "type", "category", "classification", "format", form="choice"),
    "country": _field("Country", "country code", "pays", "land"),
    "website": _field("Website", "web site", "url", "homepage", "web", "site internet"),
    "parent": _field(
        "Part of",
        "parent",
        "parent organisation",
        "parent organisations",
        "parent organization",
        "parent id",
        "parent key",
        form="names",
    ),
    "founded": _field("Founded", "established", "founding date", form="day"),
    "closed": _field("Closed", "dissolution date", "dissolved", "closed at", form="day"),
    "eu_transparency_register": _field("EU Transparency Register", "transparency register", "transparency register id"),
    "lei": _field("LEI"),
    "wikidata": _field("Wikidata"),
    "goal_days": _field("Contact goal in days", "contact goal", form="number"),
    "ours": _field("Ours", form="flag"),
    "client": _field("Client", "is client", form="flag"),
    "notes": _field("Notes", "note", "comments", "remarks", "description"),
}

_PEOPLE = {
    "source_id": _field("Source’s number", "id", "record id", "contact id"),
    "name": _field("Name", "full name", "contact", "person", "contact name"),
    "first_name": _field("First name", "given name", "forename", "firstname", "prénom", "vorname"),
    "last_name": _field("Last name", "surname", "family name", "lastname", "nom", "nachname"),
    "organisation": _field(
        "Organisation",
        "organization",
        "company",
        "account",
        "employer",
        "body",
        "institution",
        "account name",
        form="names",
    ),
    "post": _field("Post", "title", "job title", "position", "role", "function", "fonction", "funktion"),
    "since": _field("Since", "from", "start", "start date", form="day"),
    "until": _field("Until", "to", "end", "end date", form="day"),
    "email": _field("E-mail", "email", "e-mail address", "email address", "mail"),
    "phone": _field("Telephone", "phone", "mobile", "tel", "phone number", "mobile phone", "business phone"),
    "notes": _field("Notes", "note", "comments", "remarks"),
}

_FOLLOW_UPS = {
    "source_id": _field("Source’s number", "id", "record id", "task id"),
    "title": _field("What is to be done", "title", "follow-up", "task", "subject", "action", "to do", "what"),
    "due": _field("Due", "deadline", "due date", "by", "due by", "date", form="when"),
    "owner": _field("Owner", "responsible", "assigned to", "assignee", "who"),
    "organisation": _field("Organisation", "organization", "body", "company", "about", form="names"),
    "topic": _field("Topic", "policy file"),
    "engagement": _field("From engagement", "engagement"),
    "remind_on": _field("Reminder", "remind on", form="day"),
    "done_on": _field("Done on", "done", "completed", "completed on", "date completed", form="day"),
    "state": _field("State: done or open", "state", "status", "progress", "erledigt", form="choice"),
    "note": _field("Note", "notes", "description", "comments", "details"),
}

_REGISTER = {
    "reference": _field("Number in the register", "meeting id", "id", "reference", "contact id"),
    "official": _field(
        "Official",
        "minister",
        "host",
        "eu member",
        "commissioner",
        "member",
        "mep",
        "name of minister",
        "permanent secretary",
        "public official",
        "bewindspersoon",
        form="names",
    ),
    "capacity": _field("Capacity", "role", "function", "member capacity", "portfolio"),
    "body": _field("Body", "department", "institution", "ministry", "public body", form="names"),
    "when": _field("Date", "when", "start date", "meeting date", "datum", "date of meeting", form="when"),
    "until": _field("Until", "end date", form="when"),
    "party": _field(
        "Organisation met",
        "organisation",
        "organization",
        "entities",
        "entity",
        "name of organisation",
        "name of external organisation",
        "name of organisation or individual",
        "organisations",
        "organizations",
        "name of external organisation or individual",
        "who with",
        "lobbyists",
        "attendees",
        "interest representative",
        "interest representatives",
        form="names",
    ),
    "represented_by": _field("Represented by", "representative", form="names"),
    "subject": _field(
        "Subject", "subjects", "purpose", "purpose of meeting", "reason", "heading", "title", "topic", "onderwerp"
    ),
    "place": _field("Place", "location", "locatie", "venue"),
    "detail": _field("Detail", "description", "purpose details"),
}

FIELDS: dict[str, dict[str, Field]] = {
    "engagements": _ENGAGEMENTS,
    "organisations": _ORGANISATIONS,
    "people": _PEOPLE,
    "follow-ups": _FOLLOW_UPS,
    "register": _REGISTER,
}
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "engagements": (("when", "first_day"), ("bodies", "people")),
    "organisations": (("name",),),
    "people": (("name", "last_name"),),
    "follow-ups": (("title",),),
    "register": (("when",), ("official", "body", "party")),
}
"""of each group one field at least needs a column"""
