"""What is filled in about a topic and its milestones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import SelectField, StringField, TextAreaField, URLField

from crm.http.forms import Form
from crm.models import Milestone, Topic
from crm.models.topics import MILESTONE_KINDS
from crm.web.parsing import number


class TopicForm(Form):
    """A policy file."""

    name = StringField("Name", description="As the team calls it: “Cyber-model access”.")
    parent_id = SelectField("Part of", coerce=number, choices=[], default="")
    procedure_reference = StringField("Procedure reference", description="Such as 2021/0106(COD).")
    description = TextAreaField("What it is about")

    def values(self) -> dict[str, Any]:
        """Arguments of the verb."""
        return {
            "name": self.name.data or "",
            "parent_id": self.parent_id.data,
            "procedure_reference": self.procedure_reference.data or "",
            "description": self.description.data or "",
        }

    @staticmethod
    def stored(topic: Topic) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        return {
            "version": topic.version,
            "name": topic.name,
            "parent_id": topic.parent_id,
            "procedure_reference": topic.procedure_reference,
            "description": topic.description,
        }

    def field_of(self, name: str) -> str:
        return {"parent": "parent_id", "topic": "parent_id"}.get(name, name)


class MilestoneForm(Form):
    """A dated fact on a topic."""

    kind = SelectField("Kind", choices=list(MILESTONE_KINDS.items()), default="decision")
    title = StringField("What happens or happened")
    when = StringField("When", description="As you would say it: “11 May 2026”, “before 12 May”, “Q3”.")
    topic_id = SelectField("Topic", coerce=number, choices=[], default="")
    organisation = StringField("Body", description="Who decides, votes, publishes or asks.")
    source = StringField("Source", description="Where it is printed: outlet and day.")
    source_url = URLField("Address of the source")
    note = TextAreaField("Note")

    def values(self) -> dict[str, Any]:
        """Arguments of the verb but the day and the body, which are read first."""
        return {
            "kind": self.kind.data,
            "title": self.title.data or "",
            "topic_id": self.topic_id.data,
            "source": self.source.data or "",
            "source_url": self.source_url.data or "",
            "note": self.note.data or "",
        }

    @staticmethod
    def stored(milestone: Milestone) -> Mapping[str, Any]:
        """The form's values as they stand in the database."""
        body = milestone.organisation
        return {
            "version": milestone.version,
            "kind": milestone.kind,
            "title": milestone.title,
            "when": milestone.when_text,
            "topic_id": milestone.topic_id,
            "organisation": f"{body.name} [#{body.id}]" if body is not None else "",
            "source": milestone.source,
            "source_url": milestone.source_url,
            "note": milestone.note,
        }

    def field_of(self, name: str) -> str:
        return {"topic": "topic_id", "organisation_id": "organisation"}.get(name, name)
