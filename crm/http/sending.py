"""What a form said, to tell the same form sent twice from another one that bears its key."""

from __future__ import annotations

import hashlib

from flask import request

#: Name of the button of whoever means to add the same once more.
ANOTHER = "another"

# The key, the version and the token change when a page is drawn again; which button sent the form is no content.
_ASIDE = ("csrf_token", "submission", "version", "then", ANOTHER)


def sent_digest() -> str:
    """A digest of the fields and names of files in the current request."""
    told = sorted(
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name.rpartition("-")[2] not in _ASIDE
    )
    files = sorted((name, file.filename or "") for name, file in request.files.items(multi=True))
    return hashlib.sha256(repr((told, files)).encode()).hexdigest()[:32]
