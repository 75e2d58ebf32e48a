"""One sending of every form and button of the application, in an order in which each of them finds what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from crm.instance import Instance
from crm.models import (
    Attachment,
    Commitment,
    Dispatch,
    Engagement,
    Feed,
    FollowUp,
    ImportRun,
    Member,
    MemberSession,
    Milestone,
    Organisation,
    OrganisationIdentifier,
    OrganisationList,
    OrganisationName,
    OrganisationParent,
    Person,
    Post,
    SavedFilter,
    Succession,
    Topic,
)
from crm.models.history import Transaction

Numbers = Callable[[Any], int]


@dataclass
class Write:
    """One form or button.

    :param values: arguments of the route and fields of the form; a class stands for the number of its newest record,
        and in a text ``{Name}`` for the number of the newest record of the class ``Name``
    :param who: the persona that sends it
    :param files: field → name and content
    """

    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    who: str = "owner"
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)


BODIES = "Ministry for Examples\nAgency of Samples"
TABLE = b"Date,Organisation\n1 May 2026,Agency of Samples\nsoon,Agency of Samples\n"


def _w(endpoint: str, arguments: Mapping[str, Any] | None = None, **fields: Any) -> Write:
    who, files = fields.pop("who", "owner"), fields.pop("files", {})
    return Write(endpoint, arguments or {}, fields, who, files)


#: In the order of a long day. Numbers in arguments: a class is its newest record.
WRITES: tuple[Write, ...] = (
    _w("crm.organisations.create", name="Ministry for Examples", kind="other"),
    _w("crm.organisations.create", name="Agency of Samples", kind="other"),
    _w("crm.organisations.create", name="Body of the walk", kind="other"),
    _w("crm.organisations.update", {"id": Organisation}, name="Body of the walk", kind="other", notes="Changed"),
    _w("crm.organisations.add_name", {"id": Organisation}, **{"name-name": "The old name", "name-kind": "former"}),
    _w("crm.organisations.remove_name", {"id": Organisation, "name_id": OrganisationName}),
    _w("crm.organisations.place", {"id": Organisation}, **{"place-parent": "Ministry for Examples"}),
    _w(
        "crm.organisations.amend_place",
        {"id": Organisation, "parent_id": OrganisationParent},
        **{"place{OrganisationParent}-first": "1 May 2020"},
    ),
    _w("crm.organisations.unplace", {"id": Organisation, "parent_id": OrganisationParent}),
    _w(
        "crm.organisations.identify",
        {"id": Organisation},
        **{"identifier-scheme": "wikidata", "identifier-identifier": "Q8880"},
    ),
    _w("crm.organisations.remove_identifier", {"id": Organisation, "identifier_id": OrganisationIdentifier}),
    _w(
        "crm.organisations.succeed",
        {"id": Organisation},
        **{"succession-successors": "Agency of Samples", "succession-kind": "merged", "succession-on": "1 May 2026"},
    ),
    _w(
        "crm.organisations.amend_succession",
        {"id": Organisation, "succession_id": Succession},
        **{"succession{Succession}-kind": "merged", "succession{Succession}-on": "2 May 2026"},
    ),
    _w("crm.organisations.unsucceed", {"id": Organisation, "succession_id": Succession}),
    _w("crm.lists.create", name="Two bodies", organisations=BODIES),
    _w("crm.lists.update", {"id": OrganisationList}, name="Two bodies, or more", organisations=BODIES),
    _w("crm.organisations.put_on_list", {"id": Organisation}, list_id="{OrganisationList}"),
    _w("crm.organisations.take_off_list", {"id": Organisation, "organisation_list_id": OrganisationList}),
    _w("crm.organisations.bin", {"id": Organisation}),
    _w("crm.organisations.restore", {"id": Organisation}),
    _w("crm.people.create", name="Nora Example", organisation="Ministry for Examples", title="Head"),
    _w("crm.people.update", {"id": Person}, name="Nora Example", phone="0123"),
    _w("crm.people.appoint", {"id": Person}, **{"post-organisation": "Agency of Samples", "post-title": "Chair"}),
    _w("crm.people.amend_post", {"post_id": Post}, organisation="Agency of Samples", title="Vice-chair"),
    _w("crm.people.leave", {"post_id": Post}, **{"leave{Post}-last": "1 May 2026"}),
    _w("crm.people.remove_post", {"post_id": Post}),
    _w("crm.topics.create", name="Topic of the walk"),
    _w("crm.topics.update", {"id": Topic}, name="Topic of the walk", description="Changed"),
    _w("crm.milestones.create", kind="vote", title="The vote", when="1 June 2026", topic_id="{Topic}"),
    _w("crm.milestones.update", {"id": Milestone}, kind="vote", title="Later", when="2 June 2026", topic_id="{Topic}"),
    _w("crm.engagements.create", kind="meeting", when="11 May 2026", bodies=BODIES, subject="Held", visibility="team"),
    _w(
        "crm.engagements.update",
        {"id": Engagement},
        kind="meeting",
        when="11 May 2026",
        bodies=BODIES,
        subject="Held, changed",
        visibility="team",
    ),
    _w("crm.engagements.attach", {"id": Engagement}, files={"files": ("minutes.txt", b"Minutes")}),
    _w("crm.engagements.detach", {"id": Engagement, "file_id": Attachment}),
    _w("crm.engagements.reattach", {"id": Engagement, "file_id": Attachment}),
    _w("crm.engagements.follow_up", {"id": Engagement}, title="Ask again", due="1 June 2026"),
    _w("crm.inline.update", {"kind": "engagement", "id": Engagement, "field": "place"}, value="Brussels", was=""),
    _w("crm.several.change", {"kind": "engagement"}, ids="{Engagement}", action="owner", owner="{Member}"),
    _w("crm.engagements.bin", {"id": Engagement}),
    _w("crm.engagements.restore", {"id": Engagement}),
    _w("crm.engagements.create", kind="call", when="12 May 2026", status="planned", bodies=BODIES, subject="Call"),
    _w("crm.engagements.postpone", {"id": Engagement}, to="14 May 2026"),
    _w("crm.engagements.settle", {"id": Engagement}, outcome="cancelled"),
    _w("crm.engagements.reopen", {"id": Engagement}),
    _w("crm.engagements.settle_many", outcome="", held="{Engagement}"),
    _w("crm.engagements.reopen", {"id": Engagement}),
    _w("crm.engagements.decline", {"id": Engagement}, by="{Organisation of the engagement}", on="13 May 2026"),
    _w("crm.commitments.create", kind="offer", wording="We offer", made_by="Us", made_to=BODIES),
    _w("crm.commitments.update", {"id": Commitment}, kind="offer", wording="More", made_by="Us", made_to=BODIES),
    _w("crm.commitments.move", {"id": Commitment}, state="met"),
    _w("crm.commitments.bin", {"id": Commitment}),
    _w("crm.commitments.restore", {"id": Commitment}),
    _w("crm.follow_ups.create", title="Remember", due="1 June 2026"),
    _w("crm.follow_ups.update", {"id": FollowUp}, title="Remember this", due="1 June 2026"),
    _w("crm.follow_ups.snooze", {"id": FollowUp}, days="7"),
    _w("crm.follow_ups.do", {"id": FollowUp}),
    _w("crm.follow_ups.undo", {"id": FollowUp}),
    _w("crm.follow_ups.several", ids="{FollowUp}", action="do"),
    _w("crm.follow_ups.bin", {"id": FollowUp}),
    _w("crm.follow_ups.restore", {"id": FollowUp}),
    _w("crm.letters.create", recipients="Ministry for Examples", subject="A letter", visibility="team"),
    _w("crm.letters.choose_recipients", {"id": Engagement}, recipients=BODIES),
    _w("crm.letters.send", {"id": Engagement}, when="12 May 2026"),
    _w("crm.letters.withdraw", {"id": Engagement}),
    _w("crm.letters.send", {"id": Engagement}, when="12 May 2026"),
    _w("crm.letters.mark", {"id": Engagement}, ids="{Dispatch}", step="delivered", when="13 May 2026"),
    _w("crm.letters.clear", {"id": Engagement}, ids="{Dispatch}", undo_step="delivered"),
    _w("crm.letters.arrange", {"id": Engagement}, ids="{Dispatch}", answer_by="15 May 2026", note="Ring them"),
    _w("crm.letters.remind", {"id": Engagement}, due="1 June 2026"),
    _w(
        "crm.letters.log_reply",
        {"id": Engagement, "dispatch_id": Dispatch},
        kind="letter",
        when="19 May 2026",
        subject="Re: A letter",
    ),
    _w("crm.feeds.create", scope="team", label="Mine"),
    _w("crm.feeds.revoke", {"id": Feed}),
    _w("crm.filters.create", name="Meetings", page="engagements", back="/engagements/?kind=meeting"),
    _w("crm.filters.share", {"id": SavedFilter}, shared="1"),
    _w("crm.filters.delete", {"id": SavedFilter}),
    _w("crm.imports.create", profile="engagements", files={"file": ("old.csv", TABLE)}),
    _w("crm.imports.decide", {"id": ImportRun}, **{"column-0": "when", "column-1": "bodies", "create_missing": "y"}),
    _w("crm.imports.fix", {"id": ImportRun}, out="3"),
    _w("crm.imports.run", {"id": ImportRun}, skip="1"),
    _w("crm.imports.undo", {"id": ImportRun}),
    _w("crm.imports.create", profile="engagements", files={"file": ("again.csv", TABLE)}),
    _w("crm.imports.give_up", {"id": ImportRun}),
    _w("crm.people.bin", {"id": Person}),
    _w("crm.people.restore", {"id": Person}),
    _w("crm.topics.bin", {"id": Topic}),
    _w("crm.topics.restore", {"id": Topic}),
    _w("crm.milestones.bin", {"id": Milestone}),
    _w("crm.bin.restore", one="milestone-{Milestone}"),
    _w("crm.milestones.bin", {"id": Milestone}),
    _w("crm.milestones.restore", {"id": Milestone}),
    _w("crm.lists.delete", {"id": OrganisationList}),
    _w("crm.history.undo", {"number": Transaction}),
    _w("crm.inline.update", {"kind": "person", "id": Person, "field": "notes"}, value="Noted", was=""),
    _w(
        "crm.history.restore",
        {"kind": "person", "id": Person},
        transaction="{Transaction}",
        part="Person",
        key="{Person}",
        field="notes",
    ),
    _w("crm.preferences.shortcuts", on="0"),
    _w("crm.settings.update", zone="Europe/Dublin", ours="Us", who="admin"),
    _w("crm.members.create", name="New", email="new@example.org", role="member", who="admin"),
    _w("crm.members.role", {"id": Member}, role="reader", who="admin"),
    _w("crm.members.link", {"id": Member}, who="admin"),
    _w("crm.members.disable", {"id": Member}, who="admin"),
    _w("crm.members.enable", {"id": Member}, who="admin"),
    _w("signin.end_session", {"session_id": MemberSession}, who="colleague"),
)

#: Routes that answer POST and are not among them, each with the reason.
NOT_WRITES: dict[str, str] = {
    "crm.engagements.hints": "asks only",
    "signin.sign_in": "has no member yet: see test_signin_is_in_the_history",
    "signin.sign_out": "has no member any more: see test_signin_is_in_the_history",
    "signin.welcome": "has no member yet: see test_signin_is_in_the_history",
    "signin.change_password": "needs a password: see test_signin_is_in_the_history",
    "signin.code": "has no member yet: see test_second_factor",
    "signin.begin_factor": "needs a password: see test_second_factor",
    "signin.confirm_factor": "needs a code: see test_second_factor",
    "signin.recovery_codes": "needs a password: see test_second_factor",
    "signin.factor_off": "needs a password: see test_second_factor",
    "crm.members.reset_factor": "needs somebody with a second factor: see test_second_factor",
}

#: Writes after which the next page offers no “Undo”, each with the reason.
NO_UNDO: dict[str, str] = {
    "crm.feeds.create": "an address is revoked, not taken back",
    "crm.feeds.revoke": "an address that somebody has must stay silent",
    "crm.imports.create": "nothing is in the log yet",
    "crm.imports.decide": "nothing is in the log yet",
    "crm.imports.fix": "nothing is in the log yet",
    "crm.imports.run": "its own page takes the whole import back",
    "crm.imports.undo": "the file can be imported again",
    "crm.imports.give_up": "the file can be imported again",
    "crm.preferences.shortcuts": "the same switch turns it back",
    "crm.members.create": "accounts are changed on their page only",
    "crm.members.role": "accounts are changed on their page only",
    "crm.members.link": "accounts are changed on their page only",
    "crm.members.disable": "accounts are changed on their page only",
    "crm.members.enable": "accounts are changed on their page only",
    "signin.end_session": "one signs in again",
}


def newest(instance: Instance, record_class: Any) -> int:
    """The number of the newest record of a class, in the bin or not."""
    with instance.reading(door="cli", trusted=True) as work:
        return work.session.scalar(select(func.max(record_class.id))) or 0
