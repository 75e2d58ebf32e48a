"""What people write in place of our own words: kinds, statuses and the like, in any spelling."""

from __future__ import annotations

from collections.abc import Mapping

from crm.errors import Invalid
from crm.models.engagements import INITIATORS, KINDS, STATUSES, VISIBILITIES
from crm.text import fold

_KINDS = {
    "call": "phone call|telephone call|telephone|phone|video call|videoconference|video conference|teams|zoom|online"
    "|virtual|remote|webex|conference call|telefonat|appel",
    "meeting": "in person|in-person|face to face|face-to-face|bilateral|meetings|physical|on site|treffen|reunion"
    "|physical meeting|bilateral meeting|lunch|dinner|coffee|breakfast",
    "event": "conference|workshop|panel|roundtable|round table|reception|summit|events|webinar|seminar|speech",
    "site_visit": "visit|tour|site visits|plant visit",
    "email": "email|mail|e mail|emails|electronic mail",
    "letter": "letters|post|written|position paper|correspondence",
    "hearing": "hearings|committee|evidence session|testimony",
    "consultation_reply": "consultation|consultation response|response to consultation|submission",
}
_STATUSES = {
    "held": "done|completed|took place|complete|closed|past|attended|yes",
    "planned": "scheduled|upcoming|open|confirmed|tentative|proposed|in progress",
    "cancelled": "canceled|called off",
    "declined": "refused|rejected",
    "postponed": "moved|rescheduled|deferred",
    "drafted": "draft",
    "sent": "out|outgoing|submitted",
    "received": "in|incoming",
}
_INITIATORS = {"us": "we|our side|our initiative|own initiative|outbound", "them": "they|their side|inbound|they did"}
_VISIBILITIES = {"team": "everybody|all|public|everyone", "members": "private|restricted", "hidden": "confidential"}


def _table(labels: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    found = {fold(word): key for key, words in more.items() for word in words.split("|")}
    found.update({fold(label): key for key, label in labels.items() if label})
    found.update({fold(key): key for key in labels if key})
    return found


_DONE = "done|completed|complete|closed|finished|yes|y|true|1|x|ja|oui|erledigt|fait|afgerond"
_OPEN = (
    "open|to do|todo|pending|in progress|not started|not done|new|waiting|ongoing|overdue|no|n|false|0|nein|non|offen"
)
_TABLES = {
    "kind": (_table(KINDS, _KINDS), KINDS),
    "status": (_table(STATUSES, _STATUSES), STATUSES),
    "initiated_by": (_table(INITIATORS, _INITIATORS), INITIATORS),
    "visibility": (_table(VISIBILITIES, _VISIBILITIES), VISIBILITIES),
}


def key_of(field: str, typed: str, default: str = "") -> str:
    """Our own key for what a cell says.

    :raises Invalid: (``field``) it is none of the words known
    """
    if not typed:
        return default
    table, labels = _TABLES[field]
    found = table.get(fold(typed))
    if found is None:
        listed = ", ".join(label for key, label in labels.items() if key)
        raise Invalid(field, f"“{typed[:60]}” is not one of: {listed}.")
    return found


def is_done(typed: str) -> bool | None:
    """Whether a cell says in a word that something is done, or that it is not; none if it says neither."""
    said = fold(typed)
    return True if said in _DONE.split("|") else False if said in _OPEN.split("|") else None
