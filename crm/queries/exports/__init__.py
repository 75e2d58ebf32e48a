"""Sheets to hand out: the engagement log, counts, commitments and follow-ups, each saying who saw what, and when.

A sheet's rows come from the database while it is written, so it must be used up while its unit of work is open.
"""

from __future__ import annotations

from crm.queries.exports.acts import history
from crm.queries.exports.head import filter_words, seen_by
from crm.queries.exports.log import PER, engagements
from crm.queries.exports.promises import commitment_numbers, commitments, follow_up_numbers, follow_ups
from crm.queries.exports.records import letters, milestones, organisations, people
from crm.queries.exports.table import counts, keys_of, names_of

__all__ = [
    "PER",
    "commitment_numbers",
    "commitments",
    "counts",
    "engagements",
    "filter_words",
    "follow_up_numbers",
    "follow_ups",
    "history",
    "keys_of",
    "letters",
    "milestones",
    "names_of",
    "organisations",
    "people",
    "seen_by",
]
