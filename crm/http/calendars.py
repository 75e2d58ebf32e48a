"""Calendar entries brought up to date before somebody reads them."""

from __future__ import annotations

from crm.instance import Instance
from crm.services import calendar


def freshen(instance: Instance, *, door: str) -> None:
    """Has stale entries rendered, in short units of work of their own, so that reading itself writes nothing.

    :param door: through which they are asked for
    """
    base_url = instance.settings.base_url
    with instance.reading(door=door, trusted=True) as work:
        left = calendar.is_stale(work, base_url=base_url)
    while left:
        with instance.writing(door=door, trusted=True) as work:
            left = calendar.refresh(work, base_url=base_url) == calendar.BATCH
