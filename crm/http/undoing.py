"""Says what was done, with a button that takes it back."""

from __future__ import annotations

from flask import flash, url_for

from crm.work import Work


def undoable(work: Work, text: str, *, label: str = "Undo") -> None:
    """Shows ``text`` on the next page, and offers to take back everything that the unit of work has written.

    Where it wrote nothing, as on a second click, there is nothing to take back and only the text is shown.
    """
    work.session.flush()
    if not work.touched:
        flash(text, "success")
        return
    address = url_for("crm.history.undo", number=work.transaction_id())
    flash({"text": text, "url": address, "label": label}, "undo")  # type: ignore[arg-type]
