"""The pages: one module per concept, each parsing what was sent, calling a verb or a read, and answering."""

from __future__ import annotations

from flask import Blueprint

from crm.web import (
    bin,
    commitments,
    counts,
    engagements,
    exports,
    feeds,
    filters,
    followups,
    health,
    history,
    home,
    imports,
    letters,
    lists,
    members,
    milestones,
    month,
    organisations,
    people,
    preferences,
    search,
    settings,
    several,
    styleguide,
    suggest,
    topics,
)

#: Every concept's pages, mounted below the blueprint “crm”.
BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    bin.bp,
    imports.bp,
    commitments.bp,
    counts.bp,
    engagements.bp,
    exports.bp,
    feeds.bp,
    filters.bp,
    followups.bp,
    health.bp,
    history.bp,
    letters.bp,
    lists.bp,
    members.bp,
    milestones.bp,
    month.bp,
    organisations.bp,
    people.bp,
    preferences.bp,
    search.bp,
    settings.bp,
    several.bp,
    styleguide.bp,
    suggest.bp,
    topics.bp,
)
