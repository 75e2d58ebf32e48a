"""Letters of ours: the list, and one letter's matrix of recipients and steps."""

from __future__ import annotations

from crm.queries.letters.copies import (
    STATE_LABELS,
    CopyRow,
    Step,
    copy,
    is_ours,
    matrix,
    possible_replies,
    recipients_of_lists,
    summarise,
)
from crm.queries.letters.listing import (
    LETTER_STATUSES,
    SORTS,
    TABS,
    Filter,
    LetterRow,
    Summary,
    facets_of,
    letters,
    tab_counts,
)

__all__ = [
    "LETTER_STATUSES",
    "SORTS",
    "STATE_LABELS",
    "TABS",
    "CopyRow",
    "Filter",
    "LetterRow",
    "Step",
    "Summary",
    "copy",
    "facets_of",
    "is_ours",
    "letters",
    "matrix",
    "possible_replies",
    "recipients_of_lists",
    "summarise",
    "tab_counts",
]
