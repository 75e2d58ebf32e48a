"""Finding records by what a person types on the command line: by key, and the nearest names to a wrong one."""

from __future__ import annotations

import difflib

from sqlalchemy import select

from crm.models import Organisation
from crm.text import fold
from crm.work import Work


def by_key(work: Work, key: str) -> int | None:
    """The number of the organisation with a key of the directory, such as ``eu-commission``."""
    found: int | None = work.session.scalar(
        select(Organisation.id).where(Organisation.key == key, Organisation.binned_at.is_(None))
    )
    return found


def nearest(work: Work, typed: str, *, limit: int = 3) -> list[str]:
    """The names most like what was typed, the likeliest first; every name of a body is compared."""
    known: dict[str, str] = {}
    statement = select(Organisation.name, Organisation.names_folded).where(Organisation.binned_at.is_(None))
    for name, folded in work.session.execute(statement):
        for other in folded.split("|"):
            known.setdefault(other.strip(), name)
    near = difflib.get_close_matches(fold(typed), [name for name in known if name], n=limit * 2, cutoff=0.6)
    return list(dict.fromkeys(known[name] for name in near))[:limit]
