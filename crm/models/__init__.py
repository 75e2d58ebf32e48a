"""What is stored: typed mappings, one file per concept, with the concept's pure rules as methods."""

from __future__ import annotations

from crm.models import history
from crm.models.attachments import Attachment
from crm.models.base import Base
from crm.models.calendar import CalendarEntry
from crm.models.commitments import Commitment, CommitmentRecipient
from crm.models.engagements import (
    DiscussionPoint,
    EarlierDate,
    Engagement,
    EngagementTopic,
    EngagementViewer,
    Participation,
)
from crm.models.feeds import Feed, FeedFetch
from crm.models.followups import FollowUp
from crm.models.imports import ImportRow, ImportRun
from crm.models.instance import InstanceSetting, Revision
from crm.models.jobs import Job
from crm.models.letters import Dispatch, DispatchStep
from crm.models.lists import OrganisationList, OrganisationListEntry, SavedFilter
from crm.models.members import (
    Member,
    MemberSession,
    OneTimeLink,
    RecoveryCode,
    SecondFactor,
    SignInAttempt,
    Submission,
)
from crm.models.organisations import (
    Organisation,
    OrganisationClosure,
    OrganisationIdentifier,
    OrganisationName,
    OrganisationParent,
    Succession,
)
from crm.models.people import Person, Post
from crm.models.registers import RegisterEarlier, RegisterEntry, RegisterMeeting
from crm.models.search import SearchEntry
from crm.models.tally import TallyEntry
from crm.models.topics import Milestone, Topic

history.make_twins(Base)

__all__ = [
    "Attachment",
    "Base",
    "CalendarEntry",
    "Commitment",
    "CommitmentRecipient",
    "DiscussionPoint",
    "Dispatch",
    "DispatchStep",
    "EarlierDate",
    "Engagement",
    "EngagementTopic",
    "EngagementViewer",
    "Feed",
    "FeedFetch",
    "FollowUp",
    "ImportRow",
    "ImportRun",
    "InstanceSetting",
    "Job",
    "Member",
    "MemberSession",
    "Milestone",
    "OneTimeLink",
    "Organisation",
    "OrganisationClosure",
    "OrganisationIdentifier",
    "OrganisationList",
    "OrganisationListEntry",
    "OrganisationName",
    "OrganisationParent",
    "Participation",
    "Person",
    "Post",
    "RecoveryCode",
    "RegisterEarlier",
    "RegisterEntry",
    "RegisterMeeting",
    "Revision",
    "SavedFilter",
    "SearchEntry",
    "SecondFactor",
    "SignInAttempt",
    "Submission",
    "Succession",
    "TallyEntry",
    "Topic",
]
