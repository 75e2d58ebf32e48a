"""What the history tells of: records by the word in their address, and the parts that are told with them."""

from __future__ import annotations

from typing import Any

from crm.models import (
    Attachment,
    Commitment,
    CommitmentRecipient,
    DiscussionPoint,
    Dispatch,
    DispatchStep,
    EarlierDate,
    Engagement,
    EngagementTopic,
    EngagementViewer,
    FollowUp,
    InstanceSetting,
    Member,
    Milestone,
    Organisation,
    OrganisationIdentifier,
    OrganisationList,
    OrganisationListEntry,
    OrganisationName,
    OrganisationParent,
    Participation,
    Person,
    Post,
    Succession,
    Topic,
)

#: Word in an address → class.
KINDS: dict[str, type[Any]] = {
    "engagement": Engagement,
    "organisation": Organisation,
    "person": Person,
    "commitment": Commitment,
    "follow_up": FollowUp,
    "topic": Topic,
    "milestone": Milestone,
    "list": OrganisationList,
    "member": Member,
    "settings": InstanceSetting,
}
#: Class → its parts, each with the column that names its whole.
PARTS: dict[type[Any], tuple[tuple[type[Any], str], ...]] = {
    Engagement: (
        (Participation, "engagement_id"),
        (DiscussionPoint, "engagement_id"),
        (EarlierDate, "engagement_id"),
        (EngagementTopic, "engagement_id"),
        (EngagementViewer, "engagement_id"),
        (Attachment, "engagement_id"),
    ),
    Organisation: (
        (OrganisationName, "organisation_id"),
        (OrganisationParent, "organisation_id"),
        (OrganisationIdentifier, "organisation_id"),
        (Succession, "predecessor_id"),
    ),
    Person: ((Post, "person_id"),),
    Commitment: ((CommitmentRecipient, "commitment_id"),),
    OrganisationList: ((OrganisationListEntry, "list_id"),),
    Participation: ((Dispatch, "participation_id"),),
    Dispatch: ((DispatchStep, "dispatch_id"),),
}
#: Class of a part → what one is called.
WORDS: dict[type[Any], str] = {
    Attachment: "file",
    Participation: "participant",
    DiscussionPoint: "point",
    EarlierDate: "earlier date",
    EngagementTopic: "topic",
    EngagementViewer: "member who may read it",
    OrganisationName: "other name",
    OrganisationParent: "place in the tree",
    OrganisationIdentifier: "identifier",
    Succession: "successor",
    Post: "post",
    CommitmentRecipient: "recipient",
    OrganisationListEntry: "organisation",
    Dispatch: "copy of the letter",
    DispatchStep: "step",
}
#: Parts that are set aside when a whole old state is brought back: files stay, and so does who may read it.
NOT_BROUGHT_BACK = (Attachment, EngagementViewer)
#: Columns that stay as they are then.
KEPT = frozenset({"binned_at", "visibility"})


def part_named(name: str) -> type[Any] | None:
    """The class called ``name`` in a form, of a record or a part."""
    return next((one for one in (*KINDS.values(), *WORDS) if one.__name__ == name), None)
