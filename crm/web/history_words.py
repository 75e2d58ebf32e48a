"""What the history calls an act of a record, in words that one who does not know the program understands."""

from __future__ import annotations

#: First word of a verb's key → what it is done to.
THINGS: dict[str, str] = {
    "commitment": "Commitment",
    "directory": "Directory of public bodies",
    "edit": "Record changed",
    "engagement": "Engagement",
    "export": "Download of",
    "feed": "Calendar feed",
    "filter": "Saved filter",
    "follow_up": "Follow-up",
    "history": "History",
    "import": "Import",
    "instance": "Installation",
    "letter": "Letter",
    "list": "List",
    "member": "Member",
    "milestone": "Milestone",
    "organisation": "Organisation",
    "person": "Person",
    "search": "Search index",
    "settings": "Settings",
    "topic": "Topic",
}
#: Second word → what was done.
DONE: dict[str, str] = {
    "add": "added",
    "address": "given other recipients",
    "amend": "changed",
    "appoint": "given a post",
    "arrange": "arranged anew",
    "attach": "given files",
    "backup": "saved to a backup",
    "begin": "begun",
    "bin": "put into the bin",
    "cancelled": "said to be cancelled",
    "check": "checked",
    "clear": "step taken back",
    "create": "added",
    "decline": "declined",
    "delete": "deleted",
    "detach": "file put into the bin",
    "disable": "shut out",
    "do": "done",
    "enable": "let in again",
    "found": "set up",
    "give_up": "given up",
    "held": "said to be held",
    "identify": "given an identifier",
    "leave": "post ended",
    "log": "logged",
    "make": "recorded",
    "map": "columns chosen",
    "mark": "step noted",
    "mend": "rows mended",
    "move": "moved to another state",
    "name": "given a name",
    "password": "password changed",
    "password_link": "given a link to choose a password",
    "place": "placed in the tree",
    "postpone": "put off",
    "rebuild": "built anew",
    "reopen": "opened again",
    "reply": "answer logged",
    "restore": "brought back",
    "revoke": "revoked",
    "role": "given another role",
    "run": "done",
    "save": "saved",
    "send": "sent",
    "sent": "said to be sent",
    "share": "shared with the team",
    "shortcuts": "shortcuts set",
    "sign_in": "signed in",
    "sign_in_begun": "gave the right password",
    "sign_in_failed": "sign-in failed",
    "code_failed": "gave a wrong code",
    "factor_begun": "began to set up a second factor",
    "factor_on": "second factor switched on",
    "factor_off": "second factor switched off",
    "recovery_codes": "recovery codes made anew",
    "confirm_failed": "current password wrong",
    "sign_out": "signed out",
    "snooze": "put off",
    "succeed": "given a successor",
    "undo": "taken back",
    "unidentify": "identifier removed",
    "unname": "name removed",
    "unplace": "place in the tree removed",
    "unpost": "post removed",
    "unshare": "no longer shared",
    "unsucceed": "successor removed",
    "update": "brought up to date",
    "welcome": "chose a password",
    "withdraw": "said not to be sent",
}


def said(verb: str) -> str:
    """A verb's key in words: ``engagement.amend`` → “Engagement changed”."""
    concept, _, act = verb.partition(".")
    thing = THINGS.get(concept, _plain(concept).capitalize())
    return f"{thing} {DONE.get(act, _plain(act))}".strip()


def detail(values: dict[str, object]) -> str:
    """What the history keeps with an act: ``{"kind": "site_visit"}`` → “kind: site visit”."""
    return "; ".join(f"{_plain(key)}: {_shown(value)}" for key, value in values.items() if key != "also")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{_plain(str(key))} {_shown(one)}" for key, one in value.items())
    text = "none" if value is None else str(value)
    return _plain(text) if text.isidentifier() else text


def _plain(word: str) -> str:
    return word.replace("_", " ")
